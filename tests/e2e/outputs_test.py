#!/usr/bin/env python3
"""The numbers that leave a real agent, as real servers read them: Prometheus, node_exporter, VictoriaMetrics, InfluxDB.

usage: outputs_test.py EPSILOND EPSILONCTL [TEST]

A server that is not installed skips its test.
"""
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from control_support import EPSILOND, EPSILONCTL, ControlledAgent
from loopback import Receiver, free_port

FIELDS = ["log_super_epsilon", "log_super_epsilon_expected", "log_super_epsilon_variance", "surprise", "surprise_threshold",
          "anomalous", "learning_ratio"]
BYTES_PER_SECOND = 22  # of a host over UDP, and its series, at the periods for a large fleet (docs/metrics.md)
FLEET_PERIOD = {"influx": 20, "graphite": 30, "statsd": 30}
SERIES = 25


def get(url, **options):
    with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=10) as answer:
        return answer.status, dict(answer.headers), answer.read().decode()


def samples(text):
    """The samples of an exposition, by name and labels as they are written."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            key, value = line.rsplit(" ", 1)
            found[key] = float(value)
    return found


class ReadingReceiver(Receiver):
    def influx(self):
        """By nanoseconds: the fields of each line, as they were sent."""
        read = {}
        for line in self.lines():
            head, fields, stamp = line.split(" ")
            assert head.startswith("epsilond,host=web-01,model=host"), head
            read[int(stamp)] = dict(field.split("=") for field in fields.split(","))
        return read


def number(text):
    return float(text.rstrip("i"))


class Outputs(ControlledAgent):
    def learned_state(self):
        """A state that has learned half an hour, so that everything is known from the first sample on."""
        draw = random.Random(7)
        rows = "".join("%d,%g,%g,%d\n" % (1700000000 + i, abs(draw.gauss(0.5, 0.1)), abs(draw.gauss(0.5, 0.05)),
                                          draw.randrange(150, 250)) for i in range(2000))
        table = self.write("past.csv", "timestamp,load_1min,load_5min,processes\n" + rows)
        ini = self.ini(interval="1s", rest=self.model())
        state = self.path("state")
        learned = subprocess.run([EPSILONCTL, "learn", table, "-c", ini, "--state", state], capture_output=True, text=True,
                                 timeout=60)
        self.assertEqual(learned.returncode, 0, learned.stderr)
        return state

    @staticmethod
    def model():
        return "host = web-01\n[model host]\nfeatures = load_1min load_5min processes\nbaseline = global\n"

    def agent(self, sections):
        state = self.learned_state()
        agent = self.start(ini=self.ini(interval="1s", rest=self.model() + sections), state=state)
        self.assertEqual(self.status()["agent"]["host"], "web-01")
        return agent

    def serve(self, name, *arguments):
        if shutil.which(name) is None:
            self.skipTest(name + " is not installed")
        log = open(self.path(name + ".log"), "w")
        self.addCleanup(log.close)
        server = subprocess.Popen([name, *arguments], cwd=self.dir, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return server

    def answers(self, url):
        try:
            return get(url)
        except (urllib.error.URLError, OSError):
            return None

    def promtool(self, text):
        if shutil.which("promtool") is None:
            return
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_metrics_are_what_promtool_and_the_bounds_allow(self):
        port = free_port()
        path = self.path("epsilond.prom")
        self.agent("[emit prometheus]\nlisten = 127.0.0.1:%d\n[emit textfile]\npath = %s\nevery = 1s\n" % (port, path))
        self.wait_for(lambda: os.path.exists(path), "a textfile")
        status, headers, text = get("http://127.0.0.1:%d/metrics" % port)
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o644)
        self.assertEqual([name for name in os.listdir(self.dir) if "prom" in name], ["epsilond.prom"])
        with open(path) as file:
            textfile = file.read()
        for exposition in (text, textfile):
            self.promtool(exposition)
            found = samples(exposition)
            for field in FIELDS:
                self.assertIn('epsilond_%s{model="host"}' % field, found)
            self.assertLessEqual(len(found), SERIES)
            self.assertEqual(found["epsilond_config_last_reload_successful"], 1)
            self.assertGreater(found["epsilond_resident_memory_bytes"], 500000)
            self.assertIn("# TYPE epsilond_feature_zscore gauge", exposition)
        # What the agent says of itself over its socket is what it tells Prometheus.
        model = self.status()["models"][0]
        self.assertEqual(samples(text)['epsilond_learning_ratio{model="host"}'], model["learning_ratio"])

    def test_udp_stays_within_the_bytes_of_a_host(self):
        receivers = {form: ReadingReceiver() for form in ("influx", "graphite", "statsd")}
        self.agent("".join("[emit udp %s]\nformat = %s\nevery = 1s\ntarget = 127.0.0.1:%d\n" % (form, form, there.port)
                           for form, there in receivers.items()))
        self.wait_for(lambda: all(len(there.datagrams) >= 3 for there in receivers.values()), "readings")
        for form, there in receivers.items():
            self.assertTrue(all(len(datagram) <= 1432 and datagram.endswith("\n") for datagram in there.datagrams))
            widest = max(len(datagram) for datagram in there.datagrams)
            self.assertLessEqual(widest / FLEET_PERIOD[form], BYTES_PER_SECOND, form)
        sequence = [int(fields["sequence"].rstrip("i")) for fields in receivers["influx"].influx().values()]
        self.assertEqual(sequence[:3], [1, 2, 3])
        # All three say the same.
        influx = receivers["influx"].influx()
        graphite = [line.split(" ") for line in receivers["graphite"].lines()]
        statsd = [line.rsplit(":", 1) for line in receivers["statsd"].lines()]
        stamp, fields = sorted(influx.items())[1]
        second = {name.rsplit(".", 1)[1]: value for name, value, at in graphite if int(at) == stamp // 10**9}
        for field in FIELDS:
            self.assertEqual(number(fields[field]), float(second[field]), field)
            self.assertIn(["epsilond.web-01.host." + field, fields[field].rstrip("i") + "|g"], statsd)
        below = ["epsilond.web-01.host.log_super_epsilon", "0|g"]
        for at, line in enumerate(statsd):
            if line[0] == below[0] and line[1].startswith("-"):
                self.assertEqual(statsd[at - 1], below)

    def test_victoria_metrics_reads_influx_and_graphite_over_udp(self):
        influx, graphite, http = free_port(), free_port(), free_port()
        self.serve("victoria-metrics", "-influxListenAddr=127.0.0.1:%d" % influx, "-httpListenAddr=127.0.0.1:%d" % http,
                   "-graphiteListenAddr=127.0.0.1:%d" % graphite, "-storageDataPath=" + self.path("vm"))
        self.wait_for(lambda: self.answers("http://127.0.0.1:%d/health" % http), "VictoriaMetrics")
        there = ReadingReceiver()
        section = "[emit udp %s]\nformat = %s\nevery = 1s\ntarget = 127.0.0.1:%d\n"
        self.agent(section % ("a", "influx", influx) + section % ("b", "graphite", graphite) +
                   section % ("c", "influx", there.port))
        self.wait_for(lambda: len(there.datagrams) >= 4, "readings")

        def exported():
            get("http://127.0.0.1:%d/internal/force_flush" % http)
            query = urllib.parse.urlencode({"match[]": '{__name__=~"epsilond.*"}'})
            _, _, text = get("http://127.0.0.1:%d/api/v1/export?%s" % (http, query))
            return [json.loads(line) for line in text.splitlines()]

        self.wait_for(lambda: len(exported()) >= 14 and all(len(s["values"]) >= 3 for s in exported()), "series")
        sent = {stamp // 10**6: fields for stamp, fields in there.influx().items()}
        checked = set()
        for series in exported():
            name = series["metric"]["__name__"]
            if name in ("epsilond_sequence", "epsilond_top_feature"):
                continue
            pushed = "." not in name
            field = name[len("epsilond_"):] if pushed else name.rsplit(".", 1)[1]
            if pushed:
                self.assertEqual({k: series["metric"][k] for k in ("host", "model")}, {"host": "web-01", "model": "host"})
            for stamp, value in zip(series["timestamps"], series["values"]):
                fields = [f for at, f in sent.items() if (at if pushed else at // 1000 * 1000) == stamp]
                if fields:
                    self.assertEqual(value, number(fields[0][field]), name)
                    checked.add((pushed, field))
        self.assertEqual(len(checked), 14)

    def test_influxdb_reads_every_field_over_udp(self):
        udp, http, rpc = free_port(socket.SOCK_DGRAM), free_port(), free_port()
        self.write("influx.conf", """reporting-disabled = true
