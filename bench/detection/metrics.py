"""Ranking metrics of a score against labelled rows.

vus_pr   volume under the range-PR surface (Paparrizos et al., VLDB 2022), in the convention of TSB-AD's
         RangeAUC_volume_opt: windows 0..W rows, 250 thresholds at equal ranks of the score.
auc_pr   average precision, as scikit-learn's average_precision_score.
"""
import numpy as np

THRESHOLDS = 250


def checked(scores, labels):
    """Scores as float64 and labels as bool. +-inf are ranks like any other; a NaN is an error of the detector."""
    scores = np.asarray(scores, dtype=np.float64)
    labels = np.asarray(labels) == 1
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise ValueError("scores and labels are two lists of one length")
    if np.isnan(scores).any():
        raise ValueError("a score is not a number")
    return scores, labels


def segments(labels):
    """(first, last) row of each run of labelled rows, two integer arrays."""
    marked = np.concatenate(([0], (np.asarray(labels) == 1).astype(np.int8), [0]))
    edge = np.diff(marked)
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1


def auc_pr(scores, labels):
    """Sum over distinct scores, from the top, of (recall gained) * precision. NaN without a labelled row."""
    scores, labels = checked(scores, labels)
    if not labels.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.append(scores[order][1:] != scores[order][:-1], True)
    hits = np.cumsum(labels[order])[last_of_tie]
    rows = np.flatnonzero(last_of_tie) + 1
    gained = np.diff(hits, prepend=0) / labels.sum()
    return float(np.sum(gained * hits / rows))


def _levels(scores):
    """For each row the index of the highest threshold that it reaches; THRESHOLDS are the scores at equal ranks,
    from the largest (index 0) to the smallest."""
    count = len(scores)
    descending = np.sort(scores)[::-1]
    # Truncated in this order of operations: another one moves a threshold by a row.
    ranks = ((count - 1) * np.arange(THRESHOLDS) / (THRESHOLDS - 1)).astype(np.int64)
    ascending = descending[ranks][::-1]
    return THRESHOLDS - np.searchsorted(ascending, scores, side="right")


def _cumulated(levels, weights=None):
    return np.cumsum(np.bincount(levels, weights=weights, minlength=THRESHOLDS)[:THRESHOLDS])


def _slopes(first, last, reach, inside):
    """Unlabelled rows at most `reach` beside a segment: (row, distance) once per segment that they are beside."""
    offsets = np.arange(1, reach + 1)
    rows = np.concatenate(((last[:, None] + offsets).ravel(), (first[:, None] - offsets).ravel()))
    distance = np.tile(offsets, 2 * len(first))
    near = (rows >= 0) & (rows < len(inside))
    rows, distance = rows[near], distance[near]
    outside = ~inside[rows]
    return rows[outside], distance[outside]


def vus_pr(scores, labels, window):
    """Mean over w = 0..window of the range-based average precision with slopes of w // 2 rows beside each segment.

    A row at distance x of a segment counts as sqrt(1 - x / w) of a labelled one. Recall is times the share of
    (extended, merged) segments that have a row at the threshold. NaN without a labelled row.
    """
    scores, inside = checked(scores, labels)
    if not inside.any():
        return float("nan")
    first, last = segments(inside)
    count, positives = len(scores), int(inside.sum())
    levels = _levels(scores)
    predicted = _cumulated(levels)
    hits_inside = _cumulated(levels[inside])
    rows, distance = _slopes(first, last, window // 2, inside)
    touched, place = np.unique(rows, return_inverse=True)
    padded = np.append(levels, THRESHOLDS)
    total = 0.0
    for w in range(window + 1):
        half = w // 2
        near = distance <= half
        slope = np.bincount(place[near], weights=np.sqrt(1.0 - distance[near] / max(w, 1)), minlength=len(touched))
        hits_beside = _cumulated(levels[touched], np.minimum(slope, 1.0))
        apart = last[:-1] + half < first[1:] - half
        begin = np.maximum(first[np.append(True, apart)] - half, 0)
        end = np.minimum(last[np.append(apart, True)] + half, count - 1)
        best = np.minimum.reduceat(padded, np.column_stack((begin, end + 1)).ravel())[::2]
        found = _cumulated(best) / len(begin)
        hits = hits_inside + hits_beside
        recall = np.minimum(hits / (positives + hits_beside / 2.0), 1.0) * found
        precision = np.divide(hits, predicted, out=np.ones(THRESHOLDS), where=predicted > 0)
        total += float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return total / (window + 1)
