"""What a user feels beside throughput: start-up, one text from nothing, memory, and the tokenizer alone."""
import os
import re
import subprocess
import sys
import tempfile
import time

from benchmarks.common import measured, median_and_spread, write_jsonl

ONE_TEXT = "This Agreement shall be governed by the laws of the State of New York."

PYTHON_ANSWER = """
import json, sys
import torch, transformers
torch.set_num_threads(int(sys.argv[3]))
tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
model = transformers.AutoModelForSequenceClassification.from_pretrained(sys.argv[1]).eval()
texts = [json.loads(line)["text"] for line in open(sys.argv[2], encoding="utf-8")]
texts.sort(key=len)
with torch.inference_mode():
    for first in range(0, len(texts), 16):
        batch = tokenizer(texts[first : first + 16], padding=True, truncation=True, max_length=128, return_tensors="pt")
        model(**batch).logits.argmax(1)
"""


def seconds_of(command, n_runs):
    return median_and_spread([measured(command)[0] for _ in range(n_runs)])


PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of(command):
    """MiB that a process had at most. A small process begins it: the peak of the one that forks is inherited."""
    out = subprocess.run([sys.executable, "-c", PEAK, *command], stdout=subprocess.PIPE, check=True, text=True).stdout
    return int(out) / 1024


def tokenizer_rates(args, model, texts, tokenizer):
    """MB of text a second, one thread: lexclf's tokenizer by `tokenize --profile`, that whole process, the tokenizers library."""
    n_bytes = sum(len(text.encode()) for text in texts)
    copies = max(1, 4_000_000 // max(1, n_bytes))
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        write_jsonl(file.name, ({"text": text} for text in texts * copies))
        command = [args.lexclf, "tokenize", "--model", model, file.name, "--max-length", str(args.max_length), "--profile"]
        found = []
        for _ in range(args.runs):
            start = time.perf_counter()
            said = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, text=True).stderr
            whole = time.perf_counter() - start
            found.append((float(re.search(r"^tokenize +([0-9.]+)", said, re.M)[1]), whole))
        alone, whole = (min(values) for values in zip(*found))
    fast = tokenizer.backend_tokenizer
    fast.enable_truncation(args.max_length)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    theirs = []
    for _ in range(args.runs):
        start = time.process_time()
        fast.encode_batch_fast(texts * copies)
        theirs.append(time.process_time() - start)
    return [n_bytes * copies / 1e6 / seconds for seconds in (alone, whole, min(theirs))]


def lines_of(args, model, texts, tokenizer):
    """Markdown rows: what, lexclf, transformers, ratio."""
    with tempfile.TemporaryDirectory() as folder:
        one, all_texts = os.path.join(folder, "one.jsonl"), os.path.join(folder, "all.jsonl")
        write_jsonl(one, [{"text": ONE_TEXT}])
        write_jsonl(all_texts, ({"text": text} for text in texts))
        ours = [args.lexclf, "predict", "--model", model, "--quiet", "--no-passthrough", "--device", "cpu"]
        theirs = [sys.executable, "-c", PYTHON_ANSWER, model]
        help_s = seconds_of([args.lexclf, "--help"], 10 * args.runs)[0]
        pairs = [("one text, from nothing, s", seconds_of(ours + [one], 3 * args.runs)[0],
                  seconds_of(theirs + [one, str(args.threads)], args.runs)[0])]
        pairs.append((f"{len(texts)} texts, memory at most, MiB", peak_of(ours + [all_texts]),
                      peak_of(theirs + [all_texts, str(args.threads)])))
    alone, whole, library = tokenizer_rates(args, model, texts, tokenizer)
    lines = [f"| {what} | {a:.3g} | {b:.3g} | {b / a:.1f} |" for what, a, b in pairs]
    lines.append(f"| tokenizer, MB/s of one core | {alone:.3g} | {library:.3g} | {alone / library:.1f} |")
    lines.append(f"| … with reading the file and writing the ids | {whole:.3g} | | |")
    lines.append(f"| `--help`, ms | {1000 * help_s:.2g} | | |")
    return ["| | lexclf | transformers | x |", "| --- | --- | --- | --- |", *lines]
