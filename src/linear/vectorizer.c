/* vectorizer.c - counts to weighted features: a vocabulary and the idf learned from some texts, and rows made of others.
 *
 * Features are numbered words first, then characters, each kind by code point, as scikit-learn numbers them in a
 * FeatureUnion of the two. Sums of a row are taken in that order, in double. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void lex_sparse_init(lex_sparse *matrix)
{
    *matrix = (lex_sparse){.n_rows = 0};
    int64_t n_starts = 0;
    LEX_PUSH(matrix->starts, n_starts, matrix->row_capacity, 0);
}

void lex_sparse_release(lex_sparse *matrix)
{
    free(matrix->starts);
    free(matrix->columns);
    free(matrix->values);
    *matrix = (lex_sparse){.n_rows = 0};
}

void lex_sparse_clear(lex_sparse *matrix)
{
    matrix->n_rows = 0;
    matrix->n = 0;
}

static void add_value(lex_sparse *matrix, int32_t column, double value)
{
    int64_t n = matrix->n;
    LEX_PUSH(matrix->columns, n, matrix->column_capacity, column);
    LEX_PUSH(matrix->values, matrix->n, matrix->value_capacity, (float)value);
}

static void end_row(lex_sparse *matrix)
{
    int64_t n_starts = matrix->n_rows + 1;
    LEX_PUSH(matrix->starts, n_starts, matrix->row_capacity, matrix->n);
    matrix->n_rows++;
}

/* ---- a vocabulary ---- */

lex_vectorizer *lex_vectorizer_new(const lex_ngrams *ngrams)
{
    lex_vectorizer *v = lex_alloc_zeroed(1, sizeof *v);
    v->ngrams = *ngrams;
    lex_gram_scratch_init(&v->scratch);
    lex_tally_init(&v->tally);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++)
        lex_grammap_init(&v->grams[kind]);
    return v;
}

void lex_vectorizer_free(lex_vectorizer *v)
{
    if (!v)
        return;
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        lex_grammap_release(&v->grams[kind]);
        free(v->feature_of[kind]);
    }
    lex_gram_scratch_release(&v->scratch);
    free(v->idf);
    lex_tally_release(&v->tally);
    free(v->counts);
    free(v);
}

int64_t lex_vectorizer_n_features(const lex_vectorizer *v)
{
    return v->grams[LEX_GRAM_WORDS].n + v->grams[LEX_GRAM_CHARS].n;
}

lex_str lex_vectorizer_feature(const lex_vectorizer *v, int64_t feature, bool *of_characters)
{
    int64_t n_words = v->grams[LEX_GRAM_WORDS].n;
    *of_characters = feature >= n_words;
    return *of_characters ? lex_grammap_text(&v->grams[LEX_GRAM_CHARS], feature - n_words)
                          : lex_grammap_text(&v->grams[LEX_GRAM_WORDS], feature);
}

const float *lex_vectorizer_idf(const lex_vectorizer *v)
{
    return v->idf;
}

void lex_vectorizer_set_idf(lex_vectorizer *v, const float *idf)
{
    memcpy(v->idf, idf, (size_t)lex_vectorizer_n_features(v) * sizeof *idf);
}

/* ---- learning ---- */

typedef struct {
    lex_str text;
    int32_t term;
} candidate;

static int by_text(const void *a, const void *b)
{
    return lex_str_compare(((const candidate *)a)->text, ((const candidate *)b)->text);
}

/* How many of the texts have each term of a kind: (n terms). */
static int32_t *count_texts(const lex_terms *terms, int kind, const int64_t *rows, int64_t n_rows)
{
    int32_t *df = lex_alloc_zeroed((size_t)terms->grams[kind].n + 1, sizeof *df);
    for (int64_t i = 0; i < n_rows; i++) {
        const int64_t *starts = terms->starts + rows[i] * LEX_GRAM_KINDS + kind;
        for (int64_t at = starts[0]; at < starts[1]; at++)
            df[terms->counts[at].term]++;
    }
    return df;
}

/* Takes the terms of one kind that min_df texts have, in order, and notes which feature each one is. */
static void take_terms(lex_vectorizer *v, const lex_terms *terms, int kind, const int32_t *df, int64_t min_df)
{
    const lex_grammap *from = &terms->grams[kind];
    candidate *taken = lex_alloc_array((size_t)from->n + 1, sizeof *taken);
    int64_t n = 0, first = kind == LEX_GRAM_WORDS ? 0 : v->grams[LEX_GRAM_WORDS].n;
    v->feature_of[kind] = lex_alloc_array((size_t)from->n + 1, sizeof(int32_t));
    for (int64_t t = 0; t < from->n; t++) {
        v->feature_of[kind][t] = -1;
        if (df[t] >= min_df)
            taken[n++] = (candidate){lex_grammap_text(from, t), (int32_t)t};
    }
    if (n)
        qsort(taken, (size_t)n, sizeof *taken, by_text);
    lex_grammap_expect(&v->grams[kind], n);
    for (int64_t i = 0; i < n; i++)
        v->feature_of[kind][taken[i].term] = (int32_t)(first + lex_grammap_add(&v->grams[kind], taken[i].text));
    free(taken);
}

