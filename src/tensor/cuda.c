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

static bool is_for(const lex_runtime *runtime, int kernel, int64_t n_columns)
{
    return runtime->cuda && runtime->by_plugin[kernel] != LEX_FUSED_ABSENT && n_columns % 4 == 0 &&
           n_columns <= LEX_CUDA_COLUMNS_MAX;
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

/* Gives y, or `want` in its stead where the two do not agree the first time; `want` is NULL from then on. */
static lex_tensor *tried(lex_scope *scope, lex_scope *inner, int kernel, lex_tensor *y, lex_tensor *want)
{
    lex_fused *state = &scope->runtime->by_plugin[kernel];
    if (*state == LEX_FUSED_UNTRIED && want) {
        lex_tensor *copy = lex_tensor_empty(inner, LEX_F32, want->t.n_dims, want->t.sizes);
        lex_tensor_copy(inner, copy, want);
        *state = y && copy && agrees(inner, y, copy) ? LEX_FUSED_WORKS : LEX_FUSED_ABSENT;
        y = *state == LEX_FUSED_WORKS ? y : want;
    }
    return lex_scope_keep(scope, inner, y);
}

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
    if (saved || lex_by_kernels(scope) || !is_for(scope->runtime, ADD_NORM, to->t.sizes[1]) || to->t.dtype != from->t.dtype ||
        to->t.dtype != weight->t.dtype || !is_aligned(to) || !is_aligned(from) || !is_aligned(weight) || !is_aligned(bias))
        return add_then_norm(scope, to, from, weight, bias, eps, saved);
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *y = lex_tensor_empty(inner, (lex_dtype)to->t.dtype, 2, to->t.sizes), *want = NULL;
    char *why = lex_shim_why();
    const lex_cuda_rows rows = y ? rows_of(scope, y, eps) : (lex_cuda_rows){0};
    if (y && !scope->runtime->cuda->add_norm(&rows, to->t.data, from->t.data, weight->t.data, bias->t.data, y->t.data, why))
        y = NULL;
    if (scope->runtime->by_plugin[ADD_NORM] == LEX_FUSED_UNTRIED)
        want = add_then_norm(inner, to, from, weight, bias, eps, NULL);
    else if (!y)
        lex_scope_fail(inner, "add_norm", why);
    y = tried(scope, inner, ADD_NORM, y, want);
    lex_scope_free(inner);
    return y;
}

/* The same, by libtorch. */
static lex_tensor *embed_then_norm(lex_scope *scope, const lex_embedded *what, lex_dtype dtype)
{
    lex_tensor *sum = NULL;
    for (int i = 0; i < LEX_EMBED_TABLES; i++) {
        lex_tensor *rows = what->tables[i] ? lex_rows_take(scope, what->tables[i], what->ids[i]) : NULL;
        sum = sum && rows ? lex_add(scope, sum, rows) : rows ? rows : sum;
    }
    return lex_converted(scope, lex_layer_norm(scope, sum, what->weight, what->bias, what->eps, NULL), dtype);
}

bool lex_embed_norm(lex_tensor **y, lex_scope *scope, const lex_embedded *what)
{
    lex_runtime *runtime = scope->runtime;
    const int64_t n_columns = lex_tensor_size(what->tables[0], 1);
    if (lex_by_kernels(scope) || lex_scope_failed(scope) || !is_for(runtime, EMBED_NORM, n_columns))
        return false;
    const float *tables[LEX_CUDA_TABLES];
    const int64_t *ids[LEX_CUDA_TABLES];
    bool aligned = is_aligned(what->weight) && is_aligned(what->bias);
    for (int i = 0; i < LEX_CUDA_TABLES; i++)
        aligned = aligned && is_aligned(what->tables[i]);
    if (!aligned)
        return false;
    for (int i = 0; i < LEX_CUDA_TABLES; i++) {
        tables[i] = what->tables[i] ? what->tables[i]->t.data : NULL;
        ids[i] = what->tables[i] && what->ids[i] ? what->ids[i]->t.data : NULL;
    }
    lex_scope *inner = lex_scope_new(runtime);
    lex_tensor *made = lex_tensor_empty(inner, runtime->library_products, 2, (int64_t[]){what->ids[0]->t.sizes[0], n_columns});
    lex_tensor *want = NULL;
    char *why = lex_shim_why();
    const lex_cuda_rows rows = made ? rows_of(scope, made, what->eps) : (lex_cuda_rows){0};
    if (made && !runtime->cuda->embed_norm(&rows, tables, ids, what->weight->t.data, what->bias->t.data, made->t.data, why))
        made = NULL;
    if (runtime->by_plugin[EMBED_NORM] == LEX_FUSED_UNTRIED)
        want = embed_then_norm(inner, what, runtime->library_products);
    else if (!made)
        lex_scope_fail(inner, "embed_norm", why);
    *y = tried(scope, inner, EMBED_NORM, made, want);
    lex_scope_free(inner);
    return true;
}
