#!/usr/bin/env python3
"""Makes the tokenizer's goldens: small tokenizers of our own, and what the reference makes of odd texts with them.

    pip install transformers==5.23.0 tokenizers==0.23.3
    tests/golden/tokenizer/make.py
    pip install sentencepiece==0.2.3
    tests/golden/tokenizer/make.py --families

Writes one folder a tokenizer, and cases.jsonl: {"folder", "text", "ids", "offsets"} a line, offsets in bytes; with
--families the tokenizers of other families than BERT's, and families.jsonl, where "framed" stands for the ids with
special tokens. The texts
are those of scripts/compare-tokenizer, which runs the same comparison at any size.
"""
import importlib.machinery
import importlib.util
import json
import pathlib
import random
import shutil
import sys
import tempfile

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


SENTENCES = """The Licensee shall pay the rent on the first day of each month, and the tenant won't assign this lease.
Governing law: this Agreement is governed by the laws of New York; it's made in 2 copies of 100 pages.
The parties agree that neither party will disclose confidential information, unless required by law.
Café naïve straße, quiet enjoyment of the premises (section 12.3), liability cap $1,000,000 and interest at 5%.
本合同由甲方与乙方签订，租金每月支付一次。第十二条 违约责任；甲方应当支付违约金。
乙方不得转让本合同。 本合同一式两份，双方各执一份。依法向人民法院起诉。""".splitlines()
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
# A few of the rules that sentencepiece's own normalization has, which come to a quarter of a megabyte.
RULES = {"\uff21": "A", "\uff0c": ",", "\u3000": " ", "\u00a0": " ", "\t": " ", "\n": " ", "\u00ad": "", "\ufb01": "fi", "\u00bd": "1/2",
         "e\u0301": "\u00e9", "\u0301": "", "\u2026": "...", "\ufeff": "", "\u1100\u1161": "\uac00", "\uff76\uff9e": "\u30ac"}


def sentencepiece_model(path, size, **options):
    import sentencepiece

    with tempfile.TemporaryDirectory() as folder:
        text, rules = pathlib.Path(folder, "text"), pathlib.Path(folder, "rules.tsv")
        text.write_text("\n".join(SENTENCES * 3), encoding="utf-8")
        coded = [(" ".join(f"{ord(c):X}" for c in old), " ".join(f"{ord(c):X}" for c in new)) for old, new in RULES.items()]
        rules.write_text("".join(f"{old}\t{new}\n" for old, new in coded))
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=f"{folder}/m", vocab_size=size, minloglevel=2, hard_vocab_limit=False,
            normalization_rule_tsv=str(rules), **options)
        shutil.copy(f"{folder}/m.model", path)


def train(model, trainer, normalizer=None, splits=None, special=SPECIAL, **options):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if splits:
        tokenizer.pre_tokenizer = splits
    tokenizer.train_from_iterator(SENTENCES, trainer(special_tokens=special, show_progress=False, **options))
    return tokenizer


def save(folder, tokenizer, **model):
    value = json.loads(tokenizer.to_str())
    value["model"].update(model)
    write(folder, tokenizer=value)


