/* tally.c - counting the terms of one text: memory goes with the different terms, not with the length of the text. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void lex_tally_init(lex_tally *tally)
{
    *tally = (lex_tally){.capacity = 0};
}

void lex_tally_release(lex_tally *tally)
{
    free(tally->counts);
    free(tally->touched);
    lex_tally_init(tally);
}

void lex_tally_add(lex_tally *tally, int32_t term)
{
    if (term >= tally->capacity) {
        int64_t before = tally->capacity;
        while (term >= tally->capacity)
            tally->capacity = tally->capacity ? 2 * tally->capacity : 1024;
        tally->counts = lex_realloc_array(tally->counts, (size_t)tally->capacity, sizeof *tally->counts);
        memset(tally->counts + before, 0, (size_t)(tally->capacity - before) * sizeof *tally->counts);
    }
    if (tally->counts[term]++ == 0)
        LEX_PUSH(tally->touched, tally->n_touched, tally->touched_capacity, term);
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int64_t lex_tally_take(lex_tally *tally, lex_term_count *out)
{
    int64_t n = tally->n_touched;
    if (n)
        qsort(tally->touched, (size_t)n, sizeof *tally->touched, by_number);
    for (int64_t i = 0; i < n; i++) {
        int32_t term = tally->touched[i];
        out[i] = (lex_term_count){term, tally->counts[term]};
        tally->counts[term] = 0;
    }
    tally->n_touched = 0;
    return n;
}
