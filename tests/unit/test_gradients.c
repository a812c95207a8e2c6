/* test_gradients.c - a table: for every loss, how far the gradients of a step differ between ways to compute them that must
 * not matter. Without dropout, packed against transformers' on a padded batch (golden/encoder, some parameters of each kind);
 * with it, micro-batches of one example against all at once, and layers computed again on the way back against layers kept.
 * Relative to the largest element of each parameter's gradient.
 *
 * R-Drop has no column of torch's: without dropout it adds nothing, and with it the masks are others. What it makes of two
 * answers is held to torch in test_loss.c, and all losses to central differences in test_regularisers.c. */
#include <stdlib.h>

#include "tiny_examples.h"

#define TOLERANCE 1e-5

enum { K = TINY_OUTPUTS, WHOLE = 100000, ONE_BY_ONE = 1 };

static lex_runtime *runtime;
static fixture golden, losses;
static tiny_examples examples;
static float teacher[TINY_EXAMPLES][K];

static const double weights[K] = {0.5, 2, 1, 3, 0.25};
static const struct {
    const char *name, *padded; /* of the reference's gradients; NULL: there are none */
    lex_task task;
    lex_loss_options loss;
    double r_drop;
} rows[] = {
    {"cross-entropy", "single.", LEX_TASK_SINGLE, {.weights = NULL}, 0},
    {"class weights", "weights.", LEX_TASK_SINGLE, {.weights = weights}, 0},
    {"label smoothing", "smoothing.", LEX_TASK_SINGLE, {.label_smoothing = 0.2}, 0},
    {"weights and smoothing", "both.", LEX_TASK_SINGLE, {.weights = weights, .label_smoothing = 0.2}, 0},
    {"focal", "focal.", LEX_TASK_SINGLE, {.focal = 2}, 0},
    {"weights, a teacher", NULL, LEX_TASK_SINGLE, {.weights = weights, .distill = 0.5}, 0},
    {"a teacher, R-Drop", NULL, LEX_TASK_SINGLE, {.distill = 0.5}, 1},
    {"R-Drop", NULL, LEX_TASK_SINGLE, {.weights = NULL}, 2},
    {"R-Drop, focal, weights", NULL, LEX_TASK_SINGLE, {.weights = weights, .focal = 2}, 1},
    {"binary cross-entropy", "multi.", LEX_TASK_MULTI, {.weights = NULL}, 0},
    {"pos-weight", "pos_weight.", LEX_TASK_MULTI, {.weights = weights}, 0},
    {"binary focal", "multi_focal.", LEX_TASK_MULTI, {.focal = 2}, 0},
    {"binary, R-Drop", NULL, LEX_TASK_MULTI, {.weights = NULL}, 3},
};

/* The gradients of a step that does not move the weights, to be freed. */
static float *gradients_of(size_t row, double dropout, int64_t batch_tokens, bool recompute, double *loss)
{
    lex_err err = {0};
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_optimizer_options still = {.kind = LEX_OPTIMIZER_SGD, .loss = rows[row].loss, .r_drop = rows[row].r_drop,
                                   .recompute = recompute};
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &still);
    lex_train_mode mode = {dropout, dropout, dropout, 99, 3};
    stop_on(lex_optimizer_step(optimizer, loss, rows[row].task, examples.items, TINY_EXAMPLES, batch_tokens, 0, &mode, &err),
            &err);
    size_t bytes = (size_t)lex_encoder_flat_count(encoder) * sizeof(float);
    float *gradients = lex_alloc(bytes);
    memcpy(gradients, lex_tensor_f32(lex_encoder_gradients(encoder)), bytes);
    lex_optimizer_free(optimizer);
    lex_encoder_free(encoder);
    return gradients;
}

/* The reference's gradients of the parameter for this loss, or NULL. */
static const float *reference_of(size_t row, const char *name)
{
    const fixture_array *array = fixture_find(&losses, rows[row].padded, name);
    array = array ? array : fixture_find(&golden, rows[row].padded, name);
    return array ? array->values : NULL;
}

/* The largest relative difference over all parameters, or, with `want` NULL, over those that the reference has. */
static double furthest(size_t row, const float *got, const float *want, int *n_compared)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    double worst = 0;
    for (int64_t i = 0; i < n_params; i++) {
        int64_t at = params[i].offset, n = params[i].count;
        const float *one = want ? want + at : reference_of(row, params[i].name);
        /* The keys' biases have none but rounding (test_training_reference.c). */
        if (!one || strstr(params[i].name, ".key.bias"))
            continue;
        worst = fmax(worst, largest_difference(got + at, one, n) / fmax(largest_of(one, n), 1e-9));
        ++*n_compared;
    }
    lex_encoder_free(encoder);
    return worst;
}

static void test_row(size_t row)
{
    double loss, again;
    int n_padded = 0, n = 0;
    char padded[24] = "-";
    if (rows[row].padded) {
        char name[40];
        snprintf(name, sizeof name, "%sloss", rows[row].padded);
        float *got = gradients_of(row, 0, WHOLE, false, &loss);
        double worst = furthest(row, got, NULL, &n_padded);
        const fixture_array *want = fixture_find(&losses, name, "");
        CHECK_NEAR(loss, (double)(want ? want : fixture_get(&golden, name))->values[0], 1e-6);
        CHECK(worst <= TOLERANCE && n_padded >= 6);
        snprintf(padded, sizeof padded, "%.2g", worst);
        free(got);
    }
    const double dropout = tiny_by_library() ? 0 : 0.1;
    float *whole = gradients_of(row, dropout, WHOLE, false, &loss), *parts = gradients_of(row, dropout, ONE_BY_ONE, false, &again);
    double accumulated = furthest(row, parts, whole, &n);
    CHECK(accumulated <= TOLERANCE && fabs(again / loss - 1) <= 1e-6);
    free(parts);
    free(whole);
    whole = gradients_of(row, 0.1, WHOLE, false, &loss);
    float *twice = gradients_of(row, 0.1, WHOLE, true, &again);
    double recomputed = furthest(row, twice, whole, &n);
    CHECK(recomputed == 0 && again == loss);
    free(twice);
    free(whole);
    printf("  %-24s %10s %14.2g %14.2g\n", rows[row].name, padded, accumulated, recomputed);
}

int main(void)
{
    runtime = tiny_runtime(2);
    fixture_open(&golden, "golden/encoder/forward");
    fixture_open(&losses, "golden/encoder/losses");
    tiny_examples_read(&examples, &golden);
    for (int64_t i = 0; i < TINY_EXAMPLES; i++) { /* a teacher that is sure of another label each time */
        for (int64_t k = 0; k < K; k++)
            teacher[i][k] = k == i % K ? 0.6f : 0.4f / (K - 1);
        examples.items[i].teacher = teacher[i];
    }
    printf("  %-24s %10s %14s %14s\n", "largest difference of", "padded", "one by one", "layers again");
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        test_row(row);
    fixture_close(&losses);
    fixture_close(&golden);
    lex_runtime_close(runtime);
    return check_report("gradients");
}
