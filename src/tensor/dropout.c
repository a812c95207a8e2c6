/* dropout.c - dropout on rows: our counter-based mask, made again on the way back; by the library, on CUDA, its own, which is
 * stored. */
#include "internal.h"

enum { DROPOUT_ROWS_MAX = 65536, DROPOUT_COLUMNS_MAX = 4 * 65536 };

typedef struct {
    const lex_cpu_kernels *kernels;
    const lex_packing *packing;
    float *values;
    int64_t width;
    lex_dropout dropout;
} dropout_work;

static void drop_sequences(void *context, int64_t begin, int64_t end)
{
    dropout_work *work = context;
    const lex_packing *packing = work->packing;
    for (int64_t s = begin; s < end; s++) {
        int64_t first = packing->starts[s], n = packing->starts[s + 1] - first;
        for (int64_t row = 0; row < n; row++)
            work->kernels->dropout(work->values + (first + row) * work->width, work->width, work->dropout,
                                   packing->example[s], (uint32_t)row);
    }
}

static void drop_in_place(lex_scope *scope, lex_tensor *x, const lex_packing *packing, lex_dropout dropout)
{
    dropout_work work = {scope->runtime->kernels, packing, lex_tensor_f32(x), x->t.sizes[1], dropout};
    LEX_ASSERT(work.width <= DROPOUT_COLUMNS_MAX && dropout.site < 65536);
    lex_parallel_for(scope->runtime, packing->n_sequences, 1, drop_sequences, &work);
}

lex_tensor *lex_dropout_apply(lex_scope *scope, lex_tensor *x, const lex_packing *packing, lex_dropout dropout,
                              lex_dropout_saved *saved)
{
    if (saved)
        *saved = (lex_dropout_saved){dropout, NULL};
    if (!x || lex_scope_failed(scope) || dropout.p <= 0)
        return x;
    if (lex_by_kernels(scope)) {
        drop_in_place(scope, x, packing, dropout);
        return x;
    }
    lex_tensor *y = lex_scope_add(scope), *mask = lex_scope_add(scope);
    if (!mask || !LEX_SHIM_CALL(scope, dropout, &y->t, &mask->t, &x->t, dropout.p))
        return NULL;
    if (saved)
        saved->mask = mask;
    return y;
}

lex_tensor *lex_dropout_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                 const lex_dropout_saved *saved)
{
    if (!dy || lex_scope_failed(scope) || saved->dropout.p <= 0)
        return dy;
    if (lex_by_kernels(scope)) {
        drop_in_place(scope, dy, packing, saved->dropout);
        return dy;
    }
    lex_tensor *dx = saved->mask ? lex_scope_add(scope) : NULL;
    if (!dx || !LEX_SHIM_CALL(scope, dropout_backward, &dx->t, &dy->t, &saved->mask->t, 1.0 / (1.0 - saved->dropout.p)))
        return NULL;
    return dx;
}
