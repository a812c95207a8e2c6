/* together.c - one batch by several threads at once, each with a share of its rows: for a single text, which must not wait.
 * What a row's numbers are does not depend on the share in which it lies, bit for bit, and so neither do the logits. */
#include <stdlib.h>
#include <string.h>

#include "packed.h"

struct lex_together {
    const lex_inference *inference;
    lex_team *team;
    lex_workspace **workspaces; /* (n) */
    lex_profile *profiles;      /* (n) */
    float *qkv[2], *rows, *pooled; /* of lex_share */
    int64_t row_capacity, sequence_capacity;
    /* the batch at hand */
    const lex_batch *batch;
};

lex_together *lex_together_new(const lex_inference *inference, int n_threads)
{
    lex_together *t = lex_alloc_zeroed(1, sizeof *t);
    t->inference = inference;
    t->team = lex_team_new(n_threads);
    const int n = lex_team_size(t->team);
    t->workspaces = lex_alloc_zeroed((size_t)n, sizeof *t->workspaces);
    t->profiles = lex_alloc_zeroed((size_t)n, sizeof *t->profiles);
    for (int i = 0; i < n; i++)
        t->workspaces[i] = lex_workspace_new(inference);
    return t;
}

void lex_together_free(lex_together *t)
{
    if (!t)
        return;
    for (int i = 0; i < lex_team_size(t->team); i++)
        lex_workspace_free(t->workspaces[i]);
    lex_team_free(t->team);
    free(t->workspaces);
    free(t->profiles);
    free(t->qkv[0]);
    free(t->qkv[1]);
    free(t->rows);
    free(t->pooled);
    free(t);
}

void lex_together_watch(lex_together *t)
{
    for (int i = 0; i < lex_team_size(t->team); i++)
        lex_workspace_watch(t->workspaces[i], &t->profiles[i]);
}

void lex_together_profile(const lex_together *t, lex_profile *sum)
{
    for (int i = 0; i < lex_team_size(t->team); i++)
        lex_profile_add(sum, &t->profiles[i]);
}

static void make_room(lex_together *t)
{
    const lex_workspace *w = t->workspaces[0];
    const int64_t T = t->batch->n_rows, B = t->batch->n_sequences;
    if (T > t->row_capacity) {
        lex_make_room(&t->qkv[0], T * w->qkv_stride);
        lex_make_room(&t->qkv[1], T * w->qkv_stride);
        lex_make_room(&t->rows, T * w->stride);
        t->row_capacity = T;
    }
    if (B > t->sequence_capacity) {
        lex_make_room(&t->pooled, B * w->stride);
        t->sequence_capacity = B;
    }
}

/* The index-th of n shares of about as many rows each. */
static lex_share share_of(const lex_together *t, int index, int n)
{
    const lex_batch *batch = t->batch;
    lex_share share = {.begin = batch->n_rows * index / n, .end = batch->n_rows * (index + 1) / n, .qkv = {t->qkv[0], t->qkv[1]},
                       .rows = t->rows, .pooled = t->pooled, .team = n > 1 ? t->team : NULL};
    while (share.first < batch->n_sequences && batch->starts[share.first] < share.begin)
        share.first++;
    share.last = share.first;
    while (share.last < batch->n_sequences && batch->starts[share.last] < share.end)
        share.last++;
    return share;
}

static void run_share(void *context, int index)
{
    lex_together *t = context;
    const lex_share share = share_of(t, index, lex_team_size(t->team));
    lex_answer_begin(t->inference, t->workspaces[index], t->batch, false);
    lex_answer_share(t->inference, t->workspaces[index], t->batch, &share);
}

lex_status lex_together_run(lex_together *t, const lex_batch *batch, float *logits, lex_err *err)
{
    lex_status st = lex_answer_check(t->inference, batch, err);
    if (st != LEX_OK || batch->n_rows == 0)
        return st;
    t->batch = batch;
    make_room(t);
    lex_team_run(t->team, run_share, t);
    const lex_share whole = {.rows = t->rows, .pooled = t->pooled};
    lex_answer_end(t->inference, t->workspaces[0], batch, &whole, logits);
    return LEX_OK;
}
