/* attention_library.c - packed attention by libtorch's operations alone, sequence by sequence: what CUDA runs where there is a
 * bias, and what the kernels are tested against. Dropout is one call over all probabilities of the batch, so that its mask is
 * one tensor. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>

/* One sequence's (H, n, d) view of packed rows that are `width` wide, from column `column`. */
static lex_tensor *heads_view(lex_scope *scope, lex_tensor *rows, int64_t begin, int64_t n, int64_t n_heads, int64_t d,
                              int64_t column)
{
    int64_t width = lex_tensor_size(rows, 1);
    int64_t sizes[3] = {n_heads, n, d}, strides[3] = {d, width, 1};
    return lex_tensor_strided(scope, rows, 3, sizes, strides, begin * width + column);
}

/* One sequence's (H, n, n) part of the packed probabilities. */
static lex_tensor *square_view(lex_scope *scope, lex_tensor *packed, int64_t offset, int64_t n, int64_t n_heads)
{
    int64_t sizes[3] = {n_heads, n, n};
    return lex_tensor_view(scope, packed, 3, sizes, offset);
}

static void gemm(lex_scope *scope, lex_tensor *out, lex_tensor *a, bool transpose_a, lex_tensor *b, bool transpose_b,
                 double alpha)
{
    if (out && a && b && !lex_scope_failed(scope))
        LEX_SHIM_CALL(scope, gemm, &out->t, &a->t, transpose_a, &b->t, transpose_b, alpha, 0.0);
}

/* What both directions walk through: the sequences, with their lengths and the place of their probabilities. */
typedef struct {
    const lex_packing *packing;
    int64_t n_heads, width, d; /* H, C, C / H */
    int64_t sequence, begin, n, offset;
} walk;

static walk walk_of(lex_tensor *qkv, const lex_packing *packing, int64_t n_heads)
{
    int64_t width = lex_tensor_size(qkv, 1) / 3;
    return (walk){.packing = packing, .n_heads = n_heads, .width = width, .d = width / n_heads, .sequence = -1};
}

static bool walk_next(walk *w)
{
    w->offset += w->n_heads * w->n * w->n;
    if (++w->sequence == w->packing->n_sequences)
        return false;
    w->begin = w->packing->starts[w->sequence];
    w->n = w->packing->starts[w->sequence + 1] - w->begin;
    return true;
}

static int64_t count_probabilities(lex_tensor *qkv, const lex_packing *packing, int64_t n_heads)
{
    walk w = walk_of(qkv, packing, n_heads);
    while (walk_next(&w))
        ;
    return w.offset;
}

/* For every query and key of a sequence of n the row of the bias, query by query: (n n). */
static lex_tensor *bias_rows(lex_scope *scope, lex_tensor *bias, int64_t n)
{
    const int64_t reach = bias->t.sizes[0] / 2, count = n * n;
    int64_t *rows = lex_alloc_array((size_t)count, sizeof *rows);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            rows[i * n + j] = reach + j - i;
    lex_tensor *tensor = lex_tensor_from(scope, LEX_I64, 1, &count, rows);
    free(rows);
    return tensor;
}

double lex_attention_factor(const lex_attention_form *form, int64_t d)
{
    return form && form->scale > 0 ? form->scale : 1.0 / sqrt((double)d);
}

/* What a sequence's scores (H, n, n) get. */
static lex_tensor *bias_view(lex_scope *scope, lex_tensor *bias, const walk *w)
{
    const int64_t n = w->n, sizes[3] = {w->n_heads, n, n};
    if (bias->t.n_dims == 1)
        return square_view(scope, bias, w->offset, n, w->n_heads);
    const int64_t width = lex_tensor_size(bias, 1), strides[3] = {width > 1 ? 1 : 0, n * width, width};
    lex_tensor *values = lex_rows_take(scope, bias, bias_rows(scope, bias, n)); /* (n n, H or 1) */
    return lex_tensor_strided(scope, values, 3, sizes, strides, 0);
}

static void add_bias(lex_scope *scope, lex_tensor *scores, lex_tensor *bias, const walk *w)
{
    lex_tensor *view = bias_view(scope, bias, w);
    if (scores && view && !lex_scope_failed(scope))
        LEX_SHIM_CALL(scope, add, &scores->t, &view->t, 1.0);
}

