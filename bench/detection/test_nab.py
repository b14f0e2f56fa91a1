#!/usr/bin/python3
"""NAB's score against its published examples (Lavin and Ahmad, ICMLA 2015), its rules, and a slow implementation
(tests/golden/make_detection_golden.py)."""
import math
import unittest

from testing import golden_series, golden_values, main

import numpy as np

import nab

STANDARD, LOW_FP, LOW_FN = nab.PROFILES
PUBLISHED = 5e-5  # the paper prints four digits


def file(rows, windows, flagged):
    """(scores, labels): 1 at the flagged rows, else 0."""
    labels, scores = np.zeros(rows, dtype=int), np.zeros(rows)
    for first, last in windows:
        labels[first:last + 1] = 1
    scores[list(flagged)] = 1.0
    return scores, labels


def points(profile, *files):
    return nab.Corpus(files).outcome(profile, threshold=1.0).points


class Nab(unittest.TestCase):
    def test_the_scaled_sigmoid_has_the_published_values(self):
        self.assertAlmostEqual(nab.scaled_sigmoid(-1.0), 0.98661, delta=5e-6)
        self.assertEqual(nab.scaled_sigmoid(0.0), 0.0)
        self.assertAlmostEqual(nab.scaled_sigmoid(0.45), -0.8093, delta=PUBLISHED)
        self.assertAlmostEqual(nab.scaled_sigmoid(1.0), -0.98661, delta=5e-6)
        self.assertAlmostEqual(nab.scaled_sigmoid(3.0), -1.0 + 2.0 / (1.0 + math.exp(15.0)), delta=1e-15)
        self.assertEqual(nab.scaled_sigmoid(3.001), -1.0)

    def test_the_example_of_the_paper_scores_as_published(self):
        # Figure 4: a false row before the window (-1.0), two rows in it of which the earlier counts (+0.9999), one
        # close behind it (-0.8093), one far behind (-1.0); in all 0.6909 with the standard profile.
        first, last = 4000, 6000
        example = file(20000, [(first, last)], [2000, first + 3, first + 500, last + 900, last + 9000])
        values, window = nab.worth(example[1])
        self.assertAlmostEqual(values[2000], -1.0, delta=PUBLISHED)
        self.assertAlmostEqual(values[first + 3], 0.9999, delta=PUBLISHED)
        self.assertAlmostEqual(values[last + 900], -0.8093, delta=PUBLISHED)
        self.assertEqual(values[last + 9000], -1.0)
        self.assertEqual((window[first], window[last], window[last + 1]), (0, 0, nab.OUTSIDE))
        self.assertAlmostEqual(points(STANDARD, example), 0.6909, delta=PUBLISHED)

    def test_the_profiles_weigh_as_published(self):
        weights = [(profile.found, profile.false, profile.missed) for profile in nab.PROFILES]
        self.assertEqual(weights, [(1, 0.11, 1), (1, 0.22, 1), (1, 0.11, 2)])
        missed, false = file(1000, [(400, 499)], []), file(1000, [(400, 499)], [300])
        for profile in nab.PROFILES:
            self.assertAlmostEqual(points(profile, missed), -profile.missed, delta=1e-12)
            self.assertAlmostEqual(points(profile, false), -profile.missed - profile.false, delta=1e-12)

    def test_probation_is_15_percent_and_at_most_750_rows(self):
        self.assertEqual([nab.probation(rows) for rows in (10, 1000, 4032, 5000, 22695)], [1, 150, 604, 750, 750])
        self.assertEqual(points(STANDARD, file(1000, [(400, 499)], [149])), -1.0)
        self.assertAlmostEqual(points(STANDARD, file(1000, [(400, 499)], [150])), -1.11, delta=1e-12)

    def test_a_detector_that_says_nothing_scores_0_and_a_perfect_one_100(self):
        windows = [(400, 499), (700, 720)]
        for profile in nab.PROFILES:
            null = nab.Corpus([file(1000, windows, [])] * 3).outcome(profile)
            self.assertEqual((null.score, null.found, null.windows, null.false_rows), (0.0, 0, 6, 0))
            self.assertEqual(null.threshold, math.inf)
            perfect = nab.Corpus([file(1000, windows, [400, 700])] * 3).outcome(profile)
            self.assertAlmostEqual(perfect.score, 100.0, delta=1e-12)
            self.assertEqual((perfect.found, perfect.false_rows), (6, 0))

    def test_only_the_earliest_row_of_a_window_counts(self):
        one, more = file(1000, [(400, 499)], [430]), file(1000, [(400, 499)], range(430, 500))
        self.assertEqual(points(STANDARD, one), points(STANDARD, more))
        self.assertGreater(points(STANDARD, file(1000, [(400, 499)], [410])), points(STANDARD, one))
        self.assertGreater(points(STANDARD, file(1000, [(400, 499)], [499])), 0.0)

    def test_a_false_row_costs_less_the_closer_it_is_behind_a_window(self):
        costs = [points(STANDARD, file(1000, [(400, 449)], [400, row])) for row in (450, 460, 480, 600)]
        self.assertEqual(costs, sorted(costs, reverse=True))
        self.assertAlmostEqual(costs[-1], 1.0 - 0.11, delta=1e-12)

    def test_a_window_inside_the_probation_cannot_be_missed_but_counts_as_perfect(self):
        hidden = nab.Corpus([file(1000, [(20, 59), (400, 499)], [400])]).outcome(STANDARD)
        # The range is from -1, the one that can be missed, to 2, all that are labelled.
        self.assertAlmostEqual(hidden.score, 100.0 * (1.0 + 1.0) / (2.0 + 1.0), delta=1e-12)

    def test_one_threshold_serves_the_whole_corpus(self):
        scores, labels = file(1000, [(400, 499)], [400])
        loud, quiet = (scores * 5.0 + (np.arange(1000) == 900) * 3.0, labels), (scores * 2.0, labels)
        # At 2 both windows are found and one row is false; at 5 one window is missed.
        best = nab.Corpus([loud, quiet]).outcome(STANDARD)
        self.assertEqual((best.threshold, best.found, best.false_rows), (2.0, 2, 1))
        self.assertAlmostEqual(best.points, 2.0 - 0.11, delta=1e-12)
        self.assertAlmostEqual(nab.Corpus([loud, quiet]).outcome(STANDARD, threshold=4.0).points, 0.0, delta=1e-12)

    def test_the_best_threshold_is_that_of_trying_every_one(self):
        corpus = nab.Corpus(golden_series().values())
        by_name = {profile.name: corpus.outcome(profile) for profile in nab.PROFILES}
        # 2,000 additions to a sum below 20: 2000 * 20 * 2^-53; times 100 / 19, the range of 10 windows, for the score.
        for what, actual, rounding in (("nab_points", lambda o: o.points, 4.5e-12),
                                       ("nab_score", lambda o: o.score, 2.4e-11)):
            values = golden_values(what)
            self.assertEqual(len(values), 3)
            for _, name, expected in values:
                self.assertAlmostEqual(actual(by_name[name]), expected, delta=rounding, msg=f"{what} {name}")

    def test_a_score_that_is_not_a_number_is_refused(self):
        self.assertRaises(ValueError, nab.Corpus, [([math.nan, 1.0], [0, 1])])


