#!/usr/bin/env python3
"""The encoder against sentence-transformers and ONNX Runtime: the same model in f32, the same chunks of 145 tokens,
the same cores, in turns; medians over the rounds and the median ratio within a round.

Needs: pip install -r bench/encoder_requirements.txt; a built loadline_encoder_bench; the model in the cache. From the
repository root:

    python3 bench/encoder_peers.py --bench build/release/loadline_encoder_bench [--threads 2 1] [--rounds 9]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# Settings that would make a peer, or us, slower than what a user has who sets nothing.
for setting in ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
    os.environ.pop(setting, None)

import numpy  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import encoder_texts  # noqa: E402

CACHE = pathlib.Path(os.environ.get("LOADLINE_CACHE", pathlib.Path.home() / ".cache/loadline"))
CHUNKS = 64
OURS = ("f32", "bf16", "int8")


def export_onnx(folder, path):
    """The encoder as an ONNX graph; made once and kept."""
    if path.exists():
        return
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    class HiddenStates(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(input_ids=input_ids, attention_mask=attention_mask,
                              token_type_ids=token_type_ids).last_hidden_state

    example = torch.ones((2, 7), dtype=torch.int64)
    axes = {0: torch.export.Dim("batch", max=4096), 1: torch.export.Dim("tokens", max=512)}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(HiddenStates(), (example,) * 3, str(path), dynamo=True, dynamic_shapes=(axes,) * 3,
                      input_names=["input_ids", "attention_mask", "token_type_ids"], output_names=["hidden"])


class SentenceTransformers:
    name = "sentence-transformers f32"

    def __init__(self, folder):
        from sentence_transformers import SentenceTransformer
        self.model = SentenceTransformer(folder, device="cpu")

    def threads(self, count):
        import torch
        torch.set_num_threads(count)

    def embed(self, texts):
        return self.model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)


class OnnxRuntime:
    name = "ONNX Runtime f32"

    def __init__(self, folder, path):
        self.path, self.sessions = path, {}
        self.tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()

    def threads(self, count):
        import onnxruntime
        if count not in self.sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = count
            options.add_session_config_entry("session.intra_op.allow_spinning", "1")
            self.sessions[count] = onnxruntime.InferenceSession(str(self.path), options,
                                                                providers=["CPUExecutionProvider"])
        self.session = self.sessions[count]

    def embed(self, texts):
        rows = []
        for first in range(0, len(texts), 8):  # 8 is its best batch size here
            tokens = self.tokenizer.encode_batch(texts[first:first + 8])
            ids = numpy.array([t.ids for t in tokens], dtype=numpy.int64)
            mask = numpy.array([t.attention_mask for t in tokens], dtype=numpy.int64)
            hidden = self.session.run(None, {"input_ids": ids, "attention_mask": mask,
                                             "token_type_ids": numpy.zeros_like(ids)})[0]
            pooled = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
            rows.append(pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True))
        return numpy.concatenate(rows)


def run_ours(arguments, folder, texts, precision, threads, query):
    command = [arguments.bench, "--model", folder, "--texts", texts, "--precision", precision, "--threads", str(threads),
               "--seconds", str(arguments.seconds)] + (["--query"] if query else [])
    done = subprocess.run(command, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def measure_peer(peer, chunks, queries, seconds):
    """Chunks a second and the median time of a query in ms."""
    rates, times, end = [], [], time.perf_counter() + seconds
    while not rates or time.perf_counter() < end:
        begin = time.perf_counter()
        peer.embed(chunks)
        rates.append(len(chunks) / (time.perf_counter() - begin))
    end = time.perf_counter() + seconds / 2
    while len(times) < 10 or time.perf_counter() < end:
        begin = time.perf_counter()
        peer.embed([queries[len(times) % len(queries)]])
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(rates), statistics.median(times)


def one_round(arguments, folder, files, peers, threads):
    out = {}
    for precision in OURS:
        chunks = run_ours(arguments, folder, files[0], precision, threads, False)
        query = run_ours(arguments, folder, files[1], precision, threads, True)
        if chunks and query:
            out["loadline " + precision] = (chunks["texts_per_s"], query["p50_ms"])
    for peer in peers:
        peer.threads(threads)
        peer.embed(arguments.queries[:1])
        out[peer.name] = measure_peer(peer, arguments.chunks, arguments.queries, arguments.seconds)
    return out


def report(rounds, peers, threads):
    def median_ratio(name, peer):
        return statistics.median(r[name][0] / r[peer.name][0] for r in rounds)

    print("\n%d thread%s, %d rounds, load %.1f\n" % (threads, "" if threads == 1 else "s", len(rounds), os.getloadavg()[0]))
    print("| encoder | chunks/s | " + " | ".join("x " + p.name for p in peers) + " | query p50, ms |")
    print("|---|---|" + "---|" * len(peers) + "---|")
    for name in rounds[0]:
        rate = statistics.median(r[name][0] for r in rounds)
        query = statistics.median(r[name][1] for r in rounds)
        ratios = " | ".join("%.2f" % median_ratio(name, peer) for peer in peers)
        print("| %s | %.1f | %s | %.2f |" % (name, rate, ratios, query))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    arguments = parser.parse_args()
    folder = str(CACHE / "models/all-minilm-l6-v2")
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    arguments.chunks = encoder_texts.chunks(tokenizer, CHUNKS)
    arguments.queries = encoder_texts.queries()
    onnx = CACHE / "bench/all-minilm-l6-v2.onnx"
    export_onnx(folder, onnx)
    peers = [SentenceTransformers(folder), OnnxRuntime(folder, onnx)]
    with tempfile.TemporaryDirectory() as scratch:
        files = [os.path.join(scratch, "chunks"), os.path.join(scratch, "queries")]
        for path, texts in zip(files, (arguments.chunks, arguments.queries)):
            pathlib.Path(path).write_text("\n".join(texts) + "\n")
        for threads in arguments.threads:
            rounds = [one_round(arguments, folder, files, peers, threads) for _ in range(arguments.rounds)]
            report(rounds, peers, threads)


if __name__ == "__main__":
    main()
