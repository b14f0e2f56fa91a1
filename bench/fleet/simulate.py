#!/usr/bin/python3
"""A fleet of simulated hosts and a real receiver, on loopback: what the receiver spends, and what each host sends.

usage: simulate.py victoria|prometheus|rsyslog|day --hosts N [--seconds 90] [--every 20] [--scores SCORES.csv]
                   [--loss P] [--storm AT] [--restart AT] [--rules-every 15]

victoria: every host sends an Influx line each --every seconds over UDP, at a phase of its own. prometheus: ten targets
show all hosts, scraped each --every seconds. rsyslog: all hosts send a flag within ten seconds, a storm; nothing else.
day: a day of lines is written into VictoriaMetrics at once, for the bytes that a sample takes on disk.
--storm: from AT s on every host is odd. --restart: the receiver is stopped at AT s and started again. --loss: this part
of the datagrams is lost on the way. --scores: what `epsilonctl replay FILE --scores` wrote, as the scores of the hosts.
Prints one JSON object.
"""
import argparse
import http.server
import json
import os
import random
import re
import shutil
import socket
import sys
import tempfile
import threading
import time
import urllib.request

import hosts
import receivers

SLOT_S = 0.05  # at most; large fleets are sent in smaller steps, that a step be no burst
STEP = 25


class Watch:
    """What programs spend from now on."""

    def __init__(self, programs):
        self.programs = programs
        self.from_s = time.monotonic()
        self.cpu = [program.cpu_s() for program in programs]

    def spent(self):
        seconds = time.monotonic() - self.from_s
        return {program.name: {"cpu_cores": round((program.cpu_s() - before) / seconds, 4),
                               "resident_mib": round(program.resident_mib(), 1)}
                for program, before in zip(self.programs, self.cpu)}


def timed_rules(store):
    """What it costs the receiver to answer the sum and the z of clusters: the mean processor time of three times, and
    the shortest wait, in ms."""
    with open(receivers.ETC + "/prometheus/epsilond.rules.yml") as file:
        text = file.read()
    rules = re.findall(r"record: (\S+)\n\s+expr: (?:>-\n)?((?:.(?!- record:|- alert:|- name:))+)", text, re.S)
    found = {}
    for name, expression in rules:
        if name not in ("cluster:epsilond_log_super_epsilon:sum", "cluster:epsilond_log_super_epsilon:z"):
            continue
        expression = re.sub(r"\n\s*#.*", "", expression)
        before, waits = store.store.cpu_s(), []
        for _ in range(3):
            start = time.monotonic()
            store.values(expression)
            waits.append(time.monotonic() - start)
        found[name] = [round(1000 * (store.store.cpu_s() - before) / 3), round(1000 * min(waits), 1)]
    return found


def truth(fleet, store):
    """The sum of what was said last, and what the receiver makes of it."""
    said = fleet.last[~(fleet.last != fleet.last)]
    found = store.values("sum(epsilond_log_super_epsilon)")
    return {"hosts": store.values("count(epsilond_log_super_epsilon)"), "sum_sent": round(float(said.sum()), 3),
            "sum_found": [round(value, 3) for value in found]}


def alarms(store):
    found = store.values('count(ALERTS{alertstate="firing"})')
    return found[0] if found else 0


