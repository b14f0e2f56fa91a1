#!/usr/bin/env python3
"""`epsilonctl run`, from outside: what the command sees of it, what it writes, and what it makes of the end.

usage: run_test.py EPSILONCTL [TEST]
"""
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from run_support import EPSILONCTL, Group, Look, children_of, ctl, is_running, usual_signals

# One process of its own that uses processor time until it is ended.
BURN = "while :; do :; done"


class Run(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilonctl-run-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def wait_for(self, true, seconds=20):
        end = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), end, "waited too long")
            time.sleep(0.02)

    def start(self, *arguments):
        process = subprocess.Popen([EPSILONCTL, "run", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, preexec_fn=usual_signals)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def start_shell(self, script, *options):
        """Returns when the script has made the file $1."""
        ready = self.path("ready")
        process = self.start(*options, "--", "sh", "-c", script, "sh", ready)
        self.wait_for(lambda: os.path.exists(ready))
        return process

    # how it ends

    def test_the_exit_code_and_the_output_are_those_of_the_command(self):
        result = ctl("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual((result.returncode, result.stdout), (7, "out\n"))
        first, summary = result.stderr.splitlines()
        self.assertEqual(first, "err")
        self.assertTrue(summary.startswith("epsilonctl: sh ended with 7 after "), summary)

    def test_standard_input_is_that_of_the_command(self):
        result = ctl("run", "--quiet", "--", "cat", input="through\n")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "through\n", ""))

    def test_a_killed_command_is_128_and_the_signal(self):
        result = ctl("run", "--", "sh", "-c", "kill -9 $$")
        self.assertEqual(result.returncode, 137)
        self.assertIn("sh ended with 137 (signal 9)", result.stderr)

    def test_a_command_that_cannot_be_run_is_126_or_127(self):
        for command, code, why in (("no-such-command-of-anybody", 127, "No such file or directory"),
                                   ("/", 126, "Permission denied"), (__file__ + "/x", 126, "Not a directory")):
            result = ctl("run", "--", command)
            self.assertEqual((result.returncode, result.stdout), (code, ""))
            self.assertEqual(result.stderr, "epsilonctl: %s: cannot be run: %s\n" % (command, why))

    def test_a_wrong_command_line_is_64(self):
        for arguments in ((), ("sleep", "1"), ("--interval", "0s", "--", "true"), ("--prmon", "-", "--", "true"),
                          ("--csv", "x", "--prmon", "x", "--", "true")):
            result = ctl("run", *arguments)
            self.assertEqual(result.returncode, 64, arguments)
            self.assertTrue(result.stderr.startswith("epsilonctl: "), result.stderr)

    def test_an_output_that_cannot_be_made_is_73_before_anything_runs(self):
        marker = self.path("marker")
        for option in ("--prmon", "--csv", "--flags", "--json-summary"):
            result = ctl("run", option, self.path("no/such/folder"), "--", "touch", marker)
            self.assertEqual(result.returncode, 73, result.stderr)
            self.assertFalse(os.path.exists(marker))

    def test_an_output_that_fails_is_74_only_if_the_command_did_not_fail(self):
        for script, code in (("exit 0", 74), ("exit 3", 3)):
            result = ctl("run", "--csv", "/dev/full", "--", "sh", "-c", script)
            self.assertEqual(result.returncode, code)
            self.assertEqual(result.stderr.count("/dev/full: cannot write: "), 1, result.stderr)

    # what the command sees

    def test_the_command_has_no_descriptors_of_ours_and_the_signals_of_the_caller(self):
        script = "ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status"
        alone = subprocess.run(["sh", "-c", script], capture_output=True, text=True, preexec_fn=usual_signals)
        under = ctl("run", "--csv", self.path("c"), "--prmon", self.path("p"), "--flags", self.path("f"), "--", "sh",
                    "-c", script)
        self.assertEqual(under.stdout, alone.stdout)

    def test_signals_are_passed_on(self):
        process = self.start_shell("for s in HUP INT QUIT USR1 USR2 WINCH TERM; do trap \"echo $s\" $s; done;"
                                   "trap 'echo TERM; exit 9' TERM; : > $1; while :; do sleep 0.01; done", "--quiet")
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
            process.send_signal(number)
            time.sleep(0.2)  # so that their order is known
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out.split(), err), (9, "HUP INT QUIT USR1 USR2 WINCH TERM".split(), ""))

    def test_a_command_that_ignores_term_is_watched_on(self):
        process = self.start_shell("trap '' TERM; : > $1; sleep 0.5; echo still here; exit 4")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (4, "still here\n"))

    # descendants

    def test_a_daemon_that_outlives_the_command_is_left_alone(self):
        began = time.monotonic()
        result = ctl("run", "--", "sh", "-c", "setsid sleep 30 > /dev/null 2>&1 & echo $!")
        self.assertLess(time.monotonic() - began, 20)
        daemon = int(result.stdout)
        self.addCleanup(os.kill, daemon, signal.SIGKILL)
        self.assertEqual(result.returncode, 0)
        self.assertIn("1 process of it goes on", result.stderr)
        self.assertTrue(is_running(daemon))

    def test_with_all_the_last_descendant_is_waited_for(self):
        flags = self.path("flags")
        result = ctl("run", "--all", "--flags", flags, "--", "sh", "-c",
                     "(sleep 1; echo last) & echo first; exit 5")
        self.assertEqual((result.returncode, result.stdout), (5, "first\nlast\n"))
        summary = json.loads(self.read("flags").splitlines()[-1])
        self.assertEqual((summary["exit"], summary["processes_left"]), (5, 0))
        self.assertGreater(summary["seconds"], 0.9)

    def test_with_all_a_signal_ends_the_watch(self):
        process = self.start_shell("sleep 30 > /dev/null 2>&1 & echo $! > $1.pid; mv $1.pid $1; exit 6", "--all")
        daemon = int(self.read("ready"))
        self.addCleanup(os.kill, daemon, signal.SIGKILL)
        self.wait_for(lambda: children_of(process.pid) == [daemon])
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 6)
        self.assertTrue(is_running(daemon))

    def test_the_time_of_orphans_counts(self):
        flags = self.path("flags")
        result = ctl("run", "--interval", "200ms", "--flags", flags, "--", "sh", "-c",
                     "sh -c \"timeout 1 sh -c '%s' &\"; sleep 2" % BURN)
        self.assertEqual(result.returncode, 0)
        summary = json.loads(self.read("flags").splitlines()[-1])
        self.assertGreater(summary["user_s"] + summary["system_s"], 0.0)

    def test_no_zombie_is_left(self):
        process = self.start_shell("for i in 1 2 3 4 5 6 7 8; do sh -c 'sleep 0.1 &'; done; : > $1; sleep 1.5")
        self.wait_for(lambda: len(children_of(process.pid)) == 1)
        self.assertTrue(all(is_running(child) for child in children_of(process.pid)))
        process.communicate(timeout=20)
        self.assertEqual(children_of(process.pid), [])

    # histories

    def test_histories_have_a_row_per_sample_and_replay_reads_them(self):
        prmon, table, flags = self.path("p.txt"), self.path("c.csv"), self.path("f")
        result = ctl("run", "--interval", "100ms", "--prmon", prmon, "--csv", table, "--flags", flags, "--", "sh", "-c",
                     "timeout 1 sh -c '%s'; sleep 1" % BURN)
        self.assertEqual(result.returncode, 0, result.stderr)
        samples = json.loads(self.read("f").splitlines()[-1])["samples"]
        self.assertGreater(samples, 2)  # a busy machine misses ticks
        with open(table) as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), samples)
        times = [float(row["timestamp"]) for row in rows]
        self.assertEqual(times, sorted(set(times)))
        self.assertGreater(max(float(row["sh.cpu_user_ratio"] or 0) + float(row["sh.cpu_system_ratio"] or 0)
                               for row in rows), 0.0)
        empty = self.path("empty.ini")
        open(empty, "w").close()
        for file in (prmon, table):
            arguments = ["--format", "prmon"] if file == prmon else []
            replayed = ctl("replay", file, "-c", empty, *arguments)
            self.assertEqual(replayed.returncode, 0, replayed.stderr)
            summary = json.loads(replayed.stdout.splitlines()[-1])
            self.assertEqual((summary["rows"], summary["malformed"]), (samples, 0))

    def test_the_history_grows_while_the_command_runs(self):
        process = self.start_shell(": > $1; exec sleep 30", "--interval", "100ms", "--prmon", self.path("p"))
        self.wait_for(lambda: self.read("p").count("\n") >= 4)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 143)

    def test_a_command_of_a_moment_has_a_history_too(self):
        for command in (["true"], ["sleep", "0.01"]):
            prmon, summary = self.path("p.txt"), self.path("s.json")
            self.assertEqual(ctl("run", "--prmon", prmon, "--json-summary", summary, "--", *command).returncode, 0)
            replayed = ctl("replay", prmon, "--format", "prmon")
            self.assertEqual(replayed.returncode, 0, replayed.stderr)
            self.assertEqual(json.loads(replayed.stdout.splitlines()[-1])["rows"], 1)
            self.assertIn("rss", json.loads(self.read("s.json"))["Max"])

    def test_the_json_summary_has_the_keys_of_prmon(self):
        summary = self.path("s.json")
        self.assertEqual(ctl("run", "--json-summary", summary, "--prmon", self.path("p"), "--interval", "100ms", "--",
                             "sleep", "1").returncode, 0)
        found = json.loads(self.read("s.json"))
        columns = self.read("p").splitlines()[0].split("\t")[1:]
        self.assertEqual(sorted(found["Max"]), sorted(columns))
        self.assertEqual(sorted(found["Avg"]), sorted(set(columns) - {"wtime", "utime", "stime"}))
        self.assertEqual(found["Max"]["nprocs"], 1)
        self.assertEqual(found["Max"]["wtime"], 1)

    def test_a_stressed_command_is_measured_as_others_measure_it(self):
        """Against time(1), a control group, and a look at the processes as prmon takes it, all during the same run."""
        if not shutil.which("stress-ng") or not os.path.exists("/usr/bin/time"):
            self.skipTest("stress-ng or time is not installed")
        group = Group(self)
        process = self.start("--quiet", "--prmon", self.path("p"), "--json-summary", self.path("s"), "--flags",
                             self.path("f"), "--", "/usr/bin/time", "-v", "-o", self.path("t"),
                             *group.enter, "stress-ng", "--vm", "1", "--vm-bytes", "512M", "-t", "6")
        look = Look(process.pid)
        while process.poll() is None:
            look.take()
            time.sleep(0.1)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        told = dict(line.strip().rsplit(": ", 1) for line in self.read("t").splitlines() if ": " in line)
        summary = json.loads(self.read("f").splitlines()[-1])
        largest = json.loads(self.read("s"))["Max"]
        ours = summary["user_s"] + summary["system_s"]
        self.near(ours, float(told["User time (seconds)"]) + float(told["System time (seconds)"]), 0.02)
        self.near(summary["peak_process_rss_bytes"], 1024 * int(told["Maximum resident set size (kbytes)"]))
        minutes, seconds = told["Elapsed (wall clock) time (h:mm:ss or m:ss)"].split(":")
        self.near(summary["seconds"], 60 * int(minutes) + float(seconds), 1.0)  # it starts later
        self.near(largest["rss"], look.rss_kb)
        self.near(largest["pss"], look.pss_kb)
        self.near(largest["vmem"], look.vmem_kb)
        self.assertEqual(largest["nprocs"], look.processes)
        self.near(ours, look.cpu_s, 0.1)  # it did not see the very end
        if group.cpu_s() is not None:
            self.near(ours, group.cpu_s(), 0.02)
        if group.peak_bytes() is not None:
            # A group is charged with the files that were read and with page tables too: an upper bound.
            self.assertLessEqual(summary["peak_rss_bytes"], 1.02 * group.peak_bytes())

    def near(self, ours, theirs, absolute=0.0):
        """Within 2 %, and what the resolution of the other tool makes of it."""
        self.assertLessEqual(abs(ours - theirs), 0.02 * abs(theirs) + absolute, "%g against %g" % (ours, theirs))

    def test_what_is_odd_is_flagged_and_ends_with_the_command(self):
        flags, table = self.path("f"), self.path("c.csv")
        script = ("import time\nsteady = bytearray(30 << 20)\ntime.sleep(34)\n"
                  "large = bytearray(b'x') * (400 << 20)\ntime.sleep(12)\n")
        result = ctl("run", "--interval", "500ms", "--warm-up", "30s", "--flags", flags, "--csv", table, "--",
                     sys.executable, "-c", script)
        self.assertEqual(result.returncode, 0, result.stderr)
        *events, summary = [json.loads(line) for line in self.read("f").splitlines()]
        told = [event["event"] for event in events]
        self.assertEqual((told[0], told[-1]), ("raised", "cleared"), events)
        named = " ".join(feature["name"] for event in events for feature in event["features"])
        self.assertRegex(named, r"python\S*\.(rss|pss|vmem)_bytes")
        self.assertEqual(events[0]["model"], "run")
        self.assertEqual((summary["event"], summary["episodes"]), ("summary", told.count("raised")))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Run." + name for name in sys.argv[2:])], verbosity=2)
