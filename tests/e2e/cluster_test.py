#!/usr/bin/env python3
"""Three real agents on three machines of files, one of them disturbed, in a real Prometheus with our rules and in
`epsilonctl fleet`: what both make of them is what arithmetic makes of what they say.

usage: cluster_test.py EPSILOND EPSILONCTL FIXTURES [TEST]
"""
import json
import math
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from loopback import free_port
from prometheus_support import Prometheus

EPSILOND, EPSILONCTL, FIXTURES = sys.argv[1:4]
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../etc/prometheus/epsilond.rules.yml")
NAMES = ("web1", "web2", "web3")
DISTURBED = "web2"
LOADS = {"web1": 0.52, "web2": 5.0, "web3": 0.97}  # now; usual is 0.5, 0.7, 0.9
TOLERANCE = 1e-6
SUM = ("log_super_epsilon", "log_super_epsilon_expected", "log_super_epsilon_variance")


class Host:
    """An agent on a copy of a fixture that has half an hour of its past."""

    def __init__(self, folder, number, name, fleet_port):
        self.name, self.port, self.dir = name, free_port(), os.path.join(folder, name)
        os.mkdir(self.dir)
        root = self.path("root")
        shutil.copytree(os.path.join(FIXTURES, "idle", "1"), root)
        self.write("root/proc/loadavg", "%.2f %.2f 0.10 3/91 7448\n" % (LOADS[name], 0.5 + 0.2 * number))
        draw = random.Random(number)
        usual = 0.5 + 0.2 * number
        rows = ["%d,%.3f,%.3f\n" % (1700000000 + second, abs(draw.gauss(usual, 0.1)), abs(draw.gauss(usual, 0.05)))
                for second in range(2000)]
        past = self.write("past.csv", "timestamp,load_1min,load_5min\n" + "".join(rows))
        self.socket, state = self.path("control.sock"), self.path("state")
        ini = self.write("agent.ini", "[agent]\ninterval = 1s\nhost = %s\nrole = web\ncontrol = %s\n[model host]\n"
                         "features = load_1min load_5min\nbaseline = global\n[emit prometheus]\nlisten = 127.0.0.1:%d\n"
                         "[emit udp]\nformat = influx\ntarget = 127.0.0.1:%d\n"
                         % (name, self.socket, self.port, fleet_port))
        subprocess.run([EPSILONCTL, "learn", past, "-c", ini, "--state", state], check=True, capture_output=True,
                       timeout=100)
        with open(self.path("log"), "w") as log:
            self.agent = subprocess.Popen([EPSILOND, "-c", ini, "--root", root, "--state", state],
                                          stdout=subprocess.DEVNULL, stderr=log)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def stop(self):
        self.agent.kill()
        self.agent.wait()

    def says(self):
        """What /metrics says of the model, by name."""
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.port, timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        found = {}
        for line in lines:
            name, _, rest = line.partition('{model="host"} ')
            if rest:
                found[name[len("epsilond_"):]] = float(rest)
        return found

    def mute(self):
        """From now on nothing is learned, so that what is said stays as it is."""
        subprocess.run([EPSILONCTL, "mute", "1h", "--socket", self.socket], check=True, capture_output=True, timeout=60)


