/* test_encoder.c - the encoder against transformers (golden/encoder): logits, losses and the gradient of every
 * parameter, for both poolings and both losses; and what must not change them: company, order, micro-batches, windows,
 * where the weights lie. */
#include "tiny_bert.h"

#define LOGIT_TOLERANCE 1e-5
#define GRADIENT_TOLERANCE 1e-5 /* against the largest element of the parameter's gradient, or this much in all */

static lex_runtime *runtime;
static fixture golden;

enum { N = 9, K = TINY_OUTPUTS }; /* sequences and outputs of the fixture */

/* Logits of the batch, without a tape. */
static void answer(lex_encoder *encoder, const lex_batch *batch, float *logits)
{
    lex_err err = {0};
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, batch, NULL, NULL), logits);
    stop_on(lex_scope_status(scope, &err), &err);
    lex_scope_free(scope);
}

/* One way forwards and back with dropout 0; gradients are added to the encoder's. Records are fixture rows `rows`. */
static double learn(lex_encoder *encoder, const lex_batch *batch, const int64_t *rows, lex_task task, double scale,
                    float *logits)
{
    lex_err err = {0};
    int32_t labels[N];
    uint8_t targets[N * K];
    float dlogits[N * K];
    for (int64_t r = 0; r < batch->n_records; r++) {
        labels[r] = (int32_t)fixture_get(&golden, "labels")->values[rows[r]];
        for (int64_t k = 0; k < K; k++)
            targets[r * K + k] = fixture_get(&golden, "targets")->values[rows[r] * K + k] > 0;
    }
    lex_scope *scope = lex_scope_new(runtime);
    lex_tape *tape = lex_tape_new(encoder);
    lex_train_mode mode = {0, 0, 0, 1, 1};
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, batch, &mode, tape), logits);
    stop_on(lex_scope_status(scope, &err), &err);
    double loss = lex_loss(task, logits, batch->n_records, K, labels, targets, NULL, scale, dlogits);
    int64_t sizes[2] = {batch->n_records, K};
    lex_encoder_backward(encoder, scope, batch, tape, lex_tensor_from(scope, LEX_F32, 2, sizes, dlogits));
    stop_on(lex_scope_status(scope, &err), &err);
    lex_tape_free(tape);
    lex_scope_free(scope);
    return loss;
}

static const int64_t all_rows[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

static void whole_batch(lex_batch *batch)
{
    lex_batch_clear(batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(batch, &golden, row, 0, 0, true);
}

static void clear_gradients(lex_encoder *encoder)
{
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor_zero(scope, lex_encoder_gradients(encoder));
    lex_scope_free(scope);
}

/* Every gradient against the fixture's, and zeros in the gaps between parameters. */
static void check_gradients(lex_encoder *encoder, const char *prefix)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    const float *flat = lex_tensor_f32(lex_encoder_gradients(encoder));
    double largest = 0, relative = 0;
    int64_t end = 0;
    for (int64_t i = 0; i < n_params; i++) {
        const fixture_array *want = fixture_find(&golden, prefix, params[i].name);
        if (!CHECK(want != NULL && want->count == params[i].count))
            continue;
        for (; end < params[i].offset; end++)
            CHECK(flat[end] == 0.0f);
        end = params[i].offset + params[i].count;
        double difference = largest_difference(flat + params[i].offset, want->values, want->count);
        double size = largest_of(want->values, want->count);
        if (!CHECK(difference <= GRADIENT_TOLERANCE * fmax(size, 1) && difference <= GRADIENT_TOLERANCE * size + 1e-7))
            fprintf(stderr, "    %s%s: differs by %.3g, largest element %.3g\n", prefix, params[i].name, difference, size);
        largest = fmax(largest, difference);
        relative = size > 1e-6 ? fmax(relative, difference / size) : relative;
    }
    printf("  %-8s gradients: largest difference %.2g, against the parameter's largest element %.2g\n", prefix, largest,
           relative);
}

static void against_reference(lex_pooling pooling, lex_task task, const char *prefix, const char *logits_name)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, pooling, true);
    lex_batch batch;
    lex_batch_init(&batch);
    whole_batch(&batch);
    const float *want = fixture_get(&golden, logits_name)->values;
    char name[80];
    float logits[N * K];
    answer(encoder, &batch, logits);
    double answering = largest_difference(logits, want, N * K);
    double loss = learn(encoder, &batch, all_rows, task, 1.0 / N, logits);
    double training = largest_difference(logits, want, N * K);
    snprintf(name, sizeof name, "%sloss", prefix);
    double loss_difference = fabs(loss - (double)fixture_get(&golden, name)->values[0]);
    printf("  %-8s logits: largest difference %.2g answering, %.2g training; loss %.2g\n", prefix, answering, training,
           loss_difference);
    CHECK(answering <= LOGIT_TOLERANCE);
    CHECK(training <= LOGIT_TOLERANCE);
    CHECK(loss_difference <= 1e-6);
    check_gradients(encoder, prefix);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* Each sequence alone, and all in other orders, give the logits of the whole batch. */
