/* blocks.c - the blocks of an encoder: linear, layer normalisation, activations, rows of a table, the mean over
 * sequences: libtorch's on CUDA; on the CPU ours where they are faster (blocks_cpu.c). Each one's way back stands beside
 * it and adds to the gradients it is given. */
#include "internal.h"

#include <stdlib.h>

static int64_t rows_of(const lex_tensor *x)
{
    return lex_tensor_size(x, 0);
}

lex_tensor *lex_empty_matrix(lex_scope *scope, int64_t rows, int64_t columns)
{
    int64_t sizes[2] = {rows, columns};
    return lex_tensor_empty(scope, LEX_F32, 2, sizes);
}

/* ---- linear ---- */

lex_tensor *lex_linear_apply(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias)
{
    if (!x || !weight || !bias)
        return NULL;
    if (lex_by_kernels(scope))
        return lex_cpu_linear(scope, x, weight, bias, LEX_AFTER_NOTHING, NULL);
    return lex_scope_failed(scope) ? NULL : lex_library_linear(scope, scope->runtime->library_products, x, weight, bias);
}

lex_tensor *lex_linear_apply_head(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias)
{
    if (!x || !weight || !bias || lex_scope_failed(scope) || lex_by_kernels(scope))
        return lex_linear_apply(scope, x, weight, bias);
    return lex_library_linear(scope, LEX_F32, x, weight, bias);
}

lex_tensor *lex_linear_apply_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *weight,
                                      lex_tensor *dweight, lex_tensor *dbias, bool want_dx)
{
    if (!dy || !x || !weight || lex_scope_failed(scope))
        return NULL;
    if (lex_by_kernels(scope))
        return lex_cpu_linear_backward(scope, dy, x, weight, dweight, dbias, want_dx);
    return lex_library_linear_backward(scope, dy, x, weight, dweight, dbias, want_dx);
}

lex_tensor *lex_add(lex_scope *scope, lex_tensor *to, lex_tensor *from)
{
    if (!to || !from || lex_scope_failed(scope))
        return NULL;
    if (lex_by_kernels(scope))
        lex_cpu_add(scope, to, from);
    else
        LEX_SHIM_CALL(scope, add, &to->t, &from->t, 1.0);
    return lex_scope_failed(scope) ? NULL : to;
}

lex_tensor *lex_add_scaled(lex_scope *scope, lex_tensor *to, lex_tensor *from, double factor)
{
    if (!to || !from || lex_scope_failed(scope) || !LEX_SHIM_CALL(scope, add, &to->t, &from->t, factor))
        return NULL;
    return to;
}

/* ---- layer normalisation ---- */

lex_tensor *lex_layer_norm(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, double eps,
                           lex_layer_norm_saved *saved)
{
    if (!x || !weight || !bias || lex_scope_failed(scope))
        return NULL;
    if (lex_by_kernels(scope))
        return lex_cpu_norm(scope, x, weight, bias, eps, saved);
    lex_tensor *y = lex_scope_add(scope), *mean = lex_scope_add(scope), *rstd = lex_scope_add(scope);
    if (!rstd)
        return NULL;
    if (!LEX_SHIM_CALL(scope, layer_norm, &y->t, &mean->t, &rstd->t, &x->t, &weight->t, &bias->t, eps))
        return NULL;
    if (saved)
        *saved = (lex_layer_norm_saved){x, mean, rstd};
    return y;
}

lex_tensor *lex_layer_norm_backward(lex_scope *scope, lex_tensor *dy, const lex_layer_norm_saved *saved,
                                    lex_tensor *weight, lex_tensor *bias, lex_tensor *dweight, lex_tensor *dbias)
{
    if (!dy || !weight || lex_scope_failed(scope))
        return NULL;
    if (lex_by_kernels(scope))
        return lex_cpu_norm_backward(scope, dy, saved, weight, dweight, dbias);
    lex_tensor *dx = lex_scope_add(scope), *dw = lex_scope_add(scope), *db = lex_scope_add(scope);
    if (!db)
        return NULL;
    if (!LEX_SHIM_CALL(scope, layer_norm_backward, &dx->t, &dw->t, &db->t, &dy->t, &saved->x->t, &saved->mean->t,
                       &saved->rstd->t, &weight->t, &bias->t))
        return NULL;
    if (dweight)
        lex_add(scope, dweight, dw);
    if (dbias)
        lex_add(scope, dbias, db);
    return dx;
}

