#!/usr/bin/env python3
"""The shipped agent at its start, when it is refused something: by strace, one call after another, or by limits. It goes on,
or it ends with a code of the manual page and says why; no signal kills it, and what was learned is not lost.

usage: refused_start_test.py EPSILOND EPSILONCTL [--all] [TEST]

By default a sample of the faults, drawn from EPSILOND_TEST_SEED; with --all every one of them, which takes half an
hour. Both print how many were made. Without ptrace what needs strace is skipped.
"""
import concurrent.futures
import itertools
import os
import shutil
import subprocess
import sys

import rich_agent
import strace_support as strace
from control_support import EPSILOND
from loopback import free_port

SAMPLED_STARTS = 60
STARTS_AT_ONCE = 4
MIB = 1 << 20


class RefusedStart(rich_agent.RichAgent):
    def one_start(self, number, options):
        """An agent in a folder of its own, from a state that was learned; what came of it."""
        folder = self.path("start%d" % number)
        os.mkdir(folder, 0o755)
        self.home(folder)
        state = os.path.join(folder, "var/epsilond/state")
        shutil.copy(self.learned, state)
        with open(os.path.join(folder, "run/sleeper.pid"), "w") as file:
            file.write("%d\n" % self.sleeper.pid)
        ini = self.rich_ini(folder, 9, free_port())
        command = [EPSILOND, "-c", ini, "--state", state, "--ticks", "2"]
        log = os.path.join(folder, "strace.log")
        run = subprocess.run(["strace", "-o", log, *options, *command], capture_output=True, text=True, timeout=120)
        with open(log, errors="replace") as file:
            text = file.read()
        again = subprocess.run([*command[:-1], "1"], capture_output=True, text=True, timeout=120)
        shutil.rmtree(folder, ignore_errors=True)
        return run, text, again

    def prepare_starts(self):
        """A state that was learned, and the calls of a start from that on: what the C library does before our first is
        its own to survive. Calls, how often each, and how many of those are not ours."""
        why = strace.why_not_here(self.dir)
        if why:
            self.skipTest(why)
        self.sleeper = self.watched()
        self.learned = self.path("learned")
        ini = self.rich_ini(self.dir, 9, free_port())
        self.write("run/sleeper.pid", "%d\n" % self.sleeper.pid)
        taught = subprocess.run([EPSILOND, "-c", ini, "--state", self.state, "--ticks", "3"], capture_output=True, text=True,
                                timeout=60)
        self.assertEqual(taught.returncode, 0, taught.stderr)
        shutil.copy(self.state, self.learned)
        _, text, _ = self.one_start(0, [])
        lines = text.splitlines()
        first = next(i for i, line in enumerate(lines) if "agent.ini" in line and not line.startswith("execve"))
        foreign = strace.calls_of("\n".join(lines[:first]))
        return strace.calls_of(text), foreign

    def all_starts(self, cases):
        """Each case and its options, a few at a time; returns how many calls were refused and how the starts ended."""
        refused, ended = 0, {}
        with concurrent.futures.ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
            runs = {pool.submit(self.one_start, i + 1, options): case for i, (case, options) in enumerate(cases)}
            for run in concurrent.futures.as_completed(runs):
                started, text, again = run.result()
                self.judge_start(runs[run], started)
                self.assertEqual(again.returncode, 0, "%s, and the next one: %s" % (runs[run], again.stderr))
                self.assertNotIn("starting anew", again.stderr, runs[run])
                refused += strace.injected(text)
                ended[started.returncode] = ended.get(started.returncode, 0) + 1
        return refused, ended

    def test_a_start_that_is_refused_something_goes_on_or_says_why_not(self):
        calls, foreign = self.prepare_starts()
        names = sorted(set(calls) - strace.HARMLESS)
        self.assertEqual([name for name in names if name not in strace.FAULTS], [], "calls that strace_support.py lacks")
        cases = []
        for name in names:
            for number in range(foreign.count(name) + 1, calls.count(name) + 1):
                refusals = strace.refusals_of(name)
                for refusal in refusals if rich_agent.ALL else [self.draw.choice(refusals)]:
                    rule = "%s:%s:when=%d" % (name, refusal, number)
                    cases.append((rule, ["-e", "trace=" + name, "-e", "inject=" + rule]))
        # Of each call one before a second of any: most are looks at one process after another.
        self.draw.shuffle(cases)
        seen = {}
        for rule, options in cases:
            seen.setdefault(rule.split(":")[0], []).append((rule, options))
        cases = [case for turn in itertools.zip_longest(*seen.values()) for case in turn if case]
        total = len(cases)
        # Memory that is refused from one moment on, by either call or by both.
        memory = []
        for names in (["brk"], ["mmap"], ["brk", "mmap"]):
            # The counts of the two are not the same: of neither less than what the library needs.
            first = max(foreign.count(name) for name in names) + 1
            last = max(first, *(calls.count(name) for name in names))
            for number in range(first, last + 1) if rich_agent.ALL else sorted({first, self.draw.randint(first, last)}):
                rules = ["%s:%s:when=%d+" % (name, strace.refusals_of(name)[0], number) for name in names]
                memory.append((" ".join(rules), ["-e", "trace=" + ",".join(names),
                                                 *(word for rule in rules for word in ("-e", "inject=" + rule))]))
        chosen = (cases if rich_agent.ALL else cases[:SAMPLED_STARTS]) + memory
        refused, ended = self.all_starts(chosen)
        self.assertGreater(refused, len(chosen) / 2)
        print("%d starts of %d, %d calls refused; exit codes %s" % (len(chosen), total + len(memory), refused, ended),
              file=sys.stderr)

    def test_signals_at_the_start_end_nothing(self):
        calls, foreign = self.prepare_starts()
        ours = sorted(set(calls) - set(foreign) - {"exit_group", "rt_sigprocmask"})
        cases = []
        for name in ("HUP", "USR1", "CHLD", "CONT"):
            for first in range(1, 8) if rich_agent.ALL else (self.draw.randint(1, 7),):
                rule = "%s:signal=SIG%s:when=%d+7" % (",".join(ours), name, first)
                cases.append((rule, ["-e", "trace=" + ",".join(ours), "-e", "inject=" + rule]))
        _, ended = self.all_starts(cases)
        self.assertEqual(set(ended), {0})

    @staticmethod
    def limited_run(*arguments, **limits):
        words = ["--%s=%d:" % ({"address_space": "as"}.get(name, name), most) for name, most in limits.items()]
        return subprocess.run(["prlimit", *words, EPSILOND, *arguments], capture_output=True, text=True, timeout=60)

    def test_a_start_with_less_than_it_needs_goes_on_or_says_why_not(self):
        self.watched()
        arguments = ["-c", self.rich_ini(self.dir, 9, free_port()), "--state", self.state, "--ticks", "2"]
        ended = {}

        def try_with(**limits):
            run = self.limited_run(*arguments, **limits)
            self.judge_start(str(limits), run)
            ended[run.returncode] = ended.get(run.returncode, 0) + 1
            return run

        for count in range(3, 40) if rich_agent.ALL else sorted(self.draw.sample(range(3, 40), 8)):
            try_with(nofile=count)
        # Where there are few, they are not spent on what can be opened anew.
        few = try_with(nofile=80)
        self.assertEqual((few.returncode, "Too many" in few.stderr), (0, False), few.stderr)
        # Less than what the C library needs to come as far as us is not ours to survive.
        low, high = 64 << 10, 64 * MIB
        while high - low > 16 << 10:
            middle = (low + high) // 2
            run = self.limited_run("--version", address_space=middle)
            low, high = (low, middle) if run.returncode == 0 else (middle, high)
        steps = range(0, 24 * MIB, 256 << 10) if rich_agent.ALL else (0, 64 << 10, 256 << 10, MIB, 3 * MIB, 8 * MIB, 16 * MIB)
        for more in steps:
            try_with(address_space=high + more)
        self.assertEqual(try_with(address_space=high + 64 * MIB).returncode, 0)
        told = try_with(fsize=4096)
        self.assertEqual(told.returncode, 0)
        self.assertIn("going on without saving: %s: cannot write: File too large" % self.state, told.stderr)
        self.assertEqual(try_with(nproc=1).returncode, 0)
        print("%d starts under limits; exit codes %s" % (sum(ended.values()), ended), file=sys.stderr)


if __name__ == "__main__":
    rich_agent.main("RefusedStart")
