/* test_loss_scale.c - the loss scale step for step against torch.amp.GradScaler (golden/loss_scale); what it does to a step:
 * nothing, where all is float32; in float16 it keeps gradients from becoming 0; and what an overflow leaves as it was. */
#include "tiny_examples.h"
#include "trainer/internal.h"

enum { N = TINY_EXAMPLES, K = TINY_OUTPUTS, WHOLE = 100000, PARTS = 50, STEPS = 4 };

static lex_runtime *runtime;
static fixture golden;
static tiny_examples examples;

static void use(lex_precision precision)
{
    lex_err err = {0};
    stop_on(lex_runtime_use(runtime, precision, &err), &err);
}

/* ---- the scale by itself ---- */

static void test_reference(void)
{
    lex_err err = {0};
    lex_buf text;
    lex_buf_init(&text);
    stop_on(lex_file_read(&text, LEX_TESTS_DIR "/golden/loss_scale/scales.txt", 1 << 20, &err), &err);
    lex_loss_scale scale = {0, 0};
    int64_t n_steps = 0, n_runs = 0;
    for (char *line = strtok(text.ptr, "\n"); line; line = strtok(NULL, "\n")) {
        long long n, found, good;
        double want;
        if (strcmp(line, "run") == 0) {
            scale = (lex_loss_scale){LEX_LOSS_SCALE_FIRST, 0};
            n_runs++;
            continue;
        }
        if (!CHECK(sscanf(line, "%lld %lld %lf %lld", &n, &found, &want, &good) == 4))
            break;
        for (long long i = 0; i < n; i++) {
            lex_loss_scale_update(&scale, found == 1);
            if (!CHECK(scale.scale == want))
                fprintf(stderr, "    run %lld, line '%s'\n", (long long)n_runs, line);
        }
        CHECK_INT(scale.n_good, good);
        n_steps += n;
    }
    printf("  %lld steps of torch.amp.GradScaler\n", (long long)n_steps);
    CHECK(n_runs == 4 && n_steps > 30000);
    scale = (lex_loss_scale){0x1p127, LEX_LOSS_SCALE_INTERVAL - 1};
    lex_loss_scale_update(&scale, false);
    CHECK(scale.scale == 0x1p127 && scale.n_good == 0);
    lex_buf_release(&text);
}

/* ---- steps ---- */

static lex_status step(lex_optimizer *optimizer, int number, int64_t batch_tokens, double *loss, lex_err *err)
{
    lex_train_mode mode = {0.1, 0.1, 0.1, 99, (uint32_t)number};
    return lex_optimizer_step(optimizer, loss, LEX_TASK_SINGLE, examples.items, N, batch_tokens, 1e-2, &mode, err);
}

/* What a few steps make of weights and average beside each other, to be freed. */
static float *after_steps(const lex_optimizer_options *options, int64_t batch_tokens, double *norm, double *loss)
{
    lex_err err = {0};
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, options);
    int64_t n = lex_encoder_flat_count(encoder);
    float *out = lex_alloc_array((size_t)n * 2, sizeof *out);
    for (int i = 0; i < STEPS; i++)
        stop_on(step(optimizer, i, batch_tokens, loss, &err), &err);
    *norm = lex_optimizer_norm(optimizer);
    CHECK(!lex_optimizer_overflowed(optimizer) && !lex_optimizer_diverged(optimizer));
    stop_on(lex_encoder_read_weights(encoder, out, &err), &err);
    lex_optimizer_swap_average(optimizer);
    stop_on(lex_encoder_read_weights(encoder, out + n, &err), &err);
    lex_optimizer_free(optimizer);
    lex_encoder_free(encoder);
    return out;
}

/* Where products are float32's, a scale changes no bit: it is taken out again before the norm, so that clipping clips the
 * gradient itself, before the moments, in every micro-batch, and in the second gradients of an adversary as in the first. */
static void test_no_trace(const char *name, const lex_optimizer_options *plain, int64_t batch_tokens)
{
    lex_optimizer_options scaled = *plain;
    double norm, loss, norm_scaled, loss_scaled;
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    size_t bytes = 2 * (size_t)lex_encoder_flat_count(encoder) * sizeof(float);
    scaled.loss_scale = LEX_LOSS_SCALE_FIRST;
    use(LEX_PRECISION_FP32);
    float *want = after_steps(plain, batch_tokens, &norm, &loss), *got = after_steps(&scaled, batch_tokens, &norm_scaled, &loss_scaled);
    bool same = memcmp(want, got, bytes) == 0 && norm == norm_scaled && loss == loss_scaled;
    printf("  %s: a loss scale of %g changes %s; the norm is %.4g\n", name, scaled.loss_scale, same ? "no bit" : "something", norm);
    CHECK(same);
    CHECK(plain->clip == 0 || norm > plain->clip);
    free(want);
    free(got);
    lex_encoder_free(encoder);
}

