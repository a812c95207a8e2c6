/* test_attention.c - packed attention, forwards and backwards: our kernels in every instruction set and libtorch's
 * operations, each against plain loops in double, which are themselves checked by central differences. */
#include "numbers.h"

enum { HEADS = 3, LONGEST = 70 };

static lex_runtime *runtime;

/* ---- the reference: one (sequence, head), rows d apart ---- */

typedef struct {
    int64_t n, d;
    const double *factors; /* (n, n): what dropout multiplies probabilities with */
    const double *dout;    /* (n, d) */
} plain;

/* qkv: q (n, d), k (n, d), v (n, d) behind one another. p (n, n) after softmax; out (n, d). */
static void plain_forward(double *out, double *p, const double *qkv, const plain *s)
{
    int64_t n = s->n, d = s->d;
    const double *q = qkv, *k = qkv + n * d, *v = k + n * d;
    for (int64_t i = 0; i < n; i++) {
        double highest = -INFINITY, sum = 0;
        for (int64_t j = 0; j < n; j++) {
            p[i * n + j] = 0;
            for (int64_t c = 0; c < d; c++)
                p[i * n + j] += q[i * d + c] * k[j * d + c] / sqrt((double)d);
            highest = fmax(highest, p[i * n + j]);
        }
        for (int64_t j = 0; j < n; j++)
            sum += p[i * n + j] = exp(p[i * n + j] - highest);
        for (int64_t c = 0; c < d; c++)
            out[i * d + c] = 0;
        for (int64_t j = 0; j < n; j++) {
            p[i * n + j] /= sum;
            for (int64_t c = 0; c < d; c++)
                out[i * d + c] += p[i * n + j] * s->factors[i * n + j] * v[j * d + c];
        }
    }
}

/* dqkv for s->dout, from p as plain_forward left it. */
static void plain_backward(double *dqkv, const double *p, const double *qkv, const plain *s)
{
    int64_t n = s->n, d = s->d;
    const double *q = qkv, *k = qkv + n * d, *v = k + n * d;
    double *dq = dqkv, *dk = dqkv + n * d, *dv = dk + n * d;
    double *dp = lex_alloc_array((size_t)n, sizeof *dp);
    memset(dqkv, 0, (size_t)(3 * n * d) * sizeof *dqkv);
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) {
            dp[j] = 0;
            for (int64_t c = 0; c < d; c++) {
                dp[j] += s->dout[i * d + c] * v[j * d + c] * s->factors[i * n + j];
                dv[j * d + c] += p[i * n + j] * s->factors[i * n + j] * s->dout[i * d + c];
            }
            sum += dp[j] * p[i * n + j];
        }
        for (int64_t j = 0; j < n; j++)
            for (int64_t c = 0; c < d; c++) {
                double ds = p[i * n + j] * (dp[j] - sum) / sqrt((double)d);
                dq[i * d + c] += ds * k[j * d + c];
                dk[j * d + c] += ds * q[i * d + c];
            }
    }
    free(dp);
}

static double plain_loss(const double *qkv, const void *context)
{
    const plain *s = context;
    double out[64], p[64], loss = 0;
    plain_forward(out, p, qkv, s);
    for (int64_t i = 0; i < s->n * s->d; i++)
        loss += out[i] * s->dout[i];
    return loss;
}

static void test_reference(void)
{
    enum { N = 5, D = 4 };
    lex_rng rng;
    lex_rng_init(&rng, 1, 1);
    double qkv[3 * N * D], factors[N * N], dout[N * D], out[N * D], p[N * N], analytic[3 * N * D], numeric[3 * N * D];
    for (int i = 0; i < 3 * N * D; i++)
        qkv[i] = lex_rng_normal(&rng);
    for (int i = 0; i < N * D; i++)
        dout[i] = lex_rng_normal(&rng);
    for (int i = 0; i < N * N; i++)
        factors[i] = lex_rng_below(&rng, 4) == 0 ? 0 : 4.0 / 3;
    plain s = {N, D, factors, dout};
    plain_forward(out, p, qkv, &s);
    plain_backward(analytic, p, qkv, &s);
    differences(numeric, qkv, 3 * N * D, plain_loss, &s);
    for (int i = 0; i < 3 * N * D; i++)
        CHECK_NEAR(analytic[i], numeric[i], 1e-8);
}

