#!/usr/bin/env python3
"""Asks the questions of examples/bank through `loadline ask` and scores them by the rules of examples/bank/README.md.

usage: bench/answers.py BINARY DATA_FOLDER [--set FOLDER] [--model NAME] [--only ID,ID...] [--replies FILE]
--set names another folder with loadline.yaml and questions.jsonl, such as bench/heldout/tarnsea.
The data folder must hold the ingested documents (`loadline --config FOLDER/loadline.yaml --data DIR ingest`).
Prints a line per question and the table: right, wrong, abstained; among the answerable ones and the others, and by kind
where the questions name one.
An answer is right if it states an expected answer and cites a page of the evidence.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile

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


def ask_all(options, questions):
    """Yields the replies in order; the model is loaded once."""
    command = [options.binary, "--config", str(options.set / "loadline.yaml"), "--data", options.data, "--json", "ask"]
    if options.model:
        command += ["--model", options.model]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for question in questions:
            file.write(json.dumps({"id": question["id"], "question": question["question"]}) + "\n")
        file.flush()
        with subprocess.Popen(command + ["--questions", file.name], stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                yield json.loads(line)


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("data")
    parser.add_argument("--set", type=pathlib.Path, default=BANK, help="folder of the questions and the manifest")
    parser.add_argument("--questions", default="questions.jsonl", help="file of the questions in that folder")
    parser.add_argument("--model", default="")
    parser.add_argument("--only", default="", help="ids, separated by commas")
    parser.add_argument("--replies", help="write the replies to this file, a JSON line each")
    options = parser.parse_args()
    questions = [json.loads(line) for line in (options.set / options.questions).read_text().splitlines() if line.strip()]
    if options.only:
        questions = [q for q in questions if q["id"] in options.only.split(",")]
    counts = {True: {}, False: {}}
    kinds = {}
    times = []
    replies = open(options.replies, "w", encoding="utf-8") if options.replies else None
    for question, reply in zip(questions, ask_all(options, questions)):
        result = verdict(question, reply)
        tally = counts[question["answerable"]]
        tally[result] = tally.get(result, 0) + 1
        if "kind" in question:
            tally = kinds.setdefault(question["kind"], {})
            tally[result] = tally.get(result, 0) + 1
        seconds = reply.get("ms", {}).get("total", 0) / 1000
        times.append(seconds)
        how = "quoted" if reply.get("extractive") else "model" if reply.get("usage", {}).get("prompt_tokens") else "-"
        print(f"{question['id']}  {result:24} {how:7} {seconds:6.1f} s  {question['question']}", flush=True)
        if replies:
            replies.write(json.dumps(reply) + "\n")
    for answerable, tally in counts.items():
        print("answerable:  " if answerable else "unanswerable:", ", ".join(f"{k} {v}" for k, v in sorted(tally.items())))
    for kind, tally in sorted(kinds.items()):
        print(f"  {kind}:", ", ".join(f"{k} {v}" for k, v in sorted(tally.items())))
    if times:
        print(f"seconds an answer: median {statistics.median(times):.1f}, longest {max(times):.1f}")


if __name__ == "__main__":
    main()
