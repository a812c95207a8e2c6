/* cuda_rows.h - the plugin's kernels. A row belongs to one warp, whose 32 lanes hold it in registers, four neighbouring columns
 * at a time; sums are float32, taken in a fixed order. Included by cuda_plugin.cu and, for tests without a GPU, by C++ that
 * defines what CUDA has beyond C++ (tests/unit/cuda_on_cpu.h). */
#ifndef LEXCLF_CUDA_ROWS_H
#define LEXCLF_CUDA_ROWS_H

#include "cuda_table.h"

/* So that what a lane holds is in registers. */
#ifdef __CUDACC__
#define LEX_CUDA_UNROLL _Pragma("unroll")
#else
#define LEX_CUDA_UNROLL
#endif

namespace lex_cuda {

constexpr int LANES = 32, ROWS_A_BLOCK = 4, COLUMNS_A_LANE = 4;

/* The upper half of a float32; rounded to the nearest, to even. */
struct bf16 {
    uint16_t bits;
};

__device__ inline float value_of(float x)
{
    return x;
}

__device__ inline float value_of(half_t x)
{
    return (float)x;
}

__device__ inline float value_of(bf16 x)
{
    return __uint_as_float((uint32_t)x.bits << 16);
}

__device__ inline void put(float *to, float x)
{
    *to = x;
}

__device__ inline void put(half_t *to, float x)
{
    *to = (half_t)x;
}

__device__ inline void put(bf16 *to, float x)
{
    const uint32_t bits = __float_as_uint(x);
    const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
    to->bits = (uint16_t)((is_nan ? bits | 0x00400000u : bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* Read and written at once. */
template <typename T> struct alignas(COLUMNS_A_LANE * sizeof(T)) piece {
    T values[COLUMNS_A_LANE];
};

__device__ inline float sum_of_lanes(float x)
{
    for (int apart = LANES / 2; apart > 0; apart /= 2)
        x += __shfl_xor_sync(0xffffffffu, x, apart);
    return x;
}

/* A row in the registers of a warp: lane l has pieces l, l + 32, l + 64 ...; those behind the last column are zero. */
template <int PIECES> struct row {
    float x[PIECES][COLUMNS_A_LANE];
    int lane, n_pieces, n_columns;

    __device__ row(int64_t columns)
        : x{}, lane((int)threadIdx.x % LANES), n_pieces((int)columns / COLUMNS_A_LANE), n_columns((int)columns)
    {
    }

    template <typename T> __device__ void add(const T *from)
    {
        LEX_CUDA_UNROLL
        for (int i = 0; i < PIECES; i++) {
            const int at = i * LANES + lane;
            if (at >= n_pieces)
                break;
            const piece<T> four = reinterpret_cast<const piece<T> *>(from)[at];
            for (int j = 0; j < COLUMNS_A_LANE; j++)
                x[i][j] += value_of(four.values[j]);
        }
    }

    /* Layer normalisation (Ba, Kiros, Hinton 2016), the variance about the mean that was found. */
    template <typename W, typename T> __device__ void norm(const W *weight, const W *bias, float eps, T *to)
    {
        float sum = 0, squares = 0;
        LEX_CUDA_UNROLL
        for (int i = 0; i < PIECES; i++)
            sum += (x[i][0] + x[i][1]) + (x[i][2] + x[i][3]);
        const float mean = sum_of_lanes(sum) / (float)n_columns;
        LEX_CUDA_UNROLL
        for (int i = 0; i < PIECES; i++)
            for (int j = 0; j < COLUMNS_A_LANE && i * LANES + lane < n_pieces; j++)
                squares += (x[i][j] - mean) * (x[i][j] - mean);
        const float factor = rsqrtf(sum_of_lanes(squares) / (float)n_columns + eps);
        LEX_CUDA_UNROLL
        for (int i = 0; i < PIECES; i++) {
            const int at = i * LANES + lane;
            if (at >= n_pieces)
                break;
            const piece<W> w = reinterpret_cast<const piece<W> *>(weight)[at], b = reinterpret_cast<const piece<W> *>(bias)[at];
            piece<T> four;
            for (int j = 0; j < COLUMNS_A_LANE; j++)
                put(&four.values[j], (x[i][j] - mean) * factor * value_of(w.values[j]) + value_of(b.values[j]));
            reinterpret_cast<piece<T> *>(to)[at] = four;
        }
    }
};

__device__ inline int64_t row_of_warp()
{
    return (int64_t)blockIdx.x * ROWS_A_BLOCK + threadIdx.x / LANES;
}

template <typename T, int PIECES>
__global__ void add_norm(lex_cuda_rows rows, const T *x, const T *beside, const T *weight, const T *bias, T *y)
{
    const int64_t t = row_of_warp();
    if (t >= rows.n_rows)
        return;
    row<PIECES> sum(rows.n_columns);
    sum.add(x + t * rows.n_columns);
    sum.add(beside + t * rows.n_columns);
    sum.norm(weight, bias, rows.eps, y + t * rows.n_columns);
}

/* Passed by value: the host's arrays are not the device's. */
struct embedding {
    const float *tables[LEX_CUDA_TABLES];
    const int64_t *ids[LEX_CUDA_TABLES];

    embedding(const float *const *of, const int64_t *const *by)
    {
        for (int i = 0; i < LEX_CUDA_TABLES; i++) {
            tables[i] = of[i];
            ids[i] = by[i];
        }
    }
};

template <typename T, int PIECES>
__global__ void embed_norm(lex_cuda_rows rows, embedding from, const float *weight, const float *bias, T *y)
{
    const int64_t t = row_of_warp();
    if (t >= rows.n_rows)
        return;
    row<PIECES> sum(rows.n_columns);
    for (int i = 0; i < LEX_CUDA_TABLES; i++)
        if (from.tables[i])
            sum.add(from.tables[i] + from.ids[i][t] * rows.n_columns);
    sum.norm(weight, bias, rows.eps, y + t * rows.n_columns);
}

/* ---- beginning them: RUN(kernel, rows, arguments...) is the compiler's own way to do so ---- */

template <int PIECES, typename T>
void begin_add_norm(const lex_cuda_rows &rows, const void *x, const void *beside, const void *weight, const void *bias, void *y)
{
    LEX_CUDA_RUN((add_norm<T, PIECES>), rows, (const T *)x, (const T *)beside, (const T *)weight, (const T *)bias, (T *)y);
}

template <int PIECES, typename T>
void begin_embed_norm(const lex_cuda_rows &rows, const embedding &from, const float *weight, const float *bias, void *y)
{
    LEX_CUDA_RUN((embed_norm<T, PIECES>), rows, from, weight, bias, (T *)y);
}

/* FUNCTION<PIECES, T>(...) for as many pieces as a lane has of such rows, and for their type. */
#define LEX_CUDA_OF_TYPE(pieces, function, rows, ...)                                                                             \
    ((rows).dtype == LEX_CUDA_F32 ? function<pieces, float>((rows), __VA_ARGS__)                                                 \
     : (rows).dtype == LEX_CUDA_F16 ? function<pieces, lex_cuda::half_t>((rows), __VA_ARGS__) : function<pieces, lex_cuda::bf16>((rows), __VA_ARGS__))
#define LEX_CUDA_OF_SIZE(function, rows, ...)                                                                                     \
    ((rows).n_columns <= 512 ? LEX_CUDA_OF_TYPE(4, function, rows, __VA_ARGS__)                                                  \
     : (rows).n_columns <= 1024 ? LEX_CUDA_OF_TYPE(8, function, rows, __VA_ARGS__)                                               \
                                : LEX_CUDA_OF_TYPE(16, function, rows, __VA_ARGS__))

inline bool fits(const lex_cuda_rows *rows)
{
    return rows->n_columns > 0 && rows->n_columns <= LEX_CUDA_COLUMNS_MAX && rows->n_columns % COLUMNS_A_LANE == 0 &&
           rows->n_rows >= 0 && rows->dtype >= LEX_CUDA_F32 && rows->dtype <= LEX_CUDA_BF16;
}

} // namespace lex_cuda
#endif
