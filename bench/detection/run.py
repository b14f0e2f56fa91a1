#!/usr/bin/python3
"""The benchmark of detection: every public set through `epsilonctl replay`, beside the baselines.

usage: run.py [--sets NAME,..] [--models NAME,..] [--knobs 0.5 2 10] [--epsilonctl PATH] [--jobs N] [--data DIR]
              [--ablation] [--set KEY=VALUE ..] [--write PAGE] [--json FILE] [--files]

The folder of data is EPSILOND_DATA unless --data says another. The protocol is in README.md beside this file.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import sys
import time

import detectors
import episodes
import metrics
import report
import sets
import static_models

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import page

LIVE = {**detectors.MODELS, **detectors.ABLATIONS}

def judge(case, scores, flags_of_knob):
    """The figures of one case from the scores of all its rows and the flags at each knob."""
    recipe, start = case.recipe, case.scored_from
    labels = sets.labels_of(case)
    if len(scores) != len(labels):
        raise detectors.Failed(f"{case.set_name}/{case.name}: {len(scores)} scores for {len(labels)} rows")
    labels, scores = labels[start:], scores[start:]
    ranked = labels != episodes.UNSCORED
    figures = {"vus_pr": metrics.vus_pr(scores[ranked], labels[ranked], recipe.vus_window),
               "auc_pr": metrics.auc_pr(scores[ranked], labels[ranked])}
    tallies = [episodes.tally(flags[start:], labels, recipe.step_s, recipe.gap_rows, recipe.tolerance_rows)
               for flags in flags_of_knob]
    return figures, tallies


def run_case(task):
    case, name, knobs, epsilonctl, extra = task
    began = time.monotonic()
    try:
        if name in static_models.MODELS:
            values = sets.values_of(case)
            scores, flags = static_models.run(name, values, case.fitted_rows, case.recipe.step_s, knobs)
            seconds = time.monotonic() - began
        else:
            model, flags, seconds = LIVE[name], [], 0.0
            for knob in knobs:
                # Each knob is a run of its own: what is flagged is not learned. The scores are the first one's.
                ranked, flagged, took = detectors.replay(epsilonctl, model, case, knob, extra)
                scores = scores if flags else ranked
                flags.append(flagged)
                seconds += took / len(knobs)
        figures, tallies = judge(case, scores, flags)
    except (detectors.Failed, ValueError) as error:
        return case, name, None, None, str(error)
    figures["us_per_row"] = 1e6 * seconds / len(scores)
    return case, name, figures, tallies, None


def applies(name, recipe):
    if name in static_models.MODELS:
        return not recipe.univariate
    model = LIVE[name]
    return model.univariate if recipe.univariate else model.multivariate


def arguments():
    known = [*detectors.MODELS, *static_models.MODELS]
    parser = argparse.ArgumentParser(description="Benchmark of detection on public labelled data.")
    parser.add_argument("--sets", default=",".join(sets.ALL), help="of " + ",".join(sets.ALL))
    parser.add_argument("--models", default=",".join(known), help="of " + ",".join(known))
    parser.add_argument("--knobs", type=float, nargs="+", default=[0.5, 2.0, 10.0], help="false alarms per week")
    parser.add_argument("--epsilonctl", default="build/release/epsilonctl")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--data", default=os.environ.get("EPSILOND_DATA"), help="default: EPSILOND_DATA")
    parser.add_argument("--ablation", action="store_true", help="the default detector alone, whole and with each of its "
                        "parts left out, on the sets with several metrics")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="extra",
                        help="another key of the [model] section, for an experiment")
    parser.add_argument("--write", metavar="PAGE", help="put the tables into their place on this page as well")
    parser.add_argument("--json", help="write every figure there, per file too")
    parser.add_argument("--files", action="store_true", help="print a line per file")
    chosen = parser.parse_args()
    chosen.sets, chosen.models = chosen.sets.split(","), chosen.models.split(",")
    if chosen.ablation:
        chosen.models = ["product", *detectors.ABLATIONS]
        chosen.sets = [name for name in chosen.sets if name not in sets.UNIVARIATE]
    for wrong in [*(set(chosen.sets) - set(sets.ALL)), *(set(chosen.models) - {*LIVE, *static_models.MODELS})]:
        parser.error(f"unknown: {wrong}")
    if not chosen.data or not pathlib.Path(chosen.data).is_dir():
        parser.error("EPSILOND_DATA does not say where the data sets are")
    return chosen


def main():
    chosen = arguments()
    extra = dict(pair.split("=", 1) for pair in chosen.extra)
    tasks = [(case, name, chosen.knobs, chosen.epsilonctl, extra)
             for set_name in chosen.sets for case in sets.cases(set_name, chosen.data)
             for name in chosen.models if applies(name, case.recipe)]
    results = report.Results(chosen.knobs)
    began = time.monotonic()
    with multiprocessing.Pool(chosen.jobs) as pool:
        for done, result in enumerate(pool.imap(run_case, tasks), 1):
            results.add(*result)
            if chosen.files:
                print(results.file_line(*result), flush=True)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(tasks)} runs", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    text = results.markdown(chosen.models)
    print(text)
    print(f"{len(tasks)} runs in {time.monotonic() - began:.0f} s")
    if chosen.write:
        page.put_into(chosen.write, "ablation" if chosen.ablation else "detection",
                      results.page(chosen.models, episodes=not chosen.ablation))
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(results.plain(), indent=1), encoding="utf-8")
    for error in results.errors:
        print(error, file=sys.stderr)
    return 1 if results.errors or not tasks else 0


if __name__ == "__main__":
    sys.exit(main())
