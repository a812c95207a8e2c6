/* test_optimizer.c - the norm, and AdamW: every kernel set against the formula in double and against libtorch's fused
 * step; runs of the flat buffer leave their neighbours alone. SGD and Adafactor step for step against torch's and
 * transformers' own (golden/optimizer). */
#include "fixture.h"
#include "numbers.h"

static lex_runtime *runtime;

enum { N = 1037, STEPS = 30 };

typedef struct {
    double p[N], m[N], v[N];
} plain;

/* Loshchilov and Hutter, algorithm 2, as torch.optim.AdamW computes it. */
static void plain_step(plain *s, const float *grads, const lex_adamw *a)
{
    double correction1 = 1 - pow(a->beta1, (double)a->step), correction2 = 1 - pow(a->beta2, (double)a->step);
    for (int i = 0; i < N; i++) {
        double g = (double)grads[i] * a->grad_scale;
        s->m[i] = a->beta1 * s->m[i] + (1 - a->beta1) * g;
        s->v[i] = a->beta2 * s->v[i] + (1 - a->beta2) * g * g;
        s->p[i] -= a->lr * a->weight_decay * s->p[i];
        s->p[i] -= a->lr * (s->m[i] / correction1) / (sqrt(s->v[i] / correction2) + a->eps);
    }
}

static lex_adamw settings_of(int64_t step)
{
    return (lex_adamw){.lr = 1e-2 / (double)step, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.05,
                       .grad_scale = 0.5, .step = step};
}

/* Steps with gradients of very different sizes, some of them zero. */
static float *gradients_of(int64_t step)
{
    float *grads = random_floats(N, 100 + (uint64_t)step, 1);
    for (int i = 0; i < N; i++)
        grads[i] = i % 10 == 9 ? 0.0f : grads[i] * powf(10.0f, (float)(i % 10 - 6));
    return grads;
}

static void test_adamw(void)
{
    const lex_cpu_kernels *sets[2];
    float *start = random_floats(N, 99, 1);
    plain want = {{0}, {0}, {0}};
    static float p[3][N], m[3][N], v[3][N];
    int n_sets = kernel_sets(sets);
    for (int i = 0; i < N; i++) {
        want.p[i] = (double)start[i];
        p[0][i] = p[1][i] = p[2][i] = start[i];
    }
    lex_scope *scope = lex_scope_new(runtime);
    int64_t n = N;
    for (int64_t step = 1; step <= STEPS; step++) {
        lex_adamw a = settings_of(step);
        float *grads = gradients_of(step);
        plain_step(&want, grads, &a);
        for (int i = 0; i < n_sets; i++)
            sets[i]->adamw(p[i], grads, m[i], v[i], N, &a);
        for (int i = 0; i < N; i++)
            grads[i] *= 0.5f;
        lex_tensor *tp = lex_tensor_over(scope, LEX_F32, 1, &n, p[2]), *tg = lex_tensor_over(scope, LEX_F32, 1, &n, grads);
        lex_tensor *tm = lex_tensor_over(scope, LEX_F32, 1, &n, m[2]), *tv = lex_tensor_over(scope, LEX_F32, 1, &n, v[2]);
        LEX_SHIM_CALL(scope, adamw, &tp->t, &tg->t, &tm->t, &tv->t, 1, step, a.lr, a.beta1, a.beta2, a.eps,
                      a.weight_decay);
        check_scope(scope);
        lex_scope_reset(scope);
        free(grads);
    }
    for (int i = 0; i < 3; i++) {
        if (i < 2 && i >= n_sets)
            continue;
        double worst = distance(p[i], want.p, N), moments = fmax(distance(m[i], want.m, N), distance(v[i], want.v, N));
        printf("  adamw %-8s largest difference after %d steps: %.2g of a weight, %.2g of a moment\n",
               i < 2 ? sets[i]->name : "libtorch", STEPS, worst, moments);
        CHECK(worst <= 2e-6);
        CHECK(moments <= 1e-4); /* of gradients up to 3000 */
    }
    lex_scope_free(scope);
    free(start);
}

