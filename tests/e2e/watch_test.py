#!/usr/bin/env python3
"""[watch NAME]: real services, read by the real agent, against a walk of /proc that knows nothing of it.

usage: watch_test.py EPSILOND DISTURB [TEST]
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from scratch import Scratch

EPSILOND, DISTURB = sys.argv[1:3]
PAGE = os.sysconf("SC_PAGE_SIZE")


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def stat(pid):
    head, _, rest = read("/proc/%s/stat" % pid).rpartition(")")
    fields = rest.split()
    return {"comm": head.partition("(")[2], "state": fields[0], "parent": int(fields[1]), "threads": int(fields[17]),
            "vmem": int(fields[20]), "rss": int(fields[21]) * PAGE}


def tree_of(comm):
    """Processes of this name and all that descends from them, zombies left out."""
    processes = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                processes[int(name)] = stat(name)
            except OSError:
                pass
    found = {pid for pid, process in processes.items() if process["comm"] == comm}
    while True:
        more = {pid for pid, process in processes.items() if process["parent"] in found} - found
        if not more:
            break
        found |= more
    return {pid: processes[pid] for pid in found if processes[pid]["state"] != "Z"}


def kib(text, key):
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(key)) * 1024


class Watch(Scratch):
    def setUp(self):
        super().setUp()
        # A name of its own: other tests run disturb too.
        self.comm = "watched%d" % (os.getpid() % 10**7)
        self.program = os.path.join(self.dir, self.comm)
        shutil.copy(DISTURB, self.program)

    def service(self, *words):
        process = subprocess.Popen([self.program, *words], start_new_session=True)

        def end():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass
            process.wait()
        self.addCleanup(end)
        return process

    def run_agent(self, *arguments):
        result = subprocess.run([EPSILOND, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def once(self, match, features="default", name="disturb"):
        ini = self.write("once.ini", "[agent]\ninterval = 300ms\n[watch %s]\nmatch = %s\nfeatures = %s\n" %
                         (name, match, features))
        result = self.run_agent("--once", "-c", ini)
        rows = [line.split() for line in result.stdout.splitlines()]
        prefix = name + "."
        return ({row[0][len(prefix):]: float("nan") if row[1] == "absent" else float(row[1])
                 for row in rows if row[0].startswith(prefix)}, result.stderr)

    def test_sums_are_those_of_a_walk_over_proc(self):
        self.service("memory", str(96 << 20), "60")
        self.service("stuck", "3", "60")
        self.wait_for(lambda: len(tree_of(self.comm)) >= 5 and
                      sum(process["rss"] for process in tree_of(self.comm).values()) > 96 << 20, "all of them run")
        time.sleep(0.5)
        walked = tree_of(self.comm)
        features, _ = self.once("comm:" + self.comm)
        self.assertEqual(features["processes"], len(walked))
        self.assertEqual(features["threads"], sum(process["threads"] for process in walked.values()))
        self.assertEqual(features["vmem_bytes"], sum(process["vmem"] for process in walked.values()))
        self.assertAlmostEqual(features["rss_bytes"], sum(process["rss"] for process in walked.values()), delta=1 << 20)
        self.assertEqual(features["descriptors"], sum(len(os.listdir("/proc/%d/fd" % pid)) for pid in walked))
        rollups = [read("/proc/%d/smaps_rollup" % pid) for pid in walked]
        self.assertAlmostEqual(features["pss_bytes"], sum(kib(text, "Pss:") for text in rollups), delta=2 << 20)
        self.assertEqual(features["swap_bytes"], sum(kib(text, "Swap:") for text in rollups))
        self.assertLess(features["cpu_user_ratio"] + features["cpu_system_ratio"], 0.2)

    def test_bytes_written_are_counted_per_second(self):
        self.service("write", os.path.join(self.dir, "file"), str(20 << 20), "60")
        time.sleep(1)
        ini = self.write("write.ini", "[agent]\ninterval = 2s\n[watch w]\nmatch = comm:%s\n" % self.comm)
        result = self.run_agent("--once", "-c", ini)
        rate = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()}["w.wchar_bytes_per_s"]
        self.assertAlmostEqual(float(rate), 20 << 20, delta=8 << 20)

    def test_a_pid_file_names_the_service(self):
        process = self.service("memory", str(32 << 20), "60")
        path = self.write("x.pid", "%d\n" % process.pid)
        self.wait_for(lambda: tree_of(self.comm), "it runs")
        features, _ = self.once("pidfile:" + path)
        self.assertEqual(features["processes"], len(tree_of(self.comm)))
        self.write("x.pid", "nonsense\n")
        features, said = self.once("pidfile:" + path)
        self.assertNotEqual(features["processes"], features["processes"])
        self.assertIn("watch disturb: %s: its first line is no process number" % path, said)

    def test_a_service_that_does_not_run_is_absent_and_said(self):
        features, said = self.once("comm:nobody-has-this")
        self.assertEqual(len(features), 13)
        self.assertTrue(all(value != value for value in features.values()), features)
        self.assertEqual(said.count("watch disturb: does not run: its features are absent"), 1)

    def test_print_config_shows_the_service_and_its_memory(self):
        with_service = self.run_agent("-T", "-c", self.write("w.ini", "[watch w]\nmatch = comm:x\nfeatures = rss_*\n"))
        self.assertIn("[watch w]\nmatch = comm:x ; ", with_service.stdout)
        self.assertRegex(with_service.stdout, r"(?m)^; \[watch w\]: 1 features, \d+ bytes$")

        def budget(result):
            return int(result.stdout.partition("memory budget: ")[2].split()[0])
        self.assertGreater(budget(with_service), budget(self.run_agent("-T", "-c", self.write("n.ini", ""))) + 100_000)

    def test_a_memory_grab_is_seen_under_the_name_of_the_service(self):
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        ini = self.write("live.ini", "[agent]\ninterval = 500ms\n[watch disturb]\nmatch = comm:%s\n"
                         "[model service]\nfeatures = disturb.*\nwarm_up = 30s\nclear_after = 5s\n"
                         "[emit udp]\ntarget = 127.0.0.1:%d\nmax_datagram = 2048\n" %
                         (self.comm, receiver.getsockname()[1]))
        self.service("stuck", "2", "300")
        self.wait_for(lambda: len(tree_of(self.comm)) >= 3, "it runs")
        log = open(os.path.join(self.dir, "log"), "w+")
        self.addCleanup(log.close)
        agent = subprocess.Popen([EPSILOND, "--state", "none", "-c", ini], stdout=log, stderr=log)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        received = []

        def arrived(event, feature=None):
            try:
                while True:
                    received.append(json.loads(receiver.recv(4096)))
            except BlockingIOError:
                pass
            return any(item["event"] == event and (feature is None or item["features"][0]["name"] == feature)
                       for item in received)

        time.sleep(45)
        grab = self.service("memory", str(512 << 20), "20")
        self.wait_for(lambda: arrived("raised", "disturb.rss_bytes"), lambda: "raised: %s" % received)
        raised = [item for item in received if item["event"] == "raised"][-1]
        value = next(item["value"] for item in raised["features"] if item["name"] == "disturb.rss_bytes")
        self.assertGreater(value, 100 << 20)
        self.assertIn("disturb resident memory", raised["text"])
        self.assertIn(grab.pid, [item["pid"] for item in raised["processes"]])
        grab.kill()
        self.wait_for(lambda: arrived("cleared"), lambda: "cleared: %s" % received, 90)
        agent.terminate()
        self.assertEqual(agent.wait(20), 0)
        log.seek(0)
        text = log.read()
        self.assertEqual(text.count("watch disturb: runs, "), 1, text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Watch." + name for name in sys.argv[3:])], verbosity=2)
