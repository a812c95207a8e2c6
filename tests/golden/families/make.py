#!/usr/bin/env python3
"""Makes the fixtures of the encoder's families with the reference implementation: `python3 make.py [NAME...]` beside this
file.

Of each family a tiny classifier with random weights, and what transformers computes of it on padded batches with an attention
mask: logits, the loss and the gradient of every parameter. NAME.json is the model's config.json; arrays are little-endian
float32 behind one another in NAME.bin; NAME.txt has a line an array, "name shape...", in the same order.

Sequences are of 1 to 150 tokens, so that MPNet's furthest buckets and the windows of ModernBERT are met. One more sequence
(`odd`) holds the padding's id, of which torch keeps no gradient. Head dimensions and widths are no multiples of 16, so that
the rest loops of kernels are met.
"""
import json
import pathlib
import sys

import numpy
import torch
import transformers

HERE = pathlib.Path(__file__).parent
LENGTHS = [7, 1, 40, 16, 2, 150, 33, 12]
OUTPUTS = 3
COMMON = dict(vocab_size=47, hidden_size=20, num_hidden_layers=2, num_attention_heads=2, intermediate_size=28,
              max_position_embeddings=160, num_labels=OUTPUTS)
NO_DROPOUT = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
DEBERTA = dict(COMMON, **NO_DROPOUT, type_vocab_size=0, relative_attention=True, position_buckets=16, max_relative_positions=-1,
               norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p", position_biased_input=False,
               pooler_dropout=0.0)
MODELS = {
    "roberta": ("Roberta", dict(COMMON, **NO_DROPOUT, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1)),
    "distilbert": ("DistilBert", dict(vocab_size=47, dim=20, n_layers=2, n_heads=2, hidden_dim=28, max_position_embeddings=160,
                                      num_labels=OUTPUTS, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0)),
    "electra": ("Electra", dict(COMMON, **NO_DROPOUT, embedding_size=12)),
    "mpnet": ("MPNet", dict(COMMON, **NO_DROPOUT, layer_norm_eps=1e-5)),
    "albert": ("Albert", dict(COMMON, **NO_DROPOUT, embedding_size=12, num_hidden_layers=4, num_hidden_groups=2,
                              classifier_dropout_prob=0.0)),
    "deberta": ("DebertaV2", DEBERTA),
    # With v2's convolution, as published and by transformers' defaults; its first layer may be the last.
    "deberta-v2": ("DebertaV2", dict(DEBERTA, conv_kernel_size=3, conv_act="gelu")),
    "deberta-v2-one": ("DebertaV2", dict(DEBERTA, conv_kernel_size=5, num_hidden_layers=1)),
    "modernbert": ("ModernBert", dict(COMMON, num_hidden_layers=4, local_attention=12, pad_token_id=1, bos_token_id=0,
                                      eos_token_id=2, cls_token_id=0, sep_token_id=2)),
    "modernbert-mean": ("ModernBert", dict(COMMON, num_hidden_layers=3, local_attention=8, pad_token_id=1, bos_token_id=0,
                                           eos_token_id=2, cls_token_id=0, sep_token_id=2, classifier_pooling="mean",
                                           attention_bias=True, norm_bias=True, mlp_bias=True, classifier_bias=True)),
}


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


def padded(sequences, pad):
    longest = max(map(len, sequences))
    ids = torch.full((len(sequences), longest), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, :len(sequence)] = torch.tensor(sequence)
        mask[row, :len(sequence)] = 1
    return dict(input_ids=ids, attention_mask=mask)


def make(name, kind, settings):
    config = getattr(transformers, f"{kind}Config")(**settings)
    config._attn_implementation = "eager"
    torch.manual_seed(20240229)
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            is_norm = "norm" in key.lower() and key.endswith("weight")
            parameter.copy_((1.0 if is_norm else 0.0) + 0.15 * torch.randn(parameter.shape))
    random = numpy.random.default_rng(7)
    pad = config.pad_token_id
    sequences = [[int(i) for i in random.integers(3, 47, length)] for length in LENGTHS]
    odd = [2, 5, pad, 9, pad, pad, 11, 3]
    labels = torch.tensor(random.integers(0, OUTPUTS, len(LENGTHS)))
    arrays = Arrays()
    arrays.add("lengths", LENGTHS)
    arrays.add("ids", [i for sequence in sequences for i in sequence])
    arrays.add("odd", odd)
    arrays.add("labels", labels)
    for key, parameter in model.named_parameters():
        arrays.add(f"weight.{key}", parameter)
    arrays.add("odd.logits", model(**padded([odd], pad)).logits)
    logits = model(**padded(sequences, pad)).logits
    arrays.add("logits", logits)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    arrays.add("loss", loss)
    loss.backward()
    for key, parameter in model.named_parameters():
        if parameter.grad is not None:
            arrays.add(f"gradient.{key}", parameter.grad)
    arrays.write(name)
    described = {"architectures": [type(model).__name__], **json.loads(config.to_json_string())}
    (HERE / f"{name}.json").write_text(json.dumps(described, indent=2) + "\n")
    print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, loss {loss.item():.4f}")


def distances():
    """Which bucket a distance falls into, for MPNet and for DeBERTa-v2 as published (256 buckets, 512 positions)."""
    from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position
    from transformers.models.mpnet.modeling_mpnet import MPNetEncoder
    arrays = Arrays()
    arrays.add("mpnet", MPNetEncoder.relative_position_bucket(torch.arange(-600, 601)))
    arrays.add("deberta", make_log_bucket_position(torch.arange(-511, 512), 256, 512) + 256)
    arrays.write("distances")


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) == 1:
        distances()
    for wanted in sys.argv[1:] or MODELS:
        make(wanted, *MODELS[wanted])
