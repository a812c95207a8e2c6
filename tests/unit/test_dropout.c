/* test_dropout.c - dropout on rows: the mask is the function of random.h that the header promises, in every instruction
 * set; forwards and backwards agree; company and order change nothing; the share and the mean are right. */
#include "numbers.h"

static lex_runtime *runtime;

static void test_mask(void)
{
    enum { WIDEST = 300 };
    static const uint32_t examples[] = {0, 1, 0xFFFFFFFFu}, rows[] = {0, 1, 511, 65534};
    const lex_cpu_kernels *sets[2];
    float values[WIDEST];
    long n_wrong = 0;
    for (int i = 0, n = kernel_sets(sets); i < n; i++)
        for (int e = 0; e < 3; e++)
            for (int r = 0; r < 4; r++)
                for (int64_t width = 1; width <= WIDEST; width += width < 140 ? 1 : 37) {
                    lex_dropout dropout = {0.1, 0xFEDCBA9876543210u, 12345, 16 * 11 + 3};
                    for (int64_t j = 0; j < width; j++)
                        values[j] = (float)(j + 1);
                    sets[i]->dropout(values, width, dropout, examples[e], rows[r]);
                    for (int64_t j = 0; j < width; j++) {
                        float factor = (float)dropout_factor(dropout, examples[e], 0, rows[r], j);
                        n_wrong += values[j] != (float)(j + 1) * factor;
                    }
                }
    CHECK_INT(n_wrong, 0);
}

/* A wide row uses its whole range of counters: the last element of the widest row is its own. */
static void test_widest(void)
{
    enum { WIDEST = 4 * 65536 };
    const lex_cpu_kernels *sets[2];
    lex_dropout dropout = {0.5, 3, 4, 5};
    float *values = lex_alloc_array(WIDEST, sizeof *values);
    for (int i = 0, n = kernel_sets(sets); i < n; i++) {
        long n_wrong = 0;
        for (int64_t j = 0; j < WIDEST; j++)
            values[j] = 1;
        sets[i]->dropout(values, WIDEST, dropout, 9, 8);
        for (int64_t j = 0; j < WIDEST; j++)
            n_wrong += values[j] != (float)dropout_factor(dropout, 9, 0, 8, j);
        CHECK_INT(n_wrong, 0);
    }
    free(values);
}

enum { B = 4, C = 200, T = 3 + 50 + 1 + 20 };
static const int64_t starts[B + 1] = {0, 3, 53, 54, 74};
static const uint32_t examples[B] = {10, 11, 12, 13};
static const lex_packing packing = {starts, examples, B, T, NULL};

static void test_ways(void)
{
    lex_scope *scope = lex_scope_new(runtime);
    lex_dropout dropout = {0.25, 1, 2, 3};
    lex_dropout_saved saved;
    int64_t sizes[2] = {T, C};
    float *x = random_floats(T * C, 5, 1), *dy = random_floats(T * C, 6, 1);
    lex_tensor *y = lex_dropout_apply(scope, lex_tensor_from(scope, LEX_F32, 2, sizes, x), &packing, dropout, &saved);
    lex_tensor *dx = lex_dropout_backward(scope, lex_tensor_from(scope, LEX_F32, 2, sizes, dy), &packing, &saved);
    long n_wrong = 0;
    if (check_scope(scope))
        for (int64_t s = 0; s < B; s++)
            for (int64_t t = starts[s]; t < starts[s + 1]; t++)
                for (int64_t c = 0; c < C; c++) {
                    float factor = (float)dropout_factor(dropout, examples[s], 0, t - starts[s], c);
                    n_wrong += lex_tensor_f32(y)[t * C + c] != x[t * C + c] * factor;
                    n_wrong += lex_tensor_f32(dx)[t * C + c] != dy[t * C + c] * factor;
                }
    CHECK_INT(n_wrong, 0);

    /* p = 0 is nothing at all. */
    dropout.p = 0;
    lex_tensor *same = lex_tensor_from(scope, LEX_F32, 2, sizes, x);
    CHECK(lex_dropout_apply(scope, same, &packing, dropout, &saved) == same);
    CHECK(memcmp(lex_tensor_f32(same), x, sizeof(float) * T * C) == 0);
    CHECK(lex_dropout_backward(scope, same, &packing, &saved) == same);
    free(x);
    free(dy);
    lex_scope_free(scope);
}

