// cuda_on_cpu.cc - the CUDA plugin's table without a GPU: cuda_rows.h with what CUDA has beyond C++ made of threads. The 32
// lanes of a warp are 32 of them, which meet whenever they exchange values; warps run one after another.
#include "cuda_on_cpu.h"

#include <cmath>
#include <cstring>
#include <pthread.h>
#include <thread>
#include <vector>

#define __global__
#define __device__

#define LEX_CUDA_RUN(kernel, rows, ...)                                                                                          \
    run_lanes(((rows).n_rows + ROWS_A_BLOCK - 1) / ROWS_A_BLOCK, ROWS_A_BLOCK, [=] { kernel((rows), __VA_ARGS__); })

namespace lex_cuda {

struct lane_place {
    unsigned x;
};
static thread_local lane_place threadIdx, blockIdx;

static pthread_barrier_t meeting;
static float exchanged[32];

static inline float __shfl_xor_sync(unsigned, float value, int apart)
{
    const unsigned lane = threadIdx.x % 32;
    exchanged[lane] = value;
    pthread_barrier_wait(&meeting);
    const float other = exchanged[lane ^ (unsigned)apart];
    pthread_barrier_wait(&meeting);
    return other;
}

static inline float __uint_as_float(unsigned bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

static inline unsigned __float_as_uint(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float rsqrtf(float x)
{
    return 1 / std::sqrt(x);
}

// Every lane goes through all warps of a launch; a warp that has nothing to do ends before it meets.
template <typename Body> void run_lanes(long long n_blocks, unsigned warps_a_block, Body body)
{
    std::vector<std::thread> lanes;
    pthread_barrier_init(&meeting, nullptr, 32);
    for (unsigned lane = 0; lane < 32; lane++)
        lanes.emplace_back([=] {
            for (long long block = 0; block < n_blocks; block++)
                for (unsigned warp = 0; warp < warps_a_block; warp++) {
                    blockIdx.x = (unsigned)block;
                    threadIdx.x = 32 * warp + lane;
                    body();
                }
        });
    for (std::thread &lane : lanes)
        lane.join();
    pthread_barrier_destroy(&meeting);
}

// IEEE 754's binary16, rounded to the nearest, to even.
class half_t {
  public:
    half_t() = default;
    explicit half_t(float x)
    {
        const float size = std::fabs(x);
        const int exponent = size < 0x1p-14f ? -14 : std::ilogb(size);
        if (!(size < 65520))
            bits_ = size > 0 ? 0x7c00 : 0x7e00;
        else // of whole units; where they are 2048, the exponent gets the carry
            bits_ = (uint16_t)((exponent + 14) * 1024 + (int)std::nearbyint(std::ldexp(size, 10 - exponent)));
        if (std::signbit(x))
            bits_ = (uint16_t)(bits_ | 0x8000);
    }
    explicit operator float() const
    {
        const int exponent = bits_ >> 10 & 31, fraction = bits_ & 1023;
        float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                     : exponent ? std::ldexp((float)(1024 + fraction), exponent - 25) : std::ldexp((float)fraction, -24);
        return bits_ & 0x8000 ? -size : size;
    }

  private:
    uint16_t bits_;
};

} // namespace lex_cuda

#include "tensor/cuda_rows.h"

static bool add_norm(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias, void *y,
                     char *)
{
    if (lex_cuda::fits(rows))
        LEX_CUDA_OF_SIZE(lex_cuda::begin_add_norm, *rows, x, beside, weight, bias, y);
    return lex_cuda::fits(rows);
}

static bool embed_norm(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids, const float *weight,
                       const float *bias, void *y, char *)
{
    if (lex_cuda::fits(rows))
        LEX_CUDA_OF_SIZE(lex_cuda::begin_embed_norm, *rows, lex_cuda::embedding(tables, ids), weight, bias, y);
    return lex_cuda::fits(rows);
}

extern "C" const lex_cuda_table lex_cuda_on_cpu = {add_norm, embed_norm};
