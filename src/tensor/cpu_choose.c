/* cpu_choose.c - which of the kernel sets this processor runs. */
#include "cpu_kernels.h"

const lex_cpu_kernels *lex_cpu_kernels_choose(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return NULL;
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return avx512 ? &lex_cpu_avx512 : &lex_cpu_avx2;
}

int64_t lex_attention_scratch_floats(int64_t n, int64_t d)
{
    int64_t width = (n + 15) / 16 * 16, depth = (d + 15) / 16 * 16;
    return d * width + 5 * width * depth + LEX_ATTENTION_BLOCK * (2 * width + depth) + width;
}
