#!/usr/bin/env python3
"""The shipped agent under real faults while it runs: strace refuses each of its system calls and sends it signals at all
of them, limits take memory, descriptors and file sizes away, and a stop takes its time.

usage: injected_faults_test.py EPSILOND EPSILONCTL DISTURB [--all] [TEST]

By default a sample of the faults, drawn from EPSILOND_TEST_SEED; with --all every one of them, which takes minutes. Both
print how many were made. Without ptrace what needs strace is skipped.
"""
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time

import rich_agent
import strace_support as strace
from loopback import Receiver, free_port

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bench/cost"))
from measure import descriptors_beside_the_scan  # noqa: E402

DISTURB = sys.argv[3]
SAMPLED_STRETCHES = 14
FAULTS_PER_STRETCH = 3
MIB = 1 << 20


class Sink(Receiver):
    """The events among what the agent sends."""

    @property
    def events(self):
        return [json.loads(datagram) for datagram in list(self.datagrams) if datagram.startswith("{")]

    @property
    def readings(self):
        return [datagram for datagram in list(self.datagrams) if datagram.startswith("epsilond,")]

    def told(self, kind, feature):
        return [event for event in self.events if event["event"] == kind
                and feature in [named["name"] for named in event["features"][:2]]]


class InjectedFaults(rich_agent.RichAgent):
    def start_rich(self, agent=""):
        sleeper = self.watched()
        self.write("run/sleeper.pid", "%d\n" % sleeper.pid)
        self.sink, self.metrics = Sink(), free_port()
        self.agent = self.start(ini=self.rich_ini(self.dir, self.sink.port, self.metrics, agent), state=self.state)
        self.goes_on(self.agent)
        time.sleep(1.5)  # until all has been sent that opens a socket
        self.held = min(self.descriptors() for _ in range(10))
        self.live()

    def wait_for(self, condition, what, seconds=60):
        super().wait_for(condition, lambda: "%s\n%s" % (what() if callable(what) else what, self.stderr()[-3000:]), seconds)

    def descriptors(self):
        return descriptors_beside_the_scan(self.agent.pid)

    def try_to_ask(self, family, address, question):
        """What a client would, that is not to be had at the moment."""
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(0.1)
            try:
                client.connect(address)
                client.sendall(question)
                while client.recv(65536):
                    pass
            except OSError:
                pass

    def samples(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:  # hundreds of them, and none is kept
            client.settimeout(20)
            client.connect(self.sock)
            client.sendall(b"status\n")
            return json.loads(self.read_all(client).split(b"\n")[0])["samples"]

    def live(self):
        """A tenth of a second or three of its life, with all that can come from outside."""
        self.agent.send_signal(signal.SIGUSR1)
        self.try_to_ask(socket.AF_UNIX, self.sock, b"status\n")
        self.try_to_ask(socket.AF_INET, ("127.0.0.1", self.metrics), b"GET /metrics HTTP/1.0\r\n\r\n")
        self.agent.send_signal(signal.SIGHUP)
        time.sleep(0.2)

    def is_well(self, what):
        self.assertIsNone(self.agent.poll(), "%s ended it: %s" % (what, self.stderr()[-3000:]))
        wanted = None

        def goes_on():
            nonlocal wanted
            try:
                now = self.samples()
            except (OSError, ValueError, KeyError, IndexError):
                return False
            wanted = now + 2 if wanted is None else wanted
            return now >= wanted
        self.wait_for(goes_on, "two samples after %s" % what)
        status = self.ctl("status")
        self.assertEqual(status.returncode, 0, "%s: %s" % (what, status.stderr))
        self.wait_for(lambda: self.descriptors() <= self.held,
                      lambda: "as few descriptors as before %s: %d, not %d" % (what, self.held, self.descriptors()))

    def stretch(self, what, *options):
        """A stretch of faults in its life; what strace wrote of it."""
        tracer = strace.Tracer(self, self.agent.pid, *options)
        self.assertTrue(tracer.attached, tracer.said)
        self.live()
        self.assertIsNone(self.agent.poll(), "%s ended it: %s" % (what, self.stderr()[-3000:]))
        text = tracer.end()
        self.is_well(what)
        return text

    def calls_of_its_life(self):
        tracer = strace.Tracer(self, self.agent.pid)
        if not tracer.attached:
            self.skipTest("strace may not trace the agent: " + tracer.said)
        # Until it has saved, reloaded and answered, slow as it is under strace.
        for _ in range(40):
            self.live()
            text = tracer.read()
            if all(word in text for word in ("fsync(", "/agent.ini", "accept4(", "sendmsg(", "getdents64(")):
                break
        return sorted(set(strace.calls_of(tracer.end())) - strace.HARMLESS)

    @staticmethod
    def stretches(faults, size):
        """Several faults at a time, each of another call."""
        left = list(faults)
        while left:
            taken = {}
            for fault in left:
                if len(taken) < size:
                    taken.setdefault(fault[0], fault)
            yield list(taken.values())
            left = [fault for fault in left if fault not in taken.values()]

    def dead(self):
        return next(model for model in self.status()["models"] if model["model"] == "dead")

    def tells_of_what_is_real(self):
        self.wait_for(lambda: self.dead()["state"] == "normal", lambda: "a model that has learned: %s" % self.dead(), 120)
        self.sink.datagrams.clear()
        culprit = subprocess.Popen([DISTURB, "zombies", "300", "5"])
        self.addCleanup(culprit.wait)
        self.addCleanup(culprit.kill)
        self.wait_for(lambda: self.sink.told("raised", "zombies"), lambda: "raised: %s" % self.sink.events)
        culprit.wait()
        self.wait_for(lambda: self.sink.told("cleared", "zombies"), lambda: "cleared: %s" % self.sink.events)

    def ends_well(self):
        """By TERM with 0, and with a state from which the next one goes on."""
        self.agent.terminate()
        self.assertEqual(self.agent.wait(30), 0, self.stderr()[-3000:])
        names = os.listdir(os.path.dirname(self.state))
        self.assertEqual([name for name in names if ".tmp." in name or ".damaged" in name], [])
        said = len(self.stderr())
        again = self.start("--ticks", "2", ini=self.path("agent.ini"), state=self.state, wait=False)
        self.assertEqual(again.wait(30), 0)
        self.assertIn("2 of 2 models restored", self.stderr()[said:])

    def test_no_call_that_fails_and_no_signal_ends_it(self):
        why = strace.why_not_here(self.dir)
        if why:
            self.skipTest(why)
        self.start_rich()
        calls = self.calls_of_its_life()
        self.assertEqual([name for name in calls if name not in strace.FAULTS], [], "calls that strace_support.py lacks")
        faults = [(name, kind) for name in calls for kind in strace.kinds_of(name)]
        self.draw.shuffle(faults)
        size = 1 if rich_agent.ALL else FAULTS_PER_STRETCH
        refused, stretches, made = 0, 0, set()
        for together in self.stretches(faults, size):
            if not rich_agent.ALL and stretches == SAMPLED_STRETCHES:
                break
            rules = ["%s:%s:%s" % (name, kind, strace.pattern(name, kind, self.draw)) for name, kind in together]
            names = ",".join(name for name, _ in together)
            text = self.stretch(" ".join(rules), "-e", "trace=" + names, *(word for rule in rules
                                                                            for word in ("-e", "inject=" + rule)))
            refused += strace.injected(text)
            made.update(together)
            stretches += 1
        self.assertGreater(refused, stretches)

        sent = 0
        for name in strace.SIGNALS:
            for step in range(1, 8) if rich_agent.ALL else (self.draw.randint(1, 7),):
                rule = "inject=all:signal=SIG%s:when=%d+7" % (name, step)
                text = self.stretch(rule, "-e", rule)
                sent += len(re.findall(r"--- SIG%s \{|ssi_signo=SIG%s," % (name, name), text))
        self.assertGreater(sent, 100)
        print("%d calls refused, cut short or held up, by %d of %d faults of %d calls in %d stretches; %d signals at every "
              "call" % (refused, len(made), len(faults), len(calls), stretches, sent), file=sys.stderr)
        self.tells_of_what_is_real()
        self.ends_well()

    def test_a_stop_is_told_as_missed_ticks(self):
        self.start_rich()
        before = self.status()["agent"]["ticks_missed"]
        self.agent.send_signal(signal.SIGSTOP)
        time.sleep(2)
        self.agent.send_signal(signal.SIGCONT)
        self.is_well("a stop")
        missed = self.status()["agent"]["ticks_missed"] - before
        self.assertGreaterEqual(missed, 18)
        self.assertEqual([event for event in self.sink.events if event["event"] == "raised"], [])
        self.ends_well()
        self.assertRegex(self.stderr(), r"\d+ ticks were missed")

    def limited(self, limit, most):
        """Lowers a limit of the running agent; call what is returned to put it back."""
        before = resource.prlimit(self.agent.pid, limit)
        resource.prlimit(self.agent.pid, limit, (most, before[1]))
        return lambda: resource.prlimit(self.agent.pid, limit, before)

    def says(self, text, count=1):
        self.wait_for(lambda: self.stderr().count(text) >= count, text)

    def test_what_a_limit_takes_while_it_runs_it_does_without(self):
        self.start_rich("user = root" if os.geteuid() == 0 else "")  # the limits of another are not ours to set
        self.says("reloaded;")  # as start_rich() asks of it in the end: not under the limit
        reloads = self.stderr().count("reloaded;")
        with open("/proc/%d/statm" % self.agent.pid) as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        put_back = self.limited(resource.RLIMIT_AS, mapped + MIB)
        self.agent.send_signal(signal.SIGHUP)
        self.says("reload failed: the old configuration goes on: there is not enough memory")
        put_back()
        self.agent.send_signal(signal.SIGHUP)
        self.says("reloaded;", reloads + 1)
        self.is_well("no memory")

        saved = os.stat(self.state).st_mtime_ns
        put_back = self.limited(resource.RLIMIT_FSIZE, 64 << 10)
        self.agent.send_signal(signal.SIGUSR1)
        self.says("cannot write: File too large")
        put_back()
        self.is_well("no large files")
        self.agent.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: os.stat(self.state).st_mtime_ns != saved, "a state that is saved again")

        # Its next look at processes gives back what it kept open for them, and with that the state can be saved; the
        # reload comes before that look.
        self.agent.send_signal(signal.SIGSTOP)
        put_back = self.limited(resource.RLIMIT_NOFILE, 18)
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGCONT):
            self.agent.send_signal(number)
        self.try_to_ask(socket.AF_UNIX, self.sock, b"status\n")
        self.says("Too many open files")
        put_back()
        self.is_well("no descriptors")
        self.ends_well()

    def test_a_limit_below_what_is_open_stops_no_tick_and_a_reload_until_it_is_gone(self):
        account = "user = root\n" if os.geteuid() == 0 else ""
        self.start_rich(account)
        self.says("reloaded;")  # as start_rich() asks of it in the end: not under the limit
        reloads, samples, host = self.stderr().count("reloaded;"), self.samples(), self.status()["agent"]["host"]

        put_back = self.limited(resource.RLIMIT_NOFILE, 1)  # it waits for more than one
        seen = len(self.sink.readings)
        self.wait_for(lambda: len(self.sink.readings) >= seen + 3, "readings, each sent in a tick")
        self.rich_ini(self.dir, self.sink.port, self.metrics, account + "host = renamed\n")
        self.agent.send_signal(signal.SIGHUP)
        self.says("reload failed: the old configuration goes on")
        self.assertRegex(self.stderr(), r"agent\.ini: .*Too many open files")
        seen = len(self.sink.readings)
        self.wait_for(lambda: len(self.sink.readings) >= seen + 3, "readings after a reload that failed")
        self.assertEqual(self.stderr().count("reloaded;"), reloads)

        put_back()
        self.is_well("a limit below what is open")
        self.assertGreaterEqual(self.samples(), samples + 6)
        self.assertEqual(self.status()["agent"]["host"], host)
        self.agent.send_signal(signal.SIGHUP)
        self.says("reloaded; 2 of 2 models go on", reloads + 1)
        self.assertEqual(self.status()["agent"]["host"], "renamed")
        self.is_well("a reload")
        self.ends_well()


if __name__ == "__main__":
    rich_agent.main("InjectedFaults")
