#!/usr/bin/env python3
"""Makes the fixtures of weights in PyTorch's own files: `python3 make.py` beside this file, with torch and transformers.

A tiny BERT classifier of random weights, in common/ as save_pretrained() writes it (model.safetensors, config.json) with a
vocabulary; and the same weights in other forms, each a folder that holds weights alone:

  plain, parameters, protocol4    pytorch_model.bin of the state dict, of Parameters, by pickle protocol 4
  views                           the same values as transposed, sliced and shared views of a few storages
  sharded-bin, sharded            in three parts with an index, as .bin and as .safetensors
  half, bf16, double              pytorch_model.bin in these types; beside each the same as model.safetensors (NAME-st)
  tied                            without the token embeddings, whose twin (cls.predictions.decoder.weight) is there
  other-family                    the weights under RoBERTa's names
  old                             the format before PyTorch 1.6
  script                          a TorchScript program
  evil-*                          what a hostile file holds: written by hand, since torch would not

values.txt and values.bin (format: ../encoder/make.py) hold the weights as float32, the ids of three sequences, and the
logits that transformers computes for them, for float32, half, bf16.
"""
import json
import pathlib
import pickle
import shutil
import struct
import zipfile

import numpy
import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "tenant", "shall", "pay", "rent", "a", "##s", ".", "租", "金", "year"]
IDS = [[2, 5, 6, 7, 8, 9, 3], [2, 3], [2, 13, 14, 12, 10, 15, 11, 3]]


def folder(name):
    path = HERE / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def views(state):
    """The same values: matrices stored transposed, vectors one after another in one storage, and one storage used twice."""
    vectors = {name: t for name, t in state.items() if t.dim() == 1}
    joined = torch.cat([torch.full((3,), 7.0), *vectors.values()])
    out, at = {}, 3
    for name, tensor in state.items():
        if tensor.dim() == 1:
            out[name] = joined[at:at + len(tensor)]
            at += len(tensor)
        else:
            padded = torch.zeros(tensor.shape[1], 2 * tensor.shape[0] + 1)
            padded[:, 1::2] = tensor.t()
            out[name] = padded[:, 1::2].t()
        assert torch.equal(out[name], tensor) and (tensor.dim() == 1 or not out[name].is_contiguous())
    out["again"] = joined
    return out


def shards(state, n):
    names = list(state)
    return [dict((name, state[name].contiguous()) for name in names[i::n]) for i in range(n)]


def write_shards(name, state, form):
    path = folder(name)
    weight_map = {}
    parts = shards(state, 3)
    for i, part in enumerate(parts):
        stem = "pytorch_model" if form == "bin" else "model"
        file = f"{stem}-{i + 1:05}-of-00003.{form}"
        torch.save(part, path / file) if form == "bin" else save_file(part, path / file, metadata={"format": "pt"})
        weight_map.update((tensor, file) for tensor in part)
    total = sum(t.numel() * t.element_size() for t in state.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    name = ("pytorch_model.bin" if form == "bin" else "model.safetensors") + ".index.json"
    (path / name).write_text(json.dumps(index, indent=1) + "\n")


def archive(name, pickled, storages=(), compressed=False, top="archive", extra=()):
    how = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(folder(name) / "pytorch_model.bin", "w", how) as out:
        out.writestr(zipfile.ZipInfo(f"{top}/data.pkl"), pickled, how)
        for key, value in storages:
            out.writestr(zipfile.ZipInfo(f"{top}/data/{key}"), value, how)
        for key, value in extra:
            out.writestr(zipfile.ZipInfo(f"{top}/{key}"), value, how)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def integer(value):
    data = pickle.encode_long(value)
    return b"\x8a" + bytes([len(data)]) + data


def storage(key, count, kind="FloatStorage"):
    return b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu") + integer(count) + b"tQ"


def tensor(stored, offset, shape, strides):
    tuple_of = lambda items: b"(" + b"".join(integer(i) for i in items) + b"t"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + integer(offset) + tuple_of(shape) + tuple_of(strides) +
            b"\x89ccollections\nOrderedDict\n)RtR")


def one(value):
    return b"\x80\x02}" + text("bert.pooler.dense.bias") + value + b"s."


