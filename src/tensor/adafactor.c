/* adafactor.c - Adafactor's step on one parameter (tensor.h). On the CPU ours: the sums are many and the tolerance is
 * small, so they are taken in double, each by one thread from its first element to its last, and threads do not change
 * them. On CUDA the library's operations. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>

int64_t lex_adafactor_floats(int64_t rows, int64_t columns)
{
    return rows ? rows + columns : columns;
}

static double beta2_of(const lex_adafactor *a)
{
    return 1 - pow((double)a->step, a->decay_power);
}

/* ---- a vector: short, so that one thread will do ---- */

static void vector_step(float *params, const float *grads, float *moment, int64_t n, const lex_adafactor *a)
{
    double beta2 = beta2_of(a), sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double g = (double)grads[i] * a->grad_scale;
        moment[i] = (float)(beta2 * (double)moment[i] + (1 - beta2) * (g * g + a->eps));
        sum += g * g / (double)moment[i];
    }
    double rate = a->lr / fmax(1, sqrt(sum / (double)n) / a->clip), kept = 1 - a->weight_decay * a->lr;
    for (int64_t i = 0; i < n; i++) {
        double g = (double)grads[i] * a->grad_scale;
        params[i] = (float)(kept * (double)params[i] - rate * g / sqrt((double)moment[i]));
    }
}

/* ---- a matrix: rows and columns in turn, each part on any thread ---- */

typedef struct {
    const lex_adafactor *a;
    float *params, *row_moment, *column_moment;
    const float *grads; /* (R, C) */
    int64_t rows, columns;
    double beta2;
    double *row_factor;    /* (R): what a row's gradients are multiplied with */
    double *column_factor; /* (C) */
    double *squares;       /* (R): of the row's updates */
    double rate;           /* of the updates, clipped */
} matrix_work;

static float blended(const matrix_work *w, float moment, double sum, int64_t n)
{
    double mean = sum * w->a->grad_scale * w->a->grad_scale / (double)n + w->a->eps;
    return (float)(w->beta2 * (double)moment + (1 - w->beta2) * mean);
}

static void row_moments(void *context, int64_t begin, int64_t end)
{
    matrix_work *w = context;
    for (int64_t r = begin; r < end; r++) {
        const float *g = w->grads + r * w->columns;
        double sum = 0;
        for (int64_t c = 0; c < w->columns; c++)
            sum += (double)g[c] * (double)g[c];
        w->row_moment[r] = blended(w, w->row_moment[r], sum, w->columns);
    }
}

static void column_moments(void *context, int64_t begin, int64_t end)
{
    matrix_work *w = context;
    double *sum = w->column_factor;
    for (int64_t c = begin; c < end; c++)
        sum[c] = 0;
    for (int64_t r = 0; r < w->rows; r++) {
        const float *g = w->grads + r * w->columns;
        for (int64_t c = begin; c < end; c++)
            sum[c] += (double)g[c] * (double)g[c];
    }
    for (int64_t c = begin; c < end; c++) {
        w->column_moment[c] = blended(w, w->column_moment[c], sum[c], w->rows);
        w->column_factor[c] = 1 / sqrt((double)w->column_moment[c]);
    }
}

static void row_squares(void *context, int64_t begin, int64_t end)
{
    matrix_work *w = context;
    for (int64_t r = begin; r < end; r++) {
        const float *g = w->grads + r * w->columns;
        double sum = 0;
        for (int64_t c = 0; c < w->columns; c++) {
            double update = (double)g[c] * w->column_factor[c];
            sum += update * update;
        }
        w->squares[r] = sum * w->row_factor[r] * w->row_factor[r];
    }
}

