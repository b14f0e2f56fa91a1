#!/usr/bin/env python3
"""What the agent costs, beside the physical floor and beside the peers of the distribution's archive.

  bench/cost/run.py [--processes 100,1000,5000] [--seconds 6] [--rounds 3] [--peers] [--write docs/cost.md]

Every number of processes is set up in process, network and mount namespaces of its own, so that nothing else runs
there. All programs are started once and stopped; in each round each goes on alone for its window, one behind the other,
so that what else the machine does hits all alike. Costs are processor time of the whole process between two instants
half a second off the ticks. Ratios are to the floor of the same round; all figures are medians over the rounds.
--peers installs what is missing of them from the archive and measures them too. Wants root, cc, perf (linux-perf).
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import page  # noqa: E402
import programs  # noqa: E402
from measure import Running, system_calls, until_half_second  # noqa: E402

COUNTED_TICKS = 10  # the agent looks closer every fifth tick
WARM_UP_S = 15  # the agent gives back what starting took after ten ticks
FLOOR = "floor: files and scan"


def build(folder):
    compiler = os.environ.get("CC", "cc")
    for name, options in (("floor", ["-static"]), ("sleepers", ["-static"]),
                          ("count_allocations", ["-shared", "-fPIC"])):
        subprocess.run([compiler, "-O2", "-Wall", "-Wextra", *options, "-s", "-o", os.path.join(folder, name),
                        os.path.join(HERE, name + ".c")], check=True)


def install_peers():
    wanted = [package for package in programs.PEER_PACKAGES.values() if not programs.installed_kib(package)]
    if wanted:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *wanted], check=True,
                       env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"), stdout=sys.stderr)


def windows(running, seconds, rounds):
    """Rows of (processor microseconds, wake-ups) per tick, one per round, by the name of the program."""
    rows = {one.program.name: [] for one in running}
    for number in range(rounds):
        for one in running[number % len(running):] + running[:number % len(running)]:
            one.go_on()
            until_half_second()
            until_half_second()
            cpu, wakes = one.cpu_ns(), one.wake_ups()
            for _ in range(seconds):
                until_half_second()
            rows[one.program.name].append(((one.cpu_ns() - cpu) / 1e3 / seconds, (one.wake_ups() - wakes) / seconds))
            one.stop()
    return rows


def count_calls(running):
    """(system calls, allocations) per tick by name; None where nobody knows. All run at once: counts do not mind."""
    for one in running:
        one.go_on()
    until_half_second()
    until_half_second()
    before = [one.allocations() for one in running]
    counting = [one.count_system_calls(COUNTED_TICKS) for one in running]
    time.sleep(COUNTED_TICKS)
    after = [one.allocations() for one in running]
    counts = {}
    for one, calls, first, last in zip(running, counting, before, after):
        calls = system_calls(calls)
        counts[one.program.name] = (None if calls is None else calls / COUNTED_TICKS,
                                    one.program.allocations if first is None else (last - first) / COUNTED_TICKS)
        one.stop()
    return counts


def measure_here(arguments, count, folder):
    """In namespaces of our own: everything about one number of processes, as a list of rows."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False, stderr=subprocess.DEVNULL)
    sleepers = subprocess.Popen([os.path.join(folder, "sleepers"), str(count)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)
    if sleepers.stdout.readline() != b"ready\n":
        raise SystemExit("cannot make %d processes" % count)
    chosen = programs.ours(folder, os.path.join(folder, "floor"))
    if arguments.peers:
        chosen += programs.peers(folder)
    preloaded = os.path.join(folder, "count_allocations")
    running = []
    for program in chosen:
        one = Running(program, folder, preloaded)
        time.sleep(WARM_UP_S)
        one.note_memory()  # now: whoever is stopped and goes on does what it else never does
        one.stop()
        running.append(one)
    ended = [one.program.name for one in running if not one.alive()]
    if ended:
        raise SystemExit("ended at once: " + ", ".join(ended))
    rows = windows(running, arguments.seconds, arguments.rounds)
    counts = count_calls(running)
    result = []
    for one in running:
        name = one.program.name
        ratios = [mine[0] / floor[0] for mine, floor in zip(rows[name], rows[FLOOR])]
        result.append({"name": name, "us": statistics.median(row[0] for row in rows[name]),
                       "ratio": statistics.median(ratios), "ratios": [round(ratio, 3) for ratio in ratios],
                       "wakes": statistics.median(row[1] for row in rows[name]),
                       "pss_kb": one.pss_kb, "rss_kb": one.rss_kb,
                       "calls": counts[name][0], "allocations": counts[name][1], "binary": one.program.binary,
                       "package": one.program.package})
    for one in running:
        one.end()
    sleepers.stdin.close()
    sleepers.wait()
    return result


def measure(arguments, count, folder):
    """The same, from outside."""
    own = os.path.join(folder, str(count))
    os.mkdir(own)
    for name in ("floor", "sleepers", "count_allocations"):
        os.link(os.path.join(folder, name), os.path.join(own, name))
    separate = ["unshare", "--pid", "--fork", "--mount-proc", "--net", "--kill-child"]
    if os.geteuid() != 0:
        separate[1:1] = ["--user", "--map-root-user"]
    command = [sys.executable, os.path.abspath(__file__), "--inside", str(count), "--folder", own,
               "--seconds", str(arguments.seconds), "--rounds", str(arguments.rounds)]
    done = subprocess.run(separate + command + (["--peers"] if arguments.peers else []), stdout=subprocess.PIPE,
                          text=True)
    if done.returncode != 0:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)