/* Two runs of a flat buffer, one of them over many pieces: what lies outside stays, what lies inside is one pass. */
static void test_runs(void)
{
    enum { COUNT = 100000, BEGIN = 17, END = 90001 };
    lex_scope *scope = lex_scope_new(runtime);
    int64_t count = COUNT;
    float *values = random_floats(COUNT, 7, 1), *grads = random_floats(COUNT, 8, 1);
    lex_tensor *p = lex_tensor_from(scope, LEX_F32, 1, &count, values), *g = lex_tensor_from(scope, LEX_F32, 1, &count, grads);
    lex_tensor *m = lex_tensor_zeros(scope, LEX_F32, 1, &count), *v = lex_tensor_zeros(scope, LEX_F32, 1, &count);
    lex_adamw a = settings_of(1);
    lex_adamw_apply(scope, p, g, m, v, BEGIN, END - BEGIN, &a);
    if (check_scope(scope)) {
        float *want = lex_alloc_array(3 * COUNT, sizeof *want);
        memcpy(want, values, COUNT * sizeof *want);
        memset(want + COUNT, 0, 2 * COUNT * sizeof *want);
        runtime->kernels->adamw(want + BEGIN, grads + BEGIN, want + COUNT + BEGIN, want + 2 * COUNT + BEGIN, END - BEGIN, &a);
        CHECK(memcmp(lex_tensor_f32(p), want, COUNT * sizeof *want) == 0);
        CHECK(memcmp(lex_tensor_f32(m), want + COUNT, COUNT * sizeof *want) == 0);
        CHECK(memcmp(lex_tensor_f32(v), want + 2 * COUNT, COUNT * sizeof *want) == 0);
        free(want);
    }
    lex_scope_free(scope);
    free(values);
    free(grads);
}

static void test_norm(void)
{
    enum { COUNT = 3000001 };
    lex_scope *scope = lex_scope_new(runtime);
    int64_t count = COUNT;
    float *values = random_floats(COUNT, 9, 1e-3);
    double sum = 0;
    for (int64_t i = 0; i < COUNT; i++)
        sum += (double)values[i] * (double)values[i];
    lex_tensor *x = lex_tensor_over(scope, LEX_F32, 1, &count, values);
    double norm = lex_norm(scope, x);
    printf("  norm: relative error %.2g\n", fabs(norm / sqrt(sum) - 1));
    CHECK_NEAR(norm / sqrt(sum), 1, 1e-6);
    CHECK(lex_norm(scope, x) == norm);
    values[77] = NAN;
    CHECK(isnan(lex_norm(scope, x)));
    values[77] = INFINITY;
    CHECK(isinf(lex_norm(scope, x)));
    check_scope(scope);
    lex_scope_free(scope);
    free(values);
}

/* ---- against the reference implementations ---- */

static fixture golden;

static const fixture_array *array_of(const char *name, const char *part, int64_t step)
{
    char full[100];
    if (step)
        snprintf(full, sizeof full, "%s.%s.%lld", name, part, (long long)step);
    else
        snprintf(full, sizeof full, "%s.%s", name, part);
    return fixture_find(&golden, "", full);
}

/* One case with its parameter in the middle of a buffer, whose rest must not move, and gradients that are to be halved. */
static void reference_case(const char *name, bool by_library)
{
    enum { BEFORE = 16, AFTER = 5 };
    const fixture_array *start = array_of(name, "start", 0), *settings = array_of(name, "settings", 0);
    const float *s = settings->values; /* lr, weight decay, momentum */
    bool vector = strstr(name, "vector") != NULL;
    int64_t count = start->count, n = BEFORE + count + AFTER, n_steps = 0;
    float *buffer = random_floats(n, 5, 1);
    memcpy(buffer + BEFORE, start->values, (size_t)count * sizeof *buffer);
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *p = lex_tensor_from(scope, LEX_F32, 1, &n, buffer), *g = lex_tensor_zeros(scope, LEX_F32, 1, &n);
    lex_tensor *state = lex_tensor_zeros(scope, LEX_F32, 1, &n);
    lex_adafactor_place place = {BEFORE, 3, vector ? 0 : start->shape[0], start->shape[1]};
    double worst = 0;
    for (const fixture_array *gradient; (gradient = array_of(name, "gradient", n_steps + 1)) != NULL;) {
        const float *want = array_of(name, "weights", ++n_steps)->values;
        for (int64_t i = 0; i < count; i++)
            lex_tensor_f32(g)[BEFORE + i] = 2 * gradient->values[i];
        lex_adafactor a = {(double)s[0], -0.8, 1e-30, 1, (double)s[1], 0.5, n_steps};
        lex_sgd sgd = {(double)s[0], (double)s[2], (double)s[1], 0.5};
        if (strncmp(name, "sgd", 3) == 0)
            lex_sgd_apply(scope, p, g, sgd.momentum > 0 ? state : NULL, BEFORE, count, &sgd);
        else if (by_library)
            lex_adafactor_apply_by_library(scope, p, g, state, &place, &a);
        else
            lex_adafactor_apply(scope, p, g, state, &place, &a);
        if (!check_scope(scope))
            break;
        const float *got = lex_tensor_f32(p) + BEFORE;
        for (int64_t i = 0; i < count; i++)
            worst = fmax(worst, fabs((double)got[i] - (double)want[i]) / fmax(1, fabs((double)want[i])));
    }
    printf("  %-18s%s largest difference in %lld steps: %.2g\n", name, by_library ? " by library:" : ":",
           (long long)n_steps, worst);
    CHECK(worst <= 1e-6);
    CHECK(n_steps >= 10);
    CHECK(memcmp(lex_tensor_f32(p), buffer, BEFORE * sizeof *buffer) == 0);
    CHECK(memcmp(lex_tensor_f32(p) + BEFORE + count, buffer + BEFORE + count, AFTER * sizeof *buffer) == 0);
    lex_scope_free(scope);
    free(buffer);
}

