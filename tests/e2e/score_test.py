#!/usr/bin/env python3
"""epsilonctl score and replay as a user types them, over whole tables.

usage: score_test.py EPSILONCTL [TEST]

Tests on real data take the folder from EPSILOND_DATA and are skipped, saying so, without it.
"""
import csv
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest

from scratch import PATIENCE

EPSILONCTL = sys.argv[1]
DATA = os.environ.get("EPSILOND_DATA")

SPIKE = range(4 * 1440 + 600, 4 * 1440 + 610)    # the fifth day at 10:00, ten minutes
OUTAGE = range(5 * 1440 + 900, 5 * 1440 + 950)   # the sixth day at 15:00, fifty minutes


def run(*arguments):
    return subprocess.run([EPSILONCTL, *arguments], capture_output=True, text=True, timeout=300 * PATIENCE)


def quantile(values, share):
    """As numpy by default: linear between order statistics."""
    values = sorted(values)
    place = share * (len(values) - 1)
    below = math.floor(place)
    return values[below] + (place - below) * (values[min(below + 1, len(values) - 1)] - values[below])


class Score(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="epsilond-e2e-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def scores(self, *arguments):
        """The lines of --scores as dictionaries."""
        result = run(*arguments, "--scores", self.path("scores.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path("scores.csv"), newline="") as file:
            return list(csv.DictReader(file))

    def flagged(self, *arguments):
        return {int(line["row"]) for line in self.scores(*arguments) if line["flag"] == "1"}

    def data(self, *names):
        if not DATA:
            self.skipTest("EPSILOND_DATA does not say where the data sets are")
        return os.path.join(DATA, *names)

    def week_of_cpu(self):
        """A week of minutes: a daily sine of 40 +- 20, noise of sd 3, a spike of +45, an outage at 0."""
        generator = random.Random(20261122)
        with open(self.path("week.csv"), "w") as file:
            file.write("timestamp,cpu\n")
            for minute in range(7 * 1440):
                cpu = 40 + 20 * math.sin(2 * math.pi * minute / 1440) + generator.gauss(0, 3)
                cpu = 0.0 if minute in OUTAGE else cpu + 45 if minute in SPIKE else cpu
                file.write(f"{1700006400 + 60 * minute},{cpu:.3f}\n")
        return self.path("week.csv")

    def assert_finds_both(self, flagged, most_others):
        self.assertTrue(flagged & set(SPIKE), "the spike")
        self.assertTrue(flagged & set(OUTAGE), "the outage")
        self.assertLessEqual(len(flagged - set(SPIKE) - set(OUTAGE)), most_others)

    def test_a_forest_finds_the_spike_and_the_outage_of_a_week(self):
        flagged = self.flagged("score", self.week_of_cpu(), "--model", "isolation_forest", "--threshold", "contamination:0.01")
        self.assertEqual(len(flagged), 101)  # strictly beyond the 1 % quantile of 10080 rows, without ties
        self.assert_finds_both(flagged, 101 - len(SPIKE))

    def test_z_scores_find_the_spike_and_the_outage_of_a_week(self):
        flagged = self.flagged("score", self.week_of_cpu(), "--model", "zscore", "--threshold", "contamination:0.01")
        self.assert_finds_both(flagged, 101)

    def test_the_default_model_finds_the_spike_and_the_outage_of_a_week(self):
        flagged = self.flagged("score", self.week_of_cpu(), "--threshold", "contamination:0.01")
        self.assert_finds_both(flagged, 101)

    def test_in_a_replay_hardly_anything_is_as_surprising_as_the_spike_and_the_outage(self):
        lines = self.scores("replay", self.week_of_cpu())
        surprise = [float(line["score"]) for line in lines]
        # The sine is half learned after a week, so its own slopes come near them.
        usual = sorted(s for row, s in enumerate(surprise) if row >= 3 * 1440 and row not in SPIKE and row not in OUTAGE)
        rare = usual[int(0.99 * len(usual))]
        self.assertGreater(min(surprise[row] for row in SPIKE), rare)
        self.assertGreater(surprise[OUTAGE[0]], rare)

    def test_the_report_shows_the_flagged_rows(self):
        week = self.week_of_cpu()
        for arguments in (["score", week, "--model", "isolation_forest", "--threshold", "contamination:0.01"],
                          ["score", week, "--model", "mixture", "--components", "2"], ["replay", week]):
            with self.subTest(arguments[0]):
                result = run(*arguments, "--report", self.path("report.html"))
                if result.returncode == 69:
                    self.skipTest("built without the plotting library")
                self.assertEqual(result.returncode, 0, result.stderr)
                with open(self.path("report.html"), encoding="utf-8") as file:
                    page = file.read()
                self.assertIn("uPlot", page)
                self.assertNotIn("<script src", page)

    def test_an_output_is_never_an_input_and_never_both(self):
        week = self.week_of_cpu()
        for arguments in (["--report", week], ["--scores", self.path("x"), "--report", self.path("x")]):
            self.assertEqual(run("score", week, *arguments).returncode, 64, arguments)
            self.assertEqual(run("replay", week, *arguments).returncode, 64, arguments)

    def test_a_mixture_flags_the_five_percent_that_a_full_gaussian_finds_least_likely(self):
        path = self.data("system-load", "system-load.csv")
        lines = self.scores("score", path, "--model", "mixture", "--components", "1", "--threshold", "quantile:0.05")
        self.assertEqual(len(lines), 936)
        with open(path, newline="") as file:
            rows = [(float(r["cpu_load"]), float(r["ram_usage"])) for r in csv.DictReader(file)]
        # The closed form for two columns, straight from the textbook.
        mx, my = (statistics.fmean(column) for column in zip(*rows))
        n = len(rows)
        sxx = sum((x - mx) ** 2 for x, _ in rows) / n
        syy = sum((y - my) ** 2 for _, y in rows) / n
        sxy = sum((x - mx) * (y - my) for x, y in rows) / n
        determinant = sxx * syy - sxy * sxy

        def log_density(x, y):
            u, v = x - mx, y - my
            distance = (syy * u * u - 2 * sxy * u * v + sxx * v * v) / determinant
            return -0.5 * distance - math.log(2 * math.pi) - 0.5 * math.log(determinant)

        expected = [log_density(*row) for row in rows]
        cut = quantile(expected, 0.05)
        self.assertEqual({int(line["row"]) for line in lines if line["flag"] == "1"},
                         {i for i, value in enumerate(expected) if value < cut})

    def test_more_components_and_bic_fit_no_worse(self):
        path = self.data("system-load", "system-load.csv")
        means = []
        for components in ("1", "2", "3", "bic"):
            lines = self.scores("score", path, "--model", "mixture", "--components", components, "--starts", "5")
            means.append(statistics.fmean(float(line["log_density"]) for line in lines))
        self.assertLess(means[0], means[1])
        self.assertLess(means[1], means[2])
        self.assertGreaterEqual(means[3], means[0])

    def test_the_selected_epsilon_is_as_good_as_the_published_one(self):
        training, labelled = self.data("ex8", "ex8data1_X.csv"), self.data("ex8", "ex8data1_val.csv")
        result = run("score", labelled, "--train", training, "--threshold", "select-epsilon")
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout.splitlines()[-1])
        self.assertGreaterEqual(summary["f1"], 0.875)
        flagged = self.flagged("score", training, "--threshold", "select-epsilon", "--labels", labelled)
        self.assertEqual(len(flagged), 6)

    def series_with_a_fault(self):
        """Four weeks at five minutes: noise of sd 1, and two days before the end a rise of 6 for three hours, then of 60."""
        generator = random.Random(20261122)
        with open(self.path("series.csv"), "w") as file:
            file.write("timestamp,value\n")
            for row in range(28 * 288):
                hours = (row - 26 * 288) / 12
                rise = 6 if 0 <= hours < 3 else 60 if 3 <= hours < 6 else 0
                file.write(f"{1700006400 + 300 * row},{50 + rise + generator.gauss(0, 1):.3f}\n")
        return self.path("series.csv")

    def assert_told_once(self, lines, threshold=1.15):
        """A row at the alert score tells it, if none of the silence before it does; all others stay below 1."""
        silent_until, alerts = -1, 0
        for row, line in enumerate(lines):
            score, native = float(line["score"]), float(line["log_density"])
            if row <= silent_until:
                self.assertEqual(score, 0.0, row)
            elif native < threshold:
                self.assertAlmostEqual(score, native / threshold, places=12, msg=row)
            else:
                self.assertAlmostEqual(score, 3.1 + 2.65 * math.log10(native / 1.15), places=9, msg=row)
                silent_until = row + int(min(max(0.04 * row, 5), 200))
                alerts += 1
        return alerts

    def test_the_score_of_a_series_tells_an_incident_once(self):
        lines = self.scores("score", self.series_with_a_fault(), "--model", "series")
        self.assertGreater(self.assert_told_once(lines), 0)
        self.assertEqual(sum(float(line["score"]) >= 1 for line in lines[26 * 288:26 * 288 + 72]), 1)
        # What is flagged is the episode, told or not.
        self.assertGreater(sum(line["flag"] == "1" for line in lines[26 * 288:26 * 288 + 72]), 10)

    def test_a_higher_alert_score_tells_less_and_escalation_more(self):
        def told(*options):
            lines = self.scores("score", self.series_with_a_fault(), "--model", "series", *options)
            return sum(float(line["score"]) >= 1 for line in lines)
        usual = told()
        self.assertLess(told("--alert-score", "2"), usual)
        self.assertGreater(told("--escalation", "1.3"), usual)

    def test_the_options_of_a_series_belong_to_it(self):
        for wrong in (["--model", "zscore", "--escalation", "2"], ["--model", "series", "--escalation", "0.9"],
                      ["--model", "series", "--alert-score", "0"], ["--model", "series", "--alert-score", "x"]):
            result = run("score", self.week_of_cpu(), *wrong)
            self.assertEqual(result.returncode, 64, wrong)
            self.assertIn(wrong[2], result.stderr)

    def test_real_series_with_gaps_and_backward_times_are_told_once(self):
        for name in ("iio_us-east-1_i-a2eb1cd9_NetworkIn", "ec2_network_in_5abac7", "grok_asg_anomaly"):
            file = self.data("nab", "realAWSCloudwatch", name + ".csv")
            lines = self.scores("score", file, "--model", "series")
            self.assertGreater(self.assert_told_once(lines), 0)
            self.assertTrue(all(float(line["score"]) == 0 for line in lines[:100]))

    def test_every_prmon_run_is_scored_by_a_forest(self):
        folder = self.data("prmon")
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".csv"):
                continue
            with self.subTest(name):
                lines = self.scores("score", os.path.join(folder, name), "--model", "isolation_forest",
                                    "--threshold", "contamination:0.1")
                share = sum(line["flag"] == "1" for line in lines) / len(lines)
                self.assertLessEqual(share, 0.11)
                self.assertGreater(share, 0.0)


if __name__ == "__main__":
    names = ["Score." + name for name in sys.argv[2:]]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names, sys.modules[__name__]) if names else None
    if suite is None:
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(Score)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    # CTest shows it as skipped.
    sys.exit(77 if result.skipped and len(result.skipped) == result.testsRun else 0)
