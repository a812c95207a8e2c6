#!/usr/bin/env python3
"""Writes corpus/weights: files of the encoder of fuzz_weights.c, whole and with one thing wrong each."""
import json
import os
import struct

WIDTH, INNER, K = 4, 6, 2
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "weights")


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


def some(n):
    return [((7 * i) % 11 - 5) / 8 for i in range(n)]


def tensors(int8):
    out = {}

    def number(name, shape, values=None):
        n = 1
        for size in shape:
            n *= size
        out[name] = ("F32", shape, floats(*(values or some(n))))

    def table(name, rows):
        if int8:
            out[name + ".int8"] = ("I8", [rows, WIDTH], bytes(i * 37 % 256 for i in range(rows * WIDTH)))
            number(name + ".int8_scale", [rows], [0.01] * rows)
        else:
            number(name, [rows, WIDTH])

    def linear(prefix, n_in, n_out, plain=False):
        if int8 and not plain:
            shape = [(n_out + 31) // 32, (n_in + 3) // 4, 32, 4]
            n = shape[0] * shape[1] * 128
            out[prefix + ".weight.int8"] = ("I8", shape, bytes(i * 41 % 256 if i % 128 < 4 * n_out else 0 for i in range(n)))
            number(prefix + ".weight.int8_scale", [n_out], [0.01] * n_out)
        else:
            number(prefix + ".weight", [n_out, n_in])
        number(prefix + ".bias", [n_out])

    def norm(prefix):
        number(prefix + ".weight", [WIDTH], [1.0] * WIDTH)
        number(prefix + ".bias", [WIDTH], [0.0] * WIDTH)

    table("bert.embeddings.word_embeddings.weight", 5)
    table("bert.embeddings.position_embeddings.weight", 5)
    number("bert.embeddings.token_type_embeddings.weight", [1, WIDTH])
    norm("bert.embeddings.LayerNorm")
    layer = "bert.encoder.layer.0."
    for name in ("query", "key", "value"):
        linear(layer + "attention.self." + name, WIDTH, WIDTH)
    linear(layer + "attention.output.dense", WIDTH, WIDTH)
    norm(layer + "attention.output.LayerNorm")
    linear(layer + "intermediate.dense", WIDTH, INNER)
    linear(layer + "output.dense", INNER, WIDTH)
    norm(layer + "output.LayerNorm")
    linear("bert.pooler.dense", WIDTH, WIDTH)
    linear("classifier", WIDTH, K, plain=True)
    return out


def write(name, kind, of):
    header, data = {}, b""
    for key, (dtype, shape, content) in of.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(OUT, name), "wb") as file:
        file.write(kind + struct.pack("<Q", len(text)) + text + data)


os.makedirs(OUT, exist_ok=True)
KEY = "bert.encoder.layer.0.attention.self.key.weight"
WORDS = "bert.embeddings.word_embeddings.weight"
write("floats", b"\0", tensors(False))
write("int8", b"\1", tensors(True))
write("int8-unasked", b"\0", tensors(True))
write("floats-in-int8", b"\1", tensors(False))
for name, key, change in [
    ("scale-nan", KEY + ".int8_scale", ("F32", [4], floats(1, float("nan"), 1, 1))),
    ("scale-negative", KEY + ".int8_scale", ("F32", [4], floats(1, 1, -1, 1))),
    ("scales-few", KEY + ".int8_scale", ("F32", [3], floats(1, 1, 1))),
    ("scales-halves", WORDS + ".int8_scale", ("BF16", [5], bytes(10))),
    ("panels-flat", KEY + ".int8", ("I8", [4, 4], bytes(16))),
    ("panels-wide", KEY + ".int8", ("I8", [1, 2, 32, 4], bytes(256))),
    ("unsigned", KEY + ".int8", ("U8", [1, 1, 32, 4], bytes(128))),
    ("rows-few", WORDS + ".int8", ("I8", [4, 4], bytes(16))),
    ("minus-128", KEY + ".int8", ("I8", [1, 1, 32, 4], b"\x80" * 128)),
    ("classifier", "classifier.weight.int8", ("I8", [1, 1, 32, 4], bytes(128))),
]:
    of = tensors(True)
    if key == "classifier.weight.int8":
        del of["classifier.weight"]
    of[key] = change
    write(name, b"\1", of)
of = tensors(True)
del of[KEY + ".int8"], of[KEY + ".int8_scale"]
of[KEY] = ("F32", [4, 4], floats(*some(16)))
write("mixed-qkv", b"\1", of)
of = tensors(True)
del of[WORDS + ".int8_scale"]
write("scales-none", b"\1", of)

# Each of the other families, as floats: the tensors of tests/golden/families under these sizes.
SIZES = {47: 5, 20: WIDTH, 28: INNER, 12: 2, 160: 5, 3: K, 40: 2 * WIDTH, 56: 2 * INNER, 60: 3 * WIDTH}
GOLDEN = os.path.join(os.path.dirname(OUT), "..", "..", "golden", "families")
for number, family in enumerate(["roberta", "distilbert", "electra", "mpnet", "albert", "modernbert", "deberta-v2-one"], 1):
    of = {}
    for line in open(os.path.join(GOLDEN, family + ".txt")):
        name, *shape = line.split()
        if not name.startswith("weight.") or ".layer.1." in name or "groups.1." in name or ".layers.1." in name or ".layers.2." in name or ".layers.3." in name:
            continue
        shape = [SIZES.get(int(size), int(size)) for size in shape]
        if "token_type" in name:
            shape[0] = 1
        if "rel_embeddings" in name:
            shape[0] = 4
        n = 1
        for size in shape:
            n *= size
        of[name[len("weight."):]] = ("F32", shape, floats(*some(n)))
    write(family.removesuffix("-one"), bytes([2 * number]), of)
