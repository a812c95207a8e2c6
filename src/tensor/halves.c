/* halves.c - blocks whose rows have two halves: rotary positions, which turn a head's first half against its second, and the
 * gate of a feed-forward. Both by libtorch's operations alone, on any device. */
#include "internal.h"

/* x *= by, in place; returns x. */
static lex_tensor *multiply(lex_scope *scope, lex_tensor *x, lex_tensor *by)
{
    if (!x || !by || lex_scope_failed(scope) || !LEX_SHIM_CALL(scope, multiply, &x->t, &by->t))
        return NULL;
    return x;
}

/* ---- rotation ---- */

/* a cos + factor b sin, new. */
static lex_tensor *turned(lex_scope *scope, const lex_tensor *a, const lex_tensor *b, lex_tensor *cosines, lex_tensor *sines,
                          double factor)
{
    lex_tensor *sum = multiply(scope, lex_tensor_clone(scope, a), cosines);
    return lex_add_scaled(scope, sum, multiply(scope, lex_tensor_clone(scope, b), sines), factor);
}

void lex_rotate(lex_scope *scope, lex_tensor *qkv, lex_tensor *cosines, lex_tensor *sines, int64_t n_heads, bool back)
{
    if (!qkv || !cosines || !sines || lex_scope_failed(scope))
        return;
    const int64_t T = lex_tensor_size(qkv, 0), width = lex_tensor_size(qkv, 1), half = lex_tensor_size(cosines, 1);
    const int64_t sizes[3] = {T, 2 * n_heads, half}, strides[3] = {width, 2 * half, 1}, each[3] = {T, 1, half};
    lex_tensor *first = lex_tensor_strided(scope, qkv, 3, sizes, strides, 0);
    lex_tensor *second = lex_tensor_strided(scope, qkv, 3, sizes, strides, half);
    lex_tensor *c = lex_tensor_view(scope, cosines, 3, each, 0), *s = lex_tensor_view(scope, sines, 3, each, 0);
    if (!first || !second)
        return;
    lex_tensor *one = turned(scope, first, second, c, s, back ? 1 : -1);
    lex_tensor *other = turned(scope, second, first, c, s, back ? -1 : 1);
    lex_tensor_copy(scope, first, one);
    lex_tensor_copy(scope, second, other);
}

/* ---- the gate ---- */

/* Columns [begin, begin + n) of x. */
static lex_tensor *half_of(lex_scope *scope, lex_tensor *x, int64_t begin, int64_t n)
{
    const int64_t sizes[2] = {lex_tensor_size(x, 0), n}, strides[2] = {lex_tensor_size(x, 1), 1};
    return lex_tensor_strided(scope, x, 2, sizes, strides, begin);
}

lex_tensor *lex_gated(lex_scope *scope, lex_tensor *x, lex_activation activation)
{
    if (!x || lex_scope_failed(scope))
        return NULL;
    const int64_t n = lex_tensor_size(x, 1) / 2;
    lex_tensor *y = lex_activate(scope, lex_tensor_clone(scope, half_of(scope, x, 0, n)), activation);
    return multiply(scope, y, half_of(scope, x, n, n));
}

lex_tensor *lex_gated_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_activation activation)
{
    if (!dy || !x || lex_scope_failed(scope))
        return NULL;
    const int64_t n = lex_tensor_size(x, 1) / 2;
    lex_tensor *dx = lex_empty_matrix(scope, lex_tensor_size(x, 0), 2 * n);
    lex_tensor *a = lex_tensor_clone(scope, half_of(scope, x, 0, n)), *y = lex_activate(scope, a, activation);
    lex_tensor *dgate = multiply(scope, lex_tensor_clone(scope, dy), y);
    lex_tensor *dactive = multiply(scope, lex_tensor_clone(scope, dy), half_of(scope, x, n, n));
    lex_tensor *da = lex_activate_backward(scope, dactive, a, y, activation);
    if (!dx || !dgate || !da)
        return NULL;
    lex_tensor_copy(scope, half_of(scope, dx, 0, n), da);
    lex_tensor_copy(scope, half_of(scope, dx, n, n), dgate);
    return lex_scope_failed(scope) ? NULL : dx;
}
