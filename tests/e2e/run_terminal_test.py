#!/usr/bin/env python3
"""`epsilonctl run` in a terminal of its own, below a shell that has job control.

usage: run_terminal_test.py EPSILONCTL [TEST]
"""
import codecs
import os
import pty
import select
import shutil
import signal
import sys
import tempfile
import time
import unittest

from run_support import EPSILONCTL, usual_signals


class Terminal(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilonctl-run-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            usual_signals()
            os.environ.update(PS1="ready> ", TERM="dumb", CTL=EPSILONCTL, HISTFILE="")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        self.addCleanup(os.close, self.terminal)
        self.addCleanup(lambda: (os.kill(self.pid, signal.SIGKILL), os.waitpid(self.pid, 0)))
        self.said = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.expect("ready> ")

    def expect(self, text, seconds=20):
        """Reads until the terminal shows `text`; what came before it is returned, and all of it is taken."""
        end = time.monotonic() + seconds
        while text not in self.said:
            self.assertLess(time.monotonic(), end, "no '%s' in %r" % (text, self.said))
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.said += self.decoder.decode(os.read(self.terminal, 4096))
        before, _, self.said = self.said.partition(text)
        return before

    def type(self, text):
        os.write(self.terminal, text.encode())

    def test_interrupt_reaches_the_command_once(self):
        script = os.path.join(self.dir, "script")
        with open(script, "w") as file:
            # The interrupt may come before the first sleep has begun, or end one.
            file.write("trap 'echo got-$((1+1)); got=1' INT\necho up-$((1+1))\n"
                       "for i in $(seq 150); do sleep 0.1; [ -z \"$got\" ] || break; done\nsleep 1\nexit 9\n")
        self.type("$CTL run --quiet -- sh %s; echo code-$?\n" % script)
        self.expect("up-2")
        self.type("\x03")
        between = self.expect("code-9")
        self.assertEqual(between.count("got-2"), 1, between)

    def test_a_command_that_takes_interrupt_as_the_end_ends(self):
        self.type("$CTL run -- sh -c 'echo up-$((1+1)); exec sleep 20'; echo code-$?\n")
        self.expect("up-2")
        self.type("\x03")
        self.expect("ended with 130 (signal 2)")
        self.type("\n")
        self.expect("ready> ")

    def test_the_command_reads_from_the_terminal(self):
        self.type("$CTL run --quiet -- sh -c 'read word < /dev/tty; echo \"[$word]\"'\n")
        self.type("typed\n")
        self.expect("[typed]")

    def test_stop_and_foreground_work_as_for_any_command(self):
        self.type("$CTL run -- cat\n")
        time.sleep(0.5)
        self.type("first\n")
        self.expect("first\r\nfirst")
        self.type("\x1a")
        self.expect("Stopped")
        self.expect("ready> ")
        time.sleep(0.5)  # with the character that stops it, a terminal throws away what is typed just then
        self.type("fg\n")
        time.sleep(0.5)
        self.type("second\n")
        self.expect("second\r\nsecond")
        self.type("\x04")
        self.expect("cat ended with 0")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Terminal." + name for name in sys.argv[2:])], verbosity=2)
