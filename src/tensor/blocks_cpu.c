/* blocks_cpu.c - the blocks of blocks.c on the CPU, by the kernels of kernels.h: work is cut into pieces of rows or of
 * columns for the runtime's threads, and a result is the same bits however it is cut.
 *
 * Weights are packed anew at each use: they change with every step, and packing passes over them once where a product
 * passes over them hundreds of times. */
#include "internal.h"

#include <stdlib.h>

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The least rows, or panels, that a piece is worth. */
enum { PRODUCT_ROWS = 56, NORM_ROWS = 32, PANELS = 1, COLUMNS_A_PIECE = 64, ELEMENTS_A_PIECE = 1 << 14 };

/* Whether `good`; else the scope has failed in operation `name`. */
static bool check(lex_scope *scope, const char *name, bool good)
{
    if (!good)
        lex_scope_fail(scope, name, "shapes do not fit");
    return good;
}

/* ---- matrices packed for products ---- */
typedef struct {
    const lex_kernels *kernels;
    const float *x;
    int64_t rows, columns; /* of x */
    bool by_columns;       /* pack_columns(): depth is rows; else pack_rows(): depth is columns */
    char *packed;
} packing;

static void pack_panels(void *context, int64_t begin, int64_t end)
{
    const packing *p = context;
    const lex_kernels *k = p->kernels;
    int64_t depth = p->by_columns ? p->rows : p->columns, n = p->by_columns ? p->columns : p->rows;
    int64_t first = begin * k->panel, some = smaller(end * k->panel, n) - first;
    char *to = p->packed + lex_packed_bytes(k, depth, first);
    if (p->by_columns)
        k->pack_columns(to, p->x + first, p->columns, depth, some);
    else
        k->pack_rows(to, p->x + first * p->columns, p->columns, some, depth);
}

/* A block of the scope's for `bytes`, on a 64-byte boundary: libtorch keeps such blocks for the next use, where the
 * system's allocator gives large ones back and has every page cleared anew. NULL when there is no memory. */
static lex_tensor *block_of(lex_scope *scope, size_t bytes)
{
    int64_t n = (int64_t)(bytes / sizeof(float)) + 1;
    return lex_tensor_empty(scope, LEX_F32, 1, &n);
}

/* The packed matrix, for the caller to drop. */
static lex_tensor *packed_of(lex_scope *scope, lex_tensor *x, bool by_columns)
{
    const lex_kernels *k = scope->runtime->products;
    packing p = {k, lex_tensor_f32(x), x->t.sizes[0], x->t.sizes[1], by_columns, NULL};
    int64_t depth = by_columns ? p.rows : p.columns, n = by_columns ? p.columns : p.rows;
    int64_t panels = (n + k->panel - 1) / k->panel;
    lex_tensor *packed = block_of(scope, lex_packed_bytes(k, depth, n));
    if (!packed)
        return NULL;
    p.packed = packed->t.data;
    lex_parallel_for(scope->runtime, panels, PANELS, pack_panels, &p);
    return packed;
}

/* ---- linear ---- */
typedef struct {
    const lex_kernels *kernels;
    lex_linear_work work;
} linear_rows;

static void linear_pieces(void *context, int64_t begin, int64_t end)
{
    const linear_rows *rows = context;
    lex_linear_work work = rows->work;
    work.x += begin * work.x_stride;
    work.y += begin * work.y_stride;
    work.raw = work.raw ? work.raw + begin * work.y_stride : NULL;
    work.n_rows = end - begin;
    work.scratch = lex_alloc_aligned((size_t)lex_linear_scratch(rows->kernels, work.in) * sizeof(float) + 64);
    rows->kernels->linear(&work);
    free(work.scratch);
}

/* after(x packed + bias), (T, out). */
static lex_tensor *product(lex_scope *scope, lex_tensor *x, const void *packed, lex_tensor *bias, int64_t out,
                           lex_after after, lex_tensor **raw)
{
    int64_t rows = x->t.sizes[0], in = x->t.sizes[1];
    lex_tensor *y = lex_empty_matrix(scope, rows, out), *before = raw ? lex_empty_matrix(scope, rows, out) : NULL;
    if (!y || (raw && !before))
        return NULL;
    linear_rows all = {scope->runtime->products,
                       {.x = lex_tensor_f32(x),
                        .x_stride = in,
                        .in = in,
                        .out = out,
                        .packed = packed,
                        .bias = bias ? lex_tensor_f32(bias) : NULL,
                        .after = after,
                        .y = lex_tensor_f32(y),
                        .raw = before ? lex_tensor_f32(before) : NULL,
                        .y_stride = out}};
    lex_parallel_for(scope->runtime, rows, PRODUCT_ROWS, linear_pieces, &all);
    if (raw)
        *raw = before;
    return y;
}