static void test_company(void)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, false);
    const float *want = fixture_get(&golden, "logits")->values;
    lex_batch batch;
    lex_batch_init(&batch);
    float logits[2 * N * K];
    double alone = 0, reordered = 0;
    for (int64_t row = 0; row < N; row++) {
        lex_batch_clear(&batch);
        tiny_add(&batch, &golden, row, 0, 0, true);
        answer(encoder, &batch, logits);
        alone = fmax(alone, largest_difference(logits, want + row * K, K));
    }
    for (int64_t shift = 1; shift < N; shift++) {
        lex_batch_clear(&batch);
        for (int64_t i = 0; i < 2 * N; i++) /* backwards, each twice */
            tiny_add(&batch, &golden, (2 * N - i + shift) % N, 0, 0, true);
        answer(encoder, &batch, logits);
        for (int64_t i = 0; i < 2 * N; i++)
            reordered = fmax(reordered, largest_difference(logits + i * K, want + (2 * N - i + shift) % N * K, K));
    }
    printf("  company: largest difference %.2g alone, %.2g in other orders\n", alone, reordered);
    CHECK(alone <= LOGIT_TOLERANCE);
    CHECK(reordered <= LOGIT_TOLERANCE);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* Micro-batches of 4, 4 and 1 leave the gradients of one batch of 9. */
static void test_micro_batches(void)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_batch batch;
    lex_batch_init(&batch);
    float logits[N * K];
    double loss = 0;
    for (int64_t first = 0; first < N; first += 4) {
        lex_batch_clear(&batch);
        for (int64_t row = first; row < first + 4 && row < N; row++)
            tiny_add(&batch, &golden, row, 0, 0, true);
        loss += learn(encoder, &batch, all_rows + first, LEX_TASK_SINGLE, 1.0 / N, logits);
    }
    CHECK_NEAR(loss, (double)fixture_get(&golden, "single.loss")->values[0], 1e-6);
    printf("  in micro-batches:\n");
    check_gradients(encoder, "single.");
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* A record of two windows: with mean pooling and a linear head, its logits are the mean of the windows' own; gradients
 * are those of that mean. */
static void test_windows(void)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_MEAN, true);
    lex_batch batch;
    lex_batch_init(&batch);
    float apart[3 * K], joined[2 * K];
    tiny_add(&batch, &golden, 2, 0, 25, true);
    tiny_add(&batch, &golden, 2, 20, 20, true);
    tiny_add(&batch, &golden, 5, 0, 0, true);
    answer(encoder, &batch, apart);
    lex_batch_clear(&batch);
    tiny_add(&batch, &golden, 2, 0, 25, true);
    tiny_add(&batch, &golden, 2, 20, 20, false);
    tiny_add(&batch, &golden, 5, 0, 0, true);
    CHECK_INT(batch.n_records, 2);
    CHECK_INT(batch.n_sequences, 3);
    answer(encoder, &batch, joined);
    double largest = largest_difference(joined + K, apart + 2 * K, K);
    for (int k = 0; k < K; k++)
        largest = fmax(largest, fabs((double)joined[k] - 0.5 * ((double)apart[k] + (double)apart[K + k])));
    printf("  windows: largest difference %.2g\n", largest);
    CHECK(largest <= LOGIT_TOLERANCE);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* The gradient of one weight matrix by central differences, where the reference has no number: windows, dropout. */
