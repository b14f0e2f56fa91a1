#!/usr/bin/env python3
"""The rules for a fleet, played by promtool; the examples beside them, read by the programs they are for.

usage: rules_test.py ETC_PROMETHEUS [TEST]
"""
import glob
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from loopback import free_port

ETC = sys.argv[1]
RULES = os.path.join(ETC, "epsilond.rules.yml")
HOSTS = 1000
MINUTES = 8


def run(test, *command):
    tool = shutil.which(command[0])
    if not tool:
        print("SKIPPED: %s is not installed" % command[0])
        sys.exit(77)
    result = subprocess.run([tool, *command[1:]], capture_output=True, text=True, timeout=250)
    test.assertEqual(result.returncode, 0, result.stdout + result.stderr)
    return result.stdout + result.stderr


class Rules(unittest.TestCase):
    def play(self, shift, exactly=(), anomalous=()):
        """Compares how many alerts of each name fire, of a thousand hosts, with self.wanted. From the third minute on z
        is `shift`(host) more, or for hosts of `exactly` that itself. Every second host has the skew of log densities,
        which have their long tail towards the weird."""
        generator = random.Random(7)
        series = []

        def add(name, host, values):
            labels = '{cluster="c", role="web", instance="h%d", model="host"}' % host
            series.append({"series": name + labels, "values": values})

        for host in range(HOSTS):
            z = [generator.gauss(0, 1) if host % 2 else generator.gammavariate(4, 0.5) - 2 for _ in range(MINUTES)]
            z[2:] = [shift(host) + (0 if host in exactly else value) for value in z[2:]]
            add("epsilond_log_super_epsilon", host, " ".join("%.6f" % (-20 - 3 * value) for value in z))
            add("epsilond_log_super_epsilon_expected", host, "-20x%d" % (MINUTES - 1))
            add("epsilond_log_super_epsilon_variance", host, "9x%d" % (MINUTES - 1))
            add("epsilond_learning_ratio", host, "1x%d" % (MINUTES - 1))
            add("epsilond_anomalous", host, "0x1 %dx%d" % (host in anomalous, MINUTES - 3))
        with tempfile.TemporaryDirectory(prefix="epsilond-rules-") as folder:
            path = os.path.join(folder, "thousand.yml")
            shutil.copy(RULES, folder)
            test = {"interval": "1m", "input_series": series, "promql_expr_test": [
                {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "7m",
                 "exp_samples": [{"labels": '{alertname="%s"}' % name, "value": count} for name, count in self.wanted]},
                {"expr": "cluster:epsilond_log_super_epsilon:z > bool 6", "eval_time": "7m", "exp_samples": [
                    {"labels": '{cluster="c", model="host"}', "value": int(self.cluster_is_odd)}]}]}
            with open(path, "w") as file:  # JSON is YAML
                json.dump({"rule_files": ["epsilond.rules.yml"], "evaluation_interval": "1m", "tests": [test]}, file)
            run(self, "promtool", "test", "rules", path)

    def test_the_rules_are_right(self):
        self.assertIn("SUCCESS", run(self, "promtool", "check", "rules", "--lint=all", "--lint-fatal", RULES))

    def test_each_story_is_told_as_it_should_be(self):
        stories = sorted(glob.glob(os.path.join(ETC, "tests", "*.yml")))
        self.assertGreaterEqual(len(stories), 8)
        run(self, "promtool", "test", "rules", *stories)

    def test_one_weird_host_of_a_thousand_is_the_odd_one_out(self):
        self.wanted, self.cluster_is_odd = [("HostOddOneOut", 1)], False
        self.play(lambda host: 6 if host == 77 else 0, exactly=[77])

    def test_a_thousand_slightly_weird_hosts_are_a_shift_of_the_cluster(self):
        self.wanted, self.cluster_is_odd = [("FleetCommonModeShift", 1)], True
        self.play(lambda host: 0.5)

    def test_a_tenth_of_the_fleet_upgraded_is_one_story(self):
        self.wanted = [("FleetManyAnomalous", 1), ("HostAnomalous", 100), ("RolePartShifted", 1)]
        self.cluster_is_odd = True
        self.play(lambda host: 15 if host < 100 else 0, anomalous=range(100))

    def test_vmalert_reads_the_rules_too(self):
        run(self, "vmalert", "-dryRun", "-rule=" + RULES)

    def test_a_host_that_sends_is_called_as_one_that_is_scraped(self):
        run(self, "victoria-metrics", "-version")
        udp, http = free_port(), free_port()
        line = "epsilond,host=web1,model=host,cluster=c log_super_epsilon=-12.5,sequence=1i %d\n" % time.time_ns()
        with tempfile.TemporaryDirectory(prefix="epsilond-rules-") as folder, open(os.devnull, "w") as nowhere:
            server = subprocess.Popen(
                ["victoria-metrics", "-storageDataPath=" + folder, "-httpListenAddr=127.0.0.1:%d" % http,
                 "-influxListenAddr=127.0.0.1:%d" % udp, "-search.latencyOffset=0s",
                 "-relabelConfig=" + os.path.join(ETC, "victoria.relabel.yml")], stdout=nowhere, stderr=nowhere)
            try:
                found, deadline = [], time.monotonic() + 60
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    while not found and time.monotonic() < deadline:
                        sender.sendto(line.encode(), ("127.0.0.1", udp))  # again: it may not have listened yet
                        time.sleep(0.3)
                        found = self.answer("http://127.0.0.1:%d/api/v1/query?query=epsilond_log_super_epsilon" % http)
            finally:
                server.kill()
                server.wait()
        self.assertEqual([one["metric"] for one in found], [
            {"__name__": "epsilond_log_super_epsilon", "instance": "web1", "model": "host", "cluster": "c"}])
        self.assertEqual(found[0]["value"][1], "-12.5")

    @staticmethod
    def answer(url):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []

    def test_the_examples_are_read_by_the_programs_they_are_for(self):
        with tempfile.TemporaryDirectory(prefix="epsilond-rules-") as folder:
            shutil.copy(RULES, folder)
            shutil.copy(os.path.join(ETC, "scrape.example.yml"), folder)
            run(self, "promtool", "check", "config", os.path.join(folder, "scrape.example.yml"))
        run(self, "amtool", "check-config", os.path.join(ETC, "alertmanager.example.yml"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + ["Rules." + name for name in sys.argv[2:]], verbosity=2)
