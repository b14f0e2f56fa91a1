#!/usr/bin/python3
"""Expected values for the model tests, from SciPy and NumPy; never from our own output.

Run it in this folder; it rewrites every .csv beside it. Each file says tool versions and seed in its first line.
"""
import math
import platform

import numpy as np
import scipy
from scipy import stats

SEED = 20240607


def write(name, header, rows):
    with open(name, "w", encoding="ascii") as out:
        out.write(f"# make_golden.py: scipy {scipy.__version__}, numpy {np.__version__}, "
                  f"python {platform.python_version()}, seed {SEED}\n")
        out.write(",".join(header) + "\n")
        for row in rows:
            out.write(",".join(repr(float(value)) for value in row) + "\n")


def two_sided_surprise(z):
    return -(stats.norm.logsf(abs(z)) + math.log(2)) / math.log(10)


def gaussian(rng):
    rows = []
    for mean, sd in [(0, 1), (-3.5, 0.02), (8e12, 1e6), (1e-9, 1e-12), (42, 1e12)]:
        for z in [0, 0.1, -0.5, 1, -2, 3.25, 6, -10, 14, 30, -37]:
            x = mean + z * sd
            rows.append((mean, sd, x, stats.norm.logpdf(x, mean, sd), two_sided_surprise((x - mean) / sd)))
    for z in [50, 1e3, 1e6, 1e9]:  # the tail underflows, the log density does not
        rows.append((0, 1, z, stats.norm.logpdf(z), two_sided_surprise(z)))
    write("gaussian.csv", ["mean", "sd", "x", "log_density", "surprise"], rows)


def product(rng):
    """100 training rows, then 40 rows to score: 6 features of very different size, among them bytes near 1e12."""
    centre = np.array([0.3, 2.2e12, 75.0, 1e-6, -40.0, 5e8])
    spread = np.array([0.1, 3e11, 4.0, 1e-7, 11.0, 1e3])
    train = centre + spread * rng.standard_normal((100, 6))
    test = centre + 3 * spread * rng.standard_normal((40, 6))
    mean, sd = train.mean(axis=0), train.std(axis=0)
    rows = []
    for is_test, table in [(0, train), (1, test)]:
        for row in table:
            rows.append((is_test, *row, stats.norm.logpdf(row, mean, sd).sum()))
    write("product_density.csv", ["is_test", *[f"x{i}" for i in range(6)], "log_density"], rows)


def moments(rng):
    """A thousand whole numbers of bytes near 8e12 with a variance near 0.083 in units of 1: the sum of squares fails."""
    values = 8e12 + np.round(rng.uniform(-0.5, 0.5, 1000) * 1024) / 1024
    exact = values.astype(np.longdouble)
    running = [(v, exact[:i + 1].mean(), exact[:i + 1].var()) for i, v in enumerate(values)]
    write("moments.csv", ["value", "mean_so_far", "variance_so_far"], running)


def sample_tail(rng):
    """The batch tail: a plain reading of Hosking and Wallis (1987) with the documented shrinkage, scipy's genpareto."""
    for name, scores in [("exponential", rng.exponential(3.0, 500)), ("pareto", rng.pareto(2.0, 400)),
                         ("uniform", rng.uniform(-5, 5, 300)), ("normal", rng.standard_normal(60))]:
        scores = np.sort(scores)
        n = len(scores)
        start = scores[int(0.9 * (n - 1))]
        peaks = scores[scores > start] - start
        count = len(peaks)
        b0 = peaks.mean()
        b1 = sum(x * (count - j) / (count - 1) for j, x in enumerate(peaks, start=1)) / count
        hosking_k = b0 / (b0 - 2 * b1) - 2
        shape = min(max(-hosking_k, -0.5), 0.7) * count / (count + 20)
        prior = (start - scores[(n - 1) // 2]) / math.log(5)
        scale = (1 - shape) * (peaks.sum() + 5 * prior) / (count + 5)
        rows = [(0, value, 0) for value in scores]
        end = 0.85 / -shape if shape < 0 else 40.0
        for reduced in np.linspace(0.01, end, 25):
            value = start + reduced * scale
            log_tail = math.log((count + 0.5) / (n + 1)) + stats.genpareto.logsf(value - start, shape, scale=scale)
            rows.append((1, value, -log_tail / math.log(10)))
        rows.append((2, shape, scale))
        write(f"sample_tail_{name}.csv", ["kind", "score", "surprise"], rows)


def generalised_pareto(rng):
    """-ln of the survival function of scipy's genpareto, down to where 1 + shape * excess is 0.1 or it is exp(-600)."""
    rows = []
    for shape in [-0.5, -0.3, -0.05, -1e-3, -2e-9, 0.0, 2e-9, 1e-3, 0.2, 0.7]:
        end = min(0.9 / -shape, 400.0) if shape < 0 else 400.0
        for excess in np.geomspace(1e-3, end, 16):
            rows.append((shape, excess, -stats.genpareto.logsf(excess, shape)))
    write("generalised_pareto.csv", ["shape", "excess_in_scales", "minus_log_survival"], rows)


def tail_edges(rng):
    """Where the bins of log2 |z| in sixths begin in [1, 2): the smallest doubles z with z^6 >= 2^k, in whole numbers."""
    rows = []
    for sixth in range(6):
        low, high = 2**52, 2**53
        while low < high:
            middle = (low + high) // 2
            if middle**6 >= 2 ** (6 * 52 + sixth):
                high = middle
            else:
                low = middle + 1
        rows.append((sixth, low / 2**52))
    write("tail_edges.csv", ["sixth", "smallest"], rows)


def forgotten(rng):
    """1 - 2^(-t / h) for short and long times, both sides of where the short ones end (ln 2 t / h = 1 / 32)."""
    ratios = [1e-300, 1e-18, 1e-9, 3e-6, 1e-4, 0.004, 0.02, 0.045, 0.0450842, 0.0450843, 0.05, 0.3, 1.0, 20.0, 2000.0]
    write("forgotten_share.csv", ["time_in_half_lives", "share"], [(x, -math.expm1(-math.log(2) * x)) for x in ratios])


def main():
    for make in (gaussian, product, moments, sample_tail, generalised_pareto, tail_edges, forgotten):
        make(np.random.default_rng(SEED))


main()
