"""Trains and measures the tagger of names (src/privacy/name_weights.inc).

    python3 bench/name_texts.py 16000 >/tmp/names_own.jsonl
    python3 bench/train_names.py public ../shared/data/presidio_research_pii /tmp/names_public.jsonl
    build/release/loadline_name_features --texts /tmp/names_own.jsonl --out /tmp/names_own      (and for names_public)
    python3 bench/train_names.py train /tmp/names_own /tmp/names_public --out src/privacy/name_weights.inc

A network of one hidden layer over a word's vector and the properties of five words (src/privacy/name_tagger.h). Lists are
no school book: while it learns, what the lists say of a word is hidden from it at random, so that it learns to do
without. Learned from our own texts (name_texts.py) and, with --public development, from the public set's development
templates; held-out templates are never read here. Deterministic with its seed but for the encoder's precision. Needs
numpy (names_requirements.txt).
"""
import argparse
import json
import pathlib
import re

import numpy as np

import name_sets

TYPES = ["person", "organisation", "place", "street_address", "date_time", "age", "nationality", "title", "web_address"]
VECTOR, WINDOW = 384, 2
TAGS = 1 + 2 * len(TYPES)
HEADER = pathlib.Path(__file__).parent.parent / "src/privacy/name_words.h"


def feature_names():
    body = re.search(r"enum class NameFeature[^{]*\{(.*?)\};", HEADER.read_text(), re.S)[1]
    return re.findall(r"^\s*(\w+),", re.sub(r"//.*", "", body) + ",", re.M)


FEATURES = feature_names()
# What is hidden at random while it learns.
LISTED = [FEATURES.index(n) for n in ("given_name", "family_name", "family_ending", "country", "nationality", "city", "region", "company_end", "company_word", "street_word",
                                      "street_ending", "common_word")]


class Words:
    """Words of texts: vectors, properties, the unit of each, and, where texts are labelled, its tag."""

    def __init__(self, path, vectors=True):
        rows = [json.loads(line) for line in open(path + ".jsonl", encoding="utf-8")]
        self.rows = rows
        self.vectors = np.memmap(path + ".f32", dtype=np.float32, mode="r").reshape(-1, VECTOR)
        count = len(self.vectors)
        self.properties = np.zeros((count, len(FEATURES)), dtype=np.float32)
        self.text = np.zeros(count, dtype=np.int32)
        self.unit = np.zeros(count, dtype=np.int64)
        self.begin = np.zeros(count, dtype=np.int32)
        self.end = np.zeros(count, dtype=np.int32)
        with open(path + ".words", encoding="ascii") as lines:
            for i, line in enumerate(lines):
                numbers = [int(n) for n in line.split()]
                self.text[i], self.begin[i], self.end[i] = numbers[0], numbers[2], numbers[3]
                self.unit[i] = numbers[0] * 1000 + numbers[1]
                self.properties[i, numbers[4:]] = 1
        self.tags = np.zeros(count, dtype=np.int64)
        first = np.searchsorted(self.text, np.arange(len(rows) + 1))
        for t, row in enumerate(rows):
            for begin, end, kind in row["spans"]:
                tag = 1 + 2 * TYPES.index(kind)
                for i in range(first[t], first[t + 1]):
                    if self.begin[i] < end and self.end[i] > begin:
                        self.tags[i] = tag
                        tag = tag if tag % 2 == 0 else tag + 1
        self.neighbours = []
        for step in range(-WINDOW, WINDOW + 1):
            at = np.clip(np.arange(count) + step, 0, count - 1)
            self.neighbours.append(np.where(self.unit[at] == self.unit, np.where((np.arange(count) + step >= 0) & (np.arange(count) + step < count), at, -1), -1))

    def inputs(self, which, properties=None):
        properties = self.properties if properties is None else properties
        parts = [self.vectors[which]]
        for neighbour in self.neighbours:
            at = neighbour[which]
            parts.append(properties[at] * (at >= 0)[:, None])
        return np.concatenate(parts, axis=1)


