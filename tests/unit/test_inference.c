/* test_inference.c - the path that answers against the one that training uses, and against transformers
 * (golden/encoder): both poolings, windows, every set of kernels; and a crew of workers: the same bits in any number of
 * threads and batches. */
#include "lexclf/inference.h"
#include "lexclf/model.h"
#include "tiny_bert.h"

#define TOLERANCE 1e-5

static lex_runtime *runtime;
static fixture golden;

enum { N = 9, K = TINY_OUTPUTS };

static void by_training_path(lex_encoder *encoder, const lex_batch *batch, float *logits)
{
    lex_err err = {0};
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, batch, NULL, NULL), logits);
    stop_on(lex_scope_status(scope, &err), &err);
    lex_scope_free(scope);
}

static lex_inference *tiny_inference(lex_pooling pooling, const lex_kernels *kernels)
{
    lex_err err = {0};
    lex_json *json = NULL;
    lex_encoder_config config;
    lex_encoder *encoder = NULL;
    lex_inference *inference = NULL;
    stop_on(lex_json_read(&json, LEX_TESTS_DIR "/golden/encoder/config.json", 1 << 16, &err), &err);
    stop_on(lex_encoder_config_read(&config, json, &err), &err);
    lex_json_free(json);
    stop_on(lex_encoder_new(&encoder, NULL, &config, pooling, K, &err), &err);
    const float **values = tiny_weights(encoder, &golden);
    stop_on(lex_inference_new(&inference, &config, pooling, K, values, kernels, (lex_laid_out){NULL, NULL}, &err), &err);
    free(values);
    lex_encoder_free(encoder);
    return inference;
}

static void compare(const char *name, lex_pooling pooling, const lex_kernels *kernels, const lex_batch *batch,
                    const char *expected)
{
    lex_err err = {0};
    float got[N * K], want[N * K];
    lex_encoder *encoder = tiny_encoder(runtime, &golden, pooling, false);
    lex_inference *inference = tiny_inference(pooling, kernels);
    lex_workspace *workspace = lex_workspace_new(inference);
    by_training_path(encoder, batch, want);
    for (int again = 0; again < 2; again++) {
        CHECK_INT(lex_inference_run(inference, workspace, batch, got, &err), LEX_OK);
        double gap = largest_difference(got, want, batch->n_records * K);
        printf("%s, %s: %.3g from the training path\n", kernels->name, name, gap);
        CHECK(gap <= TOLERANCE);
        if (expected)
            CHECK(largest_difference(got, fixture_get(&golden, expected)->values, N * K) <= TOLERANCE);
    }
    lex_workspace_free(workspace);
    lex_inference_free(inference);
    lex_encoder_free(encoder);
}

