/* pipeline.c - a file through three hands at once: one thread reads and tokenizes, the caller's computes, one answers.
 *
 * The blocks lie in a ring, and three counters tell who has which: n_written <= n_computed <= n_read <= n_written +
 * LEX_N_BLOCKS. So memory is that of three blocks, and nothing that is computed depends on who was faster.
 *
 * The end comes in three ways. The file's: the last block is marked, and passes through all hands. A failure in one
 * hand: what the hands behind it hold is still answered, what those before it hold is dropped; the first failure in
 * the order of the input is the one that is told. A stop, for which the caller's thread looks: no further block is
 * begun. A reader that is not wanted any more may be waiting for input which does not come, so it is cancelled, which
 * src/text allows around its read() alone, where what it holds is whole.
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "internal.h"

enum { LOOK_EVERY_MS = 50 }; /* how often the caller's thread looks for a stop while it waits */

typedef struct {
    lex_predictor *p;
    lex_reader *reader;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    int64_t n_read, n_computed, n_written; /* blocks */
    bool no_more_to_read, no_more_to_write;
    lex_status write_status;
    lex_err write_err;
} pipeline;

static lex_block *block_at(const pipeline *x, int64_t number)
{
    return &x->p->blocks[number % LEX_N_BLOCKS];
}

static void count(pipeline *x, int64_t *counter)
{
    pthread_mutex_lock(&x->lock);
    (*counter)++;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

/* ---- the reader's thread ---- */

static bool has_room(pipeline *x)
{
    pthread_mutex_lock(&x->lock);
    while (x->n_read - x->n_written == LEX_N_BLOCKS && !x->no_more_to_read)
        pthread_cond_wait(&x->changed, &x->lock);
    bool more = !x->no_more_to_read;
    pthread_mutex_unlock(&x->lock);
    return more;
}

static void *read_blocks(void *context)
{
    pipeline *x = context;
    int ignored;
    bool last = false;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
    for (int64_t n = 0; !last && has_room(x); n++) {
        lex_block *block = block_at(x, n);
        lex_stream_fill(x->p, x->reader, block);
        last = block->last;
        count(x, &x->n_read);
    }
    return NULL;
}

/* ---- the writer's thread ---- */

static bool has_answers(pipeline *x)
{
    pthread_mutex_lock(&x->lock);
    while (x->n_computed == x->n_written && !x->no_more_to_write)
        pthread_cond_wait(&x->changed, &x->lock);
    bool more = x->n_computed > x->n_written;
    pthread_mutex_unlock(&x->lock);
    return more;
}

static void *write_blocks(void *context)
{
    pipeline *x = context;
    for (int64_t n = 0; has_answers(x); n++) {
        lex_err err = {0};
        lex_status st = lex_predictor_answer(x->p, block_at(x, n), &err);
        if (st != LEX_OK) {
            pthread_mutex_lock(&x->lock);
            x->write_status = st;
            x->write_err = err;
            pthread_cond_broadcast(&x->changed);
            pthread_mutex_unlock(&x->lock);
            break;
        }
        count(x, &x->n_written);
    }
    return NULL;
}

/* ---- the caller's thread ---- */

static void wait_a_little(pipeline *x)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&x->changed, &x->lock, &until);
}

/* The next block to compute; NULL when there is nothing more to do. */
static lex_block *next_to_compute(pipeline *x)
{
    pthread_mutex_lock(&x->lock);
    while (x->n_read == x->n_computed && x->write_status == LEX_OK && !lex_predictor_stopped(x->p))
        wait_a_little(x);
    bool found = x->n_read > x->n_computed && x->write_status == LEX_OK;
    pthread_mutex_unlock(&x->lock);
    return found && !lex_predictor_stopped(x->p) ? block_at(x, x->n_computed) : NULL;
}

static lex_status interrupted(const lex_predictor *p, lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted after %lld records", (long long)p->done_records);
}

/* Until the last block, a failure or a stop; the writer's failure is told by who joins it. */
static lex_status compute_blocks(pipeline *x, lex_err *err)
{
    for (;;) {
        lex_block *block = next_to_compute(x);
        if (!block)
            return lex_predictor_stopped(x->p) ? interrupted(x->p, err) : LEX_OK;
        lex_err compute_err = {0};
        lex_status st = lex_predictor_compute(x->p, block, &compute_err);
        /* What was read before a bad row is answered: work done stays done. The row is what is told. */
        lex_status read_status = block->status;
        bool last = block->last;
        if (read_status != LEX_OK)
            *err = block->err;
        else if (st != LEX_OK)
            *err = compute_err;
        if (st == LEX_OK)
            count(x, &x->n_computed); /* from here on it is the writer's */
        if (read_status != LEX_OK || st != LEX_OK)
            return read_status != LEX_OK ? read_status : st;
        if (last)
            return LEX_OK;
    }
}

static lex_status start_thread(pthread_t *thread, void *(*run)(void *), pipeline *x, lex_err *err)
{
    int cause = pthread_create(thread, NULL, run, x);
    return cause ? lex_err_errno(err, cause, "a thread cannot be started") : LEX_OK;
}

static void let_go(pipeline *x, bool *what)
{
    pthread_mutex_lock(&x->lock);
    *what = true;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

static void init(pipeline *x)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

lex_status lex_pipeline_run(lex_predictor *p, lex_reader *reader, lex_err *err)
{
    lex_status st = LEX_OK;
    bool reads = false, writes = false;
    pthread_t reading, writing;
    pipeline x = {.p = p, .reader = reader};
    init(&x);
    LEX_TRY(start_thread(&writing, write_blocks, &x, err));
    writes = true;
    LEX_TRY(start_thread(&reading, read_blocks, &x, err));
    reads = true;
    st = compute_blocks(&x, err);
done:
    let_go(&x, &x.no_more_to_read);
    let_go(&x, &x.no_more_to_write);
    if (writes)
        pthread_join(writing, NULL);
    if (reads) {
        pthread_cancel(reading);
        pthread_join(reading, NULL);
    }
    /* A block that could not be answered lies before whatever went wrong elsewhere. */
    if (x.write_status != LEX_OK) {
        *err = x.write_err;
        st = x.write_status;
    }
    pthread_cond_destroy(&x.changed);
    pthread_mutex_destroy(&x.lock);
    return st;
}
