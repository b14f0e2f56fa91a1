#!/usr/bin/env python3
"""How many datagrams a second `epsilonctl fleet` takes on one core, and whether it says how many it lost.

usage: fleet_receive.py BUILD_DIRECTORY [--seconds N] [--buffer BYTES] [--rows N]
BUILD_DIRECTORY holds epsilonctl and fleet_receive_send of one release preset:
cmake --build --preset release --target epsilonctl fleet_receive_send. The receiver has the last core, the sender the
others; --buffer 0, the default, is the socket buffer that the kernel gives unasked. Each second it prints a JSON object
with so many hosts in it (50).
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

RUNS = [(27, 27), (1000, 1000), (10000, 10000), (10000, 20000), (10000, 50000), (10000, 100000), (1000, 0), (10000, 0)]


def usage_of(pid):
    """Processor seconds and largest resident kB of a process."""
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    with open("/proc/%d/status" % pid) as file:
        resident = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), resident


def run(build, hosts, rate, seconds, buffer, rows):
    cores = sorted(os.sched_getaffinity(0))
    receiver = subprocess.Popen(
        ["taskset", "-c", str(cores[-1]), build + "/epsilonctl", "fleet", "--listen", "127.0.0.1:0", "--json", "--interval",
         "1s", "--rows", str(rows), "--rate", "1000000", "--buffer", str(buffer)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    port = re.search(r":(\d+),", receiver.stderr.readline()).group(1)
    others = ",".join(map(str, cores[:-1] or cores))
    reader = subprocess.Popen(["taskset", "-c", others, "tail", "-n", "1"], stdin=receiver.stdout, stdout=subprocess.PIPE)
    sender = subprocess.run(["taskset", "-c", others, build + "/fleet_receive_send", port, str(hosts), str(rate),
                             str(seconds)], stdout=subprocess.PIPE, text=True, check=True)
    made, sent, took = re.match(r"made (\d+) sent (\d+) in ([\d.]+)", sender.stdout).groups()
    time.sleep(2.5)
    spent, resident = usage_of(receiver.pid)
    receiver.terminate()
    told = json.loads(reader.communicate()[0])
    receiver.wait()
    fates = told["datagrams"]
    print("%6d hosts %7s/s  sent %8s in %6s s  received %8d  lost here %7d  unexplained %d  %5.1f %% of a core  %5.2f us each"
          "  %5.1f MB" % (hosts, rate or "storm", sent, took, fates["received"], fates["lost_here"],
                          int(sent) - fates["received"] - fates["lost_here"], 100 * spent / float(took),
                          1e6 * spent / max(1, fates["received"]), resident / 1e3), flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--buffer", type=int, default=0)
    parser.add_argument("--rows", type=int, default=50)
    chosen = parser.parse_args()
    for program in ("epsilonctl", "fleet_receive_send"):
        if not os.access(os.path.join(chosen.build, program), os.X_OK):
            sys.exit("%s: no %s there; build both as the usage says" % (chosen.build, program))
    for hosts, rate in RUNS:
        run(chosen.build, hosts, rate, chosen.seconds, chosen.buffer, chosen.rows)


if __name__ == "__main__":
    main()
