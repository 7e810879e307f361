#!/usr/bin/env python3
"""`loadline serve` against llama-server of the same llama.cpp build: same model file, same threads, both over HTTP.

(cold)  four clients at once, the same passages of about 1,200 tokens, different questions, 64 tokens each: wall time
        until the last one is answered, with passages that nobody has seen;
(warm)  the same passages with new questions;
(alone) one client, new passages: tokens per second of writing, and of the whole request.

llama-server runs in several settings, and its best one counts: four slots over a unified cache, the same with n-gram
speculation, and one slot (which answers one after the other, but keeps the shared prefix). Rounds are interleaved and
turn, so that a slow minute of the machine meets all of them. Greedy answers are compared with each other and with the
figure that the passage states.

    tools/build-llama --with-server
    python3 bench/llama_bench.py --loadline build/release/loadline [--rounds 5] [--only "np1"] [--data FILE.json]

--data keeps measurements: a second call with the same file adds to it and reports on all. Needs only the standard library.
"""
import argparse
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TOPICS = ["savings account", "current account", "fixed deposit", "home loan", "car loan", "credit card", "debit card",
          "overdraft", "foreign transfer", "safe deposit box", "student account", "business account", "gold account",
          "pension plan", "travel insurance", "cash advance", "cheque book", "standing order", "notice account",
          "children's account"]
UNITS = ["crowns", "percent a year", "business days", "crowns a month", "months"]
CLAUSES = ["counted from the day on which the contract was signed", "unless the customer is under twenty years old",
           "as the board decided at its spring meeting", "which is checked again every second year",
           "provided that the yearly statement has been confirmed", "with the exception of accounts kept in a branch",
           "payable at the end of each quarter", "after the written request has reached the branch"]


def passages(seed, target_words=740):
    """A fictional bank's terms; every seed gives other figures in another order."""
    rng = random.Random(seed)
    facts, lines, words = [], [], 0
    number = 0
    while words < target_words:
        number += 1
        topic = rng.choice(TOPICS)
        value, unit, clause = rng.randint(2, 980), rng.choice(UNITS), rng.choice(CLAUSES)
        line = (f"[{number}] Section {seed}.{number} of the terms of Brackwater Savings Bank: the {rng.choice(['fee', 'limit', 'rate', 'term'])} "
                f"of the {topic} is {value} {unit}, {clause}.")
        facts.append((number, topic, value))
        lines.append(line)
        words += len(line.split())
    return "\n".join(lines), facts


def prompt(text, question):
    return ("Answer the question from the numbered passages below. Quote the passage and give its number.\n\n"
            f"{text}\n\nQuestion: {question}")


def questions(text, facts, rng, n):
    """Prompts, and the figure that each answer must have."""
    chosen = rng.sample(facts, n)
    return ([prompt(text, f"What do the terms say in passage {number} about the {topic}?") for number, topic, _ in chosen],
            [str(value) for _, _, value in chosen])


