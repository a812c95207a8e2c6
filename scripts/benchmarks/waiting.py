"""One text at a time with the model loaded: how long each waits for its answer, all threads at work on it.

lexclf is asked through a pipe (`predict --latency -`), a line in and a line out, which is in its time; peers are called in
their own process with a tokenizer of theirs. Peers get no padding, and OpenVINO its hint for latency.
"""
import json
import statistics
import subprocess
import time

import numpy

from benchmarks.common import model_for
from benchmarks.engines import ENGINES
from benchmarks.predicting import batches_of

ROWS, AT_ONCE = 400, 20


class LexclfPipe:
    def __init__(self, args, model, dtype, texts):
        self.name = f"**lexclf {dtype}**"
        command = [args.lexclf, "predict", "--model", model_for(args, model, dtype, texts), "--latency", "--format", "jsonl"]
        command += ["--quiet", "--no-passthrough", "--device", "cpu", "--dtype", dtype, "--threads", str(args.threads)]
        command += ["--max-length", str(args.max_length)]
        self.process = subprocess.Popen(command + ["-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, text):
        self.process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["label"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class PeerCall:
    def __init__(self, args, model, texts, tokenizer, labels, engine, precision):
        self.name = f"{engine.title} {precision}"
        self.tokenizer, self.labels = tokenizer.backend_tokenizer, labels
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(args.max_length)
        ids = [self.tokenizer.encode(text).ids for text in texts]
        calibration = [batch for _, batch in batches_of(ids, "sorted", 4, 0)]
        self.engine = engine(model, precision, args.threads, calibration[:: max(1, len(calibration) // 60)], latency=True)

    def ask(self, text):
        ids = numpy.array([self.tokenizer.encode(text).ids], numpy.int64)
        return self.labels[next(iter(self.engine.answer([(ids, numpy.ones_like(ids))])))[0]]

    def close(self):
        self.engine = None


def waits_of(peer, texts):
    """Milliseconds of each text."""
    waits = []
    for text in texts:
        start = time.perf_counter()
        peer.ask(text)
        waits.append(1000 * (time.perf_counter() - start))
    return waits


def lines_of(args, model, texts, tokenizer):
    """A Markdown table: everyone's median and 95th percentile. Turns are short, so that a slow second meets all."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(model)
    labels = [config.id2label[i] for i in range(config.num_labels)]
    texts = texts[:: max(1, len(texts) // ROWS)][:ROWS]
    asked = [PeerCall(args, model, texts, tokenizer, labels, engine, precision) for engine in ENGINES
             for precision in engine.precisions if engine.title.lower().replace(" ", "") in args.peers]
    asked += [LexclfPipe(args, model, dtype, texts) for dtype in args.dtypes]
    waits = {peer.name: [] for peer in asked}
    for peer in asked:
        waits_of(peer, texts[:AT_ONCE])
    for first in range(0, len(texts), AT_ONCE):
        for peer in asked:
            waits[peer.name] += waits_of(peer, texts[first : first + AT_ONCE])
    for peer in asked:
        peer.close()
    medians = {name: statistics.median(values) for name, values in waits.items()}
    theirs = [value for name, value in medians.items() if "lexclf" not in name]
    lines = [f"{len(texts)} texts, {args.threads} threads. x: the quickest peer's median over this one.", "",
             "| | median ms | 95 of 100 within, ms | x |", "| --- | --- | --- | --- |"]
    for name, values in waits.items():
        late = statistics.quantiles(values, n=20)[-1]
        lines.append(f"| {name} | {medians[name]:.2f} | {late:.2f} | {min(theirs, default=medians[name]) / medians[name]:.2f} |")
    return lines
