#!/usr/bin/env python3
"""Writes fusion.txt: random logits and margins, and the weight that tuning.h's rule gives them, for
tests/unit/test_tuning.c.

    python3 make_fusion.py > fusion.txt

Words separated by blanks. A case:
    case TASK K n
    z... m... n_truth truth...     n times: K logits, K margins, the true labels
    weight W, weight of the least loss

Temperatures by scipy, F1 by scikit-learn at thresholds of 0.5, the rule written anew from its description.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax
from sklearn.metrics import f1_score

rng = np.random.default_rng(21)
WEIGHTS = [.125, .177, .25, .354, .5, .707, 1, 1.41, 2, 2.83, 4, 5.66, 8, 11.3, 16, 22.6, 32]
PRIOR = 200


def losses(task, z, y):
    if task == "single":
        return -log_softmax(z, axis=1)[np.arange(len(z)), y]
    return (np.logaddexp(0, z) - y * z).mean(axis=1)


def fit(task, z, m, y):
    loss, f1 = [], []
    for w in WEIGHTS:
        fused = z + w * m
        best = minimize_scalar(lambda b: losses(task, fused * b, y).mean(), bounds=(.1, 10), method="bounded",
                               options=dict(xatol=1e-13)).x
        inside = .1 + 1e-4 < best < 10 - 1e-4
        loss.append(losses(task, fused * (best if inside else 1), y))
        if task == "single":
            f1.append(f1_score(y, fused.argmax(1), average="macro", labels=range(z.shape[1]), zero_division=0))
        elif task == "multi":
            f1.append(f1_score(y, expit(fused * best) >= .5, average="macro", zero_division=0))
        else:
            f1.append(f1_score(y[:, 0], expit(fused * best)[:, 0] >= .5, average="macro", zero_division=0))
    least = int(np.argmin([a.mean() for a in loss]))
    smooth = []
    for i in range(len(WEIGHTS)):
        near = [(3 - abs(j - i), f1[j]) for j in range(i - 2, i + 3) if 0 <= j < len(WEIGHTS)]
        smooth.append(sum(s * f for s, f in near) / sum(s for s, _ in near))
    best = least
    for i in sorted(range(len(WEIGHTS)), key=lambda i: (abs(i - least), i)):
        d = loss[i] - loss[least]
        if d.mean() <= d.std() / np.sqrt(len(d)) and smooth[i] > smooth[best] + 1e-12:
            best = i
    step = (best - least) * len(y) / (len(y) + PRIOR)
    moved = int(np.sign(step) * np.floor(abs(step) + .5))
    return WEIGHTS[least + moved], WEIGHTS[least]


def case(task, k, n, good_z, good_m):
    if task == "single":
        y = rng.integers(0, k, n)
        one = np.eye(k)[y]
    else:
        one = y = (rng.random((n, k)) < .3).astype(int)
    z = (rng.normal(size=(n, k)) * 2 + good_z * (one - .5)).round(3)
    m = (rng.normal(size=(n, k)) * .5 + good_m * (one - .5)).round(3)
    print("case", task, k, n)
    for i in range(n):
        if task == "binary":
            truth = [0 if y[i, 0] else 1]
        else:
            truth = [y[i]] if task == "single" else list(np.flatnonzero(y[i]))
        print(*z[i], *m[i], len(truth), *truth)
    print("weight", *fit(task, z, m, y))


for n in (60, 100, 128):
    for good_z, good_m in ((3, .5), (2, 1), (1, 1.2), (4, .1)):
        case("single", 6, n, good_z, good_m)
        case("multi", 5, n, good_z, good_m)
        case("binary", 1, n, good_z, good_m)
