#!/usr/bin/env python3
"""What `cmake --install` puts on a system, and that the unit fits what the agent does.

usage: install_test.py BUILD EPSILOND [TEST]
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, EPSILOND = sys.argv[1:3]
DROP_INS = "share/doc/epsilond/systemd/"


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = tempfile.mkdtemp(prefix="epsilond-install-")
        cls.addClassCleanup(shutil.rmtree, cls.prefix, ignore_errors=True)
        subprocess.run(["cmake", "--install", BUILD, "--component", "integration", "--prefix", cls.prefix],
                       check=True, capture_output=True, timeout=60)

    def path(self, name):
        return os.path.join(self.prefix, name)

    def unit(self):
        """Service keys with one value each; the last one counts."""
        values = {}
        with open(self.path("lib/systemd/system/epsilond.service")) as file:
            for line in file:
                key, equals, value = line.strip().partition("=")
                if equals and not line.startswith("#"):
                    values[key] = value
        return values

    @staticmethod
    def default(key):
        empty = tempfile.NamedTemporaryFile(suffix=".ini")
        printed = subprocess.run([EPSILOND, "-T", "-c", empty.name], capture_output=True, text=True, timeout=60)
        return re.search(r"^%s = (\S+)" % key, printed.stdout, re.M).group(1)

    def test_everything_is_where_a_system_looks_for_it(self):
        for name in ("share/bash-completion/completions/epsilond", "share/bash-completion/completions/epsilonctl",
                     "share/zsh/site-functions/_epsilond", "share/zsh/site-functions/_epsilonctl",
                     "share/man/man1/epsilonctl.1", "share/man/man5/epsilond.ini.5", "share/man/man8/epsilond.8",
                     "lib/systemd/system/epsilond.service", "lib/sysusers.d/epsilond.conf",
                     "share/epsilond/prometheus/epsilond.rules.yml", "share/epsilond/grafana/fleet.json",
                     "share/epsilond/rsyslog/epsilond.conf",
                     *(DROP_INS + name for name in ("network.conf", "syslog-only.conf", "lxc.conf"))):
            self.assertTrue(os.path.isfile(self.path(name)), name)

    def test_the_directories_of_the_unit_are_those_of_the_agent(self):
        unit = self.unit()
        self.assertEqual(self.default("control"), "/run/%s/control.sock" % unit["RuntimeDirectory"])
        self.assertEqual(self.default("state"), "/var/lib/%s/state" % unit["StateDirectory"])
        self.assertEqual((unit["RuntimeDirectoryMode"], unit["StateDirectoryMode"]), ("0750", "0700"))

    def test_the_unit_asks_for_what_the_agent_tells_its_manager(self):
        unit = self.unit()
        self.assertEqual(unit["Type"], "notify")
        self.assertEqual(unit["WatchdogSec"], "30s")
        self.assertEqual(unit["ExecReload"], '/bin/sh -c "kill -HUP $MAINPID"')
        self.assertNotIn("@", unit["ExecStart"])
        self.assertTrue(unit["ExecStart"].endswith("/epsilond"))

    def test_a_start_that_cannot_succeed_is_not_tried_again(self):
        wrong = tempfile.NamedTemporaryFile("w", suffix=".ini")
        wrong.write("[agent]\nno = 1\n")
        wrong.flush()
        never = self.unit()["RestartPreventExitStatus"].split()
        for arguments in (["--no-such-option"], ["-c", "/nowhere/epsilond.ini"], ["-c", wrong.name]):
            code = subprocess.run([EPSILOND, *arguments], capture_output=True, timeout=60).returncode
            self.assertIn(str(code), never, arguments)

    def test_the_account_of_the_unit_is_made(self):
        with open(self.path("lib/sysusers.d/epsilond.conf")) as file:
            self.assertEqual(file.read().split()[:2], ["u", self.unit()["User"]])
        self.assertEqual(self.unit()["Group"], self.unit()["User"])

    def test_nothing_that_the_agent_needs_is_closed_to_it(self):
        unit = self.unit()
        self.assertEqual((unit["ProtectProc"], unit["ProcSubset"], unit["PrivateUsers"]), ("default", "all", "no"))
        self.assertNotIn("PrivateNetwork", unit)
        # The manual says how a collector is let through.
        self.assertEqual(unit["IPAddressDeny"], "any")
        for family in ("AF_UNIX", "AF_INET", "AF_INET6"):
            self.assertIn(family, unit["RestrictAddressFamilies"].split())

    def analyze(self, *arguments, drop_in=None, uncommented=""):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze here")
        copy = self.path("epsilond.service")  # with a program that is there
        with open(self.path("lib/systemd/system/epsilond.service")) as file:
            text = re.sub(r"(?m)^ExecStart=.*", "ExecStart=" + os.path.abspath(EPSILOND), file.read())
        if drop_in:  # of a single file, what counts is what comes last
            with open(self.path(DROP_INS + drop_in)) as file:
                chosen = re.sub(r"(?m)^#(?=(%s)=)" % uncommented, "", file.read()) if uncommented else file.read()
            text = text.partition("[Install]")[0] + chosen
        with open(copy, "w") as file:
            file.write(text)
        result = subprocess.run(["systemd-analyze", *arguments, copy], capture_output=True, text=True, timeout=60)
        return result.returncode, result.stdout + result.stderr

    def test_systemd_takes_the_unit_and_its_drop_ins(self):
        for drop_in in (None, "network.conf", "syslog-only.conf", "lxc.conf"):
            code, said = self.analyze("verify", "--man=no", drop_in=drop_in)
            self.assertNotIn("epsilond.service", said)
            self.assertEqual(code, 0, said)

    def test_the_unit_leaves_little_open(self):
        # In tenths. A named collector costs one, which not seeing other owners wins back; without a network half a point
        # is left.
        for drop_in, uncommented, tenths in ((None, "", 12), ("network.conf", "IPAddressAllow", 13),
                                             ("network.conf", "IPAddressAllow|PrivateUsers", 12), ("syslog-only.conf", "", 5)):
            code, said = self.analyze("security", "--offline=true", "--threshold=%d" % tenths, "--no-pager", drop_in=drop_in,
                                      uncommented=uncommented)
            self.assertEqual(code, 0, said)


if __name__ == "__main__":
    names = ["Install." + name for name in sys.argv[3:]]
    program = unittest.main(argv=[sys.argv[0], *names], verbosity=2, exit=False)
    skipped = program.result.testsRun > 0 and len(program.result.skipped) == program.result.testsRun
    sys.exit(77 if skipped else not program.result.wasSuccessful())
