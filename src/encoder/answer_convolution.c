/* answer_convolution.c - the convolution beside the first layer on plain memory. Compare convolution.c, which training goes
 * through. */
#include <string.h>

#include "packed.h"

/* Rows of x where all threads see them: among those of odd layers, which none comes to before all are in the first one. */
static const float *rows_of_all(const lex_inference *m, lex_workspace *w, const lex_share *share, int64_t *stride)
{
    *stride = w->stride;
    if (!share->team)
        return w->x;
    *stride = w->qkv_stride;
    for (int64_t r = share->begin; r < share->end; r++)
        memcpy(share->qkv[1] + r * w->qkv_stride, w->x + (r - share->begin) * w->stride, (size_t)m->config.width * sizeof *w->x);
    lex_wait_for_others(w, share);
    return share->qkv[1];
}

/* Row `row` of the sequence [begin, end) beside its neighbours: column c size + j is column c of row + j - (size - 1) / 2. */
static void unfold_row(const lex_inference *m, const float *rows, int64_t stride, int64_t row, int64_t begin, int64_t end,
                       float *restrict out)
{
    const int64_t C = m->config.width, size = m->config.convolution;
    memset(out, 0, (size_t)(C * size) * sizeof *out);
    for (int64_t j = 0; j < size; j++) {
        const int64_t neighbour = row + j - (size - 1) / 2;
        for (int64_t c = 0; neighbour >= begin && neighbour < end && c < C; c++)
            out[c * size + j] = rows[neighbour * stride + c];
    }
}

void lex_convolve(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share)
{
    if (!m->convolution.out)
        return;
    int64_t stride, s = 0;
    const int64_t n = share->end - share->begin;
    const float *rows = rows_of_all(m, w, share, &stride);
    for (int64_t r = share->begin; r < share->end; r++) {
        while (batch->starts[s + 1] <= r)
            s++;
        unfold_row(m, rows, stride, r, batch->starts[s], batch->starts[s + 1], w->inner + (r - share->begin) * w->inner_stride);
    }
    lex_apply_linear(m, w, &m->convolution, w->inner, w->inner_stride, n, LEX_AFTER_NOTHING, w->convolved, w->stride);
    for (int64_t r = 0; r < n; r++)
        lex_apply_activation(w->convolved + r * w->stride, m->config.width, m->config.convolution_activation);
    lex_profile_mark(w->watch, LEX_STAGE_LINEAR);
}

void lex_convolve_end(const lex_inference *m, lex_workspace *w, float *rows, const float *convolved, int64_t n)
{
    if (!m->convolution.out)
        return;
    for (int64_t r = 0; r < n; r++)
        for (int64_t c = 0; c < m->config.width; c++)
            rows[r * w->stride + c] += convolved[r * w->stride + c];
    lex_apply_norm(m, &m->convolution_norm, m->config.width, rows, w->stride, n);
    lex_profile_mark(w->watch, LEX_STAGE_NORM);
}
