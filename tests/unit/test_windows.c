/* test_windows.c - long documents: how they are cut, how outputs are pooled, and what training makes of them, against
 * transformers with all windows at once (golden/windows), and in parts against at once. */
#include "lexclf/inference.h"
#include "lexclf/model.h"
#include "lexclf/trainer.h"
#include "tiny_bert.h"

#define TOLERANCE 1e-5

enum { N = 8, K = TINY_OUTPUTS, MAX_LENGTH = 20, STRIDE = 13, WINDOWS_MAX = 64, IDS_MAX = 400 };

static lex_runtime *runtime;
static fixture golden, weights;
static int32_t ids[IDS_MAX];
static lex_train_example examples[N];
static const lex_windows all_windows[] = {LEX_WINDOWS_MEAN, LEX_WINDOWS_MAX, LEX_WINDOWS_ATTENTION};

static lex_cut cut_of(int64_t max_length, int64_t stride)
{
    return (lex_cut){.before = {2}, .after = {3}, .n_before = 1, .n_after = 1, .max_length = max_length, .stride = stride};
}

/* ---- cutting ---- */

/* Every token lies in a window, neighbours begin a stride apart, all are full, and the last one ends with the document. */
static void check_cut(int64_t room, int64_t stride, int64_t n)
{
    const lex_cut cut = cut_of(room + 2, stride);
    int64_t W = lex_cut_n_windows(&cut, n), covered = 0, computed = 0, previous = 0;
    int32_t text[200], framed[200];
    for (int32_t i = 0; i < n; i++)
        text[i] = 10 + i;
    for (int64_t w = 0; w < W; w++) {
        int64_t begin, length = lex_cut_window(&cut, text, n, w, &begin);
        CHECK_INT(length, n < room ? n : room);
        CHECK(begin <= covered && begin + length > covered - (n == 0));
        CHECK(w == 0 ? begin == 0 : w + 1 < W ? begin == previous + stride : begin > previous && begin <= previous + stride);
        CHECK_INT(lex_cut_frame(&cut, text, n, w, framed), length + 2);
        CHECK(framed[0] == 2 && framed[length + 1] == 3);
        for (int64_t i = 0; i < length; i++)
            CHECK(framed[1 + i] == 10 + begin + i);
        previous = begin;
        covered = begin + length;
        computed += length + 2;
    }
    CHECK_INT(covered, n);
    CHECK_INT(lex_cut_n_computed(&cut, n), computed);
}

static void test_cut(void)
{
    for (int64_t room = 1; room <= 9; room++)
        for (int64_t stride = 1; stride <= room; stride++)
            for (int64_t n = 0; n <= 40; n++)
                check_cut(room, stride, n);
    const lex_cut cut = cut_of(10, 0); /* one window, cut */
    int64_t begin;
    int32_t text[] = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, framed[10];
    CHECK_INT(lex_cut_n_windows(&cut, 1000), 1);
    CHECK_INT(lex_cut_window(&cut, NULL, 1000, 0, &begin), 8);
    CHECK_INT(begin, 0);
    CHECK_INT(lex_cut_frame(&cut, text, 10, 0, framed), 10);
    CHECK(framed[1] == 4 && framed[8] == 11 && framed[9] == 3);
    /* a document of a hundred million tokens costs no more to cut than a short one */
    const lex_cut wide = cut_of(512, 382);
    CHECK_INT(lex_cut_n_windows(&wide, 100000000), 1 + (100000000 - 510 + 381) / 382);
    CHECK_INT(lex_cut_window(&wide, NULL, 100000000, 261780, &begin), 510);
    CHECK_INT(begin, 100000000 - 510);
}

/* ---- pooling ---- */

static void pool(lex_windows windows, const float *outputs, int64_t W, float *logits)
{
    lex_pooled pooled;
    lex_pooled_init(&pooled, windows, K);
    for (int again = 0; again < 2; again++) { /* nothing is left of the document before */
        lex_pooled_begin(&pooled);
        for (int64_t w = 0; w < W; w++)
            lex_pooled_add(&pooled, outputs + w * lex_windows_width(windows, K));
        lex_pooled_end(&pooled, logits);
    }
    lex_pooled_release(&pooled);
}

