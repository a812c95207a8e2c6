/* test_families.c - every family beside BERT against transformers (golden/families): logits and the gradient of every
 * parameter, by the path that trains and the one that answers, in every set of kernels; in int8; and, where the reference has
 * no numbers, by differences: windows, dropout, the mean over tokens. What is frozen or computed again changes nothing. */
#include "cuda_on_cpu.h"
#include "encoder/layout.h"
#include "lexclf/inference.h"
#include "lexclf/int8.h"
#include "tensor/internal.h"
#include "tiny_bert.h"

#define TOLERANCE 1e-5
#define INT8_TOLERANCE 0.1 /* of the largest logit */
#define BF16_TOLERANCE 0.05
#define FP16_TOLERANCE 0.01

enum { N = 8, K = 3 };

static const char *const names[] = {"roberta", "distilbert", "electra", "mpnet",
                                    "albert", "modernbert", "modernbert-mean", "deberta",
                                    "deberta-v2", "deberta-v2-one"};
enum { N_NAMES = sizeof names / sizeof *names };

static lex_runtime *runtime;
static fixture golden;
static lex_encoder_config config;

static void open_family(const char *name)
{
    char path[300];
    lex_err err = {0};
    lex_json *json = NULL;
    snprintf(path, sizeof path, LEX_TESTS_DIR "/golden/families/%s.json", name);
    stop_on(lex_json_read(&json, path, 1 << 16, &err), &err);
    stop_on(lex_encoder_config_read(&config, json, &err), &err);
    lex_json_free(json);
    snprintf(path, sizeof path, "golden/families/%s", name);
    fixture_open(&golden, path);
}

/* Of each parameter; the head of the mean has the classifier's. The caller frees the list. */
static const float **weights_of(const lex_encoder *encoder)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    const float **values = lex_alloc_array((size_t)n_params, sizeof *values);
    char name[120];
    for (int64_t i = 0; i < n_params; i++) {
        const fixture_array *array = fixture_find(&golden, "weight.", params[i].name);
        if (!array) {
            lex_encoder_head_name(name, config.family, LEX_POOLING_CLS);
            size_t n = strlen(name) - strlen("weight");
            snprintf(name + n, sizeof name - n, "%s", strstr(params[i].name, ".weight") ? "weight" : "bias");
            array = fixture_find(&golden, "weight.", name);
        }
        if (!array || array->count != params[i].count)
            fixture_stop(params[i].name);
        values[i] = array->values;
    }
    return values;
}

static lex_encoder *encoder_of(lex_pooling pooling, bool flat, int64_t n_frozen)
{
    lex_err err = {0};
    lex_encoder *encoder = NULL;
    stop_on(lex_encoder_new(&encoder, runtime, &config, pooling, K, &err), &err);
    const float **values = weights_of(encoder);
    lex_encoder_freeze(encoder, n_frozen);
    stop_on(flat ? lex_encoder_bind_flat(encoder, values, &err) : lex_encoder_bind(encoder, values, &err), &err);
    free(values);
    return encoder;
}

static void whole_batch(lex_batch *batch)
{
    lex_batch_init(batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(batch, &golden, row, 0, 0, true);
}

/* The padding's id among the tokens. */
static void odd_batch(lex_batch *batch)
{
    const fixture_array *odd = fixture_get(&golden, "odd");
    int32_t ids[40];
    for (int64_t i = 0; i < odd->count; i++)
        ids[i] = (int32_t)odd->values[i];
    lex_batch_init(batch);
    lex_batch_add(batch, ids, odd->count, 0, true);
}

static void forward(lex_encoder *encoder, const lex_batch *batch, const lex_train_mode *mode, float *logits)
{
    lex_err err = {0};
    lex_scope *scope = lex_scope_new(runtime);
    if (mode)
        stop_on(lex_runtime_seed(runtime, mode->seed, mode->step, 0, &err), &err);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, batch, mode, NULL), logits);
    stop_on(lex_scope_status(scope, &err), &err);
    lex_scope_free(scope);
}

