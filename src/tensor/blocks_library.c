/* blocks_library.c - linear blocks by libtorch's operations, in float32 or mixed precision: what is multiplied, and what comes
 * of it, has the fewer bits (Micikevicius et al. 2018). Training, weights, activations and gradients stay float32 outside, and
 * a weight is converted for every batch anew; answering, rows and layers' weights are rounded beforehand and converted no more. */
#include "internal.h"

lex_tensor *lex_converted(lex_scope *scope, lex_tensor *x, lex_dtype dtype)
{
    if (!x || (lex_dtype)x->t.dtype == dtype)
        return x;
    lex_tensor *y = lex_tensor_empty(scope, dtype, x->t.n_dims, x->t.sizes);
    lex_tensor_copy(scope, y, x);
    return lex_scope_failed(scope) ? NULL : y;
}

lex_tensor *lex_for_products(lex_scope *scope, lex_tensor *x)
{
    return lex_converted(scope, x, scope->runtime->library_products);
}

bool lex_rounds_rows(const lex_runtime *runtime)
{
    return (runtime->device >= 0 || runtime->by_library) && runtime->library_products != LEX_F32;
}

lex_tensor *lex_round_rows(lex_scope *scope, lex_tensor *x)
{
    return lex_rounds_rows(scope->runtime) ? lex_for_products(scope, x) : x;
}

lex_tensor *lex_float_rows(lex_scope *scope, lex_tensor *x)
{
    return lex_converted(scope, x, LEX_F32);
}

/* A new matrix. */
static lex_tensor *room_for(lex_scope *scope, lex_dtype dtype, int64_t rows, int64_t columns)
{
    return lex_tensor_empty(scope, dtype, 2, (int64_t[]){rows, columns});
}

lex_tensor *lex_library_linear_gelu(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias)
{
    lex_tensor *y = room_for(scope, (lex_dtype)x->t.dtype, lex_tensor_size(x, 0), lex_tensor_size(weight, 0)); /* (T, out) */
    return y && LEX_SHIM_CALL(scope, linear_gelu, &y->t, &x->t, &weight->t, &bias->t) ? y : NULL;
}

lex_tensor *lex_library_linear(lex_scope *scope, lex_dtype dtype, lex_tensor *x, lex_tensor *weight, lex_tensor *bias)
{
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *factor = lex_converted(inner, x, dtype);                                                      /* (T, in) */
    lex_tensor *w = lex_converted(inner, weight, dtype), *b = lex_converted(inner, bias, dtype);              /* (out, in), (out) */
    lex_tensor *product = room_for(inner, dtype, lex_tensor_size(x, 0), lex_tensor_size(weight, 0)), *y = NULL; /* (T, out) */
    if (factor && w && b && product && LEX_SHIM_CALL(inner, linear, &product->t, &factor->t, &w->t, &b->t))
        y = lex_converted(inner, product, (lex_dtype)x->t.dtype);
    y = lex_scope_keep(scope, inner, y);
    lex_scope_free(inner);
    return y;
}

/* to (out, in) += a' b, of (T, out) and (T, in), by way of a product of its own where that has fewer bits. */
static void add_product(lex_scope *scope, lex_tensor *to, lex_tensor *a, lex_tensor *b)
{
    const lex_dtype dtype = scope->runtime->library_products;
    if (dtype == LEX_F32) {
        LEX_SHIM_CALL(scope, gemm, &to->t, &a->t, true, &b->t, false, 1.0, 1.0);
        return;
    }
    lex_tensor *product = room_for(scope, dtype, lex_tensor_size(to, 0), lex_tensor_size(to, 1));
    if (product && LEX_SHIM_CALL(scope, gemm, &product->t, &a->t, true, &b->t, false, 1.0, 0.0))
        LEX_SHIM_CALL(scope, add, &to->t, &product->t, 1.0);
}

lex_tensor *lex_library_linear_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *weight,
                                        lex_tensor *dweight, lex_tensor *dbias, bool want_dx)
{
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *gradient = lex_for_products(inner, dy), *dx = NULL;                                   /* (T, out) */
    lex_tensor *factor = dweight ? lex_for_products(inner, x) : NULL;                                 /* (T, in) */
    lex_tensor *w = want_dx ? lex_for_products(inner, weight) : NULL;                                 /* (out, in) */
    if (dweight && gradient && factor)
        add_product(inner, dweight, gradient, factor);
    if (dbias && !lex_scope_failed(inner))
        LEX_SHIM_CALL(inner, add_column_sums, &dbias->t, &dy->t);
    if (want_dx && gradient && w && !lex_scope_failed(inner)) {
        const lex_dtype dtype = scope->runtime->library_products;
        lex_tensor *product = room_for(inner, dtype, lex_tensor_size(dy, 0), lex_tensor_size(weight, 1)); /* (T, in) */
        if (product && LEX_SHIM_CALL(inner, gemm, &product->t, &gradient->t, false, &w->t, false, 1.0, 0.0))
            dx = lex_float_rows(inner, product);
    }
    dx = lex_scope_keep(scope, inner, dx);
    lex_scope_free(inner);
    return dx;
}
