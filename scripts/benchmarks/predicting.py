"""Answers over one corpus: lexclf as whole processes, each peer at the best of its settings, texts and weights the same."""
import concurrent.futures
import json
import multiprocessing
import tempfile
import time

import numpy

from benchmarks.common import measured, model_for, told, write_jsonl
from benchmarks.engines import ENGINES

# (order, examples a batch, processes of one thread?) - what a peer is tried with; "padded" is what documentation shows.
SETTINGS = (("padded", 16, False), ("sorted", 16, False), ("sorted", 32, False), ("sorted", 16, True))
PROBE_ROWS, CALIBRATION_BATCHES = 192, 60


class Lexclf:
    """A whole process from start to last answer: loading, reading, tokenizing, computing and writing are in its time."""

    ours = True

    def __init__(self, args, model, texts, dtype):
        self.name, self.how = f"lexclf {dtype}", "whole process"
        self.file = tempfile.NamedTemporaryFile(suffix=".jsonl")
        write_jsonl(self.file.name, ({"text": text} for text in texts))
        self.command = [args.lexclf, "predict", "--model", model_for(args, model, dtype, texts), self.file.name, "--quiet"]
        self.command += ["--no-passthrough", "--dtype", dtype, "--device", "cpu", "--threads", str(args.threads)]
        self.command += ["--max-length", str(args.max_length)]

    def run(self):
        wall, cpu, out = measured(self.command)
        return wall, cpu, [json.loads(line)["label"] for line in out.splitlines()]

    def close(self):
        self.file.close()


def batch_of(ids, length):
    rows, mask = numpy.zeros((len(ids), length), numpy.int64), numpy.zeros((len(ids), length), numpy.int64)
    for row, values in enumerate(ids):
        rows[row, : len(values)], mask[row, : len(values)] = values, 1
    return rows, mask


def batches_of(ids, order, size, padded_to):
    """Batches of `size` texts, by length or as they come; the positions of their texts beside each."""
    positions = list(range(len(ids)))
    if order == "sorted":
        positions.sort(key=lambda i: len(ids[i]))
    for first in range(0, len(positions), size):
        members = positions[first : first + size]
        length = padded_to if order == "padded" else max(len(ids[i]) for i in members)
        yield members, batch_of([ids[i] for i in members], length)


worker = None  # a process of the pool keeps its engine here


def begin_worker(engine, folder, precision, calibration):
    global worker
    worker = engine(folder, precision, 1, calibration)


def answer_in_worker(batches):
    start = time.process_time()
    answers = list(worker.answer(batches))
    return answers, time.process_time() - start


class Peer:
    """One engine, precision and setting. Loading and the first batch stay outside its time."""

    ours = False

    def __init__(self, args, model, texts, tokenizer, labels, engine, precision, setting):
        self.args, self.texts, self.tokenizer, self.labels = args, texts, tokenizer, labels
        self.order, self.size, self.processes = setting
        self.name = f"{engine.title} {precision}"
        self.how = f"{self.order}, {self.size} a batch, " + ("a process a thread" if self.processes else "threads")
        known = self.tokens(texts)
        calibration = [batch for _, batch in batches_of(known, "sorted", 4, 0)]
        calibration = calibration[:: max(1, len(calibration) // CALIBRATION_BATCHES)]
        self.pool = self.engine = None
        if self.processes:
            self.pool = concurrent.futures.ProcessPoolExecutor(
                args.threads, multiprocessing.get_context("spawn"), begin_worker, (engine, model, precision, calibration))
            for future in [self.pool.submit(answer_in_worker, calibration[:1]) for _ in range(4 * args.threads)]:
                future.result()
        else:
            self.engine = engine(model, precision, args.threads, calibration)
            list(self.engine.answer(calibration[:1]))

    def tokens(self, texts):
        return self.tokenizer(texts, truncation=True, max_length=self.args.max_length)["input_ids"]

    def run(self, texts=None):
        start, cpu = time.perf_counter(), time.process_time()
        ids = self.tokens(texts or self.texts)
        made = list(batches_of(ids, self.order, self.size, self.args.max_length))
        if self.pool:
            answers, theirs = self.answers_of_pool([batch for _, batch in made])
        else:
            answers, theirs = self.engine.answer([batch for _, batch in made]), 0
        labels = [None] * len(ids)
        for (members, _), found in zip(made, answers):
            for i, label in zip(members, found):
                labels[i] = self.labels[label]
        return time.perf_counter() - start, time.process_time() - cpu + theirs, labels

    def answers_of_pool(self, batches):
        """Every n-th batch to a process, so that each gets long and short ones."""
        n = self.args.threads
        futures = [self.pool.submit(answer_in_worker, batches[first::n]) for first in range(n)]
        answers, cpu = [None] * len(batches), 0
        for first, future in enumerate(futures):
            answers[first::n], seconds = future.result()
            cpu += seconds
        return answers, cpu

    def close(self):
        if self.pool:
            self.pool.shutdown()


def best_of(args, model, texts, tokenizer, labels, engine, precision):
    """The setting that is quickest on the corpus's first rows; without trying, for --quick, batches of like length."""
    if args.quick:
        return SETTINGS[1]
    found = []
    for setting in SETTINGS:
        if setting[2] and args.threads == 1:
            continue
        told(f"trying {engine.title} {precision}, {setting[0]} {setting[1]}{' in processes' if setting[2] else ''}")
        peer = Peer(args, model, texts[:PROBE_ROWS], tokenizer, labels, engine, precision, setting)
        found.append((min(peer.run()[0] for _ in range(2)), setting))
        peer.close()
    return min(found)[1]


def peers_of(args, model, texts):
    """The peers for one model and corpus: transformers as documented first (the base of all ratios), lexclf last."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    config = transformers.AutoConfig.from_pretrained(model)
    labels = [config.id2label[i] for i in range(config.num_labels)]
    made = (args, model, texts, tokenizer, labels)
    peers = []
    for engine in ENGINES:
        if engine.title.lower().replace(" ", "") not in args.peers:
            continue
        for precision in engine.precisions:
            if engine.title == "transformers" and precision == "fp32":
                peers.append(Peer(*made, engine, precision, SETTINGS[0]))
                peers[-1].name += ", padded"
            peers.append(Peer(*made, engine, precision, best_of(*made, engine, precision)))
    return peers + [Lexclf(args, model, texts, dtype) for dtype in args.dtypes], tokenizer
