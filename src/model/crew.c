/* crew.c - many sequences through an inference: workers of one thread each, every one with a workspace of its own. Where
 * a linear model answers too, they take its rows first, a slice at a time.
 *
 * Sequences are ordered by length and cut into batches before any work begins; a worker that is free takes the next.
 * Who computes what, and what stands beside a sequence in its batch, is of no consequence: a sequence's logits are its
 * own, bit for bit (kernels.h). So batches may be as small as it takes to keep all workers busy to the end. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/model.h"

enum {
    BATCH_TOKENS = 1024,   /* more do not make it faster, but larger */
    BATCH_TOKENS_MIN = 256,
    BATCHES_A_WORKER = 4,  /* at least, so that they end at about the same time */
    SLICE_ROWS = 32        /* of the margins, taken at once */
};

typedef struct {
    int64_t n, index;
} sized;

typedef struct {
    lex_crew *crew;
    lex_workspace *workspace;
    lex_batch batch;
    float *logits; /* (R, K), of a batch */
    int64_t n_logits;
    lex_profile profile;
    lex_profile *watch; /* that, or NULL */
} worker;

struct lex_crew {
    const lex_inference *inference;
    int64_t n_outputs;
    worker *workers;
    int n_workers;
    lex_together *together; /* or NULL: what the only worker hands its batches to */
    pthread_mutex_t lock; /* of next, done, status and err, and around progress */
    /* the work at hand */
    const lex_sequence *sequences;
    const sized *order;
    int64_t n_sequences, batch_tokens;
    float *out;
    void (*progress)(void *context, int64_t n_sequences, int64_t n_tokens);
    void *context;
    int64_t next; /* in order */
    const lex_svm *svm; /* or NULL */
    const lex_sparse *features;
    float *margins; /* (rows, K) */
    int64_t next_row;
    int64_t done_sequences, done_tokens;
    lex_status status;
    lex_err err;
};

lex_crew *lex_crew_new(const lex_inference *inference, int64_t n_outputs, int n_threads, bool together)
{
    lex_crew *crew = lex_alloc_zeroed(1, sizeof *crew);
    crew->inference = inference;
    crew->n_outputs = n_outputs;
    crew->n_workers = together ? 1 : n_threads;
    crew->together = together ? lex_together_new(inference, n_threads) : NULL;
    n_threads = crew->n_workers;
    crew->workers = lex_alloc_zeroed((size_t)n_threads, sizeof *crew->workers);
    for (int i = 0; i < n_threads; i++) {
        crew->workers[i].crew = crew;
        crew->workers[i].workspace = lex_workspace_new(inference);
        lex_batch_init(&crew->workers[i].batch);
    }
    pthread_mutex_init(&crew->lock, NULL);
    return crew;
}

void lex_crew_watch(lex_crew *crew)
{
    for (int i = 0; i < crew->n_workers; i++) {
        crew->workers[i].watch = &crew->workers[i].profile;
        lex_workspace_watch(crew->workers[i].workspace, crew->workers[i].watch);
    }
    if (crew->together)
        lex_together_watch(crew->together);
}

void lex_crew_profile(const lex_crew *crew, lex_profile *sum)
{
    for (int i = 0; i < crew->n_workers; i++)
        lex_profile_add(sum, &crew->workers[i].profile);
    if (crew->together)
        lex_together_profile(crew->together, sum);
}

void lex_crew_add_margins(lex_crew *crew, const lex_svm *svm, const lex_sparse *x, float *margins)
{
    crew->svm = svm;
    crew->features = x;
    crew->margins = margins;
    crew->next_row = 0;
}

void lex_crew_free(lex_crew *crew)
{
    if (!crew)
        return;
    for (int i = 0; i < crew->n_workers; i++) {
        lex_workspace_free(crew->workers[i].workspace);
        lex_batch_release(&crew->workers[i].batch);
        free(crew->workers[i].logits);
    }
    lex_together_free(crew->together);
    pthread_mutex_destroy(&crew->lock);
    free(crew->workers);
    free(crew);
}

