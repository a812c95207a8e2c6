/* test_kernels.c - every set of kernels that this processor runs against plain C with sums in double: shapes with and
 * without a rest, values that are not numbers, what lies beside the results, and that a row's bits are its own. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/kernels.h"
#include "kernel_values.h"

static const lex_kernels *set, *reference = &lex_kernels_reference;

static float *copy_of(const float *values, int64_t n)
{
    float *copy = lex_alloc_aligned((size_t)n * sizeof *copy);
    memcpy(copy, values, (size_t)n * sizeof *copy);
    return copy;
}

/* The largest |got - want| over rows, against max(1, |want|); NaN must meet NaN. */
static double gap(const float *got, const float *want, int64_t stride, int64_t rows, int64_t n)
{
    double largest = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < n; c++) {
            double g = (double)got[r * stride + c], w = (double)want[r * stride + c];
            double d = isnan(g) && isnan(w) ? 0 : fabs(g - w) / fmax(1, fabs(w));
            largest = d <= largest ? largest : isnan(d) ? INFINITY : d;
        }
    return largest;
}

static bool untouched(const float *y, int64_t stride, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = n; c < stride; c++)
            if (y[r * stride + c] != BESIDE)
                return false;
    return true;
}

/* `beside` columns behind each row of y hold BESIDE. */
static void mark(float *y, int64_t stride, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = n; c < stride; c++)
            y[r * stride + c] = BESIDE;
}

static void *packed_by(const lex_kernels *kernels, const float *weight, int64_t in, int64_t out)
{
    void *packed = lex_alloc_aligned(lex_packed_bytes(kernels, in, out));
    int64_t first = out / 3; /* in two parts, where there are two */
    if (first > 0)
        lex_pack(kernels, packed, weight, in, 0, first);
    lex_pack(kernels, packed, weight + first * in, in, first, out - first);
    return packed;
}

/* What a set makes of numbers before it multiplies them. */
static float *seen_by(const lex_kernels *kernels, const float *values, int64_t n)
{
    float *seen = copy_of(values, n);
    for (int64_t i = 0; kernels->format != LEX_WEIGHTS_F32 && i < n; i++)
        seen[i] = kernels->format == LEX_WEIGHTS_HALF ? lex_f32_of_f16(lex_f16_of(values[i]))
                                                      : lex_f32_of_bf16(lex_bf16_of(values[i]));
    return seen;
}

static void linear_of(int64_t rows, int64_t in, int64_t out, lex_after after, bool with_nan)
{
    const int64_t x_stride = in + 3, y_stride = out + 5;
    float *x = floats(rows * x_stride, 1), *weight = floats(in * out, 0.3), *bias = floats(out, 1);
    float *y = floats(rows * y_stride, 1);
    if (with_nan)
        x[rows / 2 * x_stride + in / 2] = NAN;
    mark(y, y_stride, rows, out);
    float *want = copy_of(y, rows * y_stride), *alone = copy_of(y, rows * y_stride);
    void *packed = packed_by(set, weight, in, out);
    float *scratch = lex_alloc_aligned((size_t)lex_linear_scratch(set, in) * sizeof(float) + 64);
    float *seen_x = seen_by(set, x, rows * x_stride), *seen_weight = seen_by(set, weight, in * out);
    void *plain = packed_by(reference, seen_weight, in, out);
    lex_linear_work work = {x, x_stride, rows, in, out, packed, bias, after, y, y_stride, scratch, NULL};
    set->linear(&work);
    lex_linear_work expected = work;
    expected.packed = plain;
    expected.x = seen_x;
    expected.y = want;
    reference->linear(&expected);
    double d = gap(y, want, y_stride, rows, out);
    bool rough = set->format == LEX_WEIGHTS_BF16 && after == LEX_AFTER_GELU; /* src/kernels/rough.h */
    if (!CHECK(d <= (rough ? 1e-4 : in > 1000 ? 3e-5 : 5e-6)) || !CHECK(untouched(y, y_stride, rows, out)))
        fprintf(stderr, "    %s: %lld x %lld x %lld, after %d: %g\n", set->name, (long long)rows, (long long)in,
                (long long)out, (int)after, d);
    for (int64_t r = 0; r < rows; r++) {
        lex_linear_work one = work;
        one.x = x + r * x_stride, one.n_rows = 1, one.y = alone + r * y_stride;
        set->linear(&one);
    }
    if (!with_nan)
        CHECK(memcmp(alone, y, (size_t)(rows * y_stride) * sizeof *y) == 0);
    free(x), free(weight), free(bias), free(y), free(want), free(alone), free(packed), free(plain);
    free(scratch), free(seen_x), free(seen_weight);
}