/* ds (H, n, n) is that of what was added to the scores. */
static void add_bias_gradient(lex_scope *scope, lex_tensor *dbias, lex_tensor *ds, const walk *w)
{
    const int64_t n = w->n, n_heads = w->n_heads;
    if (dbias->t.n_dims == 1) {
        lex_add_scaled(scope, square_view(scope, dbias, w->offset, n, n_heads), ds, 1.0);
        return;
    }
    lex_tensor *rows = bias_rows(scope, dbias, n);
    lex_tensor *view = lex_tensor_strided(scope, ds, 2, (int64_t[]){n * n, n_heads}, (int64_t[]){1, n * n}, 0);
    if (rows && view && !lex_scope_failed(scope))
        LEX_SHIM_CALL(scope, add_rows, &dbias->t, &rows->t, &view->t);
}

static lex_tensor *probabilities_of(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                                    const lex_attention_form *form)
{
    int64_t count = count_probabilities(qkv, packing, n_heads);
    lex_tensor *packed = lex_tensor_empty(scope, LEX_F32, 1, &count);
    lex_scope *inner = lex_scope_new(scope->runtime);
    walk w = walk_of(qkv, packing, n_heads);
    double factor = lex_attention_factor(form, w.d);
    while (!lex_scope_failed(scope) && walk_next(&w)) {
        lex_tensor *q = heads_view(inner, qkv, w.begin, w.n, n_heads, w.d, 0);       /* (H, n, d) */
        lex_tensor *k = heads_view(inner, qkv, w.begin, w.n, n_heads, w.d, w.width); /* (H, n, d) */
        lex_tensor *scores = lex_tensor_empty(inner, LEX_F32, 3, (int64_t[]){n_heads, w.n, w.n});
        gemm(inner, scores, q, false, k, true, factor);
        if (form && form->bias)
            add_bias(inner, scores, form->bias, &w);
        lex_tensor *p = lex_scope_add(inner);
        if (p && LEX_SHIM_CALL(inner, softmax, &p->t, &scores->t))
            lex_tensor_copy(inner, square_view(inner, packed, w.offset, w.n, n_heads), p);
        lex_scope_keep(scope, inner, NULL);
        lex_scope_reset(inner);
    }
    lex_scope_free(inner);
    return lex_scope_failed(scope) ? NULL : packed;
}

lex_tensor *lex_attention_by_library(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                                     const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved)
{
    lex_tensor *probabilities = qkv ? probabilities_of(scope, qkv, packing, n_heads, form) : NULL;
    lex_tensor *kept = probabilities, *mask = NULL;
    if (probabilities && dropout.p > 0) {
        kept = lex_scope_add(scope);
        mask = lex_scope_add(scope);
        if (!mask || !LEX_SHIM_CALL(scope, dropout, &kept->t, &mask->t, &probabilities->t, dropout.p))
            return NULL;
    }
    if (saved)
        *saved = (lex_attention_saved){.qkv = qkv, .form = form ? *form : (lex_attention_form){0, NULL},
                                       .probabilities = probabilities, .mask = mask, .dropout = dropout, .n_heads = n_heads};
    walk w = walk_of(qkv, packing, n_heads);
    int64_t sizes[2] = {packing->n_rows, w.width};
    lex_tensor *out = lex_tensor_empty(scope, LEX_F32, 2, sizes); /* (T, C) */
    lex_scope *inner = lex_scope_new(scope->runtime);
    while (!lex_scope_failed(scope) && walk_next(&w)) {
        lex_tensor *p = square_view(inner, kept, w.offset, w.n, n_heads);
        lex_tensor *v = heads_view(inner, qkv, w.begin, w.n, n_heads, w.d, 2 * w.width);
        gemm(inner, heads_view(inner, out, w.begin, w.n, n_heads, w.d, 0), p, false, v, false, 1.0);
        lex_scope_keep(scope, inner, NULL);
        lex_scope_reset(inner);
    }
    lex_scope_free(inner);
    return lex_scope_failed(scope) ? NULL : out;
}