/* ---- a packed batch ---- */

typedef struct {
    int64_t lengths[80], starts[81];
    uint32_t example[80];
    lex_packing packing;
    int64_t d;
    float *qkv, *dout;      /* (T, 3C), (T, C) */
    double *out, *dqkv;     /* the reference's */
} batch;

static void pack(batch *b, const int64_t *lengths, int64_t n, int64_t d, double spread)
{
    memset(b, 0, sizeof *b);
    for (int64_t s = 0; s < n; s++) {
        b->lengths[s] = lengths[s];
        b->example[s] = (uint32_t)(1000 + 7 * s);
        b->starts[s + 1] = b->starts[s] + lengths[s];
    }
    b->packing = (lex_packing){b->starts, b->example, n, b->starts[n], NULL};
    b->d = d;
    int64_t C = HEADS * d, T = b->starts[n];
    b->qkv = random_floats(3 * T * C, (uint64_t)(d * 10 + 1), spread);
    b->dout = random_floats(T * C, (uint64_t)(d * 10 + 2), 1);
    b->out = lex_alloc_array((size_t)(T * C), sizeof *b->out);
    b->dqkv = lex_alloc_array((size_t)(3 * T * C), sizeof *b->dqkv);
}

static void unpack(batch *b)
{
    free(b->qkv);
    free(b->dout);
    free(b->out);
    free(b->dqkv);
}

/* The factors of one (sequence, head): ours by their definition, or of the library's mask (packed like probabilities). */
static void fill_factors(double *factors, const batch *b, int64_t s, int64_t head, lex_dropout dropout,
                         const bool *mask)
{
    int64_t n = b->lengths[s];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            factors[i * n + j] = mask ? (mask[(head * n + i) * n + j] ? 1 / (1 - dropout.p) : 0)
                                      : dropout_factor(dropout, b->example[s], (uint32_t)head, i, j);
}

static void reference(batch *b, lex_dropout dropout, const bool *mask)
{
    int64_t d = b->d, C = HEADS * d;
    for (int64_t s = 0; s < b->packing.n_sequences; s++) {
        int64_t n = b->lengths[s], first = b->starts[s];
        double *room = lex_alloc_array((size_t)(8 * n * d + 2 * n * n), sizeof *room);
        double *qkv = room, *dqkv = room + 3 * n * d, *out = dqkv + 3 * n * d, *dout = out + n * d;
        double *p = dout + n * d, *factors = p + n * n;
        for (int64_t head = 0; head < HEADS; head++) {
            for (int64_t t = 0; t < n; t++)
                for (int64_t c = 0; c < d; c++) {
                    for (int part = 0; part < 3; part++)
                        qkv[(part * n + t) * d + c] = (double)b->qkv[(first + t) * 3 * C + part * C + head * d + c];
                    dout[t * d + c] = (double)b->dout[(first + t) * C + head * d + c];
                }
            fill_factors(factors, b, s, head, dropout, mask);
            plain one = {n, d, factors, dout};
            plain_forward(out, p, qkv, &one);
            plain_backward(dqkv, p, qkv, &one);
            for (int64_t t = 0; t < n; t++)
                for (int64_t c = 0; c < d; c++) {
                    b->out[(first + t) * C + head * d + c] = out[t * d + c];
                    for (int part = 0; part < 3; part++)
                        b->dqkv[(first + t) * 3 * C + part * C + head * d + c] = dqkv[(part * n + t) * d + c];
                }
        }
        mask = mask ? mask + HEADS * n * n : NULL;
        free(room);
    }
}

typedef struct {
    double forward, backward;
} worst;

