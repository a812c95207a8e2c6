/* near.c - pairs of texts that are nearly the same, in time linear in the number of texts.
 *
 * Band by band, texts are sorted by the band's value; those of one value are a bucket. A text is compared with the
 * first of its bucket in every set and with its predecessor there, whatever the bucket's size, and no further once a
 * twin is known in a set. Texts are numbered in the order in which their first rows came, so that the twin named is an
 * earlier row, and of an earlier set or the same.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

typedef struct {
    uint32_t row, twin; /* the first rows of two texts; the twin is earlier */
    double index;
    bool same_set;
} pair;

typedef struct {
    pair *items;
    size_t n, capacity;
} pairs;

/* Sorts by the upper 32 bits, keeping the order of equals. `spare` is as long as `items`. */
static void sort_by_band(uint64_t *items, uint64_t *spare, size_t n)
{
    for (int shift = 32; shift < 64; shift += DIGIT_BITS) {
        size_t place[DIGITS + 1] = {0};
        for (size_t i = 0; i < n; i++)
            place[(items[i] >> shift & (DIGITS - 1)) + 1]++;
        for (size_t d = 1; d <= DIGITS; d++)
            place[d] += place[d - 1];
        for (size_t i = 0; i < n; i++)
            spare[place[items[i] >> shift & (DIGITS - 1)]++] = items[i];
        memcpy(items, spare, n * sizeof *items);
    }
}

/* The earliest set that has the text, and its first row there. */
static uint32_t first_row(const lint_text *text, int *set)
{
    for (*set = 0; text->first[*set] == LINT_NONE; ++*set)
        LEX_ASSERT(*set + 1 < LEX_LINT_SETS);
    return text->first[*set];
}

/* Compares a text with an earlier one of the bucket. */
static void compare(lex_lint *lint, pairs *found, uint32_t number, uint32_t other_number)
{
    lint_text *text = &lint->texts[number];
    const lint_text *other = &lint->texts[other_number];
    int set, other_set;
    uint32_t row = first_row(text, &set), twin = first_row(other, &other_set);
    bool apart = (set == LEX_LINT_OTHER) != (other_set == LEX_LINT_OTHER);
    if (apart || text->near_sets & 1u << other_set)
        return;
    double index = lint_similarity(&text->sketch, &other->sketch);
    if (index < lint->options.near)
        return;
    text->near_sets = (uint8_t)(text->near_sets | 1u << other_set);
    LEX_PUSH(found->items, found->n, found->capacity, ((pair){row, twin, index, set == other_set}));
}

static void pair_bucket(lex_lint *lint, pairs *found, const uint64_t *items, size_t n)
{
    uint32_t first_of[LEX_LINT_SETS];
    memset(first_of, 0xFF, sizeof first_of);
    for (size_t i = 0; i < n; i++) {
        uint32_t number = (uint32_t)items[i];
        int set;
        first_row(&lint->texts[number], &set);
        for (int s = 0; s < LEX_LINT_SETS; s++) {
            if (first_of[s] != LINT_NONE)
                compare(lint, found, number, first_of[s]);
        }
        if (i > 0)
            compare(lint, found, number, (uint32_t)items[i - 1]);
        if (first_of[set] == LINT_NONE)
            first_of[set] = number;
    }
}

static int by_row(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->twin < y->twin ? -1 : x->twin > y->twin;
}

static void tell(lex_lint *lint, const pair *p, bool leak_is_told)
{
    lex_buf detail;
    lex_buf_init(&detail);
    lex_buf_printf(&detail, "%.2f  %s", p->index, lint->texts[lint->rows[p->row].text].excerpt);
    if (p->same_set || !leak_is_told)
        lint_note(lint, p->same_set ? LINT_NEAR_DUPLICATE : LINT_NEAR_LEAK, p->row, p->twin, lex_buf_str(&detail));
    uint32_t labels = lint->rows[p->row].label_set, other = lint->rows[p->twin].label_set;
    if (labels != other && labels != LINT_NONE && other != LINT_NONE) {
        lex_buf_clear(&detail);
        lint_add_label_set(&detail, lint, labels);
        lex_buf_printf(&detail, " | ");
        lint_add_label_set(&detail, lint, other);
        lint_note(lint, LINT_NEAR_CONFLICT, p->row, p->twin, lex_buf_str(&detail));
    }
    lex_buf_release(&detail);
}

/* In the order of rows. A row leaks once, however many sets have its twin. */
static void tell_all(lex_lint *lint, pairs *found)
{
    uint32_t leaked = LINT_NONE;
    if (found->n)
        qsort(found->items, found->n, sizeof *found->items, by_row);
    for (size_t i = 0; i < found->n; i++) {
        const pair *p = &found->items[i];
        tell(lint, p, leaked == p->row);
        if (!p->same_set)
            leaked = p->row;
    }
}

void lint_near_pair(lex_lint *lint)
{
    size_t n = 0;
    pairs found = {0};
    uint64_t *items = lex_alloc_array(lint->n_texts, sizeof *items);
    uint64_t *spare = lex_alloc_array(lint->n_texts, sizeof *spare);
    for (size_t band = 0; band < LINT_BANDS; band++) {
        n = 0;
        for (uint32_t i = 0; i < lint->n_texts; i++) {
            if (lint->texts[i].sketch.n > 0)
                items[n++] = (uint64_t)lint->bands[(size_t)i * LINT_BANDS + band] << 32 | i;
        }
        sort_by_band(items, spare, n);
        for (size_t from = 0, to; from < n; from = to) {
            for (to = from + 1; to < n && items[to] >> 32 == items[from] >> 32;)
                to++;
            if (to - from > 1)
                pair_bucket(lint, &found, items + from, to - from);
        }
    }
    tell_all(lint, &found);
    free(found.items);
    free(items);
    free(spare);
}