static void test_against_training_path(const lex_kernels *kernels)
{
    lex_batch batch;
    lex_batch_init(&batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(&batch, &golden, row, 0, 0, true);
    compare("cls", LEX_POOLING_CLS, kernels, &batch, "logits");
    compare("mean", LEX_POOLING_MEAN, kernels, &batch, "mean.logits");
    lex_batch_clear(&batch);
    tiny_add(&batch, &golden, 0, 0, 0, true); /* two records: of two windows, and of one */
    tiny_add(&batch, &golden, 1, 0, 0, false);
    tiny_add(&batch, &golden, 2, 0, 0, true);
    compare("windows, cls", LEX_POOLING_CLS, kernels, &batch, NULL);
    compare("windows, mean", LEX_POOLING_MEAN, kernels, &batch, NULL);
    lex_batch_release(&batch);
}

/* Ids that the tables do not have are refused, not looked up. */
static void test_bounds(void)
{
    lex_err err = {0};
    float logits[K];
    const int32_t beyond[] = {1, 1000000}, below[] = {-1};
    lex_inference *inference = tiny_inference(LEX_POOLING_CLS, lex_kernels_choose(false));
    lex_workspace *workspace = lex_workspace_new(inference);
    lex_batch batch;
    lex_batch_init(&batch);
    lex_batch_add(&batch, beyond, 2, 0, true);
    CHECK_INT(lex_inference_run(inference, workspace, &batch, logits, &err), LEX_ERR_INPUT);
    lex_batch_clear(&batch);
    lex_batch_add(&batch, below, 1, 0, true);
    CHECK_INT(lex_inference_run(inference, workspace, &batch, logits, &err), LEX_ERR_INPUT);
    lex_batch_release(&batch);
    lex_workspace_free(workspace);
    lex_inference_free(inference);
}

enum { MANY = 300 };

static void run_crew(const lex_inference *inference, const lex_sequence *sequences, int threads, bool together,
                     int64_t batch_tokens, float *logits)
{
    lex_err err = {0};
    lex_crew *crew = lex_crew_new(inference, K, threads, together);
    for (int again = 0; again < 2; again++)
        CHECK_INT(lex_crew_run(crew, sequences, MANY, batch_tokens, logits, NULL, NULL, &err), LEX_OK);
    lex_crew_free(crew);
}

static void test_crew(lex_pooling pooling, const lex_kernels *kernels)
{
    static int32_t ids[MANY][TINY_SEQUENCE_MAX];
    lex_sequence sequences[MANY];
    static float first[MANY * K], other[MANY * K];
    const float *lengths = fixture_get(&golden, "lengths")->values;
    for (int i = 0; i < MANY; i++) {
        const float *from = fixture_get(&golden, "ids")->values;
        for (int row = 0; row < i % N; row++)
            from += (int64_t)lengths[row];
        sequences[i] = (lex_sequence){ids[i], (int64_t)lengths[i % N]};
        for (int64_t j = 0; j < sequences[i].n; j++)
            ids[i][j] = (int32_t)from[j];
    }
    lex_inference *inference = tiny_inference(pooling, kernels);
    const int threads[] = {1, 2, 5, 3};
    const int64_t batches[] = {0, 0, 64, 100000};
    run_crew(inference, sequences, 1, false, 16, first);
    for (int i = 0; i < 8; i++) { /* batches side by side, and each by all threads together */
        memset(other, 0, sizeof other);
        run_crew(inference, sequences, threads[i % 4], i >= 4, batches[i % 4], other);
        CHECK(memcmp(first, other, sizeof first) == 0);
    }
    for (int i = N; i < MANY; i++) /* equal sequences in unequal company */
        CHECK(memcmp(first + i * K, first + i % N * K, K * sizeof *first) == 0);
    lex_inference_free(inference);
}

/* The two ways to bfloat16 are one arithmetic, to the rounding of sums; and not that of float32. */
static void test_bf16(void)
{
    const lex_kernels *const sets[] = {&lex_kernels_avx2, &lex_kernels_avx2_rounded, &lex_kernels_avx512_bf16};
    float logits[3][N * K];
    lex_err err = {0};
    lex_batch batch;
    lex_batch_init(&batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(&batch, &golden, row, 0, 0, true);
    for (int i = 0; i < 3; i++) {
        lex_inference *inference = tiny_inference(LEX_POOLING_CLS, sets[lex_kernels_run_here(sets[i]) ? i : 1]);
        lex_workspace *workspace = lex_workspace_new(inference);
        CHECK_INT(lex_inference_run(inference, workspace, &batch, logits[i], &err), LEX_OK);
        lex_workspace_free(workspace);
        lex_inference_free(inference);
    }
    double exact = largest_difference(logits[0], logits[1], N * K), ways = largest_difference(logits[1], logits[2], N * K);
    printf("bfloat16: %.3g from float32, its two ways %.3g apart, logits up to %.3g\n", exact, ways,
           largest_of(logits[0], N * K));
    CHECK(exact > 1e-5 && exact <= 0.03 * largest_of(logits[0], N * K) && ways < exact);
    lex_batch_release(&batch);
}

int main(void)
{
    const lex_kernels *const sets[] = {&lex_kernels_reference, &lex_kernels_avx2, &lex_kernels_avx512};
    runtime = tiny_runtime(2);
    fixture_open(&golden, "golden/encoder/forward");
    for (int i = 0; i < 3; i++)
        if (lex_kernels_run_here(sets[i]))
            test_against_training_path(sets[i]);
    test_bounds();
    for (int bf16 = 0; bf16 < 2; bf16++) {
        test_crew(LEX_POOLING_CLS, lex_kernels_choose(bf16));
        test_crew(LEX_POOLING_MEAN, lex_kernels_choose(bf16));
    }
    test_bf16();
    fixture_close(&golden);
    lex_runtime_close(runtime);
    return check_report("inference");
}
