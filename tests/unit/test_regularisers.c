/* test_regularisers.c - what stands beside the plain step: adversarial gradients against torch (golden/encoder); every
 * loss through the whole encoder, with dropout, against central differences; frozen blocks; the moving average. */
#include "tiny_examples.h"
#include "trainer/internal.h"

#define TOLERANCE 1e-5 /* of a gradient: against the parameter's largest element, or in all */

enum { N = TINY_EXAMPLES, K = TINY_OUTPUTS, WHOLE = 100000 };

static lex_runtime *runtime;
static fixture golden;
static tiny_examples examples;

/* The loss of a step that does not move the weights, and leaves its gradients in the encoder's buffer. */
static double learn(lex_encoder *encoder, const lex_optimizer_options *options, lex_task task, double dropout,
                    int64_t batch_tokens)
{
    lex_err err = {0};
    double loss;
    lex_optimizer_options still = *options;
    still.kind = LEX_OPTIMIZER_SGD; /* at rate 0, and with gradients as they are */
    still.clip = still.weight_decay = 0;
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &still);
    lex_train_mode mode = {dropout, dropout, dropout, 99, 3};
    stop_on(lex_optimizer_step(optimizer, &loss, task, examples.items, N, batch_tokens, 0, &mode, &err), &err);
    lex_optimizer_free(optimizer);
    return loss;
}

static float *copy_of(lex_tensor *tensor)
{
    float *copy = lex_alloc_array((size_t)lex_tensor_count(tensor), sizeof *copy);
    memcpy(copy, lex_tensor_f32(tensor), (size_t)lex_tensor_count(tensor) * sizeof *copy);
    return copy;
}

/* The largest difference of two gradients, each parameter's against its largest element. */
static double gradient_difference(const lex_param *param, const float *got, const float *want)
{
    double scale = largest_of(want, param->count), difference = largest_difference(got, want, param->count);
    return difference / fmax(scale, 1e-2);
}

/* ---- adversarial steps ---- */

static void test_adversary(int64_t batch_tokens)
{
    fixture fgm;
    fixture_open(&fgm, "golden/encoder/adversarial");
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    float *before = copy_of(lex_encoder_weights(encoder));
    lex_optimizer_options options = {.fgm = (double)fixture_get(&fgm, "epsilon")->values[0]};
    double loss = learn(encoder, &options, LEX_TASK_SINGLE, 0, batch_tokens), worst = 0, effect = 0;
    CHECK_NEAR(loss, (double)fixture_get(&golden, "single.loss")->values[0], 1e-6);
    CHECK(memcmp(before, lex_tensor_f32(lex_encoder_weights(encoder)),
                 (size_t)lex_encoder_flat_count(encoder) * sizeof *before) == 0);
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++) {
        const fixture_array *want = fixture_find(&fgm, "fgm.", params[i].name);
        const float *got = lex_tensor_f32(lex_encoder_gradients(encoder)) + params[i].offset;
        worst = fmax(worst, gradient_difference(&params[i], got, want->values));
        const fixture_array *plain = fixture_find(&golden, "single.", params[i].name);
        for (int64_t k = 0; k < want->count; k++)
            effect = fmax(effect, fabs((double)want->values[k] - 2 * (double)plain->values[k]));
    }
    printf("  adversarial gradients, %lld tokens at once: largest difference %.2g; from the plain ones twice %.2g\n",
           (long long)batch_tokens, worst, effect);
    CHECK(worst <= TOLERANCE);
    CHECK(effect >= 1e-2);
    free(before);
    lex_encoder_free(encoder);
    fixture_close(&fgm);
}

/* ---- every loss ---- */

static const double weights[K] = {0.5, 2, 1, 3, 0.25};
static const struct {
    const char *name;
    lex_task task;
    lex_optimizer_options options;
} losses[] = {
    {"one label", LEX_TASK_SINGLE, {.clip = 0}},
    {"weights and smoothing", LEX_TASK_SINGLE, {.loss = {weights, 0.2, 0}}},
    {"focal", LEX_TASK_SINGLE, {.loss = {NULL, 0, 2}}},
    {"focal, weights and smoothing", LEX_TASK_SINGLE, {.loss = {weights, 0.1, 1.5}}},
    {"R-Drop", LEX_TASK_SINGLE, {.r_drop = 2}},
    {"R-Drop, focal and weights", LEX_TASK_SINGLE, {.r_drop = 1, .loss = {weights, 0, 2}}},
    {"many labels", LEX_TASK_MULTI, {.clip = 0}},
    {"many labels, weights", LEX_TASK_MULTI, {.loss = {weights, 0, 0}}},
    {"many labels, focal", LEX_TASK_MULTI, {.loss = {weights, 0, 2}}},
    {"many labels, R-Drop", LEX_TASK_MULTI, {.r_drop = 3}},
};
enum { N_LOSSES = sizeof losses / sizeof *losses };

