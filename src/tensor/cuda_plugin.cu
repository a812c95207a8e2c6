// cuda_plugin.cu - the plugin: the kernels of cuda_rows.h on a CUDA device, behind the table of cuda_table.h.
#include <stdio.h>
#include <cuda_fp16.h>

#define LEX_CUDA_RUN(kernel, rows, ...)                                                                                          \
    kernel<<<(unsigned)(((rows).n_rows + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK), ROWS_A_BLOCK * LANES>>>((rows), __VA_ARGS__)

namespace lex_cuda {
using half_t = __half;
}

#include "cuda_rows.h"

namespace {

// The device is the caller's thread's own; libtorch sets it back for what it does itself.
bool ready(const lex_cuda_rows *rows, char *why)
{
    if (!lex_cuda::fits(rows)) {
        snprintf(why, LEX_CUDA_WHY_BYTES, "no kernel for rows of %lld columns", (long long)rows->n_columns);
        return false;
    }
    const cudaError_t error = cudaSetDevice(rows->device);
    if (error != cudaSuccess)
        snprintf(why, LEX_CUDA_WHY_BYTES, "%s", cudaGetErrorString(error));
    return error == cudaSuccess;
}

bool begun(char *why)
{
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess)
        snprintf(why, LEX_CUDA_WHY_BYTES, "%s", cudaGetErrorString(error));
    return error == cudaSuccess;
}

bool add_norm(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias, void *y,
              char *why)
{
    if (!ready(rows, why))
        return false;
    if (rows->n_rows > 0)
        LEX_CUDA_OF_SIZE(lex_cuda::begin_add_norm, *rows, x, beside, weight, bias, y);
    return begun(why);
}

bool embed_norm(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids, const float *weight,
                const float *bias, void *y, char *why)
{
    if (!ready(rows, why))
        return false;
    if (rows->n_rows > 0)
        LEX_CUDA_OF_SIZE(lex_cuda::begin_embed_norm, *rows, lex_cuda::embedding(tables, ids), weight, bias, y);
    return begun(why);
}

const lex_cuda_table table = {add_norm, embed_norm};

} // namespace

extern "C" __attribute__((visibility("default"))) const lex_cuda_table *lex_cuda_table_get(int version)
{
    return version == LEX_CUDA_VERSION ? &table : nullptr;
}
