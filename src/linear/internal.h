/* internal.h - what the files of this module share. */
#ifndef LEXCLF_LINEAR_INTERNAL_H
#define LEXCLF_LINEAR_INTERNAL_H

#include "lexclf/linear.h"

typedef enum { LEX_GRAM_WORDS, LEX_GRAM_CHARS, LEX_GRAM_KINDS } lex_gram_kind;

/* ---- grams.c ---- */

/* Memory that finding n-grams needs; one a thread. */
typedef struct {
    lex_buf text;   /* words with one blank between, or characters of a word with one around */
    size_t *starts; /* of words or characters in it */
    size_t *ends;
    int64_t n, capacity, end_capacity;
} lex_gram_scratch;
void lex_gram_scratch_init(lex_gram_scratch *scratch);
void lex_gram_scratch_release(lex_gram_scratch *scratch);

/* Calls `use` with every n-gram of a text, as often as it stands there; `gram` is borrowed for the call. Returns the
 * number of words. */
typedef void (*lex_gram_use)(void *context, lex_gram_kind kind, lex_str gram);
int64_t lex_grams_find(lex_str text, const lex_ngrams *ngrams, lex_gram_scratch *scratch, lex_gram_use use,
                       void *context);

/* ---- grammap.c: n-grams to numbers from 0, in the order in which they came ---- */

typedef struct {
    uint64_t begin; /* in the pool */
    uint32_t len;
    uint32_t tag; /* of its hash */
} lex_grammap_entry;
typedef struct {
    lex_buf pool; /* the bytes of all */
    lex_grammap_entry *entries;
    int64_t n, capacity;
    int32_t *slots; /* open addressing: number + 1, or 0 */
    int64_t n_slots;
} lex_grammap;
void lex_grammap_init(lex_grammap *map);
void lex_grammap_release(lex_grammap *map);
void lex_grammap_expect(lex_grammap *map, int64_t n); /* makes room at once */
int32_t lex_grammap_add(lex_grammap *map, lex_str gram); /* its number, new or not */
int32_t lex_grammap_find(const lex_grammap *map, lex_str gram); /* or -1 */
static inline lex_str lex_grammap_text(const lex_grammap *map, int64_t number)
{
    const lex_grammap_entry *entry = &map->entries[number];
    return (lex_str){map->pool.ptr + entry->begin, entry->len};
}

/* ---- tally.c ---- */

/* How often a term stands in a text. */
typedef struct {
    int32_t term;
    int32_t count;
} lex_term_count;

/* The counts of one text, by number: an array of zeros of which few are touched. */
typedef struct {
    int32_t *counts;
    int64_t capacity;
    int32_t *touched;
    int64_t n_touched, touched_capacity;
} lex_tally;
void lex_tally_init(lex_tally *tally);
void lex_tally_release(lex_tally *tally);
void lex_tally_add(lex_tally *tally, int32_t term);
/* Writes tally->n_touched counts, ascending by term, and forgets them. Returns how many. */
int64_t lex_tally_take(lex_tally *tally, lex_term_count *out);

/* ---- terms.c ---- */

struct lex_terms {
    lex_ngrams ngrams;
    lex_gram_scratch scratch;
    lex_grammap grams[LEX_GRAM_KINDS];
    int64_t *starts; /* (n_texts + 1) for each kind */
    int64_t n_starts, start_capacity;
    lex_term_count *counts; /* of a text: its words' grams, then its characters' */
    int64_t n_counts, count_capacity;
    lex_tally tallies[LEX_GRAM_KINDS]; /* of the text at hand */
};

/* ---- vectorizer.c ---- */

struct lex_vectorizer {
    lex_ngrams ngrams;
    lex_grammap grams[LEX_GRAM_KINDS]; /* in the order of the features */
    float *idf;                        /* (F) */
    int32_t *feature_of[LEX_GRAM_KINDS]; /* by number of the term that it was learned from, or -1; NULL after reading */
    lex_gram_scratch scratch;
    lex_tally tally;
    lex_term_count *counts;
    int64_t count_capacity;
};
/* With no grams yet. */
lex_vectorizer *lex_vectorizer_new(const lex_ngrams *ngrams);
bool lex_ngrams_are_good(const lex_ngrams *ngrams);

#endif
