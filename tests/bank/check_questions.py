#!/usr/bin/env python3
"""Checks the questions of examples/bank, or of the folder that is named, against its documents, without network.

- every accepted answer of a question stands, with the words in `context`, on each evidence page and on no other page
  (a difference has to be worked out: only the context must stand there);
- no group of terms in `absent` of an unanswerable question stands together on any page;
- ids, match kinds, counts and file names are right, and every document has a question.
Prints counts; exit status 1 and one line for each error otherwise.
"""
import json
import re
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

from pages import normalise, read_pages

ROOT = Path(__file__).resolve().parents[2]
BANK = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "examples" / "bank"
BYTES_MAX = 4_000_000
# A named folder is a smaller set of any size.
PAGES_MIN, DOCUMENTS_MIN, ANSWERABLE, UNANSWERABLE = (10, 5, None, None) if len(sys.argv) > 1 else (85, 16, 30, 10)
# Documents that need no question of their own: none may be added without a reason.
WITHOUT_QUESTION = set()


def has_words(text, words):
    return re.search(rf"(?<!\w){re.escape(normalise(words))}(?!\w)", text) is not None


def has_answer(text, question):
    if question["match"] == "contains_any":
        return any(has_words(text, a) for a in question["answers"])
    numbers = {Decimal(n) for n in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", text)}
    return any(Decimal(a) in numbers for a in question["answers"])


def check_answerable(question, pages):
    evidence = {(e["document"], e["page"]) for e in question["evidence"]}
    if not evidence or not question["answers"] or question["match"] not in ("number", "contains_any"):
        yield "needs answers, evidence and a known match"
    for place in evidence - pages.keys():
        yield f"evidence {place} does not exist"
    found = {place for place, text in pages.items()
             if all(normalise(c) in text for c in question["context"])
             and (question.get("kind") == "difference" or has_answer(text, question))}
    for place in evidence - found:
        yield f"no accepted answer in its context on {place}"
    for place in found - evidence:
        yield f"{place} states the answer too but is not evidence"


def check_unanswerable(question, pages):
    if question["evidence"] or question["answers"] or question["match"] != "abstain" or not question["absent"]:
        yield "an unanswerable question has no answers and no evidence, but terms that must be absent"
    for group in question["absent"]:
        for place, text in pages.items():
            if all(has_words(text, term) for term in group):
                yield f"{place} contains {group}"


def main():
    files = sorted((BANK / "documents").iterdir())
    pages = {(f.name, n): normalise(text) for f in files for n, text in enumerate(read_pages(f), 1)}
    questions = [json.loads(line) for line in (BANK / "questions.jsonl").read_text().splitlines()]
    errors = [f"{place}: page has no text" for place, text in pages.items() if not text]
    for q in questions:
        check = check_answerable if q["answerable"] else check_unanswerable
        errors += [f"{q['id']}: {e}" for e in check(q, pages)]
    answerable = sum(q["answerable"] for q in questions)
    asked = {e["document"] for q in questions for e in q["evidence"]}
    size = sum(f.stat().st_size for f in files)
    for good, message in (
            (len({q["id"] for q in questions}) == len(questions), "question ids repeat"),
            (ANSWERABLE in (None, answerable) and UNANSWERABLE in (None, len(questions) - answerable), "wrong number of questions"),
            (len(pages) >= PAGES_MIN and len(files) >= DOCUMENTS_MIN and size < BYTES_MAX, "too few documents or too large"),
            ({f.name for f in files} - asked == WITHOUT_QUESTION, f"no question: {sorted({f.name for f in files} - asked)}")):
        if not good:
            errors.append(message)
    kinds = Counter(f.suffix for f in files)
    print(f"{len(files)} documents ({', '.join(f'{n} {k}' for k, n in sorted(kinds.items()))}), {len(pages)} pages, {size:,} bytes")
    print(f"{answerable} answerable and {len(questions) - answerable} unanswerable questions, "
          f"{sum(len(q['evidence']) for q in questions)} evidence pages, {len(errors)} errors")
    print("\n".join(errors), file=sys.stderr if errors else sys.stdout, end="\n" if errors else "")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
