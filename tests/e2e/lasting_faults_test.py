#!/usr/bin/env python3
"""What goes wrong at every tick, for as long as it runs, does not fill the log: it is said once, and of what comes and goes
at most once in 60 ticks (agent/source_log.h).

usage: lasting_faults_test.py EPSILOND EPSILONCTL FIXTURES [TEST]
"""
import os
import shutil
import signal
import socket
import sys
import unittest

from control_support import ControlledAgent
from loopback import free_port

FIXTURES = sys.argv[3]
TICKS = 150
TICKS_BETWEEN = 60
FAULTS = """[model host]
grace = 0s
[watch garbled]
match = pidfile:/run/garbled.pid
features = rss_bytes
[watch missing]
match = comm:no-such-process
features = rss_bytes
[emit journal]
socket = %(dir)s/nothing
[emit syslog]
target = udp://127.0.0.1:%(refused)d
[emit udp]
format = graphite
every = 1s
target = 127.0.0.1:%(refused)d
[emit textfile]
path = %(dir)s/missing/epsilond.prom
every = 1s
[emit prometheus]
listen = 127.0.0.1:%(taken)d
"""
SAID = ("loadavg: what it tells is absent", "pressure/io: what it tells is absent", "watch garbled: /run/garbled.pid: ",
        "watch missing: does not run", "journal %(dir)s/nothing: flags are dropped", "readings are dropped",
        "textfile %(dir)s/missing/epsilond.prom: not written", "prometheus: going on without /metrics",
        "state: going on without saving: ")


class LastingFaults(ControlledAgent):
    def setUp(self):
        super().setUp()
        shutil.copytree(FIXTURES + "/idle/1", self.path("host"))

    def lines(self):
        return self.stderr().splitlines()

    def lines_of(self, text):
        return [line for line in self.lines() if text in line]

    def begin(self, rest="[model host]\ngrace = 0s\n", state="none"):
        return self.start("--root", self.path("host"), ini=self.ini("100ms", rest=rest), state=state)

    def each_tick(self, count, act):
        """Until so many more samples were taken; calls `act` after each at which we look."""
        seen = self.samples()
        end = seen + count
        while seen < end:
            act()
            self.wait_for(lambda: self.samples() > seen, "another sample")
            seen = self.samples()

    def test_what_fails_at_every_tick_is_said_once(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        names = {"dir": self.dir, "refused": free_port(socket.SOCK_DGRAM), "taken": taken.getsockname()[1]}
        os.mkdir(self.path("host/run"))
        self.write("host/run/garbled.pid", "no number\n")
        self.write("host/proc/loadavg", "garbage\n")
        os.unlink(self.path("host/proc/pressure/io"))
        agent = self.begin(FAULTS % names, state=self.path("missing/state"))
        said = [text % names for text in SAID]
        agent.send_signal(signal.SIGUSR1)
        for text in said:
            self.wait_for(lambda: self.lines_of(text), lambda: "%s: %s" % (text, self.stderr()))
        before = self.lines()
        self.each_tick(TICKS, lambda: agent.send_signal(signal.SIGUSR1))  # which saves
        self.assertEqual(self.lines()[len(before):], [])
        for text in said:
            self.assertEqual(len(self.lines_of(text)), 1, self.stderr())
        agent.terminate()
        self.assertEqual(agent.wait(30), 0)

    def test_what_comes_and_goes_is_said_once_in_60_ticks(self):
        self.begin()
        path = self.path("host/proc/loadavg")
        with open(path) as file:
            texts = [file.read(), "garbage\n"]
        changes = 0

        def change():
            nonlocal changes
            changes += 1
            self.write("loadavg.new", texts[changes % 2])
            os.replace(self.path("loadavg.new"), path)
        first = self.samples()
        self.each_tick(TICKS, change)
        said = self.lines_of("loadavg: ")
        most = 1 + (self.samples() - first) // TICKS_BETWEEN
        self.assertGreater(changes, 10 * most)
        self.assertTrue(0 < len(said) <= most, "%d changes: %s" % (changes, said))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("LastingFaults." + name for name in sys.argv[4:])], verbosity=2)
