#!/usr/bin/env python3
"""What a lower precision of the encoder costs in retrieval: page hits of exact vector search over the filings, for each
precision, and how many of the first ten pages stay those of f32.

Needs: pip install -r bench/encoder_requirements.txt; a built loadline_encoder_bench; the model in the cache; the filings (default
../shared/data, or LOADLINE_BENCH_DATA). From the repository root:

    python3 bench/encoder_pages.py --bench build/release/loadline_encoder_bench
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import pypdfium2

CACHE = pathlib.Path(os.environ.get("LOADLINE_CACHE", pathlib.Path.home() / ".cache/loadline"))
DATA = pathlib.Path(os.environ.get("LOADLINE_BENCH_DATA", "../shared/data")) / "financebench"
CHUNK_CHARS, OVERLAP_CHARS = 800, 100
DEPTHS = (1, 5, 10, 20)


def chunks_of(text):
    """Pieces of about CHUNK_CHARS that end at white space."""
    at = 0
    while at < len(text):
        end = min(len(text), at + CHUNK_CHARS)
        if end < len(text):
            end = max(text.rfind(" ", at + CHUNK_CHARS // 2, end), at + CHUNK_CHARS // 2)
        yield text[at:end]
        at = end if end == len(text) else end - OVERLAP_CHARS


def read_pages():
    """(document, page) for each chunk, and the chunks."""
    places, chunks = [], []
    for path in sorted(DATA.glob("pdfs/*.pdf")):
        document = pypdfium2.PdfDocument(path)
        for number in range(len(document)):
            text = " ".join(document[number].get_textpage().get_text_range().split())
            for chunk in chunks_of(text):
                places.append((path.stem, number))
                chunks.append(chunk)
    return places, chunks


def embed(bench, precision, texts):
    with tempfile.TemporaryDirectory() as scratch:
        lines, out = pathlib.Path(scratch, "texts"), pathlib.Path(scratch, "vectors")
        lines.write_text("\n".join(texts) + "\n")
        done = subprocess.run([bench, "--model", str(CACHE / "models/all-minilm-l6-v2"), "--texts", str(lines),
                               "--precision", precision, "--vectors", str(out)], capture_output=True, text=True)
        if done.returncode != 0:
            print("%s: %s" % (precision, done.stderr.strip()))
            return None
        return numpy.fromfile(out, dtype="<f4").reshape(len(texts), -1)


def ranked_pages(scores, places):
    seen, pages = set(), []
    for index in numpy.argsort(-scores):
        if places[index] not in seen:
            seen.add(places[index])
            pages.append(places[index])
        if len(pages) == max(DEPTHS):
            break
    return pages


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    arguments = parser.parse_args()
    if not (DATA / "questions.jsonl").exists():
        sys.exit("no filings in %s: set LOADLINE_BENCH_DATA" % DATA)
    questions = [json.loads(line) for line in open(DATA / "questions.jsonl")]
    places, chunks = read_pages()
    print("%d chunks, %d questions" % (len(chunks), len(questions)))
    print("| precision | " + " | ".join("page@%d" % k for k in DEPTHS) + " | first 10 as in f32 | cosine to f32, mean | least |")
    print("|---|" + "---|" * (len(DEPTHS) + 3))
    exact = None
    for precision in ("f32", "bf16", "int8"):
        vectors = embed(arguments.bench, precision, chunks + [q["question"] for q in questions])
        if vectors is None:
            continue
        pages = [ranked_pages(vectors[:len(chunks)] @ vector, places) for vector in vectors[len(chunks):]]
        exact = exact or (vectors, pages)
        hits = []
        for k in DEPTHS:
            wanted = [{(e["doc_name"], e["evidence_page_num"]) for e in q["evidence"]} for q in questions]
            hits.append(sum(bool(w & set(p[:k])) for w, p in zip(wanted, pages)) / len(questions))
        same = sum(len(set(a[:10]) & set(b[:10])) for a, b in zip(exact[1], pages)) / (10 * len(questions))
        cosines = (exact[0] * vectors).sum(1)
        print("| %s | %s | %.3f | %.5f | %.5f |" % (precision, " | ".join("%.3f" % h for h in hits), same, cosines.mean(),
                                                    cosines.min()))


if __name__ == "__main__":
    main()