/* One way forwards and back; the mean loss. */
static double learn(lex_encoder *encoder, const lex_batch *batch, const int32_t *labels, const lex_train_mode *mode,
                    bool recompute, float *logits)
{
    lex_err err = {0};
    float dlogits[N * K];
    const int64_t R = batch->n_records;
    lex_scope *scope = lex_scope_new(runtime);
    lex_tape *tape = lex_tape_new(encoder);
    if (recompute)
        lex_tape_recompute(tape);
    if (mode)
        stop_on(lex_runtime_seed(runtime, mode->seed, mode->step, 0, &err), &err);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, batch, mode, tape), logits);
    stop_on(lex_scope_status(scope, &err), &err);
    double loss = lex_loss(LEX_TASK_SINGLE, logits, R, K, labels, NULL, NULL, 1.0 / (double)R, dlogits);
    lex_encoder_backward(encoder, scope, batch, tape, lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){R, K}, dlogits));
    stop_on(lex_scope_status(scope, &err), &err);
    lex_tape_free(tape);
    lex_scope_free(scope);
    return loss;
}

static void read_labels(int32_t labels[N])
{
    for (int i = 0; i < N; i++)
        labels[i] = (int32_t)fixture_get(&golden, "labels")->values[i];
}

/* ---- against transformers ---- */

static double gradient_difference(const lex_encoder *encoder, const float *flat)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    double largest = 0;
    for (int64_t i = 0; i < n_params; i++) {
        const fixture_array *want = fixture_find(&golden, "gradient.", params[i].name);
        if (!CHECK(want && want->count == params[i].count))
            continue;
        double difference = largest_difference(flat + params[i].offset, want->values, want->count);
        if (!CHECK(difference <= TOLERANCE * fmax(largest_of(want->values, want->count), 1)))
            fprintf(stderr, "    %s: differs by %.3g of %.3g\n", params[i].name, difference,
                    largest_of(want->values, want->count));
        largest = fmax(largest, difference);
    }
    return largest;
}

static void test_training(const char *name)
{
    lex_encoder *encoder = encoder_of(LEX_POOLING_CLS, true, 0);
    const lex_train_mode mode = {0, 0, 0, 1, 1};
    float logits[N * K], odd[K];
    int32_t labels[N];
    lex_batch batch, other;
    whole_batch(&batch);
    odd_batch(&other);
    read_labels(labels);
    forward(encoder, &other, NULL, odd);
    CHECK(largest_difference(odd, fixture_get(&golden, "odd.logits")->values, K) <= TOLERANCE);
    double loss = learn(encoder, &batch, labels, &mode, false, logits);
    double apart = largest_difference(logits, fixture_get(&golden, "logits")->values, N * K);
    double gradients = gradient_difference(encoder, lex_tensor_f32(lex_encoder_gradients(encoder)));
    printf("  %-10s logits %.2g, loss %.2g, gradients %.2g from the reference\n", name, apart,
           fabs(loss - (double)fixture_get(&golden, "loss")->values[0]), gradients);
    CHECK(apart <= TOLERANCE);
    CHECK_NEAR(loss, (double)fixture_get(&golden, "loss")->values[0], 1e-6);
    lex_batch_release(&batch);
    lex_batch_release(&other);
    lex_encoder_free(encoder);
}

/* Integers of all parameters that may be in int8; to be freed, each and the list. */
static lex_int8_weight *integers_of(const lex_encoder *encoder, const float **values)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    lex_int8_weight *int8 = lex_alloc_zeroed((size_t)n_params, sizeof *int8);
    for (int64_t i = 0; i < n_params; i++) {
        const int64_t rows = params[i].shape[0], columns = params[i].shape[1];
        if (params[i].int8 == LEX_INT8_NEVER)
            continue;
        int8_t *integers = lex_alloc_aligned(params[i].int8 == LEX_INT8_ROWS ? (size_t)params[i].count : lex_int8_bytes(columns, rows));
        float *scales = lex_alloc_array((size_t)rows, sizeof *scales);
        if (params[i].int8 == LEX_INT8_ROWS)
            lex_int8_pack_rows(integers, scales, values[i], rows, columns);
        else
            lex_int8_pack(integers, scales, values[i], columns, rows);
        int8[i] = (lex_int8_weight){integers, scales};
        values[i] = NULL;
    }
    return int8;
}

static void free_integers(lex_int8_weight *int8, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        free((void *)(uintptr_t)int8[i].values);
        free((void *)(uintptr_t)int8[i].scales);
    }
    free(int8);
}

