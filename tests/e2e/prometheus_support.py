"""A real Prometheus of its own, on a loopback port of its own, with a folder that is gone afterwards."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from loopback import free_port


def tool(name):
    """Where a program is; skips the whole script where it is not installed."""
    path = shutil.which(name)
    if not path:
        print("SKIPPED: %s is not installed" % name)
        sys.exit(77)
    return path


class Prometheus:
    def __init__(self, config, rules, openmetrics=None):
        """`config` is what prometheus.yml says beside `rule_files`; JSON is YAML. `openmetrics` is its past."""
        self.server = None
        self.dir = tempfile.mkdtemp(prefix="epsilond-prometheus-")
        self.data = os.path.join(self.dir, "data")
        self.write("rules.yml", rules)
        self.write("prometheus.yml", json.dumps({**config, "rule_files": ["rules.yml"]}))
        if openmetrics:
            past = self.write("past.txt", openmetrics)
            subprocess.run([tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", "-q", past, self.data],
                           check=True, stdout=subprocess.DEVNULL, timeout=250)
        self.url = "http://127.0.0.1:%d" % free_port()
        self.log = open(os.path.join(self.dir, "log"), "w+")
        self.server = subprocess.Popen(
            [tool("prometheus"), "--config.file=" + os.path.join(self.dir, "prometheus.yml"),
             "--storage.tsdb.path=" + self.data, "--web.listen-address=" + self.url[len("http://"):]],
            stdout=self.log, stderr=self.log)

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait(60)
            self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def get(self, what, **arguments):
        """The `data` of an answer, or of an error its text as an exception."""
        url = "%s/api/v1/%s?%s" % (self.url, what, urllib.parse.urlencode(arguments))
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # it is not ready yet
                raise
            raise AssertionError("%s: %s" % (arguments, error.read().decode())) from error

    def values(self, query, **arguments):
        """The samples of an instant query: frozen labels to number, the newest one."""
        found = self.get("query", query=query, **arguments)["result"]
        return {frozenset(one["metric"].items()): float(one["value"][1]) for one in found}

    def wait_for(self, condition, what, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except OSError:  # it does not listen yet
                pass
            assert self.server.poll() is None, self.said()
            time.sleep(0.2)
        raise AssertionError("never happened: %s\n%s" % (what, self.said()))

    def said(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()
