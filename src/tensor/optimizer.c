/* optimizer.c - passes over the flat buffers of parameters and gradients: the norm; AdamW, fused by our kernel on
 * the CPU and by the library's fused one on CUDA; SGD, by the library's operations on elements; the moving average. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>

/* ---- the norm: on the CPU in double, over pieces of a fixed size, so that threads do not change it; the library's
 * float32 sums lose four digits over a few million elements ---- */

enum { NORM_PIECE = 1 << 16 };

typedef struct {
    const lex_cpu_kernels *kernels;
    const float *values;
    int64_t n;
    double *sums; /* of each piece */
} norm_work;

static void norm_pieces(void *context, int64_t begin, int64_t end)
{
    norm_work *work = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t first = i * NORM_PIECE, left = work->n - first;
        work->sums[i] = work->kernels->sum_squares(work->values + first, left < NORM_PIECE ? left : NORM_PIECE);
    }
}

static double norm_by_kernels(lex_scope *scope, lex_tensor *x)
{
    int64_t n = lex_tensor_count(x), n_pieces = (n + NORM_PIECE - 1) / NORM_PIECE;
    norm_work work = {scope->runtime->kernels, lex_tensor_f32(x), n, NULL};
    work.sums = lex_alloc_array((size_t)n_pieces, sizeof *work.sums);
    lex_parallel_for(scope->runtime, n_pieces, 1, norm_pieces, &work);
    double sum = 0;
    for (int64_t i = 0; i < n_pieces; i++)
        sum += work.sums[i];
    free(work.sums);
    return sqrt(sum);
}

double lex_norm(lex_scope *scope, lex_tensor *x)
{
    double norm = 0;
    if (!x || lex_scope_failed(scope))
        return 0;
    if (lex_by_kernels(scope))
        return norm_by_kernels(scope, x);
    LEX_SHIM_CALL(scope, norm, &norm, &x->t);
    return norm;
}

/* ---- AdamW ---- */

typedef struct {
    const lex_cpu_kernels *kernels;
    float *params, *m, *v;
    const float *grads;
    const lex_adamw *adamw;
} adamw_work;

static void adamw_piece(void *context, int64_t begin, int64_t end)
{
    adamw_work *work = context;
    work->kernels->adamw(work->params + begin, work->grads + begin, work->m + begin, work->v + begin, end - begin,
                         work->adamw);
}

static void adamw_by_library(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *m, lex_tensor *v,
                          int64_t offset, int64_t n, const lex_adamw *a)
{
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *p = lex_tensor_view(inner, params, 1, &n, offset), *g = lex_tensor_view(inner, grads, 1, &n, offset);
    lex_tensor *mv = lex_tensor_view(inner, m, 1, &n, offset), *vv = lex_tensor_view(inner, v, 1, &n, offset);
    if (vv && (a->grad_scale == 1.0 || LEX_SHIM_CALL(inner, scale, &g->t, a->grad_scale)))
        LEX_SHIM_CALL(inner, adamw, &p->t, &g->t, &mv->t, &vv->t, 1, a->step, a->lr, a->beta1, a->beta2, a->eps,
                      a->weight_decay);
    lex_scope_keep(scope, inner, NULL);
    lex_scope_free(inner);
}

void lex_adamw_apply(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *m, lex_tensor *v,
                     int64_t offset, int64_t n, const lex_adamw *adamw)
{
    if (!params || !grads || !m || !v || lex_scope_failed(scope))
        return;
    if (!lex_by_kernels(scope)) {
        adamw_by_library(scope, params, grads, m, v, offset, n, adamw);
        return;
    }
    adamw_work work = {scope->runtime->kernels,   lex_tensor_f32(params) + offset, lex_tensor_f32(m) + offset,
                       lex_tensor_f32(v) + offset, lex_tensor_f32(grads) + offset,  adamw};
    lex_parallel_for(scope->runtime, n, 1 << 14, adamw_piece, &work);
}

/* ---- SGD ---- */

static void sgd_run(lex_scope *scope, lex_tensor *p, lex_tensor *g, lex_tensor *velocity, const lex_sgd *sgd)
{
    if (sgd->grad_scale != 1.0 && !LEX_SHIM_CALL(scope, scale, &g->t, sgd->grad_scale))
        return;
    if (sgd->weight_decay != 0 && !lex_add_scaled(scope, g, p, sgd->weight_decay))
        return;
    if (velocity) {
        if (!LEX_SHIM_CALL(scope, scale, &velocity->t, sgd->momentum) || !lex_add(scope, velocity, g))
            return;
        g = velocity;
    }
    lex_add_scaled(scope, p, g, -sgd->lr);
}

void lex_sgd_apply(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *velocity, int64_t offset,
                   int64_t n, const lex_sgd *sgd)
{
    if (!params || !grads || lex_scope_failed(scope))
        return;
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *p = lex_tensor_view(inner, params, 1, &n, offset), *g = lex_tensor_view(inner, grads, 1, &n, offset);
    lex_tensor *v = velocity ? lex_tensor_view(inner, velocity, 1, &n, offset) : NULL;
    if (!lex_scope_failed(inner))
        sgd_run(inner, p, g, v, sgd);
    lex_scope_keep(scope, inner, NULL);
    lex_scope_free(inner);
}

/* ---- the moving average ---- */

typedef struct {
    float *average;
    const float *x;
    float share;
} blend_work;

static void blend_piece(void *context, int64_t begin, int64_t end)
{
    blend_work *work = context;
    for (int64_t i = begin; i < end; i++)
        work->average[i] += work->share * (work->x[i] - work->average[i]);
}

void lex_blend(lex_scope *scope, lex_tensor *average, lex_tensor *x, double share)
{
    if (!average || !x || lex_scope_failed(scope))
        return;
    if (!lex_by_kernels(scope)) {
        if (LEX_SHIM_CALL(scope, scale, &average->t, 1 - share))
            lex_add_scaled(scope, average, x, share);
        return;
    }
    blend_work work = {lex_tensor_f32(average), lex_tensor_f32(x), (float)share};
    lex_parallel_for(scope->runtime, lex_tensor_count(average), 1 << 14, blend_piece, &work);
}

void lex_tensor_swap(lex_scope *scope, lex_tensor *a, lex_tensor *b)
{
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *kept = a ? lex_tensor_clone(inner, a) : NULL;
    lex_tensor_copy(inner, kept ? a : NULL, b);
    lex_tensor_copy(inner, b, kept);
    lex_scope_keep(scope, inner, NULL);
    lex_scope_free(inner);
}