lex_tensor *lex_cpu_linear(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, lex_after after,
                           lex_tensor **raw)
{
    if (!x || !weight || !bias || lex_scope_failed(scope))
        return NULL;
    if (!check(scope, "linear", x->t.n_dims == 2 && weight->t.n_dims == 2 && x->t.sizes[1] == weight->t.sizes[1] &&
                                    lex_tensor_count(bias) == weight->t.sizes[0]))
        return NULL;
    lex_tensor *packed = packed_of(scope, weight, false);
    lex_tensor *y = packed ? product(scope, x, packed->t.data, bias, weight->t.sizes[0], after, raw) : NULL;
    lex_scope_drop(scope, packed);
    return y;
}

typedef struct {
    const lex_kernels *kernels;
    lex_outer_work work;
} outer_panels;

static void outer_pieces(void *context, int64_t begin, int64_t end)
{
    const outer_panels *all = context;
    lex_outer_work work = all->work;
    int64_t first = begin * all->kernels->panel;
    work.a = (const char *)work.a + lex_packed_bytes(all->kernels, work.depth, first);
    work.m = smaller(end * all->kernels->panel, work.m) - first;
    work.c += first * work.c_stride;
    all->kernels->outer(&work);
}

/* dweight (out, in) += dy' x */
static void add_outer(lex_scope *scope, lex_tensor *dweight, lex_tensor *dy, lex_tensor *x)
{
    const lex_kernels *k = scope->runtime->products;
    int64_t out = dy->t.sizes[1], in = x->t.sizes[1], panels = (out + k->panel - 1) / k->panel;
    lex_tensor *a = packed_of(scope, dy, true), *b = packed_of(scope, x, true);
    if (a && b) {
        outer_panels all = {k, {a->t.data, b->t.data, dy->t.sizes[0], out, in, lex_tensor_f32(dweight), in}};
        lex_parallel_for(scope->runtime, panels, PANELS, outer_pieces, &all);
    }
    lex_scope_drop(scope, a);
    lex_scope_drop(scope, b);
}

typedef struct {
    const lex_kernels *kernels;
    float *sums;
    const float *x; /* (n_rows, n) */
    int64_t n_rows, n;
} column_sums;

static void sums_pieces(void *context, int64_t begin, int64_t end)
{
    const column_sums *all = context;
    int64_t first = begin * COLUMNS_A_PIECE, n = smaller(end * COLUMNS_A_PIECE, all->n) - first;
    all->kernels->add_column_sums(all->sums + first, all->x + first, all->n, all->n_rows, n);
}

lex_tensor *lex_cpu_linear_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *weight,
                                    lex_tensor *dweight, lex_tensor *dbias, bool want_dx)
{
    if (!check(scope, "linear", dy->t.n_dims == 2 && x->t.n_dims == 2 && dy->t.sizes[0] == x->t.sizes[0] &&
                                    dy->t.sizes[1] == weight->t.sizes[0] && x->t.sizes[1] == weight->t.sizes[1]))
        return NULL;
    if (dweight)
        add_outer(scope, dweight, dy, x);
    if (dbias) {
        column_sums all = {scope->runtime->products, lex_tensor_f32(dbias), lex_tensor_f32(dy), dy->t.sizes[0],
                           dy->t.sizes[1]};
        lex_parallel_for(scope->runtime, (all.n + COLUMNS_A_PIECE - 1) / COLUMNS_A_PIECE, 1, sums_pieces, &all);
    }
    if (!want_dx)
        return NULL;
    lex_tensor *packed = packed_of(scope, weight, true);
    lex_tensor *dx = packed ? product(scope, dy, packed->t.data, NULL, weight->t.sizes[1], LEX_AFTER_NOTHING, NULL) : NULL;
    lex_scope_drop(scope, packed);
    return dx;
}

/* ---- passes over elements ---- */
typedef struct {
    const lex_kernels *kernels;
    float *to;
    const float *from, *with;
} elements;

static void add_pieces(void *context, int64_t begin, int64_t end)
{
    const elements *e = context;
    e->kernels->add(e->to + begin, e->from + begin, end - begin);
}

void lex_cpu_add(lex_scope *scope, lex_tensor *to, lex_tensor *from)
{
    if (!check(scope, "add", lex_tensor_count(to) == lex_tensor_count(from)))
        return;
    elements e = {scope->runtime->products, lex_tensor_f32(to), lex_tensor_f32(from), NULL};
    lex_parallel_for(scope->runtime, lex_tensor_count(to), ELEMENTS_A_PIECE, add_pieces, &e);
}

