#!/usr/bin/env python3
"""Makes outlier_*.csv: what independent implementations say of windows, k-means and isolation forests.

Tools: Python 3.11, NumPy 1.24.2, scikit-learn 1.2.1 (Debian 12). Seed 20261122.
The two files on real tables need the folder that holds them: make_outlier_golden.py DATA_FOLDER; without it they stay.

outlier_window.csv     row, two features (one near 1e12), and what smooth 3, difference 2, lag 3 make of them, in
                       exact fractions, rounded once; the first 7 rows have no vector yet and hold 0.
outlier_netdata.csv    the same table in Netdata's order: difference first, then the mean.
outlier_notebook.csv   one metric scored the way of the notebook that preceded Netdata's detector: train on 25 rows,
                       smooth 3, difference 1, lag 3, two clusters, score capped at 5, from the first two vectors as
                       centres. Lloyd's in NumPy. Columns: row, value, score, and the score when smoothed values and
                       differences are rounded to 2 decimals first, as the notebook did.
outlier_clusters.csv   a made table of three features; outlier_clusters_inertia.csv: clusters and KMeans.inertia_ with
                       n_init 10, of the table as it is and divided by its standard deviations. No more clusters than
                       the table has clouds: of a cloud cut in two the best of ten starts is a matter of luck.
outlier_forest.csv     a made table of four features with its mean of -IsolationForest.score_samples over 20 seeds.
outlier_inertia_sets.csv, outlier_auc_sets.csv
                       the inertia on real tables, and the area under the ROC curve, mean of 40 seeds.
"""
import csv
import gzip
import os
import sys
from fractions import Fraction

import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

SEED = 20261122
HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, comment, header, rows):
    with open(os.path.join(HERE, name), "w") as out:
        out.write(f"# {comment}; made by make_outlier_golden.py\n{','.join(header)}\n")
        for row in rows:
            out.write(",".join(v if isinstance(v, str) else repr(float(v)) if isinstance(v, float) else str(v)
                               for v in row) + "\n")


def mean_of_last(values, n):
    return [None if t < n - 1 or None in values[t - n + 1:t + 1] else sum(values[t - n + 1:t + 1]) / n
            for t in range(len(values))]


def difference(values, rows):
    return [None if t < rows or None in (values[t], values[t - rows]) else values[t] - values[t - rows]
            for t in range(len(values))]


def make_windows(rng):
    table = np.column_stack([rng.normal(0.0, 3.0, 40), 1e12 + np.round(rng.normal(0.0, 50.0, 40))])
    exact = [[Fraction(float(v)) for v in column] for column in table.T]
    for name, order in (("outlier_window.csv", lambda x: difference(mean_of_last(x, 3), 2)),
                        ("outlier_netdata.csv", lambda x: mean_of_last(difference(x, 2), 3))):
        done = [order(column) for column in exact]
        rows = []
        for t in range(7, 40):
            entries = [float(done[f][t - age]) for f in range(2) for age in range(4)]
            rows.append([t] + [float(v) for v in table[t]] + entries)
        rows = [[t] + [float(v) for v in table[t]] + [0.0] * 8 for t in range(7)] + rows
        write(name, "smooth 3, difference 2, lag 3; the first 7 rows have no vector", ["row", "x0", "x1"] +
              [f"f{f}_lag{age}" for f in range(2) for age in range(4)], rows)


def notebook_scores(x, rounded):
    keep = (lambda v: np.round(v, 2)) if rounded else (lambda v: v)
    smooth = keep(np.array([x[t - 2:t + 1].mean() if t >= 2 else np.nan for t in range(len(x))]))
    change = keep(np.array([smooth[t] - smooth[t - 1] if t >= 1 else np.nan for t in range(len(x))]))
    vectors = np.array([[change[t - age] if t >= age else np.nan for age in range(4)] for t in range(len(x))])
    train = vectors[:25]
    train = train[~np.isnan(train).any(axis=1)]
    centres = train[:2].copy()
    while True:
        label = np.argmin(((train[:, None] - centres) ** 2).sum(axis=2), axis=1)
        moved = np.array([train[label == k].mean(axis=0) for k in range(2)])
        if np.array_equal(moved, centres):
            break
        centres = moved
    distance = lambda rows: np.sqrt(((rows[:, None] - centres) ** 2).sum(axis=2)).mean(axis=1)
    known = distance(train)
    return np.minimum((distance(vectors) - known.min()) / (known.max() - known.min()), 5.0)


