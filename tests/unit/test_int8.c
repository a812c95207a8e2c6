/* test_int8.c - blocks of int8 weights: every set against plain C, bit for bit; integers that would overflow 16 bits, and
 * nearly 32; what is not a number; what lies beside the results; how far rounding is from the floats. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/int8.h"
#include "kernel_values.h"

static const lex_int8_kernels *set, *reference = &lex_int8_reference;

typedef struct {
    int8_t *values;
    float *scales, *bias;
    int32_t *sums;
    int64_t in, out;
} block;

static block block_of(const float *weight, int64_t in, int64_t out)
{
    block b = {lex_alloc_aligned(lex_int8_bytes(in, out)), floats(out, 1), floats(out, 1),
               lex_alloc_array((size_t)out, sizeof(int32_t)), in, out};
    lex_int8_pack(b.values, b.scales, weight, in, out);
    lex_int8_sums(b.sums, b.values, in, out);
    return b;
}

static void release(block *b)
{
    free(b->values), free(b->scales), free(b->bias), free(b->sums);
}

static lex_int8_part part_of(const block *b)
{
    return (lex_int8_part){b->values, b->scales, b->sums, b->bias, b->out};
}

/* Two blocks beside each other, of `out` and `more` outputs (0: one alone), by the set and by the reference. */
static void linear_of(int64_t rows, int64_t in, int64_t out, int64_t more, lex_after after, const float *x, int64_t x_stride)
{
    const int64_t y_stride = out + more + 5, n = rows * y_stride;
    float *weights[2] = {floats(in * out, 0.3), floats(in * (more + 1), 0.3)};
    block blocks[2] = {block_of(weights[0], in, out), block_of(weights[1], in, more ? more : 1)};
    lex_int8_part parts[2] = {part_of(&blocks[0]), part_of(&blocks[1])};
    if (rows % 2)
        parts[1].bias = NULL;
    float *got = floats(n, 1), *want = floats(n, 0), *alone = floats(n, 0);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = out + more; c < y_stride; c++)
            got[r * y_stride + c] = BESIDE;
    memcpy(want, got, (size_t)n * sizeof *got);
    memcpy(alone, got, (size_t)n * sizeof *got);
    void *scratch = lex_alloc_aligned(lex_int8_scratch(in));
    lex_int8_work work = {x, x_stride, rows, in, parts, more ? 2 : 1, after, got, y_stride, scratch};
    set->linear(&work);
    lex_int8_work expected = work;
    expected.y = want;
    reference->linear(&expected);
    bool same = true;
    double furthest = 0;
    for (int64_t i = 0; i < n; i++) {
        bool both_odd = isnan(got[i]) && isnan(want[i]);
        furthest = fmax(furthest, both_odd ? 0 : fabs((double)got[i] - (double)want[i]) / fmax(1, fabs((double)want[i])));
        same = same && (both_odd || memcmp(&got[i], &want[i], sizeof *got) == 0);
    }
    bool rough = set == &lex_int8_avx512_vnni && after == LEX_AFTER_GELU; /* src/kernels/rough.h */
    if (!CHECK(rough ? furthest <= 1e-4 : after == LEX_AFTER_GELU || after == LEX_AFTER_GELU_TANH ? furthest <= 2e-6 : same))
        fprintf(stderr, "    %s: %lld x %lld x %lld + %lld, after %d: %g\n", set->name, (long long)rows, (long long)in,
                (long long)out, (long long)more, (int)after, furthest);
    for (int64_t r = 0; r < rows; r++) {
        lex_int8_work one = work;
        one.x = x + r * x_stride, one.n_rows = 1, one.y = alone + r * y_stride;
        set->linear(&one);
    }
    CHECK(memcmp(alone, got, (size_t)n * sizeof *got) == 0);
    for (int i = 0; i < 2; i++)
        release(&blocks[i]), free(weights[i]);
    free(got), free(want), free(alone), free(scratch);
}

