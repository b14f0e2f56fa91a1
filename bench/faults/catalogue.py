#!/usr/bin/python3
"""A live catalogue of faults: real ones, one after another, on this very machine, against normal and bursty work.

    bench/faults/run.sh                                  sets up, builds, and runs all of it: about 75 minutes
    bench/faults/catalogue.py --warm-up 60s              the same with what is built, after a short warm-up
    bench/faults/catalogue.py --undisturbed 1h --only cpu-hog-one,zombie-one
    bench/faults/catalogue.py --record R.csv --json R.json
    bench/faults/catalogue.py --replay R.csv             judges a recording, by epsilonctl replay, in a second

Starts the agent from an empty state beside the background work, waits for the warm-up, leaves both undisturbed if asked
to, then makes each fault with a pause behind it. For each it prints whether an episode was raised, how long after its
start, the features that were named first and whether a right one is among the first two, whether a right process was
named (n/a: the agent names none, or none did it), and when the episode was cleared after the fault's end; then the
totals and the false episodes. A fault waits for the end of the episode before it, but not for ever: "masked" means that
one was still open when it began. Order, lengths, pauses and background follow --seed. Wants a machine of its own:
whatever else runs there is learned, and disturbs, too. Nothing outlives it, and no fault takes more than a quarter of
the free memory.

Interrupted, it undoes what is under way and reports what it has. A recording has a column for each feature of
docs/features.md, the fault of each row, and a label (0 or 1).
"""
import argparse
import dataclasses
import fcntl
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time

import judge
from background import Background
from faults import FAULTS, Network, Place
from watch import Agent, Recorder, read_record, replay, wait_until

HOUSE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(HOUSE, "bench"))
from duration import duration  # noqa: E402

LOCK = "/tmp/epsilond-faults.lock"
PATIENCE_S = 120  # the longest that the next fault waits for the end of an episode