def write_evil():
    floats = b"\0" * 32
    archive("evil-system", b"\x80\x02cos\nsystem\n" + text("touch was-run") + b"\x85R.")
    archive("evil-eval", b"\x80\x02}" + text("a") + b"c__builtin__\neval\n" + text("open('was-run','w')") + b"\x85Rs.")
    archive("evil-stack-global", b"\x80\x04" + text("posix") + text("system") + b"\x93" + text("touch was-run") + b"\x85R.")
    archive("evil-inst", b"\x80\x02(" + text("touch was-run") + b"ios\nsystem\n.")
    archive("evil-newobj", b"\x80\x02ccollections\nOrderedDict\n)\x81.")
    archive("evil-getattr", b"\x80\x02ctorch._utils\n_rebuild_tensor\n)R.")
    archive("evil-outside", one(tensor(storage("0", 8), 1, [8], [1])), [("0", floats)])
    archive("evil-stride", one(tensor(storage("0", 8), 0, [2, 2], [1 << 62, 1])), [("0", floats)])
    archive("evil-overflow", one(tensor(storage("0", 8), 0, [1 << 40, 1 << 40], [0, 0])), [("0", floats)])
    archive("evil-repeat", one(tensor(storage("0", 8), 0, [1 << 40], [0])), [("0", floats)])
    archive("evil-negative", one(tensor(storage("0", 8), -1, [8], [1])), [("0", floats)])
    archive("evil-long-storage", one(tensor(storage("0", 1 << 61), 0, [8], [1])), [("0", floats)])
    archive("evil-no-storage", one(tensor(storage("../../etc/passwd", 8), 0, [8], [1])), [("0", floats)])
    archive("evil-memo", b"\x80\x02}r\xff\xff\xff\x7f.")
    archive("evil-cycle", b"\x80\x02}q\x00" + text("a") + b"h\x00s.")
    archive("evil-deep", b"\x80\x02" + b"(" * 50000 + b"t" * 50000 + b".")
    archive("evil-bomb", one(tensor(storage("0", 1 << 22), 0, [8], [1])), [("0", b"\0" * (1 << 24))], compressed=True)
    archive("evil-cut", one(tensor(storage("0", 8), 0, [8], [1]))[:-20], [("0", floats)])
    archive("evil-big-endian", one(tensor(storage("0", 8), 0, [8], [1])), [("0", floats)], extra=[("byteorder", b"big")])
    archive("evil-list", b"\x80\x02].")
    archive("evil-empty", b"\x80\x02}.")
    archive("evil-two-folders", one(tensor(storage("0", 8), 0, [8], [1])), [("0", floats)])
    with zipfile.ZipFile(HERE / "evil-two-folders/pytorch_model.bin", "a") as out:
        out.writestr(zipfile.ZipInfo("other/data.pkl"), b"\x80\x02}.")


class Arrays:
    def __init__(self):
        self.bytes, self.lines = b"", []

    def add(self, name, values):
        values = numpy.ascontiguousarray(values, dtype="<f4")
        self.bytes += values.tobytes()
        self.lines.append(" ".join([name, *map(str, values.shape)]))

    def write(self):
        (HERE / "values.bin").write_bytes(self.bytes)
        (HERE / "values.txt").write_text("\n".join(self.lines) + "\n")


def logits(model):
    with torch.no_grad():
        return torch.cat([model(input_ids=torch.tensor([ids])).logits for ids in IDS]).numpy()


def main():
    torch.manual_seed(7)
    config = transformers.BertConfig(vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=12, max_position_embeddings=16, num_labels=3, initializer_range=0.5)
    model = transformers.BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    common = folder("common")
    model.save_pretrained(common)
    (common / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (common / "tokenizer_config.json").write_text('{"do_lower_case": true, "model_max_length": 16}\n')

    torch.save(model.state_dict(), folder("plain") / "pytorch_model.bin")
    torch.save(dict(model.named_parameters()), folder("parameters") / "pytorch_model.bin")
    torch.save(state, folder("protocol4") / "pytorch_model.bin", pickle_protocol=4)
    torch.save(views(state), folder("views") / "pytorch_model.bin")
    torch.save(state, folder("old") / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.trace(torch.nn.Linear(1, 1), torch.zeros(1)), folder("script") / "pytorch_model.bin")
    write_shards("sharded-bin", state, "bin")
    write_shards("sharded", state, "safetensors")
    tied = {name: value for name, value in state.items() if not name.endswith("word_embeddings.weight")}
    tied["cls.predictions.decoder.weight"] = state["bert.embeddings.word_embeddings.weight"]
    tied["cls.predictions.bias"] = torch.zeros(len(WORDS))
    torch.save(tied, folder("tied") / "pytorch_model.bin")
    renamed = {name.replace("bert.", "roberta."): value for name, value in state.items()}
    torch.save(renamed, folder("other-family") / "pytorch_model.bin")
    write_evil()

    arrays = Arrays()
    arrays.add("lengths", [len(ids) for ids in IDS])
    arrays.add("ids", [i for ids in IDS for i in ids])
    arrays.add("logits", logits(model))
    for name, value in state.items():
        arrays.add(f"weight.{name}", value.numpy())
    for name, dtype in [("half", torch.float16), ("bf16", torch.bfloat16), ("double", torch.float64)]:
        factor = 1 + 4e-8 if name == "double" else 1  # what float32 has to round
        typed = {key: (value.double() * factor).to(dtype) for key, value in state.items()}
        torch.save(typed, folder(name) / "pytorch_model.bin")
        save_file(typed, folder(f"{name}-st") / "model.safetensors", metadata={"format": "pt"})
        model.load_state_dict({key: value.float() for key, value in typed.items()})
        arrays.add(f"{name}.logits", logits(model))
        for key, value in typed.items():
            arrays.add(f"{name}.{key}", value.float().numpy())
    arrays.write()


main()