def make_notebook(rng):
    x = 40.0 + 3.0 * np.sin(np.arange(60) / 4.0) + rng.normal(0.0, 1.0, 60)
    x[45:48] += 6.0
    exact, rounded = notebook_scores(x, False), notebook_scores(x, True)
    write("outlier_notebook.csv", "train on rows 0..24; -1 where there is no vector",
          ["row", "value", "score", "rounded_score"],
          [[t, float(x[t])] + [-1.0 if np.isnan(s[t]) else float(s[t]) for s in (exact, rounded)] for t in range(60)])


def make_clusters(rng):
    centres = rng.normal(0.0, 6.0, (5, 3))
    table = np.round(np.vstack([rng.normal(c, 1.0 + i / 4, (120, 3)) for i, c in enumerate(centres)]), 6)
    table[:, 2] *= 20.0
    write("outlier_clusters.csv", "five clouds of unequal width", ["x0", "x1", "x2"], table.tolist())
    inertia = lambda rows, k: float(KMeans(k, n_init=10, random_state=0).fit(rows).inertia_)
    write("outlier_clusters_inertia.csv", "KMeans(n_init=10).inertia_", ["clusters", "raw", "standardised"],
          [[k, inertia(table, k), inertia((table - table.mean(0)) / table.std(0), k)] for k in (1, 2, 3, 5)])


def one_forest(train, rows, seed):
    model = IsolationForest(n_estimators=100, max_samples=min(256, len(train)), random_state=seed)
    return -model.fit(train).score_samples(rows)


def make_forest(rng):
    table = np.vstack([rng.normal(0.0, 1.0, (480, 4)), rng.normal(0.0, 4.0, (20, 4))])
    table[:, 1] += 0.8 * table[:, 0]
    table[:, 2] = np.exp(table[:, 2])
    table[:, 3] = np.round(table[:, 3])
    scores = np.mean([one_forest(table, table, seed) for seed in range(20)], axis=0)
    write("outlier_forest.csv", "-score_samples, mean of 20 seeds", ["x0", "x1", "x2", "x3", "score"],
          np.column_stack([table, scores]).tolist())


def read_table(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as file:
        rows = list(csv.reader(file))
    columns = [i for i, name in enumerate(rows[0]) if name not in ("t", "timestamp", "label", "fault")]
    values = np.array([[float(row[i]) for i in columns] for row in rows[1:]])
    labels = np.array([int(row[rows[0].index("label")]) for row in rows[1:]]) if "label" in rows[0] else None
    return values, labels


def make_sets(data):
    rows = []
    for name in ("ex8/ex8data1_X.csv", "asd/omi-1_train.csv.gz", "smd/machine-2-1_train.csv.gz",
                 "livefaults/run_a.csv"):
        table, _ = read_table(os.path.join(data, name))
        for k in (2, 4, 8):
            rows.append([name, k, float(KMeans(k, n_init=10, random_state=0).fit(table).inertia_)])
    write("outlier_inertia_sets.csv", "KMeans(n_init=10).inertia_ on the columns as they are",
          ["set", "clusters", "inertia"], rows)
    rows = []
    for train_name, test_name, train_rows in (
            ("ex8/ex8data1_X.csv", "ex8/ex8data1_val.csv", 0),
            ("asd/omi-7_train.csv.gz", "asd/omi-7_test.csv.gz", 0),
            ("asd/omi-9_train.csv.gz", "asd/omi-9_test.csv.gz", 0),
            ("smd/machine-2-1_train.csv.gz", "smd/machine-2-1_test.csv.gz", 0),
            ("smd/machine-3-3_train.csv.gz", "smd/machine-3-3_test.csv.gz", 0),
            ("livefaults/run_a.csv", "livefaults/run_a.csv", 400)):
        train, _ = read_table(os.path.join(data, train_name))
        test, labels = read_table(os.path.join(data, test_name))
        train = train[:train_rows] if train_rows else train
        aucs = [roc_auc_score(labels, one_forest(train, test, seed)) for seed in range(40)]
        rows.append([train_name, test_name, train_rows, float(np.mean(aucs)), float(np.std(aucs))])
    write("outlier_auc_sets.csv", "ROC-AUC of IsolationForest over 40 seeds; train_rows 0 = all",
          ["train", "test", "train_rows", "auc", "sd"], rows)


if __name__ == "__main__":
    rng = np.random.default_rng(SEED)
    make_windows(rng)
    make_notebook(rng)
    make_clusters(rng)
    make_forest(rng)
    if len(sys.argv) > 1:
        make_sets(sys.argv[1])
