/* shim.h - the table of operations that the torch shim exports: the one door to libtorch.
 *
 * The shim (torch_shim.cc) is a shared library of its own, opened with dlopen on first use. It exports one symbol,
 * lex_shim_table_get(), which returns this table or NULL when it was built for another version of it. Every function
 * catches whatever libtorch throws and answers false, with the first line of the cause in `why`.
 *
 * Tensors are passed as lex_shim_tensor: a handle with what C code needs to see of it. The shim holds no policy and no
 * defaults; devices are -1 for the CPU and an index for a CUDA device. Only tensor.c and the files beside it include
 * this header.
 */
#ifndef LEXCLF_SHIM_H
#define LEXCLF_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_SHIM_VERSION 6
#define LEX_SHIM_SYMBOL "lex_shim_table_get"
#define LEX_SHIM_WHY_BYTES 400
#define LEX_SHIM_DIMS 4

typedef enum { LEX_SHIM_F32, LEX_SHIM_F16, LEX_SHIM_BF16, LEX_SHIM_I64, LEX_SHIM_BOOL } lex_shim_dtype;

typedef struct {
    void *handle; /* an at::Tensor on the heap; NULL when empty */
    void *data;   /* its first element, in the memory of its device */
    int64_t sizes[LEX_SHIM_DIMS];
    int32_t n_dims;
    int32_t dtype;
    int32_t device;
} lex_shim_tensor;

typedef lex_shim_tensor lex_t; /* short, for the list below */

/* Packed attention by one kernel. */
typedef struct {
    int64_t n_heads, longest; /* of the sequences */
    double scale, dropout;
    bool way_back; /* there will be one */
    bool by_flash; /* by FlashAttention, else by memory-efficient attention */
} lex_shim_attention;

typedef struct {
    /* the process */
    const char *(*torch_version)(void);
    bool (*load_cuda)(char *why);                  /* opens libtorch_cuda; before anything else asks about CUDA */
    int (*cuda_count)(void);                       /* devices that work; 0 without CUDA */
    int (*cuda_capability)(int device);            /* 80 for 8.0; 0 where it cannot be told */
    bool (*set_threads)(int n, char *why);

    /* making and freeing */
    bool (*empty)(lex_t *out, int dtype, int n_dims, const int64_t *sizes, int device, char *why);
    bool (*from_memory)(lex_t *out, void *data, int dtype, int n_dims, const int64_t *sizes, char *why); /* CPU */
    void (*release)(lex_t *tensor);
    bool (*strided)(lex_t *out, const lex_t *of, int n_dims, const int64_t *sizes, const int64_t *strides,
                    int64_t offset, char *why);    /* a view; offset counts elements from the first of `of` */
    bool (*copy)(lex_t *to, const lex_t *from, char *why); /* converts dtype and device */
    bool (*zero)(lex_t *tensor, char *why);

    /* out = beta * out + alpha * a' b', a' and b' transposed where said; matrices, or batches of them (3 dims) */
    bool (*gemm)(lex_t *out, const lex_t *a, bool transpose_a, const lex_t *b, bool transpose_b, double alpha,
                 double beta, char *why);
    /* (T, in) x (out, in) + (out) */
    bool (*linear)(lex_t *out, const lex_t *x, const lex_t *weight, const lex_t *bias, char *why);
    bool (*linear_gelu)(lex_t *out, const lex_t *x, const lex_t *weight, const lex_t *bias, char *why); /* by tanh */
    bool (*add_column_sums)(lex_t *to, const lex_t *rows, char *why); /* to (C) += sum over T of rows (T, C) */
    bool (*add)(lex_t *to, const lex_t *from, double scale, char *why);
    bool (*scale)(lex_t *tensor, double factor, char *why);
    bool (*scale_rows)(lex_t *tensor, const lex_t *factors, char *why); /* (T, C) times (T) */
    bool (*take_rows)(lex_t *out, const lex_t *from, const lex_t *rows, char *why);
    bool (*add_rows)(lex_t *to, const lex_t *rows, const lex_t *from, char *why); /* to[rows[i]] += from[i] */
    bool (*embedding_backward)(lex_t *to, const lex_t *ids, const lex_t *grad, char *why);
    bool (*layer_norm)(lex_t *out, lex_t *mean, lex_t *rstd, const lex_t *x, const lex_t *weight, const lex_t *bias,
                       double eps, char *why);     /* makes out, mean, rstd */
    bool (*layer_norm_backward)(lex_t *dx, lex_t *dweight, lex_t *dbias, const lex_t *dy, const lex_t *x,
                                const lex_t *mean, const lex_t *rstd, const lex_t *weight, const lex_t *bias,
                                char *why);        /* makes dx, dweight, dbias */
    bool (*gelu)(lex_t *out, const lex_t *x, bool by_tanh, char *why); /* exact, by erf, or by tanh; makes out */
    bool (*gelu_backward)(lex_t *dx, const lex_t *dy, const lex_t *x, bool by_tanh, char *why);
    bool (*relu)(lex_t *out, const lex_t *x, char *why);
    bool (*relu_backward)(lex_t *dx, const lex_t *dy, const lex_t *x, char *why);
    bool (*multiply)(lex_t *to, const lex_t *by, char *why); /* in place; `by` may have dimensions of one */
    bool (*tanh)(lex_t *out, const lex_t *x, char *why);
    bool (*tanh_backward)(lex_t *dx, const lex_t *dy, const lex_t *y, char *why);
    bool (*softmax)(lex_t *out, const lex_t *x, char *why);         /* over the last dimension */
    bool (*softmax_backward)(lex_t *dx, const lex_t *dy, const lex_t *y, char *why);
    /* On CUDA: qkv (T, 3C), starts (B + 1); makes out (T, C) of the type of qkv, and what the way back needs. */
    bool (*attend)(lex_t *out, lex_t *logsumexp, lex_t *random, lex_t *more, const lex_t *qkv, const lex_t *starts,
                   const lex_shim_attention *how, char *why);
    bool (*attend_backward)(lex_t *dqkv, const lex_t *dout, const lex_t *out, const lex_t *logsumexp, const lex_t *random,
                            const lex_t *more, const lex_t *qkv, const lex_t *starts, const lex_shim_attention *how,
                            char *why);
    bool (*dropout)(lex_t *out, lex_t *mask, const lex_t *x, double p, char *why);
    bool (*dropout_backward)(lex_t *dx, const lex_t *dy, const lex_t *mask, double scale, char *why);
    bool (*seed)(uint64_t seed, char *why);        /* of the library's own dropout, on CUDA devices */
    bool (*norm)(double *out, const lex_t *tensor, char *why);      /* Euclidean, over all elements */
    bool (*adamw)(lex_t *params, lex_t *grads, lex_t *m, lex_t *v, int64_t n, int64_t step, double lr, double beta1,
                  double beta2, double eps, double weight_decay, char *why); /* in place, n tensors of each */
    bool (*put_rows)(lex_t *to, const lex_t *rows, const lex_t *from, char *why); /* to[rows[i]] = from[i] */
    /* rows (R) and columns (C) of a matrix (R, C); a vector has its second moment in columns, and rows is NULL */
    bool (*adafactor)(lex_t *params, const lex_t *grads, lex_t *rows, lex_t *columns, double lr, double beta2, double eps,
                      double clip, double weight_decay, char *why);
} lex_shim_table;

typedef const lex_shim_table *(*lex_shim_table_fn)(int version);

#ifdef __cplusplus
}
#endif
#endif
