#!/usr/bin/env python3
"""Writes src/encoder/unicode_tables.inc: what BERT text normalisation does to each code point.

BERT vocabularies were built by a normaliser whose Unicode categories are old, and vectors are comparable only
if text is split the same way. So the tables are read off the reference implementation, one code point at a time,
instead of from a current Unicode database. Needs: pip install tokenizers. Run from the repository root:

    python3 tests/golden/encoder/make_unicode_tables.py
"""
import pathlib
import unicodedata

from tokenizers import __version__, normalizers, pre_tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[3]
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic


def bert(**on):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **on}).normalize_str


clean, spaced = bert(clean_text=True), bert(handle_chinese_chars=True)
stripped, lower, nfd = bert(strip_accents=True), bert(lowercase=True), normalizers.NFD().normalize_str
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def kind(ch):
    cleaned = clean(ch)
    if cleaned == "":
        return "removed"
    if cleaned == " ":
        return "space"
    if spaced(ch) != ch:
        return "ideograph"
    if stripped(ch) == "":
        return "mark" if unicodedata.combining(ch) else "mark_starter"
    pieces = len(split("a" + ch + "b"))
    return {1: "word", 2: "space", 3: "punctuation"}[pieces]


def ranges(items):
    """(code point, value) pairs in order -> [first, last, value] of equal neighbours."""
    out = []
    for cp, value in items:
        if out and out[-1][1] == cp - 1 and out[-1][2] == value:
            out[-1][1] = cp
        else:
            out.append([cp, cp, value])
    return out


def reordered_mark(ch, ccc):
    """True if NFD moves `ch` by its combining class, as the reference's own tables have it."""
    low, high = "\u0334", "\u0345"  # classes 1 and 240
    moved = nfd("a" + high + ch) != "a" + high + ch if ccc < 240 else nfd("a" + ch + high) == "a" + high + ch
    return moved or nfd("a" + ch + low) != "a" + ch + low


def main():
    points = [cp for cp in range(0x110000) if not 0xD800 <= cp < 0xE000]
    kinds, strip_map, lower_map, classes = [], [], [], []
    for cp in points:
        ch = chr(cp)
        k = kind(ch)
        if k != "word":
            kinds.append((cp, k))
        if cp not in HANGUL and k not in ("removed", "space", "mark", "mark_starter") and stripped(ch) != ch:
            strip_map.append((cp, stripped(ch)))
        if lower(ch) != ch:
            lower_map.append((cp, lower(ch)))
        ccc = unicodedata.combining(ch)
        if k == "word" and ccc and reordered_mark(ch, ccc):
            classes.append((cp, ccc))

    def rows(values):
        lines, line = [], " "
        for value in values:
            if len(line) + len(value) > 108:
                lines.append(line)
                line = " "
            line += " " + value
        return "\n".join(lines + [line])

    def mapping(name, entries):
        longest = max(len(to) for _, to in entries)
        assert longest <= 3, longest
        body = ("{0x%X, {%s}}," % (cp, ", ".join("0x%X" % ord(c) for c in to)) for cp, to in entries)
        return "constexpr Mapping %s[] = {\n%s\n};\n" % (name, rows(body))

    text = "// Written by tests/golden/encoder/make_unicode_tables.py from tokenizers %s. Do not edit.\n" % __version__
    text += "constexpr KindRange kind_ranges[] = {\n%s\n};\n" % rows(
        "{0x%X, 0x%X, CodePointKind::%s}," % tuple(r) for r in ranges(kinds))
    text += mapping("accent_map", strip_map) + mapping("lower_map", lower_map)
    text += "constexpr ClassRange class_ranges[] = {\n%s\n};\n" % rows(
        "{0x%X, 0x%X, %d}," % tuple(r) for r in ranges(classes))
    (ROOT / "src/encoder/unicode_tables.inc").write_text(text)


if __name__ == "__main__":
    main()
