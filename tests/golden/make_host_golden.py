#!/usr/bin/python3
"""Expected numbers for the parts of the default detector, from plain NumPy and the formulas in their headers.

    make_host_golden.py        rewrites host_*.csv in this folder

Nothing of it is shared with models/; the first line of each file says tool versions and seed.
"""
import math
import platform
from pathlib import Path

import numpy as np

SEED = 20261122
FOLDER = Path(__file__).parent
DAY_S = 86400.0


def write(name: str, columns: str, rows: list) -> None:
    tools = f"Python {platform.python_version()}, NumPy {np.__version__}"
    head = f"# {name}: make_host_golden.py, {tools}, seed {SEED}\n{columns}\n"
    lines = [",".join(f"{value:.15g}" for value in row) for row in rows]
    (FOLDER / name).write_text(head + "\n".join(lines) + "\n")


def given_others(rng: np.random.Generator) -> None:
    d, rows = 5, []
    covariance = np.eye(d)
    mix = rng.normal(size=(d, d))
    for n in range(1, 121):
        z = np.round(mix @ rng.normal(size=d) * (20.0 if n % 10 == 0 else 0.7), 3)
        z[4] = 0.0  # never moves
        gain = max(0.02, 1.0 / (n + 1.0))
        bounded = np.clip(z, -4, 4)
        covariance = (1 - gain) * covariance + gain * np.outer(bounded, bounded)
        scale = 1 / np.sqrt(np.maximum(np.diag(covariance), 1e-6))
        shrinkage = max(0.5, min(0.9, d / n))
        precision = np.linalg.inv((1 - shrinkage) * covariance * np.outer(scale, scale) + shrinkage * np.eye(d))
        conditional = precision @ np.clip(z, -30, 30) / np.sqrt(np.diag(precision))
        rows.append([gain, n, *z, 10.5 * np.log(1 + conditional**2 / 20).sum()])
    write("host_given_others.csv", "gain, rows, z 0 .. 4, strangeness after learning and refreshing", rows)


def time_scale_scores(rows: list, ends_soon: bool) -> list:
    weights = np.array([1.0, 1.0, 0.6])
    gains = np.array([1 - 2 ** (-1 / h) if h else 1.0 for h in (0, 2, 6.6, 21.78)])[:, None]
    average, mean, variance, learned = None, np.zeros((4, 3)), np.ones((4, 3)), 0
    scores = []
    for *sums, elapsed_s, learns in rows:
        sums, sd = np.array(sums), np.sqrt(np.maximum(variance, 0.04 * gains / (2 - gains)))
        average = np.tile(sums, (4, 1)) if average is None else average
        bounded = np.tile(np.minimum(sums, mean[0] + (3 if ends_soon else 30) * sd[0]) if learned > 50 else sums, (4, 1))
        bounded[0] = sums
        average = average + gains * (bounded - average)
        if ends_soon and learned > 50:
            above = average - mean
            over = (above[2:] > 0) & (above[1] < above[2:] / 2)
            average[2:] = np.where(over, mean[2:], average[2:])
        score = 0.0
        if learned >= 20:
            largest = ((average - mean) / sd).max(axis=0)
            parts = np.where(largest > 0, np.log1p(np.maximum(largest, 0)), largest)
            score = float((weights * parts).sum() / weights.sum())
        scores.append(score)
        if not learns:
            continue
        gain = max(1 - 2 ** (-elapsed_s / (60 * DAY_S)), 1 / (learned + 1))
        residual = average - mean
        if learned > 50:
            residual = np.clip(residual, -3 * sd, 3 * sd)
        mean = mean + gain * residual
        variance = variance + gain * (residual**2 - variance)
        learned += 1
    return scores


def time_scales(rng: np.random.Generator) -> None:
    rows = []
    for n in range(400):
        spike = 2000.0 if n in (149, 249) else 60.0 if n % 50 == 49 else 0.0
        sums = np.round(rng.gamma(2.0, 5.0, 3) + spike, 3)
        elapsed_s = float(rng.integers(30, 600)) * (1000 if n > 300 else 1)
        rows.append([*sums, elapsed_s, float(n % 7 != 6)])
    scores = zip(rows, time_scale_scores(rows, False), time_scale_scores(rows, True))
    write("host_time_scales.csv", "three sums, elapsed_s, learned, score, score where the longest averages end soon",
          [[*row, score, soon] for row, score, soon in scores])


