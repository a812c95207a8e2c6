/* workspace.c - the memory that a batch is answered in, one thread's, which grows to what it has seen. */
#include "packed.h"

#include <stdlib.h>

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

lex_workspace *lex_workspace_new(const lex_inference *inference)
{
    lex_workspace *w = lex_alloc_zeroed(1, sizeof *w);
    w->stride = lex_row_stride(inference->config.width);
    w->embedding_stride = lex_row_stride(inference->config.embedding_width);
    w->qkv_stride = lex_row_stride(3 * inference->config.width);
    const lex_encoder_config *config = &inference->config;
    const int64_t unfolded = config->width * config->convolution;
    w->inner_stride = lex_row_stride(larger(config->inner_width * (config->family->is_gated ? 2 : 1), unfolded));
    const int64_t widest = larger(larger(config->width, config->inner_width), larger(config->embedding_width, unfolded));
    size_t scratch = (size_t)lex_linear_scratch(inference->kernels, widest) * sizeof(float);
    if (inference->int8_kernels && lex_int8_scratch(widest) > scratch)
        scratch = lex_int8_scratch(widest);
    w->linear_scratch = lex_alloc_aligned(scratch);
    return w;
}

void lex_workspace_watch(lex_workspace *w, lex_profile *watch)
{
    w->watch = watch;
}

void lex_workspace_free(lex_workspace *w)
{
    if (!w)
        return;
    free(w->x);
    free(w->seen);
    free(w->positions);
    free(w->bias);
    free(w->local);
    free(w->distance_rows);
    free(w->terms[0]);
    free(w->terms[1]);
    free(w->scores);
    free(w->rotations[0]);
    free(w->rotations[1]);
    free(w->qkv);
    free(w->context);
    free(w->convolved);
    free(w->inner);
    free(w->pooled);
    free(w->aside);
    free(w->scratch);
    free(w->linear_scratch);
    free(w);
}

void lex_make_room(float **buffer, int64_t n)
{
    free(*buffer);
    *buffer = lex_alloc_aligned((size_t)n * sizeof **buffer);
}

/* The workspace grows to the largest batch that it has seen. */
void lex_workspace_reserve(lex_workspace *w, const lex_inference *m, const lex_batch *batch, bool alone)
{
    const int64_t T = batch->n_rows, B = batch->n_sequences;
    const int64_t longest = lex_longest_sequence(batch);
    if (T > w->row_capacity) {
        lex_make_room(&w->x, T * w->stride);
        if (m->config.has_projection || m->config.family->norm_first)
            lex_make_room(&w->seen, T * larger(w->stride, w->embedding_stride));
        if (alone)
            lex_make_room(&w->qkv, T * w->qkv_stride);
        lex_make_room(&w->context, T * w->stride);
        lex_make_room(&w->inner, T * w->inner_stride);
        if (m->convolution.out)
            lex_make_room(&w->convolved, T * w->stride);
        w->positions = lex_realloc_array(w->positions, (size_t)T, sizeof *w->positions);
        w->row_capacity = T;
    }
    if (B > w->sequence_capacity) {
        lex_make_room(&w->pooled, B * w->stride);
        lex_make_room(&w->aside, B * w->stride);
        w->sequence_capacity = B;
    }
    if (longest > w->longest) {
        lex_attend_reserve(w, m, longest);
        w->longest = longest;
    }
}
