#!/usr/bin/python3
"""Episodes, by hand: rows of a minute, flagged rows at most 3 apart are one episode, tolerance 5 rows."""
import math
import unittest

from testing import main

import numpy as np

import episodes

STEP_S, GAP, TOLERANCE, ROWS = 60.0, 3, 5, 200
SEGMENT = (100, 109)


def flags(*rows):
    flagged = np.zeros(ROWS, dtype=bool)
    flagged[list(rows)] = True
    return flagged


def labels(*segments):
    marked = np.zeros(ROWS, dtype=int)
    for first, last in segments or (SEGMENT,):
        marked[first:last + 1] = 1
    return marked


def tally(*rows, marked=None):
    return episodes.tally(flags(*rows), labels() if marked is None else marked, STEP_S, GAP, TOLERANCE)


class Episodes(unittest.TestCase):
    def test_rows_at_the_gap_are_one_episode_and_beyond_it_two(self):
        self.assertEqual(tally(10, 13, 16).false_episodes, 1)
        self.assertEqual(tally(10, 14).false_episodes, 2)

    def test_time_within_the_tolerance_is_not_clean(self):
        result = tally()
        self.assertEqual(result.clean_rows, ROWS - 10 - 2 * TOLERANCE)
        self.assertAlmostEqual(result.clean_weeks, result.clean_rows / 10080, delta=1e-15)

    def test_an_episode_within_the_tolerance_is_neither_false_nor_a_detection_before_the_segment(self):
        result = tally(95, 97)
        self.assertEqual((result.false_episodes, result.detected), (0, 0))
        self.assertEqual(tally(94).false_episodes, 1)

    def test_a_segment_is_detected_until_the_tolerance_after_it(self):
        result = tally(114)
        self.assertEqual((result.detected, result.delays_s, result.false_episodes), (1, [14 * STEP_S], 0))
        self.assertEqual(tally(115).detected, 0)

    def test_the_delay_is_from_the_start_of_the_segment_to_the_first_flagged_row(self):
        self.assertEqual(tally(98, 100, 103).delays_s, [0.0])
        self.assertEqual(tally(104, 108).delays_s, [240.0])

    def test_a_false_episode_that_runs_into_a_segment_detects_nothing(self):
        # Near the label are 9 of 32 flagged rows, which is below 30 %; then 6 of 14.
        stuck = tally(*range(72, 104))
        self.assertEqual((stuck.false_episodes, stuck.detected), (1, 0))
        true = tally(*range(87, 101))
        self.assertEqual((true.false_episodes, true.detected, true.flagged_clean_rows), (0, 1, 8))

    def test_a_share_of_three_in_ten_is_not_false(self):
        self.assertEqual(tally(*range(88, 98)).false_episodes, 0)

    def test_each_segment_counts_once(self):
        result = tally(50, 52, 151, marked=labels((50, 54), (150, 151), (180, 181)))
        self.assertEqual((result.segments, result.detected, result.delays_s), (3, 2, [0.0, 60.0]))

    def test_a_row_with_a_fault_elsewhere_is_neither_clean_nor_a_segment(self):
        marked = np.zeros(ROWS, dtype=int)
        marked[100] = episodes.UNSCORED
        result = tally(98, 105, marked=marked)
        self.assertEqual((result.false_episodes, result.segments), (0, 0))
        self.assertEqual(result.clean_rows, ROWS - 2 - 1 - TOLERANCE)
        self.assertEqual(tally(97, marked=marked).false_episodes, 1)
        self.assertEqual(tally(106, marked=marked).false_episodes, 1)

    def test_tallies_add_up_and_have_no_ratio_of_nothing(self):
        total = episodes.Tally()
        self.assertTrue(math.isnan(total.false_per_week()) and math.isnan(total.recall()))
        self.assertTrue(math.isnan(total.median_delay_s()) and math.isnan(total.flagged_share()))
        for rows in ((10, 102), (20, 109), (30,)):
            total.add(tally(*rows))
        self.assertEqual((total.false_episodes, total.detected, total.segments), (3, 2, 3))
        self.assertAlmostEqual(total.false_per_week(), 3 * 10080 / (3 * 180), delta=1e-9)
        self.assertEqual(total.median_delay_s(), 540.0)
        self.assertAlmostEqual(total.flagged_share(), 3 / 540, delta=1e-15)


if __name__ == "__main__":
    main(Episodes)
