/* sampler.c - what a step learns from: which examples, and how they look this time.
 *
 * All of it is a function of the seed, the epoch and the row alone, each from a stream of its own: a run that goes on from
 * a checkpoint does the same. */
#include <string.h>

#include "documents.h"
#include "internal.h"

enum { SHUFFLE_STREAM = 0x73687566, WINDOWS_STREAM = 0x77696e64 };

static lex_train_example example_of(const lex_run *run, int64_t row)
{
    const lex_dataset *data = &run->train;
    const lex_example *example = &data->examples[row];
    lex_train_example out = {.ids = data->ids + example->ids_at, .n = example->n};
    if (run->teacher)
        out.teacher = run->teacher + row * run->labels.n_outputs;
    if (run->targets)
        out.targets = run->targets + row * run->labels.n_outputs;
    else
        out.label = lex_run_label_of(run, row);
    return out;
}

int64_t *lex_run_shuffled_rows(const lex_run *run)
{
    int64_t n = run->summary->n_train;
    int64_t *order = lex_alloc_array((size_t)n, sizeof *order);
    lex_rng rng;
    memcpy(order, run->train_rows, (size_t)n * sizeof *order);
    lex_rng_init(&rng, run->options->seed, ((uint64_t)SHUFFLE_STREAM << 32) + (uint64_t)run->at.epoch);
    lex_rng_shuffle(&rng, order, n);
    return order;
}

/* What is computed for it. */
static int64_t tokens_of(const lex_run *run, const lex_train_example *example)
{
    return run->cut.stride ? lex_documents_n_computed(&run->cut, example) : example->n;
}

/* What is computed at once, for who asks when memory runs out; as step.c packs it. */
static void measure(lex_run *run, const lex_train_example *batch, int64_t size)
{
    lex_progress *at = &run->at;
    at->longest = at->tokens_at_once = at->step_tokens = 0;
    for (int64_t i = 0, sum = 0; i < size; i++) {
        int64_t copies = run->options->r_drop > 0 ? 2 : 1, n = copies * tokens_of(run, &batch[i]);
        int64_t longest = n < copies * run->max_length ? n : copies * run->max_length;
        int64_t part = longest > run->batch_tokens ? longest : run->batch_tokens; /* of a document in windows */
        at->step_tokens += n;
        n = n < part ? n : part;
        sum = i && sum + n <= run->batch_tokens ? sum + n : n;
        at->longest = longest > at->longest ? longest : at->longest;
        at->tokens_at_once = sum > at->tokens_at_once ? sum : at->tokens_at_once;
    }
}

void lex_draw_windows(int64_t *drawn, int64_t most, int64_t all, bool first, lex_rng *rng)
{
    int64_t n = 0;
    if (first)
        drawn[n++] = 0;
    for (int64_t w = n; n < most; w++)
        if ((int64_t)lex_rng_below(rng, (uint64_t)(all - w)) < most - n)
            drawn[n++] = w;
}

/* Which windows of a long document count this time. A maximum, and attention, are to find the window that tells, which they
 * learn of when it is there: of these the first is always one, where a document mostly says what it is. */
static void draw_windows(lex_run *run, lex_train_example *example, int64_t row)
{
    int64_t all = lex_cut_n_windows(&run->cut, example->n), most = run->options->train_windows;
    lex_rng rng;
    if (all <= most)
        return;
    int64_t *drawn = lex_arena_array(&run->drawn, (size_t)most, sizeof *drawn);
    lex_rng_init(&rng, run->options->seed + ((uint64_t)run->at.epoch << 32), ((uint64_t)WINDOWS_STREAM << 32) + (uint64_t)row);
    lex_draw_windows(drawn, most, all, run->options->windows != LEX_WINDOWS_MEAN, &rng);
    example->windows = drawn;
    example->n_windows = most;
}

int64_t lex_run_gather(lex_run *run, const int64_t *order, lex_train_example *batch, int64_t size)
{
    const lex_progress *at = &run->at;
    int64_t tokens = 0;
    if (run->augmenter)
        lex_augmenter_clear(run->augmenter);
    lex_arena_reset(&run->drawn);
    for (int64_t i = 0; i < size; i++) {
        int64_t row = order[at->next + i];
        batch[i] = example_of(run, row);
        if (run->augmenter)
            lex_augmenter_apply(run->augmenter, &batch[i], run->options->seed, at->epoch, row);
        if (run->options->train_windows)
            draw_windows(run, &batch[i], row);
        tokens += tokens_of(run, &batch[i]);
    }
    measure(run, batch, size);
    return tokens;
}