class Episodes:
    """The tail of episodes: every number worked out anew from the list of peaks."""

    def __init__(self, interval_s: float):
        self.interval_s, self.gap_s = interval_s, 60.0 if interval_s <= 2 else max(1800.0, 6 * interval_s)
        self.first, self.n, self.t = [], 0, 0.0
        self.open, self.above_s = None, 0.0
        self.peaks, self.clusters, self.complete = [], 0.0, -1e9
        self.u, self.scale, self.at_u = 1.0, 0.4, -math.log10(0.05 / 5 / 3)
        self.lasting, self.averaged = np.array([self.u, self.scale, self.at_u]), 3000.0

    def learn(self, score: float, elapsed_s: float) -> None:
        self.n += 1
        self.t += elapsed_s
        if self.n <= 200:
            self.first.append(score)
            if self.n == 200:
                ordered = sorted(self.first)
                self.u, self.step = ordered[189], max(1e-6, ordered[179] - ordered[99])
                self.fit()
                self.rate()
            return
        if self.t > 56 * DAY_S:
            self.clusters *= 1 - min(1.0, elapsed_s / (56 * DAY_S))
        self.u += self.step * min(0.05, max(0.002, 20 / self.n)) * (0.95 if score > self.u else -0.05)
        if score > self.u:
            if self.open is None:
                self.begun_s = self.t
            self.open = score if self.open is None else max(self.open, score)
            self.above_s = self.t
        ends = self.t - self.above_s > self.gap_s or (self.open is not None and self.t - self.begun_s > 12 * self.gap_s)
        if self.open is not None and ends:
            self.keep(self.open)
            self.open = None
            self.fit()
        self.rate()
        gain = max(1 - 2 ** (-elapsed_s / (30 * DAY_S)), 1 / (self.averaged + 1))
        self.averaged += 1
        self.lasting = self.lasting + gain * (np.array([self.u, self.scale, self.at_u]) - self.lasting)

    def keep(self, height: float) -> None:
        self.peaks = [p for p in self.peaks if self.t - p[0] <= 56 * DAY_S] + [(self.t, height)]
        if len(self.peaks) > 200:
            lowest = min(self.peaks, key=lambda p: p[1])
            self.peaks.remove(lowest)
            self.complete = max(self.complete, lowest[1])
        self.clusters += 1
        self.scale += (height - self.u - self.scale) / min(self.clusters, 200.0)

    def fit(self) -> None:
        def above(floor: float) -> np.ndarray:
            return np.array(sorted(h for _, h in self.peaks if h > floor))

        heights = above(max(self.u, self.complete))
        if len(heights) < 40 and self.complete > self.u:
            self.complete = self.u
            heights = above(self.u)
        if self.complete <= self.u:
            self.clusters = float(len(heights))
            self.scale = ((heights - self.u).sum() + 5 * 0.4) / (len(heights) + 5)
        k = len(heights) if len(heights) <= 40 else max(40, len(heights) // 4)
        self.v = max(self.u, self.complete) if k == len(heights) else heights[-k - 1]
        y = heights[len(heights) - k:] - self.v
        shape = 0.0
        if k >= 8:  # Hosking and Wallis: 2 - a0 / (a0 - 2 a1)
            a0, a1 = y.mean(), (y * (k - 1 - np.arange(k)) / (k - 1)).mean()
            shape = min(0.7, max(-0.5, 2 - a0 / (a0 - 2 * a1)))
        self.shape = shape * k / (k + 20)
        self.tail_scale = (1 - self.shape) * (y.sum() + 5 * self.scale) / (k + 5)
        self.share = min(1.0, k / self.clusters) if k else 1.0

    def rate(self) -> None:
        week_s = 7 * DAY_S
        weeks = min(56 * DAY_S, max(1.0, self.t)) / week_s
        per_week = (self.clusters + 1) / (weeks + self.interval_s * 100 / week_s)
        self.at_u = -math.log10(per_week * self.interval_s / week_s / 3)

    def surprise(self, score: float) -> tuple:
        def positive(s: float) -> float:
            return s if s >= 1 else math.exp(s - 1)

        def beside(u: float, scale: float) -> float:
            steps = (score - u) / scale / math.log(10)
            return -math.log10(0.05) + (10 * steps if steps > 0 else steps)

        start, scale, at_start = self.lasting
        lasting = at_start + (score - start) / scale / math.log(10)
        to_v = -math.log10(self.share)
        if score <= self.u:
            recent = self.at_u + (score - self.u) / self.scale / math.log(10)
        elif score < self.v:
            recent = self.at_u + to_v * (score - self.u) / (self.v - self.u)
        else:
            y = (score - self.v) / self.tail_scale
            left = 1 + self.shape * y
            if abs(self.shape) <= 1e-4:
                decay = y
            elif left >= 0.1:
                decay = math.log(left) / self.shape
            else:  # on in a straight line
                decay = (math.log(0.1) + (left - 0.1) / 0.1) / self.shape
            recent = self.at_u + to_v + decay / math.log(10)
        lasting = min(lasting, beside(start, scale))
        recent = min(recent, beside(self.u, self.scale))
        known = self.n >= 200 and self.t >= 3600
        return positive(lasting), positive(recent) if known else 0.0


def episodes(name: str, scores: np.ndarray, interval_s: float, elapsed_s: float) -> None:
    tail, expected = Episodes(interval_s), []
    for n, score in enumerate(scores, 1):
        tail.learn(float(score), elapsed_s)
        if n >= 200 and n % 100 == 0:
            for asked in (-2.0, 0.3, 1.1, 2.0, 4.0, 9.0, 60.0):
                expected.append([n, asked, *tail.surprise(asked)])
    columns = f"scores {elapsed_s:g} s apart at an interval of {interval_s:g} s"
    write(f"host_episodes_{name}_scores.csv", columns, [[score] for score in scores])
    write(f"host_episodes_{name}.csv", "scores learned, score, lasting, recent", expected)


def main() -> None:
    rng = np.random.default_rng(SEED)
    given_others(rng)
    time_scales(rng)
    # Neighbours alike, so that clusters are longer than one; fewer peaks than have room.
    noise = rng.exponential(0.5, 801)
    episodes("exponential", np.round(np.maximum(noise[1:], 0.8 * noise[:-1]), 3), 300.0, 300.0)
    # Eight weeks and more, and more peaks than have room.
    episodes("heavy", np.round(0.2 * rng.pareto(3.0, 6500) + 0.5 * rng.uniform(size=6500), 3), 1.0, 850.0)


main()
