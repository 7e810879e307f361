"""Texts with labelled names for bench/train_names.py, one JSON object a line: "text", "spans" (begin, end in bytes, type)
and where they are from. The public set is development data: nothing of it is in the repository.

The split by templates is that of privacy_bench.cc.
"""
import json
import pathlib
import re

# Types of the public set to ours; a type that is not here is nothing that a model looks for.
TYPES = {
    "PERSON": "person", "FIRST_NAME": "person", "LAST_NAME": "person",
    "ORGANIZATION": "organisation",
    "GPE": "place", "LOCATION": "place",
    "STREET_ADDRESS": "street_address", "ADDRESS": "street_address", "ZIP_CODE": "street_address",
    "DATE_TIME": "date_time", "AGE": "age", "NRP": "nationality", "TITLE": "title", "PREFIX": "title",
    "DOMAIN_NAME": "web_address",
}


def hash64(text):
    mask = (1 << 64) - 1
    h = 0xCBF29CE484222325
    for byte in text:
        h = ((h ^ byte) * 0x100000001B3) & mask
    h = ((h ^ (h >> 33)) * 0xFF51AFD7ED558CCD) & mask
    h = ((h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53) & mask
    return h ^ (h >> 33)


def template_of(masked):
    plain = re.sub(r"\{\{.*?(\}\}|$)", "{}", masked, flags=re.S)
    return bytes(b + 32 if 65 <= b <= 90 else b for b in plain.encode())


def public_rows(folder):
    """(held out, set's name, template, row)"""
    for name in ("synth_dataset_v2", "generated_large"):
        for row in json.loads((pathlib.Path(folder) / f"{name}.json").read_text(encoding="utf-8")):
            template = template_of(row["masked"])
            text = row["full_text"]
            at = [0]
            for character in text:
                at.append(at[-1] + len(character.encode("utf-8", "surrogatepass")))
            spans = [[at[s["start_position"]], at[s["end_position"]], TYPES[s["entity_type"]]]
                     for s in row["spans"] if s["entity_type"] in TYPES]
            yield hash64(template) % 3 == 0, name, template.decode(), {"text": text, "spans": spans}
