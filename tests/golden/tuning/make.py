#!/usr/bin/env python3
"""Writes cases.txt: random logits, the temperature that scipy finds for them, and thresholds by brute force, for
tests/unit/test_tuning.c.

    python3 make.py > cases.txt

Words separated by blanks. A case:
    case TASK K n
    z... n_truth truth...      n times: K logits, the true labels
    temperature T loss_before loss_after      nan nan nan where the minimum is not inside [0.1, 10]
    thresholds RULE global, then (low high) of each output: the tuned threshold lies strictly between these scores of
        the probabilities sigmoid(z), and support          multi and binary, 3 times

Temperature: scipy's bounded scalar minimisation of the negative log-likelihood as Guo et al. (2017) write it.
Thresholds: every cut between distinct scores is tried and judged on the records themselves; the one for all is the best
of the grid that tuning.h's implementation states, by the mean over labels, weighted as tuning.h says; shrinking as in tuning.h.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, logit
from sklearn.metrics import f1_score, precision_score, recall_score

rng = np.random.default_rng(8)
PRIOR = 5  # LEX_THRESHOLD_PRIOR
GRID = np.round(1e4 / (1 + np.exp(0.1 * (np.arange(121) - 60)))) / 1e4


def number(x):
    return repr(float(x))


def nll(task, z, y, t):
    if task == "single":
        return -log_softmax(z / t, axis=1)[np.arange(len(z)), y].mean()
    return (np.logaddexp(0, z / t) - y * z / t).mean()


def temperature(task, z, y):
    found = minimize_scalar(lambda b: nll(task, z, y, 1 / b), bounds=(0.1, 10), method="bounded",
                            options=dict(xatol=1e-13, maxiter=1000))
    inside = 0.1 < found.x - 1e-4 and found.x + 1e-4 < 10
    return (1 / found.x, nll(task, z, y, 1), found.fun) if inside else (float("nan"),) * 3


def worth(rule, y, given):
    goal, _, at = rule.partition("@")
    if goal == "f1":
        return f1_score(y, given, zero_division=0)
    precision, recall = precision_score(y, given, zero_division=1), recall_score(y, given)
    if goal == "precision":
        return 1 + precision if recall >= float(at) else recall
    if not (y & given).any():
        return 0
    return 1 + recall if precision >= float(at) else precision


def clip_logit(p):
    return logit(np.clip(p, 1e-6, 1 - 1e-6))


def own_cut(rule, y, p, preferred):
    edges = np.concatenate([[1.0], np.unique(p)[::-1], [0.0]])
    cuts = (edges[:-1] + edges[1:]) / 2
    worths = np.array([worth(rule, y, p >= cut) for cut in cuts])
    near = np.abs(clip_logit(cuts) - clip_logit(preferred))
    best = np.flatnonzero(worths >= worths.max() - 1e-12)
    return cuts[best[near[best].argmin()]]


def for_all(rule, y, p):
    held = np.flatnonzero(y.any(axis=0))
    if len(held) == 0:
        return 0.5
    trust = [y[:, k].sum() / (y[:, k].sum() + PRIOR) for k in held]
    mean = np.array([np.dot(trust, [worth(rule, y[:, k], p[:, k] >= t) for k in held]) for t in GRID])
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return GRID[best[np.abs(best - 60).argmin()]]


def emit_thresholds(task, rule, y, p):
    overall = 0.5 if task == "binary" else for_all(rule, y, p)
    line = [number(overall)]
    for k in range(p.shape[1]):
        support = int(y[:, k].sum())
        own = own_cut(rule, y[:, k], p[:, k], overall) if support else overall
        w = support / (support + PRIOR)
        t = expit(w * clip_logit(own) + (1 - w) * clip_logit(overall))
        below, above = p[:, k][p[:, k] < t], p[:, k][p[:, k] >= t]
        line += [number(below.max() if len(below) else 0), number(above.min() if len(above) else 1), str(support)]
    print("thresholds", rule, *line)


def case(task, k, n, spread, rate):
    z = (spread * rng.normal(size=(n, k))).astype(np.float32)
    if rng.random() < 0.5:
        z = np.round(z * 4).astype(np.float32) / 4  # ties
    z64 = z.astype(np.float64)
    true_t = rng.choice([0.3, 1.0, 2.5])
    if task == "single":
        p = np.exp(log_softmax(z64 / true_t, axis=1))
        y = np.array([rng.choice(k, p=row / row.sum()) for row in p])
        truth = [[t] for t in y]
    else:
        y = (rng.random((n, k)) < expit(z64 / true_t - rate)).astype(int)
        y[:, rng.random(k) < 0.1] = 0  # labels without records
        truth = [np.flatnonzero(row).tolist() for row in y] if task == "multi" else [[1 - row[0]] for row in y]
    if (len(y) if task == "single" else y.sum()) < 10:
        return False
    print("case", task, k, n)
    for row, labels in zip(z, truth):
        print(*["%.9g" % x for x in row], len(labels), *labels)
    print("temperature", *[number(x) for x in temperature(task, z64, y)])
    if task != "single":
        p = expit(z64).astype(np.float32).astype(np.float64)
        for rule in ("f1", "precision@%g" % rng.choice([0.5, 0.8, 1]), "recall@%g" % rng.choice([0.3, 0.6, 0.9])):
            emit_thresholds(task, rule, y.astype(bool), p)
    return True


def main():
    for _ in range(12):
        case("single", int(rng.integers(2, 8)), int(rng.integers(50, 120)), rng.choice([1, 4]), 0)
        case("multi", int(rng.integers(2, 12)), int(rng.integers(50, 120)), rng.choice([1, 3]), rng.choice([0, 2, 4]))
        case("binary", 1, int(rng.integers(50, 120)), rng.choice([1, 3]), rng.choice([0, 1]))


main()
