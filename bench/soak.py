#!/usr/bin/env python3
"""Streams through the governed gateway for half an hour: does its memory grow?

usage: bench/soak.py [--build build/release] [--minutes 30] [--rate 13.34] [--warm-up 3] [--series FILE]

Everything is on: key, budget, guards in and out, ledger, audit log, traces to a collector. Streams begin at a fixed rate, one
in twenty is left in the middle by its client, one in fifty breaks at the upstream and is continued by a second model,
one in a hundred is refused. Values that the guard replaces come from a pool of 400, so that the vault fills once. Resident
memory is read every ten seconds, all of it and the part that is no file (RssAnon). The slope is of a straight line through the
samples after the warm-up; its 95 % interval is by bootstrap over blocks of a minute, since neighbours are alike.
"""
import argparse
import http.client
import http.server
import json
import os
import pathlib
import queue
import random
import signal
import statistics
import subprocess
import tempfile
import threading
import time

MANIFEST = """version: 1
models:
  first: {{provider: openai, model: first, base_url: "http://127.0.0.1:{port}/v1", can: [prefill],
           price: {{input_per_million: 0.1, output_per_million: 0.4}}}}
  second: {{provider: openai, model: second, base_url: "http://127.0.0.1:{port}/v1", can: [prefill],
            price: {{input_per_million: 0.1, output_per_million: 0.4}}}}
routes:
  r: {{models: [first, second], when_cut: continue, guards: [injection, pii, output], budget: {{day: 100000}}, retry_ratio: 10}}
guards: {{injection: {{}}, pii: {{action: pseudonymise}}, output: {{}}}}
telemetry: {{otlp_endpoint: "http://127.0.0.1:{collector}"}}
server: {{port: 0, request_log: failed}}
"""
TEXT = "The fee for the account is due at the end of each month and is taken from the balance without further notice . " * 2
WORKERS = 64
BLOCK = 6  # samples of a minute


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def resident_kib(pid):
    kib = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(("VmRSS", "RssAnon")):
            kib[line.split(":")[0]] = int(line.split()[1])
    return kib["VmRSS"], kib["RssAnon"]


def ask(port, key, number, counts, lock):
    """One stream, well or badly behaved by its number."""
    customer = number % 400
    text = f"Case {number}: write to customer.{customer}@brookmere.example about account {customer + 1000} and the fee."
    if number % 50 == 7:
        text += " BREAK-HERE"
    body = json.dumps({"model": "nothing" if number % 100 == 99 else "r", "stream": True, "messages": [{"role": "user", "content": text}]})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json", "authorization": "Bearer " + key})
    answer = connection.getresponse()
    if number % 20 == 3:
        answer.read(300)
        outcome = "left"
    elif answer.status != 200:
        answer.read()
        outcome = f"status {answer.status}"
    else:
        outcome = "whole" if answer.read().rstrip().endswith(b"[DONE]") else "not whole"
    connection.close()
    with lock:
        counts[outcome] = counts.get(outcome, 0) + 1


def slope(times, values):
    """KiB an hour."""
    middle = statistics.fmean(times)
    spread = sum((t - middle) ** 2 for t in times)
    return 3600 * sum((t - middle) * v for t, v in zip(times, values)) / spread


def interval(times, values, rounds=2000):
    """95 %, residuals resampled in blocks."""
    hour = slope(times, values)
    level = statistics.fmean(values) - hour / 3600 * statistics.fmean(times)
    line = [level + hour / 3600 * t for t in times]
    left = [v - l for v, l in zip(values, line)]
    draw = random.Random(1)
    slopes = []
    for _ in range(rounds):
        shuffled = []
        while len(shuffled) < len(left):
            at = draw.randrange(max(1, len(left) - BLOCK + 1))
            shuffled += left[at:at + BLOCK]
        slopes.append(slope(times, [l + r for l, r in zip(line, shuffled)]))
    slopes.sort()
    return slopes[int(rounds * 0.025)], slopes[int(rounds * 0.975)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=13.34)
    parser.add_argument("--warm-up", type=float, default=3)
    parser.add_argument("--series", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    upstream = subprocess.Popen([build / "loadline_fake_upstream"], stdout=subprocess.PIPE, text=True)
    upstream_port = int(upstream.stdout.readline())
    # What it received is forgotten now and then: its log is not what is measured.
    rules = json.dumps({"rules": [{"model": "first", "contains": "BREAK-HERE", "text": TEXT, "deltas": 40, "drop_after_events": 20},
                                  {"text": TEXT, "deltas": 40, "delta_ms": 10}]})

    def control(method, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", upstream_port)
        connection.request(method, "/control", body)
        connection.getresponse().read()

    control("PUT", rules)
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as name:
        folder = pathlib.Path(name)
        (folder / "loadline.yaml").write_text(MANIFEST.format(port=upstream_port, collector=collector.server_port))
        made = subprocess.run([build / "loadline", "keys", "create", "soak", "--budget-day", "100000", "--json"], cwd=folder,
                              capture_output=True, text=True, check=True).stdout
        key = json.loads(made)["secret"]
        gateway = subprocess.Popen([build / "loadline", "serve", "--json"], cwd=folder, stdout=subprocess.PIPE,
                                   stderr=open(folder / "log", "w"), text=True)
        port = json.loads(gateway.stdout.readline())["port"]
        time.sleep(2)
        due, counts, lock, samples = queue.Queue(), {}, threading.Lock(), []

        def work():
            while (number := due.get()) is not None:
                try:
                    ask(port, key, number, counts, lock)
                except OSError as error:
                    with lock:
                        counts[type(error).__name__] = counts.get(type(error).__name__, 0) + 1

        workers = [threading.Thread(target=work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        begun, number = time.monotonic(), 0
        total = int(options.minutes * 60 * options.rate)
        while number < total:
            now = time.monotonic() - begun
            while number < total and number / options.rate <= now:
                due.put(number)
                number += 1
                if number % 5000 == 0:
                    control("DELETE")
                    control("PUT", rules)
            if now >= 10 * len(samples):
                samples.append((now, *resident_kib(gateway.pid)))
            time.sleep(0.01)
        for _ in workers:
            due.put(None)
        for worker in workers:
            worker.join()
        usage = subprocess.run([build / "loadline", "usage", "--json"], cwd=folder, capture_output=True, text=True).stdout
        gateway.send_signal(signal.SIGTERM)
        gateway.wait(60)
    upstream.terminate()
    if options.series:
        options.series.write_text("".join("%.1f %d %d\n" % sample for sample in samples))
    print(f"{sum(counts.values())} streams in {options.minutes:g} minutes: {json.dumps(counts, sort_keys=True)}")
    print("usage:", usage.strip())
    kept = [sample for sample in samples if sample[0] >= 60 * options.warm_up]
    for column, what in ((1, "resident"), (2, "resident, no file")):
        times, values = [s[0] for s in kept], [s[column] for s in kept]
        low, high = interval(times, values)
        print(f"{what}: {samples[0][column] / 1024:.1f} MiB at the start, {statistics.fmean(values[:BLOCK]) / 1024:.2f} after the "
              f"warm-up, {statistics.fmean(values[-BLOCK:]) / 1024:.2f} at the end, most {max(values) / 1024:.1f}; slope "
              f"{slope(times, values) / 1024:+.3f} MiB/h (95 %: {low / 1024:+.3f} to {high / 1024:+.3f})")


if __name__ == "__main__":
    os.nice(10)
    main()
