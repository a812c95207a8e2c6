/* test_optimizer.c - the norm, and AdamW: every kernel set against the formula in double and against libtorch's fused
 * step; runs of the flat buffer leave their neighbours alone. */
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

int main(void)
{
    runtime = cpu_runtime(2);
    test_adamw();
    test_runs();
    test_norm();
    lex_runtime_close(runtime);
    return check_report("optimizer");
}