class WindowedGaussian(unittest.TestCase):
    def test_the_first_values_by_hand(self):
        scores = nab.windowed_gaussian([1.0, 3.0, 2.0, 4.0])
        # sd 0 counts as 1e-6, so the second is beyond everything; the third is at the mean of 1 and 3; the fourth is
        # 2 away from the mean of 1, 3, 2, whose sd is sqrt(2/3).
        self.assertEqual(scores[:3].tolist(), [0.0, 1.0, 0.5])
        self.assertAlmostEqual(scores[3], 1.0 - 0.5 * math.erfc(2.0 / math.sqrt(2.0 / 3.0) / math.sqrt(2.0)),
                               delta=1e-15)

    def test_a_full_window_slides_by_its_step_only(self):
        values = np.sin(np.arange(40.0) ** 2)
        scores = nab.windowed_gaussian(values, window=10, step=4)
        for row, held in ((10, values[0:10]), (13, values[0:10]), (14, values[4:14]), (17, values[4:14]),
                          (18, values[8:18])):
            z = abs(values[row] - held.mean()) / held.std()
            self.assertAlmostEqual(scores[row], 1.0 - 0.5 * math.erfc(z / math.sqrt(2.0)), delta=1e-15)


if __name__ == "__main__":
    main(Nab, WindowedGaussian)
