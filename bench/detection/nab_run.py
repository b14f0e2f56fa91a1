#!/usr/bin/python3
"""NAB: `epsilonctl score FILE --model series` over the folders of EPSILOND_DATA/nab, with NAB's own score, beside its
windowed-Gaussian baseline computed in the same run.

usage: nab_run.py [--epsilonctl PATH] [--jobs N] [--data DIR] [--model KIND] [--threshold X] [--files]
"""
import argparse
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

import nab
import sets
from detectors import read_scores


def score_file(task):
    """(name, labels, scores of epsilonctl, scores of the baseline); a message in place of the scores if it failed."""
    case, epsilonctl, kind = task
    labels, values = sets.labels_of(case), sets.values_of(case)[:, 0]
    with tempfile.TemporaryDirectory(prefix="epsilond-bench-") as folder:
        out = pathlib.Path(folder, "scores.csv")
        done = subprocess.run([epsilonctl, "score", *map(str, case.files), "--model", kind, "--scores", out],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return case.name, labels, done.stderr.strip()[-400:], None
        scores, _ = read_scores(out, by_density=False)
    return case.name, labels, scores, nab.windowed_gaussian(values)


def line(name, corpus, threshold=None):
    outcomes = [corpus.outcome(profile, threshold) for profile in nab.PROFILES]
    standard = outcomes[0]
    cells = [name, *(f"{outcome.score:.2f}" for outcome in outcomes), f"{standard.found} of {standard.windows}",
             str(standard.false_rows), " / ".join(f"{outcome.threshold:.6g}" for outcome in outcomes)]
    return "| " + " | ".join(cells) + " |"


def arguments():
    parser = argparse.ArgumentParser(description="The NAB score of the series detector.")
    parser.add_argument("--epsilonctl", default="build/release/epsilonctl")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--data", default=os.environ.get("EPSILOND_DATA"), help="default: EPSILOND_DATA")
    parser.add_argument("--model", default="series", help="kind of model")
    parser.add_argument("--threshold", type=float, help="of the model's score, in place of the best one")
    parser.add_argument("--files", action="store_true", help="print a line per file, at the threshold of the corpus")
    chosen = parser.parse_args()
    if not chosen.data or not pathlib.Path(chosen.data, "nab").is_dir():
        parser.error("EPSILOND_DATA does not say where the data sets are")
    return chosen


def main():
    chosen = arguments()
    tasks = [(case, chosen.epsilonctl, chosen.model) for case in sets.cases("nab", chosen.data)]
    with multiprocessing.Pool(chosen.jobs) as pool:
        results = pool.map(score_file, tasks, chunksize=1)
    failed = [f"{name}: {scores}" for name, _, scores, _ in results if isinstance(scores, str)]
    if failed:
        print("\n".join(failed), file=sys.stderr)
        return 1
    ours = nab.Corpus([(scores, labels) for _, labels, scores, _ in results])
    theirs = nab.Corpus([(scores, labels) for _, labels, _, scores in results])
    print("| detector | standard | reward_low_FP_rate | reward_low_FN_rate | windows found | false rows | thresholds |")
    print("|---|---|---|---|---|---|---|")
    print(line(chosen.model, ours, chosen.threshold))
    print(line("windowed Gaussian", theirs))
    if chosen.files:
        cut = ours.outcome(nab.PROFILES[0], chosen.threshold).threshold
        for name, labels, scores, _ in results:
            one = nab.Corpus([(scores, labels)]).outcome(nab.PROFILES[0], cut)
            print(f"{name}: {one.points:.3f} points, {one.found} of {one.windows} windows, {one.false_rows} false rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