def shown(number, digits=0):
    return "-" if number is None else "{:,.{}f}".format(number, digits)


def tables(arguments, results):
    """The page's part that is measured, as Markdown."""
    lines = ["%s, Linux %s, %d processors; load of the machine meanwhile %.1f; %d rounds of %d s." %
             (time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), platform.release(), os.cpu_count(),
              os.getloadavg()[1], arguments.rounds, arguments.seconds)]
    for count, rows in results.items():
        lines += ["", "**%s idle processes**" % shown(count), "",
                  "| program | CPU s a minute | of a core | x floor | PSS kB | RSS kB | system calls a tick | "
                  "allocations a tick | wake-ups a tick |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
        for row in rows:
            lines.append("| %s | %.3f | %.3f %% | %.2f | %s | %s | %s | %s | %s |" % (
                row["name"], row["us"] * 60e-6, row["us"] / 1e4, row["ratio"],
                shown(row["pss_kb"]), shown(row["rss_kb"]),
                shown(row["calls"]), shown(row["allocations"]), shown(row["wakes"], 1)))
    lines += ["", "| program | binary, bytes | package, installed KiB |", "|---|---:|---:|"]
    seen = set()
    for row in next(iter(results.values())):
        name = row["name"].split(":")[0].split(",")[0]
        if name not in seen:
            seen.add(name)
            lines.append("| %s | %s | %s |" % (name, shown(os.path.getsize(row["binary"])
                         if os.path.exists(row["binary"]) else None),
                         shown(programs.installed_kib(row["package"]) or None if row["package"] else None)))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", default="100,1000,5000")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--write", help="a page to put the tables into")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside is not None:
        json.dump(measure_here(arguments, arguments.inside, arguments.folder), sys.stdout)
        return
    if not os.path.exists(programs.AGENT):
        raise SystemExit("no %s; build it first: cmake --workflow --preset release" % programs.AGENT)
    if not programs.own_package():
        print("no package in build/packages, so its size is left out: cmake --workflow --preset packages",
              file=sys.stderr)
    if arguments.peers:
        install_peers()
    with tempfile.TemporaryDirectory(prefix="epsilond-cost-") as folder:
        build(folder)
        results = {}
        for count in [int(text) for text in arguments.processes.split(",")]:
            results[count] = measure(arguments, count, folder)
            print("%d processes done" % count, file=sys.stderr)
        text = tables(arguments, results)
    print(text)
    if arguments.write:
        page.put_into(arguments.write, "cost", text)


if __name__ == "__main__":
    main()