/* Made-up outputs; scores up to 300, which no float's exp holds. */
static void fill_outputs(float *outputs, int64_t W, int64_t D)
{
    for (int64_t w = 0; w < W; w++)
        for (int64_t k = 0; k < D; k++)
            outputs[w * D + k] = (float)(k < K ? sin((double)(7 * w + 3 * k)) * 4 : 150 + 150 * cos((double)(w + 1)));
}

static void test_pooling(void)
{
    float outputs[WINDOWS_MAX * (K + 1)], logits[K];
    for (int i = 0; i < 3; i++) {
        const lex_windows windows = all_windows[i];
        const int64_t D = lex_windows_width(windows, K);
        fill_outputs(outputs, WINDOWS_MAX, D);
        pool(windows, outputs, 1, logits);
        CHECK(memcmp(logits, outputs, sizeof logits) == 0); /* one window: its bits */
        pool(windows, outputs, WINDOWS_MAX, logits);
        for (int k = 0; k < K; k++) {
            double sum = 0, total = 0, highest = -INFINITY;
            for (int w = 0; w < WINDOWS_MAX; w++) {
                double z = (double)outputs[w * D + k];
                double weight = windows == LEX_WINDOWS_ATTENTION ? exp((double)outputs[w * D + K] - 300) : 1;
                sum += weight * z;
                total += weight;
                highest = fmax(highest, z);
            }
            CHECK_NEAR((double)logits[k], windows == LEX_WINDOWS_MAX ? highest : sum / total, 1e-6);
        }
    }
    float broken[2 * K] = {0};
    broken[K] = NAN; /* a window that is no number is not hidden by the others */
    pool(LEX_WINDOWS_MAX, broken, 2, logits);
    CHECK(isnan(logits[0]));
}

/* By central differences of the pooled logits along a direction. */
static void test_pooling_backward(void)
{
    enum { W = 6 };
    float outputs[W * (K + 1)], gradient[W * (K + 1)], logits[2][K];
    const float dlogits[K] = {0.5f, -1.25f, 0.75f, 2, -0.125f};
    for (int i = 0; i < 3; i++) {
        const int64_t D = lex_windows_width(all_windows[i], K);
        for (int64_t j = 0; j < W * D; j++)
            outputs[j] = (float)(37 * j % 64) / 64.0f; /* no two of a label within a step */
        lex_windows_backward(all_windows[i], outputs, W, K, dlogits, gradient);
        for (int64_t j = 0; j < W * D; j++) {
            const float was = outputs[j], step = 1.0f / 256;
            double difference = 0;
            for (int side = 0; side < 2; side++) {
                outputs[j] = was + (side ? step : -step);
                pool(all_windows[i], outputs, W, logits[side]);
            }
            outputs[j] = was;
            for (int k = 0; k < K; k++)
                difference += (double)dlogits[k] * ((double)logits[1][k] - (double)logits[0][k]);
            CHECK_NEAR((double)gradient[j], difference / (2 * (double)step), 1e-4);
        }
    }
}

/* ---- the whole way, against transformers ---- */

static void read_examples(void)
{
    const float *lengths = fixture_get(&golden, "lengths")->values, *from = fixture_get(&golden, "ids")->values;
    const float *labels = fixture_get(&golden, "labels")->values;
    LEX_ASSERT(fixture_get(&golden, "ids")->count <= IDS_MAX);
    int32_t *at = ids;
    for (int i = 0; i < N; i++) {
        examples[i] = (lex_train_example){.ids = at, .n = (int64_t)lengths[i], .label = (int32_t)labels[i]};
        for (int64_t j = 0; j < examples[i].n; j++)
            *at++ = (int32_t)*from++;
    }
}

static const float **values_of(const lex_encoder *encoder)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    const float **values = lex_alloc_array((size_t)n_params, sizeof *values);
    for (int64_t i = 0; i < n_params; i++) {
        const fixture_array *array = fixture_find(&weights, "weight.", params[i].name);
        const char *name = strstr(params[i].name, ".weight") ? "weight.classifier.weight" : "weight.classifier.bias";
        if (!array && strcmp(params[i].name, "lexclf.window_attention.weight") == 0)
            array = fixture_get(&golden, "attention");
        values[i] = array ? array->values : fixture_get(&weights, name)->values;
    }
    return values;
}