/* The largest element of each parameter's gradient, where differences say most. */
static void test_differences(int number)
{
    const lex_optimizer_options *options = &losses[number].options;
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_MEAN, true);
    double worst = 0;
    learn(encoder, options, losses[number].task, 0.1, WHOLE);
    float *gradients = copy_of(lex_encoder_gradients(encoder)), *flat = lex_tensor_f32(lex_encoder_weights(encoder));
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    for (int64_t i = 0; i < n_params; i += 3) {
        int64_t at = params[i].offset;
        for (int64_t j = at; j < params[i].offset + params[i].count; j++)
            at = fabsf(gradients[j]) > fabsf(gradients[at]) ? j : at;
        float was = flat[at], step = 4e-3f;
        flat[at] = was + step;
        double above = learn(encoder, options, losses[number].task, 0.1, WHOLE), top = (double)flat[at];
        flat[at] = was - step;
        double slope = (above - learn(encoder, options, losses[number].task, 0.1, WHOLE)) / (top - (double)flat[at]);
        flat[at] = was;
        double difference = fabs(slope - (double)gradients[at]) / fmax(1, fabs(slope));
        if (!CHECK(difference <= 5e-4))
            fprintf(stderr, "    %s, %s: %.6g by differences, %.6g\n", losses[number].name, params[i].name, slope,
                    (double)gradients[at]);
        worst = fmax(worst, difference);
    }
    printf("  %s: largest difference from central differences %.2g\n", losses[number].name, worst);
    free(gradients);
    lex_encoder_free(encoder);
}

/* Without dropout the twins agree: the plain loss and its gradients are left. With it the divergence is above 0. */
static void test_r_drop(void)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_optimizer_options plain = {.clip = 0}, twice = {.r_drop = 5}, little = {.r_drop = 1e-9};
    double want = learn(encoder, &plain, LEX_TASK_SINGLE, 0, WHOLE);
    float *gradients = copy_of(lex_encoder_gradients(encoder));
    CHECK_NEAR(learn(encoder, &twice, LEX_TASK_SINGLE, 0, WHOLE), want, 1e-6);
    CHECK(largest_difference(gradients, lex_tensor_f32(lex_encoder_gradients(encoder)), lex_encoder_flat_count(encoder)) <=
          1e-5 * largest_of(gradients, lex_encoder_flat_count(encoder)));
    double mean = learn(encoder, &little, LEX_TASK_SINGLE, 0.1, WHOLE);
    CHECK(learn(encoder, &twice, LEX_TASK_SINGLE, 0.1, WHOLE) > mean + 1e-3);
    CHECK(fabs(mean - learn(encoder, &plain, LEX_TASK_SINGLE, 0.1, WHOLE)) > 1e-6); /* the mean of two masks is not the one */
    free(gradients);
    lex_encoder_free(encoder);
}

/* ---- frozen blocks ---- */

