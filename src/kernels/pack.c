/* pack.c - which set this processor runs, weights as its products read them, and the sizes that callers provide. */
#include <string.h>

#include "lexclf/kernels.h"

bool lex_kernels_run_here(const lex_kernels *set)
{
    __builtin_cpu_init();
    if (set == &lex_kernels_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return set == &lex_kernels_reference || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}

const lex_kernels *lex_kernels_choose(void)
{
    const lex_kernels *const sets[] = {&lex_kernels_avx512, &lex_kernels_avx2};
    for (int i = 0; i < 2; i++)
        if (lex_kernels_run_here(sets[i]))
            return sets[i];
    return NULL;
}

int64_t lex_packed_count(const lex_kernels *set, int64_t in, int64_t out)
{
    return (out + set->panel - 1) / set->panel * set->panel * in;
}

void lex_pack(const lex_kernels *set, float *packed, const float *weight, int64_t in, int64_t first, int64_t n)
{
    const int64_t width = set->panel;
    for (int64_t o = 0; o < n; o++) {
        float *to = packed + (first + o) / width * width * in + (first + o) % width;
        for (int64_t i = 0; i < in; i++)
            to[i * width] = weight[o * in + i];
    }
    /* The rest of the last panel; a part that follows writes over it. */
    int64_t end = first + n, rest = (width - end % width) % width;
    float *to = packed + end / width * width * in + end % width;
    for (int64_t i = 0; rest && i < in; i++)
        memset(to + i * width, 0, (size_t)rest * sizeof *to);
}

int64_t lex_attend_scratch(int64_t n, int64_t d)
{
    enum { WIDEST = 32, MOST_ROWS = 14 };
    int64_t width = (n + WIDEST - 1) / WIDEST * WIDEST, depth = (d + WIDEST - 1) / WIDEST * WIDEST;
    return d * width + MOST_ROWS * width + n * depth;
}

int64_t lex_row_stride(int64_t n)
{
    enum { LINE = 16 };
    int64_t lines = (n + LINE - 1) / LINE;
    return (lines | 1) * LINE;
}