static lex_encoder_config config_of(lex_windows windows)
{
    lex_err err = {0};
    lex_json *json = NULL;
    lex_encoder_config config = {.width = 0};
    stop_on(lex_json_read(&json, LEX_TESTS_DIR "/golden/encoder/config.json", 1 << 16, &err), &err);
    stop_on(lex_encoder_config_read(&config, json, &err), &err);
    lex_json_free(json);
    config.window_scores = windows == LEX_WINDOWS_ATTENTION;
    return config;
}

static lex_encoder *encoder_of(lex_pooling pooling, lex_windows windows, bool flat)
{
    lex_err err = {0};
    lex_encoder *encoder = NULL;
    lex_encoder_config config = config_of(windows);
    stop_on(lex_encoder_new(&encoder, runtime, &config, pooling, K, &err), &err);
    const float **values = values_of(encoder);
    stop_on(flat ? lex_encoder_bind_flat(encoder, values, &err) : lex_encoder_bind(encoder, values, &err), &err);
    free(values);
    return encoder;
}

/* By the encoder that training uses, and by a crew; the same answers in whatever batches. */
static void answer_documents(lex_pooling pooling, lex_windows windows, const char *name)
{
    const lex_cut cut = cut_of(MAX_LENGTH, STRIDE);
    const float *want = fixture_get(&golden, name)->values;
    lex_sequence documents[N];
    float by_encoder[N * K], by_crew[N * K], again[N * K];
    lex_err err = {0};
    lex_document_options how = {.cut = &cut, .windows = windows, .n_outputs = K};
    for (int i = 0; i < N; i++) {
        documents[i] = (lex_sequence){examples[i].ids, examples[i].n};
        CHECK_INT(lex_cut_n_windows(&cut, examples[i].n), fixture_get(&golden, "n_windows")->values[i]);
    }
    lex_encoder *encoder = encoder_of(pooling, windows, false);
    lex_inference *inference = NULL;
    lex_encoder_config config = config_of(windows);
    const float **values = values_of(encoder);
    stop_on(lex_inference_new(&inference, &config, pooling, K, values, lex_kernels_choose(false),
                              (lex_laid_out){NULL, NULL}, &err), &err);
    lex_runner runner = {.encoder = encoder, .runtime = runtime};
    CHECK_INT(lex_run_documents(&runner, documents, N, &how, by_encoder, &err), LEX_OK);
    for (int threads = 1; threads <= 3; threads++) {
        runner = (lex_runner){.crew = lex_crew_new(inference, lex_windows_width(windows, K), threads, false)};
        runner.batch_tokens = threads == 2 ? 16 : 0;
        CHECK_INT(lex_run_documents(&runner, documents, N, &how, threads == 1 ? by_crew : again, &err), LEX_OK);
        CHECK(threads == 1 || memcmp(by_crew, again, sizeof again) == 0);
        lex_crew_free(runner.crew);
    }
    double a = largest_difference(by_encoder, want, N * K), b = largest_difference(by_crew, want, N * K);
    printf("  %s: largest difference %.2g, answering %.2g\n", name, a, b);
    CHECK(a <= TOLERANCE && b <= TOLERANCE);
    free(values);
    lex_inference_free(inference);
    lex_encoder_free(encoder);
}

static void test_answers(void)
{
    static const char *const names[2][3] = {{"cls.mean.logits", "cls.max.logits", "cls.attention.logits"},
                                            {"mean.mean.logits", "mean.max.logits", "mean.attention.logits"}};
    for (int i = 0; i < 3; i++) {
        answer_documents(LEX_POOLING_CLS, all_windows[i], names[0][i]);
        answer_documents(LEX_POOLING_MEAN, all_windows[i], names[1][i]);
    }
}

/* A stop is seen before the next chunk. */
static void test_stop(void)
{
    const lex_cut cut = cut_of(MAX_LENGTH, STRIDE);
    volatile sig_atomic_t stop = 1;
    lex_err err = {0};
    float logits[K];
    lex_encoder *encoder = encoder_of(LEX_POOLING_CLS, LEX_WINDOWS_MEAN, false);
    lex_sequence document = {examples[0].ids, examples[0].n};
    lex_runner runner = {.encoder = encoder, .runtime = runtime};
    lex_document_options how = {.cut = &cut, .windows = LEX_WINDOWS_MEAN, .n_outputs = K, .stop = &stop};
    CHECK_INT(lex_run_documents(&runner, &document, 1, &how, logits, &err), LEX_ERR_INTERRUPTED);
    lex_encoder_free(encoder);
}

