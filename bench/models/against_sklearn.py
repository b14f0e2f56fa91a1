#!/usr/bin/python3
"""Fit and score: epsilonctl against scikit-learn, on one core, on the same table, in turns.

    bench/models/against_sklearn.py [--rows 100000] [--columns 10] [--repeat 5] [--build build/release]

Both fit and score a table that is in memory already; scikit-learn inside a running interpreter, ours in fit_and_score,
row by row. The last column is epsilonctl as a whole process: start, csv read and parsed three times, fit, calibration,
scores. All in CPU time of one core; medians and ratios are what to quote. Needs python3-sklearn, and the programs
epsilonctl and fit_and_score in the build directory.
"""
import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture

warnings.filterwarnings("ignore")


def table(rows, columns, seed=20261122):
    """Three overlapping, correlated clouds, and one row in a thousand far away."""
    generator = np.random.default_rng(seed)
    parts = []
    for centre, share in ((0.0, 0.5), (2.5, 0.3), (-3.0, 0.2)):
        mixing = generator.normal(size=(columns, columns)) / np.sqrt(columns) + np.eye(columns)
        parts.append(generator.normal(size=(int(rows * share), columns)) @ mixing + centre)
    data = np.vstack(parts)
    generator.shuffle(data)
    data[::1000] += generator.normal(scale=12.0, size=data[::1000].shape)
    return np.round(data, 4)


def sklearn_mixture(data):
    model = GaussianMixture(3, random_state=1, init_params="k-means++").fit(data)
    model.score_samples(data)


def sklearn_kmeans(clusters):
    def run(data):
        KMeans(clusters, n_init=10, random_state=1).fit(data).transform(data)
    return run


def sklearn_forest(data):
    IsolationForest(n_estimators=100, max_samples=256, random_state=1).fit(data).score_samples(data)


CASES = [
    ("mixture, 3 components", sklearn_mixture, ["--model", "mixture", "--components", "3"]),
    ("k-means, 2 clusters, 10 starts", sklearn_kmeans(2), ["--model", "kmeans", "--clusters", "2"]),
    ("k-means, 8 clusters, 10 starts", sklearn_kmeans(8), ["--model", "kmeans", "--clusters", "8"]),
    ("isolation forest, 100 x 256", sklearn_forest, ["--model", "isolation_forest"]),
]


def cpu_of_sklearn(run, data):
    begin = time.process_time()
    run(data)
    return time.process_time() - begin


def cpu_of_process(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cpu_of_fit_and_score(command):
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(words[1]) + float(words[3])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--build", default="build/release")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    data = table(options.rows, options.columns)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.csv")
        np.savetxt(path, data, delimiter=",", fmt="%.4f", comments="",
                   header=",".join(f"c{i}" for i in range(options.columns)))
        print(f"{options.rows} rows x {options.columns} columns, median of {options.repeat}, CPU seconds of one core")
        print(f"{'':34}{'scikit-learn':>14}{'epsilond':>14}{'ratio':>8}{'epsilonctl':>14}")
        for name, reference, arguments in CASES:
            theirs, ours, whole = [], [], []
            for _ in range(options.repeat):
                theirs.append(cpu_of_sklearn(reference, data))
                ours.append(cpu_of_fit_and_score([options.build + "/fit_and_score", path, *arguments]))
                whole.append(cpu_of_process([options.build + "/epsilonctl", "score", path, *arguments]))
            a, b, c = (statistics.median(times) for times in (theirs, ours, whole))
            print(f"{name:34}{a:14.3f}{b:14.3f}{a / b:8.1f}{c:14.3f}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
