#!/usr/bin/env python3
"""Makes steps.txt and steps.bin beside it: what transformers' Adafactor (relative_step and scale_parameter off) and
torch.optim.SGD make of random weights and gradients, step for step, for tests/unit/test_optimizer.c. `python3 make.py`; the
files are those of tests/unit/fixture.h. Made with torch 2.11 and transformers 5.23.

A case NAME is NAME.settings (lr, weight_decay, momentum), NAME.start and, from step 1 on, NAME.gradient.I and NAME.weights.I,
of one shape; a vector has one row. Gradients are of very different sizes; every fifth row has none.
"""
import pathlib

import numpy
import torch
import transformers

HERE = pathlib.Path(__file__).parent
STEPS = 12
random = numpy.random.default_rng(13)


def adafactor(parameter, lr, weight_decay, momentum):
    return transformers.optimization.Adafactor([parameter], lr=lr, weight_decay=weight_decay, relative_step=False,
                                               scale_parameter=False)


def sgd(parameter, lr, weight_decay, momentum):
    return torch.optim.SGD([parameter], lr=lr, weight_decay=weight_decay, momentum=momentum)


CASES = dict(
    adafactor_matrix=(adafactor, (33, 20), 1e-2, 0.0, 0.0), adafactor_decay=(adafactor, (7, 5), 1e-2, 0.1, 0.0),
    adafactor_vector=(adafactor, (13,), 1e-2, 0.1, 0.0), adafactor_one_row=(adafactor, (1, 20), 1e-2, 0.0, 0.0),
    sgd_plain=(sgd, (7, 5), 1e-2, 0.0, 0.0), sgd_momentum=(sgd, (33, 20), 1e-2, 0.05, 0.9))


def arrays():
    for name, (make, shape, lr, weight_decay, momentum) in CASES.items():
        parameter = torch.nn.Parameter(torch.tensor(random.normal(size=shape).astype("<f4")))
        optimizer = make(parameter, lr, weight_decay, momentum)
        yield f"{name}.settings", numpy.array([lr, weight_decay, momentum])
        yield f"{name}.start", parameter.detach().numpy().copy()
        for step in range(1, STEPS + 1):
            gradient = random.normal(size=shape) * 10.0 ** random.integers(-4, 2, shape)
            if len(shape) == 2 and shape[0] > 1:
                gradient[::5] = 0
            parameter.grad = torch.tensor(gradient.astype("<f4"))
            yield f"{name}.gradient.{step}", parameter.grad.numpy().copy()
            optimizer.step()
            yield f"{name}.weights.{step}", parameter.detach().numpy().copy()


with open(HERE / "steps.txt", "w") as index, open(HERE / "steps.bin", "wb") as data:
    for key, value in arrays():
        value = numpy.atleast_2d(value).astype("<f4")
        index.write(" ".join([key, *map(str, value.shape)]) + "\n")
        data.write(value.tobytes())
