"""What tests of programs from outside share: a folder for each test, and patience."""
import os
import shutil
import tempfile
import time
import unittest


# How many times as long as usual a program may take: in an emulator, many.
PATIENCE = float(os.environ.get("EPSILOND_PATIENCE", "1"))


class Scratch(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilond-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def wait_for(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        self.fail("never happened: %s" % (what() if callable(what) else what))
