/* tensor.h - tensors, the scopes they live in, and the operations that an encoder is made of, forwards and backwards.
 *
 * The first use opens the torch shim (src/tensor/torch_shim.cc) and with it libtorch; programs that never open a
 * runtime never wait for either. On a CPU most operations are kernels of ours (products, attention, layer normalisation,
 * dropout, AdamW), chosen at run time by what the processor has; the rest, and all of CUDA, is libtorch's.
 *
 * A tensor belongs to the scope it was made in and is freed with it; what must outlive a scope is moved to another
 * with lex_scope_keep(). Tensors are contiguous unless an operation says otherwise.
 *
 * Operations do not return a status each: a scope remembers the first failure, every later operation in it does
 * nothing and returns NULL (which all operations accept), and lex_scope_status() tells at the end of a block of work.
 * So the code of an encoder reads like its paper.
 *
 *     lex_runtime *runtime = NULL;
 *     LEX_TRY(lex_runtime_open(&runtime, "cpu", 2, err));
 *     lex_scope *scope = lex_scope_new(runtime);
 *     lex_tensor *x = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, C}, values);
 *     lex_tensor *h = lex_gelu(scope, lex_linear_apply(scope, x, weight, bias));   // (T, 4C)
 *     LEX_TRY(lex_scope_status(scope, err));
 */
#ifndef LEXCLF_TENSOR_H
#define LEXCLF_TENSOR_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the runtime: libtorch, a device, threads ---- */
typedef struct lex_runtime lex_runtime;

/* device: "auto" (CUDA if it is there and works), "cpu", "cuda" or "cuda:N". n_threads: 0 for one a processor.
 * LEX_ERR_SYSTEM: no libtorch, no AVX2, no such device. */
lex_status lex_runtime_open(lex_runtime **out, const char *device, int n_threads, lex_err *err) LEX_MUST_CHECK;
/* Whether `device` is the CPU as far as can be told without libtorch: "cpu", or "auto" where no driver is. */
bool lex_device_is_cpu(const char *device);
/* From now on blocks are libtorch's operations, as they are on CUDA, on the CPU too: slower by far, and what shows there that
 * they are right. */
void lex_runtime_by_library(lex_runtime *runtime);
void lex_runtime_close(lex_runtime *runtime);
bool lex_runtime_is_cuda(const lex_runtime *runtime);
/* "cpu" or "cuda:0", for people and reports. */
const char *lex_runtime_device(const lex_runtime *runtime);
const char *lex_runtime_torch_version(const lex_runtime *runtime);
/* Where blocks are the library's: makes its random numbers begin anew from these three; elsewhere nothing depends on them. A
 * process whose first seed is on the CPU finds no CUDA afterwards. */
lex_status lex_runtime_seed(lex_runtime *runtime, uint64_t seed, uint32_t step, uint32_t example,
                            lex_err *err) LEX_MUST_CHECK;
/* Runs `run` on [0, n) in pieces of at least `grain`, on the runtime's threads; returns when all are done. For one caller
 * at a time. */
void lex_parallel_for(const lex_runtime *runtime, int64_t n, int64_t grain,
                      void (*run)(void *context, int64_t begin, int64_t end), void *context);

/* What products are computed in: float32; bfloat16, summed in float32; int8 (int8.h), for answers on the CPU; float16, summed
 * in float32, for training; AUTO: what is fast here of the first two, or what a model was made for. */
typedef enum {
    LEX_PRECISION_AUTO,
    LEX_PRECISION_FP32,
    LEX_PRECISION_BF16,
    LEX_PRECISION_INT8,
    LEX_PRECISION_FP16,
} lex_precision;
/* "auto", "fp32", "bf16", "int8", "fp16" */
const char *lex_precision_name(lex_precision precision);
/* From now on linear blocks, forwards and backwards, multiply what is rounded to FP32, BF16 (8 bits of precision) or FP16 (11
 * bits, and nothing below 2^-24 or above 65504) and add up in float32, as mixed precision does (Micikevicius et al. 2018;
 * Kalamkar et al. 2019): weights, activations and gradients stay float32. On CUDA sums are rounded, too, attention is
 * computed in the fewer bits, and answering also weights and activations have them (lex_round_rows()). LEX_ERR_SYSTEM: a
 * processor without F16C. */
