#!/usr/bin/env python3
"""`epsilonctl replay` and `epsilonctl learn`, from outside, and the agent that starts from what was learned.

usage: history_test.py EPSILOND EPSILONCTL [TEST]
"""
import csv
import json
import math
import os
import random
import re
import subprocess
import sys
import threading
import time
import unittest

from scratch import Scratch

EPSILOND, EPSILONCTL = sys.argv[1:3]


def ctl(*arguments, **options):
    return subprocess.run([EPSILONCTL, *arguments], capture_output=True, text=True, timeout=120, **options)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class History(Scratch):
    def table(self, name, rows, header, row, start=1795305600, step=60):
        random.seed(1)
        with open(self.path(name), "w") as file:
            file.write("timestamp,%s\n" % header)
            for i in range(rows):
                file.write("%d,%s\n" % (start + step * i, ",".join("%.6g" % value for value in row(i))))
        return self.path(name)

    def noise(self, name, rows, spikes=(), **options):
        return self.table(name, rows, "requests,latency",
                          lambda i: (100 + random.gauss(0, 5) + (900 if i in spikes else 0),
                                     0.02 + random.gauss(0, 0.002)), **options)

    def replay(self, *arguments, code=0):
        result = ctl("replay", "-c", self.write("empty.ini", ""), *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    # replay

    def test_replay_prints_events_then_a_summary(self):
        result = self.replay(self.noise("x.csv", 3000, spikes=(2000, 2001)))
        self.assertEqual(result.stderr, "")
        events = lines(result.stdout)
        raised, summary = events[0], events[-1]
        self.assertEqual((raised["event"], summary["event"]), ("raised", "summary"))
        self.assertIn("cleared", [event["event"] for event in events])
        self.assertEqual(raised["time"], "2026-11-23T09:20:00.000Z")
        self.assertEqual((raised["host"], raised["model"]), ("replay", "host"))
        self.assertEqual(raised["features"][0]["name"], "requests")
        self.assertEqual((summary["rows"], summary["malformed"], summary["interval_s"]), (3000, 0, 60))
        self.assertEqual(summary["open"], 0)
        self.assertLessEqual(summary["episodes"], 2)  # an average may lie near the cut for a while after
        self.assertEqual(summary["models"][0]["episodes"], summary["episodes"])
        self.assertEqual(summary["from"], "2026-11-22T00:00:00.000Z")

    def test_an_episode_at_the_end_stays_open(self):
        result = self.replay(self.noise("x.csv", 2001, spikes=(2000,)))
        raised, summary = lines(result.stdout)
        self.assertEqual((raised["event"], summary["episodes"], summary["open"]), ("raised", 1, 1))

    def test_scores_have_a_line_for_every_row(self):
        scores = self.path("s.csv")
        self.replay(self.noise("x.csv", 3000, spikes=(2000, 2001)), "--scores", scores)
        with open(scores) as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["row", "timestamp", "score", "log_density", "flag", "feature"])
        self.assertEqual([int(row["row"]) for row in rows], list(range(3000)))
        self.assertEqual(rows[1]["timestamp"], "1795305660")
        flagged = [int(row["row"]) for row in rows if row["flag"] == "1"]
        self.assertEqual(flagged[:2], [2000, 2001])
        self.assertLess(flagged[-1], 2000 + 4 * 22)  # half-life of the longest average
        self.assertEqual(rows[2000]["feature"], "requests")
        self.assertEqual(float(rows[10]["score"]), 0)  # learning
        self.assertTrue(all(math.isfinite(float(row["log_density"])) for row in rows))
        self.assertGreater(float(rows[2000]["score"]), 4)

    def test_replay_is_deterministic_in_any_time_zone(self):
        table = self.noise("x.csv", 3000, spikes=(2000,))
        first = self.path("1.csv")
        second = self.path("2.csv")
        self.replay(table, "--scores", first)
        result = ctl("replay", table, "-c", self.path("empty.ini"), "--scores", second,
                     env={**os.environ, "TZ": "Asia/Tokyo"})
        self.assertEqual(result.returncode, 0)
        with open(first) as a, open(second) as b:
            self.assertEqual(a.read(), b.read())

    def test_a_stricter_budget_raises_less(self):
        table = self.table("x.csv", 20000, "a", lambda i: (random.expovariate(1) ** 2,))
        episodes = [lines(self.replay(table, "--false-alarms-per-week", budget).stdout)[-1]["episodes"]
                    for budget in ("0.01", "1000")]
        self.assertLess(episodes[0], episodes[1])

    def test_models_side_by_side_and_the_scores_of_one_of_them(self):
        ini = self.write("two.ini", "[agent]\nhost = vm7\n[model host]\n[model epsilon]\nthreshold = epsilon\n"
                         "log_epsilon = -1e300\n[emit udp]\ntarget = 127.0.0.1:9\n")
        table = self.noise("x.csv", 3000, spikes=(2000,))
        scores = self.path("s.csv")
        result = ctl("replay", table, "-c", ini, "--scores", scores, "--model-name", "epsilon")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(lines(result.stdout)[0]["host"], "vm7")
        episodes = {model["name"]: model["episodes"] for model in lines(result.stdout)[-1]["models"]}
        self.assertIn(episodes["host"], (1, 2))  # an average may lie near the cut for a while after
        self.assertEqual(episodes, {"host": episodes["host"], "epsilon": 0})
        with open(scores) as file:
            self.assertNotIn("1", [row["flag"] for row in csv.DictReader(file)])
        self.assertEqual(ctl("replay", table, "-c", ini, "--scores", scores, "--model-name", "none").returncode, 64)

    def test_a_lasting_new_level_is_announced_as_learned_and_ends_the_episode(self):
        ini = self.write("accept.ini", "[model host]\naccept_after = 6h\nremind_after = 0s\n")
        table = self.table("x.csv", 3000, "requests,latency",
                           lambda i: (random.gauss(1000 if i >= 2000 else 100, 5), random.gauss(0.02, 0.002)))
        result = ctl("replay", table, "-c", ini)
        self.assertEqual(result.returncode, 0, result.stderr)
        raised, learned, summary = lines(result.stdout)
        self.assertEqual((raised["event"], learned["event"], learned["id"]), ("raised", "learned", raised["id"]))
        self.assertEqual((raised["time"], learned["time"]), ("2026-11-23T09:20:00.000Z", "2026-11-23T15:20:00.000Z"))
        self.assertEqual(learned["duration_s"], 6 * 3600)
        said = re.fullmatch(r"accepted as the new usual after 6 h 0 min: "
                            r"requests (\S+) \u00b1 \S+ \(before (\S+) \u00b1 \S+\)", learned["text"])
        self.assertTrue(said, learned["text"])
        self.assertAlmostEqual(float(said[1]), 1000, delta=50)
        self.assertAlmostEqual(float(said[2]), 100, delta=50)  # the season of the hour may have begun to follow
        self.assertEqual((summary["episodes"], summary["open"]), (1, 0))

    def test_after_a_gap_nothing_new_is_raised_for_the_grace(self):
        def raised(grace, gap_s, spikes):
            start = 1795305600
            random.seed(1)
            ini = self.write("grace.ini", "[model host]\ngrace = %s\n" % grace)
            table = self.write("x.csv", "timestamp,requests\n" + "".join(
                "%d,%.6g\n" % (start + 60 * i + (gap_s if i >= 2000 else 0),
                               random.gauss(100, 5) + (900 if i in spikes else 0)) for i in range(2100)))
            result = ctl("replay", table, "-c", ini)
            self.assertEqual(result.returncode, 0, result.stderr)
            return [event["time"][11:19] for event in lines(result.stdout) if event["event"] == "raised"]

        # What follows the grace may be raised, nothing within it is.
        self.assertTrue(all(time >= "11:25:00" for time in raised("5m", 7200, range(2000, 2005))))
        self.assertEqual(raised("5m", 7200, range(2000, 2010)), ["11:25:00"])  # still there when the grace is over
        self.assertEqual(raised("0s", 7200, range(2000, 2005)), ["11:20:00"])
        # Nine missing rows are no reason. An average may lie near the cut for a while after, and be raised once more.
        self.assertEqual(raised("5m", 540, range(2000, 2005))[0], "09:29:00")
        self.assertEqual(raised("5m", 7200, range(1999, 2005)), ["09:19:00"])  # open before the gap

    def test_the_diary_of_the_shipped_configuration_runs_beside_the_default_model(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "etc", "epsilond.ini")) as file:
            shipped = file.read()
        diary = shipped[shipped.index(";[model diary]"):].split("\n\n")[0].replace("\n;", "\n")[1:]
        self.assertIn("log_epsilon = -60", diary)
        ini = self.write("two.ini", "[model host]\n" + diary + "\n")
        names = "load_1min,load_5min,load_15min,mem_used_bytes,processes,zombies,cpu_user_ratio"
        table = self.table("x.csv", 3000, names, lambda i: (
            abs(random.gauss(0.5, 0.1)), abs(random.gauss(0.5, 0.05)), abs(random.gauss(0.5, 0.02)),
            random.gauss(2.2e9, 2e8) + (6e9 if 2000 <= i < 2010 else 0), random.gauss(120, 3),
            400 if 2000 <= i < 2010 else 0, abs(random.gauss(0.1, 0.02))))
        result = ctl("replay", table, "-c", ini)
        self.assertEqual(result.returncode, 0, result.stderr)
        *events, summary = lines(result.stdout)
        self.assertEqual([(m["name"], m["episodes"]) for m in summary["models"]], [("host", 1), ("diary", 1)])
        self.assertCountEqual([(e["event"], e["model"]) for e in events if e["event"] != "ongoing"],
                         [("raised", "host"), ("raised", "diary"), ("cleared", "host"), ("cleared", "diary")])
        for event in events:
            self.assertTrue(math.isfinite(event["log_super_epsilon"]), event)
            self.assertGreater(event["surprise"], 0)
        self.assertEqual(events[1]["threshold"], -60)
        self.assertLess(events[1]["log_super_epsilon"], -60)
        self.assertNotIn("cpu_user_ratio", [feature["name"] for feature in events[1]["features"]])

    def test_a_table_without_a_clock_takes_the_interval(self):
        ini = self.write("5s.ini", "[agent]\ninterval = 5s\n")
        table = self.write("x.csv", "a\n" + "".join("%d\n" % (i % 7) for i in range(100)))
        result = ctl("replay", table, "-c", ini)
        self.assertEqual(result.returncode, 0)
        self.assertIn("no clock", result.stderr)
        summary = lines(result.stdout)[-1]
        self.assertEqual((summary["interval_s"], summary["from"], summary["to"]), (5, 0, 495))

    def test_time_that_goes_back_is_said(self):
        rows = [0, 60, 120, 120, 60] + [180 + 60 * i for i in range(60)]
        table = self.write("x.csv", "timestamp,a\n" + "".join("%d,%d\n" % (t, t % 7) for t in rows))
        self.assertIn("2 rows are not later", self.replay(table).stderr)

    def test_mapped_columns_are_said_and_asked_for(self):
        table = self.table("x.csv", 100, "%steal,ram", lambda i: (1, 100))
        result = self.replay(table, "--map", "ram=mem_used_bytes*1048576")
        self.assertIn("column '%steal' is taken as cpu_steal_ratio times 0.01", result.stderr)
        self.assertIn("column 'ram' is taken as mem_used_bytes times 1.04858e+06", result.stderr)
        self.assertIn("no column 'rom'", self.replay(table, "--map", "rom=zombies", code=64).stderr)

    def test_malformed_rows_are_said_and_more_than_one_in_a_hundred_is_bad(self):
        table = self.noise("x.csv", 150)
        with open(table, "a") as file:
            file.write("oops\n")
        result = self.replay(table)
        self.assertIn("x.csv:152: 1 cell, 3 columns", result.stderr)
        self.assertEqual(lines(result.stdout)[-1]["malformed"], 1)
        with open(table, "a") as file:
            file.write("oops\noops\n")
        scores = self.path("s.csv")
        self.assertIn("more than 1 %", self.replay(table, "--scores", scores, code=65).stderr)
        self.assertFalse(os.path.exists(scores))

    def test_replay_is_strict(self):
        table = self.noise("x.csv", 10)
        for arguments, code, word in (
            (["replay"], 64, "takes FILE"), (["replay", table, "--sores", "x"], 64, "did you mean '--scores'?"),
            (["replay", "-", "-"], 64, "once"), (["replay", table, "-c", self.path("absent.ini")], 66, "absent.ini"),
            (["replay", self.path("absent.csv")], 66, "absent.csv"),
            (["replay", table, "--false-alarms-per-week", "0"], 64, "above 0"),
            (["replay", table, "--scores", table], 64, "is an input"),
            (["replay", table, "--scores", self.path("no/place.csv")], 73, "place.csv"),
            (["replay", table, "--map", "requests=nothing"], 64, "no feature"),
            (["replay", table, "--model-name", "host"], 64, "--scores"),
            (["replay", table, "-c", self.write("bad.ini", "[agent]\nintervall = 1s\n")], 78, "interval"),
            (["replay", table, "-c", self.write("zombies.ini", "[model z]\nfeatures = zombies\n")], 65, "[model z]"),
        ):
            result = ctl(*arguments)
            self.assertEqual(result.returncode, code, (arguments, result.stderr))
            self.assertIn(word, result.stderr)

    def test_help_of_both_is_printed(self):
        for name in ("replay", "learn"):
            result = ctl(name, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(result.stdout.startswith("usage: epsilonctl %s FILE..." % name))

    # learn

    def sampled(self):
        """The features of this machine now, by name."""
        ini = self.write("fast.ini", "[agent]\ninterval = 200ms\n")
        output = subprocess.run([EPSILOND, "--once", "-c", ini], capture_output=True, text=True, timeout=60).stdout
        rows = [line.split() for line in output.splitlines()]
        return {name: float(value) for name, value, _ in rows if value != "absent"}

    def two_weeks(self, step=300):
        """History of this machine as it is now, with a daily rhythm and some noise, up to now."""
        now = self.sampled()
        names = [name for name in now if name != "zombies"] + ["zombies"]
        rows = 14 * 86400 // step

        def row(i):
            day = 1 + 0.1 * math.sin(2 * math.pi * i * step / 86400)
            return [max(0.0, now.get(name, 0.0) * day * random.gauss(1, 0.03)) if name != "zombies"
                    else float(random.random() < 0.05) for name in names]

        return self.table("history.csv", rows, ",".join(names), row, start=int(time.time()) - rows * step, step=step)

    def test_an_agent_that_has_learned_history_is_past_its_warm_up_and_flags_at_once(self):
        state = self.path("state")
        ini = self.write("agent.ini", "[agent]\ninterval = 200ms\nhost = tested\n[model host]\nfeatures = threads\n"
                         "grace = 0s\n")  # or a machine that has just booted would be given one
        result = ctl("learn", self.two_weeks(), "-c", ini, "--state", state)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(os.stat(state).st_mode & 0o777, 0o600)
        summary = lines(result.stdout)[-1]
        self.assertEqual((summary["rows"], summary["interval_s"]), (4032, 300))
        self.assertAlmostEqual(summary["days"], 14, delta=0.1)
        self.assertTrue(summary["models"][0]["past_warm_up"])
        done = threading.Event()
        threading.stack_size(64 * 1024)
        idle = [threading.Thread(target=done.wait) for _ in range(2000)]
        for thread in idle:
            thread.start()
        live = subprocess.run([EPSILOND, "--live", "--ticks", "40", "-c", ini, "--state", state], capture_output=True,
                              text=True, timeout=120)
        done.set()
        for thread in idle:
            thread.join()
        self.assertIn("1 of 1 models restored", live.stderr)
        states = re.findall(r"^\d\d:\d\d:\d\d  (\w+)", live.stdout, re.MULTILINE)
        self.assertEqual(states[0], "anomalous", live.stdout)
        self.assertNotIn("learning", live.stdout)
        self.assertRegex(live.stdout, r"RAISED host: threads 2\d\d\d ")

    def test_a_fresh_agent_of_the_default_configuration_takes_the_whole_state(self):
        state = self.path("state")
        ini = self.write("agent.ini", "[agent]\ninterval = 200ms\n[model host]\n[model diary]\nthreshold = epsilon\n"
                         "log_epsilon = -60\nfeatures = load_1min mem_used_bytes processes\ntransform = none\n")
        learned = ctl("learn", self.two_weeks(), "-c", ini, "--state", state)
        self.assertEqual(learned.returncode, 0, learned.stderr)
        self.assertIn("rows are 300 s apart", learned.stderr)
        agent = subprocess.run([EPSILOND, "--live", "--ticks", "5", "-c", ini, "--state", state], capture_output=True,
                               text=True, timeout=60)
        self.assertIn("2 of 2 models restored", agent.stderr)
        self.assertEqual(re.findall("learning", agent.stdout), [])

    def test_learn_replaces_a_state_only_when_told_to(self):
        state = self.write("state", "precious")
        history = self.two_weeks(step=3600)
        refused = ctl("learn", history, "--state", state)
        self.assertEqual(refused.returncode, 73)
        self.assertIn("--force", refused.stderr)
        with open(state) as file:
            self.assertEqual(file.read(), "precious")
        forced = ctl("learn", history, "--state", state, "--force")
        self.assertEqual(forced.returncode, 0, forced.stderr)
        with open(state, "rb") as file:
            self.assertEqual(file.read(8), b"EPSSTATE")

    def test_learn_takes_what_other_tools_call_things(self):
        table = self.table("sar.csv", 2000, "%user,kbavail,colour,load", lambda i: (10, 1e6, 3, 0.5))
        result = ctl("learn", table, "--state", self.path("state"))
        self.assertEqual(result.returncode, 0, result.stderr)
        for said in ("'%user' is taken as cpu_user_ratio", "'kbavail' is taken as mem_available_bytes times 1024",
                     "'load' is taken as load_1min", "left out: colour"):
            self.assertIn(said, result.stderr)
        self.assertEqual(lines(result.stdout)[-1]["features"], 3)

    def test_learn_says_why_it_cannot(self):
        state = self.path("state")
        foreign = self.table("x.csv", 100, "colour", lambda i: (3,))
        timeless = self.write("y.csv", "t,zombies\n" + "".join("%d,0\n" % i for i in range(100)))
        zombies = self.table("z.csv", 100, "zombies", lambda i: (0,))
        none = self.write("none.ini", "[agent]\nstate = none\n")
        for arguments, code, word in (
            ([foreign, "--state", state], 65, "no column is a feature"),
            ([timeless, "--state", state], 65, "when the rows happened"),
            ([zombies, "-c", none], 64, "--state"), ([zombies, "--state", self.path("no/place")], 73, "no/place"),
            ([self.path("absent.csv"), "--state", state], 66, "absent.csv"),
        ):
            result = ctl("learn", *arguments)
            self.assertEqual(result.returncode, code, (arguments, result.stderr))
            self.assertIn(word, result.stderr)
            self.assertFalse(os.path.exists(state))

    def test_a_history_that_is_too_short_is_said(self):
        table = self.table("x.csv", 10, "zombies", lambda i: (0,))
        result = ctl("learn", table, "--state", self.path("state"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not past its warm-up", result.stderr)
        self.assertFalse(lines(result.stdout)[-1]["models"][0]["past_warm_up"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("History." + name for name in sys.argv[3:])], verbosity=2)
