#!/usr/bin/env python3
"""Writes cases.txt: random answers and what scikit-learn 1.9 says of them, for tests/unit/test_metrics.c.

    python3 make.py > cases.txt

Words separated by blanks. A case (nan: undefined):
    case TASK K n n_labels          TASK: single, multi, binary; n_labels counts unknown labels too
    thresholds t...                 one an output; only where they are not 0.5
    p... n_truth truth...           n times: K probabilities, the true labels
    metrics accuracy loss ece aupr_macro, then precision recall f1 of micro, macro, weighted
    ranking aupr_micro roc_auc_macro, precision at recall 80 % and 90 % macro, the same micro
    label precision recall f1 support aupr roc_auc, precision at recall 80 % and 90 %      n_labels times
    confusion c...                  n_labels * n_labels; not for multi
    curve n, then threshold precision recall of label 0 from the highest score on; n is 0 without support
    bootstrap resamples seed, intervals of accuracy and of macro F1
    compare, then a second model's n * K probabilities, only_a only_b accuracy_difference p_exact p_mid
        macro_f1_difference, its interval, p_macro_f1

What has a function in scikit-learn comes from there; McNemar's test is scipy's binomial one. A label that the model
does not know is never predicted and scores 0 everywhere. The rest follows the papers that metrics.h cites: the
calibration error with 15 bins in ece(), precision at recall in precision_at(), resamples in philox_draws() and
macro_f1().
"""

import warnings

import numpy as np
from scipy import stats as sps
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


