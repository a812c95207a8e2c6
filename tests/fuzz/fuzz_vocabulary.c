/* fuzz_vocabulary.c - any bytes as a linear model's vocabulary: what is accepted ascends, is found again where it
 * stands, is written as it was read, and makes features of any text. */
#include <stdlib.h>
#include <string.h>

#include "lexclf/json.h"
#include "lexclf/linear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_grams(const lex_vectorizer *v)
{
    bool of_characters, before_of_characters = false;
    lex_str before = {NULL, 0};
    for (int64_t i = 0; i < lex_vectorizer_n_features(v); i++) {
        lex_str gram = lex_vectorizer_feature(v, i, &of_characters);
        LEX_ASSERT(gram.len > 0 && gram.len <= LEX_NGRAM_MAX_BYTES);
        LEX_ASSERT(lex_utf8_valid_prefix(gram) == gram.len);
        bool same_kind = i > 0 && of_characters == before_of_characters;
        LEX_ASSERT(!same_kind || lex_str_compare(before, gram) < 0);
        LEX_ASSERT(i == 0 || of_characters || !before_of_characters);
        before = gram;
        before_of_characters = of_characters;
    }
}

/* The bytes themselves as a text, as far as they are one. */
static void check_features(lex_vectorizer *v, const uint8_t *data, size_t size)
{
    lex_str text = {(const char *)data, size};
    lex_sparse x;
    text.len = lex_utf8_valid_prefix(text);
    lex_sparse_init(&x);
    lex_vectorizer_apply(v, text, &x);
    LEX_ASSERT(x.n_rows == 1 && x.starts[1] == x.n);
    for (int64_t i = 0; i < x.n; i++) {
        LEX_ASSERT(x.columns[i] >= 0 && x.columns[i] < lex_vectorizer_n_features(v));
        LEX_ASSERT(i == 0 || x.columns[i] > x.columns[i - 1]);
        LEX_ASSERT(x.values[i] > 0 && x.values[i] < 1.0001f);
    }
    lex_sparse_release(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_vectorizer *v = NULL;
    lex_err err = {.code = LEX_OK};
    lex_buf again;
    lex_buf_init(&again);
    lex_status st = lex_vectorizer_read(&v, data, size, &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK ? v != NULL : st == LEX_ERR_INPUT && !v && err.message[0]));
    if (v) {
        check_grams(v);
        check_features(v, data, size);
        lex_vectorizer_write(&again, v);
        LEX_ASSERT(lex_str_equal(lex_buf_str(&again), (lex_str){(const char *)data, size}));
    }
    lex_buf_release(&again);
    lex_vectorizer_free(v);
    return 0;
}