static double numeric(lex_encoder *encoder, const lex_batch *batch, const int64_t *rows, const lex_train_mode *mode,
                      int64_t at)
{
    lex_err err = {0};
    float *weight = lex_tensor_f32(lex_encoder_weights(encoder)) + at, was = *weight;
    double losses[2], moved[2];
    for (int side = 0; side < 2; side++) {
        float logits[N * K];
        int32_t labels[N];
        for (int64_t r = 0; r < batch->n_records; r++)
            labels[r] = (int32_t)fixture_get(&golden, "labels")->values[rows[r]];
        *weight = was + (side ? 4e-3f : -4e-3f);
        moved[side] = (double)*weight;
        lex_scope *scope = lex_scope_new(runtime);
        stop_on(lex_runtime_seed(runtime, mode->seed, mode->step, 0, &err), &err);
        lex_tensor_read(scope, lex_encoder_forward(encoder, scope, batch, mode, NULL), logits);
        stop_on(lex_scope_status(scope, &err), &err);
        losses[side] = lex_loss(LEX_TASK_SINGLE, logits, batch->n_records, K, labels, NULL, NULL, 1.0, NULL);
        lex_scope_free(scope);
    }
    *weight = was;
    return (losses[1] - losses[0]) / (moved[1] - moved[0]);
}

static void test_differences(lex_pooling pooling, double dropout, const char *name)
{
    static const int64_t rows[] = {2, 5, 7};
    lex_err err = {0};
    lex_encoder *encoder = tiny_encoder(runtime, &golden, pooling, true);
    lex_train_mode mode = {dropout, dropout, dropout, 99, 3};
    lex_batch batch;
    lex_batch_init(&batch);
    tiny_add(&batch, &golden, 2, 0, 25, true);
    tiny_add(&batch, &golden, 2, 20, 20, false);
    tiny_add(&batch, &golden, 5, 0, 0, true);
    tiny_add(&batch, &golden, 7, 0, 0, true);

    float logits[N * K], dlogits[N * K];
    int32_t labels[3];
    for (int r = 0; r < 3; r++)
        labels[r] = (int32_t)fixture_get(&golden, "labels")->values[rows[r]];
    lex_scope *scope = lex_scope_new(runtime);
    lex_tape *tape = lex_tape_new(encoder);
    stop_on(lex_runtime_seed(runtime, mode.seed, mode.step, 0, &err), &err);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, &batch, &mode, tape), logits);
    lex_loss(LEX_TASK_SINGLE, logits, 3, K, labels, NULL, NULL, 1.0, dlogits);
    lex_encoder_backward(encoder, scope, &batch, tape, lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){3, K}, dlogits));
    stop_on(lex_scope_status(scope, &err), &err);
    lex_tape_free(tape);
    lex_scope_free(scope);

    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    const float *gradients = lex_tensor_f32(lex_encoder_gradients(encoder));
    double largest = 0;
    for (int64_t i = 0; i < n_params; i++) {
        /* The largest element of each parameter, where differences say most, and one more. */
        int64_t best = params[i].offset;
        for (int64_t j = best; j < params[i].offset + params[i].count; j++)
            best = fabsf(gradients[j]) > fabsf(gradients[best]) ? j : best;
        int64_t places[2] = {best, params[i].offset + params[i].count / 3};
        for (int p = 0; p < 2; p++) {
            double want = numeric(encoder, &batch, rows, &mode, places[p]), got = (double)gradients[places[p]];
            double difference = fabs(want - got) / fmax(1, fabs(want));
            if (!CHECK(difference <= 5e-4))
                fprintf(stderr, "    %s, %s: %.6g by differences, %.6g\n", name, params[i].name, want, got);
            largest = fmax(largest, difference);
        }
    }
    printf("  %s: largest difference from central differences %.2g\n", name, largest);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* With dropout, an example's logits depend on its number, the seed and the step, and on nothing else. */
