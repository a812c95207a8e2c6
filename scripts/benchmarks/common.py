"""What every measurement needs: rows of text, the machine's name, seconds of a process, runs taken in turn."""
import csv
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def cpu_name():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    known = ("avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    has = [flag for flag in known if flag in fields["flags"].split()]
    return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']}; {', '.join(has) or 'avx2'})"


def read_rows(path, rows):
    """The first `rows` records of a CSV or JSONL file as dictionaries with a 'text'."""
    csv.field_size_limit(1 << 30)
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        if ".jsonl" in path:
            return [json.loads(line) for line in file if line.strip()][:rows]
        return list(csv.DictReader(file))[:rows]


def write_jsonl(path, records):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def measured(command, **how):
    """Wall and CPU seconds of a process, and what it printed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, **how).stdout
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


quantized = {}


def model_for(args, model, dtype, texts):
    """The folder that lexclf answers with: of int8 one made by `lexclf quantize`, as peers' are made before the clock starts.

    Nothing is held back from rounding (--max-drop 1): the records that it is judged by bear the model's own answers.
    """
    if dtype != "int8":
        return model
    if model not in quantized:
        told(f"lexclf quantize {model}")
        folder = tempfile.TemporaryDirectory()
        seen, labelled, out = (os.path.join(folder.name, name) for name in ("texts.jsonl", "labelled.jsonl", "model"))
        write_jsonl(seen, ({"text": text} for text in texts[:64]))
        answers = measured([args.lexclf, "predict", "--model", model, seen, "--quiet", "--dtype", "fp32"])[2].splitlines()
        write_jsonl(labelled, ({key: answer[key] for key in ("text", "label", "labels") if key in answer}
                               for answer in map(json.loads, answers)))
        measured([args.lexclf, "quantize", "--model", model, "--data", labelled, "--out", out, "--max-drop", "1", "--quiet"])
        quantized[model] = folder
    return os.path.join(quantized[model].name, "model")


def told(text):
    if sys.stderr.isatty():
        print(f"\r{text[:100]:100}", end="", file=sys.stderr, flush=True)


def in_turn(peers, n_runs):
    """Every peer's runs, one of each peer after the other so that a slow minute of the machine meets them all."""
    runs = {peer.name: [] for peer in peers}
    for number in range(n_runs):
        for peer in peers:
            told(f"run {number + 1} of {n_runs}: {peer.name}")
            runs[peer.name].append(peer.run())
    told("")
    return runs


def median_and_spread(values):
    """The median, and half the distance from the least to the largest in percent of it."""
    middle = statistics.median(values)
    return middle, 50 * (max(values) - min(values)) / middle if middle else 0
