/* test_tensor.c - the blocks of an encoder, each against a function in double: its value forwards, its gradient by
 * central differences backwards. */
#include "numbers.h"

static lex_runtime *runtime;

/* ---- one case: inputs lie behind one another in x; the loss is the sum of dy times the block's output ---- */

enum { MOST = 600 };

typedef struct {
    int64_t T, in, out;  /* shapes, as the block reads them */
    const int64_t *rows; /* ids or starts */
    const double *dy;
    void (*block)(double *y, const double *x, const void *context);
    int64_t n_y;
} block_case;

static double loss_of(const double *x, const void *context)
{
    const block_case *c = context;
    double y[MOST], loss = 0;
    c->block(y, x, c);
    for (int64_t i = 0; i < c->n_y; i++)
        loss += c->dy[i] * y[i];
    return loss;
}

/* Random inputs (n_x floats) and dy, what the block makes of them in double, and the gradient by every input. */
typedef struct {
    float *x, *dy;
    double y[MOST], dx[MOST];
} expected;

static void expect(expected *e, block_case *c, int64_t n_x, uint64_t stream)
{
    double x[MOST], dy[MOST];
    LEX_ASSERT(n_x <= MOST && c->n_y <= MOST);
    e->x = random_floats(n_x, stream, 1);
    e->dy = random_floats(c->n_y, stream + 1, 1);
    for (int64_t i = 0; i < n_x; i++)
        x[i] = (double)e->x[i];
    for (int64_t i = 0; i < c->n_y; i++)
        dy[i] = (double)e->dy[i];
    c->dy = dy;
    c->block(e->y, x, c);
    differences(e->dx, x, n_x, loss_of, c);
}

static void drop_expected(expected *e)
{
    free(e->x);
    free(e->dy);
}

static lex_tensor *matrix(lex_scope *scope, int64_t rows, int64_t columns, const float *values)
{
    return lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){rows, columns}, values);
}

static lex_tensor *vector(lex_scope *scope, int64_t n, const float *values)
{
    return lex_tensor_from(scope, LEX_F32, 1, &n, values);
}

/* A gradient that already holds `base` everywhere: backwards must add. */
static lex_tensor *based(lex_scope *scope, int n_dims, const int64_t *sizes, float base)
{
    lex_tensor *tensor = lex_tensor_zeros(scope, LEX_F32, n_dims, sizes);
    for (int64_t i = 0; tensor && i < lex_tensor_count(tensor); i++)
        lex_tensor_f32(tensor)[i] = base;
    return tensor;
}

static void check_values(lex_tensor *got, const double *want, int64_t n, double base, const char *name)
{
    double shifted[MOST];
    for (int64_t i = 0; i < n; i++)
        shifted[i] = want[i] + base;
    double worst = CHECK(got != NULL && lex_tensor_count(got) == n) ? distance(lex_tensor_f32(got), shifted, n) : INFINITY;
    printf("  %-22s largest difference %.2g\n", name, worst);
    CHECK(worst <= 4e-6);
}

/* ---- blocks in double, and their cases ---- */

static void linear_block(double *y, const double *x, const void *context)
{
    const block_case *c = context;
    const double *weight = x + c->T * c->in, *bias = weight + c->out * c->in;
    for (int64_t t = 0; t < c->T; t++)
        for (int64_t o = 0; o < c->out; o++) {
            y[t * c->out + o] = bias[o];
            for (int64_t i = 0; i < c->in; i++)
                y[t * c->out + o] += x[t * c->in + i] * weight[o * c->in + i];
        }
}

static void test_linear(void)
{
    enum { T = 5, IN = 7, OUT = 3, N_X = T * IN, N_W = OUT * IN };
    block_case c = {.T = T, .in = IN, .out = OUT, .block = linear_block, .n_y = T * OUT};
    expected e;
    expect(&e, &c, N_X + N_W + OUT, 10);
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *x = matrix(scope, T, IN, e.x), *w = matrix(scope, OUT, IN, e.x + N_X);
    lex_tensor *b = vector(scope, OUT, e.x + N_X + N_W), *dy = matrix(scope, T, OUT, e.dy);
    lex_tensor *dw = based(scope, 2, (int64_t[]){OUT, IN}, 2), *db = based(scope, 1, (int64_t[]){OUT}, -1);
    check_values(lex_linear_apply(scope, x, w, b), e.y, T * OUT, 0, "linear");
    check_values(lex_linear_apply_backward(scope, dy, x, w, dw, db, true), e.dx, N_X, 0, "linear dx");
    check_values(dw, e.dx + N_X, N_W, 2, "linear dweight");
    check_values(db, e.dx + N_X + N_W, OUT, -1, "linear dbias");
    /* What is not wanted is left alone. */
    CHECK(lex_linear_apply_backward(scope, dy, x, w, NULL, db, false) == NULL);
    for (int i = 0; i < OUT; i++)
        e.dx[N_X + N_W + i] *= 2;
    check_values(db, e.dx + N_X + N_W, OUT, -1, "linear dbias, twice");
    check_values(lex_linear_apply_backward(scope, dy, x, w, NULL, NULL, true), e.dx, N_X, 0, "linear dx alone");
    check_scope(scope);
    lex_scope_free(scope);
    drop_expected(&e);
}

static const double norm_eps = 1e-3; /* large enough to be seen */

static void norm_block(double *y, const double *x, const void *context)
{
    const block_case *c = context;
    const double *weight = x + c->T * c->in, *bias = weight + c->in;
    for (int64_t t = 0; t < c->T; t++) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < c->in; i++)
            mean += x[t * c->in + i] / (double)c->in;
        for (int64_t i = 0; i < c->in; i++)
            variance += (x[t * c->in + i] - mean) * (x[t * c->in + i] - mean) / (double)c->in;
        for (int64_t i = 0; i < c->in; i++)
            y[t * c->in + i] = (x[t * c->in + i] - mean) / sqrt(variance + norm_eps) * weight[i] + bias[i];
    }
}