static void test_linear(void)
{
    const int64_t ins[] = {1, 3, 17, 64, 129}, outs[] = {1, 5, 8, 15, 16, 17, 31, 32, 33, 48, 70};
    for (int64_t rows = 1; rows <= 31; rows++)
        for (size_t i = 0; i < sizeof ins / sizeof *ins; i++)
            for (size_t o = 0; o < sizeof outs / sizeof *outs; o++)
                linear_of(rows, ins[i], outs[o], (lex_after)((rows + (int64_t)(i + o)) % 5), false);
    linear_of(200, 1536, 70, LEX_AFTER_ADD, false); /* several blocks of rows */
    linear_of(7, 33, 40, LEX_AFTER_GELU, true);
    linear_of(20, 5, 16, LEX_AFTER_NOTHING, true);
}

static double gelu(double x, lex_after which)
{
    return which == LEX_AFTER_GELU ? 0.5 * x * erfc(-x / sqrt(2)) : x / (1 + exp(-2 * sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static void test_gelu(lex_after which)
{
    enum { N = 200001 };
    float *x = floats(N, 1), *y = floats(N, 1), one = 1, zero = 0;
    double largest = 0;
    for (int i = 0; i < N; i++)
        x[i] = (float)(-20 + 40.0 * i / (N - 1));
    void *packed = packed_by(set, &one, 1, 1);
    set->linear(&(lex_linear_work){x, 1, N, 1, 1, packed, &zero, which, y, 1, NULL, NULL});
    for (int i = 0; i < N; i++) {
        double want = gelu((double)x[i], which), d = fabs((double)y[i] - want);
        d = fmin(d, d / fmax(fabs(want), 1e-300));
        largest = d > largest || isnan(d) ? d : largest;
    }
    printf("%s: gelu%s within %.3g of double\n", set->name, which == LEX_AFTER_GELU ? "" : " by tanh", largest);
    CHECK(largest <= 1e-6);
    const float odd[] = {NAN, INFINITY, -INFINITY, 0.0f};
    set->linear(&(lex_linear_work){odd, 1, 4, 1, 1, packed, &zero, which, y, 1, NULL, NULL});
    CHECK(isnan(y[0]) && isinf(y[1]) && y[3] == 0);
    free(x), free(y), free(packed);
}

static void test_rows(void)
{
    const int64_t widths[] = {1, 2, 7, 16, 33, 100, 384, 777};
    enum { ROWS = 9, ENTRIES = 11 };
    const int64_t ids[ROWS] = {0, 10, 3, 3, 7, 1, 9, 2, 5};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const int64_t n = widths[i], stride = n + 5;
        float *words = floats(ENTRIES * n, 1), *positions = floats(ENTRIES * n, 1), *segments = floats(ENTRIES * n, 1);
        float *weight = floats(n, 1), *bias = floats(n, 1), *y = floats(ROWS * stride, 3);
        words[3 * n] = NAN; /* rows 2 and 3 */
        mark(y, stride, ROWS, n);
        float *want = copy_of(y, ROWS * stride);
        lex_norm_work norm = {y, stride, ROWS, n, weight, bias, 1e-12};
        lex_embed_work embed = {words, positions, segments, ids, ids, ids, weight, bias, 1e-12, ROWS, n, y, stride};
        /* A row of one column is its own mean, and of two the eps counts: the rest of the rounding is divided by it. */
        double tolerance = n < 3 ? 1e-3 : 2e-5;
        set->norm(&norm);
        norm.y = want;
        reference->norm(&norm);
        CHECK_NEAR(gap(y, want, stride, ROWS, n), 0, tolerance);
        set->embed(&embed);
        embed.y = want;
        reference->embed(&embed);
        CHECK_NEAR(gap(y, want, stride, ROWS, n), 0, tolerance);
        CHECK(isnan(y[2 * stride]) && isnan(y[3 * stride + n - 1]) && !isnan(y[4 * stride]));
        CHECK(untouched(y, stride, ROWS, n));
        free(words), free(positions), free(segments), free(weight), free(bias), free(y), free(want);
    }
}

/* n_biased: 0, no bias; 1, one by distance, with keys that are not seen; 2, one for each query and key. */
static void attend_of(int64_t n_queries, int64_t n, int64_t d, bool with_nan, int n_biased)
{
    float *bias = floats(n_queries * n + n_queries + n, 2);
    for (int64_t i = 0; n_biased == 1 && i < n_queries + n; i += 7)
        bias[i] = -INFINITY;
    const float scale = n_biased == 2 ? 0.37f : 0.0f;
    const float *const first = n_biased == 0 ? NULL : n_biased == 1 ? bias + n_queries : bias;
    const int64_t step = n_biased == 1 ? -1 : n;
    const int64_t q_stride = 2 * d + 1, kv_stride = 3 * d + 2, out_stride = d + 4;
    float *q = floats(n_queries * q_stride, 1.5), *k = floats(n * kv_stride, 1.5), *v = floats(n * kv_stride, 1);
    float *out = floats(n_queries * out_stride, 1), *scratch = floats(lex_attend_scratch(n, d), 1);
    if (with_nan)
        q[n_queries / 2 * q_stride] = NAN; /* one query alone */
    mark(out, out_stride, n_queries, d);
    float *want = copy_of(out, n_queries * out_stride), *alone = copy_of(out, n_queries * out_stride);
    lex_attend_work work = {q, k, v, q_stride, kv_stride, n_queries, n, d, out, out_stride, scratch,
                            scale, first, step};
    lex_attend_work expected = work;
    set->attend(&work);
    /* In bfloat16 weights are rounded, too, by up to 2^-8 of each; values are up to 1. The other formats round weights of
     * linear blocks alone. */
    bool pairs = set->format == LEX_WEIGHTS_BF16;
    float *seen_q = pairs ? seen_by(set, q, n_queries * q_stride) : copy_of(q, n_queries * q_stride);
    float *seen_k = pairs ? seen_by(set, k, n * kv_stride) : copy_of(k, n * kv_stride);
    float *seen_v = pairs ? seen_by(set, v, n * kv_stride) : copy_of(v, n * kv_stride);
    expected.q = seen_q, expected.k = seen_k, expected.v = seen_v, expected.out = want;
    reference->attend(&expected);
    double far = gap(out, want, out_stride, n_queries, d);
    if (!CHECK(far <= (pairs ? 4.2e-3 : n_biased == 2 ? 2e-5 : 5e-6)) || !CHECK(untouched(out, out_stride, n_queries, d)))
        fprintf(stderr, "    %s: %lld queries, %lld keys of %lld: %g\n", set->name, (long long)n_queries, (long long)n,
                (long long)d, far);
    for (int64_t i = 0; i < n_queries; i++) {
        lex_attend_work one = {q + i * q_stride, k, v, q_stride, kv_stride, 1, n, d, alone + i * out_stride, out_stride,
                               scratch, scale, first ? first + i * step : NULL, step};
        set->attend(&one);
    }
    if (!with_nan)
        CHECK(memcmp(alone, out, (size_t)(n_queries * out_stride) * sizeof *out) == 0);
    free(q), free(k), free(v), free(out), free(want), free(alone), free(scratch), free(bias);
    free(seen_q), free(seen_k), free(seen_v);
}

static void test_attend(void)
{
    const int64_t depths[] = {1, 4, 8, 16, 24, 32, 40, 64, 80};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        for (int64_t n = 1; n <= 70; n += 1 + n / 12) {
            attend_of(n, n, depths[i], false, (int)(n % 3));
            attend_of(1, n, depths[i], false, (int)((n + 1) % 3));
        }
    attend_of(300, 300, 32, false, 0);
    attend_of(300, 300, 32, false, 1);
    attend_of(20, 20, 32, true, 0);
    attend_of(3, 50, 12, true, 2);
}

/* Scores far apart: the largest takes all, nothing overflows. */
static void test_attend_extremes(void)
{
    enum { N = 40, D = 8 };
    float q[D] = {0}, k[N * D] = {0}, v[N * D], out[D];
    float *scratch = floats(lex_attend_scratch(N, D), 1);
    q[0] = 3e4f;
    for (int j = 0; j < N; j++) {
        k[j * D] = j == 37 ? 1e4f : -1e4f;
        for (int c = 0; c < D; c++)
            v[j * D + c] = (float)(j + c);
    }
    set->attend(&(lex_attend_work){q, k, v, D, D, 1, N, D, out, D, scratch, 0, NULL, 0});
    for (int c = 0; c < D; c++)
        CHECK_NEAR(out[c], 37 + c, 0);
    free(scratch);
}

/* c (m, n) += a' b over depth, whole and in two pieces of columns of a. */
static void outer_of(int64_t depth, int64_t m, int64_t n)
{
    const int64_t a_stride = m + 3, b_stride = n + 2, c_stride = n + 1, piece = set->panel;
    float *a = floats(depth * a_stride, 1), *b = floats(depth * b_stride, 1), *c = floats(m * c_stride, 1);
    mark(c, c_stride, m, n);
    float *want = copy_of(c, m * c_stride), *cut = copy_of(c, m * c_stride);
    float *seen_a = seen_by(set, a, depth * a_stride), *seen_b = seen_by(set, b, depth * b_stride);
    char *packed_a = lex_alloc_aligned(lex_packed_bytes(set, depth, m));
    void *packed_b = lex_alloc_aligned(lex_packed_bytes(set, depth, n));
    float *plain_a = floats(depth * m, 0), *plain_b = floats(depth * n, 0);
    set->pack_columns(packed_a, a, a_stride, depth, m);
    set->pack_columns(packed_b, b, b_stride, depth, n);
    reference->pack_columns(plain_a, seen_a, a_stride, depth, m);
    reference->pack_columns(plain_b, seen_b, b_stride, depth, n);
    set->outer(&(lex_outer_work){packed_a, packed_b, depth, m, n, c, c_stride});
    reference->outer(&(lex_outer_work){plain_a, plain_b, depth, m, n, want, c_stride});
    double far = gap(c, want, c_stride, m, n);
    if (!CHECK(far <= (depth > 500 ? 1e-4 : 2e-5)) || !CHECK(untouched(c, c_stride, m, n)))
        fprintf(stderr, "    %s: outer of %lld x %lld over %lld: %g\n", set->name, (long long)m, (long long)n,
                (long long)depth, far);
    for (int64_t first = 0; first < m; first += piece) {
        int64_t some = m - first < piece ? m - first : piece;
        set->pack_columns(packed_a, a + first, a_stride, depth, some);
        set->outer(&(lex_outer_work){packed_a, packed_b, depth, some, n, cut + first * c_stride, c_stride});
    }
    CHECK(memcmp(cut, c, (size_t)(m * c_stride) * sizeof *c) == 0);
    free(a), free(b), free(c), free(want), free(cut), free(seen_a), free(seen_b);
    free(packed_a), free(packed_b), free(plain_a), free(plain_b);
}

static void test_outer(void)
{
    const int64_t depths[] = {1, 2, 3, 16, 31, 50}, sizes[] = {1, 5, 8, 16, 17, 32, 33, 70};
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++)
                outer_of(depths[d], sizes[i], sizes[j]);
    outer_of(2003, 40, 33); /* several chains */
}

/* pack_rows() gives what lex_pack() gives, and pack_columns() what pack_rows() of the transposed. */
static void test_pack(void)
{
    const int64_t outs[] = {1, 7, 16, 32, 45, 96}, ins[] = {1, 2, 15, 32, 33, 64, 101};
    for (size_t o = 0; o < sizeof outs / sizeof *outs; o++)
        for (size_t i = 0; i < sizeof ins / sizeof *ins; i++) {
            const int64_t out = outs[o], in = ins[i];
            size_t bytes = lex_packed_bytes(set, in, out);
            float *weight = floats(out * in, 1), *turned = floats(out * in, 1);
            void *want = lex_alloc_aligned(bytes), *rows = lex_alloc_aligned(bytes), *columns = lex_alloc_aligned(bytes);
            for (int64_t r = 0; r < out; r++)
                for (int64_t c = 0; c < in; c++)
                    turned[c * out + r] = weight[r * in + c];
            lex_pack(set, want, weight, in, 0, out);
            set->pack_rows(rows, weight, in, out, in);
            set->pack_columns(columns, turned, out, in, out);
            CHECK(memcmp(rows, want, bytes) == 0);
            CHECK(memcmp(columns, want, bytes) == 0);
            free(weight), free(turned), free(want), free(rows), free(columns);
        }
}

static void test_backward_rows(void)
{
    enum { ROWS = 11 };
    const int64_t widths[] = {1, 3, 16, 33, 100, 384};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const int64_t n = widths[i], all = ROWS * n;
        float *x = floats(all, 2), *dy = floats(all, 1), *weight = floats(n, 1), *bias = floats(n, 1);
        float *got[4], *want[4], *sums = floats(n, 1), *plain = copy_of(sums, n);
        for (int k = 0; k < 4; k++) {
            got[k] = floats(k < 2 ? all : n, 1);
            want[k] = copy_of(got[k], k < 2 ? all : n);
        }
        float mean[ROWS], rstd[ROWS];
        set->norm_forward(&(lex_norm_forward_work){x, ROWS, n, weight, bias, 1e-5, got[0], mean, rstd});
        reference->norm_forward(&(lex_norm_forward_work){x, ROWS, n, weight, bias, 1e-5, want[0], mean, rstd});
        lex_norm_backward_work work = {dy, x, mean, rstd, weight, ROWS, n, got[1], got[2], got[3]};
        set->norm_backward(&work);
        set->norm_backward_sums(&work, 0, n / 2 / 16 * 16);
        set->norm_backward_sums(&work, n / 2 / 16 * 16, n);
        work.dx = want[1], work.dweight = want[2], work.dbias = want[3];
        reference->norm_backward(&work);
        reference->norm_backward_sums(&work, 0, n);
        for (int k = 0; k < 4; k++)
            CHECK_NEAR(gap(got[k], want[k], k < 2 ? all : n, 1, k < 2 ? all : n), 0, n == 1 ? 1e-3 : 2e-5);
        set->add_column_sums(sums, x, n, ROWS, n);
        reference->add_column_sums(plain, x, n, ROWS, n);
        CHECK_NEAR(gap(sums, plain, n, 1, n), 0, 5e-6);
        set->gelu_backward(got[0], dy, x, all);
        reference->gelu_backward(want[0], dy, x, all);
        CHECK_NEAR(gap(got[0], want[0], all, 1, all), 0, 2e-6);
        memcpy(want[0], got[0], (size_t)all * sizeof *got[0]);
        set->add(got[0], x, all);
        reference->add(want[0], x, all);
        CHECK(memcmp(got[0], want[0], (size_t)all * sizeof *got[0]) == 0);
        for (int k = 0; k < 4; k++)
            free(got[k]), free(want[k]);
        free(x), free(dy), free(weight), free(bias), free(sums), free(plain);
    }
}

