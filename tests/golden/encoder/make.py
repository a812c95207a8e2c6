#!/usr/bin/env python3
"""Makes the encoder's fixtures with the reference implementation: `python3 make.py` beside this file.

A tiny BERT with random weights, a ragged batch, and what torch and transformers compute from them on padded batches
with an attention mask: logits, losses, the gradient of every parameter, also with an adversarial pass, of some of them for
other losses, and four runs of 100 optimizer steps.

Arrays are little-endian float32 behind one another in NAME.bin; NAME.txt has a line an array, "name shape...", in the
same order. config.json is what transformers writes for such a model. The head dimension is 20 and the widths are no
multiples of 16, so that the rest loops of kernels and the gaps of the flat buffer are met.
"""
import copy
import json
import pathlib

import numpy
import torch
import transformers

HERE = pathlib.Path(__file__).parent
LENGTHS = [7, 1, 40, 16, 2, 33, 17, 12, 25]
N_TRAIN, BATCH, STEPS, WARM_UP = 24, 6, 100, 10
ADAMW = dict(betas=(0.9, 0.999), eps=1e-8)
EPSILON = 0.5
LABEL_WEIGHTS = [0.5, 2.0, 1.0, 3.0, 0.25]
LOOKED_AT = ["bert.embeddings.position_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight",
             "bert.encoder.layer.0.attention.output.LayerNorm.weight", "bert.encoder.layer.1.output.dense.weight",
             "bert.encoder.layer.1.intermediate.dense.bias", "bert.pooler.dense.weight", "classifier.weight"]


class Arrays:
    def __init__(self):
        self.items = []

    def add(self, name, value):
        self.items.append((name, numpy.asarray(value.detach() if torch.is_tensor(value) else value, dtype="<f4")))

    def write(self, name):
        with open(HERE / f"{name}.txt", "w") as index, open(HERE / f"{name}.bin", "wb") as data:
            for key, value in self.items:
                index.write(" ".join([key, *map(str, value.shape or (1,))]) + "\n")
                data.write(value.tobytes())


def tiny_model():
    config = transformers.BertConfig(
        vocab_size=131, hidden_size=40, num_hidden_layers=2, num_attention_heads=2, intermediate_size=100,
        max_position_embeddings=40, type_vocab_size=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        num_labels=5)
    config._attn_implementation = "eager"
    torch.manual_seed(20240229)
    model = transformers.BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = 1.0 if "LayerNorm.weight" in name else 0.0
            parameter.copy_(centre + 0.15 * torch.randn(parameter.shape))
    return config, model


def padded(sequences):
    longest = max(map(len, sequences))
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, :len(sequence)] = torch.tensor(sequence)
        mask[row, :len(sequence)] = 1
    return dict(input_ids=ids, attention_mask=mask)


def random_sequence(random, length):
    return [int(i) for i in random.integers(1, 131, length)]


def add_gradients(arrays, prefix, modules):
    for module_prefix, module in modules:
        for name, parameter in module.named_parameters():
            if parameter.grad is not None:
                arrays.add(f"{prefix}.{module_prefix}{name}", parameter.grad)
        module.zero_grad(set_to_none=True)


