#!/usr/bin/python3
"""Expected values of bench/detection: detection_rows.csv (the series) and detection_expected.csv.

AUC-PR is scikit-learn 1.2.1's average_precision_score, numpy 1.24.2. VUS-PR is computed here the slow way, threshold by
threshold over label vectors as RangeAUC_volume_opt of TSB-AD goes through them (Paparrizos et al., VLDB 2022), NAB
points by counting every threshold anew as section II of Lavin and Ahmad (ICMLA 2015) says. Neither shares code with
bench/detection. Seed 20240611. Run it in this folder.
"""
import csv
import math

import numpy as np
from sklearn.metrics import average_precision_score

SEED = 20240611
THRESHOLDS = 250
WINDOWS = (0, 1, 10, 20)


def series(random):
    """(name, scores, labels): smooth, with ties, with segments at both ends, with segments that grow together."""
    for name, rows, segments, levels in (("smooth", 600, ((100, 129), (400, 409)), 0),
                                         ("ties", 500, ((50, 79), (300, 300)), 6),
                                         ("edges", 401, ((0, 14), (390, 400)), 0),
                                         ("close", 502, ((200, 209), (214, 219), (232, 240)), 12)):
        labels = np.zeros(rows, dtype=int)
        for first, last in segments:
            labels[first:last + 1] = 1
        scores = random.normal(size=rows) + 1.2 * labels + 0.6 * np.roll(labels, 3)
        if levels:
            scores = np.floor(scores * levels / 4.0)
        yield name, np.round(scores, 6), labels
    yield "constant", np.zeros(300), (np.arange(300) // 30 == 4).astype(int)


def runs(labels):
    found, first = [], None
    for row, label in enumerate([*labels, 0]):
        if label and first is None:
            first = row
        if not label and first is not None:
            found.append((first, row - 1))
            first = None
    return found


def extended(labels, found, window):
    """Labels as real numbers: slopes of window // 2 rows beside every segment, at most 1."""
    result = labels.astype(float)
    for first, last in found:
        for row in range(last + 1, min(last + window // 2 + 1, len(labels))):
            result[row] += math.sqrt(1 - (row - last) / window)
        for row in range(max(first - window // 2, 0), first):
            result[row] += math.sqrt(1 - (first - row) / window)
    return np.minimum(result, 1.0)


def range_average_precision(scores, labels, window):
    found, half = runs(labels), window // 2
    soft = extended(labels, found, window)
    areas = []
    for first, last in found:
        if areas and areas[-1][1] + half >= first - half:
            areas[-1][1] = last
        else:
            areas.append([first, last])
    areas = [(max(first - half, 0), min(last + half, len(labels) - 1)) for first, last in areas]
    ordered, before, total = sorted(scores, reverse=True), 0.0, 0.0
    for k in range(THRESHOLDS):
        predicted = scores >= ordered[(len(scores) - 1) * k // (THRESHOLDS - 1)]
        weights = np.where(labels == 1, 1.0, soft * predicted)   # a labelled row weighs 1 whether predicted or not
        hits = float(np.dot(weights, predicted))
        wanted = (labels.sum() + weights.sum()) / 2.0
        existence = sum(predicted[first:last + 1].any() for first, last in areas) / len(areas)
        recall = min(hits / wanted, 1.0) * existence
        total += (recall - before) * hits / predicted.sum()
        before = recall
    return total


def vus_pr(scores, labels, window):
    return sum(range_average_precision(scores, labels, w) for w in range(window + 1)) / (window + 1)


def sigmoid(position):
    return -1.0 if position > 3 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def nab_points(scores, labels, threshold, false, missed):
    """Of one file at a threshold."""
    begin = min(math.floor(0.15 * len(labels)), 750)
    flagged = [row for row in range(begin, len(labels)) if scores[row] >= threshold]
    found, points = runs(labels), 0.0
    for first, last in found:
        if last < begin:
            continue
        inside = [row for row in flagged if first <= row <= last]
        points += sigmoid(-(last - inside[0] + 1) / (last - first + 1)) / sigmoid(-1) if inside else -missed
    for row in flagged:
        if labels[row]:
            continue
        behind = [(first, last) for first, last in found if last < row]
        if not behind:
            points -= false
            continue
        first, last = behind[-1]
        points += false * (sigmoid((row - last) / (last - first)) if last > first else -1.0)
    return points


def main():
    random = np.random.default_rng(SEED)
    files = list(series(random))
    with open("detection_rows.csv", "w", newline="", encoding="ascii") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("series", "score", "label"))
        for name, scores, labels in files:
            out.writerows((name, score, label) for score, label in zip(scores, labels))
    with open("detection_expected.csv", "w", newline="", encoding="ascii") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("what", "series", "parameter", "value"))
        for name, scores, labels in files:
            out.writerow(("auc_pr", name, "", repr(float(average_precision_score(labels, scores)))))
            for window in WINDOWS:
                out.writerow(("vus_pr", name, window, repr(float(vus_pr(scores, labels, window)))))
        cuts = [math.inf, *sorted({score for _, scores, _ in files for score in scores}, reverse=True)]
        windows = sum(len(runs(labels)) for _, _, labels in files)
        unseen = sum(last < math.floor(0.15 * len(labels)) for _, _, labels in files for _, last in runs(labels))
        for profile, false, missed in (("standard", 0.11, 1.0), ("reward_low_FP_rate", 0.22, 1.0),
                                       ("reward_low_FN_rate", 0.11, 2.0)):
            best = max(sum(nab_points(scores, labels, cut, false, missed) for _, scores, labels in files)
                       for cut in cuts)
            null = -missed * (windows - unseen)
            out.writerow(("nab_points", "all", profile, repr(float(best))))
            out.writerow(("nab_score", "all", profile, repr(float(100 * (best - null) / (windows - null)))))


if __name__ == "__main__":
    main()
