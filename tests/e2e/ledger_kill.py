"""Load, kill -9, start again, and the same once more; then the ledger beside what the upstream counted.
usage: ledger_kill.py FOLDER-OF-PROGRAMS KILLS (in an empty folder)"""
import http.client
import json
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

PROGRAMS, KILLS, WORKERS = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 8
MANIFEST = """version: 1
models:
  m: {provider: openai, model: m, base_url: "http://127.0.0.1:%d/v1", price: {input_per_million: 1, output_per_million: 10}}
server: {port: 0, request_log: failed}
"""
lock, whole, begun = threading.Lock(), {}, set()  # usage that a client was told, by request id


def serve():
    process = subprocess.Popen([PROGRAMS / "loadline", "serve", "--json"], stdout=subprocess.PIPE, stderr=open("server.log", "a"), text=True)
    port = json.loads(process.stdout.readline())["port"]
    for _ in range(1200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return process, port
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit("the server is not ready")


def ask(port, key, name, stream):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = {"model": "m", "messages": [{"role": "user", "content": "count " + name}]}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    with lock:
        begun.add(name)
    connection.request("POST", "/v1/chat/completions", json.dumps(body),
                       {"authorization": "Bearer " + key, "content-type": "application/json", "x-request-id": name})
    text = connection.getresponse().read().decode()
    connection.close()
    if not stream:
        usage = json.loads(text)["usage"]
    else:
        if not text.rstrip().endswith("data: [DONE]"):
            return
        usage = next(json.loads(line[6:])["usage"] for line in text.splitlines() if '"usage":{' in line)
    with lock:
        whole[name] = (usage["prompt_tokens"], usage["completion_tokens"])


def load(port, key, round_number, stop, worker):
    for index in range(1_000_000):
        if stop.is_set():
            return
        try:
            ask(port, key, f"r{round_number}-{worker}-{index}", index % 2 == 0)
        except (OSError, http.client.HTTPException, ValueError, StopIteration):
            return  # it was killed


def upstream(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def cli(*arguments):
    done = subprocess.run([PROGRAMS / "loadline", *arguments, "--json"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"{arguments}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    fake = subprocess.Popen([PROGRAMS / "loadline_fake_upstream"], stdout=subprocess.PIPE, text=True)
    draw = random.Random(20261125)
    try:
        fake_port = int(fake.stdout.readline())
        control = http.client.HTTPConnection("127.0.0.1", fake_port)
        control.request("PUT", "/control", json.dumps({"rules": [{"text": "one two three four five", "deltas": 5, "delta_ms": 2}]}))
        assert control.getresponse().status == 200
        pathlib.Path("loadline.yaml").write_text(MANIFEST % fake_port)
        key = cli("keys", "create", "load")[0]["secret"]
        for round_number in range(KILLS + 1):
            server, port = serve()
            stop = threading.Event()
            workers = [threading.Thread(target=load, args=(port, key, round_number, stop, w)) for w in range(WORKERS)]
            for worker in workers:
                worker.start()
            time.sleep(0.1 + draw.random() * 0.5)
            if round_number == KILLS:  # the last one ends in order
                stop.set()
                for worker in workers:
                    worker.join()
                server.send_signal(signal.SIGTERM)
                assert server.wait(60) == 0
            else:
                server.kill()
                server.wait()
                for worker in workers:
                    worker.join()
        compare(fake_port)
    finally:
        fake.kill()


def compare(fake_port):
    requests = upstream(fake_port, "/control/requests")
    counts = upstream(fake_port, "/control/counts")
    assert counts["forgotten"] == 0, "more requests than the upstream keeps"
    [sums] = cli("usage", "--by", "key")
    # Rows that a client saw to their end: each once, with the provider's figures; in sum what the upstream says of them.
    names = {}
    for request in requests:
        name = json.loads(request["body"])["messages"][0]["content"].split()[1]
        assert name not in names, f"{name} was sent twice"
        names[name] = request
    for name, usage in whole.items():
        assert (names[name]["prompt_tokens"], names[name]["completion_tokens"]) == usage, name
    # A call that reached the upstream has a row. A row that the upstream never saw died between the two.
    rows, arrived = sums["calls"], len(names)
    assert rows >= arrived, f"{arrived} calls arrived, the ledger has {rows}"
    assert rows <= len(begun), f"{len(begun)} were asked, the ledger has {rows}"
    # Told by the provider are at least all that clients saw whole; what is more was settled as the kill came.
    assert sums["provider_rows"] >= len(whole), (sums, len(whole))
    assert sums["provider_rows"] <= counts["whole"], (sums, counts)
    told = [(r["prompt_tokens"], r["completion_tokens"]) for r in names.values() if r["outcome"] == "whole"]
    each = set(told)
    assert len(each) == 1, each
    prompt, completion = each.pop()
    provider = sums["provider_rows"]
    # Estimates are of the rest, so the sum lies between the settled rows and everything that was sent.
    assert sums["output_tokens"] >= provider * completion, sums
    assert sums["output_tokens"] <= counts["completion_tokens"] + completion * (rows - provider), (sums, counts)
    for name in random.Random(7).sample(sorted(whole), min(12, len(whole))):
        [row] = cli("explain", name)
        bill = row["bill"]
        assert bill["settled"] and bill["usage"] == "provider", row
        assert (int(bill["input_tokens"]), int(bill["output_tokens"])) == whole[name], (row, whole[name])
    print(f"{KILLS} kills: {len(begun)} asked, {arrived} arrived, {rows} rows, {provider} by the provider, {len(whole)} seen whole")
    assert len(whole) > 10 * KILLS and sums["estimated_rows"] + sums["unknown_rows"] > 0, "the load was too small to tell anything"


main()