lex_status lex_runtime_use(lex_runtime *runtime, lex_precision precision, lex_err *err) LEX_MUST_CHECK;
/* `asked`, and for AUTO BF16 where the runtime's device multiplies it fast, else FP32. */
lex_precision lex_runtime_precision(const lex_runtime *runtime, lex_precision asked);
/* What that means on this processor: AUTO is BF16 where it is known to be twice as fast. */
bool lex_precision_is_bf16(lex_precision precision);
/* Whether it is computed as float32 on rounded numbers, which is slower than float32: FP16, and BF16 where the processor has
 * no instructions for it. */
bool lex_precision_is_emulated(lex_precision precision);

/* ---- scopes and tensors ---- */
typedef enum { LEX_F32, LEX_F16, LEX_BF16, LEX_I64 } lex_dtype;
typedef struct lex_tensor lex_tensor;
typedef struct lex_scope lex_scope;

lex_scope *lex_scope_new(lex_runtime *runtime);
void lex_scope_free(lex_scope *scope);
/* Frees the tensors and forgets a failure; the scope can be used again. */
void lex_scope_reset(lex_scope *scope);
/* The first failure since the last reset, as LEX_ERR_SYSTEM (or what caused it). */
lex_status lex_scope_status(const lex_scope *scope, lex_err *err) LEX_MUST_CHECK;
bool lex_scope_failed(const lex_scope *scope);
/* Moves a tensor of `from` to `to`, where a failure of `from` is noted too. Returns it, or NULL. */
lex_tensor *lex_scope_keep(lex_scope *to, lex_scope *from, lex_tensor *tensor);
lex_runtime *lex_scope_runtime(const lex_scope *scope);

/* On the runtime's device; not initialised, or zeroed. Up to 4 dimensions. */
lex_tensor *lex_tensor_empty(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes);
lex_tensor *lex_tensor_zeros(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes);
/* A copy of host memory on the runtime's device. */
lex_tensor *lex_tensor_from(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes, const void *values);
/* On the CPU: a tensor over memory that must outlive it and is not written to unless an operation's result goes
 * there. On CUDA: a copy. */
lex_tensor *lex_tensor_over(lex_scope *scope, lex_dtype dtype, int n_dims, const int64_t *sizes, const void *values);
/* A view of `of` as another shape, `offset` elements from its first; contiguous. */
lex_tensor *lex_tensor_view(lex_scope *scope, lex_tensor *of, int n_dims, const int64_t *sizes, int64_t offset);
/* A view with strides in elements. */
lex_tensor *lex_tensor_strided(lex_scope *scope, lex_tensor *of, int n_dims, const int64_t *sizes,
                               const int64_t *strides, int64_t offset);
int64_t lex_tensor_size(const lex_tensor *tensor, int dim);
int64_t lex_tensor_count(const lex_tensor *tensor);
/* The elements, on the CPU only. */
float *lex_tensor_f32(lex_tensor *tensor);
/* Copies all elements to or from host memory, as float32; waits for the device. */
void lex_tensor_read(lex_scope *scope, lex_tensor *tensor, float *out);
void lex_tensor_write(lex_scope *scope, lex_tensor *tensor, const float *values);
void lex_tensor_copy(lex_scope *scope, lex_tensor *to, const lex_tensor *from);
lex_tensor *lex_tensor_clone(lex_scope *scope, const lex_tensor *tensor);
void lex_tensor_zero(lex_scope *scope, lex_tensor *tensor);

/* lex_runtime_seed() as an operation of the scope. */
void lex_seed(lex_scope *scope, uint64_t seed, uint32_t step, uint32_t example);

/* ---- blocks: forwards, and backwards with gradients added to what `d...` parameters hold ---- */

/* (T, in) by weight (out, in) and bias (out): x W' + b, (T, out). */
lex_tensor *lex_linear_apply(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias);
/* The same for the few columns of a head, in float32 on CUDA whatever products are computed in: logits are compared. */
lex_tensor *lex_linear_apply_head(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias);
/* Returns dy W (T, in), or NULL when `want_dx` is false; dweight += dy' x, dbias += column sums; either may be NULL. */
lex_tensor *lex_linear_apply_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *weight,
                                      lex_tensor *dweight, lex_tensor *dbias, bool want_dx);

/* Answering on CUDA, rows between embeddings and head have the fewer bits that products have, if they have (lex_runtime_use()),
 * and what they are multiplied by is rounded once. Whether that is so; x in that type, and back: x itself where it is not. */
