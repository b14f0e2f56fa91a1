#!/usr/bin/env python3
"""etc/rsyslog/epsilond.conf in a real rsyslogd: flags become JSON, and nothing else does.

usage: rsyslog_json_test.py SEND_FLAG CONF [TEST]
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from loopback import free_port

SEND_FLAG, CONF = sys.argv[1:3]


class RsyslogJson(unittest.TestCase):
    def setUp(self):
        rsyslogd = shutil.which("rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not rsyslogd:
            print("SKIPPED: rsyslogd is not installed")
            sys.exit(77)
        self.dir = tempfile.mkdtemp(prefix="epsilond-rsyslog-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.port = free_port(socket.SOCK_DGRAM)
        with open(CONF) as file:
            text = file.read()
        for there, here in (('port="514"', 'address="127.0.0.1" port="%d"' % self.port), (' rcvbufSize="4m"', ""),
                            ("/var/log/epsilond-flags.json", self.path("flags.json"))):
            self.assertIn(there, text)
            text = text.replace(there, here)
        with open(self.path("rsyslog.conf"), "w") as file:
            file.write('global(workDirectory="%s" net.enableDNS="off")\n%s\n*.* %s\n'
                       % (self.dir, text, self.path("rest.log")))
        log = open(self.path("log"), "w")
        self.addCleanup(log.close)
        checked = subprocess.run([rsyslogd, "-N1", "-f", self.path("rsyslog.conf")], capture_output=True, text=True,
                                 timeout=60)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.server = subprocess.Popen([rsyslogd, "-n", "-f", self.path("rsyslog.conf"), "-i", self.path("pid")],
                                       stdout=log, stderr=log)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        self.wait_for(lambda: any(":%04X " % self.port in line for line in self.lines("/proc/net/udp")), "it listens")

    def path(self, name):
        return os.path.join(self.dir, name)

    def lines(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            return file.read().splitlines()

    def wait_for(self, condition, what):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline, "never happened: " + what + "".join(self.lines("log")))
            time.sleep(0.05)

    def test_flags_become_json_and_the_rest_goes_on(self):
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(other.close)
        for text in ("<30>1 2026-11-21T22:48:01Z web9 sshd 7 - - a stranger",
                     '<28>1 2026-11-21T22:48:01Z web9 epsilond 7 RAISED - [epsilond@32473 event=""] in the text only'):
            other.sendto(text.encode(), ("127.0.0.1", self.port))
        subprocess.run([SEND_FLAG, "udp://127.0.0.1:%d" % self.port], check=True, timeout=60)
        self.wait_for(lambda: len(self.lines("flags.json")) >= 2 and len(self.lines("rest.log")) >= 2, "four messages")
        raised, cleared = [json.loads(line) for line in self.lines("flags.json")]
        self.assertEqual((raised["host"], raised["severity"], raised["time"]),
                         ("web1.example.org", "warning", "2026-11-21T22:48:01.123Z"))
        self.assertEqual(raised["from"], "127.0.0.1")
        self.assertTrue(raised["text"].startswith("memory used 7.9 GB (usual 2.2 ± 0.2 GB"), raised["text"])
        data = raised["data"]["epsilond@32473"]
        self.assertEqual((data["event"], data["surprise"], data["logSuperEpsilon"], data["process"]),
                         ("raised", "9.2", "-83.1", "postgres[4411]"))
        self.assertEqual(raised["data"]["meta"], {"sequenceId": "1"})
        self.assertEqual(cleared["data"]["epsilond@32473"]["id"], 'quote" bracket] backslash\\ end')
        self.assertIn('first line <0>1 second "line" ] [x@1 y="z"]', cleared["text"])
        rest = "\n".join(self.lines("rest.log"))
        self.assertIn("a stranger", rest)
        self.assertIn("in the text only", rest)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + ["RsyslogJson." + name for name in sys.argv[3:]], verbosity=2)
