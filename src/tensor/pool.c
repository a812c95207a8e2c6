/* pool.c - threads that wait for pieces of work, first by looking again and again for a few microseconds, then asleep.
 *
 * A job is published by its ticket, one word that holds the job's number and the next piece to take. Whoever takes a
 * piece swaps that word for its successor: that succeeds only while the job is still the one whose other fields were
 * read, and these stand until all its pieces are done. So nobody waits for a thread that the system has put aside before
 * it took a piece. */
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>


/* Looks before sleeping: some fifty microseconds, more than mostly lies between two operations of an encoder. */
enum { LOOKS = 4000, PIECES_A_THREAD = 4, THREADS_MAX = 1024 };

typedef void (*piece_run)(void *context, int64_t begin, int64_t end);

struct lex_pool {
    pthread_t *threads;
    int n_threads; /* without the caller's */
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    _Atomic uint64_t ticket; /* the job's number << 32 | the next piece */
    _Atomic int64_t n, grain, n_pieces, n_done;
    _Atomic(piece_run) run;
    _Atomic(void *) context;
    _Atomic int asleep;
    _Atomic bool caller_asleep, quit;
};

static void relax(void)
{
    __builtin_ia32_pause();
}

/* Does one piece, if there is one left. */
static bool take_piece(lex_pool *pool)
{
    uint64_t ticket = atomic_load(&pool->ticket);
    int64_t piece = (int64_t)(ticket & UINT32_MAX), n_pieces = atomic_load(&pool->n_pieces);
    int64_t n = atomic_load(&pool->n), grain = atomic_load(&pool->grain);
    piece_run run = atomic_load(&pool->run);
    void *context = atomic_load(&pool->context);
    if (piece >= n_pieces || !atomic_compare_exchange_strong(&pool->ticket, &ticket, ticket + 1))
        return false;
    int64_t begin = piece * grain, end = begin + grain < n ? begin + grain : n;
    run(context, begin, end);
    if (atomic_fetch_add(&pool->n_done, 1) + 1 == n_pieces && atomic_load(&pool->caller_asleep)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->mutex);
    }
    return true;
}

static bool has_pieces(lex_pool *pool)
{
    return (int64_t)(atomic_load(&pool->ticket) & UINT32_MAX) < atomic_load(&pool->n_pieces);
}

static void sleep_until_work(lex_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->asleep, 1);
    while (!has_pieces(pool) && !atomic_load(&pool->quit))
        pthread_cond_wait(&pool->work, &pool->mutex);
    atomic_fetch_sub(&pool->asleep, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *work(void *argument)
{
    lex_pool *pool = argument;
    int looks = 0;
    while (!atomic_load(&pool->quit)) {
        if (has_pieces(pool)) {
            take_piece(pool);
            looks = 0;
        } else if (looks++ < LOOKS) {
            relax();
        } else {
            sleep_until_work(pool);
            looks = 0;
        }
    }
    return NULL;
}

lex_pool *lex_pool_new(int n_threads)
{
    lex_pool *pool = lex_alloc_zeroed(1, sizeof *pool);
    int wanted = n_threads < 1 ? 0 : n_threads > THREADS_MAX ? THREADS_MAX - 1 : n_threads - 1;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->threads = lex_alloc_zeroed((size_t)wanted + 1, sizeof *pool->threads);
    /* Signals are the caller's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->n_threads < wanted && pthread_create(&pool->threads[pool->n_threads], NULL, work, pool) == 0)
        pool->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

void lex_pool_free(lex_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->quit, true);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->done);
    free(pool->threads);
    free(pool);
}

static void wait_for_all(lex_pool *pool, int64_t n_pieces)
{
    for (int looks = 0; looks < LOOKS; looks++) {
        if (atomic_load(&pool->n_done) == n_pieces)
            return;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_asleep, true);
    while (atomic_load(&pool->n_done) != n_pieces)
        pthread_cond_wait(&pool->done, &pool->mutex);
    atomic_store(&pool->caller_asleep, false);
    pthread_mutex_unlock(&pool->mutex);
}

/* The number of pieces goes to 0 first: no ticket is valid while the fields of the job are between two jobs. */
static void publish(lex_pool *pool, int64_t n, int64_t grain, int64_t n_pieces, piece_run run, void *context)
{
    uint64_t number = (atomic_load(&pool->ticket) >> 32) + 1;
    atomic_store(&pool->n_pieces, 0);
    atomic_store(&pool->ticket, number << 32);
    atomic_store(&pool->n, n);
    atomic_store(&pool->grain, grain);
    atomic_store(&pool->run, run);
    atomic_store(&pool->context, context);
    atomic_store(&pool->n_done, 0);
    atomic_store(&pool->n_pieces, n_pieces);
}

void lex_pool_run(lex_pool *pool, int64_t n, int64_t grain, piece_run run, void *context)
{
    int64_t pieces = ((int64_t)pool->n_threads + 1) * PIECES_A_THREAD;
    int64_t even = (n + pieces - 1) / pieces;
    grain = even > grain ? even : grain < 1 ? 1 : grain;
    int64_t n_pieces = (n + grain - 1) / grain;
    if (n <= 0)
        return;
    if (n_pieces == 1 || pool->n_threads == 0) {
        run(context, 0, n);
        return;
    }
    publish(pool, n, grain, n_pieces, run, context);
    if (atomic_load(&pool->asleep)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->mutex);
    }
    while (has_pieces(pool))
        take_piece(pool);
    wait_for_all(pool, n_pieces);
}