/* Gradients at a scale, which SGD has taken out of them again; to be freed. */
static float *gradients_at(double loss_scale, double weight, lex_encoder **out)
{
    lex_err err = {0};
    double loss, weights[K];
    *out = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    for (int k = 0; k < K; k++)
        weights[k] = weight;
    lex_optimizer_options still = {.kind = LEX_OPTIMIZER_SGD, .loss_scale = loss_scale, .loss = {weights, 0, 0}};
    lex_optimizer *optimizer = lex_optimizer_new(*out, runtime, &still);
    int64_t n = lex_encoder_flat_count(*out);
    float *gradients = lex_alloc_array((size_t)n, sizeof *gradients);
    lex_train_mode mode = {0, 0, 0, 1, 0};
    uint8_t targets[K] = {1, 1, 1, 1, 1}; /* true labels have weights; in SINGLE they would be those of a mean */
    lex_train_example example = examples.items[0];
    example.targets = targets;
    stop_on(lex_optimizer_step(optimizer, &loss, LEX_TASK_MULTI, &example, 1, WHOLE, 0, &mode, &err), &err);
    memcpy(gradients, lex_tensor_f32(lex_encoder_gradients(*out)), (size_t)n * sizeof *gradients);
    lex_optimizer_free(optimizer);
    return gradients;
}

/* A loss so small that float16 holds nothing of its gradients' products: none of any matrix at a scale of 1, all at 65536. */
static void test_underflow(void)
{
    const double tiny = 0x1p-22;
    lex_encoder *encoder, *other;
    use(LEX_PRECISION_FP32);
    float *want = gradients_at(1, tiny, &encoder);
    use(LEX_PRECISION_FP16);
    float *lost = gradients_at(1, tiny, &other);
    lex_encoder_free(other);
    float *kept = gradients_at(LEX_LOSS_SCALE_FIRST, tiny, &other);
    lex_encoder_free(other);
    int64_t n_params, n_matrices = 0, n_lost = 0;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    double worst = 0;
    for (int64_t i = 0; i < n_params; i++) {
        int64_t at = params[i].offset, n = params[i].count;
        if (params[i].n_dims != 2 || largest_of(want + at, n) == 0) /* tables have words that no text has */
            continue;
        n_matrices++;
        n_lost += largest_of(lost + at, n) == 0;
        worst = fmax(worst, largest_difference(kept + at, want + at, n) / largest_of(want + at, n));
    }
    printf("  %lld of %lld matrices' gradients vanish in float16 at a scale of 1; at 65536 they differ by %.2g from float32's\n",
           (long long)n_lost, (long long)n_matrices, worst);
    CHECK(n_matrices > 10);
    CHECK_INT(n_lost, n_matrices);
    CHECK(worst > 0 && worst <= 5e-3);
    free(want);
    free(lost);
    free(kept);
    lex_encoder_free(encoder);
    use(LEX_PRECISION_FP32);
}

