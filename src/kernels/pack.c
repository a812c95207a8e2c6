/* pack.c - which set this processor runs, numbers of 16 bits, weights as products read them, and the sizes that callers
 * provide. */
#include <cpuid.h>
#include <string.h>

#include "lexclf/kernels.h"

/* Clang's __builtin_cpu_supports() does not know it before version 16. That the system keeps its registers AVX2 tells. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

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
    if (set == &lex_kernels_avx512_half)
        return wide && has_f16c();
    if (set == &lex_kernels_avx2_half && !has_f16c())
        return false;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const lex_kernels *first_that_runs(const lex_kernels *best, const lex_kernels *other)
{
    return lex_kernels_run_here(best) ? best : lex_kernels_run_here(other) ? other : NULL;
}

const lex_kernels *lex_kernels_choose(bool bf16)
{
    return bf16 ? first_that_runs(&lex_kernels_avx512_bf16, &lex_kernels_avx2_rounded)
                : first_that_runs(&lex_kernels_avx512, &lex_kernels_avx2);
}

const lex_kernels *lex_kernels_choose_f16(void)
{
    return first_that_runs(&lex_kernels_avx512_half, &lex_kernels_avx2_half);
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

static float f32_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float lex_f32_of_bf16(uint16_t half)
{
    return f32_of_bits((uint32_t)half << 16);
}

/* Below 2^-14 the last bit is 2^-24 whatever the number: in a float from 0.5 to 1 it is the last one too, so that adding
 * 0.5 rounds. */
uint16_t lex_f16_of(float value)
{
    uint32_t bits, sign;
    memcpy(&bits, &value, sizeof bits);
    sign = bits >> 16 & 0x8000;
    bits &= 0x7FFFFFFF;
    if (bits > 0x7F800000) /* not a number, and a quiet one */
        return (uint16_t)(sign | 0x7E00 | (bits >> 13 & 0x3FF));
    if (bits >= 0x477FF000) /* 65520 */
        return (uint16_t)(sign | 0x7C00);
    if (bits < 0x38800000) { /* 2^-14 */
        float small = f32_of_bits(bits) + 0.5f;
        memcpy(&bits, &small, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3F000000));
    }
    return (uint16_t)(sign | ((bits + 0xFFF + (bits >> 13 & 1) - (112u << 23)) >> 13));
}

float lex_f32_of_f16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 31)
        return f32_of_bits(sign | 0x7F800000u | fraction << 13);
    if (exponent > 0)
        return f32_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
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

static float rounded(lex_weight_format format, float value)
{
    return format == LEX_WEIGHTS_ROUNDED ? lex_f32_of_bf16(lex_bf16_of(value))
           : format == LEX_WEIGHTS_HALF  ? lex_f32_of_f16(lex_f16_of(value))
                                         : value;
}

/* Word i of a row of weights. */
static uint32_t word_of(const lex_kernels *set, const float *row, int64_t in, int64_t i)
{
    uint32_t word;
    if (set->format == LEX_WEIGHTS_BF16)
        return (uint32_t)lex_bf16_of(row[2 * i]) | (uint32_t)(2 * i + 1 < in ? lex_bf16_of(row[2 * i + 1]) : 0) << 16;
    float value = rounded(set->format, row[i]);
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
    /* Of pairs keys and values are half as much, but there are queries and weights of some rows, too. */
    int64_t pairs = depth / 2 * width + depth * (n + 1) / 2 + MOST_ROWS * (depth + width);
    int64_t floats = d * width + n * depth;
    return MOST_ROWS * width + (pairs > floats ? pairs : floats);
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