def make_families():
    from tokenizers import AddedToken, Regex, models, normalizers as n, pre_tokenizers as p, processors, trainers

    alphabet = dict(initial_alphabet=p.ByteLevel.alphabet())
    t = train(models.BPE(), trainers.BpeTrainer, splits=p.ByteLevel(add_prefix_space=False), vocab_size=420, **alphabet)
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    t.add_tokens([AddedToken("New York", single_word=True), AddedToken("<e1>", rstrip=True)])
    save("bytes", t)
    (HERE / "roberta").mkdir(exist_ok=True)
    t.model.save(str(HERE / "roberta"))
    write("roberta", tokenizer_config=dict(tokenizer_class="RobertaTokenizer", add_prefix_space=True, model_max_length=514))

    cl100k = ("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
              "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")
    splits = p.Sequence([p.Split(Regex(cl100k), "isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)])
    t = train(models.BPE(ignore_merges=True), trainers.BpeTrainer, n.NFKC(), splits, vocab_size=400, **alphabet)
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])])
    save("cl100k", t)

    bytes_of = [f"<0x{i:02X}>" for i in range(256)]
    t = train(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), trainers.BpeTrainer,
              n.Sequence([n.Prepend("\u2581"), n.Replace(" ", "\u2581")]), special=["<unk>", "<s>", "</s>"] + bytes_of[:-40],
              vocab_size=420)
    save("fallback", t)
    splits = p.Sequence([p.Split(" ", "merged_with_next"), p.Split(Regex("\\s+"), "contiguous"), p.Punctuation("contiguous"),
                         p.Digits(individual_digits=True)])
    t = train(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"), trainers.BpeTrainer, None, splits,
              vocab_size=300, continuing_subword_prefix="##")
    save("parts", t)
    t = train(models.BPE(unk_token="<unk>", fuse_unk=True, end_of_word_suffix="</w>"), trainers.BpeTrainer,
              n.BertNormalizer(), p.BertPreTokenizer(), vocab_size=250, end_of_word_suffix="</w>")
    save("suffix", t)

    t = train(models.Unigram(), trainers.UnigramTrainer,
              n.Sequence([n.Replace("``", '"'), n.NFKC(), n.Replace(Regex(" {2,}"), " ")]), p.Metaspace(prepend_scheme="first"),
              special=["<unk>", "<s>", "</s>"] + bytes_of, unk_token="<unk>", vocab_size=450)
    save("unigram", t, byte_fallback=True)
    usual = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t = train(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer,
              n.Sequence([n.NFD(), n.Lowercase(), n.StripAccents()]), p.Whitespace(), usual, vocab_size=300)
    save("whitespace", t)
    t = train(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer,
              n.Sequence([n.BertNormalizer(lowercase=False), n.NFKD(), n.Strip(), n.NFC()]),
              p.Sequence([p.WhitespaceSplit(), p.Punctuation("merged_with_previous"), p.Digits(individual_digits=False)]), usual,
              vocab_size=300)
    save("punctuation", t)

    for folder in ("xlm-roberta", "camembert", "albert", "deberta", "mpnet"):
        (HERE / folder).mkdir(exist_ok=True)
    sentencepiece_model(HERE / "xlm-roberta/sentencepiece.bpe.model", 300)
    shutil.copy(HERE / "xlm-roberta/sentencepiece.bpe.model", HERE / "camembert")
    sentencepiece_model(HERE / "albert/spiece.model", 200, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, pad_piece="<pad>",
                        control_symbols=["[CLS]", "[SEP]", "[MASK]"], user_defined_symbols=["(", ")", "-"])
    sentencepiece_model(HERE / "deberta/spm.model", 300, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]",
                        bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]")
    write("xlm-roberta", tokenizer_config=dict(tokenizer_class="XLMRobertaTokenizer", model_max_length=512))
    write("camembert", tokenizer_config=dict(tokenizer_class="CamembertTokenizer"))
    write("albert", tokenizer_config=dict(tokenizer_class="AlbertTokenizer"))
    write("deberta", tokenizer_config=dict(tokenizer_class="DebertaV2Tokenizer", split_by_punct=True))
    names = dict(zip(usual[:4], ["<pad>", "[UNK]", "<s>", "</s>"]))
    write("mpnet", vocab="".join(names.get(token, token) + "\n" for token in vocabulary() if token != "[MASK]") + "<mask>\n",
          tokenizer_config=dict(tokenizer_class="MPNetTokenizer"))


FAMILIES = {"bytes": True, "roberta": False, "cl100k": True, "fallback": True, "parts": True, "suffix": True, "unigram": True,
            "whitespace": True, "punctuation": True, "xlm-roberta": False, "camembert": False, "albert": False,
            "deberta": False, "mpnet": False}


def write_families(compare):
    make_families()
    rng = random.Random(21)
    fixed = SENTENCES[:1] + [SENTENCES[4], "", " ", "  New York  <mask> <e1>  x", "don't\n\n  it'S  2024", " ".join(compare.ODD[:75]),
                             " ".join(compare.ODD[75:]), "\uff21\uff21\uff0c\u00adx\u00ad", "\ufb01\u0301e\u0301\u0301 \u1100\u1161\u0301"]
    words = " ".join(SENTENCES).split()
    with open(HERE / "families.jsonl", "w", encoding="utf-8", newline="\n") as out:
        for folder, library in FAMILIES.items():
            tokenizer = compare.reference(str(HERE / folder), library)
            texts = fixed + [t for t in (compare.fuzzed(rng, words) for _ in range(400)) if len(t) < 60][:30]
            for text in texts:
                tokens = compare.theirs(tokenizer, text)
                offsets = [o for t in tokens for o in t[1:]]
                case = dict(folder=folder, text=text, ids=[t[0] for t in tokens], offsets=offsets,
                            framed=tokenizer.encode(text).ids)
                out.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    path = HERE.parents[2] / "scripts" / "compare-tokenizer"
    loader = importlib.machinery.SourceFileLoader("compare_tokenizer", str(path))
    compare = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(compare)
    if sys.argv[1:] == ["--families"]:
        return write_families(compare)
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