bool lex_rounds_rows(const lex_runtime *runtime);
lex_tensor *lex_round_rows(lex_scope *scope, lex_tensor *x);
lex_tensor *lex_float_rows(lex_scope *scope, lex_tensor *x);

lex_tensor *lex_add(lex_scope *scope, lex_tensor *to, lex_tensor *from); /* in place; returns `to` */
lex_tensor *lex_add_scaled(lex_scope *scope, lex_tensor *to, lex_tensor *from, double factor); /* to += factor from */

/* Layer normalisation (Ba, Kiros, Hinton 2016) over the last dimension of x (T, C). */
typedef struct {
    lex_tensor *x, *mean, *rstd; /* what the way back needs */
} lex_layer_norm_saved;
lex_tensor *lex_layer_norm(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, double eps,
                           lex_layer_norm_saved *saved);
lex_tensor *lex_layer_norm_backward(lex_scope *scope, lex_tensor *dy, const lex_layer_norm_saved *saved,
                                    lex_tensor *weight, lex_tensor *bias, lex_tensor *dweight, lex_tensor *dbias);

/* LayerNorm(to + from); `to` is written over. */
lex_tensor *lex_add_layer_norm(lex_scope *scope, lex_tensor *to, lex_tensor *from, lex_tensor *weight, lex_tensor *bias,
                               double eps, lex_layer_norm_saved *saved);
/* The sum of tables' (., C) rows by ids (T), of three tables or fewer; LayerNorm of it where there is a weight. All is float32,
 * but where there is no way back (saved is NULL) and a kernel for it, what comes is rounded as lex_round_rows() does. */
enum { LEX_EMBED_TABLES = 3 };
typedef struct {
    lex_tensor *tables[LEX_EMBED_TABLES], *ids[LEX_EMBED_TABLES]; /* tables after the first may be NULL */
    lex_tensor *weight, *bias;
    double eps;
} lex_embedded;
lex_tensor *lex_embed_norm(lex_scope *scope, const lex_embedded *what, lex_layer_norm_saved *saved);

/* GELU, exact: x Phi(x) (Hendrycks and Gimpel 2016). */
lex_tensor *lex_gelu(lex_scope *scope, lex_tensor *x);
/* lex_gelu() of lex_linear_apply(), whose own result comes in `raw`, for the way back. */
lex_tensor *lex_linear_gelu(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias, lex_tensor **raw);
lex_tensor *lex_gelu_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x);

/* Activations by name: GELU as above, its approximation by tanh (gelu_new), ReLU, tanh. Backwards they are given what they
 * were applied to, x, and what came out, y. */
typedef enum { LEX_ACTIVATION_GELU, LEX_ACTIVATION_GELU_TANH, LEX_ACTIVATION_RELU, LEX_ACTIVATION_TANH } lex_activation;
lex_tensor *lex_activate(lex_scope *scope, lex_tensor *x, lex_activation activation);
lex_tensor *lex_activate_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_tensor *y, lex_activation activation);
/* The activation of lex_linear_apply(), whose own result comes in `raw`; NULL of rounded rows, which have no way back. */
lex_tensor *lex_linear_activate(lex_scope *scope, lex_tensor *x, lex_tensor *weight, lex_tensor *bias,
                                lex_activation activation, lex_tensor **raw);
lex_tensor *lex_tanh(lex_scope *scope, lex_tensor *x);
lex_tensor *lex_tanh_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *y);

/* Rotary positions (Su et al., "RoFormer", 2021), in place: in each head of queries and keys of qkv (T, 3C), columns x and
 * x + d / 2 are turned by the angle whose cosines and sines (T, d / 2) are given; `back`: the other way, which is the way
 * back. */
void lex_rotate(lex_scope *scope, lex_tensor *qkv, lex_tensor *cosines, lex_tensor *sines, int64_t n_heads, bool back);
/* activation(first half) times second half of x (T, 2I): (T, I) (Shazeer, "GLU Variants Improve Transformer", 2020). */
lex_tensor *lex_gated(lex_scope *scope, lex_tensor *x, lex_activation activation);
lex_tensor *lex_gated_backward(lex_scope *scope, lex_tensor *dy, lex_tensor *x, lex_activation activation);

