"""Normal, bursty work for the agent to learn: a web service and its clients, a database, a writer, and a backup.

Each part is a process of its own, `background.py PART SEED DIR ADDRESS`, so that it looks like one; Background starts
them all. Rates wander and burst by a seeded plan. Together they take about a quarter of a machine with two processors.
"""
import hashlib
import http.client
import http.server
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time

from faults import start, stop

PORT = 9008
BACKUP_EVERY_S = 180
PARTS = ("service", "clients", "database", "writer", "backup")


class Page(http.server.BaseHTTPRequestHandler):
    """A page of 40 kB that takes a few milliseconds to make."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        digest = self.path.encode()
        for _ in range(16000):
            digest = hashlib.sha256(digest).digest()
        body = json.dumps({"path": self.path, "rows": [digest.hex()] * 600}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def service(_, __, address):
    class Server(http.server.ThreadingHTTPServer):
        allow_reuse_address = True
        daemon_threads = True
    Server((address, PORT), Page).serve_forever()


def clients(rng, _, address):
    """Requests whose rate wanders between 15 and 80 a second, with a burst now and then."""
    rate = 40.0
    while True:
        rate = min(80.0, max(15.0, rate * rng.lognormvariate(0.0, 0.35)))
        burst = 2.5 if rng.random() < 0.08 else 1.0
        until = time.monotonic() + rng.uniform(3, 12)
        while time.monotonic() < until:
            try:
                connection = http.client.HTTPConnection(address, PORT, timeout=5)
                connection.request("GET", "/page/%d" % rng.randrange(1000))
                connection.getresponse().read()
                connection.close()
            except (OSError, http.client.HTTPException, socket.timeout):
                time.sleep(1.0)  # as clients do when nobody answers
            time.sleep(min(2.0, rng.expovariate(rate * burst)))


def database(rng, directory, _):
    """Orders that are committed one by one, and now and then a report over all of them."""
    base = sqlite3.connect(os.path.join(directory, "orders.sqlite"))
    base.execute("pragma synchronous = full")
    base.execute("create table if not exists orders (id integer primary key, customer integer, item text, price real)")
    rate = 8.0
    while True:
        rate = min(25.0, max(2.0, rate * rng.lognormvariate(0.0, 0.3)))
        for _ in range(rng.randrange(10, 40)):
            base.execute("insert into orders (customer, item, price) values (?, ?, ?)",
                         (rng.randrange(500), "%0200x" % rng.getrandbits(800), rng.lognormvariate(3, 1)))
            base.commit()
            time.sleep(rng.expovariate(rate))
        base.execute("select customer, sum(price) from orders group by customer order by 2 desc").fetchall()
        base.execute("delete from orders where id < (select max(id) from orders) - 20000")
        base.commit()


def writer(rng, directory, _):
    """A log that is synced every second or so, and a batch of results every half minute or so."""
    batch_at = time.monotonic() + 10
    with open(os.path.join(directory, "log"), "wb") as log:
        while True:
            log.write(rng.randbytes(rng.randrange(1000, 60000)))
            log.flush()
            os.fsync(log.fileno())
            if log.tell() > 64 << 20:
                log.truncate(0)
                log.seek(0)
            if time.monotonic() > batch_at:
                with open(os.path.join(directory, "batch"), "wb") as batch:
                    for _ in range(rng.randrange(4, 24)):
                        batch.write(rng.randbytes(1 << 20))
                        time.sleep(0.02)
                batch_at = time.monotonic() + rng.uniform(20, 45)
            time.sleep(rng.uniform(0.3, 2.0))


def backup(rng, directory, _):
    """tar and gzip of a directory, every three minutes; the first after one."""
    source = os.path.join(directory, "to-keep")
    os.makedirs(source, exist_ok=True)
    for i in range(300):
        with open(os.path.join(source, "file%d" % i), "wb") as file:
            file.write(b"".join(rng.choice((b"%d,", b"%x;")) % rng.getrandbits(64) for _ in range(30000)))
    due = time.monotonic() + 60
    while True:
        time.sleep(max(0.0, due - time.monotonic()))
        subprocess.run("tar -cf - to-keep | gzip > backup.new && mv backup.new backup.tar.gz", shell=True,
                       cwd=directory, check=False)
        due += BACKUP_EVERY_S + rng.uniform(-10, 10)


class Part:
    """One process of the background that can be stopped and started again."""

    def __init__(self, name, seed, directory, network):
        place = network.there if name == "clients" else network.here
        self.command = place + ["/usr/bin/python3", os.path.abspath(__file__), name, str(seed), directory,
                                network.address]
        self.process = None

    def start(self):
        self.process = start(self.command)

    def stop(self):
        if self.process is not None:
            stop(self.process)
        self.process = None


class Background:
    def __init__(self, seed, directory, network):
        self.parts = {name: Part(name, seed * 10 + i, directory, network) for i, name in enumerate(PARTS)}
        self.service = self.parts["service"]

    def start(self):
        for part in self.parts.values():
            part.start()

    def stop(self):
        for part in self.parts.values():
            part.stop()

    def dead(self):
        """Parts that ended though nobody stopped them."""
        return [name for name, part in self.parts.items() if part.process and part.process.poll() is not None]


if __name__ == "__main__":
    globals()[sys.argv[1]](random.Random(int(sys.argv[2])), *sys.argv[3:])
