#!/usr/bin/env python3
"""`epsilonctl fleet` from outside: senders on loopback, and the arithmetic done again here.

usage: fleet_test.py EPSILONCTL [TEST]
"""
import fcntl
import json
import math
import os
import pty
import random
import re
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import termios
import time
import unittest

from loopback import free_port

EPSILONCTL = sys.argv[1]
DAY_NS = 86400 * 10**9
with open(EPSILONCTL, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()


def line(host, sequence=1, at=None, model="host", cluster=None, role=None, **fields):
    """One Influx line as an agent sends it; a field that is None is left out."""
    tags = "epsilond,host=%s,model=%s" % (host, model)
    tags += "".join(",%s=%s" % (key, value) for key, value in (("cluster", cluster), ("role", role)) if value)
    told = dict(surprise=0.5, surprise_threshold=5.3, anomalous=0, learning_ratio=1, top_feature=None)
    told.update(fields)
    words = []
    for key, value in told.items():
        if value is not None:
            words.append("%s=%s" % (key, '"%s"' % value if isinstance(value, str) else
                                    "%di" % value if key == "anomalous" else repr(value)))
    return "%s %s,sequence=%di %d" % (tags, ",".join(words), sequence, at or time.time_ns())


def densities(density, expected, variance):
    return dict(log_super_epsilon=density, log_super_epsilon_expected=expected, log_super_epsilon_variance=variance)


def event(kind, host, **more):
    now = time.time()
    told = {"v": 1, "event": kind, "id": "x", "host": host,
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%03dZ" % (now % 1 * 1000), "model": "host",
            "surprise": 9.25, "log_super_epsilon": -83.5, "threshold": 5.25, "duration_s": 15,
            "features": [{"name": "mem_used_bytes", "value": 7.9e9}], "processes": [], "text": "a sentence"}
    told.update(more)
    return json.dumps(told)


class Fleet(unittest.TestCase):
    def start(self, *arguments, listen="127.0.0.1:0", **options):
        options.setdefault("stdout", subprocess.PIPE)
        fleet = subprocess.Popen([EPSILONCTL, "fleet", "--listen", listen, *arguments], stderr=subprocess.PIPE,
                                 **options)
        self.addCleanup(lambda: [stream.close() for stream in (fleet.stdout, fleet.stderr) if stream])
        self.addCleanup(fleet.wait)
        self.addCleanup(fleet.kill)
        said = fleet.stderr.readline().decode()
        found = re.search(r"listening on (\S+):(\d+), for 10000 hosts in ([\d.]+) MB", said)
        self.assertTrue(found, said)
        self.megabytes = float(found.group(3))
        address = found.group(1).strip("[]")
        self.to = (address.replace("0.0.0.0", "127.0.0.1"), int(found.group(2)))
        self.sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.sock.close)
        return fleet

    def send(self, *texts):
        for text in texts:
            self.sock.sendto(text if isinstance(text, bytes) else text.encode(), self.to)

    def objects(self, fleet, seconds=30):
        """Each object that it prints."""
        deadline = time.monotonic() + seconds
        while True:
            self.assertTrue(select.select([fleet.stdout], [], [], max(0, deadline - time.monotonic()))[0])
            text = fleet.stdout.readline()
            if not text:
                return
            yield json.loads(text)

    def once(self, *texts, code=0, arguments=()):
        """What is printed of these datagrams."""
        fleet = self.start("--json", "--once", "--interval", "1s", *arguments)
        self.send(*texts)
        told = next(self.objects(fleet))
        self.assertEqual(fleet.wait(timeout=10), code)
        return told

    def until(self, fleet, condition):
        """The first object that fulfils the condition, and all events until then."""
        events = []
        for told in self.objects(fleet):
            events += [(happened["event"], happened["host"]) for happened in told["events"]]
            if condition(told):
                return told, events
        self.fail("it ended")

    def near(self, actual, expected):
        self.assertTrue(math.isclose(actual, expected, rel_tol=1e-6, abs_tol=1e-9), (actual, expected))

    def test_the_cluster_is_the_arithmetic_of_its_hosts(self):
        random.seed(7)
        hosts = {"h%d" % i: (random.gauss(-40, 30), random.gauss(-20, 30), random.uniform(0.5, 40)) for i in range(27)}
        texts = [line(host, **densities(*three), surprise=i / 7, anomalous=i % 9 == 8, role="web")
                 for i, (host, three) in enumerate(hosts.items())]
        texts.append(line("new", log_super_epsilon=-5.5, learning_ratio=0.5, surprise=None))
        told = self.once("\n".join(texts[:3]), *texts[3:], code=1)
        cluster = told["cluster"]
        total = math.fsum(three[0] for three in hosts.values())
        lack = math.fsum(three[1] for three in hosts.values()) - total
        zs = {host: (three[1] - three[0]) / math.sqrt(three[2]) for host, three in hosts.items()}
        middle = statistics.median(zs.values())
        spread = max(1.0, 1.482602218505602 * statistics.median(abs(z - middle) for z in zs.values()))
        self.near(cluster["log_super_epsilon_sum"], total - 5.5)
        self.near(cluster["log_super_epsilon_mean"], (total - 5.5) / 28)
        self.near(cluster["z"], lack / math.sqrt(math.fsum(three[2] for three in hosts.values())))
        self.near(cluster["median_z"], middle * math.sqrt(27 / (math.pi / 2)))
        self.near(cluster["surprise_max"], 26 / 7)
        self.near(cluster["flagged_share"], 3 / 28)
        self.assertEqual([cluster[key] for key in ("hosts", "reporting", "silent", "learning", "flagged", "z_hosts",
                                                   "surprise_max_host")], [28, 28, 0, 1, 3, 27, "h26"])
        for host in told["hosts"]:
            if host["host"] in zs:
                self.near(host["z"], zs[host["host"]])
                self.near(host["peer_z"], (zs[host["host"]] - middle) / spread)
        self.assertEqual([host["host"] for host in told["hosts"][:3]], ["h26", "h17", "h8"])
        self.assertEqual(told["hosts"][-1]["state"], "learning")

    def story(self, lacks):
        random.seed(11)
        texts = []
        for i, lack in enumerate(lacks):
            expected, variance = random.gauss(-20, 30), random.uniform(2, 40)
            texts.append(line("h%d" % i, role="web", **densities(expected - lack * math.sqrt(variance), expected, variance)))
        return self.once(*texts, code=1)["cluster"]

    def test_one_host_at_six_sigma_is_the_odd_one_and_the_sum_is_quiet(self):
        random.seed(3)
        cluster = self.story([random.gauss(0, 1) if i != 500 else 6.0 for i in range(1000)])
        self.assertEqual(cluster["odd_one_out"]["host"], "h500")
        self.assertLess(abs(cluster["z"]), 4)
        self.assertFalse(cluster["fleet_is_odd"])

    def test_a_thousand_hosts_at_half_a_sigma_raise_the_sum_and_none_is_odd(self):
        random.seed(3)
        cluster = self.story([random.gauss(0.5, 1) for _ in range(1000)])
        self.assertIsNone(cluster["odd_one_out"])
        self.assertEqual(cluster["odd_hosts"], 0)
        self.assertGreater(cluster["z"], 6)
        self.assertTrue(cluster["fleet_is_odd"])

    def test_silence_return_and_episodes_are_told(self):
        fleet = self.start("--json", "--interval", "100ms", "--silent-after", "1s")
        self.send(line("a"), line("b", anomalous=1, surprise=9.0, top_feature="load_1min"))
        self.until(fleet, lambda told: told["cluster"]["reporting"] == 2)
        for i in range(2, 17):
            self.send(line("a", i))
            time.sleep(0.1)
        told, events = self.until(fleet, lambda told: told["cluster"]["silent"] == 1)
        self.assertEqual(told["cluster"]["reporting"], 1)
        self.assertIn(("silent", "b"), events)
        self.send(line("b", 5, anomalous=0))
        told, events = self.until(fleet, lambda told: any(host["host"] == "b" and host["state"] == "normal"
                                                          for host in told["hosts"]))
        self.assertIn(("back", "b"), events)
        self.assertIn(("cleared", "b"), events)
        self.assertEqual(told["datagrams"]["lost_on_the_way"], 3)

    def test_events_as_json_are_understood(self):
        told = self.once(event("raised", "a"), event("start", "b", surprise=0, log_super_epsilon=0, features=[]),
                         event("stop", "c"), code=1)
        self.assertEqual({host["host"]: host["state"] for host in told["hosts"]},
                         {"a": "anomalous", "b": "normal", "c": "stopped"})
        self.assertEqual(told["hosts"][0]["top_feature"], "mem_used_bytes")
        self.near(told["cluster"]["log_super_epsilon_sum"], -83.5)
        self.assertEqual((told["cluster"]["stopped"], told["cluster"]["flagged"]), (1, 1))
        self.assertEqual({(one["event"], one["host"]) for one in told["events"]},
                         {("raised", "a"), ("started", "b"), ("stopped", "c")})

    def test_plain_text_tells_what_happens_and_a_table(self):
        fleet = self.start("--interval", "500ms", "--for", "2s")
        self.send(line("web1", anomalous=1, surprise=9.2, top_feature="load_1min"))
        time.sleep(0.3)
        self.send(line("web1", 2))
        text = fleet.stdout.read().decode()
        self.assertEqual(fleet.wait(timeout=10), 0)
        self.assertRegex(text, r"(?m)^\S+Z web1 raised: surprise 9\.20 of 5\.30, load_1min$")
        self.assertRegex(text, r"(?m)^\S+Z web1 cleared after \d")
        self.assertRegex(text, r"(?m)^\S+Z 1 host: 1 reporting, 0 silent; 0 flagged$")
        self.assertRegex(text, r"(?m)^web1 +normal +0\.50 ")
        self.assertNotIn("\033", text)

    def test_garbage_is_counted_and_changes_nothing(self):
        random.seed(5)
        good = line("a", **densities(-10.0, -5.0, 4.0))
        garbage = [random.randbytes(random.randrange(1, 1400)).replace(b"{", b"x") for _ in range(200)]
        garbage += [b"", b"{", b'{"v":1}', b"x" * 9000, good.replace("host=a", "host=\x1b[31m").encode(),
                    good.replace("-10.0", "nan").encode(), b"{" * 4000]
        told = self.once(good, *garbage)
        self.assertEqual([host["host"] for host in told["hosts"]], ["a"])
        self.near(told["cluster"]["z"], 2.5)
        fates = told["datagrams"]
        self.assertEqual((fates["received"], fates["oversized"], fates["accepted"]), (208, 1, 1))
        self.assertGreaterEqual(fates["malformed"], 200)

    def test_what_is_old_is_dropped_and_counted(self):
        now = time.time_ns()
        first = line("a", 10, now, **densities(-10.0, -5.0, 4.0))
        told = self.once(first, first, line("a", 9, now - 10**9, anomalous=1), line("a", 9999, now - DAY_NS, anomalous=1),
                         line("a", 12, now + 2 * 10**9, surprise=1.5), first)
        self.assertEqual(told["datagrams"]["old"], 4)
        self.assertEqual(told["datagrams"]["lost_on_the_way"], 1)
        self.assertEqual((told["hosts"][0]["surprise"], told["cluster"]["flagged"]), (1.5, 0))

    def test_an_agent_that_restarts_or_sets_its_clock_is_believed(self):
        now = time.time_ns()
        told = self.once(line("restarted", 500, now), line("restarted", 1, now + 10**9, surprise=2.5),
                         line("back", 500, now), line("back", 501, now - 3600 * 10**9, surprise=2.5),
                         line("future", 500, now + 365 * DAY_NS), line("future", 1, now, surprise=2.5))
        self.assertEqual([host["surprise"] for host in told["hosts"]], [2.5] * 3)
        self.assertEqual((told["datagrams"]["old"], told["datagrams"]["lost_on_the_way"]), (0, 0))

    def test_a_name_from_another_address_is_not_believed(self):
        fleet = self.start("--json", "--once", "--interval", "1s")
        self.send(line("a"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.2", 0))
            other.sendto(line("a", 2, anomalous=1).encode(), self.to)
        told = next(self.objects(fleet))
        self.assertEqual((told["cluster"]["flagged"], told["datagrams"]["other_sources"]), (0, 1))
        self.assertEqual(told["hosts"][0]["source"], "127.0.0.1")

    def test_only_allowed_networks_are_heard(self):
        told = self.once(line("a"), code=3, arguments=("--from", "10.0.0.0/8", "--from", "2001:db8::/32"))
        self.assertEqual((told["cluster"]["hosts"], told["datagrams"]["refused"]), (0, 1))
        told = self.once(line("a"), arguments=("--from", "10.0.0.0/8", "--from", "127.0.0.0/8"))
        self.assertEqual(told["cluster"]["hosts"], 1)

    def test_other_models_and_clusters_are_left_out(self):
        texts = [line("a", cluster="prod"), line("b", cluster="lab"), line("a", model="diary", cluster="prod"),
                 "cpu,host=a usage=3"]
        told = self.once(*texts, arguments=("--cluster", "prod"))
        self.assertEqual([host["host"] for host in told["hosts"]], ["a"])
        fates = told["datagrams"]
        self.assertEqual((fates["other_clusters"], fates["other_models"], fates["foreign"]), (1, 1, 1))
        self.assertEqual(self.once(*texts, arguments=("--model", "diary"))["cluster"]["hosts"], 1)

    def test_ipv6_is_heard_and_both_where_all_are(self):
        for listen, senders in (("[::1]:0", ["::1"]), ("[::]:0", ["::1", "127.0.0.1"])):
            fleet = self.start("--json", "--once", "--interval", "1s", listen=listen)
            for number, address in enumerate(senders):
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                with socket.socket(family, socket.SOCK_DGRAM) as sender:
                    sender.sendto(line("h%d" % number).encode(), (address, self.to[1]))
            told = next(self.objects(fleet))
            self.assertEqual({host["source"] for host in told["hosts"]}, set(senders))

    def test_exit_codes_are_for_scripts(self):
        self.once(code=3)
        self.once(line("a"))
        self.once(line("a", anomalous=1), code=1)
        self.once(line("a", anomalous=1), code=2, arguments=("--expect", "2"))
        for arguments in (["--listen", "localhost:1"], ["--from", "x"], ["--interval", "1"], ["--rate", "0"], ["x"],
                          ["--once", "--once"], ["--cluster", ""]):
            self.assertEqual(subprocess.run([EPSILONCTL, "fleet", *arguments], capture_output=True).returncode, 64)
        self.start("--once")
        taken = subprocess.run([EPSILONCTL, "fleet", "--listen", "%s:%d" % self.to], capture_output=True, text=True)
        self.assertEqual(taken.returncode, 69)
        self.assertIn("already in use", taken.stderr)

    def test_ten_thousand_hosts_fit_and_the_next_is_said(self):
        fleet = self.start("--json", "--interval", "1s", "--silent-after", "5m")
        for i in range(10001):
            self.send(line("host-%d.example.org" % i, role="r%d" % (i % 7), **densities(-10.0 - i, -10.0, 25.0)))
            if i % 100 == 0:
                time.sleep(0.005)
        with open("/proc/%d/status" % fleet.pid) as file:
            resident_kb = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))
        told, _ = self.until(fleet, lambda told: told["cluster"]["hosts"] + told["datagrams"]["no_room"] +
                             told["datagrams"]["lost_here"] == 10001)
        lost = told["datagrams"]["lost_here"]
        if lost == 0:
            self.assertEqual((told["cluster"]["hosts"], told["datagrams"]["no_room"]), (10000, 1))
            self.near(told["cluster"]["log_super_epsilon_sum"], -10.0 * 10000 - 9999 * 10000 / 2)
            self.assertIn(b"there is room for 10000 hosts", fleet.stderr.readline())
        if not SANITIZED:  # whose memory is mostly the sanitizer's
            self.assertLess(resident_kb * 1024, 1e6 * self.megabytes + 8e6)

    def test_a_flood_is_limited_and_the_others_are_heard(self):
        fleet = self.start("--json", "--interval", "1s", "--rate", "100")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooder:
            flooder.bind(("127.0.0.3", 0))
            for i in range(5000):
                flooder.sendto(line("x%d" % i).encode(), self.to)
                if i % 50 == 0:
                    self.send(line("a", i + 1))
                    time.sleep(0.001)
        told, _ = self.until(fleet, lambda told: told["datagrams"]["received"] + told["datagrams"]["lost_here"] == 5100)
        fates = told["datagrams"]
        self.assertGreater(fates["rate_limited"], 0)
        mine = [host for host in told["hosts"] if host["host"] == "a"][0]
        self.assertEqual(mine["accepted"] + mine["lost"], mine["accepted"] + fates["lost_on_the_way"])
        self.assertGreater(mine["accepted"], 0)

    def test_nobody_who_reads_is_nobody_who_waits(self):
        """A pipe that is full does not keep it from receiving, nor from ending."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        self.addCleanup(os.close, reader)
        fleet = self.start("--json", "--interval", "100ms", stdout=writer)
        os.close(writer)
        for i in range(1, 2001):
            self.send(line("h%d" % (i % 100), i))
            if i % 20 == 0:
                time.sleep(0.01)
        fleet.send_signal(signal.SIGTERM)
        self.assertEqual(fleet.wait(timeout=10), 0)

    def test_a_reader_that_went_away_is_a_write_error(self):
        reader, writer = os.pipe()
        fleet = self.start("--json", "--interval", "100ms", stdout=writer)
        os.close(writer)
        os.close(reader)
        self.assertEqual(fleet.wait(timeout=10), 74)

    def test_on_a_terminal_it_fills_the_screen_and_follows_keys(self):
        port = free_port(socket.SOCK_DGRAM)
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", LANG="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execv(EPSILONCTL, [EPSILONCTL, "fleet", "--listen", "127.0.0.1:%d" % port])
        self.addCleanup(os.close, terminal)
        said = ""

        def expect(text):
            nonlocal said
            deadline = time.monotonic() + 20
            while text not in said:
                self.assertLess(time.monotonic(), deadline, repr(said[-3000:]))
                if select.select([terminal], [], [], 0.1)[0]:
                    said += os.read(terminal, 65536).decode(errors="replace")
            said = said.partition(text)[2]

        expect("0 hosts: 0 reporting")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for i in range(40):
                sender.sendto(line("web%02d" % i, anomalous=i == 7, surprise=i / 10,
                                   top_feature="load_1min").encode(), ("127.0.0.1", port))
        expect("40 hosts: 40 reporting, 0 silent; 1 flagged (2.5 %)")
        expect("\033[31mweb07")
        expect("web07 raised: surprise 0.70 of 5.30, load_1min")
        os.write(terminal, b"s")
        expect("sort: name")
        os.write(terminal, b" ")
        expect("space go on")
        os.write(terminal, b"q")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *("Fleet." + name for name in sys.argv[2:])], verbosity=2)
