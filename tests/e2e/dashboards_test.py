#!/usr/bin/env python3
"""The dashboards: their structure, and every query of every panel against a real Prometheus that knows simulated hosts.

usage: dashboards_test.py ETC [TEST]
"""
import json
import os
import random
import re
import sys
import time
import unittest

from prometheus_support import Prometheus

ETC = sys.argv[1]
NAMES = ("host", "fleet")
STEP_S, PAST_S = 30, 1800
VARIABLES = {"datasource": "local", "cluster": "c", "instance": "web3", "model": "host", "__rate_interval": "4m"}


def dashboard(name):
    with open(os.path.join(ETC, "grafana", name + ".json")) as file:
        return json.load(file)


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def filled_in(query):
    return re.sub(r"\$\{?(\w+)\}?", lambda name: VARIABLES[name.group(1)], query)


def past(now):
    """Half an hour of five hosts, of which web3 is in an episode and web5 fell silent ten minutes ago."""
    generator = random.Random(11)
    lines = []

    def add(name, value, at, **labels):
        text = ",".join('%s="%s"' % item for item in labels.items())
        lines.append("%s{%s} %.15g %d" % (name, text, value, at))

    start = now - PAST_S
    for number in range(1, 6):
        labels = {"instance": "web%d" % number, "cluster": "c", "role": "web", "job": "epsilond"}
        end = now - 600 if number == 5 else now
        for at in range(start, end + 1, STEP_S):
            odd = number == 3 and at > now - 900
            add("epsilond_log_super_epsilon", generator.gauss(-82 if odd else -12, 3), at, model="host", **labels)
            add("epsilond_log_super_epsilon_expected", -12, at, model="host", **labels)
            add("epsilond_log_super_epsilon_variance", 9, at, model="host", **labels)
            add("epsilond_surprise", 13 if odd else generator.expovariate(2.3), at, model="host", **labels)
            add("epsilond_surprise_threshold", 5.3, at, model="host", **labels)
            add("epsilond_anomalous", odd, at, model="host", **labels)
            add("epsilond_learning_ratio", 0.5 if number == 4 else 1, at, model="host", **labels)
            for feature in ("mem_used_bytes", "load_1min", "processes"):
                add("epsilond_feature_zscore", generator.gauss(0, 1), at, model="host", feature=feature, **labels)
                add("epsilond_feature_share_ratio", 1 / 3, at, model="host", feature=feature, **labels)
            seconds = at - start
            add("epsilond_samples_total", seconds, at, **labels)
            add("epsilond_ticks_missed_total", seconds // 300, at, **labels)
            add("epsilond_sample_errors_total", 0, at, source="diskstats", **labels)
            add("epsilond_datagrams_dropped_total", 0, at, **labels)
            add("epsilond_events_total", odd, at, event="raised", **labels)
            add("epsilond_cpu_seconds_total", seconds / 500, at, **labels)
            add("epsilond_resident_memory_bytes", 3e6, at, **labels)
            add("epsilond_config_last_reload_successful", 1, at, **labels)
            add("epsilond_build_info", 1, at, version="0.1.0", **labels)
    for at in range(now - 7200, now - 3600, 60):  # what the rules had recorded before
        for name in ("z", "median_z"):
            add("cluster:epsilond_log_super_epsilon:" + name, generator.gauss(0, 3), at, cluster="c", model="host")
    add("host:epsilond_last_seen:timestamp_seconds", now - 600, now - 30, instance="web5", cluster="c", role="web")
    return "\n".join(lines) + "\n# EOF\n"


class Structure(unittest.TestCase):
    def test_every_panel_has_what_a_panel_needs(self):
        for name in NAMES:
            board = dashboard(name)
            self.assertEqual((board["uid"], board["schemaVersion"]), ("epsilond-" + name, 42))
            self.assertNotIn("id", board)
            numbers = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(numbers), len(set(numbers)))
            titles = [panel["title"] for panel in board["panels"]]
            self.assertEqual(len(titles), len(set(titles)))
            self.assertGreater(len(panels(board)), 12)
            for panel in panels(board):
                self.assertTrue(panel["title"] and panel["description"] and panel["targets"], panel["title"])
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
                letters = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(letters), len(set(letters)))
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}")
                    self.assertNotEqual(target["instant"], target["range"])

    def test_no_panel_lies_on_another(self):
        for name in NAMES:
            taken = set()
            for panel in dashboard(name)["panels"]:
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                self.assertLessEqual(at["x"] + at["w"], 24)
                self.assertFalse(cells & taken, panel["title"])
                taken |= cells

    def test_every_variable_is_defined_and_used(self):
        for name in NAMES:
            board = dashboard(name)
            defined = [variable["name"] for variable in board["templating"]["list"]]
            self.assertEqual(defined[0], "datasource")
            text = json.dumps([board["panels"], board["annotations"], board["templating"]])
            used = set(re.findall(r"\$\{?([a-z]\w*)\}?", text))
            self.assertEqual(used, set(defined))


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.now = int(time.time())
        with open(os.path.join(ETC, "prometheus", "epsilond.rules.yml")) as file:
            rules = file.read()
        recorded = re.findall(r"record: (\S+)", rules)
        # No group waits: the test would have to wait for it.
        rules = rules.replace("    interval: 5m\n", "")
        cls.prometheus = Prometheus({"global": {"evaluation_interval": "1s"}}, rules, past(cls.now))
        cls.addClassCleanup(cls.prometheus.stop)
        wanted = recorded + ['ALERTS{alertname="HostAnomalous", alertstate="firing"}']
        cls.prometheus.wait_for(lambda: all(cls.prometheus.values(name) for name in wanted), "every rule records")

    def ask(self, target):
        query = filled_in(target["expr"])
        if target["instant"]:
            return [one["value"][1] for one in self.prometheus.get("query", query=query)["result"]]
        end = time.time()
        series = self.prometheus.get("query_range", query=query, start=end - 60, end=end, step=5)["result"]
        return [value for one in series for _, value in one["values"]]

    def test_no_panel_is_empty(self):
        z = self.prometheus.values("host:epsilond_log_super_epsilon:z > 10")  # so that what is asked is the story
        self.assertEqual([dict(labels)["instance"] for labels in z], ["web3"])
        self.assertEqual(list(self.prometheus.values("cluster:epsilond_hosts_silent:count").values()), [1])
        self.assertEqual(list(self.prometheus.values("cluster:epsilond_hosts_learning:count").values()), [1])
        asked = 0
        for name in NAMES:
            for panel in panels(dashboard(name)):
                for target in panel["targets"]:
                    values = [value for value in self.ask(target) if value not in ("NaN", "+Inf", "-Inf")]
                    self.assertTrue(values, "%s, %s: %s" % (name, panel["title"], target["expr"]))
                    asked += 1
        self.assertGreater(asked, 50)

    def test_variables_and_annotations_find_what_is_there(self):
        for name in NAMES:
            for variable in dashboard(name)["templating"]["list"][1:]:
                selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
                found = self.prometheus.get("label/%s/values" % label, **{"match[]": filled_in(selector)})
                self.assertIn(VARIABLES[variable["name"]], found)
        for name in NAMES:
            for annotation in dashboard(name)["annotations"]["list"]:
                self.prometheus.get("query", query=filled_in(annotation["expr"]))
        host = dashboard("host")["annotations"]["list"][0]
        self.assertTrue(self.prometheus.values(filled_in(host["expr"])))


if __name__ == "__main__":
    names = ["%s.%s" % (case.__name__, name) for name in sys.argv[2:] for case in (Structure, Queries)
             if hasattr(case, name)]
    unittest.main(argv=[sys.argv[0], *names], verbosity=2)
