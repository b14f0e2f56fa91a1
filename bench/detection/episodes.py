"""Flagged rows as a person meets them: episodes, false ones per clean host-week, segments detected, delay."""
import dataclasses
import statistics

import numpy as np

from metrics import segments

UNSCORED = 2  # a label: something else was wrong at that row, so it is neither an anomaly nor clean
SHARE_OF_TRUE = 0.3
WEEK_S = 604800.0


@dataclasses.dataclass
class Tally:
    """Sums over files; ratios are NaN where there is nothing to divide by."""
    clean_rows: int = 0
    clean_weeks: float = 0.0
    flagged_clean_rows: int = 0
    false_episodes: int = 0
    segments: int = 0
    detected: int = 0
    delays_s: list = dataclasses.field(default_factory=list)

    def add(self, other):
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def false_per_week(self):
        return self.false_episodes / self.clean_weeks if self.clean_weeks > 0 else float("nan")

    def recall(self):
        return self.detected / self.segments if self.segments else float("nan")

    def flagged_share(self):
        return self.flagged_clean_rows / self.clean_rows if self.clean_rows else float("nan")

    def median_delay_s(self):
        """A delay that was measured: the upper one of the middle two."""
        return statistics.median_high(self.delays_s) if self.delays_s else float("nan")


def joined(flagged_rows, gap_rows):
    """Row numbers of flagged rows, ascending, as a list of episodes: arrays whose neighbours are at most gap_rows
    apart."""
    if not len(flagged_rows):
        return []
    return np.split(flagged_rows, np.flatnonzero(np.diff(flagged_rows) > gap_rows) + 1)


def near_labels(labels, tolerance_rows):
    """Rows that do not count as clean: at most the tolerance away from a segment; of an unscored row, those from two
    before to the tolerance after it."""
    near = np.zeros(len(labels), dtype=bool)
    for first, last in zip(*segments(labels)):
        near[max(0, first - tolerance_rows):last + tolerance_rows + 1] = True
    for row in np.flatnonzero(labels == UNSCORED):
        near[max(0, row - 2):row + tolerance_rows + 1] = True
    return near


def tally(flags, labels, step_s, gap_rows, tolerance_rows):
    """Judges the flags of one file, rows in order and of step_s each. An episode is false if fewer than 30 % of its
    flagged rows are near a label; a segment is detected by a flagged row of an episode that is not false, inside it or
    in the tolerance after it."""
    flags = np.asarray(flags, dtype=bool)
    labels = np.asarray(labels)
    near = near_labels(labels, tolerance_rows)
    clean_rows = int(np.count_nonzero(~near))
    result = Tally(clean_rows=clean_rows, clean_weeks=clean_rows * step_s / WEEK_S)
    true_rows = np.zeros(len(flags), dtype=bool)
    for episode in joined(np.flatnonzero(flags), gap_rows):
        close = int(np.count_nonzero(near[episode]))
        result.flagged_clean_rows += len(episode) - close
        if close < SHARE_OF_TRUE * len(episode):
            result.false_episodes += 1
        else:
            true_rows[episode] = True
    for first, last in zip(*segments(labels)):
        result.segments += 1
        seen = np.flatnonzero(true_rows[first:last + tolerance_rows + 1])
        if len(seen):
            result.detected += 1
            result.delays_s.append(float(seen[0]) * step_s)
    return result
