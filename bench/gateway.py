#!/usr/bin/env python3
"""The governed gateway beside nginx: what each step costs, before the same fake upstream.

usage: bench/gateway.py [--build build/release] [--rounds N] [--seconds N] [--connections N] [--steps plain,all] [--peer NAME=PORT]

The gateway runs on core 0 alone (one thread for connections); the fake upstream (canned answers), wrk and the collector
of traces on core 1. A step is the one before it and one thing more: plain, +keys, +budget, +guards, +ledger, +trace.
Rounds go through all of them in turn. CPU is the gateway's own, user and system, over the requests that wrk counted: it is
the figure that noise moves least. `latency` asks at 200 requests/s with times counted from when a request was due.
"""
import argparse
import http.server
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from proxy import BODY, NGINX, cpu_seconds, start, wrk  # noqa: E402

STEPS = ("plain", "keys", "budget", "guards", "ledger", "trace")
MANIFEST = """version: 1
models:
  m: {{provider: openai, model: m, base_url: "http://127.0.0.1:{upstream}/v1", price: {{input_per_million: {price}, output_per_million: {price}}}}}
routes:
  r: {{models: [m], guards: [{guards}]{budget}}}
guards: {{pii: {{action: pseudonymise}}}}
records: {{ledger: {ledger}, audit: {ledger}}}
telemetry: {{{trace}}}
server: {{threads: 1, port: 0, request_log: failed}}
"""


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes spans and forgets them."""
    spans = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        Collector.spans += body.count(b'"spanId"')
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Gateway:
    def __init__(self, build, folder, step, upstream, collector):
        have = set(STEPS[:STEPS.index(step) + 1])
        self.step, self.folder = step, folder / step
        self.folder.mkdir()
        (self.folder / "loadline.yaml").write_text(MANIFEST.format(
            upstream=upstream, price=1 if "budget" in have else 0, guards="pii" if "guards" in have else "",
            budget=", budget: {day: 100000}" if "budget" in have else "", ledger="true" if "ledger" in have else "false",
            trace=f'otlp_endpoint: "http://127.0.0.1:{collector}"' if "trace" in have else ""))
        self.key = "none"
        if "keys" in have:
            made = subprocess.run([build / "loadline", "keys", "create", "bench", "--budget-day", "100000", "--json"], cwd=self.folder,
                                  capture_output=True, text=True, check=True).stdout
            self.key = json.loads(made)["secret"]
        begun = time.time()
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(["taskset", "-c", "0", build / "loadline", "serve", "--json"], cwd=self.folder,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).read()
                break
            except OSError:
                time.sleep(0.005)
        self.ready = time.time() - begun

    def resident_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def lua(folder, name, key, stream):
    script = folder / f"{name}.lua"
    body = BODY % (',"stream":true' if stream else "")
    script.write_text(f"wrk.method='POST'\nwrk.headers['content-type']='application/json'\n"
                      f"wrk.headers['authorization']='Bearer {key}'\nwrk.body='{body.replace(chr(34) + 'm' + chr(34) + ',', chr(34) + 'r' + chr(34) + ',', 1)}'\n")
    return script


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--only", default="", help="plain, stream or latency")
    parser.add_argument("--rate", type=int, default=200)
    options = parser.parse_args()
    build = options.build.resolve()
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    os.sched_setaffinity(0, {1})
    with tempfile.TemporaryDirectory(prefix="bench-gateway-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        upstream, upstream_port = start([build / "loadline_fake_upstream", "--canned"], 1)
        port = 19080 + os.getpid() % 1000
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, upstream=upstream_port, buffering="off"))
        nginx = subprocess.Popen(["taskset", "-c", "0", "nginx", "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf",
                                  "-g", "daemon off; user root;"])
        gateways = [Gateway(build, folder, step, upstream_port, collector.server_port) for step in options.steps.split(",")]
        try:
            time.sleep(0.5)
            asked = [("nginx", nginx.pid, port, "none")] + [(g.step, g.process.pid, g.port, g.key) for g in gateways]
            for kind in ("plain", "stream"):
                if options.only not in ("", kind):
                    continue
                rows = {}
                for _ in range(options.rounds):
                    for who, pid, to, key in asked:
                        script = lua(folder, f"{who}-{kind}", key, kind == "stream")
                        before = cpu_seconds(pid)
                        count, rate = wrk(to, script, options)
                        rows.setdefault(who, []).append((rate, 1e6 * (cpu_seconds(pid) - before) / count))
                base = {who: [statistics.median(v[i] for v in values) for i in (0, 1)] for who, values in rows.items()}
                for who, (rate, cpu) in base.items():
                    print(f"{kind}: {who}: {rate:.0f} requests/s ({rate / base['nginx'][0]:.2f} of nginx), "
                          f"{cpu:.1f} us of CPU a request ({cpu / base['nginx'][1]:.2f} times nginx)", flush=True)
            if options.only in ("", "latency"):
                for who, _, to, key in [("fake upstream", 0, upstream_port, "none")] + asked:
                    out = subprocess.run(["taskset", "-c", "1", build / "loadline_open_loop", str(to), key, str(options.rate), str(options.seconds * options.rounds)],
                                         capture_output=True, text=True, check=True).stdout
                    print(f"latency at {options.rate}/s: {who}: {out.strip()}", flush=True)
            for gateway in gateways:
                print(f"{gateway.step}: ready after {gateway.ready:.3f} s, {gateway.resident_mb():.0f} MB resident after the load")
            print(f"spans received: {Collector.spans}")
        finally:
            for gateway in gateways:
                gateway.stop()
            for process in (nginx, upstream):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


if __name__ == "__main__":
    main()