/* By several threads, which have shares of its rows: the same bits. */
static void check_together(const lex_inference *inference, const lex_batch *batch, const float *alone)
{
    lex_err err = {0};
    float logits[N * K] = {0};
    for (int threads = 1; threads <= 3; threads++) {
        lex_together *together = lex_together_new(inference, threads);
        CHECK_INT(lex_together_run(together, batch, logits, &err), LEX_OK);
        CHECK(memcmp(alone, logits, (size_t)(batch->n_records * K) * sizeof *logits) == 0);
        lex_together_free(together);
    }
}

static void answer(const lex_kernels *kernels, lex_pooling pooling, bool in_int8, const lex_batch *batch, float *logits)
{
    lex_err err = {0};
    int64_t n_params;
    lex_encoder *encoder = NULL;
    lex_inference *inference = NULL;
    stop_on(lex_encoder_new(&encoder, NULL, &config, pooling, K, &err), &err);
    (void)lex_encoder_params(encoder, &n_params);
    const float **values = weights_of(encoder);
    lex_int8_weight *int8 = in_int8 ? integers_of(encoder, values) : NULL;
    stop_on(lex_inference_new_int8(&inference, &config, pooling, K, values, int8, kernels, lex_int8_choose(),
                                   (lex_laid_out){NULL, NULL}, &err), &err);
    lex_workspace *workspace = lex_workspace_new(inference);
    for (int again = 0; again < 2; again++)
        CHECK_INT(lex_inference_run(inference, workspace, batch, logits, &err), LEX_OK);
    check_together(inference, batch, logits);
    lex_workspace_free(workspace);
    lex_inference_free(inference);
    if (int8)
        free_integers(int8, n_params);
    free(values);
    lex_encoder_free(encoder);
}

static void test_answering(const char *name)
{
    const lex_kernels *const sets[] = {&lex_kernels_reference, &lex_kernels_avx2, &lex_kernels_avx512};
    const fixture_array *want = fixture_get(&golden, "logits");
    float logits[N * K], trained[N * K], odd[K];
    lex_batch batch, other;
    whole_batch(&batch);
    odd_batch(&other);
    double largest = 0;
    for (int i = 0; i < 3; i++) {
        if (!lex_kernels_run_here(sets[i]))
            continue;
        answer(sets[i], LEX_POOLING_CLS, false, &batch, logits);
        largest = fmax(largest, largest_difference(logits, want->values, N * K));
        answer(sets[i], LEX_POOLING_CLS, false, &other, odd);
        largest = fmax(largest, largest_difference(odd, fixture_get(&golden, "odd.logits")->values, K));
    }
    CHECK(largest <= TOLERANCE);
    answer(lex_kernels_choose(false), LEX_POOLING_MEAN, false, &batch, logits);
    lex_encoder *encoder = encoder_of(LEX_POOLING_MEAN, false, 0);
    forward(encoder, &batch, NULL, trained);
    double mean = largest_difference(logits, trained, N * K);
    CHECK(mean <= TOLERANCE);
    answer(lex_kernels_choose(false), LEX_POOLING_CLS, true, &batch, logits);
    double int8 = largest_difference(logits, want->values, N * K) / largest_of(want->values, N * K);
    CHECK(int8 > 0 && int8 <= INT8_TOLERANCE);
    printf("  %-10s answering %.2g from the reference, the mean %.2g from training; int8 %.2g of the largest logit\n", name,
           largest, mean, int8);
    lex_batch_release(&batch);
    lex_batch_release(&other);
    lex_encoder_free(encoder);
}

/* As CUDA answers with fewer bits: rows and weights rounded once; all else of the library's paths is as in training. */
static void test_rounded(const char *name, lex_precision precision, double tolerance)
{
    lex_err err = {0};
    const fixture_array *want = fixture_get(&golden, "logits");
    float logits[N * K], again[N * K], unrounded[N * K];
    lex_batch batch;
    whole_batch(&batch);
    stop_on(lex_runtime_use(runtime, precision, &err), &err);
    lex_encoder *encoder = encoder_of(LEX_POOLING_CLS, false, 0), *trained = encoder_of(LEX_POOLING_CLS, true, 0);
    forward(encoder, &batch, NULL, logits);
    forward(encoder, &batch, NULL, again);
    forward(trained, &batch, NULL, unrounded);
    stop_on(lex_runtime_use(runtime, LEX_PRECISION_FP32, &err), &err);
    double apart = largest_difference(logits, want->values, N * K) / largest_of(want->values, N * K);
    CHECK(apart > 0 && apart <= tolerance);
    CHECK(memcmp(logits, again, sizeof logits) == 0);
    CHECK_INT(memcmp(logits, unrounded, sizeof logits) != 0, config.distance_span == 0);
    printf("  %-10s answering in %s %.2g of the largest logit from the reference\n", name, lex_precision_name(precision), apart);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
    lex_encoder_free(trained);
}

