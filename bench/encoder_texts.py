"""Texts for measuring encoders: chunks of exactly 145 tokens (special ones included) and short questions, made from
the sentences of tests/golden/encoder/texts.py by a fixed seed."""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/golden/encoder"))
from texts import SENTENCES, SHORT  # noqa: E402

CHUNK_TOKENS = 145


def chunks(tokenizer, count):
    """`tokenizer` is of the `tokenizers` library, without truncation and padding."""
    random.seed(145)
    plain = [s.replace("\n", " ") for s in SENTENCES if s.isascii() and len(s) < 120]
    out = []
    while len(out) < count:
        text = " ".join(random.choice(plain) for _ in range(20))
        encoded = tokenizer.encode(text, add_special_tokens=False)
        for end in range(CHUNK_TOKENS - 2, 0, -1):
            cut = text[: encoded.offsets[end - 1][1]]
            if len(tokenizer.encode(cut).ids) == CHUNK_TOKENS:
                out.append(cut)
                break
    return out


def queries():
    return [s for s in SHORT if 20 <= len(s) <= 60 and s.isascii()]
