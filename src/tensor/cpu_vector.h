/* cpu_vector.h - what the kernels of cpu_kernels_body.h are made of: vectors, exp, a small matrix product, Philox.
 *
 * A `vec` is one register full of floats, in the notation that GCC and clang share; the including file names its size
 * in LEX_CPU_VECTOR_BYTES. Plain loops become vectors too, but a compiler keeps an array of running sums in memory,
 * where a variable stays in its register: so sums are written with vec and everything else as loops.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* LANES: what rows are padded to; a multiple of V. ROWS: how many rows of a product are computed at once. */
enum { LANES = 16, ROWS = 4, V = LEX_CPU_VECTOR_BYTES / 4 };

typedef float vec __attribute__((vector_size(LEX_CPU_VECTOR_BYTES)));
typedef int32_t vec_int __attribute__((vector_size(LEX_CPU_VECTOR_BYTES)));
typedef uint32_t vec_word __attribute__((vector_size(LEX_CPU_VECTOR_BYTES)));

static inline vec load(const float *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store(float *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

static inline vec higher(vec a, vec b)
{
    vec_int take_a = a > b;
    return (vec)(((vec_int)a & take_a) | ((vec_int)b & ~take_a));
}

static inline float lanes_sum(vec v)
{
    float sum = 0.0f;
    for (int l = 0; l < V; l++)
        sum += v[l];
    return sum;
}

static inline float lanes_highest(vec v)
{
    float highest = v[0];
    for (int l = 1; l < V; l++)
        highest = v[l] > highest ? v[l] : highest;
    return highest;
}

static inline int64_t padded(int64_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

/* e^x for x <= 0, after Cody and Waite: e^x = 2^k e^r with |r| <= ln 2 / 2; the polynomial is Cephes' expf. Below -87
 * it is e^-87, which is next to nothing. */
static inline vec exp_of(vec x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number, found in the lowest bits */
    vec zero = {0};
    x = higher(x, zero - 87.0f);
    vec t = x * 1.44269504088896341f + shift;
    vec k = t - shift;
    vec r = x - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    vec y = r * 1.9875691500e-4f + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    vec_int power = ((vec_int)t << 23) + (127 << 23); /* 2^k */
    return y * (vec)power;
}

/* ---- out (m, n) = a (m, k) times b (k, n), or added to it ----
 * Element (i, c) of a lies at a[i * a_row + c * a_step], so that a may be read transposed. m is a multiple of ROWS, n
 * of V. */
typedef struct {
    float *out;
    int64_t out_row;
    const float *a;
    int64_t a_row, a_step;
    const float *b;
    int64_t b_row;
    int64_t m, k, n;
    bool add;
} product;

/* ROWS rows from i, 2 V columns from j: eight sums, as many as it takes to keep two multipliers busy. */
static inline void tile_of_two(const product *p, int64_t i, int64_t j)
{
    const int64_t a_row = p->a_row, a_step = p->a_step, b_row = p->b_row, k = p->k;
    const float *a = p->a + i * a_row, *b = p->b + j;
    float *out = p->out + i * p->out_row + j;
    vec s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
    for (int64_t c = 0; c < k; c++) {
        vec b0 = load(b), b1 = load(b + V);
        float a0 = a[0], a1 = a[a_row], a2 = a[2 * a_row], a3 = a[3 * a_row];
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
        s20 += a2 * b0;
        s21 += a2 * b1;
        s30 += a3 * b0;
        s31 += a3 * b1;
        a += a_step;
        b += b_row;
    }
    vec sums[ROWS][2] = {{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}};
    for (int r = 0; r < ROWS; r++, out += p->out_row) {
        store(out, p->add ? load(out) + sums[r][0] : sums[r][0]);
        store(out + V, p->add ? load(out + V) + sums[r][1] : sums[r][1]);
    }
}

/* The same for the last V columns where n is an odd multiple. */
static inline void tile_of_one(const product *p, int64_t i, int64_t j)
{
    const int64_t a_row = p->a_row, a_step = p->a_step, b_row = p->b_row, k = p->k;
    const float *a = p->a + i * a_row, *b = p->b + j;
    float *out = p->out + i * p->out_row + j;
    vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (int64_t c = 0; c < k; c++) {
        vec b0 = load(b);
        s0 += a[0] * b0;
        s1 += a[a_row] * b0;
        s2 += a[2 * a_row] * b0;
        s3 += a[3 * a_row] * b0;
        a += a_step;
        b += b_row;
    }
    vec sums[ROWS] = {s0, s1, s2, s3};
    for (int r = 0; r < ROWS; r++, out += p->out_row)
        store(out, p->add ? load(out) + sums[r] : sums[r]);
}

static void multiply(const product *p)
{
    for (int64_t i = 0; i < p->m; i += ROWS) {
        int64_t j = 0;
        for (; j + 2 * V <= p->n; j += 2 * V)
            tile_of_two(p, i, j);
        if (j < p->n)
            tile_of_one(p, i, j);
    }
}

/* ---- Philox4x32-10 (see random.h) on 16 counters at once: words[w][l] for counters c0 + l ----
 * Each lane runs its ten rounds without a loop, so that the loop over lanes is what becomes vectors. AVX-512 multiplies
 * 64-bit lanes, AVX2 has only 32-bit ones to widen. */
#ifdef __AVX512DQ__
typedef uint64_t philox_lane;
#else
typedef uint32_t philox_lane;
#endif

static void philox_16(uint32_t words[4][LANES], const uint32_t counter[4], uint64_t key)
{
    const uint32_t first = counter[0], second = counter[1], third = counter[2], fourth = counter[3];
    const uint32_t low = 0xFFFFFFFFu;
    for (int l = 0; l < LANES; l++) {
        philox_lane c0 = first + (uint32_t)l, c1 = second, c2 = third, c3 = fourth;
        uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
#pragma GCC unroll 10
        for (int round = 0; round < 10; round++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0;
            uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
            c0 = (philox_lane)(p1 >> 32) ^ c1 ^ k0;
            c2 = (philox_lane)(p0 >> 32) ^ c3 ^ k1;
            c1 = (philox_lane)(p1 & low);
            c3 = (philox_lane)(p0 & low);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        words[0][l] = (uint32_t)c0;
        words[1][l] = (uint32_t)c1;
        words[2][l] = (uint32_t)c2;
        words[3][l] = (uint32_t)c3;
    }
}
