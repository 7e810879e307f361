#!/usr/bin/env python3
"""Writes the documents of each set with the layout code of tests/bank; a second run gives the same bytes.

    python3 bench/heldout/make_documents.py [SET...]     (packages: tests/bank/requirements.txt)
"""
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "bank"))
SETS = ("larkmoor", "tarnsea", "ferrowick")


def main():
    for name in sys.argv[1:] or SETS:
        documents = importlib.import_module(name).contents()
        out = HERE / name / "documents"
        out.mkdir(parents=True, exist_ok=True)
        for file, data in documents.items():
            (out / file).write_bytes(data)
        print(f"{len(documents)} documents, {sum(map(len, documents.values())):,} bytes in {out}")


if __name__ == "__main__":
    main()