static void test_linear(void)
{
    const int64_t ins[] = {1, 3, 4, 17, 64, 129}, outs[] = {1, 8, 16, 17, 31, 32, 33, 70};
    for (int64_t rows = 1; rows <= 31; rows++)
        for (size_t i = 0; i < sizeof ins / sizeof *ins; i++)
            for (size_t o = 0; o < sizeof outs / sizeof *outs; o++) {
                float *x = floats(rows * (ins[i] + 3), 1);
                linear_of(rows, ins[i], outs[o], (rows + (int64_t)o) % 3 ? 0 : 21, (lex_after)((rows + (int64_t)(i + o)) % 5), x,
                          ins[i] + 3);
                free(x);
            }
    float *x = floats(1100 * 400, 1);
    linear_of(1100, 33, 40, 0, LEX_AFTER_ADD, x, 34); /* several blocks of rows */
    linear_of(200, 2100, 5, 5, LEX_AFTER_NOTHING, x, 2100);
    free(x);
}

/* Rows that hold what is no number give none; others beside them are themselves. Rows of zeros, of numbers next to 0, of
 * one sign. */
static void test_odd_rows(void)
{
    enum { IN = 37, ROWS = 9 };
    float x[ROWS * IN];
    for (int i = 0; i < ROWS * IN; i++)
        x[i] = (float)lex_rng_normal(&rng);
    x[1 * IN + 36] = NAN;
    x[2 * IN + 3] = INFINITY;
    x[3 * IN + 5] = -INFINITY;
    x[4 * IN + 1] = 3e38f, x[4 * IN + 2] = -3e38f;
    for (int i = 0; i < IN; i++) {
        x[5 * IN + i] = 0;
        x[6 * IN + i] = 1e-45f;
        x[7 * IN + i] = 5;
        x[8 * IN + i] = -fabsf(x[8 * IN + i]);
    }
    linear_of(ROWS, IN, 35, 0, LEX_AFTER_NOTHING, x, IN);
    linear_of(ROWS, IN, 35, 40, LEX_AFTER_ADD, x, IN);
    float ones[IN], y[ROWS * 1];
    for (int i = 0; i < IN; i++)
        ones[i] = 1;
    block b = block_of(ones, IN, 1);
    lex_int8_part part = part_of(&b);
    part.bias = NULL;
    void *scratch = lex_alloc_aligned(lex_int8_scratch(IN));
    set->linear(&(lex_int8_work){x, IN, ROWS, IN, &part, 1, LEX_AFTER_NOTHING, y, 1, scratch});
    CHECK(isnan(y[1]) && isnan(y[2]) && isnan(y[3]) && isnan(y[4]) && !isnan(y[0]) && !isnan(y[5]));
    CHECK_NEAR(y[5], 0, 0);
    CHECK_NEAR(y[6], 0, 0);
    CHECK_NEAR(y[7], 5 * IN, 1e-4);
    free(scratch), release(&b);
}

/* The largest sums that can be: 255 x 127 (or 128, which a file may hold) in every place, of one sign. */
static void test_no_overflow(void)
{
    const int64_t ins[] = {2, 4, 6, 100, LEX_INT8_DEPTH_MAX};
    for (size_t i = 0; i < sizeof ins / sizeof *ins; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const int64_t in = ins[i];
            float *x = floats(in, 0), *weight = floats(in, 0), y;
            for (int64_t c = 0; c < in; c++)
                x[c] = 255, weight[c] = (float)(127 * sign);
            block b = block_of(weight, in, 1);
            if (sign < 0)
                for (int64_t c = 0; c < in; c++) /* panels of one output: its integers lie LEX_INT8_PANEL apart, by group */
                    b.values[c / LEX_INT8_GROUP * LEX_INT8_GROUP * LEX_INT8_PANEL + c % LEX_INT8_GROUP] = -128;
            lex_int8_sums(b.sums, b.values, in, 1);
            lex_int8_part part = part_of(&b);
            part.bias = NULL;
            void *scratch = lex_alloc_aligned(lex_int8_scratch(in));
            set->linear(&(lex_int8_work){x, in, 1, in, &part, 1, LEX_AFTER_NOTHING, &y, 1, scratch});
            double exact = 255.0 * (sign < 0 ? -128 : 127) * (double)in;
            CHECK_NEAR((double)y, (double)(float)exact, 0);
            free(x), free(weight), free(scratch), release(&b);
        }
}

