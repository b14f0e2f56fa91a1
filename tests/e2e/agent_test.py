#!/usr/bin/env python3
"""The real agent, from outside: its options, exit codes, signals, flags and files.

usage: agent_test.py EPSILOND DISTURB FIXTURES [TEST]
"""
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from scratch import PATIENCE, Scratch

EPSILOND, DISTURB, FIXTURES = sys.argv[1:4]


def run(*arguments, **options):
    return subprocess.run([EPSILOND, *arguments], capture_output=True, text=True, timeout=60 * PATIENCE,
                          **options)


def events(text):
    return [json.loads(line) for line in text.splitlines()]


class Life:
    """The events of an agent that watches this machine: those that somebody adds, and what comes to `receiver`."""

    def __init__(self, receiver=None):
        self.received, self.receiver = [], receiver

    def ids(self, event, feature=None):
        """Of the events of this kind; with a feature only of those that name it first or second."""
        try:
            while self.receiver:
                self.received.append(json.loads(self.receiver.recv(4096)))
        except BlockingIOError:
            pass
        return [item["id"] for item in self.received if item["event"] == event
                and (feature is None or feature in [named["name"] for named in item["features"][:2]])]

    def is_quiet(self):
        return set(self.ids("raised")) <= set(self.ids("cleared"))