/* ---- the kernels of the CUDA plugin: here each lane of theirs is a thread ---- */

static int n_sums, n_embeddings;

static bool counted_add_norm(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias,
                             void *y, char *why)
{
    n_sums++;
    return lex_cuda_on_cpu.add_norm(rows, x, beside, weight, bias, y, why);
}

static bool counted_embed_norm(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids,
                               const float *weight, const float *bias, void *y, char *why)
{
    n_embeddings++;
    return lex_cuda_on_cpu.embed_norm(rows, tables, ids, weight, bias, y, why);
}

static const lex_cuda_table counted = {counted_add_norm, counted_embed_norm};

/* The fixture's arrays as a device has them, at multiples of 64 bytes; `were` gets where they lay. */
static void align_weights(const float **were)
{
    for (int64_t i = 0; i < golden.n_arrays; i++) {
        fixture_array *array = &golden.arrays[i];
        float *values = lex_alloc_aligned((size_t)array->count * sizeof *values);
        memcpy(values, array->values, (size_t)array->count * sizeof *values);
        were[i] = array->values;
        array->values = values;
    }
}

static void put_back(const float *const *were)
{
    for (int64_t i = 0; i < golden.n_arrays; i++) {
        free((void *)(uintptr_t)golden.arrays[i].values);
        golden.arrays[i].values = were[i];
    }
}

/* The logits of a few sequences. */
enum { FEW = 2 };
static void answer_few(bool aligned, const lex_cuda_table *table, float logits[FEW * K])
{
    const float *were[FIXTURE_ARRAYS_MAX];
    lex_batch batch;
    lex_batch_init(&batch);
    for (int64_t row = 0; row < FEW; row++)
        tiny_add(&batch, &golden, row, 0, 0, true);
    if (aligned)
        align_weights(were);
    lex_encoder *encoder = encoder_of(LEX_POOLING_CLS, false, 0);
    lex_runtime_rows_by(runtime, table);
    n_sums = n_embeddings = 0;
    forward(encoder, &batch, NULL, logits);
    lex_runtime_rows_by(runtime, NULL);
    lex_encoder_free(encoder);
    if (aligned)
        put_back(were);
    lex_batch_release(&batch);
}

/* Where weights lie anywhere, what is not rounded first is left to the library. */
static void test_plugin(const char *name)
{
    lex_err err = {0};
    const bool rounds = config.distance_span == 0, norm_first = strncmp(name, "modernbert", 10) == 0;
    const float *want = fixture_get(&golden, "logits")->values;
    float logits[FEW * K], anywhere[FEW * K];
    stop_on(lex_runtime_use(runtime, LEX_PRECISION_BF16, &err), &err);
    answer_few(false, &counted, anywhere);
    CHECK_INT(n_sums > 0, rounds && !norm_first);
    CHECK_INT(n_embeddings, 0);
    answer_few(true, &counted, logits);
    CHECK_INT(n_sums > 0, !norm_first);
    CHECK_INT(n_embeddings, rounds);
    stop_on(lex_runtime_use(runtime, LEX_PRECISION_FP32, &err), &err);
    double apart = fmax(largest_difference(logits, want, FEW * K), largest_difference(anywhere, want, FEW * K));
    apart /= largest_of(want, FEW * K);
    CHECK(apart > 0 && apart <= BF16_TOLERANCE);
    printf("  %-10s with the plugin's kernels in bf16 %.2g of the largest logit from the reference\n", name, apart);
}