/* The gradient by the probabilities, after the way back through dropout. */
static lex_tensor *probabilities_gradient(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                          const lex_attention_saved *saved)
{
    lex_tensor *dp = lex_tensor_empty(scope, LEX_F32, 1, (int64_t[]){lex_tensor_count(saved->probabilities)});
    lex_scope *inner = lex_scope_new(scope->runtime);
    walk w = walk_of(saved->qkv, packing, saved->n_heads);
    while (!lex_scope_failed(scope) && walk_next(&w)) {
        lex_tensor *dout = heads_view(inner, dy, w.begin, w.n, w.n_heads, w.d, 0);
        lex_tensor *v = heads_view(inner, saved->qkv, w.begin, w.n, w.n_heads, w.d, 2 * w.width);
        gemm(inner, square_view(inner, dp, w.offset, w.n, w.n_heads), dout, false, v, true, 1.0);
        lex_scope_keep(scope, inner, NULL);
        lex_scope_reset(inner);
    }
    lex_scope_free(inner);
    if (!saved->mask || lex_scope_failed(scope))
        return dp;
    lex_tensor *undropped = lex_scope_add(scope);
    double factor = 1.0 / (1.0 - saved->dropout.p);
    if (!undropped || !LEX_SHIM_CALL(scope, dropout_backward, &undropped->t, &dp->t, &saved->mask->t, factor))
        return NULL;
    return undropped;
}

lex_tensor *lex_attention_backward_by_library(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                              const lex_attention_saved *saved, lex_tensor *dbias)
{
    if (!dy || !saved->probabilities || lex_scope_failed(scope))
        return NULL;
    lex_tensor *kept = saved->probabilities;
    if (saved->mask) {
        /* The probabilities after dropout are made again instead of stored: p * mask / (1 - p). */
        kept = lex_scope_add(scope);
        double factor = 1.0 / (1.0 - saved->dropout.p);
        if (!kept || !LEX_SHIM_CALL(scope, dropout_backward, &kept->t, &saved->probabilities->t, &saved->mask->t, factor))
            return NULL;
    }
    lex_tensor *dp = probabilities_gradient(scope, dy, packing, saved);
    lex_tensor *dqkv = lex_tensor_empty(scope, LEX_F32, 2, saved->qkv->t.sizes); /* (T, 3C) */
    lex_scope *inner = lex_scope_new(scope->runtime);
    walk w = walk_of(saved->qkv, packing, saved->n_heads);
    double factor = lex_attention_factor(&saved->form, w.d);
    while (dp && !lex_scope_failed(scope) && walk_next(&w)) {
        lex_tensor *q = heads_view(inner, saved->qkv, w.begin, w.n, w.n_heads, w.d, 0);
        lex_tensor *k = heads_view(inner, saved->qkv, w.begin, w.n, w.n_heads, w.d, w.width);
        lex_tensor *dout = heads_view(inner, dy, w.begin, w.n, w.n_heads, w.d, 0);
        lex_tensor *p = square_view(inner, saved->probabilities, w.offset, w.n, w.n_heads);
        lex_tensor *dp_view = square_view(inner, dp, w.offset, w.n, w.n_heads);
        lex_tensor *ds = dp_view && p ? lex_scope_add(inner) : NULL;
        if (ds && LEX_SHIM_CALL(inner, softmax_backward, &ds->t, &dp_view->t, &p->t)) {
            gemm(inner, heads_view(inner, dqkv, w.begin, w.n, w.n_heads, w.d, 0), ds, false, k, false, factor);
            gemm(inner, heads_view(inner, dqkv, w.begin, w.n, w.n_heads, w.d, w.width), ds, true, q, false, factor);
            gemm(inner, heads_view(inner, dqkv, w.begin, w.n, w.n_heads, w.d, 2 * w.width),
                 square_view(inner, kept, w.offset, w.n, w.n_heads), true, dout, false, 1.0);
            if (dbias)
                add_bias_gradient(inner, dbias, ds, &w);
        }
        lex_scope_keep(scope, inner, NULL);
        lex_scope_reset(inner);
    }
    lex_scope_free(inner);
    return lex_scope_failed(scope) ? NULL : dqkv;
}