/* Runs both directions and compares; by the library's operations when `library`. */
static worst run(batch *b, lex_dropout dropout, bool library)
{
    lex_scope *scope = lex_scope_new(runtime);
    int64_t C = HEADS * b->d, T = b->packing.n_rows;
    lex_tensor *qkv = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, 3 * C}, b->qkv);
    lex_tensor *dout = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, C}, b->dout);
    lex_attention_saved saved = {0};
    lex_tensor *out = library ? lex_attention_by_library(scope, qkv, &b->packing, HEADS, NULL, dropout, &saved)
                              : lex_attention(scope, qkv, &b->packing, HEADS, NULL, dropout, &saved);
    lex_tensor *dqkv = library ? lex_attention_backward_by_library(scope, dout, &b->packing, &saved, NULL)
                               : lex_attention_backward(scope, dout, &b->packing, &saved, NULL);
    worst w = {INFINITY, INFINITY};
    if (check_scope(scope) && CHECK(out && dqkv)) {
        reference(b, dropout, library && dropout.p > 0 ? saved.mask->t.data : NULL);
        w.forward = distance(lex_tensor_f32(out), b->out, T * C);
        w.backward = distance(lex_tensor_f32(dqkv), b->dqkv, T * 3 * C);
    }
    if (!library) { /* without a way back: the same */
        lex_tensor *again = lex_attention(scope, qkv, &b->packing, HEADS, NULL, dropout, NULL);
        CHECK(again && memcmp(lex_tensor_f32(again), lex_tensor_f32(out), (size_t)(T * C) * sizeof(float)) == 0);
    }
    lex_scope_free(scope);
    return w;
}

static void compare(const char *name, batch *b, lex_dropout dropout, bool library)
{
    worst w = run(b, dropout, library);
    printf("  %-8s d %2lld, %lld rows, dropout %.1f: largest difference %.2g forwards, %.2g backwards\n", name,
           (long long)b->d, (long long)b->packing.n_rows, dropout.p, w.forward, w.backward);
    CHECK(w.forward <= 1e-5);
    CHECK(w.backward <= 1e-5);
}

static void test_against_reference(void)
{
    static const int64_t widths[] = {8, 20, 32, 64};
    static const int64_t longer[] = {130, 1, 200, 64};
    const lex_dropout none = {0, 0, 0, 0}, some = {0.3, 0x123456789ABCDEFu, 77, 34};
    const lex_cpu_kernels *sets[2], *chosen = runtime->kernels;
    int64_t lengths[LONGEST];
    for (int64_t i = 0; i < LONGEST; i++)
        lengths[i] = (i * 37) % LONGEST + 1; /* every length from 1 to 70, mixed */
    for (int w = 0; w < 5; w++) {
        batch b;
        if (w < 4)
            pack(&b, lengths, LONGEST, widths[w], 1);
        else
            pack(&b, longer, 4, 32, 1.5);
        for (int i = 0, n = kernel_sets(sets); i < n; i++) {
            runtime->kernels = sets[i];
            compare(sets[i]->name, &b, none, false);
            compare(sets[i]->name, &b, some, false);
        }
        runtime->kernels = chosen;
        compare("library", &b, none, true);
        compare("library", &b, some, true);
        unpack(&b);
    }
}

/* Scores that are far apart: no overflow, and probabilities that are 0 and 1. */
static void test_extremes(void)
{
    static const int64_t lengths[] = {33, 5};
    const lex_cpu_kernels *sets[2], *chosen = runtime->kernels;
    for (int i = 0, n = kernel_sets(sets); i < n; i++) {
        batch b;
        pack(&b, lengths, 2, 32, 60);
        runtime->kernels = sets[i];
        worst w = run(&b, (lex_dropout){0}, false);
        CHECK(w.forward <= 0.05); /* scores are near 20000: their rounding, not ours, sets the difference */
        for (int64_t j = 0; j < 38 * 3 * HEADS * 32; j++)
            b.qkv[j] = 0;
        w = run(&b, (lex_dropout){0}, false);
        CHECK(w.forward == 0);
        unpack(&b);
    }
    runtime->kernels = chosen;
}

