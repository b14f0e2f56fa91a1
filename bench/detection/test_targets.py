#!/usr/bin/python3
"""What docs/detection.md says was reached, on the public sets that take seconds. Skipped without EPSILOND_DATA.

usage: test_targets.py EPSILONCTL [TEST]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from testing import main

HERE = pathlib.Path(__file__).resolve().parent


@unittest.skipUnless(os.environ.get("EPSILOND_DATA"), "EPSILOND_DATA does not say where the data sets are")
class Targets(unittest.TestCase):
    def judged(self, set_name, *knobs):
        """The entry of a set; it is ranked by the scores at the first knob."""
        with tempfile.TemporaryDirectory(prefix="epsilond-bench-") as folder:
            out = pathlib.Path(folder, "out.json")
            subprocess.run([sys.executable, HERE / "run.py", "--sets", set_name, "--models", "product", "--knobs",
                            *knobs, "--epsilonctl", sys.argv[1], "--json", out], check=True, capture_output=True)
            entry, = json.loads(out.read_text(encoding="utf-8"))["sets"]
        return entry

    def test_a_young_machine_flags_what_is_gross_within_seconds(self):
        found = self.judged("livefaults", "0.5")["knobs"][0]
        self.assertEqual(found["segments"], 11)
        self.assertGreaterEqual(found["detected"], 10)
        self.assertLessEqual(found["median_delay_s"], 3)
        self.assertLessEqual(found["false_episodes"], 1)

    def test_ranking_and_detection_on_a_set_of_five_minutes(self):
        entry = self.judged("asd", "0.5", "2")
        found = entry["knobs"][1]
        self.assertGreaterEqual(entry["vus_pr"], 0.40)
        self.assertGreaterEqual(found["recall"], 0.70)
        self.assertLessEqual(found["false_per_week"], 1.5 * 2)

    def test_the_nab_score_and_its_lead(self):
        done = subprocess.run([sys.executable, HERE / "nab_run.py", "--epsilonctl", sys.argv[1]], check=True,
                              capture_output=True, text=True)
        ours, theirs = (float(line.split("|")[2]) for line in done.stdout.splitlines()[2:4])
        self.assertGreaterEqual(ours, 81)
        self.assertGreaterEqual(ours - theirs, 30)


if __name__ == "__main__":
    main(Targets)