def forward_and_gradients(config, model):
    random = numpy.random.default_rng(7)
    arrays = Arrays()
    sequences = [random_sequence(random, length) for length in LENGTHS]
    labels = torch.tensor(random.integers(0, 5, len(LENGTHS)))
    targets = torch.tensor(random.integers(0, 2, (len(LENGTHS), 5)))
    arrays.add("lengths", LENGTHS)
    arrays.add("ids", [i for sequence in sequences for i in sequence])
    arrays.add("labels", labels)
    arrays.add("targets", targets)
    for name, parameter in model.named_parameters():
        arrays.add(f"weight.{name}", parameter)
    batch = padded(sequences)

    logits = model(**batch).logits
    arrays.add("logits", logits)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    arrays.add("single.loss", loss)
    loss.backward()
    add_gradients(arrays, "single", [("", model)])

    loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**batch).logits, targets.float())
    arrays.add("multi.loss", loss)
    loss.backward()
    add_gradients(arrays, "multi", [("", model)])

    # The mean over the tokens in place of the pooler, with the classifier's weights as its head.
    head = torch.nn.Linear(40, 5)
    head.load_state_dict(model.classifier.state_dict())
    rows = model.bert(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    logits = head((rows * mask).sum(1) / mask.sum(1))
    arrays.add("mean.logits", logits)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    arrays.add("mean.loss", loss)
    loss.backward()
    add_gradients(arrays, "mean", [("bert.", model.bert), ("lexclf.mean_classifier.", head)])
    arrays.write("forward")
    adversarial(model, batch, labels)
    other_losses(model, batch, labels, targets.float())
    text = json.loads(config.to_json_string(use_diff=False))
    keep = {"model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "hidden_act", "max_position_embeddings", "type_vocab_size", "hidden_dropout_prob",
            "attention_probs_dropout_prob", "classifier_dropout", "initializer_range", "layer_norm_eps", "pad_token_id",
            "position_embedding_type", "is_decoder"}
    text = {key: value for key, value in text.items() if key in keep}
    (HERE / "config.json").write_text(json.dumps(text, indent=2, sort_keys=True) + "\n")


def adversarial(model, batch, labels):
    """The gradients of a clean and of an adversarial pass together: the embeddings of the batch's words moved by EPSILON
    along their gradient, whose norm is taken over all of them."""
    arrays = Arrays()
    words = model.bert.embeddings.word_embeddings.weight
    torch.nn.functional.cross_entropy(model(**batch).logits, labels).backward()
    seen = batch["input_ids"][batch["attention_mask"] > 0].unique()
    assert words.grad.abs().sum(1).nonzero().numel() == len(seen)
    with torch.no_grad():
        kept = words.clone()
        words += EPSILON * words.grad / words.grad.norm()
    loss = torch.nn.functional.cross_entropy(model(**batch).logits, labels)
    loss.backward()
    with torch.no_grad():
        words.copy_(kept)
    arrays.add("epsilon", [EPSILON])
    arrays.add("loss", loss)
    add_gradients(arrays, "fgm", [("", model)])
    arrays.write("adversarial")


def other_losses(model, batch, labels, targets):
    """With weights, smoothing and focus 2; of each kind of parameter one."""
    arrays = Arrays()
    functional, weights = torch.nn.functional, torch.tensor(LABEL_WEIGHTS)

    def focal(logits):
        log_p = functional.log_softmax(logits, 1).gather(1, labels[:, None])[:, 0]
        return (-(1 - log_p.exp()) ** 2 * log_p).mean()

    def multi_focal(logits):
        p = torch.sigmoid(torch.where(targets > 0, logits, -logits))
        return (-(1 - p) ** 2 * p.log()).mean()

    losses = dict(
        weights=lambda z: functional.cross_entropy(z, labels, weight=weights),
        smoothing=lambda z: functional.cross_entropy(z, labels, label_smoothing=0.2),
        both=lambda z: functional.cross_entropy(z, labels, weight=weights, label_smoothing=0.2),
        focal=focal,
        pos_weight=lambda z: functional.binary_cross_entropy_with_logits(z, targets, pos_weight=weights),
        multi_focal=multi_focal)
    for prefix, loss_of in losses.items():
        loss = loss_of(model(**batch).logits)
        loss.backward()
        arrays.add(f"{prefix}.loss", loss)
        for name, parameter in model.named_parameters():
            if name in LOOKED_AT:
                arrays.add(f"{prefix}.{name}", parameter.grad)
        model.zero_grad(set_to_none=True)
    arrays.write("losses")


def adamw(groups, lr):
    return torch.optim.AdamW(groups, lr=lr, **ADAMW)


def adafactor(groups, lr):
    return transformers.optimization.Adafactor(groups, lr=lr, relative_step=False, scale_parameter=False)


def sgd(groups, lr):
    return torch.optim.SGD(groups, lr=lr, momentum=0.9)


def training(name, model, lr, make=adamw):
    random = numpy.random.default_rng(11)
    arrays = Arrays()
    lengths = random.integers(3, 41, N_TRAIN)
    sequences = [random_sequence(random, length) for length in lengths]
    labels = random.integers(0, 5, N_TRAIN)
    order = numpy.concatenate([random.permutation(N_TRAIN) for _ in range(STEPS * BATCH // N_TRAIN)])
    arrays.add("lengths", lengths)
    arrays.add("ids", [i for sequence in sequences for i in sequence])
    arrays.add("labels", labels)
    arrays.add("order", order.reshape(STEPS, BATCH))
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    optimizer = make([dict(params=decayed, weight_decay=0.01), dict(params=plain, weight_decay=0.0)], lr)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, WARM_UP, STEPS)
    losses, norms = [], []
    for step in range(STEPS):
        rows = order[step * BATCH:(step + 1) * BATCH]
        logits = model(**padded([sequences[row] for row in rows])).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    arrays.add("losses", losses)
    arrays.add("norms", norms)
    for key, parameter in model.named_parameters():
        arrays.add(f"final.{key}", parameter)
    arrays.write(name)
    print(f"{name}: loss {losses[0]:.4f} ... {losses[-1]:.4f}, gradient norm {norms[0]:.3f} ... {norms[-1]:.3f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    config, model = tiny_model()
    forward_and_gradients(config, model)
    training("training", copy.deepcopy(model), 1e-3)
    training("training_small", copy.deepcopy(model), 2e-5)
    training("training_adafactor", copy.deepcopy(model), 1e-3, adafactor)
    training("training_sgd", model, 1e-1, sgd)