def parse_arguments(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the faults and their right answers, and exit")
    parser.add_argument("--build", default=os.path.join(HOUSE, "build/release"), help="where epsilond, disturb and "
                        "record_features are (build/release)")
    parser.add_argument("--agent", help="another epsilond than that of --build")
    parser.add_argument("--work", help="make the temporary directory here; a real disk (that of TMPDIR)")
    parser.add_argument("--warm-up", type=duration, default=900, metavar="TIME", help="30s or more (15m)")
    parser.add_argument("--undisturbed", type=duration, default=0, metavar="TIME", help="before the first fault (0)")
    parser.add_argument("--pause", default="60-90", metavar="A-B", help="seconds between faults (60-90)")
    parser.add_argument("--only", metavar="A,B", help="these faults, in this order")
    parser.add_argument("--shuffle", action="store_true", help="in an order by the seed, not in that of the list")
    parser.add_argument("--repeat", type=int, default=1, help="the whole list so many times (1)")
    parser.add_argument("--ini", action="append", default=[], metavar="LINE", help="one more line for [model host]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="OUT", help="all that was found, and every event")
    parser.add_argument("--record", metavar="OUT.csv", help="the features of each second, labelled")
    parser.add_argument("--replay", metavar="CSV", help="judge a recording instead of this machine")
    options = parser.parse_args(words)
    bounds = re.fullmatch(r"(\d+)-(\d+)", options.pause)
    if not bounds or int(bounds[1]) > int(bounds[2]):
        parser.error("--pause %s: not a range; allowed: 60-90" % options.pause)
    options.pause = (int(bounds[1]), int(bounds[2]))
    options.agent = options.agent or os.path.join(options.build, "epsilond")
    return options


def chosen_faults(options, rng):
    known = {fault.name: fault for fault in FAULTS}
    names = options.only.split(",") if options.only else list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit("no fault %s; there are: %s" % (", ".join(unknown), " ".join(known)))
    faults = [known[name] for _ in range(options.repeat) for name in names]
    if options.shuffle:
        rng.shuffle(faults)
    return faults


def say(text):
    print(text, flush=True)


class Catalogue:
    """One run on this machine. All processes are started by this thread, with which they end."""

    def __init__(self, options, work):
        self.options = options
        self.rng = random.Random(options.seed)
        self.faults = chosen_faults(options, self.rng)
        self.runs = []
        self.running = None  # the Run under way
        self.network = Network()
        self.background = Background(options.seed, work, self.network)
        self.place = Place(os.path.join(options.build, "disturb"), work, self.network, self.background.service)
        self.agent = self.recorder = None
        self.work = work

    def fault_at(self, when):
        """By a row's time: a row tells of the second before it."""
        if self.running and when > self.running.begin:
            return self.running.fault
        return next((run.fault for run in reversed(self.runs)
                     if not run.skipped and run.begin < when <= run.end + 0.5), "")

    def look(self):
        self.agent.look()
        if self.recorder:
            self.recorder.look(self.fault_at)
        for name in self.background.dead():
            raise SystemExit("the background's %s ended by itself" % name)

    def wait(self, seconds, condition=lambda: True):
        wait_until(time.monotonic() + seconds, self.look, condition)

    def start(self):
        self.background.start()
        time.sleep(10)  # what starting costs is not normal work
        if self.network.unseen():
            raise SystemExit("the requests of the background are not in the counters that the agent reads")
        if self.options.record:
            self.recorder = Recorder(os.path.join(self.options.build, "record_features"), self.options.record,
                                     self.network)
        self.agent = Agent(self.options.agent, self.work, self.options.warm_up, self.options.ini,
                           self.network)
        self.started = time.time()

    def make(self, fault):
        run = judge.Run(fault.name, skipped=fault.missing(self.place))
        if run.skipped:
            return run
        run.masked = self.agent.open is not None
        seconds = self.rng.randint(*fault.seconds)
        run.begin = time.time()
        self.running = run
        try:
            fault.begin(self.place, seconds)
            self.wait(seconds + 1, lambda: not fault.ended())
            failures = fault.failed()
        finally:
            fault.end(self.place)
            run.end = time.time()
            self.running = None
        if failures:
            run.skipped = "it failed with exit code %s" % failures[0]
        return run

    def run(self):
        self.start()
        say("warm-up: %d s" % self.options.warm_up)
        # The agent may count its first sample a moment after we do.
        self.wait(self.options.warm_up + 3)
        if self.options.undisturbed:
            say("undisturbed: %d s" % self.options.undisturbed)
            self.wait(self.options.undisturbed)
        self.faults_from = time.time()
        say(judge.HEADER)
        interrupted = False
        try:
            self.make_all()
        except KeyboardInterrupt:
            interrupted = True
            say("interrupted; so far:")
        found = report(self.faults, self.runs, self.agent.events, self.started, self.faults_from, time.time())
        return {**found, "interrupted": interrupted}

    def make_all(self):
        for fault in self.faults:
            run = self.make(fault)
            self.runs.append(run)
            if not run.skipped:
                self.wait(self.rng.uniform(*self.options.pause))
                self.wait(PATIENCE_S, lambda: self.agent.open is not None)
            say(judge.line_of(judge.outcome_of(run, fault, self.agent.events)))

    def stop(self):
        self.background.stop()
        if self.agent:
            self.agent.stop()
        if self.recorder:
            self.recorder.stop(self.fault_at)
        self.network.remove()


def report(faults, runs, events, started, faults_from, ended):
    """Prints the totals and the false episodes; the same for --json."""
    outcomes = [judge.outcome_of(run, fault, events) for run, fault in zip(runs, faults)]
    sums = judge.totals(outcomes)
    say(judge.totals_text(sums))
    missed = [outcome.run.fault for outcome in outcomes if not outcome.run.skipped and not outcome.detected]
    if missed:
        say("missed: " + " ".join(missed))
    quiet = judge.false_episodes(events, runs, started, faults_from)
    between = judge.false_episodes(events, runs, faults_from, ended + 1)
    for name, episodes, seconds in (("before the first fault", quiet, faults_from - started),
                                    ("between faults", between, ended - faults_from)):
        say("false episodes %s: %d in %.0f s" % (name, len(episodes), seconds))
        for event in episodes:
            say("  " + judge.episode_text(event, started))
    return {"totals": sums, "outcomes": [dataclasses.asdict(outcome) for outcome in outcomes], "started": started,
            "faults_from": faults_from, "ended": ended, "false_before": len(quiet), "false_between": len(between),
            "events": events}


def run_replay(options):
    """The faults of a recording, judged by what epsilonctl replay raises on it."""
    first, last, made = read_record(options.replay)
    known = {fault.name: fault for fault in FAULTS}
    unknown = sorted({name for name, _, _ in made if name not in known})
    if unknown:
        raise SystemExit("%s: unknown faults: %s" % (options.replay, ", ".join(unknown)))
    with tempfile.TemporaryDirectory() as work:
        ini = os.path.join(work, "epsilond.ini")
        with open(ini, "w") as file:
            file.write("[model host]\nwarm_up = %ds\n" % options.warm_up)
            file.writelines(line + "\n" for line in options.ini)
        events = replay(os.path.join(options.build, "epsilonctl"), options.replay, ini)
    runs = [judge.Run(*run, masked=judge.open_at(events, run[1])) for run in made]
    faults = [known[run.fault] for run in runs]
    say(judge.HEADER)
    for run, fault in zip(runs, faults):
        say(judge.line_of(judge.outcome_of(run, fault, events)))
    return report(faults, runs, events, first, runs[0].begin if runs else last, last)


def run_live(options):
    for program in (options.agent, *(os.path.join(options.build, name) for name in ("disturb", "record_features"))):
        if not os.access(program, os.X_OK):
            raise SystemExit("no %s; bench/faults/run.sh builds it" % program)
    for name, package in (("setpriv", "util-linux"), ("tar", "tar"), ("gzip", "gzip")):
        if not shutil.which(name):
            raise SystemExit("no %s: install the package %s" % (name, package))
    lock = open(LOCK, "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("another catalogue runs on this machine") from None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="epsilond-faults-", dir=options.work, ignore_cleanup_errors=True) as work:
        catalogue = Catalogue(options, work)
        try:
            return catalogue.run()
        finally:
            catalogue.stop()


def main(words):
    options = parse_arguments(words)
    if options.list:
        for fault in FAULTS:
            say("%-17s %s" % (fault.name, " ".join(fault.right)))
        return
    found = run_replay(options) if options.replay else run_live(options)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(found, file, indent=1)
    if found.get("interrupted"):
        sys.exit(130)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
