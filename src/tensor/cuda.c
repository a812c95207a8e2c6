/* cuda.c - the plugin of CUDA kernels (cuda_table.h): opened with a CUDA device, where it is there. The first time that one of
 * its kernels is used, libtorch does the work too; where the two do not agree, the kernel is used no more. */
#include "internal.h"

#include <dlfcn.h>
#include <string.h>

#define PLUGIN_FILE "liblexclf_cuda.so"

enum { ADD_NORM, EMBED_NORM };

/* How far they may be apart, of the Euclidean norm: rows of bfloat16 have 8 bits. */
static const double tolerance = 0.01;

void lex_cuda_open(lex_runtime *runtime)
{
    void *plugin = dlopen(PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL); /* never closed, as libtorch */
    void *symbol = plugin ? dlsym(plugin, LEX_CUDA_SYMBOL) : NULL;
    lex_cuda_table_fn get = NULL;
    memcpy(&get, &symbol, sizeof get);
    runtime->cuda = get ? get(LEX_CUDA_VERSION) : NULL;
}

void lex_runtime_rows_by(lex_runtime *runtime, const lex_cuda_table *table)
{
    runtime->cuda = table;
    memset(runtime->by_plugin, 0, sizeof runtime->by_plugin);
}

_Static_assert((int)LEX_F32 == LEX_CUDA_F32 && (int)LEX_F16 == LEX_CUDA_F16 && (int)LEX_BF16 == LEX_CUDA_BF16, "dtype numbers agree");

static bool is_for(const lex_scope *scope, int kernel, int64_t n_columns)
{
    return !lex_by_kernels(scope) && scope->runtime->cuda && scope->runtime->by_plugin[kernel] != LEX_FUSED_ABSENT &&
           n_columns % 4 == 0 && n_columns <= LEX_CUDA_COLUMNS_MAX;
}

/* Four floats are read at once. Weights that are used where they lie in a file may lie anywhere. */
static bool is_aligned(const lex_tensor *x)
{
    return !x || (uintptr_t)x->t.data % (4 * sizeof(float)) == 0;
}

static lex_cuda_rows rows_of(const lex_scope *scope, const lex_tensor *y, double eps)
{
    return (lex_cuda_rows){scope->runtime->device, y->t.dtype, y->t.sizes[0], y->t.sizes[1], (float)eps};
}

/* Whether y is what the plugin should have made; `want` is libtorch's, written over. */
static bool agrees(lex_scope *scope, lex_tensor *y, lex_tensor *want)
{
    double size = lex_norm(scope, want);
    lex_add_scaled(scope, want, lex_float_rows(scope, y), -1);
    double apart = lex_norm(scope, want); /* not a number: neither */
    return !lex_scope_failed(scope) && apart <= tolerance * size;
}

static bool is_untried(const lex_scope *scope, int kernel)
{
    return scope->runtime->by_plugin[kernel] == LEX_FUSED_UNTRIED;
}

/* Gives y, or `want` in its stead where the two do not agree the first time; `want` is NULL from then on. Where the plugin could
 * not begin, y is NULL, and `why` says why. */
static lex_tensor *tried(lex_scope *scope, lex_scope *inner, int kernel, lex_tensor *y, lex_tensor *want, const char *why)
{
    if (is_untried(scope, kernel) && want) {
        lex_tensor *copy = lex_tensor_empty(inner, LEX_F32, want->t.n_dims, want->t.sizes);
        lex_tensor_copy(inner, copy, want);
        bool works = y && copy && agrees(inner, y, copy);
        scope->runtime->by_plugin[kernel] = works ? LEX_FUSED_WORKS : LEX_FUSED_ABSENT;
        y = works ? y : want;
    } else if (!y && !lex_scope_failed(inner)) {
        lex_scope_fail(inner, "a CUDA kernel of ours", why);
    }
    return lex_scope_keep(scope, inner, y);
}

/* ---- the sum of two ---- */

