/* pack.c - which set this processor runs, weights as its products read them, and the sizes that callers provide. */
#include <string.h>

#include "lexclf/kernels.h"

bool lex_kernels_run_here(const lex_kernels *set)
{
    __builtin_cpu_init();
    if (set == &lex_kernels_reference)
        return true;
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (set == &lex_kernels_avx512)
        return wide;
    if (set == &lex_kernels_avx512_bf16)
        return wide && __builtin_cpu_supports("avx512bf16");
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const lex_kernels *lex_kernels_choose(bool bf16)
{
    const lex_kernels *const sets[2][2] = {{&lex_kernels_avx512, &lex_kernels_avx2},
                                           {&lex_kernels_avx512_bf16, &lex_kernels_avx2_rounded}};
    for (int i = 0; i < 2; i++)
        if (lex_kernels_run_here(sets[bf16][i]))
            return sets[bf16][i];
    return NULL;
}

bool lex_kernels_bf16_pays(void)
{
    return lex_kernels_run_here(&lex_kernels_avx512_bf16) && __builtin_cpu_is("amd");
}

uint16_t lex_bf16_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float lex_f32_of_bf16(uint16_t half)
{
    float value;
    uint32_t bits = (uint32_t)half << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* 32-bit words that one output of a panel takes. */
static int64_t words_of(const lex_kernels *set, int64_t in)
{
    return set->format == LEX_WEIGHTS_BF16 ? (in + 1) / 2 : in;
}

size_t lex_packed_bytes(const lex_kernels *set, int64_t in, int64_t out)
{
    return (size_t)((out + set->panel - 1) / set->panel * set->panel * words_of(set, in)) * sizeof(uint32_t);
}

/* Word i of a row of weights. */
static uint32_t word_of(const lex_kernels *set, const float *row, int64_t in, int64_t i)
{
    uint32_t word;
    if (set->format == LEX_WEIGHTS_BF16)
        return (uint32_t)lex_bf16_of(row[2 * i]) | (uint32_t)(2 * i + 1 < in ? lex_bf16_of(row[2 * i + 1]) : 0) << 16;
    float value = set->format == LEX_WEIGHTS_ROUNDED ? lex_f32_of_bf16(lex_bf16_of(row[i])) : row[i];
    memcpy(&word, &value, sizeof word);
    return word;
}

void lex_pack(const lex_kernels *set, void *packed, const float *weight, int64_t in, int64_t first, int64_t n)
{
    const int64_t width = set->panel, words = words_of(set, in);
    uint32_t *out = packed;
    for (int64_t o = 0; o < n; o++) {
        uint32_t *to = out + (first + o) / width * width * words + (first + o) % width;
        for (int64_t i = 0; i < words; i++)
            to[i * width] = word_of(set, weight + o * in, in, i);
    }
    /* The rest of the last panel; a part that follows writes over it. */
    int64_t end = first + n, rest = (width - end % width) % width;
    uint32_t *to = out + end / width * width * words + end % width;
    for (int64_t i = 0; rest && i < words; i++)
        memset(to + i * width, 0, (size_t)rest * sizeof *to);
}

int64_t lex_attend_scratch(int64_t n, int64_t d)
{
    enum { WIDEST = 32, MOST_ROWS = 14 };
    int64_t width = (n + WIDEST - 1) / WIDEST * WIDEST, depth = (d + WIDEST - 1) / WIDEST * WIDEST;
    return d * width + MOST_ROWS * width + n * depth;
}

int64_t lex_linear_scratch(const lex_kernels *set, int64_t in)
{
    enum { FEWEST_ROWS = 2 * 14 }; /* of a block */
    int64_t block = LEX_LINEAR_BLOCK_BYTES / (int64_t)sizeof(float);
    int64_t least = FEWEST_ROWS * lex_row_stride(words_of(set, in));
    return set->format == LEX_WEIGHTS_F32 ? 0 : least > block ? least : block;
}

int64_t lex_row_stride(int64_t n)
{
    enum { LINE = 16 };
    int64_t lines = (n + LINE - 1) / LINE;
    return (lines | 1) * LINE;
}
