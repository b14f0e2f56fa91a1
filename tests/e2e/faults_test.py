#!/usr/bin/env python3
"""The catalogue of faults: its answers exist, events are judged by its rules, and recordings are made and read.

usage: faults_test.py RECORD_FEATURES EPSILONCTL [TEST]
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HOUSE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CATALOGUE = os.path.join(HOUSE, "bench/faults/catalogue.py")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(CATALOGUE))
import judge  # noqa: E402
import watch  # noqa: E402
from faults import FAULTS, Fault  # noqa: E402

RECORD_FEATURES, EPSILONCTL = sys.argv[1:3]
LEAK = Fault("memory-spike", ("mem_used_bytes", "mem_available_bytes"), culprits=("disturb",))


def documented_features():
    with open(os.path.join(HOUSE, "docs/features.md")) as file:
        return re.findall(r"^\| `(\w+)` \|", file.read(), re.MULTILINE)


def event(kind, second, id_="a", features=("mem_used_bytes",), processes=()):
    line = {"event": kind, "id": id_, "time": "2026-01-01T00:%02d:%06.3fZ" % (second // 60, second % 60),
            "features": [{"name": name} for name in features], "processes": [{"comm": name} for name in processes],
            "surprise": 9.0}
    return watch.parse_event(json.dumps(line))


ORIGIN = event("start", 0)["at"]


def made(begin, end):
    return judge.Run(LEAK.name, ORIGIN + begin, ORIGIN + end)


class Faults(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilond-faults-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    # The list

    def test_every_right_answer_is_a_feature_of_the_agent(self):
        known = documented_features()
        self.assertIn("zombies", known)
        for fault in FAULTS:
            self.assertTrue(fault.right, fault.name)
            self.assertEqual([name for name in fault.right if name not in known], [], fault.name)

    def test_names_are_unique_and_listed(self):
        names = [fault.name for fault in FAULTS]
        self.assertEqual(len(set(names)), len(names))
        result = subprocess.run([sys.executable, CATALOGUE, "--list"], capture_output=True, text=True)
        self.assertEqual([line.split()[0] for line in result.stdout.splitlines()], names)

    def test_a_fault_that_is_not_there_is_an_error_that_names_it(self):
        result = subprocess.run([sys.executable, CATALOGUE, "--build", os.path.dirname(EPSILONCTL), "--only", "nonsense"],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("nonsense", result.stderr)

    # The recorder

    def test_a_recording_has_the_features_of_the_agent(self):
        result = subprocess.run([RECORD_FEATURES, "2"], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        header, *rows = result.stdout.splitlines()
        self.assertEqual(header.split(","), ["timestamp"] + documented_features())
        self.assertEqual(len(rows), 2)
        used = header.split(",").index("mem_used_bytes")
        for row in rows:
            self.assertEqual(len(row.split(",")), len(header.split(",")))
            self.assertGreater(float(row.split(",")[used]), 0)

    # The judge

    def test_a_fault_is_detected_from_its_begin_until_shortly_after_its_end(self):
        for second, detected in ((99, False), (100, True), (130, True), (135, True), (136, False)):
            outcome = judge.outcome_of(made(100, 130), LEAK, [event("raised", second)])
            self.assertEqual(outcome.detected, detected, second)
            self.assertEqual(outcome.delay_s, second - 100 if detected else None)

    def test_a_right_feature_counts_among_the_first_two(self):
        for features, right in ((("mem_used_bytes",), True), (("running", "mem_available_bytes"), True),
                                (("running", "zombies", "mem_used_bytes"), False)):
            outcome = judge.outcome_of(made(100, 130), LEAK, [event("raised", 101, features=features)])
            self.assertEqual(outcome.right_feature, right, features)

    def test_a_process_counts_once_the_agent_names_any(self):
        for processes, right in (((), None), (("disturb",), True), (("postgres", "disturb"), True), (("init",), False)):
            outcome = judge.outcome_of(made(100, 130), LEAK, [event("raised", 101, processes=processes)])
            self.assertEqual(outcome.right_process, right, processes)
        events = [event("raised", 20, "b", processes=("init",)), event("raised", 101)]
        self.assertIs(judge.outcome_of(made(100, 130), LEAK, events).right_process, False)

    def test_an_episode_is_cleared_when_all_of_its_fault_are(self):
        events = [event("raised", 101, "a"), event("cleared", 110, "a"), event("raised", 120, "b"),
                  event("cleared", 150, "b")]
        self.assertEqual(judge.outcome_of(made(100, 130), LEAK, events).cleared_after_s, 20)
        self.assertIsNone(judge.outcome_of(made(100, 130), LEAK, events[:3]).cleared_after_s)

    def test_an_episode_is_open_from_raised_to_cleared(self):
        events = [event("raised", 101, "a"), event("cleared", 110, "a"), event("raised", 120, "b")]
        for second, is_open in ((100, False), (101, True), (110, False), (119, False), (200, True)):
            self.assertEqual(judge.open_at(events, ORIGIN + second), is_open, second)

    def test_false_episodes_are_those_with_no_fault_nor_echo(self):
        runs = [made(100, 130), judge.Run("zombie-one", ORIGIN + 50, ORIGIN + 60, skipped="why not")]
        events = [event("raised", second, str(second)) for second in (20, 55, 99, 115, 149, 151, 199, 201)]
        found = judge.false_episodes(events, runs, ORIGIN + 50, ORIGIN + 200)
        self.assertEqual([episode["id"] for episode in found], ["55", "99", "151", "199"])

    def test_totals_are_over_the_faults_that_were_made(self):
        hit = judge.outcome_of(made(100, 130), LEAK, [event("raised", 103)])
        wrong = judge.outcome_of(made(100, 130), LEAK, [event("raised", 101, features=("zombies",))])
        missed = judge.outcome_of(made(100, 130), LEAK, [])
        skipped = judge.outcome_of(judge.Run(LEAK.name, skipped="why not"), LEAK, [])
        sums = judge.totals([hit, wrong, missed, skipped])
        self.assertEqual((sums["faults"], sums["detected"], sums["skipped"]), (3, 2, 1))
        self.assertEqual((sums["median_delay_s"], sums["right_feature_share"]), (2, 0.5))
        self.assertIsNone(sums["right_process_share"])
        for outcome in (hit, wrong, missed, skipped):
            self.assertTrue(judge.line_of(outcome).startswith(LEAK.name))

    def test_what_is_no_event_is_none(self):
        for line in ("", "{}", "[]", "null", '{"event":"raised","id":"","time":"today","features":[]}'):
            self.assertIsNone(watch.parse_event(line), line)

    # Recordings

    def recording(self):
        rng = random.Random(5)
        path = os.path.join(self.dir, "record.csv")
        with open(path, "w") as file:
            file.write("timestamp,mem_used_bytes,context_switches_per_s,fault,label\n")
            for i in range(900):
                fault = "memory-spike" if 700 <= i < 725 else ""
                used = 1e9 + 1e6 * rng.gauss(0, 1) + (3e9 if fault else 0)
                file.write("%d,%.0f,%.1f,%s,%d\n" % (1767225600 + i, used, 500 + 20 * rng.gauss(0, 1), fault,
                                                     fault != ""))
        return path

    def test_a_recording_tells_when_its_faults_began_and_ended(self):
        self.assertEqual(watch.read_record(self.recording()), (1767225600, 1767226499, [
            ("memory-spike", 1767225600 + 699, 1767225600 + 724)]))

    def test_a_recording_is_judged_by_a_replay(self):
        out = os.path.join(self.dir, "out.json")
        result = subprocess.run([sys.executable, CATALOGUE, "--build", os.path.dirname(EPSILONCTL), "--replay",
                                 self.recording(), "--warm-up", "5m", "--json", out], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(out) as file:
            found = json.load(file)
        self.assertEqual(found["totals"]["detected"], 1, result.stdout)
        self.assertEqual(found["outcomes"][0]["features"][0], "mem_used_bytes")
        self.assertIn("memory-spike", result.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Faults." + name for name in sys.argv[3:])], verbosity=2)
