#!/usr/bin/env python3
"""What passing a request on costs: loadline_bare_proxy beside nginx, before the same fake upstream.

usage: bench/proxy.py [--build build/release] [--rounds N] [--seconds N] [--connections N]

The proxy runs on core 0 alone; the fake upstream and wrk on core 1. Each round asks ours, nginx and the fake upstream itself
in turn: for plain answers and for streams whose bytes come at once (canned), and for streams of 64 deltas 5 ms apart
(paced). CPU is the proxy's own, user and system, over the requests that wrk counted, for paced streams over their chunks
too: it is the figure that noise moves least.
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

NGINX = """worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  upstream model {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer of-the-upstream";
      proxy_buffering {buffering};
    }}
  }}
}}
"""
BODY = ('{"model":"m","messages":[{"role":"system","content":"You answer questions about contracts."},{"role":"user",'
        '"content":"What does section 4.2 of the loan agreement say about early repayment, and which fee applies?"}]%s}')
PACED = {"rules": [{"text": "word " * 64, "deltas": 64, "delta_ms": 5}]}
PACED_CHUNKS = 67  # with the role, the end and [DONE]


def control(port, script):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("PUT", "/control", json.dumps(script))
    if connection.getresponse().status != 200:
        raise SystemExit("the fake upstream refused its script")


def cpu_seconds(pid):
    """Of a process and its children; in nanoseconds where the scheduler tells them, which ticks are too coarse for."""
    total = 0
    for task in pathlib.Path("/proc").glob(f"{pid}/task/*/schedstat"):
        total += int(task.read_text().split()[0])
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return total / 1e9 + sum(cpu_seconds(child) for child in children)


def start(command, core):
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def wrk(port, script, options):
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "-s", script,
                          "--latency", f"http://127.0.0.1:{port}/v1/chat/completions"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(out)
    return int(re.search(r"(\d+) requests in", out)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="", help="plain, stream or paced")
    options = parser.parse_args()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="bench-proxy-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        upstream, upstream_port = start([build / "loadline_fake_upstream", "--canned"], 1)
        ours, ours_port = start([build / "loadline_bare_proxy", upstream_port], 0)
        port = 18080 + os.getpid() % 1000
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, upstream=upstream_port, buffering="off"))
        nginx = subprocess.Popen(["taskset", "-c", "0", "nginx", "-e", folder / "nginx-error.log", "-c", folder / "nginx.conf",
                                  "-g", "daemon off; user root;"])
        try:
            time.sleep(0.5)
            for kind, more in (("plain", ""), ("stream", ',"stream":true'), ("paced", ',"stream":true')):
                if options.only not in ("", kind):
                    continue
                control(upstream_port, PACED if kind == "paced" else {"canned": True})
                script = folder / f"{kind}.lua"
                script.write_text(f"wrk.method='POST'\nwrk.headers['content-type']='application/json'\n"
                                  f"wrk.headers['authorization']='Bearer ours'\nwrk.body='{BODY % more}'\n")
                rows = {}
                for _ in range(options.rounds):
                    for who, pid, to in (("ours", ours.pid, ours_port), ("nginx", nginx.pid, port),
                                         ("fake upstream", upstream.pid, upstream_port)):
                        before = cpu_seconds(pid)
                        count, rate = wrk(to, script, options)
                        rows.setdefault(who, []).append((rate, 1e6 * (cpu_seconds(pid) - before) / count))
                for who, values in rows.items():
                    cpu = statistics.median(v[1] for v in values)
                    chunks = f", {cpu / PACED_CHUNKS:.2f} us a chunk" if kind == "paced" else ""
                    print(f"{kind}: {who}: {statistics.median(v[0] for v in values):.0f} requests/s, "
                          f"{cpu:.1f} us of CPU a request{chunks}")
        finally:
            for process in (nginx, ours, upstream):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


if __name__ == "__main__":
    main()
