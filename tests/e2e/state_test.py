#!/usr/bin/env python3
"""The real agent and what outlives it: kills, restarts, its service manager and its journal.

usage: state_test.py EPSILOND FIXTURES [TEST]
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from scratch import Scratch

EPSILOND, FIXTURES = sys.argv[1:3]
KILLS = 60
FAST = "[agent]\ninterval = 100ms\n"
LEARNS_SOON = FAST + "[model host]\nwarm_up = 30s\nclear_after = 2s\nsettle = 0s\ngrace = 0s\n"


def parse_journal(entry):
    """The fields of an entry of journald's native protocol, by name, each a list."""
    fields = {}
    while entry:
        line, _, entry = entry.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(entry[:8], "little")
            value, entry = entry[8:8 + size], entry[8 + size + 1:]
        fields.setdefault(name.decode(), []).append(value.decode())
    return fields


class State(Scratch):
    def setUp(self):
        super().setUp()
        open(self.path("events"), "w").close()

    def receiver(self, name):
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.bind(self.path(name))
        receiver.settimeout(20)
        self.addCleanup(receiver.close)
        return receiver

    def start(self, ini, *arguments, **options):
        """An agent whose events go to a file, so that no kill loses one on its way to us."""
        log = open(self.path("log"), "a")
        events = open(self.path("events"), "a")
        process = subprocess.Popen([EPSILOND, "-c", ini, *arguments], stdout=events, stderr=log, **options)
        log.close()
        events.close()
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def log(self):
        with open(self.path("log")) as file:
            return file.read()

    def events(self, *kinds):
        with open(self.path("events")) as file:
            events = [json.loads(line) for line in file.read().splitlines()]
        return [event for event in events if not kinds or event["event"] in kinds]

    def wait_for(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        self.fail("never happened: %s; %s; %s" % (what, self.log(), self.events()))

    # A machine of files

    def machine(self):
        root = self.path("root")
        shutil.copytree(os.path.join(FIXTURES, "idle", "1"), root)
        self.meminfo = os.path.join(root, "proc", "meminfo")
        with open(self.meminfo) as file:
            self.usual = file.read()
        return root

    def use_memory(self, used):
        """All of the memory is used, or as much as usual."""
        text = re.sub(r"MemAvailable: +\d+", "MemAvailable: 1000", self.usual) if used else self.usual
        with open(self.meminfo + ".new", "w") as file:
            file.write(text)
        os.rename(self.meminfo + ".new", self.meminfo)

    def learned(self, root, ini, state):
        """Runs an agent until it is past its warm-up, and saves what it learned."""
        agent = self.start(ini, "--root", root, "--state", state, "--ticks", "330")
        self.assertEqual(agent.wait(60), 0, self.log())
        self.assertEqual(self.events("raised"), [])

    @staticmethod
    def anonymous_bytes(agent):
        with open("/proc/%d/smaps_rollup" % agent.pid) as file:
            return int(re.search(r"Anonymous:\s+(\d+) kB", file.read())[1]) << 10

    @staticmethod
    def limited_run(address_space, *arguments):
        return subprocess.run(["prlimit", "--as=%d" % address_space, EPSILOND, *arguments], capture_output=True, text=True,
                              timeout=60)

    # Tests

    def test_a_state_takes_no_more_memory_to_read_than_it_has_bytes(self):
        root, state = self.machine(), self.path("state")
        ini = self.write("agent.ini", FAST)
        self.assertEqual(self.start(ini, "--root", root, "--state", state, "--ticks", "2").wait(60), 0, self.log())
        self.assertLess(os.path.getsize(state), 2 << 20)
        without = self.start(ini, "--root", root, "--state", "none")
        self.wait_for(lambda: len(self.events("start")) == 2, "an agent that runs")
        with open("/proc/%d/status" % without.pid) as file:
            peak = int(re.search(r"VmPeak:\s+(\d+) kB", file.read())[1]) << 10
        limited = self.limited_run(peak + (4 << 20), "-c", ini, "--root", root, "--state", state, "--ticks", "2")
        self.assertEqual(limited.returncode, 0, limited.stderr)
        self.assertIn("1 of 1 models restored", limited.stderr)

    def test_a_restored_agent_is_as_small_as_a_new_one(self):
        root, state = self.machine(), self.path("state")
        ini = self.write("agent.ini", FAST)
        agent = self.start(ini, "--root", root, "--state", state)
        self.wait_for(lambda: len(self.events("start")) == 1, "a start")
        time.sleep(2)
        new_bytes = self.anonymous_bytes(agent)
        agent.terminate()
        self.assertEqual(agent.wait(20), 0)
        self.assertGreater(os.path.getsize(state), 128 << 10)
        agent = self.start(ini, "--root", root, "--state", state)
        self.wait_for(lambda: "1 of 1 models restored" in self.log(), "a restored state")
        self.wait_for(lambda: self.anonymous_bytes(agent) < new_bytes + (64 << 10), "memory given back", 10)

    def test_what_is_open_survives_a_kill_and_is_cleared_under_its_id(self):
        root, state = self.machine(), self.path("state")
        ini = self.write("agent.ini", LEARNS_SOON)
        self.learned(root, ini, state)
        agent = self.start(ini, "--root", root, "--state", state)
        time.sleep(1)
        self.use_memory(True)
        self.wait_for(lambda: self.events("raised"), "raised")
        self.wait_for(lambda: os.path.exists(state + ".open"), "the open episode saved")
        time.sleep(0.3)
        agent.send_signal(signal.SIGKILL)
        agent.wait()
        time.sleep(3)
        agent = self.start(ini, "--root", root, "--state", state)
        time.sleep(1)
        self.assertEqual(self.events("cleared"), [])
        self.use_memory(False)
        self.wait_for(lambda: self.events("cleared"), "cleared")
        agent.terminate()
        self.assertEqual(agent.wait(20), 0)
        self.assertIn("1 open episodes go on", self.log())
        raised, cleared = self.events("raised"), self.events("cleared")
        self.assertEqual((len(raised), len(cleared)), (1, 1))
        self.assertEqual(raised[0]["id"], cleared[0]["id"])
        self.assertEqual(cleared[0]["features"][0]["name"], raised[0]["features"][0]["name"])
        self.assertGreaterEqual(cleared[0]["duration_s"], 3)
        # The directory goes away: what is told then can be ended by no later start.
        os.mkdir(self.path("other"))
        lost = os.path.join(self.path("other"), "state")
        shutil.copy(state, lost)
        agent = self.start(ini, "--root", root, "--state", lost)
        time.sleep(1)
        shutil.rmtree(self.path("other"))
        self.use_memory(True)
        self.wait_for(lambda: len(self.events("raised")) == 2, "raised again")
        agent.terminate()
        self.assertEqual(agent.wait(20), 0)
        self.assertEqual(len(self.events("cleared")), 2)
        self.assertIn("the agent stopped", self.events("cleared")[1]["text"])
        self.assertEqual(self.log().count("going on without saving open episodes"), 1)

    def test_no_kill_at_any_moment_spoils_the_state(self):
        state = self.path("state")
        ini = self.write("fast.ini", FAST)
        generator = random.Random(int(os.environ.get("EPSILOND_TEST_SEED", "20261122")))
        for _ in range(KILLS):
            started = len(self.events("start"))
            agent = self.start(ini, "--state", state)
            self.wait_for(lambda: len(self.events("start")) > started, "a start")
            end = time.monotonic() + generator.uniform(0.02, 0.3)
            while time.monotonic() < end:
                time.sleep(generator.uniform(0.0, 0.01))
                agent.send_signal(signal.SIGUSR1)
            agent.send_signal(signal.SIGKILL)
            agent.wait()
        agent = self.start(ini, "--state", state, "--ticks", "3")
        self.assertEqual(agent.wait(20), 0)
        log = self.log()
        self.assertNotIn("starting anew", log)
        self.assertNotIn("learning anew", log)
        self.assertGreater(log.count("1 of 1 models restored"), KILLS // 3)
        self.assertEqual([name for name in os.listdir(self.dir) if ".tmp." in name], [])
        self.assertFalse(os.path.exists(state + ".damaged"))

    def test_damaged_open_episodes_are_set_aside_and_said(self):
        state = self.path("state")
        ini = self.write("fast.ini", FAST)
        with open(state + ".open", "wb") as file:
            file.write(b"EPSSTATE and nothing more that is of use to anybody")
        agent = self.start(ini, "--state", state, "--ticks", "3")
        self.assertEqual(agent.wait(20), 0)
        self.assertIn("what was open before is not known", self.log())
        self.assertTrue(os.path.exists(state + ".open.damaged"))

    def test_the_service_manager_hears_ready_status_watchdog_and_stopping(self):
        manager = self.receiver("notify")
        environment = dict(os.environ, NOTIFY_SOCKET=self.path("notify"), WATCHDOG_USEC="1000000")
        environment.pop("WATCHDOG_PID", None)
        agent = self.start(self.write("fast.ini", FAST + "[model host]\nwarm_up = 30s\n"), "--state", "none", "--ticks", "25",
                           env=environment)
        heard = []
        while not heard or heard[-1] != "STOPPING=1":
            heard.append(manager.recv(4096).decode())
        self.assertEqual(agent.wait(20), 0)
        self.assertEqual(heard[0], "READY=1")
        self.assertIn("STATUS=learning 0%", heard)
        self.assertIn("STATUS=learning 5%", heard)
        statuses = [line for line in heard if line.startswith("STATUS=")]
        self.assertEqual(len(statuses), len(set(statuses)))
        self.assertGreaterEqual(heard.count("WATCHDOG=1"), 4)
        self.assertLess(heard.count("WATCHDOG=1"), 20)

    def test_the_journal_gets_the_events_as_fields(self):
        journal = self.receiver("journal")
        ini = self.write("journal.ini", FAST + "host = tested\n[emit journal]\nsocket = %s\n" % self.path("journal"))
        agent = self.start(ini, "--state", "none", "--ticks", "3")
        start, stop = (parse_journal(journal.recv(65536)) for _ in range(2))
        self.assertEqual(agent.wait(20), 0)
        self.assertEqual(start["EPSILOND_EVENT"], ["start"])
        self.assertEqual(start["MESSAGE_ID"], ["9a868260ef1040acb4bffdf3bcde1475"])
        self.assertEqual(start["EPSILOND_HOST"], ["tested"])
        self.assertEqual(start["PRIORITY"], ["6"])
        self.assertEqual(start["SYSLOG_IDENTIFIER"], ["epsilond"])
        self.assertEqual(stop["EPSILOND_EVENT"], ["stop"])
        self.assertEqual(self.events(), [])

    def test_a_journal_that_is_not_there_costs_no_tick_and_is_said_once(self):
        ini = self.write("journal.ini", FAST + "[emit journal]\nsocket = %s\n" % self.path("nothing"))
        agent = self.start(ini, "--state", "none", "--ticks", "5")
        self.assertEqual(agent.wait(20), 0)
        self.assertEqual(self.log().count("flags are dropped"), 1, self.log())
        self.assertNotIn("missed", self.log())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("State." + name for name in sys.argv[3:])], verbosity=2)
