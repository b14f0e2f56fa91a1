"""Real receivers on loopback, in a folder of their own, and what they spend."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
ETC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../etc")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


started = []


def stop_all():
    """What still runs after an error."""
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait()


class Program:
    def __init__(self, folder, name, *arguments):
        self.name, self.arguments, self.folder = name, arguments, folder
        self.before_s = 0.0  # of those that it replaces
        started.append(self)
        self.start()

    def start(self):
        self.log = open(os.path.join(self.folder, self.name + ".log"), "a")
        self.process = subprocess.Popen([shutil.which(self.name) or "/usr/sbin/" + self.name, *self.arguments],
                                        stdout=self.log, stderr=self.log)

    def stop(self):
        self.before_s = self.cpu_s()
        self.process.terminate()
        self.process.wait(120)
        self.log.close()

    def cpu_s(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return self.before_s + (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self):
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * PAGE / 2**20


def disk_mib(folder):
    sizes = [os.stat(os.path.join(root, name)).st_blocks * 512 for root, _, names in os.walk(folder) for name in names]
    return sum(sizes) / 2**20


def kernel_drops(port):
    """Datagrams that found the socket buffer of this loopback port full."""
    drops = 0
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        with open(table) as file:
            drops += sum(int(line.split()[-1]) for line in file if line.split()[1].endswith(":%04X" % port))
    return drops


class Store:
    """What answers PromQL."""

    def wait_until_it_answers(self):
        for _ in range(600):
            try:
                return self.values("vector(1)")
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(self.store.name)

    def values(self, query):
        url = "%s/api/v1/query?%s" % (self.url, urllib.parse.urlencode({"query": query}))
        with urllib.request.urlopen(url, timeout=120) as answer:
            return [float(one["value"][1]) for one in json.load(answer)["data"]["result"]]

    def counter(self, start):
        with urllib.request.urlopen(self.url + "/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(start))

    def stop(self):
        for program in self.programs:
            program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Victoria(Store):
    """VictoriaMetrics takes Influx lines over UDP; vmalert asks it the rules and writes what they record."""

    def __init__(self, rules_every_s):
        self.folder = tempfile.mkdtemp(prefix="epsilond-fleet-")
        self.port, http = free_port(socket.SOCK_DGRAM), free_port()
        self.url = "http://127.0.0.1:%d" % http
        self.data = os.path.join(self.folder, "data")
        self.store = Program(self.folder, "victoria-metrics", "-storageDataPath=" + self.data, "-retentionPeriod=1",
                             "-httpListenAddr=127.0.0.1:%d" % http, "-influxListenAddr=127.0.0.1:%d" % self.port,
                             "-search.latencyOffset=2s", "-relabelConfig=" + ETC + "/prometheus/victoria.relabel.yml")
        self.programs = [self.store]
        self.wait_until_it_answers()
        self.rules = Program(self.folder, "vmalert", "-rule=" + ETC + "/prometheus/epsilond.rules.yml",
                             "-datasource.url=" + self.url, "-remoteWrite.url=" + self.url,
                             "-notifier.url=http://127.0.0.1:1",
                             "-evaluationInterval=%ds" % rules_every_s, "-httpListenAddr=127.0.0.1:%d" % free_port())
        self.programs.insert(0, self.rules)

    def samples(self):
        return self.counter('vm_rows_inserted_total{type="influx"}')

    def flush(self):
        urllib.request.urlopen(self.url + "/internal/force_flush", timeout=120).read()


class Prometheus(Store):
    """Scrapes `targets` (ADDRESS:PORT) and evaluates the rules itself."""

    def __init__(self, targets, scrape_every_s, rules_every_s):
        self.folder = tempfile.mkdtemp(prefix="epsilond-fleet-")
        self.data = os.path.join(self.folder, "data")
        self.url = "http://127.0.0.1:%d" % free_port()
        shutil.copy(ETC + "/prometheus/epsilond.rules.yml", self.folder)
        with open(os.path.join(self.folder, "hosts.json"), "w") as file:
            json.dump([{"targets": targets}], file)
        with open(os.path.join(self.folder, "prometheus.yml"), "w") as file:  # JSON is YAML
            json.dump({"global": {"scrape_interval": "%ds" % scrape_every_s, "scrape_timeout": "%ds" % scrape_every_s,
                                  "evaluation_interval": "%ds" % rules_every_s},
                       "rule_files": ["epsilond.rules.yml"],
                       "scrape_configs": [{"job_name": "epsilond", "honor_labels": True,
                                           "file_sd_configs": [{"files": ["hosts.json"]}]}]}, file)
        self.store = Program(self.folder, "prometheus", "--config.file=" + self.folder + "/prometheus.yml",
                             "--storage.tsdb.path=" + self.data, "--web.listen-address=" + self.url[len("http://"):])
        self.programs = [self.store]
        self.wait_until_it_answers()
