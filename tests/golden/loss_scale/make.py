#!/usr/bin/env python3
"""Makes scales.txt beside it: what torch.amp.GradScaler makes of steps whose gradients are finite or not, for
tests/unit/test_loss_scale.c. `python3 make.py`. Made with torch 2.11.

A run begins with a line "run"; then "N FOUND SCALE GOOD": for N steps in a row gradients were infinite (1) or not (0), and
after each of them the scale was SCALE; after the last one the scaler had counted GOOD steps since the scale changed.
Parameters moved in those steps alone whose gradients were finite, which is checked here.
"""
import math
import pathlib
import random

import torch

random.seed(7)


def flags():
    """Runs around the interval of 2,000; then chance; then nothing but overflows, and nothing but good steps."""
    yield [0] * 2000 + [1] + [0] * 1999 + [1] + [0] * 2001 + [1, 1, 1] + [0] * 4001 + [1] * 5
    yield [int(random.random() < 0.003) for _ in range(20000)]
    yield [1] * 100 + [0] * 2500
    yield [0] * 9000


def main():
    lines = []
    for found in flags():
        parameter = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([parameter], lr=1)
        scaler = torch.amp.GradScaler("cpu")
        scaler.scale(torch.zeros(1))  # which makes the tensors of its state
        lines.append("run")
        count, key = 0, None
        for flag in found:
            before = parameter.item()
            parameter.grad = torch.full((1,), math.inf if flag else scaler.get_scale() / 65536)
            scaler.step(optimizer)
            scaler.update()
            assert (parameter.item() == before) == bool(flag)
            if key != (flag, scaler.get_scale()):
                if count:
                    lines.append(f"{count} {key[0]} {key[1]!r} {good}")
                count, key = 0, (flag, scaler.get_scale())
            count, good = count + 1, scaler._get_growth_tracker()
        lines.append(f"{count} {key[0]} {key[1]!r} {good}")
    pathlib.Path(__file__).with_name("scales.txt").write_text("\n".join(lines) + "\n")


main()
