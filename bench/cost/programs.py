"""What is measured side by side: how each program is started so that it does its work once a second."""
import glob
import os
import platform
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Optional

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
AGENT = os.path.join(ROOT, "build", "release", "epsilond")
PEER_PACKAGES = {"collectd": "collectd-core", "node_exporter": "prometheus-node-exporter", "netdata": "netdata-core",
                 "monit": "monit", "atop": "atop"}
# A static program takes no preloaded library: tests/agent/pipeline/steady_memory_test.cpp counts, with every allocator
# wrapped.
NO_ALLOCATIONS = 0
SCRAPED = "http://127.0.0.1:9100/metrics"


@dataclass
class Program:
    name: str
    command: list
    binary: str
    package: str = ""  # by its name, or the file itself
    counted: bool = False  # its allocations, by a library that is preloaded
    allocations: Optional[int] = None  # a tick, where they are known without that
    scraped: str = ""  # asked for this once a second
    environment: dict = field(default_factory=dict)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def ours(folder, floor):
    """The agent in three settings and the two floors. Each has a file of its own: memory that several processes share
    counts for each of them in part only."""
    def copy(path, name):
        own = os.path.join(folder, re.sub(r"\W+", "_", name))
        shutil.copy(path, own)
        return own

    def agent(name, settings, allocations):
        own = copy(AGENT, name)
        return Program(name, [own, "-c", write(folder, os.path.basename(own) + ".ini", "[agent]\n" + settings)], own,
                       package=own_package(), allocations=allocations)

    socket = os.path.join(folder, "control.sock")
    state = os.path.join(folder, "state")
    return [
        Program("floor: files", [copy(floor, "files"), "files"], floor, allocations=0),  # floor.c has no heap
        Program("floor: files and scan", [copy(floor, "scan"), "scan"], floor, allocations=0),
        agent("epsilond", "control = %s\nstate = %s\n" % (socket, state), NO_ALLOCATIONS),
        agent("epsilond, no control socket", "control = none\nstate = none\n", NO_ALLOCATIONS),
        # libstatgrab allocates inside itself, and nobody can count it there.
        agent("epsilond, source = statgrab", "control = none\nstate = none\nsource = statgrab\n", None),
    ]


COLLECTD = """Interval 1
BaseDir "%(folder)s/collectd"
PIDFile "%(folder)s/collectd.pid"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin load
LoadPlugin memory
LoadPlugin processes
LoadPlugin disk
LoadPlugin interface
LoadPlugin csv
<Plugin csv>
  DataDir "%(folder)s/collectd-csv"
</Plugin>
"""
NETDATA = """[global]
run as user = root
[directories]
cache = %(folder)s/netdata/cache
lib = %(folder)s/netdata/lib
log = %(folder)s/netdata/log
[db]
update every = 1
"""
MONIT = """set daemon 1
set pidfile %(folder)s/monit.pid
set idfile %(folder)s/monit.id
set statefile %(folder)s/monit.state
set logfile %(folder)s/monit.log
check system localhost
  if loadavg (1min) > 1000 then alert
  if memory usage > 99%% then alert
  if cpu usage (user) > 99%% for 60 cycles then alert
"""


def peers(folder):
    """The peers that are installed; the others are left out."""
    for name in ("collectd", "netdata/cache", "netdata/lib", "netdata/log"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    texts = {name: text % {"folder": folder} for name, text in
             (("collectd", COLLECTD), ("netdata", NETDATA), ("monit", MONIT))}
    monitrc = write(folder, "monitrc", texts["monit"])
    os.chmod(monitrc, 0o600)
    found = [
        Program("collectd", ["collectd", "-f", "-C", write(folder, "collectd.conf", texts["collectd"])], "collectd",
                counted=True),
        Program("node_exporter", ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:9100"],
                "prometheus-node-exporter", scraped=SCRAPED),
        Program("netdata", ["netdata", "-D", "-c", write(folder, "netdata.conf", texts["netdata"])], "netdata",
                counted=True),
        Program("monit", ["monit", "-I", "-c", monitrc], "monit", counted=True),
        Program("atop", ["atop", "-w", os.path.join(folder, "atop.log"), "1"], "atop", counted=True),
    ]
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    kept = []
    for program in found:
        where = shutil.which(program.binary, path=path)
        if where is None:
            continue
        program.package = PEER_PACKAGES[program.name]
        program.binary = program.command[0] = where
        kept.append(program)
    return kept


def own_package():
    """The newest package of the agent for this machine that was built here; empty if none was."""
    architecture = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}.get(platform.machine(), "*")
    found = glob.glob(os.path.join(ROOT, "build", "packages", "epsilond_*_%s.deb" % architecture))
    return max(found, key=os.path.getmtime, default="")


def installed_kib(package):
    """What the package says it takes once it is installed, without what it depends on; 0 if that is not known."""
    question = ["dpkg-deb", "-f", package, "Installed-Size"] if package.endswith(".deb") else \
        ["dpkg-query", "-W", "-f", "${Installed-Size}", package]
    asked = subprocess.run(question, capture_output=True, text=True)
    size = asked.stdout.strip()
    return int(size) if asked.returncode == 0 and size.isdigit() else 0


class Scraper(threading.Thread):
    """Asks for a page at each whole second for as long as `on` is set; keeps the last one."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.on, self.page = url, threading.Event(), ""

    def run(self):
        while True:
            self.on.wait()
            now = time.monotonic()
            time.sleep(1.0 - now % 1.0)
            if self.on.is_set():
                self.scrape()

    def scrape(self):
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                self.page = answer.read().decode()
        except OSError:
            pass

    def value(self, metric):
        for line in self.page.splitlines():
            if line.startswith(metric + " "):
                return float(line.split()[1])
        return 0.0
