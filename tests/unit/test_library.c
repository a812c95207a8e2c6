/* test_library.c - blocks by libtorch's operations in every precision, on the CPU and, where there is one, on a CUDA device:
 * linear blocks against products in double; packed attention by one kernel, where the device has it, against sequence by
 * sequence, its way back by what must hold of it, and the same bits again. */
#include "numbers.h"

enum { ROWS = 33, IN = 40, OUT = 24, HEADS = 4, DEPTH = 32, C = HEADS * DEPTH };

static const struct {
    lex_precision precision;
    const char *name;
    double tolerance; /* of an operand, relatively */
} precisions[] = {{LEX_PRECISION_FP32, "fp32", 1e-6}, {LEX_PRECISION_BF16, "bf16", 0x1p-8}, {LEX_PRECISION_FP16, "fp16", 0x1p-11}};

static lex_runtime *runtime;

static double largest_of(const float *x, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)x[i]));
    return largest;
}

/* The tensor against `want`, by its largest element; frees both arrays. */
static double compare(lex_scope *scope, lex_tensor *got, float *want, int64_t n)
{
    if (!CHECK(got && lex_tensor_count(got) == n)) {
        free(want);
        return INFINITY;
    }
    float *values = values_of(scope, got);
    double difference = 0, largest = largest_of(want, n);
    for (int64_t i = 0; i < n; i++)
        difference = fmax(difference, fabs((double)values[i] - (double)want[i]));
    free(values);
    free(want);
    return difference / largest;
}

/* sum over k of a[i a_row + k a_column] b[j b_row + k b_column], (m, n); plus bias[j]. */
static float *product(const float *a, int64_t a_row, int64_t a_column, const float *b, int64_t b_row, int64_t b_column,
                      int64_t m, int64_t n, int64_t depth, const float *bias)
{
    float *out = lex_alloc_array((size_t)(m * n), sizeof *out);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = bias ? (double)bias[j] : 0;
            for (int64_t k = 0; k < depth; k++)
                sum += (double)a[i * a_row + k * a_column] * (double)b[j * b_row + k * b_column];
            out[i * n + j] = (float)sum;
        }
    return out;
}

static void test_linear(size_t at)
{
    const double limit = 4 * precisions[at].tolerance;
    float *x = random_floats(ROWS * IN, 1, 1), *w = random_floats(OUT * IN, 2, 1), *b = random_floats(OUT, 3, 1);
    float *dy = random_floats(ROWS * OUT, 4, 1), ones[ROWS];
    for (int i = 0; i < ROWS; i++)
        ones[i] = 1;
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *tx = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){ROWS, IN}, x);
    lex_tensor *tw = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){OUT, IN}, w);
    lex_tensor *tb = lex_tensor_from(scope, LEX_F32, 1, (int64_t[]){OUT}, b);
    lex_tensor *tdy = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){ROWS, OUT}, dy);
    lex_tensor *dw = lex_tensor_zeros(scope, LEX_F32, 2, (int64_t[]){OUT, IN}), *db = lex_tensor_zeros(scope, LEX_F32, 1, (int64_t[]){OUT});
    lex_tensor *y = lex_linear_apply(scope, tx, tw, tb);
    lex_tensor *dx = lex_linear_apply_backward(scope, tdy, tx, tw, dw, db, true);
    double forward = compare(scope, y, product(x, IN, 1, w, IN, 1, ROWS, OUT, IN, b), ROWS * OUT);
    double by_x = compare(scope, dx, product(dy, OUT, 1, w, 1, IN, ROWS, IN, OUT, NULL), ROWS * IN);
    double by_w = compare(scope, dw, product(dy, 1, OUT, x, 1, IN, OUT, IN, ROWS, NULL), OUT * IN);
    double by_b = compare(scope, db, product(ones, 0, 1, dy, 1, OUT, 1, OUT, ROWS, NULL), OUT);
    check_scope(scope);
    printf("  %s linear %s: %.2g, back %.2g %.2g %.2g from double\n", lex_runtime_device(runtime), precisions[at].name, forward,
           by_x, by_w, by_b);
    CHECK(forward <= limit && by_x <= limit && by_w <= limit && by_b <= 1e-6);
    CHECK(at == 0 || (forward > 1e-6 && by_x > 1e-6 && by_w > 1e-6)); /* not float32 under another name */
    lex_scope_free(scope);
    free(x);
    free(w);
    free(b);
    free(dy);
}

/* ---- packed attention ---- */

typedef struct {
    float *y, *dqkv;
    bool by_one_kernel;
} attended;

static const int64_t starts[] = {0, 5, 6, 70, 103, 230};
static const uint32_t numbers[] = {0, 1, 2, 3, 4};
static const lex_packing packing = {starts, numbers, 5, 230, NULL};

