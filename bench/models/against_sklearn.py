#!/usr/bin/python3
"""Rows a second of one core: every model beside scikit-learn and beside the memory, and a replay with every kind.

    bench/models/against_sklearn.py [--rows 100000] [--columns 10] [--repeat 5] [--build build/release]
                                    [--write docs/cost.md]

Fit and score: the same table, in memory already, in turns; scikit-learn inside a running interpreter, ours in
fit_and_score, row by row. Bandwidth: bytes of the table that a pass scores in a second, as a share of what one core reads
from memory in it (numpy's sum of 512 MB). Replay: epsilonctl as a whole process, a long run minus a short one. All in
CPU time of one core; figures are medians, ratios are what to quote. Needs python3-sklearn, and the programs epsilonctl
and fit_and_score in the build directory.
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
from sklearn.covariance import EmpiricalCovariance
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "cost")]
import gates  # noqa: E402
import page  # noqa: E402

warnings.filterwarnings("ignore")

READ_BYTES = 512 << 20
REPLAYED_ROWS = (5_000, 25_000)

# Of ours: the options of epsilonctl score. Of theirs: what fits, and what scores.
CASES = [
    ("product", [], lambda: GaussianMixture(1, covariance_type="diag"), "score_samples"),
    ("mahalanobis", [], EmpiricalCovariance, "mahalanobis"),
    ("mixture, 3 components", ["--components", "3"],
     lambda: GaussianMixture(3, random_state=1, init_params="k-means++"), "score_samples"),
    ("kmeans, 2 clusters, 10 starts", ["--clusters", "2"], lambda: KMeans(2, n_init=10, random_state=1), "transform"),
    ("kmeans, 8 clusters, 10 starts", ["--clusters", "8"], lambda: KMeans(8, n_init=10, random_state=1), "transform"),
    ("isolation_forest, 100 x 256", [],
     lambda: IsolationForest(n_estimators=100, max_samples=256, random_state=1), "score_samples"),
    ("zscore", [], StandardScaler, "transform"),
]


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


def cpu_of(run):
    begin = time.process_time()
    run()
    return time.process_time() - begin


def theirs(make, scorer, data):
    """(fit, score) in seconds."""
    model = make()
    return cpu_of(lambda: model.fit(data)), cpu_of(lambda: getattr(model, scorer)(data))


def ours(command):
    """The same of fit_and_score."""
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(words[1]), float(words[3])


def cpu_of_process(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bytes_read_a_second(repeat):
    field = np.ones(READ_BYTES // 8)
    return READ_BYTES / statistics.median(cpu_of(field.sum) for _ in range(repeat))


def medians(pairs):
    return tuple(statistics.median(column) for column in zip(*pairs))


def compare_models(options, path, data, bandwidth):
    lines = ["| model | fit, s: scikit-learn | epsilond | times faster | score, rows a second: scikit-learn | epsilond | "
             "times faster | of the memory's bandwidth |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for name, tuning, make, scorer in CASES:
        command = [options.build + "/fit_and_score", path, "--model", name.split(",")[0], *tuning]
        rounds = [(theirs(make, scorer, data), ours(command)) for _ in range(options.repeat)]
        their_fit, their_score = medians(pair[0] for pair in rounds)
        our_fit, our_score = medians(pair[1] for pair in rounds)
        rows_a_second = len(data) / our_score
        lines.append("| %s | %.3f | %.3f | %.1f | %s | %s | %.1f | %.1f %% |" % (
            name, their_fit, our_fit, their_fit / our_fit, "{:,.0f}".format(len(data) / their_score),
            "{:,.0f}".format(rows_a_second), their_score / our_score,
            100.0 * rows_a_second * 8 * data.shape[1] / bandwidth))
    return lines


def time_replays(options, folder):
    lines = ["| kind | rows a second |", "|---|---:|"]
    few, many = REPLAYED_ROWS
    for kind in gates.KINDS:
        commands = [gates.replay(options.build, folder, rows, kind) for rows in REPLAYED_ROWS]
        short, whole = medians([cpu_of_process(command) for command in commands] for _ in range(options.repeat))
        lines.append("| %s | %s |" % (kind, "{:,.0f}".format((many - few) / (whole - short))))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--write", help="a page to put the tables into")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    data = table(options.rows, options.columns)
    bandwidth = bytes_read_a_second(options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.csv")
        np.savetxt(path, data, delimiter=",", fmt="%.4f", comments="",
                   header=",".join(f"c{i}" for i in range(options.columns)))
        text = "\n".join(
            ["%d rows of %d columns, %d rounds; one core reads %.1f GB a second." % (
                options.rows, options.columns, options.repeat, bandwidth / 1e9), "",
             *compare_models(options, path, data, bandwidth), "",
             "A row of a replay, read, learned, scored and decided about; ten columns, one for `series`, a refit every "
             "5 minutes where there are refits:", "", *time_replays(options, folder)])
    print(text)
    if options.write:
        page.put_into(options.write, "models", text)


if __name__ == "__main__":
    main()