/* Long ones first: the most memory is needed at once, and the last batches, for which workers wait, are short. */
static int by_length(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* The next batch: sequences [first, end) of the order; none when there is nothing to do. */
static bool take_batch(lex_crew *crew, int64_t *first, int64_t *end)
{
    pthread_mutex_lock(&crew->lock);
    int64_t i = *first = crew->next, tokens = 0;
    while (crew->status == LEX_OK && i < crew->n_sequences &&
           (i == *first || tokens + crew->order[i].n <= crew->batch_tokens))
        tokens += crew->order[i++].n;
    *end = crew->next = i;
    pthread_mutex_unlock(&crew->lock);
    return *end > *first;
}

static void note(lex_crew *crew, lex_status st, const lex_err *err, int64_t n_sequences, int64_t n_tokens)
{
    pthread_mutex_lock(&crew->lock);
    if (st != LEX_OK && crew->status == LEX_OK) {
        crew->status = st;
        crew->err = *err;
    }
    crew->done_sequences += n_sequences;
    crew->done_tokens += n_tokens;
    if (crew->progress && st == LEX_OK)
        crew->progress(crew->context, crew->done_sequences, crew->done_tokens);
    pthread_mutex_unlock(&crew->lock);
}

static void work_on_margins(lex_crew *crew)
{
    for (;;) {
        pthread_mutex_lock(&crew->lock);
        int64_t first = crew->next_row, end = first + SLICE_ROWS;
        end = end < crew->features->n_rows ? end : crew->features->n_rows;
        crew->next_row = end;
        pthread_mutex_unlock(&crew->lock);
        if (first == end)
            return;
        lex_svm_margins_of(crew->svm, crew->features, first, end, crew->margins);
    }
}

static void *work(void *context)
{
    worker *w = context;
    lex_crew *crew = w->crew;
    const int64_t K = crew->n_outputs;
    if (crew->svm) {
        lex_profile_begin(w->watch);
        work_on_margins(crew);
        lex_profile_mark(w->watch, LEX_STAGE_MARGINS);
    }
    for (int64_t first, end; take_batch(crew, &first, &end);) {
        lex_err err = {0};
        int64_t n = end - first;
        lex_batch_clear(&w->batch);
        for (int64_t i = first; i < end; i++) {
            const lex_sequence *sequence = &crew->sequences[crew->order[i].index];
            lex_batch_add(&w->batch, sequence->ids, sequence->n, 0, true);
        }
        if (n * K > w->n_logits) {
            w->n_logits = n * K;
            w->logits = lex_realloc_array(w->logits, (size_t)w->n_logits, sizeof *w->logits);
        }
        lex_status st = crew->together
                            ? lex_together_run(crew->together, &w->batch, w->logits, &err)
                            : lex_inference_run(crew->inference, w->workspace, &w->batch, w->logits, &err);
        for (int64_t i = 0; st == LEX_OK && i < n; i++)
            memcpy(crew->out + crew->order[first + i].index * K, w->logits + i * K, (size_t)K * sizeof *w->logits);
        note(crew, st, &err, n, w->batch.n_rows);
    }
    return NULL;
}

/* This thread is a worker, too: where no other can be started it does all of the work. */
static void run_workers(lex_crew *crew, int64_t n_batches)
{
    int n = 1;
    pthread_t *threads = lex_alloc_array((size_t)crew->n_workers, sizeof *threads);
    while (n < crew->n_workers && n < n_batches && pthread_create(&threads[n], NULL, work, &crew->workers[n]) == 0)
        n++;
    work(&crew->workers[0]);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static int64_t batch_size(const lex_crew *crew, int64_t asked, int64_t n_tokens)
{
    if (asked > 0)
        return asked;
    if (crew->together)
        return BATCH_TOKENS;
    int64_t share = n_tokens / (BATCHES_A_WORKER * crew->n_workers);
    return share > BATCH_TOKENS ? BATCH_TOKENS : share < BATCH_TOKENS_MIN ? BATCH_TOKENS_MIN : share;
}

lex_status lex_crew_run(lex_crew *crew, const lex_sequence *sequences, int64_t n_sequences, int64_t batch_tokens,
                        float *logits, void (*progress)(void *context, int64_t n_sequences, int64_t n_tokens),
                        void *context, lex_err *err)
{
    sized *order = lex_alloc_array((size_t)n_sequences, sizeof *order);
    int64_t n_tokens = 0;
    for (int64_t i = 0; i < n_sequences; i++) {
        order[i] = (sized){sequences[i].n, i};
        n_tokens += sequences[i].n;
    }
    if (n_sequences)
        qsort(order, (size_t)n_sequences, sizeof *order, by_length);
    crew->sequences = sequences;
    crew->order = order;
    crew->n_sequences = n_sequences;
    crew->batch_tokens = batch_size(crew, batch_tokens, n_tokens);
    crew->out = logits;
    crew->progress = progress;
    crew->context = context;
    crew->next = crew->done_sequences = crew->done_tokens = 0;
    crew->status = LEX_OK;
    run_workers(crew, n_tokens / crew->batch_tokens + 1);
    if (crew->status != LEX_OK)
        *err = crew->err;
    crew->svm = NULL;
    free(order);
    return crew->status;
}