/* ---- activations ---- */

#define UNARY(function, operation)                                                                                     \
    lex_tensor *function(lex_scope *scope, lex_tensor *x)                                                              \
    {                                                                                                                  \
        lex_tensor *y = x ? lex_scope_add(scope) : NULL;                                                               \
        return y && LEX_SHIM_CALL(scope, operation, &y->t, &x->t) ? y : NULL;                                          \
    }
#define UNARY_BACKWARD(function, operation)                                                                            \
    lex_tensor *function(lex_scope *scope, lex_tensor *dy, lex_tensor *of)                                             \
    {                                                                                                                  \
        lex_tensor *dx = dy && of ? lex_scope_add(scope) : NULL;                                                       \
        return dx && LEX_SHIM_CALL(scope, operation, &dx->t, &dy->t, &of->t) ? dx : NULL;                              \
    }
UNARY(lex_tanh, tanh)
UNARY_BACKWARD(lex_tanh_backward, tanh_backward)
static UNARY(relu, relu)
static UNARY_BACKWARD(relu_backward, relu_backward)

static lex_tensor *library_gelu(lex_scope *scope, lex_tensor *x, bool by_tanh)
{
    lex_tensor *y = x ? lex_scope_add(scope) : NULL;
    return y && LEX_SHIM_CALL(scope, gelu, &y->t, &x->t, by_tanh) ? y : NULL;
}

static lex_tensor *library_gelu_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, bool by_tanh)
{
    lex_tensor *dx = dy && x ? lex_scope_add(scope) : NULL;
    return dx && LEX_SHIM_CALL(scope, gelu_backward, &dx->t, &dy->t, &x->t, by_tanh) ? dx : NULL;
}

lex_tensor *lex_gelu(lex_scope *scope, lex_tensor *x)
{
    return library_gelu(scope, x, false);
}

lex_tensor *lex_gelu_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x)
{
    if (!dy || !x || lex_scope_failed(scope))
        return NULL;
    return lex_by_kernels(scope) ? lex_cpu_gelu_backward(scope, dy, x) : library_gelu_backward(scope, dy, x, false);
}

lex_tensor *lex_activate(lex_scope *scope, lex_tensor *x, lex_activation activation)
{
    switch (activation) {
    case LEX_ACTIVATION_TANH:
        return lex_tanh(scope, x);
    case LEX_ACTIVATION_RELU:
        return relu(scope, x);
    default:
        return library_gelu(scope, x, activation == LEX_ACTIVATION_GELU_TANH);
    }
}

lex_tensor *lex_activate_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *y, lex_activation activation)
{
    switch (activation) {
    case LEX_ACTIVATION_TANH:
        return lex_tanh_backward(scope, dy, y);
    case LEX_ACTIVATION_RELU:
        return relu_backward(scope, dy, x);
    case LEX_ACTIVATION_GELU_TANH:
        return library_gelu_backward(scope, dy, x, true);
    default:
        return lex_gelu_backward(scope, dy, x);
    }
}

static bool is_rounded(const lex_tensor *x)
{
    return x->t.dtype == LEX_SHIM_BF16 || x->t.dtype == LEX_SHIM_F16;
}

lex_tensor *lex_linear_activate(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias,
                                lex_activation activation, lex_tensor **raw)
{
    static const lex_after after[] = {[LEX_ACTIVATION_GELU] = LEX_AFTER_GELU, [LEX_ACTIVATION_GELU_TANH] = LEX_AFTER_GELU_TANH,
                                      [LEX_ACTIVATION_RELU] = LEX_AFTER_RELU, [LEX_ACTIVATION_TANH] = LEX_AFTER_NOTHING};
    if (lex_by_kernels(scope) && after[activation] != LEX_AFTER_NOTHING)
        return lex_cpu_linear(scope, x, weight, bias, after[activation], raw);
    if (x && weight && bias && is_rounded(x) && is_rounded(weight) &&
        (activation == LEX_ACTIVATION_GELU || activation == LEX_ACTIVATION_GELU_TANH)) {
        *raw = NULL; /* there is no way back */
        return lex_scope_failed(scope) ? NULL : lex_library_linear_gelu(scope, x, weight, bias);
    }
    *raw = lex_linear_apply(scope, x, weight, bias);
    return lex_activate(scope, *raw, activation);
}