static void move_rows(void *context, int64_t begin, int64_t end)
{
    matrix_work *w = context;
    double kept = 1 - w->a->weight_decay * w->a->lr;
    for (int64_t r = begin; r < end; r++) {
        const float *g = w->grads + r * w->columns;
        float *p = w->params + r * w->columns;
        double rate = w->rate * w->row_factor[r];
        for (int64_t c = 0; c < w->columns; c++)
            p[c] = (float)(kept * (double)p[c] - rate * (double)g[c] * w->column_factor[c]);
    }
}

static void matrix_step(const lex_runtime *runtime, matrix_work *w)
{
    const lex_adafactor *a = w->a;
    double *memory = lex_alloc_array((size_t)(2 * w->rows + w->columns), sizeof *memory), mean = 0, sum = 0;
    w->beta2 = beta2_of(a);
    w->row_factor = memory;
    w->squares = memory + w->rows;
    w->column_factor = memory + 2 * w->rows;
    lex_parallel_for(runtime, w->rows, 1 + 4096 / w->columns, row_moments, w);
    lex_parallel_for(runtime, w->columns, 64, column_moments, w);
    for (int64_t r = 0; r < w->rows; r++)
        mean += (double)w->row_moment[r] / (double)w->rows;
    for (int64_t r = 0; r < w->rows; r++)
        w->row_factor[r] = a->grad_scale / sqrt((double)w->row_moment[r] / mean);
    lex_parallel_for(runtime, w->rows, 1 + 4096 / w->columns, row_squares, w);
    for (int64_t r = 0; r < w->rows; r++)
        sum += w->squares[r];
    w->rate = a->lr / fmax(1, sqrt(sum / (double)(w->rows * w->columns)) / a->clip);
    lex_parallel_for(runtime, w->rows, 1 + 4096 / w->columns, move_rows, w);
    free(memory);
}

/* ---- by the library ---- */

void lex_adafactor_apply_by_library(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *factors,
                                    const lex_adafactor_place *place, const lex_adafactor *a)
{
    if (!params || !grads || !factors || lex_scope_failed(scope))
        return;
    lex_scope *inner = lex_scope_new(scope->runtime);
    int64_t sizes[2] = {place->rows, place->columns};
    int n_dims = place->rows ? 2 : 1;
    const int64_t *shape = place->rows ? sizes : sizes + 1;
    lex_tensor *p = lex_tensor_view(inner, params, n_dims, shape, place->offset);
    lex_tensor *g = lex_tensor_view(inner, grads, n_dims, shape, place->offset);
    lex_tensor *rows = place->rows ? lex_tensor_view(inner, factors, 1, sizes, place->factors_offset) : NULL;
    lex_tensor *columns = lex_tensor_view(inner, factors, 1, sizes + 1, place->factors_offset + place->rows);
    if (columns && (a->grad_scale == 1.0 || LEX_SHIM_CALL(inner, scale, &g->t, a->grad_scale)))
        LEX_SHIM_CALL(inner, adafactor, &p->t, &g->t, rows ? &rows->t : NULL, &columns->t, a->lr, beta2_of(a), a->eps,
                      a->clip, a->weight_decay);
    lex_scope_keep(scope, inner, NULL);
    lex_scope_free(inner);
}

void lex_adafactor_apply(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *factors,
                         const lex_adafactor_place *place, const lex_adafactor *a)
{
    if (!params || !grads || !factors || lex_scope_failed(scope))
        return;
    if (!lex_by_kernels(scope)) {
        lex_adafactor_apply_by_library(scope, params, grads, factors, place, a);
        return;
    }
    float *p = lex_tensor_f32(params) + place->offset, *moment = lex_tensor_f32(factors) + place->factors_offset;
    const float *g = lex_tensor_f32(grads) + place->offset;
    if (place->rows == 0) {
        vector_step(p, g, moment, place->columns, a);
        return;
    }
    matrix_work work = {.a = a, .params = p, .row_moment = moment, .column_moment = moment + place->rows, .grads = g,
                        .rows = place->rows, .columns = place->columns};
    matrix_step(scope->runtime, &work);
}
