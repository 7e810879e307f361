"""Measures the injection guard as it is shipped: held-out texts through the real gateway, over HTTP, verdicts by status.

    python3 bench/guard_gateway.py build/release /tmp/injection.jsonl /tmp/injection [--percent 1]

The arguments are a build with loadline and loadline_fake_upstream, and what bench/train_injection.py made (its head has
the commands). A text counts as flagged where a route that stops at the given share of harmless texts answers 403: users'
texts as a user's message, passages as the result of a tool. One request at a time. Needs numpy.
"""
import argparse
import collections
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import train_injection as training

MANIFEST = """version: 1
models:
  m: {{provider: openai, model: m-1, base_url: "http://127.0.0.1:{port}/v1", can: [tools]}}
routes:
  classifier: {{models: [m], guards: [injection]}}
  signatures: {{models: [m], guards: [injection_signatures]}}
guards:
  injection: {{passages: block, flag_percent: {percent}, stop_percent: {percent}, milliseconds: 60000}}
server: {{request_log: failed}}
"""


def held_out(texts, features):
    """(row, was held out) for each text that has windows, by the split of the training."""
    rows = [json.loads(line) for line in open(texts, encoding="utf-8")]
    places = np.loadtxt(features + ".rows", ndmin=2)[:, :2].astype(int)
    whole = np.fromfile(features + ".f32", dtype=np.float32).reshape(len(rows), -1)
    windows = np.fromfile(features + ".windows.f32", dtype=np.float32).reshape(places[:, 1].sum(), -1)
    out = []
    for trust in (training.USER, training.PASSAGE):
        data = training.Set(rows, places, whole, windows, trust)
        kept = [row for i, row in enumerate(rows) if row["trust"] == trust and places[i][1] > 0]
        out += [row for row, held in zip(kept, data.held) if held]
    return out


def body_of(route, row):
    messages = [{"role": "user", "content": row["text"]}]
    if row["trust"] == training.PASSAGE:
        call = {"id": "c", "type": "function", "function": {"name": "read", "arguments": "{}"}}
        messages = [{"role": "user", "content": "Summarise it."}, {"role": "assistant", "content": None, "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": "c", "content": row["text"]}]
    return json.dumps({"model": route, "messages": messages})


def started(command, output):
    return subprocess.Popen(command, stdout=open(output, "w"), stderr=open(output + ".log", "w"))


def line_of(path):
    for _ in range(600):
        lines = pathlib.Path(path).read_text().splitlines()
        if lines:
            return lines[0]
        time.sleep(0.1)
    sys.exit(f"{path}: no line after a minute")


def ask(connection, route, row):
    connection.request("POST", "/v1/chat/completions", body_of(route, row), {"content-type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def report(route, rows, statuses, times):
    print(f"== {route}: median {1000 * np.median(times):.2f} ms, 99th percentile {1000 * np.quantile(times, .99):.1f} ms a request")
    for trust in (training.USER, training.PASSAGE):
        groups = collections.defaultdict(list)
        for row, status in zip(rows, statuses):
            if row["trust"] == trust:
                groups[("attacks", "harmless")[row["label"] == 0]].append(status == 403)
                groups[row["source"]].append(status == 403)
        print(f"{trust}: " + ", ".join(f"{name} {np.mean(flags):.3f} of {len(flags)}" for name, flags in sorted(groups.items())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("texts")
    parser.add_argument("features")
    parser.add_argument("--percent", default="1")
    arguments = parser.parse_args()
    rows = held_out(arguments.texts, arguments.features)
    with tempfile.TemporaryDirectory() as folder:
        upstream = started([arguments.build / "loadline_fake_upstream", "--canned"], folder + "/upstream")
        server = None
        try:
            port = line_of(folder + "/upstream")
            pathlib.Path(folder + "/loadline.yaml").write_text(MANIFEST.format(port=port, percent=arguments.percent))
            server = started([arguments.build / "loadline", "serve", "--port", "0", "--json", "--config", folder + "/loadline.yaml",
                              "--data", folder + "/data"], folder + "/server")
            connection = http.client.HTTPConnection("127.0.0.1", json.loads(line_of(folder + "/server"))["port"], timeout=120)
            while ask(connection, "classifier", {"text": "hello", "trust": training.USER}) != 200:
                time.sleep(0.2)
            for route in ("classifier", "signatures"):
                statuses, times = [], []
                for row in rows:
                    begun = time.perf_counter()
                    statuses.append(ask(connection, route, row))
                    times.append(time.perf_counter() - begun)
                if set(statuses) - {200, 403}:
                    sys.exit(f"unexpected statuses: {collections.Counter(statuses)}")
                report(route, rows, statuses, times)
        finally:
            for process in (server, upstream):
                if process:
                    process.kill()
                    process.wait()


main()