/* From a scale that is far too high: step after step is left out, and changes the scale alone, until gradients fit. */
static void test_overflow(void)
{
    enum { ARRAYS = LEX_OPTIMIZER_ARRAYS + 1 };
    lex_err err = {0};
    double loss, first = 0x1p30, scale = first;
    lex_optimizer_options options = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .clip = 1, .weight_decay = 0.1, .ema = 0.9,
                                     .fgm = 0.5, .loss_scale = first};
    use(LEX_PRECISION_FP16);
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &options);
    lex_optimizer_array arrays[ARRAYS];
    int n_arrays = lex_optimizer_arrays(arrays, optimizer), n_skipped = 0;
    arrays[n_arrays++] = (lex_optimizer_array){"weights", lex_encoder_trained(encoder), lex_encoder_flat_count(encoder)};
    float *before[ARRAYS];
    for (int i = 0; i < n_arrays; i++) {
        before[i] = lex_alloc_array((size_t)arrays[i].count, sizeof(float));
        memcpy(before[i], lex_tensor_f32(arrays[i].values), (size_t)arrays[i].count * sizeof(float));
    }
    for (bool goes_on = true; goes_on && n_skipped < 30; n_skipped += goes_on) {
        stop_on(step(optimizer, 0, PARTS, &loss, &err), &err);
        goes_on = lex_optimizer_overflowed(optimizer);
        scale = goes_on ? scale / 2 : scale;
        CHECK(isfinite(loss) && isfinite(lex_optimizer_norm(optimizer)) == !goes_on);
        CHECK(lex_optimizer_loss_scale(optimizer).scale == scale);
        CHECK_INT(lex_optimizer_loss_scale(optimizer).n_good, !goes_on);
        CHECK_INT(lex_optimizer_steps(optimizer), !goes_on);
        for (int i = 0; i < n_arrays; i++)
            CHECK((memcmp(before[i], lex_tensor_f32(arrays[i].values), (size_t)arrays[i].count * sizeof(float)) == 0) == goes_on);
    }
    printf("  from 2^30 %d steps are left out, to a scale of %g\n", n_skipped, scale);
    CHECK(n_skipped > 5 && n_skipped < 30);
    for (int i = 0; i < n_arrays; i++)
        free(before[i]);
    lex_optimizer_free(optimizer);
    lex_encoder_free(encoder);
    use(LEX_PRECISION_FP32);
}

/* A gradient that is infinite at any scale: the scale falls below 1, and then it is told. A loss that is no number: at once,
 * and the scale stays. */
static void test_divergence(void)
{
    lex_err err = {0};
    double loss, huge[K] = {1e300, 1e300, 1e300, 1e300, 1e300};
    uint8_t targets[K] = {1, 0, 1, 0, 1};
    lex_optimizer_options options = {.kind = LEX_OPTIMIZER_SGD, .loss_scale = 4, .loss = {huge, 0, 0}};
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &options);
    lex_train_example example = examples.items[0];
    lex_train_mode mode = {0, 0, 0, 1, 0};
    example.targets = targets;
    for (double scale = 4; scale >= 0.5; scale /= 2) {
        lex_status st = lex_optimizer_step(optimizer, &loss, LEX_TASK_MULTI, &example, 1, WHOLE, 1e-2, &mode, &err);
        CHECK_INT(st, scale >= 1 ? LEX_OK : LEX_ERR_SYSTEM);
        CHECK(isfinite(loss) && lex_optimizer_overflowed(optimizer) == (scale >= 1));
        CHECK(lex_optimizer_diverged(optimizer) == (scale < 1) && lex_optimizer_loss_scale(optimizer).scale == scale / 2);
    }
    CHECK(strstr(err.message, "the norm of the gradient is not a number") != NULL);
    lex_tensor_f32(lex_encoder_weights(encoder))[lex_encoder_flat_count(encoder) - 1] = NAN; /* the head's bias */
    lex_err_clear(&err);
    CHECK_INT(lex_optimizer_step(optimizer, &loss, LEX_TASK_MULTI, &example, 1, WHOLE, 1e-2, &mode, &err), LEX_ERR_SYSTEM);
    CHECK(lex_optimizer_diverged(optimizer) && !lex_optimizer_overflowed(optimizer));
    CHECK(strstr(err.message, "the loss is not a number") != NULL && lex_optimizer_loss_scale(optimizer).scale == 0.25);
    lex_optimizer_free(optimizer);
    lex_encoder_free(encoder);
}

int main(void)
{
    runtime = tiny_runtime(2);
    fixture_open(&golden, "golden/encoder/forward");
    tiny_examples_read(&examples, &golden);
    test_reference();
    test_no_trace("AdamW, clipped", &(lex_optimizer_options){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .clip = 0.5, .ema = 0.9},
                  WHOLE);
    test_no_trace("AdamW in parts, R-Drop, adversary", &(lex_optimizer_options){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
                  .clip = 0.5, .weight_decay = 0.1, .ema = 0.9, .fgm = 0.5, .r_drop = 2}, PARTS);
    test_no_trace("SGD", &(lex_optimizer_options){.kind = LEX_OPTIMIZER_SGD, .momentum = 0.9, .weight_decay = 0.1}, WHOLE);
    test_no_trace("Adafactor", &(lex_optimizer_options){.kind = LEX_OPTIMIZER_ADAFACTOR, .clip = 0.5}, PARTS);
    test_underflow();
    test_overflow();
    test_divergence();
    fixture_close(&golden);
    lex_runtime_close(runtime);
    return check_report("loss_scale");
}
