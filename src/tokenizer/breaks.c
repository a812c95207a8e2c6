/* breaks.c - where a Chinese document is best cut. Sentences end with full-width marks, clauses of contracts with the
 * semicolon, and articles begin with 第, a numeral and 条; all of it is looked for among token ids, so that a document is
 * cut as it lies in memory.
 *
 * Which ids these are the tokenizer itself is asked: a mark counts where it is a token of its own inside a text, which it
 * is not for vocabularies of bytes, nor where it is unknown. */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

enum { ENDS_MAX = 8, CLOSERS_MAX = 16, NUMERAL_TOKENS_MAX = 6, ARTICLES = 300 };

struct lex_breaks {
    int32_t ends[ENDS_MAX], closers[CLOSERS_MAX];
    int64_t n_ends, n_closers;
    int32_t article, clause; /* of 第 and of 条; -1: none */
    int32_t *numerals;       /* sorted */
    int64_t n_numerals, numerals_capacity;
};

/* The id of a character inside a text, where it is one token by itself; else -1. */
static int32_t id_of(const lex_tokenizer *tokenizer, const char *character, lex_tokens *tokens)
{
    char text[16];
    int len = snprintf(text, sizeof text, "x%s", character);
    lex_tokenizer_encode(tokenizer, (lex_str){text, (size_t)len}, tokens);
    const lex_token *last = tokens->n ? &tokens->items[tokens->n - 1] : NULL;
    bool alone = last && last->begin == 1 && last->end == (uint32_t)len &&
                 (tokens->n == 1 || last[-1].end <= 1) && last->id != tokenizer->unknown_id;
    return alone ? last->id : -1;
}

static int64_t ids_of(const lex_tokenizer *tokenizer, const char *const *characters, int32_t *out, lex_tokens *tokens)
{
    int64_t n = 0;
    for (; *characters; characters++) {
        int32_t id = id_of(tokenizer, *characters, tokens);
        if (id >= 0)
            out[n++] = id;
    }
    return n;
}

static int compare_ids(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* Whatever stands between 第 and 条 in 第1条 to 第299条, and the numerals that are written in Chinese. */
static void find_numerals(const lex_tokenizer *tokenizer, lex_breaks *breaks, lex_tokens *tokens)
{
    static const char *const chinese[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "零", "〇", "两", NULL};
    for (int i = 0; i < ARTICLES; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "第%d条", i);
        lex_tokenizer_encode(tokenizer, (lex_str){text, (size_t)len}, tokens);
        for (int64_t k = 0; k < tokens->n; k++) {
            lex_token token = tokens->items[k];
            if (token.begin >= 3 && token.end <= (uint32_t)len - 3 && token.id != tokenizer->unknown_id)
                LEX_PUSH(breaks->numerals, breaks->n_numerals, breaks->numerals_capacity, token.id);
        }
    }
    for (const char *const *c = chinese; *c; c++) {
        int32_t id = id_of(tokenizer, *c, tokens);
        if (id >= 0)
            LEX_PUSH(breaks->numerals, breaks->n_numerals, breaks->numerals_capacity, id);
    }
    if (breaks->n_numerals)
        qsort(breaks->numerals, (size_t)breaks->n_numerals, sizeof *breaks->numerals, compare_ids);
}

void lex_breaks_prepare(lex_tokenizer *tokenizer)
{
    static const char *const ends[] = {"。", "；", "！", "？", NULL};
    static const char *const closers[] = {"”", "’", "」", "』", "）", "》", "】", NULL};
    lex_breaks *breaks = lex_alloc_zeroed(1, sizeof *breaks);
    lex_tokens tokens;
    lex_tokens_init(&tokens);
    breaks->n_ends = ids_of(tokenizer, ends, breaks->ends, &tokens);
    breaks->n_closers = ids_of(tokenizer, closers, breaks->closers, &tokens);
    breaks->article = id_of(tokenizer, "第", &tokens);
    breaks->clause = id_of(tokenizer, "条", &tokens);
    if (breaks->article >= 0 && breaks->clause >= 0)
        find_numerals(tokenizer, breaks, &tokens);
    lex_tokens_release(&tokens);
    lex_breaks_free(tokenizer->breaks);
    tokenizer->breaks = breaks->n_ends > 0 || breaks->n_numerals > 0 ? breaks : NULL;
    if (tokenizer->breaks == NULL)
        lex_breaks_free(breaks);
}

void lex_breaks_free(lex_breaks *breaks)
{
    if (breaks == NULL)
        return;
    free(breaks->numerals);
    free(breaks);
}

static bool is_in(const int32_t *ids, int64_t n, int32_t id)
{
    bool found = false;
    for (int64_t i = 0; i < n; i++)
        found |= ids[i] == id;
    return found;
}

/* 第, one to six numerals, 条. */
static bool is_article(const lex_breaks *breaks, const int32_t *ids, int64_t n, int64_t at)
{
    if (breaks->n_numerals == 0 || ids[at] != breaks->article)
        return false;
    for (int64_t k = at + 1; k < n && k <= at + 1 + NUMERAL_TOKENS_MAX; k++) {
        if (ids[k] == breaks->clause)
            return k > at + 1;
        if (!bsearch(&ids[k], breaks->numerals, (size_t)breaks->n_numerals, sizeof *ids, compare_ids))
            return false;
    }
    return false;
}

bool lex_breaks_before(const lex_breaks *breaks, const int32_t *ids, int64_t n, int64_t at)
{
    if (at <= 0 || at >= n)
        return at == n;
    if (is_article(breaks, ids, n, at))
        return true;
    int64_t k = at - 1; /* the mark may have quotes and brackets behind it, which belong to it */
    while (k > 0 && at - k <= CLOSERS_MAX && is_in(breaks->closers, breaks->n_closers, ids[k]))
        k--;
    return is_in(breaks->ends, breaks->n_ends, ids[k]) && !is_in(breaks->ends, breaks->n_ends, ids[at]) &&
           !is_in(breaks->closers, breaks->n_closers, ids[at]);
}
