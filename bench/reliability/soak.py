#!/usr/bin/env python3
"""Runs the shipped agent for a long time with everything switched on, and fails if it grows or wakes more than it must.

  soak.py --for 10m|10h [--every 60s] [--settle 3m] [--plain] [--build DIR]    exit 0, or 1 if it drifts

Its control socket is asked, its /metrics are scraped and its datagrams are taken all the time. One line for each --every:
memory and descriptors, and, over a while in which nobody asks anything, wake-ups a tick and processor time.
From --settle on the anonymous memory must be the same to the page, and so must the number of descriptors beside those of
the process scan. Resident memory must not grow; what is resident of the program's file comes and goes with what runs. In
the quiet whiles the agent must wake once a tick. --plain: the defaults with a control socket and a state file, no more.
Root runs it in a process namespace of its own: a machine that has more processes than ever before takes 128 bytes more for
each.
"""
import argparse
import atexit
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "bench", name) for name in ("", "cost", "fleet")]
from duration import duration  # noqa: E402
from measure import descriptors_beside_the_scan, processor_ns, sum_of, until_half_second  # noqa: E402
from receivers import free_port  # noqa: E402

INSIDE = "EPSILOND_SOAK_INSIDE"
QUIET_S = 10
SCRAPE_EVERY_S = 5
LOOK_S = QUIET_S + SCRAPE_EVERY_S + 3  # what a look takes
# A tick, median of the quiet whiles. A textfile is written each 10 s, and its file system may let the writer wait.
MOST_WAKE_UPS = {True: 1.05, False: 1.15}
PLAIN = """[agent]
control = {folder}/run/epsilond/control.sock
state = {folder}/var/epsilond/state
save_every = 1m
"""
EVERYTHING = PLAIN + """[model host]
[watch soak]
match = comm:{comm}
[watch byfile]
match = pidfile:{folder}/run/watched.pid
features = rss_bytes processes
[emit udp]
target = 127.0.0.1:{udp}
[emit udp numbers]
format = influx
target = 127.0.0.1:{udp}
[emit syslog]
target = udp://127.0.0.1:{udp}
[emit journal]
socket = {folder}/run/journal
[emit textfile]
path = {folder}/var/epsilond/epsilond.prom
[emit prometheus]
listen = 127.0.0.1:{http}
features = yes
"""


def bound(family, address):
    """A socket whose datagrams are thrown away."""
    sink = socket.socket(family, socket.SOCK_DGRAM)
    sink.bind(address)

    def drain():
        while True:
            sink.recv(65536)
    threading.Thread(target=drain, daemon=True).start()
    return sink