class Peer:
    """A process that answers the OpenAI API on a local port."""

    def __init__(self, name, command, port, model):
        self.name, self.port, self.model = name, port, model
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE if port is None else subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, text=True)
        if port is None:  # it says which one it took
            self.port = json.loads(self.process.stdout.readline())["port"]
        self.wait_until_ready(command)
        if model is None:
            self.model = json.loads(self.get("/v1/models")[1])["data"][0]["id"]

    def get(self, path):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        c.request("GET", path)
        response = c.getresponse()
        return response.status, response.read()

    def wait_until_ready(self, command):
        for _ in range(600):
            try:
                if self.get("/health" if self.model else "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended at once: {' '.join(command)}")
            time.sleep(0.2)
        raise RuntimeError(f"it did not become ready: {' '.join(command)}")

    def ask(self, text, max_tokens, results, index):
        begin = time.monotonic()
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1200)
        body = {"model": self.model, "messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": max_tokens, "stream": True,
                "stream_options": {"include_usage": True}}
        c.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = c.getresponse()
        answer, times, usage = "", [], {}
        for raw in response:
            line = raw.decode().strip()
            if not line.startswith("data: ") or line == "data: [DONE]":
                continue
            event = json.loads(line[6:])
            if event.get("usage"):
                usage = event["usage"]
            for choice in event.get("choices", []):
                piece = choice["delta"].get("content")
                if piece:
                    answer += piece
                    times.append(time.monotonic() - begin)
        gaps = sorted(b - a for a, b in zip(times, times[1:])) or [0]
        results[index] = {"text": answer, "first_token_s": times[0] if times else 0, "total_s": time.monotonic() - begin,
                          "prompt_tokens": usage.get("prompt_tokens", 0), "tokens": usage.get("completion_tokens", 0),
                          "cached_tokens": (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0),
                          "gap_p95_s": gaps[len(gaps) * 95 // 100 if len(gaps) > 1 else 0]}

    def round(self, prompts, max_tokens):
        results = [None] * len(prompts)
        begin = time.monotonic()
        threads = [threading.Thread(target=self.ask, args=(p, max_tokens, results, i)) for i, p in enumerate(prompts)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return {"wall_s": time.monotonic() - begin, "requests": results}

    def close(self):
        self.process.terminate()
        self.process.wait()


def write_rate(request):
    spent = request["total_s"] - request["first_token_s"]
    return (request["tokens"] - 1) / spent if spent > 0 and request["tokens"] > 1 else 0


def main():
    cache = os.environ.get("LOADLINE_CACHE") or os.path.expanduser("~/.cache/loadline")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loadline", required=True, help="the program")
    parser.add_argument("--model", default=f"{cache}/models/qwen2.5-coder-1.5b-instruct/model.gguf")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="", help="only settings of llama-server whose name contains this")
    parser.add_argument("--parts", default="cold,warm,alone")
    parser.add_argument("--data", help="file that keeps the measurements")
    args = parser.parse_args()
    prefix = subprocess.run([f"{ROOT}/tools/build-llama", "--print-prefix"], check=True, capture_output=True, text=True).stdout.strip()
    binary = f"{prefix}/bin/llama-server"
    for needed, how in ((binary, "tools/build-llama --with-server"), (args.model, "tools/fetch --models"), (args.loadline, "tools/build release")):
        if not os.path.exists(needed):
            sys.exit(f"error: {needed} is missing; run {how}")
    data = {}
    if args.data and os.path.exists(args.data):
        with open(args.data) as f:
            data = json.load(f)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the peers are ended too
    with tempfile.TemporaryDirectory() as folder:
        peers = start(args, binary, folder)
        try:
            measure(args, peers, data)
        finally:
            for peer in peers:
                peer.close()
    for part, rounds in data.items():
        report(part, rounds)


def start(args, binary, folder):
    spec = ["--spec-type", "ngram-simple", "--spec-ngram-simple-size-n", "3", "--spec-ngram-simple-size-m", "8"]
    four, one = ["-np", "4", "--kv-unified", "--cache-reuse", "64"], ["-np", "1", "--cache-reuse", "64"]
    settings = {"llama-server np4": four, "llama-server np4 spec": four + spec, "llama-server np1": one, "llama-server np1 spec": one + spec}
    peers = [Peer("loadline", [args.loadline, "serve", "--data", folder, "--port", "0", "--model", args.model, "--json"], None, None)]
    for name, extra in settings.items():
        if args.only not in name:
            continue
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        threads = str(args.threads)
        peers.append(Peer(name, [binary, "-m", args.model, "--host", "127.0.0.1", "--port", str(port), "-t", threads, "-tb", threads,
                                 "-c", "8192", "-fa", "on", "--no-webui"] + extra, port, "any"))
    return peers


def measure(args, peers, data):
    done = max([len(rounds) for part in data.values() for rounds in part.values()], default=0)
    for r in range(done, done + args.rounds):
        rng = random.Random(100 + r)
        text, facts = passages(100 + r)
        alone_text, alone_facts = passages(1100 + r)
        tasks = {"cold": questions(text, facts, rng, args.clients), "warm": questions(text, facts, rng, args.clients),
                 "alone": questions(alone_text, alone_facts, rng, 1)}
        order = peers[r % len(peers):] + peers[:r % len(peers)]
        for part in args.parts.split(","):
            prompts, figures = tasks[part]
            for peer in order:
                result = peer.round(prompts, args.max_tokens)
                result["round"] = r
                result["right"] = sum(figure in q["text"] for figure, q in zip(figures, result["requests"]))
                data.setdefault(part, {}).setdefault(peer.name, []).append(result)
                print(f"round {r} {part:5} {peer.name:22} {result['wall_s']:7.2f} s", file=sys.stderr, flush=True)
                if args.data:
                    with open(args.data, "w") as f:
                        json.dump(data, f)


def equal_answers(mine, theirs):
    """Of the rounds that both have."""
    by_round = {x["round"]: x for x in mine}
    pairs = [(a["text"], b["text"]) for y in theirs if y["round"] in by_round
             for a, b in zip(by_round[y["round"]]["requests"], y["requests"])]
    return f"{sum(a == b for a, b in pairs)}/{len(pairs)}"


def report(part, rounds_of):
    """A row for each peer: medians over its rounds, and of the ratios in rounds that both have (the machine's speed changes)."""
    print(f"\n{part}")
    print("| | rounds | wall s | first token s | gap p95 s | writing tokens/s | whole tokens/s | prompt (cached) | right figure | same answer "
          "| wall, ours / this | writing, ours / this | whole, ours / this |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    own = {x["round"]: summary([x]) for x in rounds_of["loadline"]}
    for name, rounds in rounds_of.items():
        it = summary(rounds)
        both = [(own[x["round"]], summary([x])) for x in rounds if x["round"] in own]
        ratio = {key: statistics.median(ours[key] / this[key] for ours, this in both) for key in ("wall", "writing", "whole")}
        print(f"| {name} | {len(rounds)} | {it['wall']:.2f} | {it['first']:.2f} | {it['gap']:.3f} | {it['writing']:.1f} | {it['whole']:.2f} "
              f"| {it['prompt']:.0f} ({it['cached']:.0f}) | {sum(x['right'] for x in rounds)}/{sum(len(x['requests']) for x in rounds)} "
              f"| {equal_answers(rounds_of['loadline'], rounds)} | {ratio['wall']:.2f} | {ratio['writing']:.2f} | {ratio['whole']:.2f} |")


def summary(rounds):
    median = statistics.median
    requests = [q for x in rounds for q in x["requests"]]
    return {"wall": median(x["wall_s"] for x in rounds), "first": median(q["first_token_s"] for q in requests),
            "gap": median(q["gap_p95_s"] for q in requests), "writing": median(write_rate(q) for q in requests),
            "whole": median(sum(q["tokens"] for q in x["requests"]) / x["wall_s"] for x in rounds),
            "prompt": median(q["prompt_tokens"] for q in requests), "cached": statistics.mean(q["cached_tokens"] for q in requests)}


if __name__ == "__main__":
    main()