static void set_idf(lex_vectorizer *v, int kind, const int32_t *df, int64_t n_terms, int64_t n_rows)
{
    for (int64_t t = 0; t < n_terms; t++)
        if (v->feature_of[kind][t] >= 0)
            v->idf[v->feature_of[kind][t]] = (float)(log((double)(1 + n_rows) / (double)(1 + df[t])) + 1);
}

lex_status lex_vectorizer_learn(lex_vectorizer **out, const lex_terms *terms, const int64_t *rows, int64_t n_rows,
                                int64_t min_df, lex_err *err)
{
    lex_vectorizer *v = lex_vectorizer_new(&terms->ngrams);
    int32_t *df[LEX_GRAM_KINDS];
    LEX_ASSERT(min_df >= 1);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        df[kind] = count_texts(terms, kind, rows, n_rows);
        take_terms(v, terms, kind, df[kind], min_df);
    }
    v->idf = lex_alloc_array((size_t)lex_vectorizer_n_features(v) + 1, sizeof *v->idf);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        set_idf(v, kind, df[kind], terms->grams[kind].n, n_rows);
        free(df[kind]);
    }
    *out = v;
    if (lex_vectorizer_n_features(v) > 0)
        return LEX_OK;
    *out = NULL;
    lex_vectorizer_free(v);
    lex_err_set(err, LEX_ERR_INPUT, "no n-gram stands in %lld or more of the %lld texts", (long long)min_df,
                (long long)n_rows);
    return LEX_ERR_INPUT;
}

/* ---- rows ---- */

/* Adds the features of one kind, whose counts are by feature, with norm 1. */
static void add_weighed(const lex_vectorizer *v, const lex_term_count *counts, int64_t n, lex_sparse *out)
{
    double square = 0;
    for (int64_t i = 0; i < n; i++) {
        double weight = (1 + log(counts[i].count)) * (double)v->idf[counts[i].term];
        square += weight * weight;
    }
    double scale = 1 / sqrt(square);
    for (int64_t i = 0; i < n; i++)
        add_value(out, counts[i].term, scale * (1 + log(counts[i].count)) * (double)v->idf[counts[i].term]);
}

static int by_term(const void *a, const void *b)
{
    int32_t x = ((const lex_term_count *)a)->term, y = ((const lex_term_count *)b)->term;
    return (x > y) - (x < y);
}

void lex_vectorizer_weigh(const lex_vectorizer *v, const lex_terms *terms, const int64_t *rows, int64_t n_rows,
                          lex_sparse *out)
{
    lex_term_count *kept = NULL;
    int64_t capacity = 0;
    LEX_ASSERT(v->feature_of[0]);
    for (int64_t i = 0; i < n_rows; i++) {
        const int64_t *starts = terms->starts + rows[i] * LEX_GRAM_KINDS;
        for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
            int64_t n = 0;
            for (int64_t at = starts[kind]; at < starts[kind + 1]; at++) {
                int32_t feature = v->feature_of[kind][terms->counts[at].term];
                if (feature >= 0)
                    LEX_PUSH(kept, n, capacity, ((lex_term_count){feature, terms->counts[at].count}));
            }
            if (n)
                qsort(kept, (size_t)n, sizeof *kept, by_term);
            add_weighed(v, kept, n, out);
        }
        end_row(out);
    }
    free(kept);
}

static void note_feature(void *context, lex_gram_kind kind, lex_str gram)
{
    lex_vectorizer *v = context;
    int32_t number = lex_grammap_find(&v->grams[kind], gram);
    if (number < 0)
        return;
    int64_t first = kind == LEX_GRAM_WORDS ? 0 : v->grams[LEX_GRAM_WORDS].n;
    lex_tally_add(&v->tally, (int32_t)(first + number));
}

int64_t lex_vectorizer_apply(lex_vectorizer *v, lex_str text, lex_sparse *out)
{
    int64_t n_words = lex_grams_find(text, &v->ngrams, &v->scratch, note_feature, v);
    if (v->count_capacity < v->tally.n_touched) {
        v->count_capacity = v->tally.touched_capacity;
        v->counts = lex_realloc_array(v->counts, (size_t)v->count_capacity, sizeof *v->counts);
    }
    int64_t n = lex_tally_take(&v->tally, v->counts), n_of_words = 0;
    while (n_of_words < n && v->counts[n_of_words].term < v->grams[LEX_GRAM_WORDS].n)
        n_of_words++;
    if (n > 0) {
        add_weighed(v, v->counts, n_of_words, out);
        add_weighed(v, v->counts + n_of_words, n - n_of_words, out);
    }
    end_row(out);
    return n_words;
}