class Soak:
    def __init__(self, agent, ini, folder):
        os.chmod(folder, 0o755)
        for name in ("var", "run"):
            os.makedirs(os.path.join(folder, name, "epsilond"), 0o750)
        self.sock = os.path.join(folder, "run/epsilond/control.sock")
        journal = os.path.join(folder, "run/journal")
        udp = bound(socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        bound(socket.AF_UNIX, journal)
        os.chmod(journal, 0o666)
        self.http = free_port()
        watched = shutil.copy(shutil.which("sleep"), os.path.join(folder, "soaked"))
        self.watched = subprocess.Popen([watched, "1000000"])
        with open(os.path.join(folder, "run/watched.pid"), "w") as file:
            file.write("%d\n" % self.watched.pid)
        path = os.path.join(folder, "soak.ini")
        with open(path, "w") as file:
            file.write(ini.format(folder=folder, comm="soaked", udp=udp, http=self.http))
        self.log = os.path.join(folder, "log")
        with open(self.log, "w") as log:
            self.agent = subprocess.Popen([agent, "-c", path], stdout=log, stderr=log)
        atexit.register(self.agent.kill)
        atexit.register(self.watched.kill)
        self.pid = self.agent.pid
        self.scraping = threading.Event()
        self.scraping.set()
        threading.Thread(target=self.scrape, daemon=True).start()

    def end(self):
        self.agent.terminate()
        return self.agent.wait(30)

    def scrape(self):
        while True:
            self.scraping.wait()
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.http, timeout=5) as answer:
                    answer.read()
            except OSError:
                pass
            time.sleep(SCRAPE_EVERY_S)

    def status(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(30)
            client.connect(self.sock)
            client.sendall(b"status\n")
            text = b""
            while piece := client.recv(65536):
                text += piece
        return json.loads(text.split(b"\n")[0])

    def of_memory(self, name):
        return sum_of(r"^%s:\s+(\d+)" % name, "/proc/%d/smaps_rollup" % self.pid)

    def switches(self, kind):
        return sum_of(r"^%s_ctxt_switches:\s+(\d+)" % kind, "/proc/%d/status" % self.pid)

    def look(self):
        """Between two ticks, when nobody has asked anything for a while."""
        self.status()
        self.scraping.clear()
        time.sleep(SCRAPE_EVERY_S + 1)
        until_half_second()
        began, cpu = time.monotonic(), processor_ns(self.pid)
        voluntary, forced = self.switches("voluntary"), self.switches("nonvoluntary")
        time.sleep(QUIET_S - 0.5)
        until_half_second()
        ticks = round(time.monotonic() - began)
        row = {"rss": self.of_memory("Rss"), "pss": self.of_memory("Pss"), "anonymous": self.of_memory("Anonymous"),
               "descriptors": descriptors_beside_the_scan(self.pid), "wake_ups": (self.switches("voluntary") - voluntary) / ticks,
               "forced": (self.switches("nonvoluntary") - forced) / ticks,
               "cpu_ms": (processor_ns(self.pid) - cpu) / 1e6 / ticks, "cpu_s": processor_ns(self.pid) / 1e9}
        self.scraping.set()
        return row


def verdict(rows, plain):
    """What drifts among the rows from --settle on; empty: nothing."""
    found = []
    for name in ("anonymous", "descriptors"):
        values = sorted({row[name] for row in rows})
        if len(values) > 1:
            found.append("%s: from %d to %d" % (name, values[0], values[-1]))
    early, late = rows[:len(rows) // 2], rows[len(rows) // 2:]
    if early and min(row["rss"] for row in late) > max(row["rss"] for row in early):
        found.append("rss: grows from %d to %d kB" % (max(row["rss"] for row in early), min(row["rss"] for row in late)))
    wake_ups = statistics.median(row["wake_ups"] for row in rows)
    if wake_ups > MOST_WAKE_UPS[plain]:
        found.append("wake-ups a tick: %.2f" % wake_ups)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--for", dest="length", type=duration, default=600, metavar="TIME")
    parser.add_argument("--every", type=duration, default=60, metavar="TIME")
    parser.add_argument("--settle", type=duration, default=180, metavar="TIME")
    parser.add_argument("--plain", action="store_true", help="the defaults, a control socket and a state file only")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    options = parser.parse_args()
    if options.every <= LOOK_S or options.length < options.settle + options.every:
        parser.error("--every is more than %ds, and --for at least --settle and one more" % LOOK_S)
    if os.geteuid() == 0 and INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory(prefix="epsilond-soak-") as folder:
        soak = Soak(os.path.join(options.build, "epsilond"), PLAIN if options.plain else EVERYTHING, folder)
        began, rows = time.monotonic(), []
        print("seconds  RSS kB  PSS kB  anonymous kB  descriptors  wake-ups/tick  forced/tick  CPU ms/tick  CPU s")
        for due in range(options.every, options.length + 1, options.every):
            time.sleep(max(0.0, began + due - LOOK_S - time.monotonic()))
            if soak.agent.poll() is not None:
                break
            row = dict(soak.look(), at=due)
            rows.append(row)
            print("%(at)7d  %(rss)6d  %(pss)6d  %(anonymous)12d  %(descriptors)11d  %(wake_ups)13.2f  %(forced)11.2f  "
                  "%(cpu_ms)11.3f  %(cpu_s).3f" % row, flush=True)
        status = soak.status() if soak.agent.poll() is None else {}
        code = soak.end()
        with open(soak.log) as file:
            log = file.read()
    if code != 0 or not status:
        sys.exit("soak: the agent ended with %s\n%s" % (code, log[-4000:]))
    drifts = verdict([row for row in rows if row["at"] >= options.settle], options.plain)
    print("%d samples, %d ticks missed" % (status["samples"], status["ticks_missed"]))
    for line in drifts:
        print("drifts: " + line)
    if not drifts:
        print("constant from %d s on" % options.settle)
    sys.exit(1 if drifts else 0)


if __name__ == "__main__":
    main()
