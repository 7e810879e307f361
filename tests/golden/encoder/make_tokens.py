#!/usr/bin/env python3
"""Writes tokens.json: token ids and byte offsets by the `tokenizers` library for hard inputs, which the unit tests
of src/encoder must reproduce. Needs: pip install tokenizers. Run from the repository root:

    python3 tests/golden/encoder/make_tokens.py [MODEL_FOLDER]
"""
import json
import os
import pathlib
import random
import sys
import unicodedata

from tokenizers import Tokenizer

from texts import TEXTS

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("LOADLINE_CACHE", pathlib.Path.home() / ".cache/loadline"))

HARD = [
    "İstanbul IŞIK ısı", "ΑΣ ΌΣΟΣ ς", "ẞ ß ŉ ǰ ΐ", "Å Å Å", "한국어 한국어", "가각갂", "中文English混ぜ書き",
    "a\u0000b\ufffdc", "a\u000bb\u000cc\u0085d", "\u2028line\u2029para", "a\u3000b\u1680c", "\ufeffbom",
    "co\u00adop\u200d\u200cerate", "\U000e0001tag\ue000priv", "e\u0301\u0327\u0323x", "q\u0323\u0307 q\u0307\u0323",
    "\u0301start", " \u0301 ", "end\u0301", "a\u0344b\u0340", "\u1100\u1161\u11a8", "\u0f73\u0f71\u0f72",
    "[CLS] x [SEP]y[MASK][PAD]z[UNK]", "[cls][Sep] [ SEP ]", "[SEP", "SEP]", "[[SEP]]", "a[SEP]\u0301b",
    "don't can’t it`s", "a_b-c.d,e;f:g", "!!!???...", "$€£¥₹ 5", "^~`|<>=+", "¡hola! ¿qué?", "「引用」『本』、。",
    "x" * 99, "x" * 100, "x" * 101, "é" * 100, "é" * 101, "word " + "y" * 300 + " word", "##ing ##s # #",
    "unaffable", "UNAFFABLE", "transformers", "tokenization", "hyperparameters", "1234567890123456789",
    "३४५ ٣٤٥ ４５６ Ⅷ ⑦ ½", "𝕳𝖊𝖑𝖑𝖔 𝐁𝐨𝐥𝐝", "\U0001f600\U0001f3fd", "𠀀𪜀丽", "豈更", "ǅ ǆ Ǆ", "ﬀ ﬁ ſ ", "Ａｂｃ",
    "\u302e\u302f a\u302e\u0323b", "\U0001d165\U0001d16e\U0001d165", "\u09be\u09cb\u0b4b", "ᾳ ᾼ Ὠ", "\u0378\u0e00",
    "\u166d\u111c9", "\U000111c9x", "\u061d\u2e43", "\u1734\u0d4d", "a\u094d\u0915", "\u0958\u0959", "tab\tnl\ncr\rff\fvt\v",
]


def kinds_of_text():
    common = [chr(c) for c in range(32, 127)]
    marks = [chr(c) for c in range(0x300, 0x370)] + ["\u093c", "\u094d", "\u302e", "\u0f71", "\U0001d165", "\u1b44"]
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]
    latin = [chr(c) for c in range(0xA0, 0x250)] + [chr(c) for c in range(0x1E00, 0x2000)]
    return [common, common + latin, common + marks + latin, every, every + marks * 300,
            latin + ["中", "国", " ", " ", "[SEP]", "[MASK]", "가", "각", "\u200b"]]


def inputs():
    yield from HARD
    yield from TEXTS
    random.seed(20260217)
    for alphabet in kinds_of_text():
        for _ in range(70):
            yield "".join(random.choice(alphabet) for _ in range(random.randrange(1, 40)))


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else CACHE / "models/all-minilm-l6-v2")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    cases = []
    for text in inputs():
        encoded = tokenizer.encode(text, add_special_tokens=False)
        at = [0]  # byte offset of each character
        for ch in text:
            at.append(at[-1] + len(ch.encode()))
        offsets = [at[i] for pair in encoded.offsets for i in pair]
        cases.append({"text": text, "ids": encoded.ids, "offsets": offsets})
    lines = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    (HERE / "tokens.json").write_text("[\n" + lines + "\n]\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
