#!/usr/bin/env python3
"""Makes loss.txt and loss.bin beside it: what torch.nn.BCEWithLogitsLoss with pos_weight says of random logits, and its
gradient, for tests/unit/test_loss.c. `python3 make.py`; the files are those of tests/unit/fixture.h.

A case I is I.logits (R, K), I.targets (R, K), I.pos_weights (K), I.loss (the mean over all), I.dlogits (R, K).
"""
import pathlib

import numpy
import torch

HERE = pathlib.Path(__file__).parent
random = numpy.random.default_rng(5)
CASES = [(1, 1, 1.0), (4, 1, 3.0), (6, 5, 1.0), (16, 37, 4.0), (3, 8, 40.0)]


def arrays():
    for case, (rows, outputs, spread) in enumerate(CASES):
        logits = torch.tensor(spread * random.normal(size=(rows, outputs)).astype("<f4"), requires_grad=True)
        targets = torch.tensor((random.random((rows, outputs)) < 0.3).astype("<f4"))
        weights = torch.tensor(numpy.exp(random.uniform(-2, 4, outputs)).astype("<f4"))
        loss = torch.nn.BCEWithLogitsLoss(pos_weight=weights.double())(logits.double(), targets.double())
        loss.backward()
        for name, value in dict(logits=logits, targets=targets, pos_weights=weights, loss=loss.reshape(1),
                                dlogits=logits.grad).items():
            yield f"{case}.{name}", value.detach().numpy().astype("<f4")


with open(HERE / "loss.txt", "w") as index, open(HERE / "loss.bin", "wb") as data:
    for name, value in arrays():
        index.write(" ".join([name, *map(str, value.shape)]) + "\n")
        data.write(value.tobytes())