class Agent(Scratch):
    def start(self, *arguments):
        process = subprocess.Popen([EPSILOND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    # Options and exit codes

    def test_version_and_help_go_to_stdout_with_exit_0(self):
        for option, text in (("--version", "epsilond 0."), ("--help", "usage: epsilond")):
            result = run(option)
            self.assertEqual(result.returncode, 0)
            self.assertTrue(result.stdout.startswith(text), result.stdout)
            self.assertEqual(result.stderr, "")

    def test_usage_errors_exit_64_and_name_the_word(self):
        for arguments, word in (
            (["--nonsense"], "--nonsense"), (["-z"], "-z"), (["--ticks", "0"], "0"), (["--ticks", "x"], "x"),
            (["--ticks", "-1"], "-1"), (["-c"], "-c"), (["file"], "file"), (["-t", "-T"], "--check-config"),
            (["--root", ""], "--root"),
        ):
            result = run(*arguments)
            self.assertEqual(result.returncode, 64, arguments)
            self.assertIn(word, result.stderr)
            self.assertTrue(result.stderr.startswith("epsilond: "), result.stderr)

    def test_a_named_configuration_that_is_not_there_exits_66(self):
        result = run("-t", "-c", self.path("absent.ini"))
        self.assertEqual(result.returncode, 66)
        self.assertIn("absent.ini", result.stderr)

    def test_a_bad_configuration_exits_78_with_file_line_key_and_what_is_allowed(self):
        path = self.write("bad.ini", "[agent]\ninterval = 10ms\n")
        for mode in (["-t"], ["-T"], ["--once"], ["--ticks", "1"]):
            result = run("-c", path, *mode)
            self.assertEqual(result.returncode, 78)
            self.assertIn(path + ":2:", result.stderr)
            self.assertIn("interval", result.stderr)
            self.assertIn("100ms", result.stderr)

    def test_check_config_is_silent_on_success_and_leaves_no_trace(self):
        state = self.path("state")
        result = run("-t", "-c", self.write("good.ini", "[agent]\nstate = %s\n" % state))
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertFalse(os.path.exists(state))

    def test_print_config_names_origins_and_the_memory_budget(self):
        path = self.write("some.ini", "[agent]\ninterval = 2s\n")
        result = run("-T", "-c", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"interval = 2s.*some\.ini:2")
        self.assertRegex(result.stdout, r"cpu_budget = .*default")
        self.assertRegex(result.stdout, r"(?i)memory.* \d+ bytes")
        again = run("-T", "-c", self.write("again.ini", result.stdout))
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_a_root_that_is_not_there_fails_with_its_name(self):
        result = run("--once", "--root", self.path("nowhere"))
        self.assertIn(result.returncode, (66, 69))
        self.assertIn("nowhere", result.stderr)

    # One pass

    def once(self, *arguments):
        result = run("--once", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [line.split() for line in result.stdout.splitlines()]
        self.assertTrue(all(len(row) == 3 for row in rows), result.stdout)
        return {name: value for name, value, _ in rows}

    def test_once_agrees_with_the_kernel(self):
        ini = self.write("fast.ini", "[agent]\ninterval = 200ms\n")
        features = self.once("-c", ini)
        self.assertGreaterEqual(len(features), 42)
        with open("/proc/loadavg") as file:
            loads = file.read().split()
        self.assertAlmostEqual(float(features["load_15min"]), float(loads[2]), delta=0.06)
        with open("/proc/meminfo") as file:
            memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in file}
        used = memory["MemTotal"] - memory["MemAvailable"]
        self.assertAlmostEqual(float(features["mem_used_bytes"]), used, delta=2e8)
        self.assertEqual(float(features["mem_used_bytes"]) + float(features["mem_available_bytes"]), memory["MemTotal"])
        processes = sum(name.isdigit() for name in os.listdir("/proc"))
        self.assertAlmostEqual(float(features["processes"]), processes, delta=10)

    def test_once_on_a_fixture_reads_the_fixture(self):
        features = self.once("-c", self.write("fast.ini", "[agent]\ninterval = 100ms\n"), "--root", FIXTURES + "/idle/1")
        with open(FIXTURES + "/idle/1/proc/loadavg") as file:
            self.assertEqual(float(features["load_1min"]), float(file.read().split()[0]))

    def test_what_a_kernel_lacks_is_absent_and_said_once(self):
        ini = self.write("fast.ini", "[agent]\ninterval = 100ms\n")
        result = run("-c", ini, "--root", FIXTURES + "/no_psi/1", "--ticks", "8", "--state", "none")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(re.findall("pressure/io: what it tells", result.stderr)), 1, result.stderr)

    # The agent at work

    def test_ticks_ends_with_exit_0_between_start_and_stop(self):
        result = run("--ticks", "3", "--state", "none", "-c", self.write("fast.ini", "[agent]\ninterval = 100ms\n"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([event["event"] for event in events(result.stdout)], ["start", "stop"])
        self.assertEqual({event["host"] for event in events(result.stdout)}, {socket.gethostname()})

    def test_term_and_int_end_with_exit_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            agent = self.start("--state", "none", "-c", self.write("fast.ini", "[agent]\ninterval = 100ms\n"))
            self.assertIn('"event":"start"', agent.stdout.readline())
            agent.send_signal(number)
            output, _ = agent.communicate(timeout=20 * PATIENCE)
            self.assertEqual(agent.returncode, 0)
            self.assertIn('"event":"stop"', output)

    def test_reload_takes_a_good_file_and_keeps_the_old_one_on_error(self):
        path = self.write("agent.ini", "[agent]\ninterval = 100ms\nhost = before\n")
        agent = self.start("--state", "none", "-c", path)
        self.assertEqual(json.loads(agent.stdout.readline())["host"], "before")
        self.write("agent.ini", "[agent]\ninterval = never\n")
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: "agent.ini:2" in agent.stderr.readline(), "an error with file and line")
        self.write("agent.ini", "[agent]\ninterval = 100ms\nhost = after\n")
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: "reloaded" in agent.stderr.readline(), "a reload")
        agent.terminate()
        output, _ = agent.communicate(timeout=20 * PATIENCE)
        self.assertEqual(agent.returncode, 0)
        self.assertEqual(json.loads(output.splitlines()[-1])["host"], "after")

    def test_what_was_learned_survives_a_restart(self):
        state = self.path("state")
        ini = self.write("fast.ini", "[agent]\ninterval = 100ms\n[model host]\nwarm_up = 30s\n")
        first = run("--live", "--ticks", "30", "-c", ini, "--state", state)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(os.stat(state).st_mode & 0o777, 0o600)
        second = run("--live", "--ticks", "3", "-c", ini, "--state", state)
        percents = [int(x) for x in re.findall(r"learning +(\d+)%", second.stdout)]
        self.assertGreaterEqual(percents[0], 9, second.stdout)

    def test_a_state_of_another_configuration_gives_what_fits(self):
        state = self.path("state")
        one = "[agent]\ninterval = 100ms\n[model host]\nwarm_up = 30s\n"
        two = one + "[model second]\nfeatures = zombies\n"
        self.assertEqual(run("--live", "--ticks", "30", "-c", self.write("two.ini", two), "--state", state).returncode, 0)
        second = run("--live", "--ticks", "3", "-c", self.write("one.ini", one), "--state", state)
        percents = [int(x) for x in re.findall(r"learning +(\d+)%", second.stdout)]
        self.assertGreaterEqual(percents[0], 9, second.stdout + second.stderr)

    def test_usr1_saves_the_state_now(self):
        state = self.path("state")
        agent = self.start("--state", state, "-c", self.write("fast.ini", "[agent]\ninterval = 100ms\n"))
        agent.stdout.readline()
        self.assertFalse(os.path.exists(state))
        agent.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: os.path.exists(state), "a saved state")

    def test_a_damaged_state_is_set_aside_and_not_fatal(self):
        state = self.write("state", "garbage")
        result = run("--ticks", "3", "--state", state, "-c", self.write("fast.ini", "[agent]\ninterval = 100ms\n"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(state, result.stderr)
        self.assertTrue(os.path.exists(state + ".damaged"))

    def test_a_state_of_a_later_version_is_kept(self):
        state = self.path("state")
        ini = self.write("fast.ini", "[agent]\ninterval = 100ms\n")
        self.assertEqual(run("--ticks", "3", "--state", state, "-c", ini).returncode, 0)
        with open(state, "r+b") as file:  # version 99, with the header's checksum made right
            header = bytearray(file.read(24))
            header[8:12] = (99).to_bytes(4, "little")
            crc = 0xFFFFFFFF
            for byte in header:
                crc ^= byte
                for _ in range(8):
                    crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
            file.seek(0)
            file.write(header + (crc ^ 0xFFFFFFFF).to_bytes(4, "little"))
        with open(state, "rb") as file:
            later = file.read()
        result = run("--ticks", "3", "--state", state, "-c", ini)
        self.assertEqual(result.returncode, 0)
        self.assertIn("version", result.stderr)
        with open(state + ".damaged", "rb") as file:
            self.assertEqual(file.read(), later)

    def test_a_state_that_cannot_be_written_is_said_once_and_done_without(self):
        ini = self.write("fast.ini", "[agent]\ninterval = 100ms\n")
        result = run("--ticks", "3", "--state", self.path("missing/dir/state"), "-c", ini)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(re.findall("missing/dir/state", result.stderr)), 1, result.stderr)

    def test_few_descriptors_are_enough(self):
        for _ in range(100):
            sleeper = subprocess.Popen(["sleep", "300"])
            self.addCleanup(sleeper.wait)
            self.addCleanup(sleeper.kill)
        state = self.path("state")
        ini = self.write("few.ini", "[agent]\ninterval = 100ms\ncpu_budget = 50%%\ncontrol = %s\n" % self.path("sock"))
        result = run("--ticks", "30", "--state", state, "-c", ini,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("oo many open files", result.stderr)
        self.assertNotIn("going on without", result.stderr)
        self.assertTrue(os.path.exists(state))

    def test_a_dead_receiver_costs_no_tick(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        ini = self.write("dead.ini", "[agent]\ninterval = 100ms\n"
                         "[emit udp]\ntarget = 127.0.0.1:%d\n[emit syslog]\ntarget = udp://127.0.0.1:%d\n" % (port, port))
        result = run("--ticks", "5", "--state", "none", "-c", ini)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertNotIn("missed", result.stderr)
        self.assertIn("udp 127.0.0.1:%d: flags are dropped" % port, result.stderr)

    def test_who_stops_to_read_the_log_stops_no_tick(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writer, True)  # as one from a shell
        self.write("agent.ini", "[agent]\ninterval = 100ms\n")
        # It has something to say: the state cannot be saved.
        agent = subprocess.Popen([EPSILOND, "-c", self.path("agent.ini"), "--state", self.path("missing/dir/state"),
                                  "--ticks", "3"], stdout=subprocess.DEVNULL, stderr=writer)
        os.close(writer)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        self.assertEqual(agent.wait(60), 0)

    def test_flags_reach_a_udp_receiver_as_json(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            receiver.settimeout(20)
            ini = self.write("udp.ini", "[agent]\ninterval = 100ms\nhost = tested\n[emit udp]\ntarget = 127.0.0.1:%d\n"
                             % receiver.getsockname()[1])
            result = run("--ticks", "3", "--state", "none", "-c", ini)
            self.assertEqual(result.stdout, "")
            received = [json.loads(receiver.recv(4096)) for _ in range(2)]
        self.assertEqual([event["event"] for event in received], ["start", "stop"])
        self.assertEqual(received[0]["host"], "tested")

    # Real disturbances of this machine

    def disturb(self, life, arguments, feature, *what):
        """Disturbs this machine and expects an episode that names the feature (None: any), and the process for one of
        these growths. What else this machine does may be odd in the same second, and then both are one episode with
        another first name: a second and a third time are given, not a looser judgement."""
        for others in range(2, -1, -1):
            try:
                return self.disturb_once(life, arguments, feature, what)
            except AssertionError as error:
                if not others:
                    raise
                print("once more, since %s" % error, file=sys.stderr)

    def disturb_once(self, life, arguments, feature, what):
        self.wait_for(life.is_quiet, lambda: "an end of the episode: %s" % life.received, 90)
        life.received.clear()
        culprit = subprocess.Popen([DISTURB, *arguments])
        try:
            self.wait_for(lambda: life.ids("raised", feature), lambda: "raised by %s: %s" % (arguments, life.received), 30)
            self.assert_names(life.received, culprit, *what)
        finally:
            culprit.kill()  # what was to be seen was seen
            culprit.wait()
        self.wait_for(life.is_quiet, lambda: "cleared: %s" % life.received, 90)
        self.assertEqual(life.ids("raised"), life.ids("cleared"))

    def assert_names(self, received, culprit, *what):
        """The last RAISED names this process first, in its list and in its sentence."""
        event = [item for item in received if item["event"] == "raised"][-1]
        self.assertTrue(event["processes"], event)
        process = event["processes"][0]
        self.assertEqual((process["pid"], process["uid"]), (culprit.pid, os.geteuid()), event)
        self.assertIn(process["what"], what, event)
        self.assertGreater(process["delta"], 0)
        self.assertIn("; %s[%d] +" % (process["comm"], culprit.pid), event["text"])

    def test_real_disturbances_and_their_culprits_are_named(self):
        """By two agents that learn at the same time: one writes to its output, the other sends datagrams."""
        settings = "[agent]\nhistory = 10m\n[model host]\nwarm_up = 30s\nclear_after = %ds\n"
        printing = self.start("--state", "none", "-c", self.write("printing.ini", settings % 3))
        printed = Life()
        reader = threading.Thread(target=lambda: printed.received.extend(map(json.loads, printing.stdout)), daemon=True)
        reader.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            receiver.setblocking(False)
            sending = self.start("--state", "none", "-c", self.write(
                "sending.ini", settings % 5 + "[emit udp]\ntarget = 127.0.0.1:%d\nmax_datagram = 2048\n" %
                receiver.getsockname()[1]))
            sent = Life(receiver)
            time.sleep(45)
            for life in (printed, sent):
                self.assertTrue(life.ids("start"), "the agent said nothing")
            for life, arguments, *expected in (
                (printed, ["threads", "200", "12"], None, "threads"),
                (printed, ["descriptors", "500", "12"], None, "descriptors"),
                (sent, ["memory", str(2 << 30), "12"], "mem_used_bytes", "rss_bytes", "cpu_seconds"),
                (sent, ["zombies", "200", "12"], "zombies", "zombies"),
                (printed, ["pagefaults", "12"], None, "cpu_seconds"),
            ):
                self.disturb(life, arguments, *expected)
            for agent in (printing, sending):
                agent.terminate()
                self.assertEqual(agent.wait(20), 0)
            reader.join(20)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Agent." + name for name in sys.argv[4:])], verbosity=2)
