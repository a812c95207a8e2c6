/* split.c - holds out a part of the examples, stratified by label, by seed.
 *
 * Each stratum gives its share, the remainder of one is carried to the next (larger ones first), so that the held-out
 * part has the asked size and rare labels are not all held out or all kept. A stratum of one stays in training. A row
 * with several labels belongs to the rarest of them; rows without one form a stratum of their own. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/random.h"

enum { SPLIT_STREAM = 0x73706C74 };

typedef struct {
    int64_t stratum, size;
} stratum_size;

static int larger_first(const void *a, const void *b)
{
    const stratum_size *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->stratum < y->stratum ? -1 : x->stratum > y->stratum;
}

/* The stratum of every example: its rarest label's name, or n_names. */
static void assign(int64_t *stratum, const lex_dataset *data, int64_t n_names)
{
    int64_t *count = lex_alloc_zeroed((size_t)n_names + 1, sizeof *count);
    for (int64_t i = 0; i < data->n_names; i++)
        count[data->names[i]]++;
    for (int64_t i = 0; i < data->n_examples; i++) {
        const lex_example *example = &data->examples[i];
        stratum[i] = n_names;
        for (int64_t k = 0; k < example->n_names; k++) {
            int64_t name = data->names[example->names_at + k];
            if (stratum[i] == n_names || count[name] < count[stratum[i]])
                stratum[i] = name;
        }
    }
    free(count);
}

/* Marks the held-out examples of one stratum, `wanted` of them, chosen by seed. */
static void hold_out(bool *held, const int64_t *stratum, const lex_dataset *data, stratum_size of, int64_t wanted,
                     uint64_t seed)
{
    int64_t *members = lex_alloc_array((size_t)of.size, sizeof *members), n = 0;
    lex_rng rng;
    for (int64_t i = 0; i < data->n_examples; i++)
        if (stratum[i] == of.stratum)
            members[n++] = i;
    lex_rng_init(&rng, seed, ((uint64_t)SPLIT_STREAM << 32) + (uint64_t)of.stratum);
    lex_rng_shuffle(&rng, members, n);
    for (int64_t i = 0; i < wanted; i++)
        held[members[i]] = true;
    free(members);
}

void lex_split(int64_t *train, int64_t *n_train, int64_t *dev, int64_t *n_dev, const lex_dataset *data,
               int64_t n_names, double dev_fraction, uint64_t seed)
{
    int64_t n = data->n_examples;
    int64_t *stratum = lex_alloc_array((size_t)n, sizeof *stratum);
    stratum_size *sizes = lex_alloc_array((size_t)n_names + 1, sizeof *sizes);
    bool *held = lex_alloc_zeroed((size_t)n, sizeof *held);
    assign(stratum, data, n_names);
    for (int64_t s = 0; s <= n_names; s++)
        sizes[s] = (stratum_size){s, 0};
    for (int64_t i = 0; i < n; i++)
        sizes[stratum[i]].size++;
    qsort(sizes, (size_t)n_names + 1, sizeof *sizes, larger_first);
    double owed = 0;
    for (int64_t s = 0; s <= n_names && sizes[s].size > 1 && dev_fraction > 0; s++) {
        owed += dev_fraction * (double)sizes[s].size;
        int64_t wanted = (int64_t)(owed + 0.5);
        wanted = wanted < sizes[s].size - 1 ? wanted : sizes[s].size - 1;
        owed -= (double)wanted;
        hold_out(held, stratum, data, sizes[s], wanted, seed);
    }
    *n_train = *n_dev = 0;
    for (int64_t i = 0; i < n; i++) {
        if (held[i])
            dev[(*n_dev)++] = i;
        else
            train[(*n_train)++] = i;
    }
    free(held);
    free(sizes);
    free(stratum);
}
