/* cuda_table.h - the table of kernels that the CUDA plugin exports (cuda_plugin.cu): passes over rows that libtorch would make
 * one after another. The plugin is optional; it is opened when a CUDA device is (cuda.c), and where it is missing, or does not
 * agree with libtorch, libtorch's operations do its work.
 *
 * Pointers are to memory of the device; functions begin work on its default stream and do not wait. They return false, with
 * the cause in `why`, where the work could not be begun. */
#ifndef LEXCLF_CUDA_TABLE_H
#define LEXCLF_CUDA_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_CUDA_VERSION 1
#define LEX_CUDA_SYMBOL "lex_cuda_table_get"
#define LEX_CUDA_WHY_BYTES 400
/* Columns of a row: a multiple of 4, as many as 32 lanes hold in registers. Rows, weights and biases begin at multiples of 16
 * bytes. */
#define LEX_CUDA_COLUMNS_MAX 2048
#define LEX_CUDA_TABLES 3

/* What rows consist of; the same numbers as lex_dtype's. */
enum { LEX_CUDA_F32, LEX_CUDA_F16, LEX_CUDA_BF16 };

typedef struct {
    int device, dtype; /* of x, beside and y, and of weight and bias where they are not said to be float32 */
    int64_t n_rows, n_columns;
    float eps;
} lex_cuda_rows;

typedef struct {
    /* y = LayerNorm(x + beside), all (T, C); weight and bias (C) of the type of x. y may be x. */
    bool (*add_norm)(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias, void *y,
                     char *why);
    /* y = LayerNorm(the sum of tables[i][ids[i][t]]); tables (., C), weight and bias float32; those that are NULL are left out. */
    bool (*embed_norm)(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids, const float *weight,
                       const float *bias, void *y, char *why);
} lex_cuda_table;

typedef const lex_cuda_table *(*lex_cuda_table_fn)(int version);

#ifdef __cplusplus
}
#endif
#endif