/* What is trained has the gradients that it has when all is, bit for bit; the rest has none, and does not move. */
static void test_frozen(lex_pooling pooling)
{
    lex_err err = {0};
    double loss;
    lex_optimizer_options options = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .clip = 1, .weight_decay = 0.1, .ema = 0.9};
    lex_encoder *all = tiny_encoder(runtime, &golden, pooling, true);
    double want = learn(all, &options, LEX_TASK_SINGLE, 0.1, WHOLE);
    int64_t n_params, count = lex_encoder_flat_count(all), before = 0;
    const lex_param *params = lex_encoder_params(all, &n_params);
    int top = params[n_params - 1].layer;
    CHECK_INT(lex_encoder_n_frozen(all), 0);
    for (int64_t n_frozen = 1; n_frozen <= top + 1; n_frozen++) {
        lex_encoder *encoder = tiny_encoder_frozen(runtime, &golden, pooling, true, n_frozen);
        int64_t frozen = lex_encoder_n_frozen(encoder), n = count - frozen;
        CHECK(frozen > before);
        before = frozen;
        CHECK_INT(lex_tensor_count(lex_encoder_gradients(encoder)), n);
        CHECK_NEAR(learn(encoder, &options, LEX_TASK_SINGLE, 0.1, WHOLE), want, 0);
        const float *got = lex_tensor_f32(lex_encoder_gradients(encoder)), *full = lex_tensor_f32(lex_encoder_gradients(all));
        CHECK(memcmp(got, full + frozen, (size_t)n * sizeof *got) == 0);
        for (int64_t i = 0; i < n_params; i++)
            CHECK((params[i].layer < n_frozen - 1) == (params[i].offset < frozen));

        float *start = copy_of(lex_encoder_weights(encoder));
        lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &options);
        lex_optimizer_array arrays[LEX_OPTIMIZER_ARRAYS];
        CHECK_INT(lex_optimizer_arrays(arrays, optimizer), 3);
        for (int i = 0; i < 3; i++)
            CHECK(arrays[i].count == n && lex_tensor_count(arrays[i].values) == n);
        lex_train_mode mode = {0, 0, 0, 1, 0};
        stop_on(lex_optimizer_step(optimizer, &loss, LEX_TASK_SINGLE, examples.items, N, WHOLE, 1e-3, &mode, &err), &err);
        const float *end = lex_tensor_f32(lex_encoder_weights(encoder));
        CHECK(memcmp(start, end, (size_t)frozen * sizeof *start) == 0);
        CHECK(start[frozen] != end[frozen] && start[count - 1] != end[count - 1]);
        free(start);
        lex_optimizer_free(optimizer);
        lex_encoder_free(encoder);
    }
    lex_encoder_free(all);
}

/* ---- the moving average ---- */

static void test_average(void)
{
    enum { STEPS = 15 };
    lex_err err = {0};
    double loss, decay = 0.5;
    lex_optimizer_options options = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .ema = decay};
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &options);
    int64_t count = lex_encoder_flat_count(encoder);
    float *weights_now = lex_tensor_f32(lex_encoder_weights(encoder)), *last = NULL;
    double *want = lex_alloc_array((size_t)count, sizeof *want), worst = 0;
    for (int64_t i = 0; i < count; i++)
        want[i] = (double)weights_now[i];
    for (int step = 1; step <= STEPS; step++) {
        lex_train_mode mode = {0, 0, 0, 1, (uint32_t)step};
        stop_on(lex_optimizer_step(optimizer, &loss, LEX_TASK_SINGLE, examples.items, N, WHOLE, 1e-2, &mode, &err), &err);
        double kept = step < 8 ? (1.0 + step) / (10.0 + step) : decay; /* 9 / 18 is the first to reach it */
        CHECK_NEAR(lex_average_decay(decay, step), kept, 1e-12);
        for (int64_t i = 0; i < count; i++)
            want[i] = kept * want[i] + (1 - kept) * (double)weights_now[i];
    }
    last = copy_of(lex_encoder_weights(encoder));
    lex_optimizer_swap_average(optimizer);
    for (int64_t i = 0; i < count; i++)
        worst = fmax(worst, fabs((double)weights_now[i] - want[i]));
    printf("  average of %d steps: largest difference %.2g, from the weights %.2g\n", STEPS, worst,
           largest_difference(weights_now, last, count));
    CHECK(worst <= 1e-6);
    CHECK(largest_difference(weights_now, last, count) > 1e-3);
    lex_optimizer_swap_average(optimizer);
    CHECK(memcmp(weights_now, last, (size_t)count * sizeof *last) == 0);
    free(last);
    free(want);
    lex_optimizer_free(optimizer);
    lex_encoder_free(encoder);
}

int main(void)
{
    runtime = tiny_runtime(2);
    fixture_open(&golden, "golden/encoder/forward");
    tiny_examples_read(&examples, &golden);
    test_adversary(WHOLE);
    test_adversary(50);
    for (int i = 0; i < N_LOSSES; i++)
        test_differences(i);
    test_r_drop();
    test_frozen(LEX_POOLING_CLS);
    test_frozen(LEX_POOLING_MEAN);
    test_average();
    fixture_close(&golden);
    lex_runtime_close(runtime);
    return check_report("regularisers");
}