lex_tensor *lex_linear_gelu(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, lex_tensor **raw)
{
    return lex_linear_activate(scope, x, weight, bias, LEX_ACTIVATION_GELU, raw);
}

/* ---- rows of a table ---- */

lex_tensor *lex_rows_take(lex_scope *scope, lex_tensor *table, lex_tensor *ids)
{
    if (!table || !ids)
        return NULL;
    lex_tensor *y = lex_empty_matrix(scope, rows_of(ids), table->t.sizes[1]); /* (T, C) */
    if (!y || !LEX_SHIM_CALL(scope, take_rows, &y->t, &table->t, &ids->t))
        return NULL;
    return y;
}

/* On the CPU row by row: the dense gradient that libtorch would make costs a pass over the whole table. */
void lex_rows_backward(lex_scope *scope, lex_tensor *dtable, lex_tensor *ids, lex_tensor *dy)
{
    if (!dtable || !ids || !dy || lex_scope_failed(scope))
        return;
    if (!lex_by_kernels(scope)) {
        LEX_SHIM_CALL(scope, embedding_backward, &dtable->t, &ids->t, &dy->t);
        return;
    }
    const int64_t *id = ids->t.data;
    int64_t T = rows_of(ids), C = dtable->t.sizes[1];
    for (int64_t t = 0; t < T; t++)
        scope->runtime->products->add(lex_tensor_f32(dtable) + id[t] * C, lex_tensor_f32(dy) + t * C, C);
}

void lex_rows_put(lex_scope *scope, lex_tensor *table, lex_tensor *ids, lex_tensor *rows)
{
    if (table && ids && rows && !lex_scope_failed(scope))
        LEX_SHIM_CALL(scope, put_rows, &table->t, &ids->t, &rows->t);
}

/* ---- the mean over each sequence ---- */

/* For every row of the batch the number of its sequence, and 1 / length of every sequence, on the device. */
static void segment_tensors(lex_scope *scope, const lex_packing *packing, lex_tensor **segment, lex_tensor **inverse)
{
    int64_t *of_row = lex_alloc_array((size_t)packing->n_rows, sizeof *of_row);
    float *factor = lex_alloc_array((size_t)packing->n_sequences, sizeof *factor);
    for (int64_t s = 0; s < packing->n_sequences; s++) {
        int64_t begin = packing->starts[s], end = packing->starts[s + 1];
        factor[s] = 1.0f / (float)(end - begin);
        for (int64_t t = begin; t < end; t++)
            of_row[t] = s;
    }
    *segment = lex_tensor_from(scope, LEX_I64, 1, &packing->n_rows, of_row);
    *inverse = lex_tensor_from(scope, LEX_F32, 1, &packing->n_sequences, factor);
    free(of_row);
    free(factor);
}

lex_tensor *lex_segment_mean(lex_scope *scope, lex_tensor *x, const lex_packing *packing)
{
    lex_tensor *segment, *inverse;
    segment_tensors(scope, packing, &segment, &inverse);
    int64_t sizes[2] = {packing->n_sequences, lex_tensor_size(x, 1)};
    lex_tensor *mean = lex_tensor_zeros(scope, LEX_F32, 2, sizes); /* (B, C) */
    if (!mean || !x || !LEX_SHIM_CALL(scope, add_rows, &mean->t, &segment->t, &x->t) ||
        !LEX_SHIM_CALL(scope, scale_rows, &mean->t, &inverse->t))
        return NULL;
    return mean;
}

lex_tensor *lex_segment_mean_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing)
{
    lex_tensor *segment, *inverse;
    segment_tensors(scope, packing, &segment, &inverse);
    lex_tensor *scaled = lex_tensor_clone(scope, dy); /* (B, C) */
    if (!scaled || !LEX_SHIM_CALL(scope, scale_rows, &scaled->t, &inverse->t))
        return NULL;
    return lex_rows_take(scope, scaled, segment);
}