/* On the way to a gradient it is not used: layers that are computed again must be what they were. */
static void test_plugin_in_training(void)
{
    const lex_train_mode mode = {0, 0, 0, 1, 1};
    float logits[N * K];
    int32_t labels[N];
    lex_batch batch;
    whole_batch(&batch);
    read_labels(labels);
    lex_encoder *encoder = encoder_of(LEX_POOLING_CLS, true, 1);
    lex_runtime_rows_by(runtime, &counted);
    n_sums = n_embeddings = 0;
    learn(encoder, &batch, labels, &mode, true, logits);
    CHECK_INT(n_sums + n_embeddings, 0);
    lex_runtime_rows_by(runtime, NULL);
    lex_encoder_free(encoder);
    lex_batch_release(&batch);
}

/* ---- memory that runs out while weights are sent to the device ---- */

static const lex_shim_table *library;
static int n_left;

static bool fail_in_time(lex_t *out, void *data, int dtype, int n_dims, const int64_t *sizes, char *why)
{
    snprintf(why, LEX_SHIM_WHY_BYTES, "out of memory");
    return --n_left != 0 && library->from_memory(out, data, dtype, n_dims, sizes, why);
}

static void test_short_memory(void)
{
    lex_err err = {0};
    lex_shim_table failing = *runtime->shim;
    library = runtime->shim;
    failing.from_memory = fail_in_time;
    stop_on(lex_runtime_use(runtime, LEX_PRECISION_BF16, &err), &err);
    for (int k = 1; k < 1000; k++) {
        lex_encoder *encoder = NULL;
        stop_on(lex_encoder_new(&encoder, runtime, &config, LEX_POOLING_CLS, K, &err), &err);
        const float **values = weights_of(encoder);
        runtime->shim = &failing;
        n_left = k;
        lex_status st = lex_encoder_bind(encoder, values, &err);
        runtime->shim = library;
        bool enough = n_left > 0;
        CHECK_INT(st, enough ? LEX_OK : LEX_ERR_SYSTEM);
        lex_encoder_free(encoder);
        free(values);
        k = enough ? 1000 : k;
    }
    err = (lex_err){0};
    stop_on(lex_runtime_use(runtime, LEX_PRECISION_FP32, &err), &err);
}

/* ---- by differences ---- */

static double numeric(lex_encoder *encoder, const lex_batch *batch, const int32_t *labels, const lex_train_mode *mode, int64_t at)
{
    float *weight = lex_tensor_f32(lex_encoder_weights(encoder)) + at, was = *weight, logits[N * K];
    double losses[2], moved[2];
    for (int side = 0; side < 2; side++) {
        *weight = was + (side ? 4e-3f : -4e-3f);
        moved[side] = (double)*weight;
        forward(encoder, batch, mode, logits);
        losses[side] = lex_loss(LEX_TASK_SINGLE, logits, batch->n_records, K, labels, NULL, NULL, 1.0 / (double)batch->n_records, NULL);
    }
    *weight = was;
    return (losses[1] - losses[0]) / (moved[1] - moved[0]);
}

/* With dropout, and a record of two windows. */
static void test_differences(const char *name, lex_pooling pooling)
{
    const lex_train_mode mode = {0.15, 0.15, 0.15, 99, 3};
    const int32_t labels[2] = {1, 2};
    float logits[N * K];
    lex_encoder *encoder = encoder_of(pooling, true, 0);
    lex_batch batch;
    lex_batch_init(&batch);
    tiny_add(&batch, &golden, 2, 0, 25, true);
    tiny_add(&batch, &golden, 7, 0, 0, false);
    tiny_add(&batch, &golden, 3, 0, 0, true);
    learn(encoder, &batch, labels, &mode, false, logits);
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    const float *gradients = lex_tensor_f32(lex_encoder_gradients(encoder));
    double largest = 0;
    for (int64_t i = 0; i < n_params; i++) {
        int64_t best = params[i].offset; /* where differences say most */
        for (int64_t j = best; j < params[i].offset + params[i].count; j++)
            best = fabsf(gradients[j]) > fabsf(gradients[best]) ? j : best;
        double want = numeric(encoder, &batch, labels, &mode, best), got = (double)gradients[best];
        if (!CHECK(fabs(want - got) <= 1e-3 * fmax(1, fabs(want))))
            fprintf(stderr, "    %s, %s: %.6g by differences, %.6g\n", name, params[i].name, want, got);
        largest = fmax(largest, fabs(want - got));
    }
    printf("  %-10s %s, windows, dropout: %.2g from differences\n", name, pooling == LEX_POOLING_CLS ? "cls" : "mean", largest);
    lex_batch_release(&batch);
    lex_encoder_free(encoder);
}