/* Sequences in another order, among others: each keeps its mask. */
static void test_company(void)
{
    static const int64_t other_starts[4] = {0, 20, 70, 77};
    static const uint32_t other_examples[3] = {13, 11, 99};
    const lex_packing other = {other_starts, other_examples, 3, 77, NULL};
    lex_dropout dropout = {0.4, 8, 9, 10};
    lex_scope *scope = lex_scope_new(runtime);
    float ones[77 * C];
    for (int i = 0; i < 77 * C; i++)
        ones[i] = 1;
    lex_tensor *a = lex_dropout_apply(scope, lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, C}, ones), &packing,
                                      dropout, NULL);
    lex_tensor *b = lex_dropout_apply(scope, lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){77, C}, ones), &other,
                                      dropout, NULL);
    if (check_scope(scope)) {
        const float *x = lex_tensor_f32(a), *y = lex_tensor_f32(b);
        CHECK(memcmp(x + 54 * C, y, 20 * C * sizeof *x) == 0);
        CHECK(memcmp(x + 3 * C, y + 20 * C, 50 * C * sizeof *x) == 0);
        CHECK(memcmp(x, y + 70 * C, 3 * C * sizeof *x) != 0);
    }
    lex_scope_free(scope);
}

/* The share that is kept, over a million elements, and that no two of seed, step, site, example, row, column share a
 * mask: the masks of neighbours agree as often as independent ones. */
static void test_share(void)
{
    enum { ROWS = 1000, WIDTH = 1024, N = ROWS * WIDTH };
    static const double rates[] = {0.001, 0.1, 0.5, 0.9};
    const lex_cpu_kernels *kernels = runtime->kernels;
    float *values = lex_alloc_array(N, sizeof *values);
    for (int i = 0; i < 4; i++) {
        double p = rates[i], sum = 0;
        long n_kept = 0;
        for (int64_t j = 0; j < N; j++)
            values[j] = 1;
        for (int64_t row = 0; row < ROWS; row++)
            kernels->dropout(values + row * WIDTH, WIDTH, (lex_dropout){p, 7, 1, 1}, 3, (uint32_t)row);
        for (int64_t j = 0; j < N; j++) {
            n_kept += values[j] != 0;
            sum += (double)values[j];
        }
        double sigma = sqrt(p * (1 - p) / N);
        CHECK_NEAR((double)n_kept / N, 1 - p, 4 * sigma);
        CHECK_NEAR(sum / N, 1, 4 * sigma / (1 - p));
    }
    /* At p = 0.5 two independent masks agree in half of their elements, give or take. */
    const lex_dropout base = {0.5, 7, 1, 1};
    const struct {
        lex_dropout dropout;
        uint32_t example, row;
        int64_t shift; /* of columns */
    } others[] = {{{0.5, 8, 1, 1}, 3, 0, 0},          {{0.5, 7 + (1ull << 32), 1, 1}, 3, 0, 0},
                  {{0.5, 7, 2, 1}, 3, 0, 0},          {{0.5, 7, 1, 2}, 3, 0, 0},
                  {{0.5, 7, 1, 1}, 4, 0, 0},          {{0.5, 7, 1, 1}, 3, 1, 0},
                  {{0.5, 7, 1, 1}, 3, 0, 1},          {{0.5, 7, 1, 1}, 3, 0, 16},
                  {{0.5, 7, 1, 1}, 3, 0, 64},         {{0.5, 7, 1, 1}, 3, 0, 1024}};
    enum { WIDE = 1 << 16, LONG = WIDE + 1024 };
    float *a = lex_alloc_array(LONG, sizeof *a), *b = lex_alloc_array(LONG, sizeof *b);
    for (int i = 0; i < (int)(sizeof others / sizeof *others); i++) {
        for (int64_t j = 0; j < LONG; j++)
            a[j] = b[j] = 1;
        kernels->dropout(a, LONG, base, 3, 0);
        kernels->dropout(b, LONG, others[i].dropout, others[i].example, others[i].row);
        long n_equal = 0;
        for (int64_t j = 0; j < WIDE; j++)
            n_equal += (a[j] != 0) == (b[j + others[i].shift] != 0);
        CHECK_NEAR((double)n_equal / WIDE, 0.5, 4.5 * 0.5 / sqrt(WIDE));
    }
    free(a);
    free(b);
    free(values);
}

int main(void)
{
    runtime = cpu_runtime(2);
    test_mask();
    test_widest();
    test_ways();
    test_company();
    test_share();
    lex_runtime_close(runtime);
    return check_report("dropout");
}