/* Rows of a table (V, C) by ids (T): (T, C); backwards dtable[ids[t]] += dy[t]. */
lex_tensor *lex_rows_take(lex_scope *scope, lex_tensor *table, lex_tensor *ids);
void lex_rows_backward(lex_scope *scope, lex_tensor *dtable, lex_tensor *ids, lex_tensor *dy);
/* table[ids[t]] = rows[t], bit for bit, for ids that are all different. */
void lex_rows_put(lex_scope *scope, lex_tensor *table, lex_tensor *ids, lex_tensor *rows);

/* Where each packed sequence lies: sequence s is rows [starts[s], starts[s + 1]). Host memory. */
typedef struct {
    const int64_t *starts;   /* (B + 1) */
    const uint32_t *example; /* (B): a number that names the sequence's example in the step, for dropout */
    int64_t n_sequences;     /* B */
    int64_t n_rows;          /* T */
    lex_tensor *on_device;   /* starts, of lex_packing_send(); or NULL */
} lex_packing;
/* Where attention is by a kernel of the device: sends starts there, once for all layers of a forward. They are the scope's. */
void lex_packing_send(lex_scope *scope, lex_packing *packing);

/* Dropout (Srivastava et al. 2014) whose mask is a function of these numbers and of example, row in its sequence and
 * column alone (random.h), so that it is the same in whatever order and company the work is done. On CUDA the mask is
 * the library's own. p = 0: nothing is dropped. */
typedef struct {
    double p; /* probability to drop, in [0, 1) */
    uint64_t seed;
    uint32_t step;
    uint32_t site; /* which dropout of the network: layer * 16 + place */
} lex_dropout;
typedef struct {
    lex_dropout dropout;
    lex_tensor *mask; /* the library's; by kernels masks are made again */
} lex_dropout_saved;
/* x (T, C) in place on the CPU; returns the result. */
lex_tensor *lex_dropout_apply(lex_scope *scope, lex_tensor *x, const lex_packing *packing, lex_dropout dropout,
                              lex_dropout_saved *saved);
lex_tensor *lex_dropout_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                 const lex_dropout_saved *saved);

/* Scaled dot-product attention with H heads, each sequence by itself (Vaswani et al. 2017): softmax(q k' / sqrt(d) + b) v.
 * qkv (T, 3C): queries, keys and values beside each other. Returns (T, C). `dropout` falls on the probabilities. `form`,
 * NULL where b is 0, says what b is and what divides the products. */
typedef struct {
    double scale; /* of the products; 0: 1 / sqrt(d) */
    /* b by distance, (2 N - 1, H), or (2 N - 1, 1) for all heads alike, N no less than the longest sequence: row
     * N - 1 + j - i is for query i and key j, and minus infinity where that key shall not be seen. Or b for each query and
     * key by themselves: one dimension, for sequence s of length n (H, n, n), behind one another. */
    lex_tensor *bias;
} lex_attention_form;
/* What one kernel for all sequences leaves for its way back, on CUDA; `out` is NULL where none was used. */
typedef struct {
    lex_tensor *qkv, *out; /* as the kernel read and wrote them */
    lex_tensor *logsumexp, *random[2], *starts;
    int64_t longest;
    bool by_flash;
} lex_fused_attention;
typedef struct {
    lex_tensor *qkv;
    lex_attention_form form;
    lex_fused_attention fused;
    lex_tensor *probabilities; /* packed: for sequence s of length n, (H, n, n); after softmax, before dropout */
    lex_tensor *mask;          /* by the library: what dropout kept */
    lex_dropout dropout;
    int64_t n_heads;
} lex_attention_saved;
/* saved: NULL when there will be no way back. */
lex_tensor *lex_attention(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                          const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved);
/* dbias: NULL, or where the gradient of the bias is added, of its shape; not of one for all heads alike. */
lex_tensor *lex_attention_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                   const lex_attention_saved *saved, lex_tensor *dbias);
/* The same by libtorch's operations alone, sequence by sequence, on any device: for tests, and what CUDA does with a bias. */
lex_tensor *lex_attention_by_library(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                                     const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved);
lex_tensor *lex_attention_backward_by_library(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                              const lex_attention_saved *saved, lex_tensor *dbias);

/* What DeBERTa adds to the score of query i and key j (He et al., ICLR 2021, equation 4): scale (q_i p_b + k_j p'_b), b being
 * rows[reach + i - j], p and p' the keys and queries that row b of `distances` (D, 3C) has, as qkv has those of tokens.
 * Returns a bias for each query and key. Backwards adds to dqkv and returns the gradient by `distances`. On the CPU alone. */
