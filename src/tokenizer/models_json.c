/* models_json.c - the models of tokenizer.json: byte-pair encoding and Unigram.
 *
 * What comes first is read before ids are known, the vocabulary; merges, scores and bytes follow when it is built.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

static const char what[] = "model";

static char *text_or_null(const lex_json *model, const char *key)
{
    const char *text = lex_json_string(lex_json_get(model, key));
    return text && *text ? lex_strdup(text) : NULL;
}

static lex_status check_text(const lex_json *model, const char *key, lex_err *err)
{
    const lex_json *node = lex_json_get(model, key);
    if (lex_json_type_of(node) != LEX_JSON_NULL && lex_json_type_of(node) != LEX_JSON_STRING)
        return lex_err_set(err, LEX_ERR_INPUT, "the model's '%s' is not a string", key);
    return LEX_OK;
}

lex_status lex_read_bpe(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *model, lex_err *err)
{
    lex_bpe *bpe = &tokenizer->pipeline->bpe;
    lex_status st = LEX_OK;
    tokenizer->pipeline->kind = LEX_MODEL_BPE;
    LEX_TRY(lex_component_keys(what, model, "dropout unk_token continuing_subword_prefix end_of_word_suffix fuse_unk "
                               "byte_fallback ignore_merges vocab merges", err));
    const lex_json *dropout = lex_json_get(model, "dropout");
    if (lex_json_type_of(dropout) != LEX_JSON_NULL && lex_json_number(dropout, 1) != 0)
        return lex_err_set(err, LEX_ERR_INPUT, "the model has dropout, which makes other tokens from run to run");
    LEX_TRY(check_text(model, "unk_token", err));
    LEX_TRY(check_text(model, "continuing_subword_prefix", err));
    LEX_TRY(check_text(model, "end_of_word_suffix", err));
    LEX_TRY(lex_component_bool_or(&bpe->fuse_unknown, false, what, model, "fuse_unk", err));
    LEX_TRY(lex_component_bool_or(&bpe->byte_fallback, false, what, model, "byte_fallback", err));
    LEX_TRY(lex_component_bool_or(&bpe->ignore_merges, false, what, model, "ignore_merges", err));
    bpe->prefix = text_or_null(model, "continuing_subword_prefix");
    bpe->suffix = text_or_null(model, "end_of_word_suffix");
    loading->unknown = lex_json_string(lex_json_get(model, "unk_token"));
    if (lex_json_type_of(lex_json_get(model, "merges")) != LEX_JSON_ARRAY)
        return lex_err_set(err, LEX_ERR_INPUT, "the model's 'merges' is not a list");
    LEX_TRY(lex_read_vocab_object(loading, lex_json_get(model, "vocab"), err));
done:
    return st;
}

/* A score as the reference reads it from a file: all digits as one whole number, divided by a power of ten, which is
 * rounded twice and so one bit off now and then. That bit decides between two ways to cut a word that are equally good.
 * The digits are the fewest that make the number, as every writer of such files has them. */
static double as_reference_reads(double value)
{
    char text[40], digits[40];
    int precision = 1, n = 0, exponent = 0;
    do
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
    while (precision++ < 17 && strtod(text, NULL) != value);
    const char *p = text + (*text == '-');
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            digits[n++] = *p;
    digits[n] = '\0';
    if (*p == 'e')
        exponent = (int)strtol(p + 1, NULL, 10) - (n - 1);
    double whole = (double)strtoull(digits, NULL, 10);
    double power = pow(10, abs(exponent)); /* exact up to 10^22; beyond that no score is */
    whole = exponent < 0 ? whole / power : whole * power;
    return value < 0 ? -whole : whole;
}

lex_status lex_read_unigram(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *model, lex_err *err)
{
    lex_unigram *unigram = &tokenizer->pipeline->unigram;
    const lex_json *vocab = lex_json_get(model, "vocab");
    int64_t n = lex_json_count(vocab), unknown;
    lex_status st = LEX_OK;
    tokenizer->pipeline->kind = LEX_MODEL_UNIGRAM;
    LEX_TRY(lex_component_keys(what, model, "unk_id byte_fallback vocab", err));
    LEX_TRY(lex_component_bool_or(&unigram->byte_fallback, false, what, model, "byte_fallback", err));
    if (lex_json_type_of(vocab) != LEX_JSON_ARRAY)
        return lex_err_set(err, LEX_ERR_INPUT, "the model's 'vocab' is not a list");
    if (n > LEX_VOCAB_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "more than %d tokens", LEX_VOCAB_MAX);
    if (!lex_json_int(&unknown, lex_json_get(model, "unk_id"), 0, n - 1))
        return lex_err_set(err, LEX_ERR_INPUT, "the model's 'unk_id' is not the number of a token");
    unigram->unknown_id = (int32_t)unknown;
    for (const lex_json *node = lex_json_first(vocab); node; node = lex_json_next(node)) {
        const lex_json *piece = lex_json_first(node), *score = lex_json_next(piece);
        double value = lex_json_number(score, NAN);
        if (lex_json_count(node) != 2 || lex_json_string(piece) == NULL || !isfinite(value))
            return lex_err_set(err, LEX_ERR_INPUT, "token %lld of the model's 'vocab' is not a text with a score",
                               (long long)loading->n_items);
        lex_vocab_add_scored(loading, lex_str_of(lex_json_string(piece)), as_reference_reads(value));
    }
done:
    return st;
}

