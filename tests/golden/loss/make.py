#!/usr/bin/env python3
"""Makes loss.txt and loss.bin beside it: what torch.nn.BCEWithLogitsLoss with pos_weight, and torch.nn.CrossEntropyLoss
with weight and label_smoothing, say of random logits, and their gradients, for tests/unit/test_loss.c. `python3 make.py`; the files are those of tests/unit/fixture.h.

A case cI is cI.logits (R, K), cI.labels (R), cI.weights (K), cI.smoothing (1), cI.loss, cI.dlogits. The schedules of
transformers, over 50 steps with 7 and with no steps of warm-up, are schedule.NAME.7 and .0 (50).
polynomial.WARMUP is the polynomial one of power 2 down to a tenth. A focal case fI has the arrays of a cI and its gamma,
with targets (1 - e) w_y [k = y] + e w_k / K; a case gI is the sigmoid form, with those of a case I. A divergence dI is
dI.a, dI.b (R, K), the symmetric divergence of the softmaxes (single) and of the sigmoids (multi), as a mean over records, and
their gradients by a and b.
A case tI is a cI and tI.teacher (R, K), tI.share (1): probabilities that are so much of the targets.
A case I is I.logits (R, K), I.targets (R, K), I.pos_weights (K), I.loss (the mean over all), I.dlogits (R, K).
"""
import pathlib

import numpy
import torch
import transformers

HERE = pathlib.Path(__file__).parent
random, own = numpy.random.default_rng(5), numpy.random.default_rng(6)
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


def cross_entropies():
    for case, (rows, outputs, spread) in enumerate([(1, 2, 1.0), (6, 5, 3.0), (16, 37, 10.0)]):
        logits = torch.tensor(spread * random.normal(size=(rows, outputs)).astype("<f4"), requires_grad=True)
        labels = torch.tensor(random.integers(0, outputs, rows))
        weights = torch.tensor(numpy.exp(random.uniform(-2, 2, outputs)).astype("<f4"))
        smoothing = torch.tensor([0.125 * case])
        loss = torch.nn.CrossEntropyLoss(weight=weights.double(), label_smoothing=float(smoothing))(logits.double(), labels)
        loss.backward()
        for name, value in dict(logits=logits, labels=labels, weights=weights, smoothing=smoothing,
                                loss=loss.reshape(1), dlogits=logits.grad).items():
            yield f"c{case}.{name}", value.detach().numpy().astype("<f4")


def taught():
    """Probabilities for targets, in part: what a teacher says."""
    for case, (rows, outputs, spread, share) in enumerate([(6, 5, 3.0, 0.5), (16, 37, 10.0, 0.25), (4, 3, 1.0, 1.0)]):
        logits = torch.tensor(spread * own.normal(size=(rows, outputs)).astype("<f4"), requires_grad=True)
        labels = torch.tensor(own.integers(0, outputs, rows))
        weights = torch.tensor(numpy.exp(own.uniform(-2, 2, outputs)).astype("<f4"))
        teacher = torch.softmax(torch.tensor(spread * own.normal(size=(rows, outputs)).astype("<f4")), -1)
        smoothing = torch.tensor([0.125 * case])
        targets = (1 - share) * torch.nn.functional.one_hot(labels, outputs).double() + share * teacher.double()
        each = torch.nn.CrossEntropyLoss(weight=weights.double(), label_smoothing=float(smoothing), reduction="none")
        loss = each(logits.double(), targets).sum() / weights.double()[labels].sum()
        loss.backward()
        for name, value in dict(logits=logits, labels=labels, weights=weights, smoothing=smoothing, teacher=teacher,
                                share=torch.tensor([share]), loss=loss.reshape(1), dlogits=logits.grad).items():
            yield f"t{case}.{name}", value.detach().numpy().astype("<f4")


def schedules():
    for warmup in 7, 0:
        for name, make in dict(
                linear=lambda o: transformers.get_linear_schedule_with_warmup(o, warmup, 50),
                constant=lambda o: transformers.get_constant_schedule_with_warmup(o, warmup),
                cosine=lambda o: transformers.get_cosine_schedule_with_warmup(o, warmup, 50),
                inverse_sqrt=lambda o: transformers.get_inverse_sqrt_schedule(o, warmup)).items():
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
            schedule, rates = make(optimizer), []
            for _ in range(50):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                schedule.step()
            yield f"schedule.{name}.{warmup}", numpy.array(rates, "<f4")