/* The kernels' exp, seen through softmax: with scores 0 and -t the ratio of two probabilities is exp(-t). */
static void test_exp(void)
{
    enum { N = 4001 };
    const lex_cpu_kernels *sets[2], *chosen = runtime->kernels;
    static float qkv[N * 3];
    static const int64_t starts[2] = {0, N};
    const lex_packing packing = {starts, NULL, 1, N, NULL};
    for (int j = 0; j < N; j++) {
        qkv[j * 3] = 1; /* query; the head's dimension is 1, so the score is the key */
        qkv[j * 3 + 1] = -86.9f * (float)j / (float)(N - 1);
        qkv[j * 3 + 2] = 1;
    }
    for (int i = 0, n = kernel_sets(sets); i < n; i++) {
        runtime->kernels = sets[i];
        lex_scope *scope = lex_scope_new(runtime);
        lex_attention_saved saved;
        lex_tensor *x = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){N, 3}, qkv);
        lex_attention(scope, x, &packing, 1, NULL, (lex_dropout){0}, &saved);
        double largest = 0;
        const float *p = check_scope(scope) ? lex_tensor_f32(saved.probabilities) : qkv;
        for (int j = 0; j < N; j++) {
            double want = exp((double)qkv[j * 3 + 1]);
            if (p[j] >= 1e-37f) /* below, the probabilities themselves lose digits */
                largest = fmax(largest, fabs((double)p[j] / (double)p[0] / want - 1));
        }
        printf("  %-8s exp: largest relative error %.2g\n", sets[i]->name, largest);
        CHECK(largest <= 4e-7);
        lex_scope_free(scope);
    }
    runtime->kernels = chosen;
}

/* A bias by distance, for each head or for all, keys that are not seen, a bias for each query and key, another scale: ours
 * against the library's, which are computed quite differently; against the reference implementation, test_families. */
static void form_of_kind(int kind, bool library, const batch *b, int64_t longest, float *out, float *dqkv, float *dbias)
{
    lex_scope *scope = lex_scope_new(runtime);
    const int64_t C = HEADS * b->d, T = b->packing.n_rows, width = kind == 1 ? 1 : HEADS, span = 2 * longest - 1;
    int64_t count = span * width;
    for (int64_t s = 0; kind == 2 && s < b->packing.n_sequences; s++) {
        const int64_t n = b->packing.starts[s + 1] - b->packing.starts[s];
        count = (s ? count : 0) + HEADS * n * n;
    }
    float *values = lex_alloc_array((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = kind == 1 && (i < longest - 6 || i > longest + 9) ? -INFINITY : (float)sin((double)(3 * i));
    const int64_t sizes[2] = {kind == 2 ? count : span, width};
    lex_attention_form form = {kind == 0 ? 0 : 0.2, lex_tensor_from(scope, LEX_F32, kind == 2 ? 1 : 2, sizes, values)};
    lex_tensor *gradient = kind == 1 ? NULL : lex_tensor_zeros(scope, LEX_F32, kind == 2 ? 1 : 2, sizes);
    lex_tensor *qkv = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, 3 * C}, b->qkv);
    lex_tensor *dout = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, C}, b->dout);
    lex_attention_saved saved = {0};
    lex_tensor_read(scope, library ? lex_attention_by_library(scope, qkv, &b->packing, HEADS, &form, (lex_dropout){0}, &saved)
                                   : lex_attention(scope, qkv, &b->packing, HEADS, &form, (lex_dropout){0}, &saved), out);
    lex_tensor_read(scope, library ? lex_attention_backward_by_library(scope, dout, &b->packing, &saved, gradient)
                                   : lex_attention_backward(scope, dout, &b->packing, &saved, gradient), dqkv);
    memset(dbias, 0, (size_t)count * sizeof *dbias);
    if (gradient)
        lex_tensor_read(scope, gradient, dbias);
    CHECK(check_scope(scope));
    free(values);
    lex_scope_free(scope);
}

static double apart(const float *a, const float *b, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, isfinite(a[i]) && isfinite(b[i]) ? fabs((double)a[i] - (double)b[i]) : INFINITY);
    return largest;
}