static void test_layer_norm(void)
{
    enum { T = 6, C = 21 };
    block_case c = {.T = T, .in = C, .block = norm_block, .n_y = T * C};
    expected e;
    expect(&e, &c, T * C + 2 * C, 20);
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *w = vector(scope, C, e.x + T * C), *b = vector(scope, C, e.x + T * C + C);
    lex_tensor *dw = based(scope, 1, (int64_t[]){C}, 1), *db = based(scope, 1, (int64_t[]){C}, 3);
    lex_layer_norm_saved saved;
    check_values(lex_layer_norm(scope, matrix(scope, T, C, e.x), w, b, norm_eps, &saved), e.y, T * C, 0, "layer norm");
    lex_tensor *dx = lex_layer_norm_backward(scope, matrix(scope, T, C, e.dy), &saved, w, b, dw, db);
    check_values(dx, e.dx, T * C, 0, "layer norm dx");
    check_values(dw, e.dx + T * C, C, 1, "layer norm dweight");
    check_values(db, e.dx + T * C + C, C, 3, "layer norm dbias");
    check_scope(scope);
    lex_scope_free(scope);
    drop_expected(&e);
}

static void gelu_block(double *y, const double *x, const void *context)
{
    const block_case *c = context;
    for (int64_t i = 0; i < c->n_y; i++)
        y[i] = x[i] * 0.5 * (1 + erf(x[i] / sqrt(2.0)));
}

static void tanh_block(double *y, const double *x, const void *context)
{
    const block_case *c = context;
    for (int64_t i = 0; i < c->n_y; i++)
        y[i] = tanh(x[i]);
}

static void test_activations(void)
{
    enum { T = 5, C = 33 };
    expected e;
    lex_scope *scope = lex_scope_new(runtime);
    block_case gelu = {.block = gelu_block, .n_y = T * C};
    expect(&e, &gelu, T * C, 30);
    lex_tensor *x = matrix(scope, T, C, e.x);
    check_values(lex_gelu(scope, x), e.y, T * C, 0, "gelu");
    check_values(lex_gelu_backward(scope, matrix(scope, T, C, e.dy), x), e.dx, T * C, 0, "gelu dx");
    drop_expected(&e);
    block_case tanh = {.block = tanh_block, .n_y = T * C};
    expect(&e, &tanh, T * C, 32);
    lex_tensor *y = lex_tanh(scope, matrix(scope, T, C, e.x));
    check_values(y, e.y, T * C, 0, "tanh");
    check_values(lex_tanh_backward(scope, matrix(scope, T, C, e.dy), y), e.dx, T * C, 0, "tanh dx");
    drop_expected(&e);
    check_scope(scope);
    lex_scope_free(scope);
}

static void rows_block(double *y, const double *x, const void *context)
{
    const block_case *c = context;
    for (int64_t t = 0; t < c->T; t++)
        for (int64_t i = 0; i < c->in; i++)
            y[t * c->in + i] = x[c->rows[t] * c->in + i];
}

static void test_rows(void)
{
    enum { V = 6, T = 9, C = 19 };
    static const int64_t ids[T] = {5, 0, 3, 3, 5, 1, 3, 0, 2};
    block_case c = {.T = T, .in = C, .rows = ids, .block = rows_block, .n_y = T * C};
    expected e;
    expect(&e, &c, V * C, 40);
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *id = lex_tensor_from(scope, LEX_I64, 1, (int64_t[]){T}, ids);
    lex_tensor *dtable = based(scope, 2, (int64_t[]){V, C}, 4);
    check_values(lex_rows_take(scope, matrix(scope, V, C, e.x), id), e.y, T * C, 0, "rows");
    lex_rows_backward(scope, dtable, id, matrix(scope, T, C, e.dy));
    check_values(dtable, e.dx, V * C, 4, "rows dtable");
    check_scope(scope);
    lex_scope_free(scope);
    drop_expected(&e);
}

static void mean_block(double *y, const double *x, const void *context)
{
    const block_case *c = context;
    for (int64_t s = 0; s < c->T; s++)
        for (int64_t i = 0; i < c->in; i++) {
            y[s * c->in + i] = 0;
            for (int64_t t = c->rows[s]; t < c->rows[s + 1]; t++)
                y[s * c->in + i] += x[t * c->in + i] / (double)(c->rows[s + 1] - c->rows[s]);
        }
}

static void test_segment_mean(void)
{
    enum { B = 4, T = 1 + 7 + 2 + 9, C = 17 };
    static const int64_t starts[B + 1] = {0, 1, 8, 10, T};
    const lex_packing packing = {starts, NULL, B, T, NULL};
    block_case c = {.T = B, .in = C, .rows = starts, .block = mean_block, .n_y = B * C};
    expected e;
    expect(&e, &c, T * C, 50);
    lex_scope *scope = lex_scope_new(runtime);
    check_values(lex_segment_mean(scope, matrix(scope, T, C, e.x), &packing), e.y, B * C, 0, "segment mean");
    lex_tensor *dx = lex_segment_mean_backward(scope, matrix(scope, B, C, e.dy), &packing);
    check_values(dx, e.dx, T * C, 0, "segment mean dx");
    check_scope(scope);
    lex_scope_free(scope);
    drop_expected(&e);
}

int main(void)
{
    runtime = cpu_runtime(2);
    test_linear();
    test_layer_norm();
    test_activations();
    test_rows();
    test_segment_mean();
    lex_runtime_close(runtime);
    return check_report("tensor");
}