class Cluster(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilond-cluster-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.hosts = {}
        self.fleet_port = free_port(socket.SOCK_DGRAM)
        for number, name in enumerate(NAMES):
            self.hosts[name] = Host(self.dir, number, name, self.fleet_port)
            self.addCleanup(self.hosts[name].stop)
        with open(RULES) as file:
            rules = file.read().replace("    interval: 5m\n", "")
        self.assertEqual(rules.count("> 300"), 2)
        self.recorded = [name for name in re.findall(r"record: (\S+)", rules) if not name.endswith(":limit")]
        scrape = {"job_name": "epsilond", "scrape_interval": "1s", "static_configs": [
            {"targets": ["127.0.0.1:%d" % host.port], "labels": {"instance": name, "cluster": "c", "role": "web"}}
            for name, host in self.hosts.items()]}
        self.prometheus = Prometheus({"global": {"evaluation_interval": "1s"}, "scrape_configs": [scrape]},
                                     rules.replace("> 300", "> 5"))  # nobody waits five minutes here
        self.addCleanup(self.prometheus.stop)

    def one(self, query):
        """The value of a query, or None."""
        found = self.prometheus.values(query)
        self.assertLessEqual(len(found), 1, query)
        return next(iter(found.values()), None)

    def of_hosts(self, query):
        return {dict(labels)["instance"]: value for labels, value in self.prometheus.values(query).items()}

    def near(self, query, expected):
        found = self.one(query)
        self.assertIsNotNone(found, query)
        self.assertLessEqual(abs(found - expected), TOLERANCE * max(1.0, abs(expected)), query)

    def near_the_largest(self, field):
        """A surprise goes on with the age of what was learned: compared at the moment of the rule."""
        name = "cluster:epsilond_%s:max" % field
        at = self.one("timestamp(%s)" % name)
        surprises = self.prometheus.values("epsilond_" + field, time=at).values()
        self.assertEqual(len(surprises), 3)
        self.assertEqual(list(self.prometheus.values(name, time=at).values()), [max(surprises)])

    def settled(self):
        """What the three say of their densities, once it no longer changes."""
        self.prometheus.wait_for(lambda: all(set(SUM) <= set(host.says()) for host in self.hosts.values()), "all is told")
        self.prometheus.wait_for(lambda: self.hosts[DISTURBED].says()["anomalous"] == 1, "the disturbed one flags")
        for host in self.hosts.values():
            host.mute()
        time.sleep(2.5)
        said = [[host.says()[field] for host in self.hosts.values()] for field in SUM]
        time.sleep(1.5)
        self.assertEqual(said, [[host.says()[field] for host in self.hosts.values()] for field in SUM])
        return [dict(zip(NAMES, values)) for values in said]

    def test_three_agents_add_up(self):
        density, expected, variance = self.settled()
        z = {name: (expected[name] - density[name]) / math.sqrt(variance[name]) for name in NAMES}
        total = math.fsum(density.values())
        # Two rounds of all groups later every rule has seen what is said now.
        rounds = time.time() + 3
        self.prometheus.wait_for(lambda: all((self.one("min(timestamp(%s))" % name) or 0) > rounds
                                             for name in self.recorded), "the rules have looked again")
        self.near("cluster:epsilond_log_super_epsilon:sum", total)
        self.near("cluster:epsilond_log_super_epsilon:mean", total / 3)
        self.near("cluster:epsilond_log_super_epsilon:z",
                  (math.fsum(expected.values()) - total) / math.sqrt(math.fsum(variance.values())))
        self.near("cluster:epsilond_log_super_epsilon:median_z",
                  statistics.median(z.values()) * math.sqrt(3) / math.sqrt(math.pi / 2))
        self.near_the_largest("surprise")
        self.near("cluster:epsilond_hosts:count", 3)
        self.near("cluster:epsilond_hosts_anomalous:ratio", 1 / 3)
        self.near("cluster:epsilond_hosts_silent:count", 0)
        median = statistics.median(z.values())
        spread = max(1.0, 1.4826 * statistics.median(abs(value - median) for value in z.values()))
        for query, wanted in (("host:epsilond_log_super_epsilon:z", z),
                              ("host:epsilond_log_super_epsilon_z:peer",
                               {name: (value - median) / spread for name, value in z.items()})):
            for name, value in self.of_hosts(query).items():
                self.assertLessEqual(abs(value - wanted[name]), TOLERANCE * max(1.0, abs(wanted[name])), (query, name))
        self.assertEqual(set(self.of_hosts('ALERTS{alertname="HostAnomalous"}')), {DISTURBED})
        self.in_fleet(density, expected, variance, z)
        self.silence(density)

    def in_fleet(self, density, expected, variance, z):
        """The same of the lines that they send."""
        done = subprocess.run([EPSILONCTL, "fleet", "--listen", "127.0.0.1:%d" % self.fleet_port, "--json", "--once",
                               "--interval", "4s"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)  # one is odd
        told = json.loads(done.stdout)
        cluster = told["cluster"]
        total = math.fsum(density.values())
        for field, wanted in (("log_super_epsilon_sum", total), ("log_super_epsilon_mean", total / 3),
                              ("z", (math.fsum(expected.values()) - total) / math.sqrt(math.fsum(variance.values())))):
            self.assertLessEqual(abs(cluster[field] - wanted), TOLERANCE * max(1.0, abs(wanted)), (field, cluster[field]))
        self.assertEqual(cluster["surprise_max_host"], DISTURBED)
        self.assertEqual({host["host"]: host["anomalous"] for host in told["hosts"]},
                         {name: name == DISTURBED for name in NAMES})
        for host in told["hosts"]:
            wanted = z[host["host"]]
            self.assertLessEqual(abs(host["z"] - wanted), TOLERANCE * max(1.0, abs(wanted)), host)

    def silence(self, density):
        self.hosts["web3"].stop()
        self.prometheus.wait_for(lambda: self.one("cluster:epsilond_hosts_silent:count") == 1, "web3 is silent")
        self.prometheus.wait_for(lambda: set(self.of_hosts('ALERTS{alertname="HostSilent"}')) == {"web3"}, "it is said")
        self.near("cluster:epsilond_hosts:count", 2)
        self.near("cluster:epsilond_log_super_epsilon:sum", density["web1"] + density["web2"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + ["Cluster." + name for name in sys.argv[4:]], verbosity=2)