static void test_references(void)
{
    static const char *const names[] = {"adafactor_matrix", "adafactor_decay", "adafactor_vector", "adafactor_one_row",
                                        "sgd_plain",        "sgd_momentum"};
    fixture_open(&golden, "golden/optimizer/steps");
    for (int i = 0; i < 6; i++) {
        reference_case(names[i], false);
        if (i < 4)
            reference_case(names[i], true);
    }
    fixture_close(&golden);
}

/* Threads change no bit of Adafactor's sums. */
static void test_adafactor_threads(void)
{
    enum { R = 3000, C = 70 };
    int64_t n = R * C, n_factors = lex_adafactor_floats(R, C);
    float *results[2];
    for (int t = 0; t < 2; t++) {
        lex_runtime *own = cpu_runtime(t ? 3 : 1);
        lex_scope *scope = lex_scope_new(own);
        float *values = random_floats(n, 20, 1), *grads = random_floats(n, 21, 0.1);
        lex_tensor *p = lex_tensor_from(scope, LEX_F32, 1, &n, values), *g = lex_tensor_from(scope, LEX_F32, 1, &n, grads);
        lex_tensor *factors = lex_tensor_zeros(scope, LEX_F32, 1, &n_factors);
        lex_adafactor_place place = {0, 0, R, C};
        for (int64_t step = 1; step <= 3; step++) {
            lex_adafactor a = {1e-2, -0.8, 1e-30, 1, 0.01, 1, step};
            lex_adafactor_apply(scope, p, g, factors, &place, &a);
        }
        results[t] = lex_alloc_array((size_t)n, sizeof *results[t]);
        lex_tensor_read(scope, p, results[t]);
        check_scope(scope);
        lex_scope_free(scope);
        lex_runtime_close(own);
        free(values);
        free(grads);
    }
    CHECK(memcmp(results[0], results[1], (size_t)n * sizeof *results[0]) == 0);
    free(results[0]);
    free(results[1]);
}

static void test_average(void)
{
    int64_t n = 3;
    float average[] = {1, 2, 3}, x[] = {2, 2, -1};
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *a = lex_tensor_from(scope, LEX_F32, 1, &n, average), *b = lex_tensor_from(scope, LEX_F32, 1, &n, x);
    lex_blend(scope, a, b, 0.25);
    CHECK_NEAR(lex_tensor_f32(a)[0], 1.25, 1e-7);
    CHECK_NEAR(lex_tensor_f32(a)[1], 2, 1e-7);
    CHECK_NEAR(lex_tensor_f32(a)[2], 2, 1e-7);
    lex_tensor_swap(scope, a, b);
    CHECK(memcmp(lex_tensor_f32(a), x, sizeof x) == 0);
    CHECK_NEAR(lex_tensor_f32(b)[0], 1.25, 1e-7);
    check_scope(scope);
    lex_scope_free(scope);
}

int main(void)
{
    runtime = cpu_runtime(2);
    test_references();
    test_average();
    test_adamw();
    test_runs();
    test_norm();
    lex_runtime_close(runtime);
    test_adafactor_threads();
    return check_report("optimizer");
}
