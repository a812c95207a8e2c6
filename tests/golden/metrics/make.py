#!/usr/bin/env python3
"""Writes cases.txt: random answers and what scikit-learn 1.9 says of them, for tests/unit/test_metrics.c.

    python3 make.py > cases.txt

Words separated by blanks. A case:
    case TASK K n n_labels          TASK: single, multi, binary; n_labels counts unknown labels too
    thresholds t...                 one an output; only where they are not 0.5
    p... n_truth truth...           n times: K probabilities, the true labels
    metrics accuracy loss ece aupr_macro, then precision recall f1 of micro, macro, weighted
    label precision recall f1 support aupr      n_labels times
    confusion c...                  n_labels * n_labels; not for multi

Everything but the calibration error is scikit-learn's. A label that the model does not know is never predicted and
scores 0 everywhere. The calibration error is Guo et al. (2017), section 2, with 15 bins: see ece().
"""

import warnings

import numpy as np
from sklearn import metrics as skm

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20)
BINS = 15


def ece(confidence, right):
    """sum over bins of |B| / n * |accuracy(B) - confidence(B)|, B_b = ((b - 1) / 15, b / 15]; 0 goes to the first."""
    if len(confidence) == 0:
        return float("nan")
    which = np.clip(np.ceil(confidence * BINS) - 1, 0, BINS - 1)
    total = 0.0
    for b in range(BINS):
        here = which == b
        if here.any():
            total += here.mean() * abs(right[here].mean() - confidence[here].mean())
    return total


def clipped(p):
    e = float(np.finfo(np.float32).eps)
    return np.clip(p, e, 1 - e)


def round_like_a_model(p):
    """Float32, often with few distinct values so that scores tie, sometimes exactly 0 or 1."""
    steps = rng.choice([0, 3, 5, 10, 100])
    if steps:
        p = np.round(p * steps) / steps
    return p.astype(np.float32)


def number(x):
    return repr(float(x))


def prf(y, predicted, labels, average):
    return skm.precision_recall_fscore_support(y, predicted, labels=labels, average=average, zero_division=0)


def average_precision(has, score):
    return skm.average_precision_score(has, score) if has.any() else 0.0


def emit(task, k, n_labels, thresholds, p, truth, accuracy, loss, calibration, y, predicted, scores, confusion):
    labels = list(range(n_labels))
    has = y if y.ndim == 2 else np.stack([y == label for label in labels], axis=1)
    aupr = [average_precision(has[:, i].astype(int), scores[:, i]) for i in labels]
    per = prf(y, predicted, labels, None)
    support = has.sum(axis=0)
    print("case", task, k, len(p), n_labels)
    if thresholds is not None:
        print("thresholds", *[number(t) for t in thresholds])
    for row, true in zip(p, truth):
        print(*["%.9g" % x for x in row], len(true), *true)
    held = [a for a, s in zip(aupr, support) if s]
    if task == "multi":
        micro = prf(y, predicted, labels, "micro")[:3]
    else:
        micro = [accuracy] * 3  # all labels are counted
        assert np.allclose(prf(y, predicted, labels, "micro")[:3], micro)
    line = [accuracy, loss, calibration, np.mean(held) if held else 0.0, *micro]
    line += [*prf(y, predicted, labels, "macro")[:3], *prf(y, predicted, labels, "weighted")[:3]]
    print("metrics", *[number(x) for x in line])
    for i in labels:
        print("label", *[number(per[j][i]) for j in range(3)], int(support[i]), number(aupr[i]))
    if confusion:
        print("confusion", *skm.confusion_matrix(y, predicted, labels=labels).ravel())


