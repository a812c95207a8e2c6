/* scope.c - tensors and the scopes that free them; moving values in and out. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

char *lex_shim_why(void)
{
    static _Thread_local char why[LEX_SHIM_WHY_BYTES];
    return why;
}

bool lex_shim_check(lex_scope *scope, const char *name, bool ok)
{
    if (!ok)
        lex_scope_fail(scope, name, lex_shim_why());
    return ok;
}

void lex_scope_fail(lex_scope *scope, const char *name, const char *why)
{
    lex_err_set(&scope->err, LEX_ERR_SYSTEM, "tensor operation '%s' failed: %s", name, why);
    if (strstr(why, "out of memory") || strstr(why, "allocate"))
        lex_err_hint(&scope->err, "a smaller --batch-tokens or --max-length needs less memory");
}

lex_scope *lex_scope_new(lex_runtime *runtime)
{
    lex_scope *scope = lex_alloc_zeroed(1, sizeof *scope);
    scope->runtime = runtime;
    return scope;
}

static void free_tensor(const lex_scope *scope, lex_tensor *tensor)
{
    if (tensor->t.handle)
        scope->runtime->shim->release(&tensor->t);
    free(tensor);
}

void lex_scope_reset(lex_scope *scope)
{
    while (scope->n_tensors > 0)
        free_tensor(scope, scope->tensors[--scope->n_tensors]);
    lex_err_clear(&scope->err);
}

void lex_scope_free(lex_scope *scope)
{
    if (!scope)
        return;
    lex_scope_reset(scope);
    free(scope->tensors);
    free(scope);
}

lex_status lex_scope_status(const lex_scope *scope, lex_err *err)
{
    if (scope->err.code != LEX_OK)
        *err = scope->err;
    return scope->err.code;
}

bool lex_scope_failed(const lex_scope *scope)
{
    return scope->err.code != LEX_OK;
}

lex_runtime *lex_scope_runtime(const lex_scope *scope)
{
    return scope->runtime;
}

lex_tensor *lex_scope_add(lex_scope *scope)
{
    if (scope->err.code != LEX_OK)
        return NULL;
    lex_tensor *tensor = lex_alloc_zeroed(1, sizeof *tensor);
    LEX_PUSH(scope->tensors, scope->n_tensors, scope->capacity, tensor);
    return tensor;
}

/* Forgets the tensor without freeing it. Recent tensors are looked for first. */
static void unlist(lex_scope *scope, const lex_tensor *tensor)
{
    int64_t i = scope->n_tensors;
    while (i > 0 && scope->tensors[i - 1] != tensor)
        i--;
    LEX_ASSERT(i > 0);
    memmove(scope->tensors + i - 1, scope->tensors + i, (size_t)(scope->n_tensors - i) * sizeof *scope->tensors);
    scope->n_tensors--;
}

void lex_scope_drop(lex_scope *scope, lex_tensor *tensor)
{
    if (!tensor)
        return;
    unlist(scope, tensor);
    free_tensor(scope, tensor);
}

lex_tensor *lex_scope_keep(lex_scope *to, lex_scope *from, lex_tensor *tensor)
{
    if (from->err.code != LEX_OK && to->err.code == LEX_OK)
        to->err = from->err;
    if (!tensor || to->err.code != LEX_OK)
        return NULL;
    unlist(from, tensor);
    LEX_PUSH(to->tensors, to->n_tensors, to->capacity, tensor);
    return tensor;
}

/* ---- making ---- */

/* lex_dtype and the shim's numbers are the same list. */
_Static_assert((int)LEX_F32 == (int)LEX_SHIM_F32 && (int)LEX_I64 == (int)LEX_SHIM_I64, "dtype numbers agree");

lex_tensor *lex_tensor_empty(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes)
{
    lex_tensor *tensor = lex_scope_add(scope);
    if (!tensor || !LEX_SHIM_CALL(scope, empty, &tensor->t, (int)dtype, n_dims, sizes, scope->runtime->device))
        return NULL;
    return tensor;
}

lex_tensor *lex_tensor_zeros(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes)
{
    lex_tensor *tensor = lex_tensor_empty(scope, dtype, n_dims, sizes);
    lex_tensor_zero(scope, tensor);
    return tensor;
}