static void test_pack(void)
{
    const int64_t outs[] = {1, 31, 32, 33, 70}, ins[] = {1, 3, 4, 5, 64};
    for (size_t o = 0; o < sizeof outs / sizeof *outs; o++)
        for (size_t i = 0; i < sizeof ins / sizeof *ins; i++) {
            const int64_t out = outs[o], in = ins[i];
            float *weight = floats(out * in, 1), *back = floats(out * in, 0), *scales = floats(out, 0);
            int8_t *values = lex_alloc_aligned(lex_int8_bytes(in, out)), *rows = lex_alloc_array((size_t)(out * in), 1);
            lex_int8_pack(values, scales, weight, in, out);
            lex_int8_unpack(back, values, scales, in, out);
            bool near = true, equal = true;
            for (int64_t k = 0; k < out * in; k++)
                near = near && fabsf(back[k] - weight[k]) <= 0.5001f * scales[k / in];
            CHECK(near);
            memcpy(weight, back, (size_t)(out * in) * sizeof *back); /* what is rounded stays where it is */
            lex_int8_pack_rows(rows, scales, weight, out, in);
            lex_int8_unpack_rows(back, rows, scales, out, in);
            for (int64_t k = 0; k < out * in; k++)
                equal = equal && fabsf(back[k] - weight[k]) <= 1e-6f * fabsf(weight[k]);
            CHECK(equal);
            free(weight), free(back), free(scales), free(values), free(rows);
        }
    const float odd[] = {1, NAN, 2, INFINITY, 1, 1, 0, 0};
    int8_t values[8];
    float scales[4];
    lex_int8_pack_rows(values, scales, odd, 4, 2);
    CHECK(isnan(scales[0]) && isnan(scales[1]) && scales[2] == 1 / 127.0f && scales[3] == 0 && values[6] == 0);
}

static void test_tables(void)
{
    const float floats_of[] = {1, 2, 3, 4, 5, 6};
    const int8_t values[] = {1, -2, 3, 4, -127, 6};
    const float scales[] = {0.5f, 2};
    const int64_t ids[] = {1, 0, 1};
    float y[3 * 4];
    for (int i = 0; i < 12; i++)
        y[i] = BESIDE;
    lex_int8_look_up(&(lex_int8_table){.floats = floats_of}, ids, 3, 3, false, y, 4);
    lex_int8_look_up(&(lex_int8_table){NULL, values, scales}, ids, 3, 3, true, y, 4);
    const float want[] = {12, -249, 18, BESIDE, 1.5f, 1, 4.5f, BESIDE, 12, -249, 18, BESIDE};
    CHECK(memcmp(y, want, sizeof y) == 0);
}

/* What rounding costs: of a product of 384, next to the floats' own. */
static void test_rounding(void)
{
    enum { ROWS = 20, IN = 384, OUT = 64 };
    float *x = floats(ROWS * IN, 1), *weight = floats(IN * OUT, 0.05), *y = floats(ROWS * OUT, 0);
    block b = block_of(weight, IN, OUT);
    lex_int8_part part = part_of(&b);
    part.bias = NULL;
    void *scratch = lex_alloc_aligned(lex_int8_scratch(IN));
    set->linear(&(lex_int8_work){x, IN, ROWS, IN, &part, 1, LEX_AFTER_NOTHING, y, OUT, scratch});
    double wrong = 0, all = 0;
    for (int r = 0; r < ROWS; r++)
        for (int o = 0; o < OUT; o++) {
            double sum = 0;
            for (int i = 0; i < IN; i++)
                sum += (double)x[r * IN + i] * (double)weight[o * IN + i];
            wrong += ((double)y[r * OUT + o] - sum) * ((double)y[r * OUT + o] - sum);
            all += sum * sum;
        }
    printf("%s: rounding is %.2g of the results\n", set->name, sqrt(wrong / all));
    CHECK(sqrt(wrong / all) < 0.015);
    free(x), free(weight), free(y), free(scratch), release(&b);
}

int main(void)
{
    const lex_int8_kernels *const sets[] = {&lex_int8_reference, &lex_int8_avx2, &lex_int8_avx512_vnni};
    lex_rng_init(&rng, 42, 0);
    test_pack();
    test_tables();
    for (int i = 0; i < 3; i++) {
        set = sets[i];
        if (!lex_int8_runs_here(set)) {
            printf("%s: not on this processor\n", set->name);
            continue;
        }
        test_linear();
        test_odd_rows();
        test_no_overflow();
        test_rounding();
    }
    CHECK(lex_int8_choose() == NULL || lex_int8_runs_here(lex_int8_choose()));
    return check_report("int8");
}
