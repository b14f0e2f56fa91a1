#!/usr/bin/python3
"""Ranking metrics against scikit-learn and a slow implementation (tests/golden/make_detection_golden.py)."""
import math
import unittest

from testing import golden_series, golden_values, main

import numpy as np

import metrics

# Sums of at most 250 terms of at most 1, in another order: 250 roundings of 2^-53.
ROUNDING = 3e-14


class Metrics(unittest.TestCase):
    def test_average_precision_is_that_of_scikit_learn(self):
        series = golden_series()
        for name, _, expected in golden_values("auc_pr"):
            self.assertAlmostEqual(metrics.auc_pr(*series[name]), expected, delta=ROUNDING, msg=name)

    def test_volume_under_the_surface_is_that_of_the_slow_way(self):
        series = golden_series()
        values = golden_values("vus_pr")
        self.assertEqual(len(values), 20)
        for name, window, expected in values:
            actual = metrics.vus_pr(*series[name], int(window))
            self.assertAlmostEqual(actual, expected, delta=ROUNDING, msg=f"{name}, window {window}")

    def test_average_precision_of_four_rows_by_hand(self):
        # From the top: a hit (precision 1, recall 1/2), a miss, a hit (precision 2/3, recall 1), a miss.
        self.assertAlmostEqual(metrics.auc_pr([4, 3, 2, 1], [1, 0, 1, 0]), 0.5 * 1 + 0.5 * 2 / 3, delta=ROUNDING)

    def test_a_perfect_score_lacks_what_lies_between_two_thresholds(self):
        labels = np.zeros(1000)
        labels[500:700] = 1
        # Thresholds are at ranks 999 k / 249: 196 for k = 49, so 197 of the 200 rows are found with precision 1, and
        # 200 for k = 50, which finds the other 3 with precision 200 / 201.
        by_hand = 197 / 200 + 3 / 200 * 200 / 201
        self.assertAlmostEqual(metrics.vus_pr(labels + 1e-6 * np.arange(1000), labels, 0), by_hand, delta=ROUNDING)
        self.assertEqual(metrics.auc_pr(labels, labels), 1.0)

    def test_any_growing_function_of_a_score_ranks_alike(self):
        scores, labels = golden_series()["smooth"]
        bent = np.exp(scores) - 7.0
        self.assertEqual(metrics.auc_pr(bent, labels), metrics.auc_pr(scores, labels))
        self.assertEqual(metrics.vus_pr(bent, labels, 20), metrics.vus_pr(scores, labels, 20))

    def test_infinite_scores_are_ranked_and_nan_is_refused(self):
        scores, labels = golden_series()["smooth"]
        far = np.where(scores == scores.max(), np.inf, scores)
        self.assertEqual(metrics.vus_pr(far, labels, 10), metrics.vus_pr(scores, labels, 10))
        self.assertRaises(ValueError, metrics.vus_pr, np.where(scores == scores.max(), np.nan, scores), labels, 10)
        self.assertRaises(ValueError, metrics.auc_pr, [1.0, math.nan], [0, 1])

    def test_a_file_without_a_label_has_no_figure(self):
        self.assertTrue(math.isnan(metrics.vus_pr([1.0, 2.0], [0, 0], 10)))
        self.assertTrue(math.isnan(metrics.auc_pr([1.0, 2.0], [0, 0])))

    def test_scores_of_another_length_than_labels_are_refused(self):
        self.assertRaises(ValueError, metrics.auc_pr, [1.0, 2.0], [1])

    def test_segments_reach_both_ends(self):
        first, last = metrics.segments([1, 1, 0, 1, 0, 0, 1])
        self.assertEqual((first.tolist(), last.tolist()), ([0, 3, 6], [1, 3, 6]))
        self.assertEqual(metrics.segments([0, 2, 0])[0].tolist(), [])


if __name__ == "__main__":
    main(Metrics)
