"""The score of the Numenta Anomaly Benchmark (Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms",
ICMLA 2015; rules of NAB v1.1), and its windowed-Gaussian detector.

Each labelled window pays once, by its earliest flagged row; each flagged row outside costs, less just behind a window.
One threshold for the whole corpus, the best one for the profile. 0 is a detector that says nothing, 100 one that flags
the first row of every window and no other.
"""
import dataclasses
import math

import numpy as np

from metrics import segments

PROBATION_SHARE, PROBATION_ROWS = 0.15, 750
OUTSIDE = -1  # in place of the number of a window


@dataclasses.dataclass(frozen=True)
class Profile:
    """What a window found is worth, what a false row and a missed window cost: NAB's config/profiles.json."""
    name: str
    found: float
    false: float
    missed: float


PROFILES = (Profile("standard", 1.0, 0.11, 1.0), Profile("reward_low_FP_rate", 1.0, 0.22, 1.0),
            Profile("reward_low_FN_rate", 1.0, 0.11, 2.0))


@dataclasses.dataclass(frozen=True)
class Outcome:
    """`points` before normalisation; the threshold is the lowest score that is flagged, infinite if nothing is."""
    score: float
    points: float
    threshold: float
    found: int
    windows: int
    false_rows: int


def probation(rows):
    """Rows at the start of a file that are not scored."""
    return min(math.floor(PROBATION_SHARE * rows), PROBATION_ROWS)


def scaled_sigmoid(position):
    """2 / (1 + exp(5 position)) - 1; -1 beyond 3. Position -1 is the left edge of a window, 0 just behind its right
    one."""
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


EARLIEST = scaled_sigmoid(-1.0)


def worth(labels):
    """(unweighted worth, number of the window or OUTSIDE) of each row of a file, if it were flagged."""
    values, window = np.full(len(labels), -1.0), np.full(len(labels), OUTSIDE)
    first, last = segments(labels)
    for number, (begin, end) in enumerate(zip(first, last)):
        width = end - begin + 1
        values[begin:end + 1] = [scaled_sigmoid(-(end - row + 1) / width) / EARLIEST for row in range(begin, end + 1)]
        window[begin:end + 1] = number
        until = first[number + 1] if number + 1 < len(first) else len(labels)
        # A window of one row has no width to measure the distance in: the row behind it is as far as can be.
        values[end + 1:until] = [scaled_sigmoid((row - end) / (width - 1)) if width > 1 else -1.0
                                 for row in range(end + 1, until)]
    return values, window


class Corpus:
    """What is scored: (scores, labels) of each file, a larger score is stranger."""

    def __init__(self, files):
        scores, values, windows = [], [], []
        self.windows = 0    # labelled
        self.reachable = 0  # with a row behind the probation
        for score, labels in files:
            score, labels = np.asarray(score, dtype=np.float64), np.asarray(labels)
            if score.shape != labels.shape or np.isnan(score).any():
                raise ValueError("a score per row, and every one a number")
            start = probation(len(labels))
            value, window = worth(labels)
            count = int(window.max(initial=OUTSIDE)) + 1
            window[window != OUTSIDE] += self.windows
            self.windows += count
            self.reachable += len(np.unique(window[start:][window[start:] != OUTSIDE]))
            scores.append(score[start:])
            values.append(value[start:])
            windows.append(window[start:])
        self._scores, self._values, self._windows = map(np.concatenate, (scores, values, windows))
        order = np.argsort(-self._scores, kind="stable")
        self._rows = list(zip(self._scores[order].tolist(), self._values[order].tolist(),
                              self._windows[order].tolist()))

    def _outcomes(self, profile):
        """An Outcome without its score for every threshold that makes a difference, from the highest."""
        points, false_rows, best = -profile.missed * self.reachable, 0, {}
        threshold = math.inf
        for score, value, window in self._rows:
            if score != threshold:
                yield points, threshold, len(best), false_rows
                threshold = score
            if window == OUTSIDE:
                points += profile.false * value
                false_rows += 1
                continue
            value *= profile.found
            before = best.get(window, -profile.missed)
            if window not in best or value > before:
                points += max(value - before, 0.0)
                best[window] = max(value, before)
        yield points, threshold, len(best), false_rows

    def outcome(self, profile, threshold=None):
        """At the best threshold, the highest of equals, or at the given one. NaN without a labelled window."""
        null = -profile.missed * self.reachable
        perfect = profile.found * self.windows
        chosen = None
        for candidate in self._outcomes(profile):
            if threshold is not None and candidate[1] < threshold:
                break
            if chosen is None or threshold is not None or candidate[0] > chosen[0]:
                chosen = candidate
        points, cut, found, false_rows = chosen
        score = 100.0 * (points - null) / (perfect - null) if perfect > null else math.nan
        return Outcome(score, points, cut, found, self.windows, false_rows)


def windowed_gaussian(values, window=6400, step=100):
    """NAB's own baseline, windowedGaussian: 1 - Q(|z|) of each value by the mean and sd of the last `window` values,
    which slides by `step` once it is full. 0 for the first value."""
    values = np.asarray(values, dtype=np.float64)
    scores = np.zeros(len(values))
    centre, spread = 0.0, 1.0
    for row, value in enumerate(values):
        if row > 0:
            scores[row] = 1.0 - 0.5 * math.erfc(abs(value - centre) / spread / math.sqrt(2.0))
        behind = row + 1 - window
        if behind <= 0 or behind % step == 0:
            held = values[max(0, behind):row + 1]
            centre, spread = float(np.mean(held)), float(np.std(held)) or 1e-6
    return scores