def polynomials():
    for warmup in 7, 0:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        schedule, rates = transformers.get_polynomial_decay_schedule_with_warmup(
            optimizer, warmup, 50, lr_end=0.05, power=2.0), []
        for _ in range(50):
            rates.append(optimizer.param_groups[0]["lr"] / 0.5)
            optimizer.step()
            schedule.step()
        yield f"polynomial.{warmup}", numpy.array(rates, "<f4")


def focal():
    """Lin et al. 2017, equation 5, by autograd."""
    for case, (rows, outputs, spread, gamma) in enumerate([(6, 5, 3.0, 2.0), (16, 37, 10.0, 0.5), (4, 3, 1.0, 1.0)]):
        logits = torch.tensor(spread * random.normal(size=(rows, outputs)).astype("<f4"), requires_grad=True)
        labels = torch.tensor(random.integers(0, outputs, rows))
        weights = torch.tensor(numpy.exp(random.uniform(-2, 2, outputs)).astype("<f4"))
        smoothing = torch.tensor([0.125 * case])
        logs = torch.log_softmax(logits.double(), -1)
        hot = torch.nn.functional.one_hot(labels, outputs).double()
        targets = (hot * (1 - smoothing) + smoothing / outputs) * weights.double()
        loss = (-targets * (1 - logs.exp()) ** gamma * logs).sum() / weights.double()[labels].sum()
        loss.backward()
        for name, value in dict(logits=logits, labels=labels, weights=weights, smoothing=smoothing,
                                gamma=torch.tensor([gamma]), loss=loss.reshape(1), dlogits=logits.grad).items():
            yield f"f{case}.{name}", value.detach().numpy().astype("<f4")
    for case, (rows, outputs, spread, gamma) in enumerate([(4, 1, 3.0, 2.0), (16, 37, 4.0, 0.5), (6, 5, 1.0, 1.0)]):
        logits = torch.tensor(spread * random.normal(size=(rows, outputs)).astype("<f4"), requires_grad=True)
        targets = torch.tensor((random.random((rows, outputs)) < 0.3).astype("<f4"))
        weights = torch.tensor(numpy.exp(random.uniform(-2, 4, outputs)).astype("<f4"))
        true = torch.where(targets > 0, torch.sigmoid(logits.double()), torch.sigmoid(-logits.double()))
        alpha = torch.where(targets > 0, weights.double(), torch.ones((), dtype=torch.double))
        loss = (-alpha * (1 - true) ** gamma * true.log()).mean()
        loss.backward()
        for name, value in dict(logits=logits, targets=targets, pos_weights=weights, gamma=torch.tensor([gamma]),
                                loss=loss.reshape(1), dlogits=logits.grad).items():
            yield f"g{case}.{name}", value.detach().numpy().astype("<f4")


def divergences():
    for case, (rows, outputs, spread) in enumerate([(3, 2, 1.0), (16, 37, 3.0)]):
        a, b = (torch.tensor(spread * random.normal(size=(rows, outputs)).astype("<f4"), requires_grad=True)
                for _ in range(2))
        p, q = torch.log_softmax(a.double(), -1), torch.log_softmax(b.double(), -1)
        kl = lambda x, y: torch.nn.functional.kl_div(y, x, log_target=True, reduction="batchmean")
        yield from divergence(f"d{case}.single", a, b, (kl(p, q) + kl(q, p)) / 2)
        two = lambda x: torch.nn.functional.logsigmoid(torch.stack([x.double(), -x.double()], -1)).reshape(-1, 2)
        yield from divergence(f"d{case}.multi", a, b, (kl(two(a), two(b)) + kl(two(b), two(a))) / 2)


def divergence(name, a, b, loss):
    a.grad = b.grad = None
    loss.backward()
    for key, value in dict(a=a, b=b, loss=loss.reshape(1), da=a.grad, db=b.grad).items():
        yield f"{name}.{key}", value.detach().numpy().astype("<f4")


def everything():
    yield from arrays()
    yield from cross_entropies()
    yield from schedules()
    yield from polynomials()
    yield from focal()
    yield from divergences()
    yield from taught()


with open(HERE / "loss.txt", "w") as index, open(HERE / "loss.bin", "wb") as data:
    for name, value in everything():
        index.write(" ".join([name, *map(str, value.shape)]) + "\n")
        data.write(value.tobytes())