static void test_forms(void)
{
    enum { LONG = 40, ROWS = LONG + 1 + 17 + 33, D = 20, C = HEADS * D, BIASES = HEADS * ROWS * ROWS };
    static const int64_t lengths[] = {LONG, 1, 17, 33};
    static float out[2][ROWS * C], dqkv[2][ROWS * 3 * C], dbias[2][BIASES];
    const lex_cpu_kernels *sets[2], *chosen = runtime->kernels;
    for (int i = 0, n = kernel_sets(sets); i < n; i++) {
        batch b;
        pack(&b, lengths, 4, D, 1);
        runtime->kernels = sets[i];
        for (int kind = 0; kind < 3; kind++) {
            for (int library = 0; library < 2; library++)
                form_of_kind(kind, library, &b, LONG + 3, out[library], dqkv[library], dbias[library]);
            double forward = apart(out[0], out[1], ROWS * C), backward = apart(dqkv[0], dqkv[1], ROWS * 3 * C);
            double bias = apart(dbias[0], dbias[1], kind == 2 ? HEADS * (40 * 40 + 1 + 17 * 17 + 33 * 33) : kind == 1 ? 0 : (2 * LONG + 5) * HEADS);
            printf("  %-8s bias of kind %d: %.2g forwards, %.2g backwards, %.2g its gradient\n", sets[i]->name, kind, forward, backward, bias);
            CHECK(forward <= 1e-5 && backward <= 1e-5 && bias <= 1e-4);
        }
        unpack(&b);
    }
    runtime->kernels = chosen;
}

/* Turned there and back is what it was, to rounding, and values are left alone; a gate's slope by differences. */
static void test_halves(void)
{
    enum { T = 5, H = 2, D = 6, WIDTH = 3 * H * D, I = 4 };
    float x[T * WIDTH], cosines[T * D / 2], sines[T * D / 2], back[T * WIDTH], turned[T * WIDTH];
    for (int i = 0; i < T * WIDTH; i++)
        x[i] = (float)sin(i);
    for (int i = 0; i < T * D / 2; i++)
        cosines[i] = (float)cos(0.3 * i), sines[i] = (float)sin(0.3 * i);
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *qkv = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, WIDTH}, x);
    lex_tensor *c = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, D / 2}, cosines);
    lex_tensor *s = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, D / 2}, sines);
    lex_rotate(scope, qkv, c, s, H, false);
    lex_tensor_read(scope, qkv, turned);
    lex_rotate(scope, qkv, c, s, H, true);
    lex_tensor_read(scope, qkv, back);
    CHECK(apart(back, x, T * WIDTH) <= 1e-6 && apart(turned, x, T * WIDTH) > 0.1);
    const int row = 3 * WIDTH + D; /* row 3, head 1: column 1 against column 1 + D / 2 */
    CHECK_NEAR(turned[row + 1], x[row + 1] * cosines[3 * D / 2 + 1] - x[row + 1 + D / 2] * sines[3 * D / 2 + 1], 1e-6);
    CHECK(memcmp(turned + 2 * H * D, x + 2 * H * D, H * D * sizeof *x) == 0);
    static const lex_activation activations[] = {LEX_ACTIVATION_GELU, LEX_ACTIVATION_GELU_TANH, LEX_ACTIVATION_RELU};
    for (int a = 0; a < 3; a++) {
        float dy[T * I], dx[T * 2 * I], y[2][T * I];
        for (int i = 0; i < T * I; i++)
            dy[i] = (float)cos(i);
        lex_tensor *in = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, 2 * I}, x);
        lex_tensor_read(scope, lex_gated_backward(scope, lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, I}, dy), in, activations[a]), dx);
        for (int i = 0; i < T * 2 * I; i++) {
            const float was = x[i];
            double difference = 0;
            for (int side = 0; side < 2; side++) {
                x[i] = was + (side ? 0.004f : -0.004f);
                lex_tensor_read(scope, lex_gated(scope, lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){T, 2 * I}, x), activations[a]), y[side]);
            }
            x[i] = was;
            for (int j = 0; j < T * I; j++)
                difference += (double)dy[j] * ((double)y[1][j] - (double)y[0][j]) / 0.008;
            if (fabsf(was) > 0.01f)
                CHECK_NEAR((double)dx[i], difference, 1e-3);
        }
    }
    CHECK(check_scope(scope));
    lex_scope_free(scope);
}

int main(void)
{
    runtime = cpu_runtime(2);
    test_reference();
    test_against_reference();
    test_extremes();
    test_exp();
    test_forms();
    test_halves();
    lex_runtime_close(runtime);
    return check_report("attention");
}