class Network:
    def __init__(self, hidden, random):
        size = VECTOR + (2 * WINDOW + 1) * len(FEATURES)
        self.p = {"w": (random.standard_normal((size, hidden)) * (1.4 / size) ** 0.5).astype(np.float32), "b": np.zeros(hidden, np.float32),
                  "v": (random.standard_normal((hidden, TAGS)) * (1.0 / hidden) ** 0.5).astype(np.float32), "c": np.zeros(TAGS, np.float32)}
        self.m = {k: np.zeros_like(x) for k, x in self.p.items()}
        self.s = {k: np.zeros_like(x) for k, x in self.p.items()}
        self.step = 0

    def scores(self, x):
        return np.maximum(x @ self.p["w"] + self.p["b"], 0) @ self.p["v"] + self.p["c"]

    def learn(self, x, tags, rate, decay, random, weights, drop=0.25):
        z = x @ self.p["w"] + self.p["b"]
        keep = (random.random(z.shape, dtype=np.float32) > drop) / np.float32(1 - drop)
        h = np.maximum(z, 0) * keep
        y = h @ self.p["v"] + self.p["c"]
        y -= y.max(axis=1, keepdims=True)
        q = np.exp(y)
        q /= q.sum(axis=1, keepdims=True)
        loss = -np.log(q[np.arange(len(tags)), tags] + 1e-9).mean()
        q[np.arange(len(tags)), tags] -= 1
        q *= (weights / weights.sum())[:, None]
        g = {"v": h.T @ q, "c": q.sum(axis=0)}
        back = (q @ self.p["v"].T) * keep * (z > 0)
        g["w"], g["b"] = x.T @ back, back.sum(axis=0)
        self.step += 1
        for k, gradient in g.items():
            self.m[k] += 0.1 * (gradient - self.m[k])
            self.s[k] += 0.001 * (gradient * gradient - self.s[k])
            self.p[k] -= rate * (self.m[k] / (1 - 0.9 ** self.step) / (np.sqrt(self.s[k] / (1 - 0.999 ** self.step)) + 1e-8) + decay * self.p[k])
        return loss

    def rounded(self):
        """What the program has: eight bits a weight."""
        out = Network.__new__(Network)
        out.p = dict(self.p)
        for k, axis in (("w", 0), ("v", 0)):
            scale = np.maximum(np.abs(self.p[k]).max(axis=axis), 1e-9) / 127
            out.p[k] = (np.round(self.p[k] / scale) * scale).astype(np.float32)
        return out


def best_tags(scores, units):
    allowed = np.zeros((TAGS, TAGS), np.float32)
    for tag in range(2, TAGS, 2):
        allowed[:, tag] = -1e9
        allowed[[tag, tag - 1], tag] = 0
    out = np.zeros(len(scores), np.int64)
    edges = np.flatnonzero(np.diff(units)) + 1
    for first, last in zip(np.r_[0, edges], np.r_[edges, len(scores)]):
        best, back = scores[first] + allowed[0], []
        for i in range(first + 1, last):
            step = best[:, None] + allowed
            back.append(step.argmax(axis=0))
            best = step.max(axis=0) + scores[i]
        tag = int(best.argmax())
        for i in range(last - 1, first - 1, -1):
            out[i] = tag
            if i > first:
                tag = int(back[i - first - 1][tag])
    return out


def report(words, tags, which, title):
    """Word by word: as Presidio's own evaluation counts."""
    gold, found = words.tags[which], tags[which]
    kinds = lambda t: (t + 1) // 2
    g, f = kinds(gold), kinds(found)
    merge = np.arange(len(TYPES) + 1)
    merge[1 + TYPES.index("street_address")] = 1 + TYPES.index("place")
    g, f = merge[g], merge[f]
    def line(name, right, found_n, gold_n):
        p, r = right / max(found_n, 1), right / max(gold_n, 1)
        print(f"  {name:16} P {p:.3f} R {r:.3f} F2 {5 * p * r / max(4 * p + r, 1e-9):.3f} ({gold_n} words)")
    print(title)
    for k, name in enumerate(TYPES, 1):
        if (g == k).any() or (f == k).any():
            line(name, int(((g == k) & (f == k)).sum()), int((f == k).sum()), int((g == k).sum()))
    line("all, typed", int(((g == f) & (g > 0)).sum()), int((f > 0).sum()), int((g > 0).sum()))
    line("all, any type", int(((f > 0) & (g > 0)).sum()), int((f > 0).sum()), int((g > 0).sum()))


def hide(words, random):
    properties = words.properties.copy()
    hidden = random.random((len(properties), len(LISTED))) < 0.35
    properties[:, LISTED] *= ~hidden
    return properties


def train(sets, hidden, epochs, seed, share):
    """`sets`: (words, which, weight)."""
    random = np.random.default_rng(seed)
    network = Network(hidden, random)
    batch = 1024
    steps_all = epochs * sum(len(which) for _, which, _ in sets) // batch
    step = 0
    for epoch in range(epochs):
        hidden_sets = [(words, which, weight, hide(words, random)) for words, which, weight in sets]
        order = np.concatenate([np.stack([np.full(len(which), s), random.permutation(which)], axis=1) for s, (_, which, _) in enumerate(sets)])
        random.shuffle(order)
        losses = []
        for at in range(0, len(order) - batch + 1, batch):
            part = order[at:at + batch]
            xs, tags, weights = [], [], []
            for s, (words, _, weight, properties) in enumerate(hidden_sets):
                which = part[part[:, 0] == s, 1]
                if len(which):
                    xs.append(words.inputs(which, properties))
                    tags.append(words.tags[which])
                    weights.append(np.full(len(which), weight, np.float32))
            x = np.concatenate(xs)
            x[:, :VECTOR] *= random.random((len(x), VECTOR), dtype=np.float32) > 0.1
            rate = 2.5e-3 * max(0.02, 1 - step / max(steps_all, 1))
            losses.append(network.learn(x, np.concatenate(tags), rate, 1e-4 if False else 2e-3, random, np.concatenate(weights)))
            step += 1
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    return network


