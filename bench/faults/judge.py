"""What the agent's events say about the faults that were made: detected, when, by which features, whom it named.

Times are epoch seconds. An event counts for a fault if it is raised between its begin and GRACE_S after its end: RAISED
may wait up to `settle` (1 s) for a cause. What is raised later, up to ECHO_S after the end, is the fault's echo
(reaping, flushing), neither a hit nor false. All other episodes are false.
"""
import statistics
from dataclasses import dataclass

GRACE_S = 5.0
ECHO_S = 20.0


@dataclass
class Run:
    """A fault as it was made; `skipped` says why it was not. `masked`: an episode was open when it began."""
    fault: str
    begin: float = 0.0
    end: float = 0.0
    skipped: str = ""
    masked: bool = False


@dataclass
class Outcome:
    run: Run
    detected: bool = False
    delay_s: float = None
    features: tuple = ()  # named, the first first
    right_feature: bool = None  # a right one among the first two; None where nothing was detected
    process: str = ""  # the first one named
    right_process: bool = None  # among those named; None where nobody did it, or the agent never names anybody
    cleared_after_s: float = None  # after the end of the fault
    surprise: float = None


def raised(events):
    return [event for event in events if event["event"] == "raised"]


def open_at(events, when):
    """Is an episode open at this time?"""
    cleared = {event["id"] for event in events if event["event"] == "cleared" and event["at"] <= when}
    return any(event["at"] <= when and event["id"] not in cleared for event in raised(events))


def outcome_of(run, fault, events):
    outcome = Outcome(run)
    if run.skipped:
        return outcome
    hits = [event for event in raised(events) if run.begin <= event["at"] <= run.end + GRACE_S]
    if not hits:
        return outcome
    hit = hits[0]
    outcome.detected = True
    outcome.delay_s = hit["at"] - run.begin
    outcome.surprise = hit.get("surprise")
    outcome.features = tuple(feature["name"] for feature in hit["features"])
    outcome.right_feature = any(name in fault.right for name in outcome.features[:2])
    names = [process["comm"] for process in hit.get("processes", ())]
    outcome.process = names[0] if names else ""
    if fault.culprits and any(event.get("processes") for event in events):
        outcome.right_process = any(name.startswith(fault.culprits) for name in names)
    # The last end counts: an episode that comes back within the fault is still the same trouble.
    ids = {event["id"] for event in hits}
    ends = [event["at"] for event in events if event["event"] == "cleared" and event["id"] in ids]
    if len(ends) == len(hits):
        outcome.cleared_after_s = max(ends) - run.end
    return outcome


def false_episodes(events, runs, begin, end):
    """Raised in [begin, end) with no fault or echo at the time."""
    made = [run for run in runs if not run.skipped]
    return [event for event in raised(events)
            if begin <= event["at"] < end and not any(run.begin <= event["at"] <= run.end + ECHO_S for run in made)]


def share(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def totals(outcomes):
    made = [outcome for outcome in outcomes if not outcome.run.skipped]
    delays = [outcome.delay_s for outcome in made if outcome.detected]
    return {
        "faults": len(made),
        "skipped": len(outcomes) - len(made),
        "detected": sum(outcome.detected for outcome in made),
        "detected_share": share([outcome.detected for outcome in made]),
        "median_delay_s": statistics.median(delays) if delays else None,
        "right_feature_share": share([outcome.right_feature for outcome in made]),
        "right_process_share": share([outcome.right_process for outcome in made]),
    }


def yes_no(value):
    return "n/a" if value is None else "yes" if value else "NO"


def number(value, format_="%.1f"):
    return "-" if value is None else format_ % value


HEADER = "%-17s %-9s %7s  %-50s %-8s %-8s %-9s %s" % (
    "fault", "detected", "delay/s", "first features", "feature", "process", "cleared/s", "surprise")


def line_of(outcome):
    run = outcome.run
    if run.skipped:
        return "%-17s skipped: %s" % (run.fault, run.skipped)
    seen = "yes" if outcome.detected else "masked" if run.masked else "NO"
    features = " ".join(outcome.features[:2]) or "-"
    right = yes_no(outcome.right_feature) if outcome.detected else "-"
    process = yes_no(outcome.right_process) if outcome.detected else "-"
    return "%-17s %-9s %7s  %-50s %-8s %-8s %-9s %s" % (
        run.fault, seen, number(outcome.delay_s), features, right, process, number(outcome.cleared_after_s, "%d"),
        number(outcome.surprise))


def totals_text(sums):
    return ("detected %d of %d (%s), median delay %s s, right feature among the first two %s, right process %s%s" % (
        sums["detected"], sums["faults"], percent(sums["detected_share"]), number(sums["median_delay_s"]),
        percent(sums["right_feature_share"]), percent(sums["right_process_share"]),
        ", skipped %d" % sums["skipped"] if sums["skipped"] else ""))


def percent(value):
    return "n/a" if value is None else "%.0f%%" % (100.0 * value)


def episode_text(event, origin):
    features = " ".join(feature["name"] for feature in event["features"][:2])
    return "%8.0f s  surprise %s  %s" % (event["at"] - origin, number(event.get("surprise")), features)
