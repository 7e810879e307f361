"""Learns the weights of the second stage of search from the features of made questions.

    loadline_reranker_features --half 0 --out features.jsonl
    python3 bench/train_reranker.py features.jsonl --out src/retrieval/rank/page_weights.inc

A linear model, trained so that among a question's candidate pages the right ones and those of the right document get
the largest share of a softmax (listwise), every source of questions with the same total weight, and then calibrated
by a logistic curve. Prints held-out figures: groups (documents) are split, never questions of one document. The
questions that search is reported on are not among them. Needs numpy only.
"""
import argparse
import datetime
import json
import zlib

import numpy as np

SIGN_NON_NEGATIVE = {"vector", "asked", "parts", "keyword", "keyword_page", "coverage", "heading",
                     "label", "labels", "years", "pairs", "vector_mean", "vector_inside",
                     "document", "document_trust", "document_period", "document_first", "neighbours", "first_stage",
                     "numbers"}

DOCUMENT_SHARE = 1.0  # what the right document counts beside the right page: both are promised


def read(path):
    questions = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pages = row["pages"]
            right = np.array([page["right"] for page in pages], dtype=bool)
            questions.append({
                "source": row["source"], "group": f'{row["source"] == "tatqa"}-{row["group"]}', "right": right,
                "document": np.array([page["document"] for page in pages], dtype=bool),
                "features": np.array([page["features"] for page in pages], dtype=np.float64),
            })
    return questions


def held_out(question, fold, folds):
    return zlib.crc32(question["group"].encode()) % folds == fold


def usable(question):
    return question["right"].any() and not question["right"].all()


def add_part(loss, target, share, good, factor):
    mass = max(share[good].sum(), 1e-12)
    target += factor * (np.where(good, share / mass, 0.0) - share)
    return loss - factor * np.log(mass)


def gradient(weights, questions, importance):
    loss, slope = 0.0, np.zeros_like(weights)
    for question in questions:
        scores = question["features"] @ weights
        share = np.exp(scores - scores.max())
        share /= share.sum()
        target = np.zeros_like(share)
        factor = importance[question["source"]]
        loss = add_part(loss, target, share, question["right"], factor)
        if (question["document"] != question["right"]).any():  # a wrong page of the right document is better than one of another
            loss = add_part(loss, target, share, question["document"], factor * DOCUMENT_SHARE)
        slope -= question["features"].T @ target
    return loss, slope


def train(questions, names, ridge, fixed, steps=250, rate=0.1):
    """Adam on the listwise loss; weights whose sign is known are kept on its side of zero."""
    questions = [question for question in questions if usable(question)]
    counts = {}
    for question in questions:
        counts[question["source"]] = counts.get(question["source"], 0) + 1
    importance = {source: 1.0 / (count * len(counts)) for source, count in counts.items()}
    weights = np.full(len(names), 0.1)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    free = np.array([name not in fixed for name in names])
    for name, value in fixed.items():
        weights[names.index(name)] = value
    floor = np.array([0.0 if name in SIGN_NON_NEGATIVE else -np.inf for name in names])
    for step in range(1, steps + 1):
        _, slope = gradient(weights, questions, importance)
        slope = (slope + ridge * weights) * free
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights = np.maximum(weights - rate * 0.995**step * move * free, np.where(free, floor, -np.inf))
    return weights


def figures(questions, weights):
    hits = {1: 0, 5: 0, 10: 0}
    reciprocal = 0.0
    for question in questions:
        if not question["right"].any():
            continue
        order = np.argsort(-(question["features"] @ weights), kind="stable")
        rank = int(np.argmax(question["right"][order])) + 1
        reciprocal += 1 / rank
        for depth in hits:
            hits[depth] += rank <= depth
    count = max(1, len(questions))
    return {"n": len(questions), "mrr": reciprocal / count, **{f"@{d}": v / count for d, v in hits.items()}}


def calibrate(questions, weights):
    """Slope and offset of a logistic curve over the scores of all pages (Newton's method)."""
    scores = np.concatenate([question["features"] @ weights for question in questions])
    right = np.concatenate([question["right"] for question in questions]).astype(float)
    curve = np.array([1.0, -5.0])
    inputs = np.stack([scores, np.ones_like(scores)], axis=1)
    for _ in range(100):
        probability = 1 / (1 + np.exp(-np.clip(inputs @ curve, -30, 30)))
        slope = inputs.T @ (probability - right) + 1e-3 * curve
        bend = (inputs * (probability * (1 - probability))[:, None]).T @ inputs + 1e-3 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        curve = curve - step * min(1.0, 1.0 / np.abs(step).max())  # a whole step may overshoot far from the end
    return curve


def by_source(questions, weights):
    for source in sorted({question["source"] for question in questions}):
        row = figures([q for q in questions if q["source"] == source], weights)
        print(f"  {source:10s} " + "  ".join(f"{k} {v:.3f}" if k != "n" else f"n {v}" for k, v in row.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features")
    parser.add_argument("--out")
    parser.add_argument("--names", default="src/retrieval/rank/page_features.h")
    parser.add_argument("--ridge", type=float, default=0.003)
    parser.add_argument("--folds", type=int, default=4)
    arguments = parser.parse_args()
    with open(arguments.names, encoding="utf-8") as header:
        block = header.read().split("page_feature_names = {")[1].split("};")[0]
    names = [part.split('"')[1] for part in block.splitlines() if '"' in part]
    questions = read(arguments.features)
    out = []
    for fold in range(arguments.folds):
        weights = train([q for q in questions if not held_out(q, fold, arguments.folds)], names, arguments.ridge, {})
        out.append((weights, [q for q in questions if held_out(q, fold, arguments.folds)]))
    print("held out, learned:")
    for source in sorted({q["source"] for q in questions}):
        rows = [figures([q for q in held if q["source"] == source], w) for w, held in out]
        total = sum(row["n"] for row in rows)
        mean = {k: sum(row[k] * row["n"] for row in rows) / total for k in rows[0] if k != "n"}
        print(f"  {source:10s} n {total}  " + "  ".join(f"{k} {v:.3f}" for k, v in mean.items()))
    print("first stage alone:")
    alone = np.zeros(len(names))
    alone[names.index("first_stage")] = 1
    by_source(questions, alone)
    weights = train(questions, names, arguments.ridge, {})
    curve = calibrate(questions, weights)
    for name, weight in zip(names, weights):
        print(f"  {name:16s} {weight:+.3f}")
    print(f"  calibration {curve[0]:+.3f} {curve[1]:+.3f}")
    if arguments.out:
        sources = ", ".join(f"{sum(q['source'] == s for q in questions)} {s}" for s in sorted({q["source"] for q in questions}))
        lines = [f"    {weight:.4f},  // {name}" for name, weight in zip(names, weights)]
        with open(arguments.out, "w", encoding="utf-8") as target:
            target.write(f"// Made on {datetime.date.today()} by bench/train_reranker.py from made questions: {sources}.\n"
                         "// Its head says how. None of them is a question that search is reported on. Do not edit.\n"
                         "constexpr std::array<double, page_feature_count> page_weights = {\n"
                         + "\n".join(lines) + "\n};\n"
                         f"constexpr double calibration_slope = {curve[0]:.4f}, calibration_offset = {curve[1]:.4f};\n")


main()
