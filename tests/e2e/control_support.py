"""A real agent with a control socket in a directory of its own, for tests that speak with it."""
import codecs
import fcntl
import json
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import termios

from scratch import Scratch

EPSILOND, EPSILONCTL = sys.argv[1:3]


class ControlledAgent(Scratch):
    def setUp(self):
        super().setUp()
        self.sock = self.path("control.sock")

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
        client.settimeout(60)
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

    def samples(self):
        """Asked without a program in between, which takes its time in a sanitized build."""
        return json.loads(self.ask(b"status\n").split(b"\n")[0])["samples"]

    def goes_on(self, agent, count=3):
        """Polls until so many more samples were taken: an agent that waits for somebody takes none."""
        wanted = self.samples() + count
        self.wait_for(lambda: self.samples() >= wanted, "%d more samples" % count)
        self.assertIsNone(agent.poll())

    def on_terminal(self, *arguments, columns=80, rows=24, **environment):
        terminal = Terminal([EPSILONCTL, *arguments, "--socket", self.sock], columns, rows, environment)
        self.addCleanup(terminal.close)
        return terminal


class Terminal:
    """A program on a terminal of this size, which it has from the beginning."""

    def __init__(self, command, columns, rows, environment):
        self.fd, end = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        known.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}, **environment)
        self.process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=known, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(end)
        self.written = ""
        self.taken = 0
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def read(self):
        """What comes next; empty at the end, when the program has closed its terminal."""
        try:
            piece = self.decoder.decode(os.read(self.fd, 65536))  # a character may come in two pieces
        except OSError:
            piece = ""
        self.written += piece
        return piece

    def frames(self):
        """The lines of each whole frame so far, without escapes."""
        whole = [part.split("\033[J")[0] for part in self.written.split("\033[H")[1:] if "\033[J" in part]
        return [[re.sub(r"\033\[[0-9;]*[mK]", "", line) for line in frame.split("\r\n")] for frame in whole]

    def wait_for_frame(self, condition):
        """The first frame from now on of which the condition is true."""
        seen = len(self.frames())
        while True:
            for frame in self.frames()[seen:]:
                if condition(frame):
                    return frame
            assert self.read(), "it ended: " + self.written[-2000:]

    def wait_for_text(self, text):
        """Until it was written, and what had been written before it since the last time."""
        while text not in self.written[self.taken:]:
            assert self.read(), "it ended: " + self.written[-2000:]
        at = self.written.index(text, self.taken)
        before, self.taken = self.written[self.taken:at], at + len(text)
        return before

    def finish(self):
        """Reads to the end, and returns all that was written."""
        while self.read():
            pass
        code = self.process.wait(60)
        assert code == 0, (code, self.written[-2000:])
        return self.written