class Sender:
    """Sends what is due, slot by slot; a slot that comes late is sent all the same."""

    def __init__(self, fleet, port, loss):
        self.fleet, self.loss = fleet, loss
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.sent = self.bytes = self.lost = self.refused = 0

    def send(self, who):
        for line in self.fleet.influx(who, time.time_ns()):
            if self.loss and random.random() < self.loss:
                self.lost += 1
                continue
            try:
                self.socket.send(line)
                self.sent += 1
                self.bytes += len(line)
            except OSError:  # nobody listens
                self.refused += 1

    def run(self, seconds, every, at):
        """`at` maps seconds to what is done then."""
        slots = max(int(every / SLOT_S), self.fleet.count // STEP)
        slot_s = every / slots
        order = (self.fleet.phase * slots).astype(int)
        due = [(order == slot).nonzero()[0] for slot in range(slots)]
        start = time.monotonic()
        for number in range(int(seconds / slot_s)):
            moment = number * slot_s
            for when in [when for when in at if when <= moment]:
                at.pop(when)()
            self.send(due[number % slots])
            time.sleep(max(0.0, start + moment + slot_s - time.monotonic()))
        return time.monotonic() - start - seconds


class Phase:
    """From now on: what is sent, what arrives, and what that costs."""

    def __init__(self, store, sender):
        self.store, self.sender = store, sender
        self.watch, self.samples, self.sent = Watch(store.programs), store.samples(), sender.sent
        self.own_s = time.process_time()

    def result(self):
        seconds = time.monotonic() - self.watch.from_s
        return {**self.watch.spent(), "samples_per_s": round((self.store.samples() - self.samples) / seconds, 1),
                "packets_per_s": round((self.sender.sent - self.sent) / seconds, 1),
                "generator_cores": round((time.process_time() - self.own_s) / seconds, 3)}


def run_victoria(options, fleet):
    store = receivers.Victoria(options.rules_every)
    sender = Sender(fleet, store.port, options.loss)
    result, phase = {}, {}

    def begin():
        phase["steady"] = Phase(store, sender)

    def storm():
        result["steady"] = phase.pop("steady").result()
        fleet.odd[:] = True
        phase["storm"] = Phase(store, sender)

    def stop_and_start():
        result["drops_before_restart"] = receivers.kernel_drops(store.port)
        begin = time.monotonic()
        store.store.stop()
        time.sleep(5)
        store.store.start()
        store.wait_until_it_answers()
        result["away_s"] = round(time.monotonic() - begin, 1)

    def restart():  # while the hosts go on
        result["steady"] = phase.pop("steady").result()
        threading.Thread(target=stop_and_start).start()

    at = {options.every + 5: begin}  # the first round of each host makes its series: another story
    at.update({moment: what for moment, what in ((options.storm, storm), (options.restart, restart)) if moment})
    late = sender.run(options.seconds, options.every, at)
    for name, last in phase.items():
        result[name] = last.result()
    time.sleep(3 + (options.rules_every if options.storm else 0))
    counted = alarms(store)
    store.programs.remove(store.rules)  # what is timed is then all that is done
    store.rules.stop()
    rules = timed_rules(store)
    store.flush()
    series = store.counter('vm_cache_entries{type="storage/hour_metric_ids"}')  # those of the rules as well
    written = store.values("sum(count_over_time(epsilond_sequence[10m]))")
    gaps = store.values("sum(max_over_time(epsilond_sequence[10m]) - min_over_time(epsilond_sequence[10m]) + 1"
                        " - count_over_time(epsilond_sequence[10m]))")
    result.update(sent=sender.sent, bytes_each=round(sender.bytes / max(1, sender.sent), 1),
                  lost_on_the_way=sender.lost, refused=sender.refused, written=written, gaps=gaps,
                  kernel_drops=receivers.kernel_drops(store.port), late_s=round(late, 2), series=series,
                  disk_mib=round(receivers.disk_mib(store.data), 1), truth=truth(fleet, store), alarms=counted,
                  rules=rules)
    store.stop()
    return result


def serve(fleet, share):
    class Metrics(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = fleet.exposition(share)
            served["bytes"] += len(text)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    served = {"bytes": 0}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "127.0.0.1:%d" % server.server_port, served


def run_prometheus(options, fleet):
    targets = 10
    shares = [list(range(first, fleet.count, targets)) for first in range(targets) if first < fleet.count]
    served = [serve(fleet, share) for share in shares]
    store = receivers.Prometheus([address for address, _ in served], int(options.every), options.rules_every)
    time.sleep(options.every + 5)
    watch, before = Watch(store.programs), store.values("sum(scrape_samples_scraped)")
    if options.storm:
        time.sleep(max(0.0, options.storm - options.every))
        fleet.odd[:] = True
    time.sleep(options.seconds - options.every - (options.storm or 0))
    groups = ("host", "cluster", "role", "alerts")
    result = {"steady": watch.spent(), "series": store.values('count({__name__=~"epsilond_.+"})'),
              "scraped_samples": before, "scrape_s": store.values("max(scrape_duration_seconds)"),
              "bytes_each": round(sum(part["bytes"] for _, part in served) / max(1, int(fleet.turn.sum())), 1),
              "disk_mib": round(receivers.disk_mib(store.data), 1), "alarms": alarms(store),
              "hosts": store.values("count(epsilond_log_super_epsilon)"),
              "rule_groups_ms": {name: round(1000 * store.counter(
                  'prometheus_rule_group_last_duration_seconds{rule_group="%s/epsilond.rules.yml;epsilond_%s"}'
                  % (store.folder, name)), 1) for name in groups}}
    store.stop()
    return result


def run_day(options, fleet):
    store = receivers.Victoria(86400)
    who, now, lines = range(fleet.count), time.time_ns(), 0
    batch = []
    for back in range(86400, 0, -int(options.every)):
        batch += fleet.influx(list(who), now - back * 10**9)
        if len(batch) >= 20000 or back <= options.every:
            request = urllib.request.Request(store.url + "/write", data=b"".join(batch), method="POST")
            urllib.request.urlopen(request, timeout=120).read()
            lines, batch = lines + len(batch), []
    store.flush()
    time.sleep(10)  # it merges what is small
    samples = store.counter('vm_rows{type="storage/')
    result = {"lines": lines, "samples": samples, "disk_mib": round(receivers.disk_mib(store.data + "/data"), 2),
              "index_mib": round(receivers.disk_mib(store.data + "/indexdb"), 2),
              "bytes_per_sample": round(receivers.disk_mib(store.data + "/data") * 2**20 / max(1, samples), 2)}
    store.stop()
    return result


def run_rsyslog(options, fleet):
    folder = tempfile.mkdtemp(prefix="epsilond-fleet-")
    port = receivers.free_port(socket.SOCK_DGRAM)
    with open(receivers.ETC + "/rsyslog/epsilond.conf") as file:
        text = file.read().replace('port="514"', 'address="127.0.0.1" port="%d"' % port)
    out = os.path.join(folder, "flags.json")
    text = text.replace("/var/log/epsilond-flags.json", out)
    with open(folder + "/rsyslog.conf", "w") as file:
        file.write('global(workDirectory="%s" net.enableDNS="off")\n%s' % (folder, text))
    server = receivers.Program(folder, "rsyslogd", "-n", "-f", folder + "/rsyslog.conf", "-i", folder + "/pid")
    time.sleep(1)
    flags = [fleet.flag(number) for number in range(fleet.count)]
    watch, sender = Watch([server]), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    start = time.monotonic()
    for number in fleet.phase.argsort():
        ahead = start + 10 * fleet.phase[number] - time.monotonic()
        if ahead > 0.001:
            time.sleep(ahead)
        sender.sendto(flags[number], ("127.0.0.1", port))
    took, written = time.monotonic() - start, -1
    while os.path.exists(out) and written != os.path.getsize(out):
        written = os.path.getsize(out)
        time.sleep(2)
    result = {"storm_s": round(took, 2), "sent": fleet.count, "kernel_drops": receivers.kernel_drops(port),
              "spent": watch.spent(),
              "cpu_us_each": round(1e6 * (server.cpu_s() - watch.cpu[0]) / fleet.count, 1),
              "written": sum(1 for _ in open(out)) if os.path.exists(out) else 0}
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("receiver", choices=("victoria", "prometheus", "rsyslog", "day"))
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--every", type=float, default=20)
    parser.add_argument("--rules-every", type=int, default=15)
    parser.add_argument("--scores")
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--storm", type=float)
    parser.add_argument("--restart", type=float)
    options = parser.parse_args()
    random.seed(3)
    fleet = hosts.Fleet(options.hosts, hosts.standard_scores(options.scores))
    run = {"victoria": run_victoria, "prometheus": run_prometheus, "rsyslog": run_rsyslog, "day": run_day}
    run = run[options.receiver]
    try:
        print(json.dumps({"options": vars(options), **run(options, fleet)}, indent=1))
    finally:
        receivers.stop_all()


if __name__ == "__main__":
    sys.exit(main())
