#!/usr/bin/python3
"""The benchmark over small made sets, with the real epsilonctl.

usage: test_run.py EPSILONCTL [TEST]
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from testing import main

import numpy as np

import detectors
import episodes
import sets
import static_models

HERE = pathlib.Path(__file__).resolve().parent
TRAIN_ROWS, TEST_ROWS, SEGMENT = 1500, 600, range(300, 330)
SEED = 7


def table(folder, name, values, labels=None, first="t", start=0):
    header = [first, *(f"m{i}" for i in range(values.shape[1])), *(["label"] if labels is not None else [])]
    lines = [",".join(header)]
    for row, cells in enumerate(values):
        marks = [] if labels is None else [str(labels[row])]
        time = str(start + row * (60 if first == "timestamp" else 1))
        lines.append(",".join([time, *map("{:.6f}".format, cells), *marks]))
    path = pathlib.Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="epsilond-bench-test-")
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name)
        self.random = np.random.default_rng(SEED)

    def make_asd(self):
        """Four independent Gaussians, all 30 sd away for 30 rows of the test file."""
        labels = np.isin(np.arange(TEST_ROWS), SEGMENT).astype(int)
        table(self.data, "asd/x_train.csv", 10.0 + self.random.normal(size=(TRAIN_ROWS, 4)))
        test = 10.0 + self.random.normal(size=(TEST_ROWS, 4)) + 30.0 * labels[:, None]
        table(self.data, "asd/x_test.csv", test, labels)

    def run_bench(self, *arguments, program="run.py"):
        return subprocess.run([sys.executable, HERE / program, "--data", self.data, "--jobs", "1", *arguments],
                              capture_output=True, text=True, timeout=300, check=False)

    def test_every_model_ranks_a_gross_segment_first(self):
        self.make_asd()
        out = self.data / "out.json"
        done = self.run_bench("--sets", "asd", "--epsilonctl", sys.argv[1], "--json", out, "--models",
                              "product,diary,mahalanobis,zscore,static_gauss,static_mahalanobis")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = {entry["model"]: entry for entry in json.loads(out.read_text(encoding="utf-8"))["sets"]}
        self.assertEqual(len(found), 6)
        for name, entry in found.items():
            with self.subTest(name):
                # Below 1 by what lies between two thresholds, and by the slopes beside the segment.
                # The averages of the default model go on for some rows after it.
                self.assertGreater(entry["vus_pr"], 0.5 if name == "product" else 0.75)
                self.assertGreater(entry["auc_pr"], 0.4 if name == "product" else 0.9)
                self.assertEqual([knob["segments"] for knob in entry["knobs"]], [1, 1, 1])
                # Clean is what is farther than the tolerance from the segment.
                clean_rows = TEST_ROWS - len(SEGMENT) - 2 * sets.RECIPES["asd"].tolerance_rows
                self.assertAlmostEqual(entry["knobs"][0]["clean_weeks"], clean_rows * 300 / 604800, delta=1e-12)
                self.assertIn(f"| asd | {name} |", done.stdout)
        self.assertEqual(found["static_gauss"]["knobs"][1]["detected"], 1)
        self.assertEqual(found["static_gauss"]["knobs"][1]["median_delay_s"], 0.0)

    def test_a_program_that_fails_is_said_and_fails_the_benchmark(self):
        self.make_asd()
        done = self.run_bench("--sets", "asd", "--models", "product", "--epsilonctl", sys.argv[1],
                              "--set", "baseline=no")
        self.assertEqual(done.returncode, 1)
        self.assertIn("asd/x: exit 78", done.stderr)

    def test_an_unknown_set_or_model_and_a_folder_that_is_not_there_are_refused(self):
        self.assertIn("unknown: moon", self.run_bench("--sets", "moon").stderr)
        self.assertIn("unknown: moon", self.run_bench("--models", "moon").stderr)
        self.assertEqual(self.run_bench("--data", self.data / "nowhere").returncode, 2)

    def test_nab_is_scored_through_epsilonctl(self):
        labels = np.isin(np.arange(3000), range(2000, 2100)).astype(int)
        values = self.random.normal(size=(3000, 1)) + 40.0 * (labels == 1)[:, None]
        table(self.data, "nab/made/step.csv", values, labels, "timestamp")
        done = self.run_bench("--epsilonctl", sys.argv[1], program="nab_run.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {line.split("|")[1].strip(): line.split("|")[2:] for line in done.stdout.splitlines()[2:]}
        self.assertEqual(list(rows), ["series", "windowed Gaussian"])
        for name, cells in rows.items():
            self.assertEqual(cells[3].strip(), "1 of 1", name)
            self.assertTrue(0.0 < float(cells[0]) <= 100.0, name)

    def test_a_train_file_is_learned_and_a_test_file_is_scored(self):
        self.make_asd()
        case, = sets.cases("asd", self.data)
        self.assertEqual([path.name for path in case.files], ["x_train.csv", "x_test.csv"])
        self.assertEqual((case.scored_from, case.fitted_rows), (TRAIN_ROWS, TRAIN_ROWS))
        self.assertEqual(sets.values_of(case).shape, (TRAIN_ROWS + TEST_ROWS, 4))
        self.assertEqual(np.flatnonzero(sets.labels_of(case)).tolist(), [TRAIN_ROWS + row for row in SEGMENT])

    def test_minutes_with_a_fault_elsewhere_are_left_out(self):
        labels = np.zeros(1600, dtype=int)
        labels[1500] = 1
        table(self.data, "kddi-nfv/vm.csv", np.ones((1600, 2)), labels, "timestamp", 6000)
        minutes = "".join(f"{6000 + 60 * row},5,loss,other,\n" for row in (1500, 1501, 1502))
        header = "timestamp,status,kind,node,interface\n"
        (self.data / "kddi-nfv/events.csv").write_text(header + minutes, encoding="ascii")
        case, = sets.cases("kddi-nfv", self.data)
        self.assertEqual(case.scored_from, 1440)
        marked = sets.labels_of(case)
        self.assertEqual(marked[1499:1504].tolist(), [0, 1, episodes.UNSCORED, episodes.UNSCORED, 0])

    def test_a_run_of_the_hpc_node_follows_the_clean_run_of_its_application(self):
        for name in ("App_baseline", "App_CC_CO__separate__ST1", "App_CO_ML__overlaps__ST1", "App_CC__ST1"):
            table(self.data, f"hpc-ldms/{name}.csv", np.ones((5, 1)), np.zeros(5, dtype=int), "timestamp")
            plain = self.data / f"hpc-ldms/{name}.csv"
            subprocess.run(["gzip", plain], check=True)
        found = {case.group: case for case in sets.cases("hpc-ldms", self.data)}
        self.assertEqual(sorted(found), ["hpc:CC", "hpc:CO", "hpc:ML"])
        for case in found.values():
            self.assertEqual(case.files[0].name, "App_baseline.csv.gz")
            self.assertEqual(case.scored_from, 5)

    def test_the_warm_up_is_30_rows_and_at_least_30_s(self):
        self.assertEqual(detectors.warm_up_s(sets.RECIPES["smd"]), 1800)
        self.assertEqual(detectors.warm_up_s(sets.RECIPES["hpc-ldms"]), 30)
        self.assertEqual(detectors.warm_up_s(sets.RECIPES["livefaults"]), 380)

    def test_a_key_of_an_experiment_wins(self):
        text = detectors.configuration(detectors.MODELS["product"], sets.RECIPES["smd"], 2.0, {"warm_up": "1h"})
        self.assertIn("interval = 60s\n", text)
        self.assertIn("false_alarms_per_week = 2\n", text)
        self.assertEqual(text.count("warm_up"), 1)
        self.assertIn("warm_up = 1h\n", text)

    def test_the_tail_of_a_static_model_is_by_probability_weighted_moments(self):
        # 1, 2, 4 .. 128: moments 255 / 8 and 247 / 56, so the shape is 2 - first / (first - 2 second); then eight peaks
        # against a prior of 0.1 worth five.
        first, second = 255 / 8, 247 / 56
        shape = (8 * (2 - first / (first - 2 * second)) + 5 * 0.1) / 13
        fitted = static_models.generalised_pareto(2.0 ** np.arange(8))
        self.assertAlmostEqual(fitted[0], shape, delta=1e-15)
        self.assertAlmostEqual(fitted[1], first * (1 - shape), delta=1e-14)
        # 1 .. 8 would have shape -1, which is taken as -0.5; fewer than eight peaks have that of the prior.
        self.assertAlmostEqual(static_models.generalised_pareto(np.arange(1.0, 9.0))[0], (-4 + 0.5) / 13, delta=1e-15)
        self.assertAlmostEqual(static_models.generalised_pareto(np.array([1.0, 9.0, 2.0]))[0], 0.1, delta=1e-15)

    def test_the_cut_of_a_static_model_is_the_quantile_of_the_wanted_rate(self):
        train = np.concatenate([np.zeros(980), 2.0 ** np.arange(20)])
        shape, scale = static_models.generalised_pareto(2.0 ** np.arange(20))
        # A week of 10,000 rows has 200 peaks; two false ones a week are one in 100 of them.
        cut = static_models.pot_threshold(train, 10000, 2.0)
        self.assertAlmostEqual(cut / (scale / shape * (100 ** shape - 1)), 1.0, delta=1e-12)
        self.assertGreater(static_models.pot_threshold(np.ones(1000), 10000, 2.0), 1.0)

    def test_an_absent_value_of_a_static_model_is_the_one_before_it(self):
        filled, z = static_models.standardised(np.array([[1.0], [3.0], [np.nan], [1.0], [9e9]]), 4)
        self.assertEqual(filled[:, 0].tolist(), [1.0, 3.0, 3.0, 1.0, 9e9])
        self.assertEqual(z[:, 0].tolist(), [-1.0, 1.0, 1.0, -1.0, static_models.FURTHEST_Z])


if __name__ == "__main__":
    main(Run)
