#!/usr/bin/env python3
"""The agent as it is shipped, in the sandbox that is on by default: everything works, and the kernel says what is gone.

usage: sandbox_test.py EPSILOND EPSILONCTL [TEST]
"""
import ctypes
import errno
import json
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from scratch import Scratch

EPSILOND, EPSILONCTL = sys.argv[1:3]
NOBODY = 65534
ROOT = os.geteuid() == 0
CAP_SYS_PTRACE = 1 << 19


def unprivileged():
    """Whom root becomes."""
    try:
        return pwd.getpwnam("epsilond").pw_uid
    except KeyError:
        return NOBODY


def refuse_sandboxes():
    """What some containers do: an outer filter that knows neither seccomp nor Landlock. Only where its numbers are known."""
    number = {"x86_64": (157, 0xC000003E), "aarch64": (167, 0xC00000B7)}.get(os.uname().machine)
    prctl, arch = number or (0, 0)
    steps = [(0x20, 0, 0, 4), (0x15, 1, 0, arch), (6, 0, 0, 0x7FFF0000), (0x20, 0, 0, 0),
             (0x15, 0, 1, 444), (6, 0, 0, 0x50000 | errno.ENOSYS),
             (0x15, 0, 3, prctl), (0x20, 0, 0, 16), (0x15, 0, 1, 22), (6, 0, 0, 0x50000 | errno.EINVAL),
             (6, 0, 0, 0x7FFF0000)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no seccomp")


class Sandbox(Scratch):
    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o755)
        os.mkdir(self.path("var"), 0o755)
        os.mkdir(self.path("run"), 0o755)
        # As the package makes it for a start by another than root; for root the agent makes its own.
        if not ROOT:
            os.mkdir(self.path("var/epsilond"), 0o700)
        self.state = self.path("var/epsilond/state")
        self.sock = self.path("run/epsilond/control.sock")

    def ini(self, rest="", agent="", state=None):
        return self.write("agent.ini", "[agent]\ninterval = 200ms\nstate = %s\ncontrol = %s\n%s%s"
                          % (state or self.state, self.sock, agent, rest))

    def receiver(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        receiver = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(address)
        receiver.settimeout(20)
        if family == socket.AF_UNIX:
            os.chmod(address, 0o666)
        return receiver

    def start(self, ini, before=(), env=None, preexec=None, wait=True, arguments=()):
        log = open(self.path("stderr"), "w")
        self.addCleanup(log.close)
        agent = subprocess.Popen([*before, EPSILOND, "-c", ini, *arguments], stdout=subprocess.DEVNULL, stderr=log,
                                 env={**os.environ, **(env or {})}, preexec_fn=preexec)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        if wait:
            self.wait_for(lambda: self.ctl("status").returncode == 0, "an agent that answers")
        return agent

    def stderr(self):
        with open(self.path("stderr")) as file:
            return file.read()

    def wait_for(self, condition, what, seconds=30):
        super().wait_for(condition, lambda: "%s\n%s" % (what, self.stderr()), seconds)

    def ctl(self, *words):
        return subprocess.run([EPSILONCTL, *words, "--socket", self.sock], capture_output=True, text=True, timeout=60)

    @staticmethod
    def status(agent):
        with open("/proc/%d/status" % agent.pid) as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        return {"uid": int(fields["Uid"].split()[1]), "uids": set(fields["Uid"].split()), "effective": int(fields["CapEff"], 16),
                "permitted": int(fields["CapPrm"], 16), "bounding": int(fields["CapBnd"], 16),
                "no_new_privs": int(fields["NoNewPrivs"]), "seccomp": int(fields["Seccomp"])}

    def is_confined(self, agent):
        status = self.status(agent)
        self.assertEqual((status["effective"], status["permitted"], status["no_new_privs"], status["seccomp"]),
                         (0, 0, 1, 2), status)
        if ROOT:
            self.assertEqual(status["bounding"], 0)
        return status

    def samples(self):
        return json.loads(self.ctl("status", "--json").stdout)["agent"]["samples"]

    def goes_on(self, agent, count=3):
        wanted = self.samples() + count
        self.wait_for(lambda: self.samples() >= wanted, "%d more samples" % count)
        self.assertIsNone(agent.poll())

    def event(self, receiver, name):
        """Reads on until an event of this name."""
        while True:
            text = receiver.recv(65536).decode(errors="replace")
            if re.search('"event":"%s"|%s' % (name, name.upper()), text):
                return text

    def assert_skips_without_landlock(self):
        if "all files:" in self.stderr():
            self.skipTest("this kernel has no Landlock")

    # By default

    def test_every_feature_works_in_it(self):
        udp, later, journal = self.receiver(), self.receiver(), self.receiver(socket.AF_UNIX, self.path("journal"))
        manager = self.receiver(socket.AF_UNIX, self.path("notify"))
        watched = subprocess.Popen(["sleep", "300"])
        self.addCleanup(watched.wait)
        self.addCleanup(watched.kill)
        self.write("run/sleep.pid", "%d\n" % watched.pid)
        sections = ("[watch byname]\nmatch = comm:sleep\nfeatures = rss_bytes processes\n"
                    "[watch byfile]\nmatch = pidfile:%s\nfeatures = rss_bytes processes\n"
                    "[emit journal]\nsocket = %s\n[emit syslog]\ntarget = udp://127.0.0.1:%d\n"
                    % (self.path("run/sleep.pid"), self.path("journal"), udp.getsockname()[1]))
        agent = self.start(self.ini(sections), env={"NOTIFY_SOCKET": self.path("notify"), "WATCHDOG_USEC": "30000000"})
        self.assertEqual(self.is_confined(agent)["uid"], unprivileged() if ROOT else os.geteuid())
        self.assertRegex(self.stderr(), r"epsilond: sandbox: (as \w+, )?no capabilities, .* files.*, few system calls")
        self.event(udp, "start")
        self.event(journal, "start")
        self.assertEqual(manager.recv(4096), b"READY=1")
        self.goes_on(agent)
        self.wait_for(lambda: "watch byfile: runs" in self.stderr() and "watch byname: runs" in self.stderr(), "watches")
        for words in (["explain", "now"], ["history", "--rows", "3"], ["mute", "1s"], ["unmute"], ["relearn"], ["check"]):
            self.assertEqual(self.ctl(*words).returncode, 0, (words, self.stderr()))
        names = {finding["subject"]: finding for finding in
                 json.loads(subprocess.run([EPSILONCTL, "doctor", "--json", "-c", self.path("agent.ini")],
                                           capture_output=True, text=True, timeout=60).stdout)["findings"]}
        self.assertEqual(names["sandbox"]["health"], "note" if os.geteuid() == 0 and not ROOT else "ok", names["sandbox"])

        # A reload opens what it brings; a save is synced and renamed.
        self.ini(sections + "[emit udp]\ntarget = 127.0.0.1:%d\n" % later.getsockname()[1])
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: "reloaded;" in self.stderr(), "a reload")
        agent.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: os.path.exists(self.state), "a saved state")
        # Not by its inode: that of the file before the last may be given again.
        before = os.stat(self.state).st_mtime_ns
        agent.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: os.stat(self.state).st_mtime_ns != before, "a state that was replaced")
        agent.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        agent.send_signal(signal.SIGCONT)
        self.goes_on(agent)
        agent.send_signal(signal.SIGTERM)
        self.assertEqual(agent.wait(30), 0, self.stderr())
        for receiver in (udp, later, journal):
            self.event(receiver, "stop")
        self.assertFalse(os.path.exists(self.sock))
        self.assertNotIn("ermission", self.stderr())
        self.assertNotIn("not permitted", self.stderr())

        again = self.start(self.path("agent.ini"))
        self.assertRegex(self.stderr(), "models restored")
        self.goes_on(again)

    def test_libstatgrab_works_in_it(self):
        agent = self.start(self.ini(agent="source = statgrab\n"))
        self.is_confined(agent)
        self.goes_on(agent)
        self.assertNotIn("absent:", self.stderr())

    def test_other_paths_are_refused_by_a_reload_until_a_restart(self):
        agent = self.start(self.ini())
        self.assert_skips_without_landlock()
        other = tempfile.mkdtemp(prefix="epsilond-elsewhere-")
        self.addCleanup(shutil.rmtree, other, ignore_errors=True)
        os.chmod(other, 0o777)
        for rest, state in (("", other + "/state"), ("[watch x]\nmatch = pidfile:%s/x.pid\n" % other, None)):
            self.ini(rest, state=state)
            agent.send_signal(signal.SIGHUP)
            told = "reload failed: the old configuration goes on: %s is outside of the sandbox" % other
            self.wait_for(lambda: told in self.stderr(), told)
            self.start_log_anew()
        self.goes_on(agent)
        self.ini(agent="sandbox = off\n")
        agent.send_signal(signal.SIGHUP)
        self.wait_for(lambda: "at the next start only" in self.stderr(), "a note")
        self.is_confined(agent)

    def start_log_anew(self):
        with open(self.path("stderr"), "r+") as file:
            file.truncate()

    def test_a_system_that_refuses_it_is_no_reason_not_to_start(self):
        if os.uname().machine not in ("x86_64", "aarch64"):
            self.skipTest("the filter of this test is written for other processors")
        agent = self.start(self.ini(), preexec=refuse_sandboxes)
        self.assertRegex(self.stderr(), "all files: Function not implemented, all system calls: Invalid argument")
        self.assertEqual(self.status(agent)["effective"], 0)
        self.goes_on(agent)

    def test_sandbox_off_gives_up_nothing(self):
        if not ROOT:
            os.mkdir(self.path("run/epsilond"), 0o750)
        mine = self.status(subprocess.Popen(["sleep", "0.1"]))
        ini = self.ini(agent="sandbox = off\n")
        os.makedirs(os.path.dirname(self.state), exist_ok=True)
        agent = self.start(ini)
        for key in ("uid", "effective", "bounding", "seccomp"):
            self.assertEqual(self.status(agent)[key], mine[key], key)
        self.assertNotIn("sandbox", self.stderr())
        agent.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: os.path.exists(self.state), "a saved state")

    @unittest.skipUnless(ROOT, "needs root, for a network of its own")
    def test_without_a_network_of_its_own_the_network_is_that_of_the_machine(self):
        if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode != 0:
            self.skipTest("no network namespace here")

        def absent(*before):
            lines = subprocess.run([*before, EPSILOND, "--once", "-c", self.ini()], capture_output=True, text=True,
                                   timeout=60).stdout.splitlines()
            return {line.split()[0]: line.split()[1] == "absent" for line in lines if line.startswith("net_")}
        outside = absent()
        if all(outside.values()):
            self.skipTest("this machine has no network to see")
        self.assertEqual(absent("unshare", "-n"), outside)

    # Who it is

    @unittest.skipUnless(ROOT, "needs root, to become somebody else")
    def test_root_stays_root_where_the_account_could_not_work(self):
        os.chmod(self.dir, 0o700)
        agent = self.start(self.ini())
        self.assertEqual(self.is_confined(agent)["uid"], 0)
        self.assertRegex(self.stderr(), "sandbox: stays root, since not for [a-z]+: %s.*: Permission denied" % self.dir)

    @unittest.skipUnless(ROOT, "needs root, to become somebody else")
    def test_a_named_account_is_become_for_good(self):
        account = pwd.getpwnam("daemon")
        agent = self.start(self.ini(agent="user = daemon\n"))
        status = self.is_confined(agent)
        self.assertEqual(status["uids"], {str(account.pw_uid)})
        self.assertEqual(os.stat(os.path.dirname(self.state)).st_uid, account.pw_uid)
        self.assertEqual(os.stat(self.sock).st_gid, account.pw_gid)

    @unittest.skipUnless(ROOT, "needs root, to become somebody else")
    def test_an_account_that_cannot_be_become_stops_the_start(self):
        agent = self.start(self.ini(agent="user = no-such-account\n"), wait=False)
        self.assertEqual(agent.wait(30), 78)
        self.assertIn("user = no-such-account: there is no such account", self.stderr())
        closed = self.path("closed")
        os.mkdir(closed, 0o700)
        agent = self.start(self.ini(agent="user = daemon\n", state=closed + "/state"), wait=False)
        self.assertEqual(agent.wait(30), 77)
        self.assertIn("user = daemon: %s: Permission denied" % closed, self.stderr())

    @unittest.skipUnless(ROOT, "needs root, to become somebody else")
    def test_user_root_stays_root_without_its_powers(self):
        os.mkdir(self.path("var/epsilond"))
        agent = self.start(self.ini(agent="user = root\n"))
        self.assertEqual(self.is_confined(agent)["uid"], 0)
        self.assertNotIn("stays root", self.stderr())

    @unittest.skipUnless(ROOT, "needs root, to give a capability away")
    def test_tracing_that_was_given_deliberately_is_kept(self):
        for name in ("var/epsilond", "run/epsilond"):
            os.mkdir(self.path(name))
            os.chown(self.path(name), NOBODY, NOBODY)
        agent = self.start(self.ini(), before=["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups",
                                               "--inh-caps=+sys_ptrace", "--ambient-caps=+sys_ptrace"])
        status = self.status(agent)
        self.assertEqual((status["effective"], status["permitted"], status["seccomp"]), (CAP_SYS_PTRACE, CAP_SYS_PTRACE, 2))
        self.assertIn("no capability but CAP_SYS_PTRACE, all files", self.stderr())


if __name__ == "__main__":
    result = unittest.main(argv=[sys.argv[0], *("Sandbox." + name for name in sys.argv[3:])], exit=False, verbosity=2).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped and len(result.skipped) == result.testsRun else 0)
