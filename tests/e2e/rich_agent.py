"""The shipped agent with everything switched on, for tests that let it down."""
import os
import random
import re
import shutil
import subprocess
import sys
import unittest

from control_support import ControlledAgent

ALL = "--all" in sys.argv
SEED = int(os.environ.get("EPSILOND_TEST_SEED", "20261122"))
EXIT_CODES = (0, 64, 65, 66, 69, 70, 73, 74, 77, 78)  # of the manual page
LINE = re.compile(r"(<\d>)?epsilond: ")  # of its log, for a journal or not


class RichAgent(ControlledAgent):
    def setUp(self):
        super().setUp()
        self.draw = random.Random(SEED)
        print("EPSILOND_TEST_SEED=%d" % SEED, file=sys.stderr)
        os.chmod(self.dir, 0o755)
        self.home(self.dir)
        self.sock = self.path("run/epsilond/control.sock")
        self.state = self.path("var/epsilond/state")

    def home(self, folder):
        """As the package makes it, for root or for whoever runs this."""
        for name in ("var", "run"):
            os.makedirs(os.path.join(folder, name, "epsilond"))
            os.chmod(os.path.join(folder, name, "epsilond"), 0o750)

    def rich_ini(self, folder, sink, metrics, agent=""):
        """Everything that can be switched on; `agent`: further lines of [agent]."""
        path = os.path.join(folder, "agent.ini")
        with open(path, "w") as file:
            file.write("""[agent]
interval = 100ms
cpu_budget = 100%%
control = %(folder)s/run/epsilond/control.sock
%(agent)s
[model host]
grace = 0s
clear_after = 1s
[model dead]
features = zombies
warm_up = 30s
clear_after = 1s
settle = 0s
grace = 0s
[watch sleeper]
match = comm:%(comm)s
features = rss_bytes processes pss_bytes
[watch byfile]
match = pidfile:%(folder)s/run/sleeper.pid
features = descriptors write_bytes_per_s
[emit udp]
target = 127.0.0.1:%(sink)d
max_datagram = 2048
[emit udp numbers]
format = influx
target = 127.0.0.1:%(sink)d
[emit syslog]
target = udp://127.0.0.1:%(sink)d
[emit textfile]
path = %(folder)s/var/epsilond/epsilond.prom
every = 1s
[emit prometheus]
listen = 127.0.0.1:%(metrics)d
""" % {"folder": folder, "comm": self.comm, "sink": sink, "metrics": metrics, "agent": agent})
        return path

    def watched(self):
        """Whom the agent watches: a process of a name of its own."""
        self.comm = "sleeper%d" % (os.getpid() % 10**7)
        program = shutil.copy(shutil.which("sleep"), self.path(self.comm))
        sleeper = subprocess.Popen([program, "600"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        return sleeper

    def judge_start(self, case, run):
        """Whatever came of a start: an exit code that the manual knows, and why, in lines of the log."""
        self.assertIn(run.returncode, EXIT_CODES, "%s: %s" % (case, run.stderr))
        if "write:" in case:
            return  # it may be what it says that is refused
        self.assertTrue(all(LINE.match(line) for line in run.stderr.splitlines()), (case, run.stderr))
        self.assertTrue(run.returncode == 0 or len(run.stderr.strip()) > 20, (case, run.returncode, run.stderr))


def main(name):
    """Runs the tests that the command line names, options among them left out; 77 if all are skipped."""
    names = ["%s.%s" % (name, word) for word in sys.argv[3:] if word.startswith("test_")]
    result = unittest.main(argv=[sys.argv[0], *names], exit=False, verbosity=2).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped and len(result.skipped) == result.testsRun else 0)
