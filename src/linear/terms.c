/* terms.c - texts as counts of n-grams. All that is ever asked of a training text is in these counts, so that texts can
 * be let go, and what the vocabulary is learned from (the rows that are not held out) can be decided afterwards. */
#include <stdlib.h>

#include "internal.h"

enum { GRAM_BYTES = 40 }; /* of a different n-gram in the map: its entry, its text, its share of empty places */

bool lex_ngrams_are_good(const lex_ngrams *g)
{
    bool words = g->word_low >= 1 && g->word_low <= g->word_high && g->word_high <= LEX_NGRAM_MAX;
    bool chars = g->char_low >= 1 && g->char_low <= g->char_high && g->char_high <= LEX_NGRAM_MAX;
    bool no_words = g->word_low == 0 && g->word_high == 0, no_chars = g->char_low == 0 && g->char_high == 0;
    return (words || no_words) && (chars || no_chars) && (words || chars);
}

lex_terms *lex_terms_new(const lex_ngrams *ngrams)
{
    LEX_ASSERT(lex_ngrams_are_good(ngrams));
    lex_terms *terms = lex_alloc_zeroed(1, sizeof *terms);
    terms->ngrams = *ngrams;
    lex_gram_scratch_init(&terms->scratch);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        lex_grammap_init(&terms->grams[kind]);
        lex_tally_init(&terms->tallies[kind]);
    }
    LEX_PUSH(terms->starts, terms->n_starts, terms->start_capacity, 0);
    return terms;
}

void lex_terms_free(lex_terms *terms)
{
    if (!terms)
        return;
    lex_gram_scratch_release(&terms->scratch);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        lex_grammap_release(&terms->grams[kind]);
        lex_tally_release(&terms->tallies[kind]);
    }
    free(terms->starts);
    free(terms->counts);
    free(terms);
}

int64_t lex_terms_n_texts(const lex_terms *terms)
{
    return (terms->n_starts - 1) / LEX_GRAM_KINDS;
}

int64_t lex_terms_bytes(const lex_terms *terms)
{
    int64_t n = terms->n_starts * (int64_t)sizeof *terms->starts + terms->n_counts * (int64_t)sizeof *terms->counts;
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++)
        n += terms->grams[kind].n * GRAM_BYTES;
    return n;
}

static void note_gram(void *context, lex_gram_kind kind, lex_str gram)
{
    lex_terms *terms = context;
    lex_tally_add(&terms->tallies[kind], lex_grammap_add(&terms->grams[kind], gram));
}

static void reserve_counts(lex_terms *terms, int64_t n)
{
    if (terms->n_counts + n < terms->count_capacity)
        return;
    while (terms->n_counts + n >= terms->count_capacity)
        terms->count_capacity = terms->count_capacity ? 2 * terms->count_capacity : 1024;
    terms->counts = lex_realloc_array(terms->counts, (size_t)terms->count_capacity, sizeof *terms->counts);
}

lex_status lex_terms_add(lex_terms *terms, lex_str text, int64_t *n_words, lex_err *err)
{
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        if (terms->grams[kind].n > LEX_TERMS_MAX) {
            lex_err_set(err, LEX_ERR_INPUT, "more than %d different n-grams before this text", LEX_TERMS_MAX);
            lex_err_hint(err, "train on fewer rows, or on shorter n-grams");
            return LEX_ERR_INPUT;
        }
    }
    int64_t found_words = lex_grams_find(text, &terms->ngrams, &terms->scratch, note_gram, terms);
    if (n_words)
        *n_words = found_words;
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        reserve_counts(terms, terms->tallies[kind].n_touched);
        terms->n_counts += lex_tally_take(&terms->tallies[kind], terms->counts + terms->n_counts);
        LEX_PUSH(terms->starts, terms->n_starts, terms->start_capacity, terms->n_counts);
    }
    return LEX_OK;
}
