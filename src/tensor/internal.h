/* internal.h - what the files of this module share: the insides of runtime, scope and tensor. */
#ifndef LEXCLF_TENSOR_INTERNAL_H
#define LEXCLF_TENSOR_INTERNAL_H

#include "cpu_kernels.h"
#include "cuda_table.h"
#include "lexclf/kernels.h"
#include "lexclf/tensor.h"
#include "pool.h"
#include "shim.h"

/* Whether the device has a kernel; what its first call tells. */
typedef enum { LEX_FUSED_UNTRIED, LEX_FUSED_WORKS, LEX_FUSED_ABSENT } lex_fused;

struct lex_runtime {
    void *library; /* of dlopen; never closed: libtorch does not survive being unloaded */
    const lex_shim_table *shim;
    const lex_cpu_kernels *kernels;
    const lex_kernels *products; /* float32's, or what lex_runtime_use() says */
    lex_pool *pool;
    int device; /* -1: CPU */
    int capability; /* of a CUDA device: 80 for 8.0 */
    bool by_library; /* on the CPU, too, blocks are libtorch's operations */
    lex_dtype library_products; /* what they multiply */
    lex_fused fused[2]; /* packed attention, without and with FlashAttention */
    const lex_cuda_table *cuda; /* kernels of ours, or NULL */
    lex_fused by_plugin[2];     /* its functions, in their order */
    char device_name[24];
};

struct lex_tensor {
    lex_shim_tensor t;
};

struct lex_scope {
    lex_runtime *runtime;
    lex_tensor **tensors;
    int64_t n_tensors;
    int64_t capacity;
    lex_err err;
};

/* A new, empty tensor of the scope, or NULL when the scope has failed. */
lex_tensor *lex_scope_add(lex_scope *scope);
/* Notes a failure of operation `name` because of `why`. */
void lex_scope_fail(lex_scope *scope, const char *name, const char *why);
/* Frees one tensor before its scope ends. */
void lex_scope_drop(lex_scope *scope, lex_tensor *tensor);

static inline bool lex_on_cpu(const lex_scope *scope)
{
    return scope->runtime->device < 0;
}

/* Whether blocks are computed by our kernels. */
static inline bool lex_by_kernels(const lex_scope *scope)
{
    return lex_on_cpu(scope) && !scope->runtime->by_library;
}

/* blocks.c: (rows, columns) of float32, not initialised. */
lex_tensor *lex_empty_matrix(lex_scope *scope, int64_t rows, int64_t columns);

/* blocks_cpu.c: what blocks.c does on the CPU. Each returns NULL, or does nothing, where an argument is NULL. */
lex_tensor *lex_cpu_linear(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, lex_after after,
                           lex_tensor **raw);
lex_tensor *lex_cpu_linear_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *weight,
                                    lex_tensor *dweight, lex_tensor *dbias, bool want_dx);
void lex_cpu_add(lex_scope *scope, lex_tensor *to, lex_tensor *from);
lex_tensor *lex_cpu_norm(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, double eps,
                         lex_layer_norm_saved *saved);
lex_tensor *lex_cpu_norm_backward(lex_scope *scope, lex_tensor *dy, const lex_layer_norm_saved *saved,
                                  lex_tensor *weight, lex_tensor *dweight, lex_tensor *dbias);
lex_tensor *lex_cpu_gelu_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x);

/* blocks_library.c: what blocks.c does elsewhere. x in `dtype`, and as products take it: itself where it is that. */
lex_tensor *lex_converted(lex_scope *scope, lex_tensor *x, lex_dtype dtype);
lex_tensor *lex_for_products(lex_scope *scope, lex_tensor *x);
lex_tensor *lex_library_linear(lex_scope *scope, lex_dtype dtype, lex_tensor *x, lex_tensor *weight, lex_tensor *bias);
/* GELU of it, all of rounded rows; by tanh, 5e-4 from erf at most. */
lex_tensor *lex_library_linear_gelu(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias);
lex_tensor *lex_library_linear_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *weight,
                                        lex_tensor *dweight, lex_tensor *dbias, bool want_dx);

/* cuda.c: looks for the plugin. And, for tests, its kernels on the CPU. */
void lex_cuda_open(lex_runtime *runtime);
void lex_runtime_rows_by(lex_runtime *runtime, const lex_cuda_table *table);

/* attention_library.c: what products are multiplied with. */
double lex_attention_factor(const lex_attention_form *form, int64_t d);
/* attention_fused.c: false where it is not for this attention or this device, and *y is nothing. */
bool lex_attention_fused(lex_tensor **y, lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                         const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved);
lex_tensor *lex_attention_fused_backward(lex_scope *scope, lex_tensor *dy, const lex_attention_saved *saved);

/* Calls a function of the table in `scope`, with `why` for its cause; the value says whether it went well. */
#define LEX_SHIM_CALL(scope, name, ...)                                                                                \
    lex_shim_check((scope), #name, (scope)->runtime->shim->name(__VA_ARGS__, lex_shim_why()))
char *lex_shim_why(void);
bool lex_shim_check(lex_scope *scope, const char *name, bool ok);

#endif
