/* unfold.c - rows beside their neighbours, sequence by sequence, and the way back. On the CPU alone. */
#include "internal.h"

typedef struct {
    const lex_packing *packing;
    int64_t width, size; /* C */
    float *rows;         /* (T, C) */
    float *unfolded;     /* (T, C size) */
    bool back;
} work;

/* Column j of each of a row's columns is the neighbour's. */
static void one_row(const work *w, int64_t row, int64_t neighbour, int64_t j)
{
    float *restrict beside = w->unfolded + row * w->width * w->size + j, *restrict x = w->rows + neighbour * w->width;
    for (int64_t c = 0; c < w->width; c++) {
        if (w->back)
            x[c] += beside[c * w->size];
        else
            beside[c * w->size] = x[c];
    }
}

static void unfold_sequences(void *context, int64_t begin, int64_t end)
{
    const work *w = context;
    for (int64_t s = begin; s < end; s++)
        for (int64_t row = w->packing->starts[s]; row < w->packing->starts[s + 1]; row++)
            for (int64_t j = 0; j < w->size; j++) {
                const int64_t neighbour = row + j - (w->size - 1) / 2;
                if (neighbour >= w->packing->starts[s] && neighbour < w->packing->starts[s + 1])
                    one_row(w, row, neighbour, j);
            }
}

/* From `from` to zeros (T, n_columns). */
static lex_tensor *run(lex_scope *scope, lex_tensor *from, const lex_packing *packing, int64_t size, int64_t n_columns, bool back)
{
    if (!lex_on_cpu(scope)) {
        lex_scope_fail(scope, "convolution", "is computed on the CPU alone: --device cpu");
        return NULL;
    }
    lex_tensor *to = lex_tensor_zeros(scope, LEX_F32, 2, (int64_t[]){lex_tensor_size(from, 0), n_columns});
    if (!to)
        return NULL;
    work w = {packing, back ? n_columns : lex_tensor_size(from, 1), size, lex_tensor_f32(back ? to : from),
              lex_tensor_f32(back ? from : to), back};
    lex_parallel_for(scope->runtime, packing->n_sequences, 1, unfold_sequences, &w);
    return to;
}

lex_tensor *lex_unfold(lex_scope *scope, lex_tensor *x, const lex_packing *packing, int64_t size)
{
    return x && !lex_scope_failed(scope) ? run(scope, x, packing, size, lex_tensor_size(x, 1) * size, false) : NULL;
}

lex_tensor *lex_unfold_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing, int64_t size)
{
    return dy && !lex_scope_failed(scope) ? run(scope, dy, packing, size, lex_tensor_size(dy, 1) / size, true) : NULL;
}