def philox_words(blocks, stream, key):
    """Philox4x32-10 (Salmon et al. 2011): four words for each counter (block, 0, stream)."""
    c = [blocks.astype(np.uint64), np.zeros(len(blocks), np.uint64), np.full(len(blocks), stream & 0xFFFFFFFF, np.uint64),
         np.full(len(blocks), stream >> 32, np.uint64)]
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> half) ^ c[1] ^ np.uint64(k0), p1 & low, (p0 >> half) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def philox_draws(n, seed, resample):
    """n records with replacement: 64-bit numbers modulo n; a block gives words 3, 2 and then 1, 0."""
    words = philox_words(np.arange((n + 1) // 2), (0x626F6F74 << 32) + resample, seed)
    pairs = np.stack([words[3] << np.uint64(32) | words[2], words[1] << np.uint64(32) | words[0]], axis=1).ravel()[:n]
    assert (pairs >= np.uint64((1 << 64) % n)).all()  # else one would be drawn again
    return (pairs % np.uint64(n)).astype(np.int64)


def macro_f1(has, given, whole):
    """Mean F1 over labels; one that is in the whole and in neither side of this draw is left out."""
    right, total = (has & given).sum(axis=0), has.sum(axis=0) + given.sum(axis=0)
    kept = ~((total == 0) & whole)
    return np.where(total > 0, 2 * right / np.maximum(total, 1), 0)[kept].sum() / kept.sum() if kept.any() else 0.0


def in_either(has, given):
    return has.sum(axis=0) + given.sum(axis=0) > 0


def bootstrap(has, given, exact, resamples, seed):
    draws = [philox_draws(len(has), seed, r) for r in range(resamples)]
    whole = in_either(has, given)
    ends = [np.quantile(values, [0.025, 0.975]) for values in
            ([exact[d].mean() for d in draws], [macro_f1(has[d], given[d], whole) for d in draws])]
    return np.concatenate(ends)


def compare(has, given_a, given_b, exact_a, exact_b, resamples, seed):
    only_a, only_b = int((exact_a & ~exact_b).sum()), int((exact_b & ~exact_a).sum())
    n, few = only_a + only_b, min(only_a, only_b)
    p_exact = sps.binomtest(few, n).pvalue if n else 1.0
    p_mid = min(1.0, 2 * sps.binom.cdf(few, n, 0.5) - sps.binom.pmf(few, n, 0.5))
    whole_a, whole_b = in_either(has, given_a), in_either(has, given_b)
    draws = [philox_draws(len(has), seed, r) for r in range(resamples)]
    d = np.array([macro_f1(has[i], given_b[i], whole_b) - macro_f1(has[i], given_a[i], whole_a) for i in draws])
    p = min(1.0, 2 * (min((d >= 0).sum(), (d <= 0).sum()) + 1) / (resamples + 1))
    return [only_a, only_b, exact_b.mean() - exact_a.mean(), p_exact, p_mid,
            macro_f1(has, given_b, whole_b) - macro_f1(has, given_a, whole_a), *np.quantile(d, [0.025, 0.975]), p]


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


def roc_auc(has, score):
    return skm.roc_auc_score(has, score) if 0 < has.sum() < len(has) else float("nan")


def precision_at(recall, has, score):
    """The largest precision over all thresholds whose recall is at least `recall`."""
    if not has.any():
        return float("nan")
    given = score[None, :] >= np.unique(score)[:, None]  # (threshold, record)
    hits = (given & (has > 0)).sum(axis=1)
    return (hits / given.sum(axis=1))[hits / has.sum() >= recall].max()


def nan_mean(values):
    values = np.array(values)
    return values[~np.isnan(values)].mean() if (~np.isnan(values)).any() else float("nan")


def emit_ranking(task, has, scores, per_label):
    """BINARY: the pairs of a record and a label are those of the positive label."""
    pairs = (has[:, :1], scores[:, :1]) if task == "binary" else (has, scores)
    pool = [np.asarray(x).ravel() for x in pairs]
    if task == "binary" and has.shape[1] > 2:  # labels that the model does not know score 0
        pool = [np.concatenate([a, b[:, 2:].ravel()]) for a, b in zip(pool, (has, scores))]
    pool[0] = pool[0].astype(int)
    line = [average_precision(*pool), nan_mean([x[0] for x in per_label])]
    line += [nan_mean([x[i] for x in per_label]) for i in (1, 2)]
    line += [precision_at(r, *pool) for r in (0.8, 0.9)]
    print("ranking", *[number(x) for x in line])


def emit_curve(has, score):
    if not has.any():
        print("curve", 0)
        return
    precision, recall, thresholds = skm.precision_recall_curve(has, score)
    points = np.stack([thresholds, precision[:-1], recall[:-1]], axis=1)[::-1]
    print("curve", len(points), *[number(x) for x in points.ravel()])


def given_labels(task, thresholds, p, n_labels):
    """What a model with these probabilities gives, as 0 and 1 (n, n_labels)."""
    p64, out = p.astype(np.float64), np.zeros((len(p), n_labels), bool)
    limit = 0.5 if thresholds is None else np.array(thresholds)
    if task == "multi":
        out[:, : p.shape[1]] = p64 >= limit
    else:
        best = p64.argmax(axis=1) if task == "single" else np.where(p64[:, 0] >= limit, 0, 1).ravel()
        out[np.arange(len(p)), best] = True
    return out


def emit_resampling(task, k, n_labels, thresholds, p, has):
    has = has.astype(bool)
    given = given_labels(task, thresholds, p, n_labels)
    exact = (given == has).all(axis=1)
    resamples, seed = int(rng.choice([1, 2, 40])), int(rng.integers(0, 1 << 40))
    print("bootstrap", resamples, seed, *[number(x) for x in bootstrap(has, given, exact, resamples, seed)])
    other = np.where(rng.random(p.shape) < 0.7, p, rng.permutation(p)).astype(np.float32)
    given_b = given_labels(task, thresholds, other, n_labels)
    exact_b = (given_b == has).all(axis=1)
    print("compare", *["%.9g" % x for x in other.ravel()],
          *[number(x) for x in compare(has, given, given_b, exact, exact_b, resamples, seed)])


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
    of_order = [[roc_auc(has[:, i].astype(int), scores[:, i])] + [precision_at(r, has[:, i], scores[:, i]) for r in (0.8, 0.9)]
                for i in labels]
    emit_ranking(task, has, scores, of_order)
    for i in labels:
        print("label", *[number(per[j][i]) for j in range(3)], int(support[i]),
              *[number(x) for x in (aupr[i], *of_order[i])])
    if confusion:
        print("confusion", *skm.confusion_matrix(y, predicted, labels=labels).ravel())
    emit_curve(has[:, 0].astype(int), scores[:, 0])
    emit_resampling(task, k, n_labels, thresholds, p, has)


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
    single(60, 80, 2)  # many labels, most of them rare or absent
    multi(60, 30, 2)


main()
