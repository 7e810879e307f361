#!/usr/bin/env python3
"""Asks the 40 questions of examples/bank through `loadline ask` and scores them by the rules of examples/bank/README.md.

usage: bench/answers.py BINARY DATA_FOLDER [--model NAME] [--limit N]
The data folder must hold the ingested examples (`loadline --config examples/bank/loadline.yaml --data DIR ingest`).
Prints a line per question and the table: right, wrong, abstained; among the answerable ones and the others.
"""
import argparse
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANK = ROOT / "examples" / "bank"


def normalised(text):
    text = re.sub(r"\s+", " ", text.casefold())
    return re.sub(r"(?<=\d)[,\u00a0\u202f ](?=\d{3}(?!\d))", "", text)


def numbers(text):
    return {float(n) for n in re.findall(r"\d+(?:\.\d+)?", normalised(text))}


def is_match(question, answer):
    plain = re.sub(r"\[\d+(?:, ?\d+)*\]", "", answer)
    if question["match"] == "number":
        return bool(numbers(plain) & {float(a) for a in question["answers"]})
    return any(normalised(a) in normalised(plain) for a in question["answers"])


def ask(options, question):
    command = [options.binary, "--config", str(BANK / "loadline.yaml"), "--data", options.data, "--json", "ask"]
    if options.model:
        command += ["--model", options.model]
    run = subprocess.run(command + [question], capture_output=True, text=True, timeout=900, check=False)
    return json.loads(run.stdout.splitlines()[-1])


def verdict(question, reply):
    if "error" in reply:
        return "error"
    if reply["abstained"]:
        return "abstained"
    if not question["answerable"]:
        return "wrong"
    evidence = {(e["document"], e["page"]) for e in question["evidence"]}
    cited = {(c["document"], c["page"]) for c in reply["citations"]}
    if not is_match(question, reply["answer"]):
        return "wrong"
    return "right" if cited & evidence else "right, other page cited"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("data")
    parser.add_argument("--model", default="")
    parser.add_argument("--limit", type=int, default=0)
    options = parser.parse_args()
    questions = [json.loads(line) for line in (BANK / "questions.jsonl").read_text().splitlines() if line.strip()]
    counts = {True: {}, False: {}}
    for question in questions[: options.limit or None]:
        reply = ask(options, question["question"])
        result = verdict(question, reply)
        tally = counts[question["answerable"]]
        tally[result] = tally.get(result, 0) + 1
        seconds = reply.get("ms", {}).get("total", 0) / 1000
        quoted = "quoted" if reply.get("extractive") else "model"
        print(f"{question['id']}  {result:24} {quoted:7} {seconds:6.1f} s  {question['question']}", flush=True)
    for answerable, tally in counts.items():
        print("answerable:  " if answerable else "unanswerable:", ", ".join(f"{k} {v}" for k, v in sorted(tally.items())))


if __name__ == "__main__":
    main()
