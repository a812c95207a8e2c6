/* test_random.c - Philox against its authors' known answers, and what is drawn from it: bounds, uniformity, order. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/memory.h"
#include "lexclf/random.h"

/* philox4x32-10 of the paper's own test vectors. */
static void test_known_answers(void)
{
    static const struct {
        uint32_t counter[4];
        uint64_t key;
        uint32_t out[4];
    } known[] = {
        {{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         0xffffffffffffffff,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         0x299f31d0a4093822,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        lex_philox(out, known[i].counter, known[i].key);
        for (int w = 0; w < 4; w++)
            CHECK_INT(out[w], known[i].out[w]);
    }
}

/* A stream is its seed and name; a copy goes on by itself; other seeds and streams are others. */
static void test_streams(void)
{
    lex_rng a, b, copy;
    lex_rng_init(&a, 5, 7);
    lex_rng_init(&b, 5, 7);
    for (int i = 0; i < 10; i++)
        CHECK_INT(lex_rng_u32(&a), lex_rng_u32(&b));
    copy = a;
    for (int i = 0; i < 10; i++)
        CHECK_INT(lex_rng_u32(&copy), lex_rng_u32(&a));
    static const uint64_t others[][2] = {{6, 7}, {5, 8}, {5 + (1ull << 32), 7}, {5, 7 + (1ull << 32)}, {7, 5}};
    for (int o = 0; o < 5; o++) {
        lex_rng_init(&a, 5, 7);
        lex_rng_init(&b, others[o][0], others[o][1]);
        int n_equal = 0;
        for (int i = 0; i < 100; i++)
            n_equal += lex_rng_u32(&a) == lex_rng_u32(&b);
        CHECK_INT(n_equal, 0);
    }
}

/* Pearson's statistic of n draws over k cells; for k - 1 = 9 it stays under 30 but once in 2000 times. */
static double chi_square(const int64_t *counts, int k, int64_t n)
{
    double sum = 0, expected = (double)n / k;
    for (int i = 0; i < k; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return sum;
}

static void test_below(void)
{
    static const uint64_t bounds[] = {1, 2, 3, 10, 1000003, 1ull << 32, (1ull << 63) + 1, UINT64_MAX};
    lex_rng rng;
    lex_rng_init(&rng, 1, 2);
    for (int b = 0; b < 8; b++) {
        uint64_t highest = 0;
        int n_outside = 0;
        for (int i = 0; i < 2000; i++) {
            uint64_t value = lex_rng_below(&rng, bounds[b]);
            n_outside += value >= bounds[b];
            highest = value > highest ? value : highest;
        }
        CHECK_INT(n_outside, 0);
        CHECK(highest >= bounds[b] - 1 - bounds[b] / 100);
    }
    int64_t counts[10] = {0}, thirds[3] = {0};
    for (int i = 0; i < 100000; i++) {
        counts[lex_rng_below(&rng, 10)]++;
        /* With a bound of three quarters of 2^64 a plain remainder would favour the first third twofold. */
        thirds[lex_rng_below(&rng, 3ull << 62) >> 62]++;
    }
    CHECK(chi_square(counts, 10, 100000) < 30);
    CHECK(chi_square(thirds, 3, 100000) < 16);
}

static void test_normal(void)
{
    enum { N = 200000 };
    lex_rng rng;
    lex_rng_init(&rng, 3, 4);
    double sum = 0, squares = 0, fourths = 0, highest = 0;
    for (int i = 0; i < N; i++) {
        double x = lex_rng_normal(&rng);
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
        highest = fmax(highest, fabs(x));
    }
    CHECK_NEAR(sum / N, 0, 0.01);
    CHECK_NEAR(squares / N, 1, 0.015);
    CHECK_NEAR(fourths / N, 3, 0.12);
    CHECK(highest > 4 && highest < 7);
}

static void test_shuffle(void)
{
    enum { N = 1000 };
    lex_rng rng;
    int64_t a[N], b[N], seen[N] = {0};
    for (int64_t i = 0; i < N; i++)
        a[i] = b[i] = i;
    lex_rng_init(&rng, 1, 1);
    lex_rng_shuffle(&rng, a, N);
    for (int i = 0; i < N; i++)
        seen[a[i]]++;
    int n_wrong = 0, n_moved = 0, n_equal = 0;
    for (int i = 0; i < N; i++) {
        n_wrong += seen[i] != 1;
        n_moved += a[i] != i;
    }
    CHECK_INT(n_wrong, 0);
    CHECK(n_moved > N - 10);
    lex_rng_init(&rng, 1, 1);
    lex_rng_shuffle(&rng, b, N);
    CHECK(memcmp(a, b, sizeof a) == 0);
    lex_rng_init(&rng, 2, 1);
    for (int64_t i = 0; i < N; i++)
        b[i] = i;
    lex_rng_shuffle(&rng, b, N);
    for (int i = 0; i < N; i++)
        n_equal += a[i] == b[i];
    CHECK(n_equal < 10);
    lex_rng_shuffle(&rng, b, 0);
    lex_rng_shuffle(&rng, b, 1);

    /* Every item comes to every place equally often. */
    enum { K = 10, ROUNDS = 50000 };
    int64_t counts[K][K] = {{0}};
    for (int round = 0; round < ROUNDS; round++) {
        int64_t items[K];
        for (int64_t i = 0; i < K; i++)
            items[i] = i;
        lex_rng_shuffle(&rng, items, K);
        for (int i = 0; i < K; i++)
            counts[i][items[i]]++;
    }
    for (int i = 0; i < K; i++)
        CHECK(chi_square(counts[i], K, ROUNDS) < 32);
}

int main(void)
{
    test_known_answers();
    test_streams();
    test_below();
    test_normal();
    test_shuffle();
    return check_report("random");
}
