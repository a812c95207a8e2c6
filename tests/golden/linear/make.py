#!/usr/bin/env python3
"""Writes this folder's fixtures with scikit-learn 1.9: features of TfidfVectorizer, margins and weights of LinearSVC.

    cd tests/golden/linear && python3.11 make.py

texts.txt has one text a line, with \\n, \\r, \\t, \\\\ and \\0 for those characters; the first N_TRAIN are trained on, the
others are not. labels.txt has the labels of each, separated by blanks. A case NAME of cases.txt

    NAME word_low word_high char_low char_high min_df C F K one_label

has its vocabulary in NAME.vocabulary (one term a line, escaped, in the order of the features) and its numbers in
NAME.bin/NAME.txt (see tests/unit/fixture.h): idf (F), x (rows, F) of all texts, weights (F, K), bias (K), margins
(rows, K). LinearSVC runs to a tolerance of 1e-10, so that its answer is that of the problem and not of its path.
"""
import random

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

N_TRAIN = 36
CASES = [
    # name, words, characters, min_df, C, one label a text
    ("words", (1, 3), None, 1, 1.0, True),
    ("chars", None, (2, 5), 2, 3.0, True),
    ("both", (1, 2), (1, 3), 2, 0.5, True),
    ("many", (1, 1), (2, 4), 2, 1.0, False),
    ("yes-no", (1, 2), None, 1, 10.0, False),
]


def make_texts():
    """Clauses of made-up words in several scripts, and characters from all over Unicode."""
    rng = random.Random(7)
    words = (
        "the Tenant shall pay RENT monthly landlord a an buyer's purchase price X1 don't Straße ÉTÉ naïve Ǆungla "
        "co-operate 3.14 state-of-the-art foo_bar __ _a 甲方 乙方应当 支付租金 合同 ΔΙΚΑΙΟ право Ⅷ ½ ٣٤ ᾳ İstanbul ﬁne é"
        " 𝒳𝒴 𐐀𐐁 日本語テスト हिन्दी"
    ).split()
    spaces = [" ", " ", " ", "  ", "\n", "\t", "\u00a0", "\u3000", " \r\n ", "\u2028", "\x1c", "\x85"]
    marks = ["", "", "", ".", ",", "; ", "。", "、", "(", ")", "\u0301", "\0", "\ufeff", "-"]
    texts = ["", " ", "a", "!", "ab", "a b c", "\0", "甲", "甲乙丙丁。", "x\u3000y", "AB ab Ab", "aa aa aa bb"]
    while len(texts) < 46:
        n = rng.randint(1, 25)
        texts.append("".join(rng.choice(words) + rng.choice(marks) + rng.choice(spaces) for _ in range(n)))
    every = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF and c != 0x3A3]  # lower() of sigma looks around
    for i in range(14):
        texts.append("".join(rng.choice(every) + rng.choice(["", "", "a", " "]) for _ in range(60)))
    rng.shuffle(texts)
    return texts


def escape(text):
    for c, e in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\0", "\\0")):
        text = text.replace(c, e)
    return text


def write_arrays(name, arrays):
    with open(f"{name}.txt", "w") as index, open(f"{name}.bin", "wb") as data:
        for key, value in arrays.items():
            value = np.asarray(value, dtype="<f4")
            print(key, *(value.shape if value.ndim == 2 else (*value.shape, 1)), file=index)
            data.write(value.tobytes())


def vectorizer(words, chars, min_df):
    parts = []
    if words:
        parts.append(("words", TfidfVectorizer(ngram_range=words, sublinear_tf=True, min_df=min_df)))
    if chars:
        parts.append(("chars", TfidfVectorizer(analyzer="char_wb", ngram_range=chars, sublinear_tf=True, min_df=min_df)))
    return FeatureUnion(parts)


def main():
    texts = make_texts()
    rng = random.Random(8)
    labels = [sorted(rng.sample("ABCD", rng.choice([0, 1, 1, 2]))) for _ in texts]
    labels[0] = ["A"]
    with open("texts.txt", "w", encoding="utf-8", newline="") as file:
        file.writelines(escape(t) + "\n" for t in texts)
    with open("labels.txt", "w") as file:
        file.writelines(" ".join(row) + "\n" for row in labels)
    with open("cases.txt", "w") as cases:
        for name, words, chars, min_df, C, one_label in CASES:
            v = vectorizer(words, chars, min_df)
            train = v.fit_transform(texts[:N_TRAIN])
            x = v.transform(texts)
            names = [t for _, part in v.transformer_list for t in part.get_feature_names_out()]
            idf = np.concatenate([part.idf_ for _, part in v.transformer_list])
            K = 1 if name == "yes-no" else 4
            ws, bs = [], []
            for label in "ABCD"[:K]:  # one label a text: the first it has, or D
                own = [(row[0] if row else "D") == label if one_label else label in row for row in labels[:N_TRAIN]]
                svm = LinearSVC(C=C, tol=1e-10, max_iter=1000000, dual=True).fit(train, np.array(own, dtype=int))
                ws.append(svm.coef_[0])
                bs.append(svm.intercept_[0])
            w, b = np.array(ws).T, np.array(bs)
            print(name, *(words or (0, 0)), *(chars or (0, 0)), min_df, C, len(names), K, int(one_label), file=cases)
            with open(f"{name}.vocabulary", "w", encoding="utf-8", newline="") as file:
                file.writelines(escape(t) + "\n" for t in names)
            write_arrays(name, {"idf": idf, "x": x.toarray(), "weights": w, "bias": b, "margins": x @ w + b})


if __name__ == "__main__":
    main()