bind-address = "127.0.0.1:%d"
[meta]
dir = "%s/meta"
[data]
dir = "%s/data"
wal-dir = "%s/wal"
[http]
bind-address = "127.0.0.1:%d"
[[udp]]
enabled = true
bind-address = "127.0.0.1:%d"
database = "epsilond"
batch-timeout = "200ms"
""" % (rpc, self.dir, self.dir, self.dir, http, udp))
        self.serve("influxd", "-config", self.path("influx.conf"))
        self.wait_for(lambda: self.answers("http://127.0.0.1:%d/ping" % http), "InfluxDB")
        there = ReadingReceiver()
        section = "[emit udp %s]\nformat = influx\nevery = 1s\ntarget = 127.0.0.1:%d\n"
        self.agent(section % ("a", udp) + section % ("b", there.port))

        def rows():
            query = urllib.parse.urlencode({"db": "epsilond", "epoch": "ns", "q": 'SELECT * FROM "epsilond"'})
            result = json.loads(get("http://127.0.0.1:%d/query?%s" % (http, query))[2])["results"][0]
            found = result.get("series", [{"columns": [], "values": []}])[0]
            return [dict(zip(found["columns"], row)) for row in found["values"]]

        self.wait_for(lambda: len(rows()) >= 3, "rows")
        sent = there.influx()
        for row in rows()[:3]:
            self.assertEqual((row["host"], row["model"]), ("web-01", "host"))
            for field in FIELDS + ["sequence"]:
                self.assertEqual(row[field], number(sent[row["time"]][field]), field)

    def test_prometheus_scrapes_metrics_and_the_textfile_of_node_exporter(self):
        for name in ("prometheus", "prometheus-node-exporter"):
            if shutil.which(name) is None:
                self.skipTest(name + " is not installed")
        metrics, node, http = free_port(), free_port(), free_port()
        os.mkdir(self.path("textfiles"))
        there = ReadingReceiver()
        self.agent("[emit prometheus]\nlisten = 127.0.0.1:%d\n[emit textfile]\npath = %s\nevery = 1s\n"
                   "[emit udp]\nformat = influx\nevery = 1s\ntarget = 127.0.0.1:%d\n"
                   % (metrics, self.path("textfiles/epsilond.prom"), there.port))
        self.serve("prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                   "--collector.textfile.directory=" + self.path("textfiles"), "--web.listen-address=127.0.0.1:%d" % node)
        self.write("prometheus.yml", "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n" + "".join(
            "- {job_name: %s, static_configs: [{targets: ['127.0.0.1:%d'], labels: {cluster: shop}}]}\n" % job
            for job in (("direct", metrics), ("node", node))))
        self.serve("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=" + self.path("tsdb"),
                   "--web.listen-address=127.0.0.1:%d" % http)

        def values(field, job):
            query = urllib.parse.urlencode({"query": 'epsilond_%s{model="host",cluster="shop",job="%s"}[1m]' % (field, job)})
            answer = self.answers("http://127.0.0.1:%d/api/v1/query?%s" % (http, query))
            result = json.loads(answer[2])["data"]["result"] if answer else []
            self.assertLessEqual(len(result), 1)
            return [float(value) for _, value in result[0]["values"]] if result else []

        self.wait_for(lambda: all(len(values("log_super_epsilon", job)) >= 3 for job in ("direct", "node")), "scrapes")
        for job in ("direct", "node"):
            for field in FIELDS:
                scraped = values(field, job)
                sent = {number(fields[field]) for fields in there.influx().values()}
                self.assertTrue(scraped and set(scraped) <= sent, (job, field, scraped, sent))

    def test_a_crowd_at_metrics_keeps_neither_the_agent_nor_the_scraper_out(self):
        port = free_port()
        there = ReadingReceiver()
        self.agent("[emit prometheus]\nlisten = 127.0.0.1:%d\n[emit udp]\nformat = influx\nevery = 1s\n"
                   "target = 127.0.0.1:%d\n" % (port, there.port))
        url = "http://127.0.0.1:%d/metrics" % port
        crowd = []
        self.addCleanup(lambda: [client.close() for client in crowd])
        draw = random.Random(3)
        began = time.monotonic()
        for i in range(1000):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            crowd.append(client)
            if i % 3 == 0:  # others say nothing, or nonsense that never ends
                try:
                    client.send(bytes(draw.randrange(256) for _ in range(64)) if i % 2 else b"GET /metrics HTTP/1.1\r\nX: ")
                except OSError:
                    pass
        self.wait_for(lambda: self.answers(url), "an answer in the crowd")
        for client in crowd:
            client.close()
        self.wait_for(lambda: self.answers(url), "an answer after the crowd")
        took = time.monotonic() - began
        counts = [e for e in self.status()["emitters"] if e["name"].startswith("prometheus")][0]
        self.assertGreater(counts["dropped"], 10)
        found = samples(get(url)[2])
        self.assertEqual(found["epsilond_ticks_missed_total"], 0)
        sequence = [int(fields["sequence"].rstrip("i")) for fields in there.influx().values()]
        self.assertGreaterEqual(len(sequence), int(took) - 1)

    def test_what_nobody_takes_is_counted_and_said_once(self):
        port, dead = free_port(), free_port(socket.SOCK_DGRAM)
        missing = self.path("missing/epsilond.prom")
        self.agent("[emit prometheus]\nlisten = 127.0.0.1:%d\n[emit udp]\nformat = graphite\nevery = 1s\n"
                   "target = 127.0.0.1:%d\n[emit textfile]\npath = %s\nevery = 1s\n" % (port, dead, missing))
        url = "http://127.0.0.1:%d/metrics" % port
        self.wait_for(lambda: samples(get(url)[2])["epsilond_datagrams_dropped_total"] >= 2, "drops")
        counts = {e["name"]: e["dropped"] for e in self.status()["emitters"]}
        self.assertGreaterEqual(counts["textfile " + missing], 2)
        self.assertEqual(len(re.findall("readings are dropped", self.stderr())), 1, self.stderr())
        self.assertEqual(len(re.findall("not written", self.stderr())), 1, self.stderr())

    def test_a_reload_keeps_metrics_open_and_a_refused_one_is_told(self):
        port = free_port()
        sections = "[emit prometheus]\nlisten = 127.0.0.1:%d\n" % port
        agent = self.agent(sections)
        url = "http://127.0.0.1:%d/metrics" % port
        reloaded = "epsilond_config_last_reload_successful"
        self.ini(interval="1s", rest=self.model() + sections + "listen = nonsense\n")
        agent.send_signal(1)
        self.wait_for(lambda: samples(get(url)[2])[reloaded] == 0, "a reload that is refused")
        self.ini(interval="1s", rest=self.model() + sections + "features = yes\n")
        agent.send_signal(1)
        self.wait_for(lambda: samples(get(url)[2])[reloaded] == 1, "a reload that works")
        self.wait_for(lambda: len([key for key in samples(get(url)[2]) if "zscore" in key]) == 3, "every feature")
        self.ini(interval="1s", rest=self.model())
        agent.send_signal(1)
        self.wait_for(lambda: self.answers(url) is None, "nobody listening")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + ["Outputs." + name if "." not in name else name for name in sys.argv[3:]], verbosity=2)
