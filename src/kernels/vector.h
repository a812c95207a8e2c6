/* vector.h - what the kernels are made of: a register full of floats, exp, the normal distribution.
 *
 * A `vec` is one register, in the notation that GCC and clang share; the including file names its size in
 * LEX_VECTOR_BYTES. Comparisons are written so that what is not a number stays so. */
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lexclf/kernels.h"

#define INLINE static inline __attribute__((always_inline))

enum { V = LEX_VECTOR_BYTES / 4 };

typedef float vec __attribute__((vector_size(LEX_VECTOR_BYTES)));
typedef int32_t vec_int __attribute__((vector_size(LEX_VECTOR_BYTES)));

INLINE vec load(const float *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store(float *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

/* The first n < V lanes; zeros in the others. */
INLINE vec load_some(const float *from, int64_t n)
{
    float lanes[V] = {0};
    for (int64_t l = 0; l < n; l++)
        lanes[l] = from[l];
    return load(lanes);
}

INLINE void store_some(float *to, vec v, int64_t n)
{
    float lanes[V];
    store(lanes, v);
    for (int64_t l = 0; l < n; l++)
        to[l] = lanes[l];
}

/* The last columns of a row that do not fill a register. */
INLINE vec load_up_to(const float *from, int64_t n)
{
    return n >= V ? load(from) : load_some(from, n);
}

INLINE void store_up_to(float *to, vec v, int64_t n)
{
    if (n >= V)
        store(to, v);
    else
        store_some(to, v, n);
}

/* The higher of each; b where one is not a number. */
#if LEX_VECTOR_BYTES == 64
INLINE vec higher(vec a, vec b)
{
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
}
#else
INLINE vec higher(vec a, vec b)
{
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
}
#endif

/* Lane by lane `yes` where the mask is all ones, else `no`. */
INLINE vec choose(vec_int mask, vec yes, vec no)
{
    return (vec)(((vec_int)yes & mask) | ((vec_int)no & ~mask));
}

#if LEX_VECTOR_BYTES == 64
INLINE float lanes_sum(vec v)
{
    return _mm512_reduce_add_ps((__m512)v);
}

INLINE float lanes_highest(vec v)
{
    return _mm512_reduce_max_ps((__m512)v);
}
#else
INLINE float lanes_sum(vec v)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

INLINE float lanes_highest(vec v)
{
    __m128 four = _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
#endif

/* e^x for x <= 0: 2^k e^r with |r| <= ln 2 / 2 (Cody and Waite 1980), e^r by Taylor's polynomial of degree 6, whose rest
 * is under 2^-22 of it. Below -87 it is e^-87, which is next to nothing. */
INLINE vec exp_of(vec x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number, found in the lowest bits */
    const vec zero = {0};
    x = choose(x < -87.0f, zero - 87.0f, x);
    vec t = x * 1.44269504088896341f + shift;
    vec k = t - shift;
    vec r = x - k * 0.693145751953125f; /* ln 2 in two parts, the first exact in 13 bits */
    r = r - k * 1.42860682030941723e-6f;
    vec y = r * (1.0f / 720.0f) + (1.0f / 120.0f);
    y = y * r + (1.0f / 24.0f);
    y = y * r + (1.0f / 6.0f);
    y = y * r + 0.5f;
    y = y * r * r + r + 1.0f;
    vec_int power = ((vec_int)t << 23) + (127 << 23); /* 2^k */
    return y * (vec)power;
}

/* Q(a) = 1 - Phi(a) for a >= 0, given e = e^(-a^2 / 2). With z = a / sqrt(2), Q = erfc(z) / 2 and erfc(z) e^(z^2) = t P(t),
 * t = 1 / (1 + 0.6 z), the form of Abramowitz and Stegun 7.1.26; P of degree 7 was fitted for the smallest relative
 * error, 3e-7 for z in [0, 10]. */
INLINE vec upper_tail(vec a, vec e)
{
    vec t = 1.0f / (a * 0.424264068711928514f + 1.0f); /* 0.6 / sqrt(2) */
    vec p = t * -0.0920817337814659f + 0.41194316779172946f;
    p = p * t + -0.6444513904643799f;
    p = p * t + 0.28376663826623616f;
    p = p * t + 0.0734129403280426f;
    p = p * t + 0.2916008269642308f;
    p = p * t + 0.3372491721011127f;
    p = p * t + 0.33856007548046674f;
    return p * t * e * 0.5f;
}

/* x Phi(x). No difference of large numbers is taken: the small values for x < 0 are good, too. */
INLINE vec gelu_of(vec x)
{
    const vec zero = {0};
    vec a = choose(x < 0.0f, -x, x);
    vec q = upper_tail(a, exp_of(a * a * -0.5f));
    return x * choose(x < zero, q, 1.0f - q);
}

/* x s(u) with u = 2 sqrt(2 / pi) (x + 0.044715 x^3) and s the logistic function: GELU by tanh. */
INLINE vec gelu_tanh_of(vec x)
{
    vec u = x * (x * x * 0.0713548162726009f + 1.5957691216057308f);
    vec_int below = u < 0.0f;
    vec e = exp_of(choose(below, u, -u));
    return x * choose(below, e, (vec){0} + 1.0f) / (e + 1.0f);
}