static lex_tensor *add_then_norm(lex_scope *scope, lex_tensor *to, lex_tensor *from, lex_tensor *weight, lex_tensor *bias,
                                 double eps, lex_layer_norm_saved *saved)
{
    return lex_layer_norm(scope, lex_add(scope, to, from), weight, bias, eps, saved);
}

lex_tensor *lex_add_layer_norm(lex_scope *scope, lex_tensor *to, lex_tensor *from, lex_tensor *weight, lex_tensor *bias,
                               double eps, lex_layer_norm_saved *saved)
{
    if (!to || !from || !weight || !bias || lex_scope_failed(scope))
        return NULL;
    if (saved || !is_for(scope, ADD_NORM, to->t.sizes[1]) || to->t.dtype != from->t.dtype || to->t.dtype != weight->t.dtype ||
        !is_aligned(to) || !is_aligned(from) || !is_aligned(weight) || !is_aligned(bias))
        return add_then_norm(scope, to, from, weight, bias, eps, saved);
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *y = lex_tensor_empty(inner, (lex_dtype)to->t.dtype, 2, to->t.sizes);
    char *why = lex_shim_why();
    const lex_cuda_rows rows = y ? rows_of(scope, y, eps) : (lex_cuda_rows){0};
    if (y && !scope->runtime->cuda->add_norm(&rows, to->t.data, from->t.data, weight->t.data, bias->t.data, y->t.data, why))
        y = NULL;
    lex_tensor *want = is_untried(scope, ADD_NORM) ? add_then_norm(inner, to, from, weight, bias, eps, NULL) : NULL;
    y = tried(scope, inner, ADD_NORM, y, want, why);
    lex_scope_free(inner);
    return y;
}

/* ---- rows of tables ---- */

static lex_tensor *embed_then_norm(lex_scope *scope, const lex_embedded *what, lex_layer_norm_saved *saved)
{
    lex_tensor *sum = lex_rows_take(scope, what->tables[0], what->ids[0]);
    for (int i = 1; i < LEX_EMBED_TABLES; i++)
        if (what->tables[i])
            lex_add(scope, sum, lex_rows_take(scope, what->tables[i], what->ids[i]));
    return what->weight ? lex_layer_norm(scope, sum, what->weight, what->bias, what->eps, saved) : sum;
}

_Static_assert((int)LEX_EMBED_TABLES == LEX_CUDA_TABLES, "as many tables");

lex_tensor *lex_embed_norm(lex_scope *scope, const lex_embedded *what, lex_layer_norm_saved *saved)
{
    lex_runtime *runtime = scope->runtime;
    const float *tables[LEX_CUDA_TABLES];
    const int64_t *ids[LEX_CUDA_TABLES];
    bool aligned = is_aligned(what->weight) && is_aligned(what->bias), sent = !lex_scope_failed(scope);
    for (int i = 0; sent && i < LEX_CUDA_TABLES; i++) {
        aligned = aligned && is_aligned(what->tables[i]);
        tables[i] = what->tables[i] ? what->tables[i]->t.data : NULL;
        ids[i] = what->tables[i] ? what->ids[i]->t.data : NULL;
    }
    if (saved || !sent || !aligned || !what->weight || !is_for(scope, EMBED_NORM, what->tables[0]->t.sizes[1]))
        return embed_then_norm(scope, what, saved);
    lex_scope *inner = lex_scope_new(runtime);
    const int64_t sizes[2] = {what->ids[0]->t.sizes[0], what->tables[0]->t.sizes[1]};
    lex_tensor *y = lex_tensor_empty(inner, runtime->library_products, 2, sizes); /* (T, C) */
    char *why = lex_shim_why();
    const lex_cuda_rows rows = y ? rows_of(scope, y, what->eps) : (lex_cuda_rows){0};
    if (y && !runtime->cuda->embed_norm(&rows, tables, ids, what->weight->t.data, what->bias->t.data, y->t.data, why))
        y = NULL;
    y = tried(scope, inner, EMBED_NORM, y, is_untried(scope, EMBED_NORM) ? embed_then_norm(inner, what, NULL) : NULL, why);
    lex_scope_free(inner);
    return y;
}
