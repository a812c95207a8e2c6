#!/usr/bin/env python3
"""Makes the tokenizer's goldens: small tokenizers of our own, and what the reference makes of odd texts with them.

    pip install transformers==5.23.0 tokenizers==0.23.3
    tests/golden/tokenizer/make.py

Writes one folder a tokenizer, and cases.jsonl: {"folder", "text", "ids", "offsets"} a line, offsets in bytes. The texts
are those of scripts/compare-tokenizer, which runs the same comparison at any size.
"""
import importlib.machinery
import importlib.util
import json
import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent
WORDS = """the of and to in any or shall by such be this agreement for party as with on is other not its that will parties
all from licensee licensor term contract law governing may section under which provided liability notice clause lease
tenant landlord rent premises payment interest date tax indemnity insurance audit breach assign renew warranty cap
quiet enjoy ##ment ##s ##ing ##ed ##er ##ly ##tion ##able ##ity ##ness ##less un re dis inter non der die straße und
über cafe café naive naïve istanbul σασ ##σ ##ς привет договор ##ы strasse ##aa aa ##aaa x xx
The Of And This Agreement Party Licensee Licensor Section Law New York Inc Café Straße""".split()


def vocabulary():
    tokens = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789éüßœñıİαβσςабв가각한각اלअก"
    tokens += [form for c in letters for form in (c, "##" + c)]
    tokens += list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    tokens += list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~§“”’…—·•№™½²€£\u0301\u302e")
    tokens += list("中文合同法一日本語カｶ豈👨👍🇩\u061d\ue000")
    tokens += ["##" + c for c in "文同\u0301カ\u0307"]
    return list(dict.fromkeys(tokens + WORDS))


def flags(content, **on):
    token = dict(content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return dict(token, **on)


def tokenizer_json(vocab, normalizer, added, **model):
    ids = {token: i for i, token in enumerate(vocab)}
    entries, free = {}, len(vocab)
    for token in added:
        i = ids.get(token["content"], free)
        free += i == free
        entries[i] = dict(id=i, **token)
    sep, cls = ["[SEP]", ids["[SEP]"]], ["[CLS]", ids["[CLS]"]]
    usual = dict(type="WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=100)
    return dict(
        version="1.0",
        truncation=None,
        padding=None,
        added_tokens=[entries[i] for i in sorted(entries)],
        normalizer=dict(type="BertNormalizer", **normalizer),
        pre_tokenizer=dict(type="BertPreTokenizer"),
        post_processor=dict(type="BertProcessing", sep=sep, cls=cls),
        decoder=None,
        model=dict(usual | model, vocab=ids),
    )


def write(folder, **files):
    (HERE / folder).mkdir(exist_ok=True)
    for name, content in files.items():
        name = {"vocab": "vocab.txt"}.get(name, name + ".json")
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False) + "\n"
        (HERE / folder / name).write_text(text, encoding="utf-8", newline="")


def make_folders():
    vocab = vocabulary()
    lines = "".join(token + "\n" for token in vocab)
    special = [flags(t, special=True) for t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    usual = dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    write("uncased", vocab=lines)
    cased = dict(do_lower_case=False, strip_accents=False, model_max_length=512, tokenizer_class="BertTokenizer")
    write(
        "cased",
        vocab=lines.replace("\n", "\r\n"),
        tokenizer_config=cased,
        special_tokens_map=dict(mask_token=flags("[MASK]", lstrip=True), additional_special_tokens=["<e1>"]),
        added_tokens={"<e1>": len(vocab), "Licensor Inc": len(vocab) + 1},
    )
    accents = dict(do_lower_case=True, strip_accents=False, tokenize_chinese_chars=False)
    write("accents", vocab=lines, tokenizer_config=accents)
    write("json", tokenizer=tokenizer_json(vocab, usual, special))
    odd = special[:4] + [
        flags("[MASK]", special=True, lstrip=True),
        flags("<clause>"),
        flags("Licensor Inc", normalized=True, single_word=True),
        flags("  ", rstrip=True),
        flags("é", lstrip=True, rstrip=True),
        flags("中", normalized=True),
        flags("x", single_word=True, lstrip=True),
        flags("ab cd", normalized=True, lstrip=True),
        flags("E\u0301", normalized=True, rstrip=True, single_word=True),
        flags("the", normalized=True, single_word=True),
    ]
    write("added", tokenizer=tokenizer_json(vocab, usual, odd, max_input_chars_per_word=12))
    raw = dict(usual, clean_text=False, lowercase=False, strip_accents=True)
    write("raw", tokenizer=tokenizer_json(vocab, raw, special, continuing_subword_prefix=""))


def main():
    path = HERE.parents[2] / "scripts" / "compare-tokenizer"
    loader = importlib.machinery.SourceFileLoader("compare_tokenizer", str(path))
    compare = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(compare)
    make_folders()
    rng = random.Random(20)
    fixed = [
        "",
        " ",
        "Quiet enjoyment of the Premises [SEP]",
        "LICENSEE shall pay; Licensor Inc. may not.",
        "a\u0301" * 101,
        "x" * 100 + " " + "x" * 101,
        "合同法 (中文)",
        "İstanbul ΑΣ Straße",
        "un\u0000re\ufffd\u200bnew\u00ad",
        "[CLS][MASK] [mask]",
        "e\u0302\u0323 \u0344\u0323 \u0f73\u0f71\u0301",
        " ".join(compare.ODD[:60]),
        "\t\r\n\v\f\x1c x",
    ]
    with open(HERE / "cases.jsonl", "w", encoding="utf-8", newline="\n") as out:
        for folder in ("uncased", "cased", "accents", "json", "added", "raw"):
            model = str(HERE / folder)
            tokenizer = compare.reference(model, library=folder in ("json", "added", "raw"))
            words = [t for t in vocabulary() if t.isascii() and len(t) > 2]
            texts = fixed + [t for t in (compare.fuzzed(rng, words) for _ in range(400)) if len(t) < 60][:60]
            for text in texts:
                tokens = compare.theirs(tokenizer, text)
                offsets = [o for t in tokens for o in t[1:]]
                case = dict(folder=folder, text=text, ids=[t[0] for t in tokens], offsets=offsets)
                out.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