static void gelu_backward_pieces(void *context, int64_t begin, int64_t end)
{
    const elements *e = context;
    e->kernels->gelu_backward(e->to + begin, e->from + begin, e->with + begin, end - begin);
}

lex_tensor *lex_cpu_gelu_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x)
{
    lex_tensor *dx = lex_empty_matrix(scope, dy->t.sizes[0], dy->t.sizes[1]);
    if (!dx || !check(scope, "gelu_backward", lex_tensor_count(dy) == lex_tensor_count(x)))
        return NULL;
    elements e = {scope->runtime->products, lex_tensor_f32(dx), lex_tensor_f32(dy), lex_tensor_f32(x)};
    lex_parallel_for(scope->runtime, lex_tensor_count(dx), ELEMENTS_A_PIECE, gelu_backward_pieces, &e);
    return dx;
}

/* ---- layer normalisation ---- */
typedef struct {
    const lex_kernels *kernels;
    lex_norm_forward_work forward;
    lex_norm_backward_work backward;
} norm_rows;

static void norm_pieces(void *context, int64_t begin, int64_t end)
{
    const norm_rows *all = context;
    lex_norm_forward_work work = all->forward;
    work.x += begin * work.width;
    work.y += begin * work.width;
    work.mean += begin;
    work.rstd += begin;
    work.n_rows = end - begin;
    all->kernels->norm_forward(&work);
}

lex_tensor *lex_cpu_norm(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, double eps,
                         lex_layer_norm_saved *saved)
{
    int64_t rows = x->t.sizes[0], width = x->t.sizes[1];
    lex_tensor *y = lex_empty_matrix(scope, rows, width), *mean = lex_tensor_empty(scope, LEX_F32, 1, &rows);
    lex_tensor *rstd = lex_tensor_empty(scope, LEX_F32, 1, &rows);
    if (!y || !mean || !rstd ||
        !check(scope, "layer_norm", lex_tensor_count(weight) == width && lex_tensor_count(bias) == width))
        return NULL;
    norm_rows all = {.kernels = scope->runtime->products,
                     .forward = {lex_tensor_f32(x), rows, width, lex_tensor_f32(weight), lex_tensor_f32(bias), eps,
                                 lex_tensor_f32(y), lex_tensor_f32(mean), lex_tensor_f32(rstd)}};
    lex_parallel_for(scope->runtime, rows, NORM_ROWS, norm_pieces, &all);
    if (saved)
        *saved = (lex_layer_norm_saved){x, mean, rstd};
    return y;
}

static void norm_backward_pieces(void *context, int64_t begin, int64_t end)
{
    const norm_rows *all = context;
    lex_norm_backward_work work = all->backward;
    work.dy += begin * work.width;
    work.x += begin * work.width;
    work.dx += begin * work.width;
    work.mean += begin;
    work.rstd += begin;
    work.n_rows = end - begin;
    all->kernels->norm_backward(&work);
}

static void norm_sums_pieces(void *context, int64_t begin, int64_t end)
{
    const norm_rows *all = context;
    int64_t first = begin * COLUMNS_A_PIECE;
    all->kernels->norm_backward_sums(&all->backward, first, smaller(end * COLUMNS_A_PIECE, all->backward.width));
}

lex_tensor *lex_cpu_norm_backward(lex_scope *scope, lex_tensor *dy, const lex_layer_norm_saved *saved,
                                  lex_tensor *weight, lex_tensor *dweight, lex_tensor *dbias)
{
    int64_t rows = dy->t.sizes[0], width = dy->t.sizes[1];
    lex_tensor *dx = lex_empty_matrix(scope, rows, width);
    if (!dx || !saved->x || !saved->rstd)
        return NULL;
    norm_rows all = {.kernels = scope->runtime->products,
                     .backward = {lex_tensor_f32(dy), lex_tensor_f32(saved->x), lex_tensor_f32(saved->mean),
                                  lex_tensor_f32(saved->rstd), lex_tensor_f32(weight), rows, width, lex_tensor_f32(dx),
                                  dweight ? lex_tensor_f32(dweight) : NULL, dbias ? lex_tensor_f32(dbias) : NULL}};
    lex_parallel_for(scope->runtime, rows, NORM_ROWS, norm_backward_pieces, &all);
    if (dweight && dbias)
        lex_parallel_for(scope->runtime, (width + COLUMNS_A_PIECE - 1) / COLUMNS_A_PIECE, 1, norm_sums_pieces, &all);
    return dx;
}