/* `seed` for what is dropped; to be freed. */
static attended attend_to(const float *qkv, const float *dy, double p, uint64_t seed, bool by_sequence)
{
    lex_err err = {0};
    const lex_dropout dropout = {.p = p};
    lex_attention_saved saved;
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *in = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){packing.n_rows, 3 * C}, qkv);
    lex_tensor *back = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){packing.n_rows, C}, dy);
    CHECK(lex_runtime_seed(runtime, seed, 0, 0, &err) == LEX_OK);
    lex_tensor *y = (by_sequence ? lex_attention_by_library : lex_attention)(scope, in, &packing, HEADS, NULL, dropout, &saved);
    lex_tensor *dqkv = by_sequence ? lex_attention_backward_by_library(scope, back, &packing, &saved, NULL)
                                   : lex_attention_backward(scope, back, &packing, &saved, NULL);
    check_scope(scope);
    if (!CHECK(y && dqkv))
        exit(1);
    attended out = {values_of(scope, y), values_of(scope, dqkv), saved.fused.out != NULL};
    lex_scope_free(scope);
    return out;
}

static void release(attended a)
{
    free(a.y);
    free(a.dqkv);
}

static double furthest(const float *got, const float *want, int64_t n)
{
    double difference = 0;
    for (int64_t i = 0; i < n; i++)
        difference = fmax(difference, fabs((double)got[i] - (double)want[i]));
    return difference / largest_of(want, n);
}

static void test_attention(size_t at, bool needs_kernel)
{
    const int64_t n = packing.n_rows * C;
    const double limit = 8 * precisions[at].tolerance + 1e-5;
    float *qkv = random_floats(3 * n, 5, 1), *dy = random_floats(n, 6, 1);
    attended one = attend_to(qkv, dy, 0, 1, false), each = attend_to(qkv, dy, 0, 1, true);
    double forward = furthest(one.y, each.y, n), back = furthest(one.dqkv, each.dqkv, 3 * n);
    CHECK(forward <= limit && back <= limit);
    CHECK(one.by_one_kernel || !needs_kernel); /* in float32 without dropout alone */
    /* What is kept is the same on the way back: the output is linear in the values, so that <y, dy> = <v, dv>. */
    attended dropped = attend_to(qkv, dy, 0.3, 7, false), again = attend_to(qkv, dy, 0.3, 7, false), other = attend_to(qkv, dy, 0.3, 8, false);
    double of_y = 0, of_v = 0, size = 0;
    for (int64_t t = 0; t < packing.n_rows; t++)
        for (int64_t c = 0; c < C; c++) {
            of_y += (double)dropped.y[t * C + c] * (double)dy[t * C + c];
            size += fabs((double)dropped.y[t * C + c] * (double)dy[t * C + c]);
            of_v += (double)qkv[t * 3 * C + 2 * C + c] * (double)dropped.dqkv[t * 3 * C + 2 * C + c];
        }
    CHECK(fabs(of_y - of_v) <= limit * size);
    CHECK(memcmp(dropped.y, again.y, (size_t)n * sizeof *again.y) == 0);
    CHECK(memcmp(dropped.dqkv, again.dqkv, (size_t)(3 * n) * sizeof *again.y) == 0);
    CHECK(furthest(dropped.y, other.y, n) > 0.1 && furthest(dropped.y, one.y, n) > 0.1);
    printf("  %s attention %s, %s: %.2g, back %.2g from sequence by sequence; dropout: %.2g\n", lex_runtime_device(runtime),
           precisions[at].name, one.by_one_kernel ? "one kernel" : "sequence by sequence", forward, back, fabs(of_y - of_v) / size);
    release(one);
    release(each);
    release(dropped);
    release(again);
    release(other);
    free(qkv);
    free(dy);
}

static void test_device(const char *device)
{
    lex_err err = {0};
    if (lex_runtime_open(&runtime, device, 2, &err) != LEX_OK) {
        printf("  no %s here: %s\n", device, err.message);
        CHECK(strcmp(device, "cpu") != 0);
        return;
    }
    lex_runtime_by_library(runtime);
    const bool cuda = lex_runtime_is_cuda(runtime);
    for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
        CHECK(lex_runtime_use(runtime, precisions[i].precision, &err) == LEX_OK);
        test_linear(i);
        test_attention(i, cuda);
    }
    CHECK(lex_runtime_precision(runtime, LEX_PRECISION_FP32) == LEX_PRECISION_FP32);
    lex_runtime_close(runtime);
}

int main(void)
{
    test_device("cuda"); /* first: a process that has seeded libtorch on the CPU finds no CUDA */
    test_device("cpu");
    return check_report("library");
}
