#!/usr/bin/env python3
"""Makes the fixture of long documents with the reference implementation: `python3 make.py` beside this file.

The tiny BERT of ../encoder (its weights are read from there, so that both fixtures stay one model), documents of up to
ten windows, and what torch and transformers compute for each pooling over the windows when all windows of a document
are computed at once: logits, the loss, and the gradients of some parameters. The windows are made here anew, from their
description alone.

Arrays are little-endian float32, laid out as in ../encoder/make.py.
"""
import json
import pathlib

import numpy
import torch
import transformers

HERE = pathlib.Path(__file__).parent
ENCODER = HERE.parent / "encoder"
MAX_LENGTH, STRIDE, BEFORE, AFTER = 20, 13, 2, 3
LENGTHS = [5, 70, 0, 18, 19, 131, 31, 32]
GRADIENTS = ["bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight",
             "bert.pooler.dense.weight", "classifier.weight", "classifier.bias"]


def read_encoder():
    data = numpy.fromfile(ENCODER / "forward.bin", dtype="<f4")
    at, weights = 0, {}
    for line in (ENCODER / "forward.txt").read_text().splitlines():
        name, *shape = line.split()
        shape = [int(n) for n in shape]
        count = int(numpy.prod(shape))
        if name.startswith("weight."):
            weights[name.removeprefix("weight.")] = torch.tensor(data[at:at + count].reshape(shape))
        at += count
    config = transformers.BertConfig(**json.loads((ENCODER / "config.json").read_text()), num_labels=5)
    config._attn_implementation = "eager"
    model = transformers.BertForSequenceClassification(config).eval()
    model.load_state_dict(weights)
    return model


def windows(ids):
    room = MAX_LENGTH - 2
    starts = [0] if len(ids) <= room else [*range(0, len(ids) - room, STRIDE), len(ids) - room]
    return [[BEFORE, *ids[start:start + room], AFTER] for start in starts]


def pooled_vectors(model, ids, pooling):
    rows = [model.bert(torch.tensor([window])) for window in windows(ids)]
    if pooling == "cls":
        return torch.cat([row.pooler_output for row in rows])
    return torch.cat([row.last_hidden_state.mean(1) for row in rows])


def logits_of(model, attention, ids, pooling, over):
    vectors = pooled_vectors(model, ids, pooling)
    if over == "mean":
        return model.classifier(vectors.mean(0))
    if over == "attention":
        return model.classifier(torch.softmax(vectors @ attention, 0) @ vectors)
    return model.classifier(vectors).max(0).values


def main():
    random = numpy.random.default_rng(23)
    model = read_encoder()
    attention = torch.nn.Parameter(torch.tensor(random.normal(0, 0.5, 40), dtype=torch.float32))
    documents = [[int(i) for i in random.integers(1, 131, length)] for length in LENGTHS]
    labels = torch.tensor(random.integers(0, 5, len(LENGTHS)))
    arrays = [("lengths", LENGTHS), ("ids", [i for ids in documents for i in ids]), ("labels", labels),
              ("n_windows", [len(windows(ids)) for ids in documents]), ("attention", attention)]
    for pooling in ("cls", "mean"):
        for over in ("mean", "max", "attention"):
            name = f"{pooling}.{over}"
            logits = torch.stack([logits_of(model, attention, ids, pooling, over) for ids in documents])
            loss = torch.nn.functional.cross_entropy(logits, labels)
            arrays += [(f"{name}.logits", logits), (f"{name}.loss", loss)]
            if pooling == "mean":
                continue
            model.zero_grad()
            attention.grad = None
            loss.backward()
            arrays += [(f"{name}.{key}", dict(model.named_parameters())[key].grad.clone()) for key in GRADIENTS]
            if over == "attention":
                arrays.append((f"{name}.lexclf.window_attention.weight", attention.grad.clone()))
    with open(HERE / "windows.txt", "w") as index, open(HERE / "windows.bin", "wb") as data:
        for key, value in arrays:
            value = numpy.asarray(value.detach() if torch.is_tensor(value) else value, dtype="<f4")
            index.write(" ".join([key, *map(str, value.shape or (1,))]) + "\n")
            data.write(value.tobytes())


main()