static void test_bf16(void)
{
    const struct {
        float value;
        uint16_t bits;
    } known[] = {{1.0f, 0x3F80}, {-2.0f, 0xC000}, {0x1.01p0f, 0x3F80}, {0x1.03p0f, 0x3F82}, {0x1.010002p0f, 0x3F81},
                 {0x1.fffffep127f, 0x7F80}, {INFINITY, 0x7F80}, {0.0f, 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        CHECK_INT(lex_bf16_of(known[i].value), known[i].bits);
    CHECK(isnan(lex_f32_of_bf16(lex_bf16_of(NAN))) && lex_f32_of_bf16(0xC000) == -2.0f);
}

/* Every number of float16 comes back as it was; between two neighbours the nearer one is taken, in the middle the even one. */
static void test_f16(void)
{
    const struct {
        float value;
        uint16_t bits;
    } known[] = {{1.0f, 0x3C00},     {-2.0f, 0xC000},       {65504.0f, 0x7BFF},  {65519.996f, 0x7BFF}, {65520.0f, 0x7C00},
                 {-1e30f, 0xFC00},   {INFINITY, 0x7C00},    {0.0f, 0},           {-0.0f, 0x8000},      {0x1p-14f, 0x0400},
                 {0x1p-24f, 0x0001}, {0x1p-25f, 0x0000},    {0x1.8p-24f, 0x0002}, {0x1.000002p-25f, 0x0001}, {1e-30f, 0},
                 {0x1.002p0f, 0x3C00}, {0x1.006p0f, 0x3C02}, {0x1.002002p0f, 0x3C01}, {0x1.ffcp-15f, 0x0400}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        CHECK_INT(lex_f16_of(known[i].value), known[i].bits);
    CHECK(isnan(lex_f32_of_f16(lex_f16_of(NAN))) && lex_f32_of_f16(0xC000) == -2.0f && isinf(lex_f32_of_f16(0xFC00)));
    int n_wrong = 0;
    for (uint32_t bits = 0; bits < 0x7C00; bits++) {
        float value = lex_f32_of_f16((uint16_t)bits), next = bits < 0x7BFF ? lex_f32_of_f16((uint16_t)(bits + 1)) : 65536.0f;
        float middle = (value + next) / 2;
        n_wrong += lex_f16_of(value) != bits || lex_f16_of(-value) != (bits | 0x8000);
        n_wrong += lex_f16_of(middle) != bits + (bits & 1) || lex_f16_of(nextafterf(middle, 0)) != bits;
        n_wrong += lex_f16_of(nextafterf(middle, INFINITY)) != bits + 1;
    }
    CHECK_INT(n_wrong, 0);
}

/* The processor's conversions are those: numbers at and around every middle, and some that are none. */
static void test_half_set(void)
{
    enum { N = 3 * 0x7C00 };
    float *values = floats(N, 1), *packed = lex_alloc_aligned(lex_packed_bytes(set, N, 1)), out;
    int n_wrong = 0;
    for (int i = 0; i < 0x7C00; i++) {
        float middle = (lex_f32_of_f16((uint16_t)i) + (i < 0x7BFF ? lex_f32_of_f16((uint16_t)(i + 1)) : 65536.0f)) / 2;
        values[3 * i] = nextafterf(middle, 0);
        values[3 * i + 1] = i % 2 ? middle : -middle;
        values[3 * i + 2] = nextafterf(middle, INFINITY);
    }
    values[5] = NAN, values[7] = -INFINITY;
    set->pack_rows(packed, values, N, 1, N);
    for (int i = 0; i < N; i++) {
        out = packed[i * set->panel];
        float want = lex_f32_of_f16(lex_f16_of(values[i]));
        n_wrong += isnan(want) ? !isnan(out) : memcmp(&out, &want, sizeof out) != 0;
    }
    CHECK_INT(n_wrong, 0);
    free(values), free(packed);
}

int main(void)
{
    const lex_kernels *const sets[] = {&lex_kernels_avx2,        &lex_kernels_avx512,    &lex_kernels_avx2_rounded,
                                      &lex_kernels_avx512_bf16, &lex_kernels_avx2_half, &lex_kernels_avx512_half};
    lex_rng_init(&rng, 42, 0);
    test_bf16();
    test_f16();
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        set = sets[i];
        if (!lex_kernels_run_here(set)) {
            printf("%s: not on this processor\n", set->name);
            continue;
        }
        test_linear();
        if (set->format == LEX_WEIGHTS_F32) {
            test_gelu(LEX_AFTER_GELU);
            test_gelu(LEX_AFTER_GELU_TANH);
        }
        if (set->format == LEX_WEIGHTS_HALF)
            test_half_set();
        test_rows();
        test_pack();
        test_outer();
        test_backward_rows();
        test_attend();
        test_attend_extremes();
    }
    CHECK(lex_kernels_choose(false) == NULL || lex_kernels_run_here(lex_kernels_choose(false)));
    CHECK(lex_kernels_choose_f16() == NULL || lex_kernels_choose_f16()->format == LEX_WEIGHTS_HALF);
    CHECK_INT(lex_row_stride(384) % 32, 16);
    return check_report("kernels");
}