/* ---- what needs ids ---- */

static int32_t need(const lex_tokenizer *tokenizer, lex_str text, int64_t rank, lex_err *err)
{
    int32_t id = lex_idmap_get(&tokenizer->words, text);
    if (id < 0)
        lex_err_set(err, LEX_ERR_INPUT, "merge %lld needs '%.*s', which the vocabulary lacks", (long long)rank + 1,
                    (int)(text.len < 200 ? text.len : 200), text.ptr);
    return id;
}

lex_status lex_bpe_add_merge(lex_tokenizer *tokenizer, lex_str left, lex_str right, int64_t rank, lex_err *err)
{
    lex_bpe *bpe = &tokenizer->pipeline->bpe;
    size_t prefix = bpe->prefix ? strlen(bpe->prefix) : 0;
    int32_t a = need(tokenizer, left, rank, err), b = a < 0 ? -1 : need(tokenizer, right, rank, err), both = -1;
    if (b >= 0 && right.len < prefix)
        return lex_err_set(err, LEX_ERR_INPUT, "merge %lld continues with a piece shorter than the prefix '%s'",
                           (long long)rank + 1, bpe->prefix);
    lex_buf joined;
    lex_buf_init(&joined);
    if (b >= 0) {
        lex_buf_add_str(&joined, left);
        lex_buf_add(&joined, right.ptr + prefix, right.len - prefix);
        both = need(tokenizer, lex_buf_str(&joined), rank, err);
    }
    lex_buf_release(&joined);
    if (both < 0)
        return LEX_ERR_INPUT;
    lex_pairmap_put(&bpe->merges, (uint32_t)a, (uint32_t)b, (lex_pair_value){(uint32_t)rank, both});
    return LEX_OK;
}

/* "a b" or ["a", "b"] */
static lex_status add_json_merge(lex_tokenizer *tokenizer, const lex_json *node, int64_t rank, lex_err *err)
{
    const char *line = lex_json_string(node), *space = line ? strchr(line, ' ') : NULL;
    const char *left = lex_json_string(lex_json_first(node));
    const char *right = lex_json_string(lex_json_next(lex_json_first(node)));
    if (space && strchr(space + 1, ' ') == NULL)
        return lex_bpe_add_merge(tokenizer, (lex_str){line, (size_t)(space - line)}, lex_str_of(space + 1), rank, err);
    if (left && right && lex_json_type_of(node) == LEX_JSON_ARRAY && lex_json_count(node) == 2)
        return lex_bpe_add_merge(tokenizer, lex_str_of(left), lex_str_of(right), rank, err);
    return lex_err_set(err, LEX_ERR_INPUT, "merge %lld is not two pieces", (long long)rank + 1);
}

static lex_status add_json_merges(lex_tokenizer *tokenizer, const lex_json *merges, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t rank = 0;
    for (const lex_json *node = lex_json_first(merges); node; node = lex_json_next(node)) {
        const char *line = lex_json_string(node);
        if (line && strncmp(line, "#version", 8) == 0)
            continue;
        LEX_TRY(add_json_merge(tokenizer, node, rank++, err));
    }
done:
    return st;
}

static void finish_unigram(lex_tokenizer *tokenizer, const lex_loading *loading)
{
    lex_unigram *unigram = &tokenizer->pipeline->unigram;
    double lowest = INFINITY;
    unigram->scores = lex_alloc_zeroed((size_t)loading->n_items + 1, sizeof *unigram->scores);
    for (int64_t i = 0; i < loading->n_items; i++) {
        lex_str text = loading->items[i].text;
        unigram->scores[i] = loading->scores[i];
        lowest = fmin(lowest, loading->scores[i]);
        if (lex_idmap_get(&tokenizer->words, text) == i) /* of two tokens with one text the last counts */
            lex_unigram_add(unigram, text, (int32_t)i);
    }
    unigram->unknown_score = lowest - 10; /* sentencepiece's price for a character that it does not know */
}

lex_status lex_finish_model(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_pipeline *pipeline = tokenizer->pipeline;
    const lex_json *merges = lex_json_get(lex_json_get(loading->file, "model"), "merges");
    for (int i = 0; i < 256; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", (unsigned)i);
        pipeline->byte_ids[i] = lex_idmap_get(&tokenizer->words, lex_str_of(name));
    }
    pipeline->bpe.unknown_id = tokenizer->unknown_id;
    if (pipeline->kind == LEX_MODEL_UNIGRAM)
        finish_unigram(tokenizer, loading);
    if (pipeline->kind != LEX_MODEL_BPE)
        return LEX_OK;
    lex_pairmap_init(&pipeline->bpe.merges, lex_json_count(merges));
    return loading->file ? add_json_merges(tokenizer, merges, err) : LEX_OK;
}
