/* pool.h - threads that wait for pieces of work. */
#ifndef LEXCLF_POOL_H
#define LEXCLF_POOL_H

#include "lexclf/memory.h"

typedef struct lex_pool lex_pool;

/* n_threads: those of the pool and the caller together. Never fails: with fewer threads than asked for, or none, the
 * caller does the work. */
lex_pool *lex_pool_new(int n_threads);
void lex_pool_free(lex_pool *pool);

/* Runs `run` on [0, n) in pieces of at least `grain`, on the caller's thread and the pool's; returns when all are done.
 * For one caller at a time; `run` may not call it. Who computes a piece is left to chance. */
void lex_pool_run(lex_pool *pool, int64_t n, int64_t grain, void (*run)(void *context, int64_t begin, int64_t end),
                  void *context);

#endif
