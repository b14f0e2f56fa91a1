"""Runs the agent and the recorder beside each other, and collects what they say."""
import csv
import datetime
import json
import os
import queue
import subprocess
import threading
import time

from faults import start, stop


def parse_event(line):
    """An event of the agent (one JSON line) with its time in epoch seconds as "at"; None if the line is none."""
    try:
        event = json.loads(line)
        # RFC 3339 ends in Z, which datetime.fromisoformat takes from Python 3.11 on only.
        event["at"] = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
        event["event"], event["id"], event["features"]
        return event
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Lines:
    """The lines of a program's standard output, taken by a thread as they come."""

    def __init__(self, command, errors):
        self.process = start(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        self.queue = queue.SimpleQueue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.queue.put(line)

    def take(self):
        while not self.queue.empty():
            yield self.queue.get()

    def stop(self):
        stop(self.process)
        self.reader.join(5)
        self.process.stdout.close()


class Agent:
    """epsilond from an empty state, flags as JSON lines. Diagnostics go to a file in the work directory."""

    def __init__(self, program, work, warm_up_s, ini_lines, network):
        self.ini = os.path.join(work, "epsilond.ini")
        with open(self.ini, "w") as file:
            file.write("[agent]\ninterval = 1s\nstate = none\n[model host]\nwarm_up = %ds\n" % warm_up_s)
            file.writelines(line + "\n" for line in ini_lines)
        check = subprocess.run([program, "-t", "-c", self.ini], capture_output=True, text=True)
        if check.returncode != 0:
            raise SystemExit(check.stderr.strip())
        with open(os.path.join(work, "epsilond.log"), "w") as log:
            self.lines = Lines(network.here_as_machine + [program, "-c", self.ini, "--state", "none"], log)
        self.events = []
        self.open = None  # id of the episode that lasts

    def look(self):
        """Takes what was said since the last call."""
        for line in self.lines.take():
            event = parse_event(line)
            if event is None:
                raise SystemExit("the agent wrote what is no event: " + line.strip()[:200])
            self.events.append(event)
            if event["event"] == "raised":
                self.open = event["id"]
            elif event["event"] == "cleared" and event["id"] == self.open:
                self.open = None
        if self.lines.process.poll() is not None:
            raise SystemExit("the agent ended with exit code %d" % self.lines.process.returncode)

    def stop(self):
        self.lines.stop()


class Recorder:
    """Features once a second, as record_features prints them, with the fault that ran at the time and a label."""

    def __init__(self, program, path, network):
        self.lines = Lines(network.here_as_machine + [program], None)
        self.file = open(path, "w")
        self.header = None

    def look(self, fault_at):
        """`fault_at(time)` is the name of the fault of that time, "" for none."""
        for line in self.lines.take():
            line = line.rstrip("\n")
            if self.header is None:
                self.header = line
                self.file.write(line + ",fault,label\n")
                continue
            fault = fault_at(float(line.split(",", 1)[0]))
            self.file.write("%s,%s,%d\n" % (line, fault, fault != ""))
        self.file.flush()
        if self.lines.process.poll() is not None:
            raise SystemExit("the recorder ended with exit code %d" % self.lines.process.returncode)

    def stop(self, fault_at):
        # A terminated recorder is no failure, so what it still had to say is taken before.
        self.look(fault_at)
        self.lines.stop()
        self.file.close()


def read_record(path):
    """(first, last time, [(fault, begin, end)]) of a recording. A row tells of the second before it, so a fault begins
    one second before its first row: delays are exact to that second."""
    runs, first, last, previous = [], None, None, ""
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            last = float(row["timestamp"])
            first = last if first is None else first
            if row["fault"] and row["fault"] == previous:
                runs[-1][2] = last
            elif row["fault"]:
                runs.append([row["fault"], last - 1.0, last])
            previous = row["fault"]
    if first is None:
        raise SystemExit(path + ": no rows")
    return first, last, [tuple(run) for run in runs]


def replay(program, path, ini):
    """Events of `epsilonctl replay` on a recording."""
    run = subprocess.run([program, "replay", path, "-c", ini], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(run.stderr.strip())
    return [event for event in map(parse_event, run.stdout.splitlines()) if event]


def wait_until(deadline, look, condition=lambda: True, pause_s=0.25):
    """Looks around until the deadline (monotonic), or until condition() is false."""
    while time.monotonic() < deadline and condition():
        look()
        time.sleep(pause_s)
    look()