/* ---- learning ---- */

typedef struct {
    lex_windows windows;
    const lex_cut *cut;
    lex_pooling pooling;
    double dropout;
    int64_t batch_tokens;
    bool recompute;
    double r_drop;
} setting;

/* The gradients of one step at rate 0, to be freed. */
static float *gradients_of(const setting *s, const lex_train_example *batch, int64_t n, double *loss, lex_encoder **out)
{
    lex_err err = {0};
    *out = encoder_of(s->pooling, s->windows, true);
    lex_optimizer_options options = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .windows = s->windows, .cut = s->cut,
                                     .recompute = s->recompute, .r_drop = s->r_drop};
    lex_optimizer *optimizer = lex_optimizer_new(*out, runtime, &options);
    lex_train_mode mode = {s->dropout, s->dropout, s->dropout, 7, 3};
    stop_on(lex_optimizer_step(optimizer, loss, LEX_TASK_SINGLE, batch, n, s->batch_tokens, 0, &mode, &err), &err);
    size_t bytes = (size_t)lex_encoder_flat_count(*out) * sizeof(float);
    float *gradients = lex_alloc(bytes);
    memcpy(gradients, lex_tensor_f32(lex_encoder_gradients(*out)), bytes);
    lex_optimizer_free(optimizer);
    return gradients;
}

/* Against the largest element of each parameter's gradient; names it where `limit` is exceeded. */
static double furthest(const lex_encoder *encoder, const float *got, const float *want, double limit)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    double worst = 0;
    for (int64_t i = 0; i < n_params; i++) {
        int64_t at = params[i].offset, n = params[i].count;
        /* The keys' biases have none but rounding (test_training_reference.c). */
        if (strstr(params[i].name, ".key.bias"))
            continue;
        double relative = largest_difference(got + at, want + at, n) / fmax(largest_of(want + at, n), 1e-9);
        if (relative > limit)
            fprintf(stderr, "    %s differs by %.3g\n", params[i].name, relative);
        worst = fmax(worst, relative);
    }
    return worst;
}

/* All gradients of transformers that the fixture has. */
static void test_gradients_of_reference(void)
{
    static const char *const prefixes[] = {"cls.mean.", "cls.max.", "cls.attention."};
    const lex_cut cut = cut_of(MAX_LENGTH, STRIDE);
    for (int i = 0; i < 3; i++) {
        setting s = {all_windows[i], &cut, LEX_POOLING_CLS, 0, 40, false, 0}; /* in parts */
        lex_encoder *encoder;
        double loss, worst = 0;
        float *gradients = gradients_of(&s, examples, N, &loss, &encoder);
        int64_t n_params, n_found = 0;
        const lex_param *params = lex_encoder_params(encoder, &n_params);
        for (int64_t j = 0; j < n_params; j++) {
            const fixture_array *want = fixture_find(&golden, prefixes[i], params[j].name);
            if (!want)
                continue;
            double difference = largest_difference(gradients + params[j].offset, want->values, want->count);
            worst = fmax(worst, difference / largest_of(want->values, want->count));
            n_found++;
        }
        CHECK_INT(n_found, all_windows[i] == LEX_WINDOWS_ATTENTION ? 6 : 5);
        CHECK(worst <= TOLERANCE);
        char name[40];
        snprintf(name, sizeof name, "%sloss", prefixes[i]);
        CHECK_NEAR(loss, (double)fixture_get(&golden, name)->values[0], 1e-6);
        printf("  %s gradients in parts: largest relative difference from the reference %.2g\n", prefixes[i], worst);
        free(gradients);
        lex_encoder_free(encoder);
    }
}

/* In parts, of which a document has many, against all windows of all documents at once; with dropout. */
static void test_parts(lex_pooling pooling, lex_windows windows, double dropout, double r_drop)
{
    const lex_cut cut = cut_of(MAX_LENGTH, STRIDE);
    if (tiny_by_library())
        dropout = 0;
    setting whole = {windows, &cut, pooling, dropout, 100000, false, r_drop};
    lex_encoder *encoder, *other;
    double loss, loss_in_parts;
    float *want = gradients_of(&whole, examples, N, &loss, &encoder);
    static const int64_t budgets[] = {16, 45, 100};
    for (int i = 0; i < 3; i++) {
        setting parts = whole;
        parts.batch_tokens = budgets[i];
        float *got = gradients_of(&parts, examples, N, &loss_in_parts, &other);
        double worst = furthest(encoder, got, want, TOLERANCE);
        CHECK(worst <= TOLERANCE);
        CHECK_NEAR(loss, loss_in_parts, 1e-6);
        if (i == 0)
            printf("  %s, dropout %g, R-Drop %g, %lld tokens at once: largest relative difference %.2g\n",
                   lex_windows_name(windows), dropout, r_drop, (long long)budgets[i], worst);
        free(got);
        lex_encoder_free(other);
    }
    free(want);
    lex_encoder_free(encoder);
}