def single(k, n, unknown):
    logits = rng.normal(size=(n, k)) * rng.choice([0.5, 2, 8, 30])
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = round_like_a_model(p / p.sum(axis=1, keepdims=True))
    absent = rng.random() < 0.4  # some known labels never occur
    n_seen = max(1, int(rng.integers(1, k + 1))) if absent else k
    y = np.where(rng.random(n) < 0.6, p.argmax(axis=1) % n_seen, rng.integers(0, n_seen, n))
    if unknown:
        y[: unknown] = k + np.arange(unknown)
        y[unknown:] = np.where(rng.random(n - unknown) < 0.1, k, y[unknown:])
        y = rng.permutation(y)
    predicted = p.argmax(axis=1)
    known = y < k
    p64 = p.astype(np.float64)
    losses = -np.log(clipped(p64[known, y[known]]))
    if known.any() and k > 1:
        whole = np.full((known.sum(), k), 0.5)  # scikit-learn's loss looks at the true label's column alone
        whole[np.arange(known.sum()), y[known]] = clipped(p64[known, y[known]])
        assert np.isclose(losses.mean(), skm.log_loss(y[known], whole, labels=list(range(k))), atol=1e-12)
    scores = np.concatenate([p64, np.zeros((n, unknown))], axis=1)
    emit("single", k, k + unknown, None, p, [[t] for t in y], skm.accuracy_score(y, predicted),
         losses.mean() if len(losses) else float("nan"), ece(p64.max(axis=1), predicted == y), y, predicted, scores,
         True)


def binary(n, unknown):
    p = round_like_a_model(rng.random((n, 1)))
    threshold = rng.choice([None, 0.3, 0.75, 0.0, 1.0])
    p64 = p[:, 0].astype(np.float64)
    predicted = np.where(p64 >= (0.5 if threshold is None else threshold), 0, 1)
    kind = rng.choice(["mixed", "all positive", "all negative"], p=[0.8, 0.1, 0.1])
    y = np.where(rng.random(n) < p64, 0, 1)
    if kind != "mixed":
        y[:] = 0 if kind == "all positive" else 1
    if unknown:
        y[:unknown] = 2 + np.arange(unknown)
        y = rng.permutation(y)
    known = y < 2
    of_truth = np.where(y == 0, p64, 1 - p64)[known]
    losses = -np.log(clipped(of_truth))
    confidence = np.where(predicted == 0, p64, 1 - p64)
    scores = np.concatenate([p64[:, None], -p64[:, None], np.zeros((n, unknown))], axis=1)
    emit("binary", 1, 2 + unknown, None if threshold is None else [threshold], p, [[t] for t in y],
         skm.accuracy_score(y, predicted), losses.mean() if len(losses) else float("nan"),
         ece(confidence, predicted == y), y, predicted, scores, True)


def multi(k, n, unknown):
    p = round_like_a_model(rng.random((n, k)) ** rng.choice([0.5, 1, 3]))
    p64 = p.astype(np.float64)
    thresholds = rng.choice([0.2, 0.5, 0.6, 0.9], k) if rng.random() < 0.5 else None
    given = (p64 >= (0.5 if thresholds is None else thresholds)).astype(int)
    y = (rng.random((n, k)) < p64 * rng.choice([0, 1, 1, 1], k)).astype(int)
    losses = -np.log(clipped(np.where(y, p64, 1 - p64)))
    calibration = ece(np.where(given, p64, 1 - p64).ravel(), (given == y).ravel())
    extra = (rng.random((n, unknown)) < 0.2).astype(int)
    if unknown:
        extra[0] = 1
    y = np.concatenate([y, extra], axis=1)
    predicted = np.concatenate([given, np.zeros_like(extra)], axis=1)
    scores = np.concatenate([p64, np.zeros((n, unknown))], axis=1)
    per_output = [skm.log_loss(y[:, i], clipped(p64[:, i]), labels=[0, 1]) for i in range(k)]
    assert np.isclose(losses.mean(), np.mean(per_output), atol=1e-12)
    emit("multi", k, k + unknown, thresholds, p, [np.flatnonzero(row).tolist() for row in y],
         skm.accuracy_score(y, predicted), losses.mean(), calibration, y, predicted, scores, False)


def main():
    for i in range(100):
        n = int(rng.integers(1, 40))
        unknown = int(rng.integers(1, min(n, 3) + 1)) if i % 3 == 0 else 0
        single(int(rng.integers(1, 7)), n, unknown)
        n = int(rng.integers(1, 40))
        unknown = int(rng.integers(1, min(n, 3) + 1)) if i % 4 == 0 else 0
        binary(n, unknown)
        multi(int(rng.integers(2, 7)), int(rng.integers(1, 30)), int(rng.integers(0, 3)) if i % 3 == 0 else 0)


main()
