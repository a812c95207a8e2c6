/* lengths.c - how long texts are, how much a maximum length cuts off, and what the vocabulary does not know. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- unknown tokens ---- */

static lint_character *character_of(lex_lint *lint, uint32_t c)
{
    uint32_t *number = lint_table_at(&lint->character_numbers, (uint64_t)c + 1);
    if (*number == LINT_NONE) {
        char bytes[4];
        lex_str alone = {bytes, lex_utf8_put(bytes, c)};
        lex_tokenizer_encode(lint->options.tokenizer, alone, &lint->one);
        bool known = true;
        for (int64_t i = 0; i < lint->one.n; i++)
            known &= lint->one.items[i].id != lex_tokenizer_unknown_id(lint->options.tokenizer);
        *number = lint->n_characters;
        LEX_PUSH(lint->characters, lint->n_characters, lint->characters_capacity, ((lint_character){c, known, 0}));
    }
    return &lint->characters[*number];
}

/* Which characters of an unknown word the vocabulary lacks. */
static void look_behind(lex_lint *lint, lex_str word)
{
    bool spelled = true;
    for (size_t at = 0; at < word.len;) {
        lint_character *character = character_of(lint, lex_utf8_next(word, &at));
        character->n += !character->known;
        spelled &= character->known;
    }
    lint->report.unknown.n_spelled += spelled;
}

uint32_t lint_length_of(lex_lint *lint, lex_str text)
{
    const lex_tokenizer *tokenizer = lint->options.tokenizer;
    if (!tokenizer)
        return lint->scan.n_words < UINT32_MAX ? (uint32_t)lint->scan.n_words : UINT32_MAX;
    lex_lint_unknown *unknown = &lint->report.unknown;
    int32_t unknown_id = lex_tokenizer_unknown_id(tokenizer);
    int64_t before = unknown->n_unknown;
    lex_tokenizer_encode(tokenizer, text, &lint->tokens);
    const lex_token *tokens = lint->tokens.items;
    for (int64_t i = 0; i < lint->tokens.n; i++) {
        if (tokens[i].id == unknown_id && tokens[i].end > tokens[i].begin) {
            unknown->n_unknown++;
            look_behind(lint, (lex_str){text.ptr + tokens[i].begin, tokens[i].end - tokens[i].begin});
        }
    }
    unknown->n_tokens += lint->tokens.n;
    unknown->n_rows += unknown->n_unknown > before;
    return (uint32_t)(lint->tokens.n + lex_tokenizer_n_special(tokenizer));
}

static int by_count(const void *a, const void *b)
{
    const lint_character *x = a, *y = b;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->code_point < y->code_point ? -1 : x->code_point > y->code_point;
}

static void judge_unknown(lex_lint *lint)
{
    lex_lint_unknown *unknown = &lint->report.unknown;
    if (lint->n_characters)
        qsort(lint->characters, lint->n_characters, sizeof *lint->characters, by_count);
    for (uint32_t i = 0; i < lint->n_characters && lint->characters[i].n > 0; i++) {
        if (unknown->n_top < LEX_LINT_CHARACTERS)
            unknown->top[unknown->n_top++] =
                (lex_lint_character){lint->characters[i].code_point, lint->characters[i].n};
        unknown->n_characters++;
    }
    if (unknown->n_unknown == 0)
        return;
    double share = (double)unknown->n_unknown / (double)unknown->n_tokens;
    lint->found[LINT_UNKNOWN_TOKEN].count = unknown->n_unknown;
    lint_tell(lint, LINT_UNKNOWN_TOKEN, share >= 0.01 ? LEX_LINT_WARNING : LEX_LINT_NOTE,
              "%.2f%% of the tokens are unknown to the vocabulary, in %s: %s", 100 * share,
              lint_count(unknown->n_rows, "row", "rows").text,
              share >= 0.01 ? "an encoder of these texts' language will do better"
                            : "replace the characters if they matter");
}

/* ---- lengths ---- */

/* 1, 2, 3, 4, 6, 8, 12, 16 ...: where the bins begin, from 0 on. */
static int64_t bin_begin(int i)
{
    if (i < 4)
        return i;
    return (i % 2 ? INT64_C(3) : INT64_C(4)) << (i / 2 - (i % 2 ? 1 : 2));
}

static void fill_bins(lex_lint_lengths *lengths, const uint32_t *sorted, uint32_t n)
{
    uint32_t at = 0;
    for (int i = 0; i < LEX_LINT_BINS_MAX && at < n; i++) {
        bool last = i + 1 == LEX_LINT_BINS_MAX;
        lex_lint_bin bin = {bin_begin(i), last ? lengths->max : bin_begin(i + 1) - 1, 0};
        uint32_t begin = at;
        while (at < n && sorted[at] <= bin.to)
            at++;
        bin.n_rows = at - begin;
        if (bin.n_rows || lengths->n_bins)
            lengths->bins[lengths->n_bins++] = bin;
    }
}