typedef struct {
    int64_t n_heads;
    const int64_t *rows; /* (2 reach + 1) */
    int64_t reach;       /* no less than the longest sequence - 1 */
    double scale;
} lex_distances;
lex_tensor *lex_disentangled(lex_scope *scope, lex_tensor *qkv, lex_tensor *distances, const lex_packing *packing,
                             const lex_distances *how);
lex_tensor *lex_disentangled_backward(lex_scope *scope, lex_tensor *dscores, lex_tensor *dqkv, lex_tensor *qkv,
                                      lex_tensor *distances, const lex_packing *packing, const lex_distances *how);

/* Each row beside its neighbours, for a convolution as a product: x (T, C) to (T, C size), whose column c size + j of row t is
 * column c of row t + j - (size - 1) / 2, or 0 where that lies outside of the sequence; `size` is odd. And back: (T, C size) to
 * (T, C), what went to several places added up. On the CPU alone. */
lex_tensor *lex_unfold(lex_scope *scope, lex_tensor *x, const lex_packing *packing, int64_t size);
lex_tensor *lex_unfold_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing, int64_t size);

/* Mean over the rows of each sequence: (T, C) to (B, C), and back. */
lex_tensor *lex_segment_mean(lex_scope *scope, lex_tensor *x, const lex_packing *packing);
lex_tensor *lex_segment_mean_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing);

/* ---- the optimizer's passes over flat buffers ---- */
/* The Euclidean norm of all elements; waits for the device. */
double lex_norm(lex_scope *scope, lex_tensor *x);
/* One step of AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019) on a run of
 * `n` parameters from `offset` in the flat buffers; the gradient is multiplied by grad_scale first. step counts from
 * 1. */
typedef struct {
    double lr, beta1, beta2, eps, weight_decay, grad_scale;
    int64_t step;
} lex_adamw;
void lex_adamw_apply(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *m, lex_tensor *v,
                     int64_t offset, int64_t n, const lex_adamw *adamw);

/* One step of gradient descent with momentum (Polyak 1964; Sutskever et al., ICML 2013) on such a run, as
 * torch.optim.SGD computes it: g = grad_scale gradient + weight_decay p, b = momentum b + g, p -= lr b. `velocity` holds
 * b and is NULL for momentum 0, where b is g. The gradients are written over. */
typedef struct {
    double lr, momentum, weight_decay, grad_scale;
} lex_sgd;
void lex_sgd_apply(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *velocity, int64_t offset,
                   int64_t n, const lex_sgd *sgd);

/* One step of Adafactor (Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", ICML 2018,
 * algorithms 4 and 5) on one parameter of (rows, columns), or a vector of `columns` where rows is 0: without momentum, and
 * with the rate as given, as transformers' Adafactor with relative_step and scale_parameter off. A matrix's second moment
 * is kept as the means of its rows and of its columns, rows + columns floats from `factors_offset` of `factors`; a
 * vector's as `columns` floats. Sums are taken in a fixed order on the CPU. On CUDA the gradients are written over. */
typedef struct {
    double lr;
    double decay_power; /* beta2 of step t is 1 - t^decay_power; -0.8 */
    double eps;         /* added to squared gradients; 1e-30 */
    double clip;        /* the largest root mean square of an update before lr; 1 */
    double weight_decay, grad_scale;
    int64_t step; /* from 1 */
} lex_adafactor;
typedef struct {
    int64_t offset, factors_offset, rows, columns;
} lex_adafactor_place;
int64_t lex_adafactor_floats(int64_t rows, int64_t columns); /* of `factors` */
void lex_adafactor_apply(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *factors,
                         const lex_adafactor_place *place, const lex_adafactor *adafactor);
/* The same by libtorch's operations alone, as it runs on CUDA; for tests on any device. */
void lex_adafactor_apply_by_library(lex_scope *scope, lex_tensor *params, lex_tensor *grads, lex_tensor *factors,
                                    const lex_adafactor_place *place, const lex_adafactor *adafactor);

/* average += share (x - average), for the moving average of weights. */
void lex_blend(lex_scope *scope, lex_tensor *average, lex_tensor *x, double share);
/* Exchanges the elements of two tensors of one shape. */
void lex_tensor_swap(lex_scope *scope, lex_tensor *a, lex_tensor *b);

#ifdef __cplusplus
}
#endif
#endif
