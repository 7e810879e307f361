#!/usr/bin/env python3
"""Writes the vectors that the unit tests of src/encoder compare with: sentence-transformers, f32, on the texts of
texts.py, and the hidden states of two pairs from transformers (token types 0 and 1).

Needs: pip install sentence-transformers. Run from the repository root:
    python3 tests/golden/encoder/make_vectors.py [MODEL_FOLDER]

texts.json    the texts and pairs
vectors.f16   one row of 384 little-endian f16 for each text
pairs.f16     for each pair, tokens x 384 f16
"""
import json
import os
import pathlib
import sys

import numpy
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

from texts import PAIRS, TEXTS

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("LOADLINE_CACHE", pathlib.Path.home() / ".cache/loadline"))


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else str(CACHE / "models/all-minilm-l6-v2")
    model = SentenceTransformer(folder, device="cpu")
    vectors = model.encode(TEXTS, batch_size=1, normalize_embeddings=True)
    (HERE / "vectors.f16").write_bytes(vectors.astype("<f2").tobytes())

    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    states = []
    for first, second in PAIRS:
        tokens = tokenizer(first, second, return_tensors="pt")
        assert tokens["token_type_ids"].max() == 1
        with torch.no_grad():
            states.append(network(**tokens).last_hidden_state[0].numpy())
    (HERE / "pairs.f16").write_bytes(b"".join(s.astype("<f2").tobytes() for s in states))

    record = {"texts": TEXTS, "pairs": [[a, b, len(s)] for (a, b), s in zip(PAIRS, states)]}
    (HERE / "texts.json").write_text(json.dumps(record, ensure_ascii=False, indent=0) + "\n")
    print(len(TEXTS), "texts,", vectors.shape[1], "dimensions, lengths", numpy.linalg.norm(vectors, axis=1).min())


if __name__ == "__main__":
    main()