/* A CPU tensor over host memory, whatever the runtime's device is. */
static lex_tensor *over_host(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes, const void *values)
{
    lex_tensor *tensor = lex_scope_add(scope);
    void *memory = (void *)(uintptr_t)values;
    if (!tensor || !LEX_SHIM_CALL(scope, from_memory, &tensor->t, memory, (int)dtype, n_dims, sizes))
        return NULL;
    return tensor;
}

lex_tensor *lex_tensor_from(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes, const void *values)
{
    lex_tensor *host = over_host(scope, dtype, n_dims, sizes, values);
    lex_tensor *tensor = lex_tensor_empty(scope, dtype, n_dims, sizes);
    lex_tensor_copy(scope, tensor, host);
    lex_scope_drop(scope, host);
    return tensor;
}

lex_tensor *lex_tensor_over(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes, const void *values)
{
    return lex_on_cpu(scope) ? over_host(scope, dtype, n_dims, sizes, values)
                             : lex_tensor_from(scope, dtype, n_dims, sizes, values);
}

lex_tensor *lex_tensor_strided(lex_scope *scope, lex_tensor *of, int n_dims, const int64_t *sizes,
                               const int64_t *strides, int64_t offset)
{
    lex_tensor *tensor = of ? lex_scope_add(scope) : NULL;
    if (!tensor || !LEX_SHIM_CALL(scope, strided, &tensor->t, &of->t, n_dims, sizes, strides, offset))
        return NULL;
    return tensor;
}

lex_tensor *lex_tensor_view(lex_scope *scope, lex_tensor *of, int n_dims, const int64_t *sizes, int64_t offset)
{
    int64_t strides[LEX_SHIM_DIMS] = {1, 1, 1, 1};
    LEX_ASSERT(n_dims >= 1 && n_dims <= LEX_SHIM_DIMS);
    for (int i = n_dims - 2; i >= 0; i--)
        strides[i] = strides[i + 1] * sizes[i + 1];
    return lex_tensor_strided(scope, of, n_dims, sizes, strides, offset);
}

/* ---- looking ---- */

int64_t lex_tensor_size(const lex_tensor *tensor, int dim)
{
    return tensor ? tensor->t.sizes[dim] : 0;
}

int64_t lex_tensor_count(const lex_tensor *tensor)
{
    int64_t n = tensor ? 1 : 0;
    for (int i = 0; tensor && i < tensor->t.n_dims; i++)
        n *= tensor->t.sizes[i];
    return n;
}

float *lex_tensor_f32(lex_tensor *tensor)
{
    LEX_ASSERT(tensor->t.device < 0 && tensor->t.dtype == LEX_SHIM_F32);
    return tensor->t.data;
}

void lex_tensor_copy(lex_scope *scope, lex_tensor *to, const lex_tensor *from)
{
    if (to && from && !lex_scope_failed(scope))
        LEX_SHIM_CALL(scope, copy, &to->t, &from->t);
}

lex_tensor *lex_tensor_clone(lex_scope *scope, const lex_tensor *tensor)
{
    if (!tensor)
        return NULL;
    lex_tensor *copy = lex_tensor_empty(scope, (lex_dtype)tensor->t.dtype, tensor->t.n_dims, tensor->t.sizes);
    lex_tensor_copy(scope, copy, tensor);
    return lex_scope_failed(scope) ? NULL : copy;
}

void lex_tensor_zero(lex_scope *scope, lex_tensor *tensor)
{
    if (tensor && !lex_scope_failed(scope))
        LEX_SHIM_CALL(scope, zero, &tensor->t);
}

void lex_tensor_read(lex_scope *scope, lex_tensor *tensor, float *out)
{
    if (!tensor)
        return;
    lex_tensor *host = over_host(scope, LEX_F32, tensor->t.n_dims, tensor->t.sizes, out);
    lex_tensor_copy(scope, host, tensor);
    lex_scope_drop(scope, host);
}

void lex_tensor_write(lex_scope *scope, lex_tensor *tensor, const float *values)
{
    if (!tensor)
        return;
    lex_tensor *host = over_host(scope, LEX_F32, tensor->t.n_dims, tensor->t.sizes, values);
    lex_tensor_copy(scope, tensor, host);
    lex_scope_drop(scope, host);
}

void lex_seed(lex_scope *scope, uint64_t seed, uint32_t step, uint32_t example)
{
    lex_err err = {0};
    if (!lex_scope_failed(scope) && lex_runtime_seed(scope->runtime, seed, step, example, &err) != LEX_OK)
        lex_scope_fail(scope, "seed", err.message);
}