/* Both ways of learning give the same loss and gradients, bit for bit; some gradient is not 0. */
static void check_same(const setting *s, const lex_train_example *batch, const setting *t, const lex_train_example *beside,
                       int64_t n)
{
    lex_encoder *encoder, *other;
    double loss, same;
    float *want = gradients_of(s, batch, n, &loss, &encoder), *got = gradients_of(t, beside, n, &same, &other);
    CHECK(loss == same);
    CHECK(memcmp(want, got, (size_t)lex_encoder_flat_count(encoder) * sizeof *want) == 0);
    CHECK(largest_of(want, lex_encoder_flat_count(encoder)) > 0);
    free(want);
    free(got);
    lex_encoder_free(encoder);
    lex_encoder_free(other);
}

/* Texts that fit into one window are learned from to the same bits as without windows. */
static void test_short(lex_windows windows, double r_drop)
{
    const lex_cut cut = cut_of(40, 20);
    int32_t framed[4][40];
    lex_train_example plain[4], documents[4];
    for (int i = 0; i < 4; i++) {
        documents[i] = examples[i == 1 ? 7 : i];
        plain[i] = documents[i];
        plain[i].ids = framed[i];
        plain[i].n = lex_cut_frame(&cut, documents[i].ids, documents[i].n, 0, framed[i]);
    }
    setting with = {windows, &cut, LEX_POOLING_CLS, 0.2, r_drop > 0 ? 120 : 60, false, r_drop}, without = with;
    without.windows = LEX_WINDOWS_OFF;
    check_same(&without, plain, &with, documents, 4);
}

/* Of windows side by side the first and the third drawn: what is learned from the document of those two alone, at once and
 * in parts. All of them drawn: as if none were. */
static void test_drawn(lex_windows windows, int64_t batch_tokens)
{
    const lex_cut cut = cut_of(10, 8);
    static const int64_t some[] = {0, 2}, all[] = {0, 1, 2};
    int32_t two[16];
    memcpy(two, ids, 8 * sizeof *ids); /* of all examples, one behind the other */
    memcpy(two + 8, ids + 16, 8 * sizeof *ids);
    lex_train_example document = {.ids = ids, .n = 24, .label = 1}, of_two = {.ids = two, .n = 16, .label = 1}, drawn = document;
    setting s = {windows, &cut, LEX_POOLING_CLS, 0, batch_tokens, false, 0};
    const struct {
        const lex_train_example *as;
        const int64_t *windows;
        int64_t n;
    } cases[] = {{&of_two, some, 2}, {&document, all, 3}};
    for (int i = 0; i < 2; i++) {
        drawn.windows = cases[i].windows;
        drawn.n_windows = cases[i].n;
        check_same(&s, cases[i].as, &s, &drawn, 1);
    }
}

/* Layers computed again on the way back: the same bits. */
static void test_recompute(lex_windows windows, int64_t batch_tokens, double r_drop)
{
    const lex_cut cut = cut_of(MAX_LENGTH, STRIDE);
    setting kept = {windows, &cut, LEX_POOLING_CLS, 0.2, batch_tokens, false, r_drop}, again = kept;
    again.recompute = true;
    int64_t n = windows == LEX_WINDOWS_OFF ? 1 : N; /* without windows ids are the sequence, and n at least 1 */
    check_same(&kept, examples, &again, examples, n);
}

/* ---- R-Drop: documents twice ---- */

