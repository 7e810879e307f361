#!/usr/bin/env python3
"""The server without models at 100,000 chunks: start to ready, memory, and /v1/models against nginx.

usage: bench/server.py [--build build/release] [--folder DIR] [--chunks N] [--rounds N] [--seconds N]

The collection is made once by loadline_server_collection and used again by later runs. nginx (two workers) serves the
same bytes from a file; both write a line to a log file for each request; wrk asks both in turn, 64 connections, one
thread. Medians; the ratio is the median of the rounds' ratios.
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time

MANIFEST = """version: 1
app: bench
knowledge:
  reports: {paths: ["none/**"], embedder: all-minilm-l6-v2}
"""
NGINX = """worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/nginx-access.log;
  keepalive_requests 100000000;
  default_type application/json;
  sendfile on;
  tcp_nopush on;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; }}
}}
"""


class Server:
    def __init__(self, build, folder):
        self.log = open(folder / "server.log", "w")
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [build / "loadline", "--config", folder / "bench.yaml", "--data", folder / "data", "serve", "--port", "0", "--json"],
            stdout=subprocess.PIPE, stderr=self.log)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.listening_s = time.perf_counter() - start
        while self.get("/readyz")[0] != 200:
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended: see {folder}/server.log")
            time.sleep(0.002)
        self.ready_s = time.perf_counter() - start

    def get(self, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST" if body else "GET", path, body)
        response = connection.getresponse()
        return response.status, response.read()

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "RssAnon", "RssFile")}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) != 0:
            raise SystemExit("the server did not end in order")
        self.log.close()


def wrk(port, seconds):
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{port}/v1/models"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), re.search(r"99%\s+(\S+)", out)[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "bench-server")
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    folder, build = options.folder.resolve(), options.build.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.yaml").write_text(MANIFEST)
    if not (folder / "complete").exists():
        cache = os.environ.get("LOADLINE_CACHE", os.path.expanduser("~/.cache/loadline"))
        subprocess.run([build / "loadline_server_collection", folder / "data", str(options.chunks), build / "loadline-extractor",
                        cache + "/models/all-minilm-l6-v2"], check=True)
        (folder / "complete").touch()

    starts = []
    for _ in range(options.rounds):
        server = Server(build, folder)
        starts.append((server.listening_s, server.ready_s))
        fresh = server.resident_mib()
        for i in range(200):
            status, _ = server.get("/v1/collections/reports/search", json.dumps({"query": f"katen miro {i} solba vendor"}))
            assert status == 200
        used = server.resident_mib()
        server.stop()
    collection = Server(build, folder)
    chunks = json.loads(collection.get("/v1/collections")[1])["data"][0]["chunks"]
    print(f"{chunks} chunks; start to listening {statistics.median(s[0] for s in starts):.3f} s, to ready "
          f"{statistics.median(s[1] for s in starts):.3f} s (worst {max(s[1] for s in starts):.3f})")
    for name, sizes in (("ready", fresh), ("after 200 searches", used)):
        print(f"resident {name}: {sizes['VmRSS']:.0f} MiB (anonymous {sizes['RssAnon']:.0f}, files {sizes['RssFile']:.0f})")

    root = folder / "root" / "v1"
    root.mkdir(parents=True, exist_ok=True)
    (root / "models").write_bytes(collection.get("/v1/models")[1])
    port = 18080 + os.getpid() % 1000
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    os.chmod(folder, 0o755)
    nginx = subprocess.Popen(["nginx", "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf", "-g", "daemon off; user root;"])
    try:
        time.sleep(0.5)
        rows = []
        for _ in range(options.rounds):
            ours, ours_p99 = wrk(collection.port, options.seconds)
            theirs, theirs_p99 = wrk(port, options.seconds)
            rows.append((ours, theirs, ours / theirs))
            print(f"/v1/models: {ours:.0f}/s (p99 {ours_p99}); nginx {theirs:.0f}/s (p99 {theirs_p99}); ratio {ours / theirs:.2f}")
        print(f"medians: {statistics.median(r[0] for r in rows):.0f}/s, nginx {statistics.median(r[1] for r in rows):.0f}/s, "
              f"ratio {statistics.median(r[2] for r in rows):.2f}")
    finally:
        nginx.send_signal(signal.SIGTERM)
        nginx.wait(30)
        collection.stop()


if __name__ == "__main__":
    main()