static int by_length(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The smallest length that so many in a hundred rows do not exceed. */
static int64_t percentile(const uint32_t *sorted, uint32_t n, int percent)
{
    uint64_t rank = ((uint64_t)n * (uint64_t)percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static void judge_truncation(lex_lint *lint)
{
    const lex_lint_lengths *lengths = &lint->report.lengths;
    if (lengths->n_cut == 0)
        return;
    lint->found[LINT_TRUNCATION].count = lengths->n_cut;
    double rows = (double)lengths->n_cut / (double)lint->n_rows, lost = (double)lengths->n_lost / (double)lengths->total;
    lint_tell(lint, LINT_TRUNCATION, rows >= 0.05 ? LEX_LINT_WARNING : LEX_LINT_NOTE,
              "%s (%.1f%%) %s longer than --max-length %lld%s and lose%s %.1f%% of all %s; 99%% of the rows fit "
              "into %lld",
              lint_count(lengths->n_cut, "row", "rows").text, 100 * rows, lengths->n_cut == 1 ? "is" : "are",
              (long long)lengths->max_length, lengths->by_data ? ", which train would choose," : "",
              lengths->n_cut == 1 ? "s" : "", 100 * lost, lengths->in_tokens ? "tokens" : "words",
              (long long)lengths->p99);
}

/* A row of twenty times the usual length is often several that lost their line ends. */
static void find_long_rows(lex_lint *lint)
{
    const lex_lint_lengths *lengths = &lint->report.lengths;
    for (uint32_t i = 0; i < lint->n_rows; i++) {
        uint32_t length = lint->rows[i].length;
        if (length < 1000 || length <= 20 * lengths->median)
            continue;
        lex_buf detail;
        lex_buf_init(&detail);
        lex_buf_printf(&detail, "%u %s", length, lengths->in_tokens ? "tokens" : "words");
        lint_note(lint, LINT_LONG_ROW, i, LINT_NONE, lex_buf_str(&detail));
        lex_buf_release(&detail);
    }
}

/* The rows that training would learn from. */
typedef struct {
    const lex_lint *lint;
    bool all; /* none is of a training file */
} learned_rows;

static bool is_learned(const learned_rows *rows, uint32_t i)
{
    return rows->all || lint_set_of(rows->lint, i) == LEX_LINT_TRAIN;
}

static int64_t lost_at(const void *context, int64_t length)
{
    const learned_rows *rows = context;
    int64_t lost = 0;
    for (uint32_t i = 0; i < rows->lint->n_rows; i++)
        if (is_learned(rows, i) && rows->lint->rows[i].length > length)
            lost += rows->lint->rows[i].length - length;
    return lost;
}

static int64_t choose_length(const lex_lint *lint)
{
    learned_rows rows = {lint, true};
    int64_t n_tokens = 0;
    for (uint32_t i = 0; i < lint->n_rows && rows.all; i++)
        rows.all = lint_set_of(lint, i) != LEX_LINT_TRAIN;
    for (uint32_t i = 0; i < lint->n_rows; i++)
        if (is_learned(&rows, i))
            n_tokens += lint->rows[i].length - lex_tokenizer_n_special(lint->options.tokenizer);
    return lex_length_of_texts(lint->options.max_length, n_tokens, lost_at, &rows);
}

void lint_lengths_judge(lex_lint *lint)
{
    lex_lint_lengths *lengths = &lint->report.lengths;
    uint32_t n = lint->n_rows;
    lengths->in_tokens = lint->options.tokenizer != NULL;
    lengths->by_data = lint->options.length_by_data && lint->options.tokenizer;
    lengths->max_length = lengths->by_data ? choose_length(lint) : lint->options.max_length;
    judge_unknown(lint);
    if (n == 0)
        return;
    uint32_t *sorted = lex_alloc_array(n, sizeof *sorted);
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = lint->rows[i].length;
        lengths->total += sorted[i];
        if (lengths->max_length && sorted[i] > lengths->max_length) {
            lengths->n_cut++;
            lengths->n_lost += sorted[i] - lengths->max_length;
        }
    }
    qsort(sorted, n, sizeof *sorted, by_length);
    lengths->min = sorted[0];
    lengths->median = percentile(sorted, n, 50);
    lengths->p90 = percentile(sorted, n, 90);
    lengths->p95 = percentile(sorted, n, 95);
    lengths->p99 = percentile(sorted, n, 99);
    lengths->max = sorted[n - 1];
    fill_bins(lengths, sorted, n);
    free(sorted);
    judge_truncation(lint);
    find_long_rows(lint);
}