static void test_dropout_company(void)
{
    lex_err err = {0};
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, false);
    lex_train_mode mode = {0.2, 0.2, 0.2, 5, 17};
    lex_batch batch;
    lex_batch_init(&batch);
    float together[N * K], alone[K], other[K];
    for (int64_t row = 0; row < N; row++)
        tiny_add(&batch, &golden, N - 1 - row, 0, 0, true);
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, &batch, &mode, NULL), together);
    double largest = 0, moved = 0;
    for (int64_t row = 0; row < N; row++) {
        lex_batch_clear(&batch);
        tiny_add(&batch, &golden, row, 0, 0, true);
        lex_tensor_read(scope, lex_encoder_forward(encoder, scope, &batch, &mode, NULL), alone);
        lex_train_mode later = mode;
        later.step++;
        lex_tensor_read(scope, lex_encoder_forward(encoder, scope, &batch, &later, NULL), other);
        largest = fmax(largest, largest_difference(alone, together + (N - 1 - row) * K, K));
        moved = fmax(moved, largest_difference(alone, other, K));
    }
    stop_on(lex_scope_status(scope, &err), &err);
    printf("  dropout alone and in company: largest difference %.2g (another step: %.2g)\n", largest, moved);
    CHECK(largest <= LOGIT_TOLERANCE);
    CHECK(moved > 0.01);
    lex_scope_free(scope);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* Weights used in place and in the flat buffer give the same bits; so does the same work done twice. */
static void test_binding(void)
{
    lex_batch batch;
    lex_batch_init(&batch);
    whole_batch(&batch);
    float in_place[N * K], flat[N * K], again[N * K];
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, false);
    CHECK(lex_encoder_weights(encoder) == NULL && lex_encoder_gradients(encoder) == NULL);
    answer(encoder, &batch, in_place);
    answer(encoder, &batch, again);
    lex_encoder_free(encoder);
    encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    answer(encoder, &batch, flat);
    lex_encoder_free(encoder);
    CHECK(memcmp(in_place, again, sizeof flat) == 0);
    CHECK(memcmp(in_place, flat, sizeof flat) == 0);
    lex_batch_release(&batch);
}

static void test_gradients_repeat(void)
{
    lex_encoder *encoder = tiny_encoder(runtime, &golden, LEX_POOLING_CLS, true);
    lex_batch batch;
    lex_batch_init(&batch);
    whole_batch(&batch);
    float logits[N * K];
    size_t bytes = (size_t)lex_encoder_flat_count(encoder) * sizeof(float);
    float *first = lex_alloc(bytes);
    learn(encoder, &batch, all_rows, LEX_TASK_SINGLE, 1.0, logits);
    memcpy(first, lex_tensor_f32(lex_encoder_gradients(encoder)), bytes);
    for (int i = 0; i < 3; i++) {
        clear_gradients(encoder);
        learn(encoder, &batch, all_rows, LEX_TASK_SINGLE, 1.0, logits);
        CHECK(memcmp(first, lex_tensor_f32(lex_encoder_gradients(encoder)), bytes) == 0);
    }
    free(first);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

int main(void)
{
    runtime = tiny_runtime(2);
    fixture_open(&golden, "golden/encoder/forward");
    against_reference(LEX_POOLING_CLS, LEX_TASK_SINGLE, "single.", "logits");
    against_reference(LEX_POOLING_CLS, LEX_TASK_MULTI, "multi.", "logits");
    against_reference(LEX_POOLING_MEAN, LEX_TASK_SINGLE, "mean.", "mean.logits");
    test_company();
    test_micro_batches();
    test_windows();
    test_binding();
    test_gradients_repeat();
    if (!tiny_by_library())
        test_dropout_company();
    test_differences(LEX_POOLING_CLS, 0, "windows, cls");
    test_differences(LEX_POOLING_MEAN, 0, "windows, mean");
    test_differences(LEX_POOLING_CLS, 0.15, "windows, cls, dropout");
    fixture_close(&golden);
    lex_runtime_close(runtime);
    return check_report("encoder");
}
