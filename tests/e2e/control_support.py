"""A real agent with a control socket in a directory of its own, for tests that speak with it."""
import fcntl
import json
import os
import pty
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

EPSILOND, EPSILONCTL = sys.argv[1:3]


class ControlledAgent(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilond-e2e-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.sock = self.path("control.sock")

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def ini(self, interval="200ms", sock=None, rest=""):
        return self.write("agent.ini", "[agent]\ninterval = %s\ncontrol = %s\n%s" % (interval, sock or self.sock, rest))

    def start(self, *arguments, ini=None, state="none", wait=True):
        log = open(self.path("stderr"), "a")
        self.addCleanup(log.close)
        agent = subprocess.Popen([EPSILOND, "-c", ini or self.ini(), "--state", state, *arguments],
                                 stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(agent.stdout.close)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        if wait:
            self.wait_for(lambda: self.ctl("status").returncode == 0, "an agent that answers")
        return agent

    def stderr(self):
        with open(self.path("stderr")) as file:
            return file.read()

    def wait_for(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        self.fail("never happened: " + what)

    def ctl(self, *arguments, **options):
        return subprocess.run([EPSILONCTL, *arguments, "--socket", self.sock], capture_output=True, text=True,
                              timeout=60, **options)

    def status(self):
        result = self.ctl("status", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(self.sock)  # waits while others wait, as it would not with a timeout
        client.settimeout(20)
        self.addCleanup(client.close)
        return client

    @staticmethod
    def read_all(client):
        text = b""
        while True:
            try:
                piece = client.recv(65536)
            except ConnectionResetError:  # we had said more than it wanted to know
                return text
            if not piece:
                return text
            text += piece

    def ask(self, line):
        client = self.connect()
        client.sendall(line)
        return self.read_all(client)

    def unharmed(self, agent, samples_before):
        self.wait_for(lambda: self.status()["agent"]["samples"] > samples_before, "another sample")
        self.assertIsNone(agent.poll())
        self.assertEqual(self.status()["agent"]["ticks_missed"], 0)

    def on_terminal(self, *arguments, keys=b"", columns=80, rows=24):
        """What a subcommand writes to a terminal of this size, after the keys were pressed one a second."""
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            time.sleep(0.3)  # until the size is set
            os.execv(EPSILONCTL, [EPSILONCTL, *arguments, "--socket", self.sock])
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        written = b""
        time.sleep(2)
        for key in [keys[i:i + 1] for i in range(len(keys))]:
            os.write(fd, key)
            time.sleep(0.3)
        try:
            while piece := os.read(fd, 65536):
                written += piece
        except OSError:  # the end of a pseudo terminal
            pass
        os.close(fd)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, written)
        return written.decode()