def array(kind, name, values, per_line, form):
    lines = [", ".join(form(v) for v in values[i:i + per_line]) + "," for i in range(0, len(values), per_line)]
    return f"constexpr std::array<{kind}, {len(values)}> {name} = {{\n" + "\n".join(lines) + "\n};\n"


def write(network, path, said):
    p = network.p
    real = lambda v: (f"{v:.5g}" if "." in f"{v:.5g}" or "e" in f"{v:.5g}" else f"{v:.5g}.0") + "F"
    whole = lambda v: str(int(v))
    hidden_scales = np.maximum(np.abs(p["w"]).max(axis=0), 1e-9) / 127
    tag_scales = np.maximum(np.abs(p["v"]).max(axis=0), 1e-9) / 127
    text = f"// Made by bench/train_names.py; its head says from what. {said} Do not edit.\n// clang-format off\n"
    text += f"constexpr std::size_t hidden_size = {p['w'].shape[1]};\n"
    text += array("std::int8_t", "hidden_weights", np.round(p["w"] / hidden_scales).astype(int).ravel(), 32, whole)
    text += array("float", "hidden_scales", hidden_scales, 8, real) + array("float", "hidden_constants", p["b"], 8, real)
    text += array("std::int8_t", "tag_weights", np.round(p["v"] / tag_scales).astype(int).T.ravel(), 32, whole)
    text += array("float", "tag_scales", tag_scales, 8, real) + array("float", "tag_constants", p["c"], 8, real)
    pathlib.Path(path).write_text(text + "// clang-format on\n", encoding="ascii")


def main():
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers(dest="what", required=True)
    public = sub.add_parser("public")
    public.add_argument("folder")
    public.add_argument("out")
    learn = sub.add_parser("train")
    learn.add_argument("own")
    learn.add_argument("shared", nargs="?")
    learn.add_argument("--public", choices=("none", "development"), default="none")
    learn.add_argument("--out")
    learn.add_argument("--hidden", type=int, default=96)
    learn.add_argument("--epochs", type=int, default=8)
    learn.add_argument("--seed", type=int, default=20261125)
    learn.add_argument("--nothing", type=float, default=0.0, help="taken from the score of the tag for nothing")
    learn.add_argument("--folds", action="store_true", help="the development templates crossed in three")
    arguments = parser.parse_args()
    if arguments.what == "public":
        with open(arguments.out, "w", encoding="utf-8") as out:
            for held_out, name, template, row in name_sets.public_rows(arguments.folder):
                if not held_out:
                    print(json.dumps({**row, "set": name, "template": template}, ensure_ascii=False), file=out)
        return
    own = Words(arguments.own)
    everything = np.arange(len(own.tags))
    sets = [(own, everything, 1.0)]
    if not arguments.shared:
        network = train(sets, arguments.hidden, arguments.epochs, arguments.seed, 0)
    else:
        shared = Words(arguments.shared)
        fold = np.array([name_sets.hash64(row["template"].encode()) // 3 % 3 for row in shared.rows])[shared.text]
        v2 = np.array([row["set"] == "synth_dataset_v2" for row in shared.rows])[shared.text]
        if arguments.public == "none":
            network = train(sets, arguments.hidden, arguments.epochs, arguments.seed, 0)
        if arguments.public == "development" and arguments.folds:
            tags = np.zeros_like(shared.tags)
            for k in range(3):
                network = train(sets + [(shared, np.flatnonzero(fold != k), 1.5)], arguments.hidden, arguments.epochs, arguments.seed, 0)
                network.p["c"][0] -= arguments.nothing
                which = np.flatnonzero(fold == k)
                tags[which] = best_tags(network.rounded().scores(shared.inputs(which)), shared.unit[which])
            for name, part in (("synth_dataset_v2", v2), ("generated_large", ~v2)):
                report(shared, tags, np.flatnonzero(part), f"{name}, development templates, crossed")
            return
        if arguments.public == "development":
            network = train(sets + [(shared, np.arange(len(shared.tags)), 1.5)], arguments.hidden, arguments.epochs, arguments.seed, 0)
        else:
            for nothing in (0, 0.5, 1.0, 1.5):
                moved = network.rounded()
                moved.p["c"] = network.p["c"].copy()
                moved.p["c"][0] -= nothing
                tags = best_tags(moved.scores(shared.inputs(np.arange(len(shared.tags)))), shared.unit)
                for name, part in (("synth_dataset_v2", v2), ("generated_large", ~v2)):
                    report(shared, tags, np.flatnonzero(part), f"{name}, development templates, nothing - {nothing}")
    network.p["c"][0] -= arguments.nothing
    if arguments.out:
        said = "Our own texts only." if arguments.public == "none" else "Our own texts and the development templates of the public set."
        write(network, arguments.out, said)


if __name__ == "__main__":
    main()