/* ---- what changes nothing ---- */

static void test_bits(void)
{
    const lex_train_mode mode = {0.2, 0.2, 0.2, 5, 7};
    float logits[N * K], again[N * K];
    int32_t labels[N];
    lex_batch batch;
    whole_batch(&batch);
    read_labels(labels);
    lex_encoder *whole = encoder_of(LEX_POOLING_CLS, true, 0), *other = encoder_of(LEX_POOLING_CLS, true, 0);
    const float *gradients = lex_tensor_f32(lex_encoder_gradients(whole));
    learn(whole, &batch, labels, &mode, false, logits);
    learn(other, &batch, labels, &mode, true, again);
    CHECK(memcmp(logits, again, sizeof again) == 0);
    CHECK(memcmp(gradients, lex_tensor_f32(lex_encoder_gradients(other)),
                 (size_t)lex_encoder_flat_count(other) * sizeof *gradients) == 0);
    lex_encoder_free(other);
    for (int64_t n = 1; n <= config.n_layers + 1; n++) {
        if (!lex_encoder_may_freeze(whole, n)) {
            CHECK(config.n_groups > 0);
            continue;
        }
        other = encoder_of(LEX_POOLING_CLS, true, n);
        learn(other, &batch, labels, &mode, false, again);
        int64_t below = lex_encoder_n_frozen(other);
        CHECK(below > 0 && memcmp(logits, again, sizeof again) == 0);
        CHECK(memcmp(gradients + below, lex_tensor_f32(lex_encoder_gradients(other)),
                     (size_t)(lex_encoder_flat_count(other) - below) * sizeof *gradients) == 0);
        lex_encoder_free(other);
    }
    lex_batch_release(&batch);
    lex_encoder_free(whole);
}

/* Buckets at the sizes that are published. */
static void test_distances(void)
{
    enum { FAR = 600, SPAN = 256, LONGEST = 512 };
    int64_t found[2 * FAR + 1];
    fixture_open(&golden, "golden/families/distances");
    lex_distance_buckets(FAR, found);
    for (int i = 0; i <= 2 * FAR; i++)
        CHECK_INT(found[i], (int64_t)fixture_get(&golden, "mpnet")->values[i]);
    const lex_encoder_config deberta = {.distance_span = SPAN, .distance_max = LONGEST};
    lex_distance_rows(&deberta, LONGEST - 1, found);
    for (int i = 0; i < 2 * LONGEST - 1; i++)
        CHECK_INT(found[i], (int64_t)fixture_get(&golden, "deberta")->values[i]);
    fixture_close(&golden);
}

/* What is told to be supported is what is. */
static void test_list(void)
{
    char list[400];
    int n_listed = 0, n_families = 0;
    snprintf(list, sizeof list, "%s", lex_encoder_supported());
    for (char *name = strtok(list, ", "); name; name = strtok(NULL, ", "), n_listed++)
        CHECK(lex_encoder_family_of(name) != NULL);
    while (lex_encoder_family_at(n_families)) {
        const char *name = lex_encoder_family_name(lex_encoder_family_at(n_families++));
        CHECK(strstr(lex_encoder_supported(), name) != NULL);
    }
    CHECK(n_listed >= n_families && n_families == 8);
    CHECK(lex_encoder_family_of("t5") == NULL);
}

int main(void)
{
    runtime = tiny_runtime(2);
    test_list();
    test_distances();
    for (int i = 0; i < N_NAMES; i++) {
        open_family(names[i]);
        test_training(names[i]);
        test_answering(names[i]);
        test_differences(names[i], LEX_POOLING_CLS);
        test_differences(names[i], LEX_POOLING_MEAN);
        test_bits();
        if (tiny_by_library()) {
            test_rounded(names[i], LEX_PRECISION_BF16, BF16_TOLERANCE);
            test_rounded(names[i], LEX_PRECISION_FP16, FP16_TOLERANCE);
            test_plugin(names[i]);
            test_plugin_in_training();
            test_short_memory();
        }
        fixture_close(&golden);
    }
    lex_runtime_close(runtime);
    return check_report("families");
}