/* The loss with one weight moved by `by`; the weights are put back. */
static double loss_beside(const setting *s, lex_encoder *encoder, int64_t at, float by)
{
    lex_err err = {0};
    double loss;
    float *weight = lex_tensor_f32(lex_encoder_weights(encoder)) + at, was = *weight;
    lex_optimizer_options options = {.kind = LEX_OPTIMIZER_SGD, .windows = s->windows, .cut = s->cut, .r_drop = s->r_drop};
    lex_optimizer *optimizer = lex_optimizer_new(encoder, runtime, &options);
    lex_train_mode mode = {s->dropout, s->dropout, s->dropout, 7, 3};
    *weight += by;
    stop_on(lex_optimizer_step(optimizer, &loss, LEX_TASK_SINGLE, examples, N, s->batch_tokens, 0, &mode, &err), &err);
    *weight = was;
    lex_optimizer_free(optimizer);
    return loss;
}

/* The loss is what both masks say and alpha times what the documents' answers differ by: in a line with alpha, above the
 * plain one, without dropout the plain one; and its gradient is that of central differences. */
static void test_r_drop(lex_windows windows)
{
    const lex_cut cut = cut_of(MAX_LENGTH, STRIDE);
    setting s = {windows, &cut, LEX_POOLING_CLS, 0.2, 45, false, 2}, more = s, still = s;
    lex_encoder *encoder, *other;
    double loss, plain, more_loss, worst = 0;
    float *gradients = gradients_of(&s, examples, N, &loss, &encoder);
    more.r_drop = 1e-9;
    free(gradients_of(&more, examples, N, &plain, &other));
    lex_encoder_free(other);
    more.r_drop = 6;
    free(gradients_of(&more, examples, N, &more_loss, &other));
    lex_encoder_free(other);
    CHECK(loss > plain + 1e-4);
    CHECK_NEAR(more_loss - plain, 3 * (loss - plain), 1e-6);
    still.dropout = 0;
    free(gradients_of(&still, examples, N, &more_loss, &other));
    lex_encoder_free(other);
    still.r_drop = 0;
    free(gradients_of(&still, examples, N, &plain, &other));
    lex_encoder_free(other);
    CHECK_NEAR(more_loss, plain, 1e-6);
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    for (int64_t i = 0; i < n_params; i += 3) {
        int64_t at = params[i].offset;
        for (int64_t j = at; j < params[i].offset + params[i].count; j++)
            at = fabsf(gradients[j]) > fabsf(gradients[at]) ? j : at;
        const float by = 4e-3f;
        double slope = (loss_beside(&s, encoder, at, by) - loss_beside(&s, encoder, at, -by)) / (2 * (double)by);
        double difference = fabs(slope - (double)gradients[at]) / fmax(1, fabs(slope));
        if (!CHECK(difference <= 5e-4))
            fprintf(stderr, "    %s: %.6g by differences, %.6g\n", params[i].name, slope, (double)gradients[at]);
        worst = fmax(worst, difference);
    }
    printf("  %s, R-Drop: the answers' difference counts %.3g; largest difference from central differences %.2g\n",
           lex_windows_name(windows), (loss - plain) / 2, worst);
    free(gradients);
    lex_encoder_free(encoder);
}

int main(void)
{
    test_cut();
    test_pooling();
    test_pooling_backward();
    runtime = tiny_runtime(2);
    fixture_open(&golden, "golden/windows/windows");
    fixture_open(&weights, "golden/encoder/forward");
    read_examples();
    test_answers();
    test_stop();
    test_gradients_of_reference();
    for (int i = 0; i < 3; i++) {
        test_parts(LEX_POOLING_CLS, all_windows[i], 0, 0);
        test_parts(LEX_POOLING_CLS, all_windows[i], 0.2, 0);
        test_parts(LEX_POOLING_MEAN, all_windows[i], 0.2, 0);
        test_parts(LEX_POOLING_MEAN, all_windows[i], 0.2, 2);
        test_r_drop(all_windows[i]);
    }
    test_short(LEX_WINDOWS_MEAN, 0);
    test_short(LEX_WINDOWS_MAX, 0);
    test_short(LEX_WINDOWS_MAX, 2);
    for (int i = 0; i < 3; i++) {
        test_drawn(all_windows[i], 100);
        test_drawn(all_windows[i], 10);
    }
    test_recompute(LEX_WINDOWS_OFF, 1000, 0);
    test_recompute(LEX_WINDOWS_ATTENTION, 45, 0);
    test_recompute(LEX_WINDOWS_ATTENTION, 45, 2);
    fixture_close(&golden);
    fixture_close(&weights);
    lex_runtime_close(runtime);
    return check_report("windows");
}
