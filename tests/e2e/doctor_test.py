#!/usr/bin/env python3
"""`epsilonctl doctor` on this very machine, as root and as nobody, and on machines in files.

usage: doctor_test.py EPSILOND EPSILONCTL FIXTURES [TEST]
"""
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from scratch import Scratch

EPSILOND, EPSILONCTL, FIXTURES = sys.argv[1:4]
NOBODY = 65534


class Doctor(Scratch):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilond-doctor-")
        os.chmod(self.dir, 0o755)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    @staticmethod
    def bytes_of(path):
        with open(path, "rb") as file:
            return file.read()

    def ini(self, rest="", state="none", control=None):
        return self.write("agent.ini", "[agent]\ninterval = 100ms\ncontrol = %s\nstate = %s\n%s"
                          % (control or self.path("control.sock"), state, rest))

    def doctor(self, *arguments, before=()):
        """The exit code, and the findings by subject."""
        result = subprocess.run([*before, EPSILONCTL, "doctor", "--json", *arguments], capture_output=True, text=True,
                                timeout=60)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["healthy"], result.returncode == 0)
        self.assertEqual(report["healthy"], all(f["health"] != "wrong" for f in report["findings"]))
        return result.returncode, report["findings"]

    @staticmethod
    def about(findings, subject):
        return [f for f in findings if f["subject"] == subject]

    def one(self, findings, subject):
        found = self.about(findings, subject)
        self.assertTrue(found, "nothing about %s in %s" % (subject, [f["subject"] for f in findings]))
        return found[0]

    def as_nobody(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become nobody")
        program = self.path("epsilonctl")  # where nobody may read it
        shutil.copy(EPSILONCTL, program)
        os.chmod(program, 0o755)
        return ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"], program

    def run_as_nobody(self, *arguments, mount=None):
        before, program = self.as_nobody()
        command = [*before, program, "doctor", "--json", *arguments]
        if mount:
            tried = subprocess.run(["unshare", "-m", "true"], capture_output=True)
            if tried.returncode != 0:
                self.skipTest("no mount namespace here: " + tried.stderr.decode().strip())
            command = ["unshare", "-m", "sh", "-c", 'mount -t proc -o %s proc /proc && exec "$@"' % mount, "sh",
                       *command]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")
        if mount and "mount:" in result.stderr:
            self.skipTest("proc cannot be mounted here: " + result.stderr.strip())
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return json.loads(result.stdout)["findings"]

    def start_agent(self, ini, **environment):
        agent = subprocess.Popen([EPSILOND, "-c", ini], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env={**os.environ, **environment})
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if subprocess.run([EPSILONCTL, "status", "--socket", self.path("control.sock")],
                              capture_output=True).returncode == 0:
                return agent
            time.sleep(0.05)
        self.fail("no agent answers")

    def test_every_file_that_the_agent_samples_is_read_here_and_its_cost_told(self):
        _, findings = self.doctor("-c", self.ini())
        sources = [f for f in findings if f["about"] == "source" and "cpu_us" in f and f["subject"] != "cost"]
        self.assertGreater(len(sources), 10)
        for finding in sources:
            self.assertGreater(finding["cpu_us"], 0, finding)
        cost = self.one(findings, "cost")
        self.assertGreater(cost["cpu_us"], 0)
        # Ten samples a second, as configured.
        self.assertAlmostEqual(cost["core_ratio"], cost["cpu_us"] * 1e-6 / 0.1, delta=1e-8 * cost["cpu_us"])

    def test_a_feature_is_present_as_once_or_named_as_off(self):
        ini = self.ini("cpu_budget = 50%\n")  # else two samples may be too few to have looked at all processes
        once = subprocess.run([EPSILOND, "--once", "-c", ini], capture_output=True, text=True, timeout=60)
        absent = {line.split()[0] for line in once.stdout.splitlines() if line.split()[1] == "absent"}
        _, findings = self.doctor("-c", ini)
        off = {name for f in findings if f["health"] != "ok" for name in f.get("features", [])} - {"cpu_steal_ratio"}
        # The agent knows zombies after two passes over all processes; two samples may be too few.
        self.assertEqual(absent - {"zombies"}, off - {"zombies"})

    def test_lines_begin_with_a_verdict_and_stand_in_columns(self):
        result = subprocess.run([EPSILONCTL, "doctor", "-c", self.ini()], capture_output=True, text=True, timeout=60)
        lines = result.stdout.splitlines()
        starts = set()
        for line in lines:
            match = re.match(r"(ok|note|off|wrong) +(\S.*?\S)  +(\S)", line)
            self.assertTrue(match, line)
            starts.add(match.start(2))
        self.assertEqual(starts, {7})

    def test_root_and_nobody_say_as_whom_they_see_it(self):
        _, findings = self.doctor("-c", self.ini())
        self.assertEqual(self.one(findings, "user")["uid"], os.geteuid())
        self.ini()
        findings = self.run_as_nobody("-c", self.path("agent.ini"))
        self.assertEqual(self.one(findings, "user")["uid"], NOBODY)
        # Storage bytes of other users' processes are for root.
        processes = self.one(findings, "processes")
        self.assertEqual(processes["health"], "off")
        self.assertIn("CAP_SYS_PTRACE", processes["advice"])

    def test_hidepid_is_found_and_what_it_costs_is_said(self):
        self.ini()
        findings = self.run_as_nobody("-c", self.path("agent.ini"), mount="hidepid=2")
        self.assertIn(self.one(findings, "proc")["text"].split(":")[0],
                      ("mounted with hidepid=2", "mounted with hidepid=invisible"))
        scan = self.one(findings, "process scan")
        self.assertEqual(scan["health"], "off")
        self.assertIn("zombies", scan["features"])
        self.assertIn("gid=", scan["advice"])

    def test_a_proc_of_processes_only_is_wrong(self):
        self.ini()
        findings = self.run_as_nobody("-c", self.path("agent.ini"), mount="subset=pid")
        self.assertEqual(self.one(findings, "proc")["health"], "wrong")

    def test_a_wrong_configuration_is_told_with_file_and_line(self):
        code, findings = self.doctor("-c", self.write("bad.ini", "[agent]\nintervall = 1s\n"))
        self.assertEqual(code, 1)
        found = self.one(findings, "configuration")
        self.assertEqual(found["health"], "wrong")
        self.assertIn("bad.ini:2", found["text"])

    def test_a_missing_configuration_is_wrong_only_if_it_was_asked_for(self):
        code, findings = self.doctor("-c", self.path("none.ini"))
        self.assertEqual(code, 1)
        self.assertIn("none.ini", self.one(findings, "configuration")["text"])

    def test_a_running_agent_is_found_with_its_user_and_its_cost(self):
        ini = self.ini(state=self.path("state"))
        agent = self.start_agent(ini)
        time.sleep(1.2)
        code, findings = self.doctor("-c", ini)
        found = self.one(findings, "agent")
        self.assertEqual(found["health"], "ok")
        self.assertIn("pid %d" % agent.pid, found["text"])
        self.assertGreaterEqual(found["core_ratio"], 0)  # in ticks of 10 ms, which a young agent may not have used
        self.assertLess(found["core_ratio"], 1)
        self.assertEqual(self.one(findings, "user")["agent_uid"], os.geteuid())
        self.assertEqual(self.one(findings, "service")["health"], "note")

    def test_the_watchdog_of_a_running_agent_is_seen(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(self.path("notify"))
        ini = self.ini()
        self.start_agent(ini, NOTIFY_SOCKET=self.path("notify"), WATCHDOG_USEC="30000000")
        _, findings = self.doctor("-c", ini)
        found = self.one(findings, "service")
        self.assertEqual(found["health"], "ok")
        self.assertIn("30 s", found["text"])

    def test_a_socket_without_an_agent_is_wrong_and_none_at_all_is_not(self):
        _, findings = self.doctor("-c", self.ini())
        self.assertEqual(self.one(findings, "agent")["health"], "note")
        left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        left.bind(self.path("control.sock"))
        left.close()
        code, findings = self.doctor("-c", self.ini())
        self.assertEqual((code, self.one(findings, "agent")["health"]), (1, "wrong"))

    def test_a_socket_of_others_is_not_ours_to_ask(self):
        ini = self.ini()
        self.start_agent(ini)
        os.chmod(self.path("control.sock"), 0o660)
        found = self.one(self.run_as_nobody("-c", ini), "agent")
        self.assertEqual(found["health"], "note")
        self.assertIn("may not be opened", found["text"])

    def test_the_state_file_is_read_as_the_agent_reads_it(self):
        state = self.path("state")
        ini = self.ini(state=state)
        code, findings = self.doctor("-c", ini)
        self.assertEqual(self.one(findings, "state")["health"], "note")  # not there yet
        subprocess.run([EPSILOND, "-c", ini, "--ticks", "20"], capture_output=True, timeout=60, check=True)
        code, findings = self.doctor("-c", ini)
        found = self.one(findings, "state")
        self.assertEqual(found["health"], "ok", found)
        self.assertEqual(found["bytes"], os.stat(state).st_size)
        self.assertLess(found["age_s"], 60)
        with open(state, "r+b") as file:
            file.seek(100)
            byte = file.read(1)
            file.seek(100)
            file.write(bytes([byte[0] ^ 1]))
        before = self.bytes_of(state)
        code, findings = self.doctor("-c", ini)
        self.assertEqual((code, self.one(findings, "state")["health"]), (1, "wrong"))
        self.assertEqual(self.bytes_of(state), before)  # nothing is mended behind anybody's back
        self.assertEqual(sorted(os.listdir(self.dir)).count("state.damaged"), 0)

    def test_a_state_that_is_old_truncated_or_of_a_later_version_is_said(self):
        state = self.path("state")
        ini = self.ini(state=state)
        subprocess.run([EPSILOND, "-c", ini, "--ticks", "5"], capture_output=True, timeout=60, check=True)
        os.utime(state, (time.time() - 86400, time.time() - 86400))
        _, findings = self.doctor("-c", ini)
        self.assertAlmostEqual(self.one(findings, "state")["age_s"], 86400, delta=600)
        with open(state, "r+b") as file:
            file.truncate(200)
        code, findings = self.doctor("-c", ini)
        self.assertEqual(self.one(findings, "state")["health"], "wrong")
        shutil.rmtree(state, ignore_errors=True)
        os.remove(state)
        _, findings = self.doctor("-c", self.ini(state=self.path("nowhere/state")))
        self.assertEqual(self.one(findings, "state")["health"], "wrong")

    def test_emitters_are_tried_without_sending(self):
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(log.close)
        log.bind(self.path("journal"))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(udp.close)
        udp.bind(("127.0.0.1", 0))
        rest = ("[emit journal]\nsocket = %s\n[emit journal gone]\nsocket = %s\n[emit udp]\ntarget = 127.0.0.1:%d\n"
                % (self.path("journal"), self.path("gone"), udp.getsockname()[1]))
        code, findings = self.doctor("-c", self.ini(rest))
        told = {f["subject"]: f["health"] for f in findings if f["about"] == "emitter"}
        self.assertEqual(sorted(told.values()), ["ok", "ok", "wrong"])
        self.assertEqual([told[name] for name in told if "gone" in name], ["wrong"])
        for receiver in (log, udp):
            receiver.setblocking(False)
            self.assertRaises(BlockingIOError, receiver.recv, 1)

    def test_a_machine_in_files_is_examined_in_place_of_this_one(self):
        root = self.path("root")
        shutil.copytree(os.path.join(FIXTURES, "no_psi", "1"), root)
        os.makedirs(os.path.join(root, "run/systemd"))
        with open(os.path.join(root, "run/systemd/container"), "w") as file:
            file.write("lxc\n")
        _, findings = self.doctor("-c", self.ini(), "--root", root)
        self.assertIn("lxc", self.one(findings, "container")["text"])
        self.assertEqual(self.one(findings, "pressure/cpu")["health"], "off")

    def test_no_command_line_of_another_process_is_shown(self):
        secret = "s3cret-%d" % os.getpid()
        # Its sleep outlives it: with our output in hand it would keep whoever reads that waiting.
        other = subprocess.Popen(["sh", "-c", "sleep 60; : " + secret], env={"TOKEN": secret}, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        for arguments in ([], ["--json"]):
            result = subprocess.run([EPSILONCTL, "doctor", *arguments], capture_output=True, text=True, timeout=60)
            self.assertNotIn(secret, result.stdout + result.stderr)

    def test_it_names_the_processes_of_watched_services_and_says_where_there_are_none(self):
        name = "served%d" % (os.getpid() % 10**6)
        shutil.copy(shutil.which("sleep"), self.path(name))
        services = [subprocess.Popen([self.path(name), "60"]) for _ in range(2)]
        for service in services:
            self.addCleanup(service.wait)
            self.addCleanup(service.kill)
        pid_file = self.write("x.pid", "%d\n" % services[0].pid)
        sections = (("two", "comm:" + name), ("none", "comm:no-such-thing"), ("file", "pidfile:" + pid_file),
                    ("gone", "pidfile:" + self.path("no.pid")), ("group", "cgroup:no.slice/such.service"))
        ini = self.ini("".join("[watch %s]\nmatch = %s\n" % section for section in sections))
        code, findings = self.doctor("-c", ini)
        self.assertEqual(code, 0)
        two = self.one(findings, "[watch two]")
        self.assertEqual((two["about"], two["processes"]), ("watch", 2))
        for service in services:
            self.assertIn("%s[%d]" % (name, service.pid), two["text"])
        self.assertIn("; 4 features, those left out are ", two["text"])
        self.assertIn("%s[%d]" % (name, services[0].pid), self.one(findings, "[watch file]")["text"])
        for section, what in (("none", 'no process is called "no-such-thing" now'), ("gone", "cannot be opened"),
                              ("group", "there is no such control group now")):
            finding = self.one(findings, "[watch %s]" % section)
            self.assertEqual((finding["health"], finding["processes"]), ("off", 0))
            self.assertIn(what, finding["text"])

    def test_wrong_usage_is_told(self):
        for arguments in (["--sockt", "x"], ["word"], ["-c"], ["--json", "--json"]):
            result = subprocess.run([EPSILONCTL, "doctor", *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 64, arguments)
            self.assertIn("epsilonctl", result.stderr)

    def test_a_full_output_is_not_taken_for_success(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([EPSILONCTL, "doctor", "-c", self.ini()], stdout=full, stderr=subprocess.PIPE,
                                    timeout=60)
        self.assertEqual(result.returncode, 74)

    def test_nothing_is_written(self):
        ini = self.ini(state=self.path("state"))
        before = sorted(os.listdir(self.dir))
        self.doctor("-c", ini)
        self.assertEqual(sorted(os.listdir(self.dir)), before)
        self.assertFalse(any(stat.S_ISSOCK(os.stat(self.path(n)).st_mode) for n in os.listdir(self.dir)))


if __name__ == "__main__":
    names = ["Doctor." + name for name in sys.argv[4:]]
    program = unittest.main(argv=[sys.argv[0], *names], verbosity=2, exit=False)
    skipped = program.result.testsRun > 0 and len(program.result.skipped) == program.result.testsRun
    sys.exit(77 if skipped else not program.result.wasSuccessful())
