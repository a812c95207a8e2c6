/* test_scope.c - tensors and scopes: values in and out, views, dtypes; what a failure inside libtorch leaves behind. */
#include <time.h>

#include "lexclf/file.h"
#include "numbers.h"

static lex_runtime *runtime;

#if defined(__SANITIZE_ADDRESS__)
/* A request for an impossible amount of memory is to fail as it does without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
#endif

static void test_runtime(void)
{
    lex_err err = {0};
    lex_runtime *other = NULL;
    CHECK(!lex_runtime_is_cuda(runtime));
    CHECK_STR(lex_runtime_device(runtime), "cpu");
    CHECK(strncmp(lex_runtime_torch_version(runtime), "2.", 2) == 0);
    static const char *const bad[] = {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:4096", "CPU"};
    for (int i = 0; i < (int)(sizeof bad / sizeof *bad); i++) {
        lex_err_clear(&err);
        CHECK_INT(lex_runtime_open(&other, bad[i], 1, &err), LEX_ERR_USAGE);
        CHECK(other == NULL && strstr(err.message, "no device '") != NULL);
    }
    lex_err_clear(&err);
    CHECK_INT(lex_runtime_open(&other, "auto", 1, &err), LEX_OK);
    lex_runtime_close(other);
    if (lex_path_kind_of("/dev/nvidiactl") == LEX_PATH_MISSING) {
        other = NULL;
        CHECK_INT(lex_runtime_open(&other, "cuda", 1, &err), LEX_ERR_SYSTEM);
        CHECK(other == NULL && strstr(err.message, "device 'cuda' cannot be used") != NULL && err.hint[0] != '\0');
    }
}

static void count_piece(void *context, int64_t begin, int64_t end)
{
    char *seen = context;
    for (int64_t i = begin; i < end; i++)
        seen[i]++;
}

static void test_parallel_for(void)
{
    static char seen[10007];
    static const int64_t grains[] = {1, 100, 20000};
    for (int g = 0; g < 3; g++) {
        memset(seen, 0, sizeof seen);
        lex_parallel_for(runtime, (int64_t)sizeof seen, grains[g], count_piece, seen);
        long n_wrong = 0;
        for (size_t i = 0; i < sizeof seen; i++)
            n_wrong += seen[i] != 1;
        CHECK_INT(n_wrong, 0);
    }
    lex_parallel_for(runtime, 0, 1, count_piece, NULL);
}

/* Many short jobs on end, with threads that are awake or asleep, more of them than processors, and none but the caller. */
static void test_pools(void)
{
    static char seen[3001];
    static const int sizes[] = {1, 2, 3, 9};
    for (int s = 0; s < 4; s++) {
        lex_runtime *pool = cpu_runtime(sizes[s]);
        long n_wrong = 0;
        for (int job = 0; job < 3000; job++) {
            int64_t n = 1 + job * 7 % 3001;
            memset(seen, 0, (size_t)n);
            lex_parallel_for(pool, n, 1 + job % 50, count_piece, seen);
            for (int64_t i = 0; i < n; i++)
                n_wrong += seen[i] != 1;
            if (job % 500 == 0)
                nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* long enough to fall asleep */
        }
        CHECK_INT(n_wrong, 0);
        lex_runtime_close(pool);
    }
}

static void test_values(void)
{
    lex_scope *scope = lex_scope_new(runtime);
    float values[6] = {1, 2, 3, 4, 5, 6}, out[6] = {0};
    int64_t sizes[2] = {2, 3};
    lex_tensor *copied = lex_tensor_from(scope, LEX_F32, 2, sizes, values);
    lex_tensor *over = lex_tensor_over(scope, LEX_F32, 2, sizes, values);
    values[5] = 60;
    CHECK(lex_tensor_f32(copied)[5] == 6 && lex_tensor_f32(over) == values);
    CHECK_INT(lex_tensor_count(copied), 6);
    CHECK_INT(lex_tensor_size(copied, 0), 2);
    CHECK_INT(lex_tensor_size(copied, 1), 3);
    lex_tensor *clone = lex_tensor_clone(scope, copied);
    lex_tensor_zero(scope, copied);
    lex_tensor_read(scope, copied, out);
    CHECK(out[0] == 0 && out[5] == 0 && lex_tensor_f32(clone)[5] == 6);
    lex_tensor_write(scope, copied, values);
    lex_tensor_read(scope, copied, out);
    CHECK(out[0] == 1 && out[5] == 60);
    lex_tensor_copy(scope, copied, clone);
    CHECK(lex_tensor_f32(copied)[5] == 6);
    CHECK(lex_add(scope, copied, clone) == copied && lex_tensor_f32(copied)[5] == 12);

    /* Views share memory. */
    lex_tensor *row = lex_tensor_view(scope, clone, 1, (int64_t[]){3}, 3);
    CHECK(row && lex_tensor_f32(row) == lex_tensor_f32(clone) + 3);
    lex_tensor *column = lex_tensor_strided(scope, clone, 1, (int64_t[]){2}, (int64_t[]){3}, 1);
    lex_tensor_read(scope, column, out);
    CHECK(out[0] == 2 && out[1] == 5);

    /* Halves become floats on the way out: 1.0, -2.0, 0.5. */
    static const uint16_t f16[3] = {0x3C00, 0xC000, 0x3800}, bf16[3] = {0x3F80, 0xC000, 0x3F00};
    int64_t n = 3;
    lex_tensor_read(scope, lex_tensor_from(scope, LEX_F16, 1, &n, f16), out);
    CHECK(out[0] == 1 && out[1] == -2 && out[2] == 0.5f);
    lex_tensor_read(scope, lex_tensor_from(scope, LEX_BF16, 1, &n, bf16), out);
    CHECK(out[0] == 1 && out[1] == -2 && out[2] == 0.5f);
    check_scope(scope);
    lex_scope_free(scope);
    lex_scope_free(NULL);
}

static void test_keep(void)
{
    lex_scope *outer = lex_scope_new(runtime), *inner = lex_scope_new(runtime);
    float value = 7;
    int64_t one = 1;
    lex_tensor *kept = NULL;
    for (int i = 0; i < 40; i++) {
        lex_tensor *tensor = lex_tensor_from(inner, LEX_F32, 1, &one, &value);
        if (i == 20)
            kept = tensor;
    }
    CHECK(lex_scope_keep(outer, inner, kept) == kept);
    CHECK(lex_scope_keep(outer, inner, NULL) == NULL && !lex_scope_failed(outer));
    CHECK(lex_scope_runtime(outer) == runtime);
    lex_scope_free(inner);
    CHECK(lex_tensor_f32(kept)[0] == 7);
    lex_scope_free(outer);
}

/* After a failure the scope does nothing more, says what was first, and can be used again when it was reset. */
static void test_failure(void)
{
    lex_err err = {0};
    lex_scope *scope = lex_scope_new(runtime), *outer = lex_scope_new(runtime);
    float values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    lex_tensor *x = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){2, 5}, values);
    lex_tensor *w = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){3, 4}, values);
    lex_tensor *b = lex_tensor_from(scope, LEX_F32, 1, (int64_t[]){3}, values);
    CHECK(lex_linear_apply(scope, x, w, b) == NULL);
    CHECK(lex_scope_failed(scope));
    CHECK_INT(lex_scope_status(scope, &err), LEX_ERR_SYSTEM);
    CHECK(strstr(err.message, "tensor operation 'linear' failed: ") == err.message && !strchr(err.message, '\n'));
    printf("  %s\n", err.message);

    /* Later operations, good and bad, do nothing; the first cause stays. */
    lex_packing packing = {(int64_t[]){0, 2}, (uint32_t[]){0}, 1, 2, NULL};
    lex_layer_norm_saved norm;
    lex_attention_saved attention;
    lex_dropout dropout = {0.5, 1, 1, 1};
    lex_dropout_saved dropped;
    CHECK(lex_gelu(scope, x) == NULL && lex_tanh(scope, x) == NULL && lex_tensor_clone(scope, x) == NULL);
    CHECK(lex_layer_norm(scope, x, w, b, 1e-5, &norm) == NULL && lex_add(scope, x, x) == NULL);
    CHECK(lex_attention(scope, w, &packing, 1, NULL, dropout, &attention) == NULL);
    CHECK(lex_attention_by_library(scope, w, &packing, 1, NULL, dropout, &attention) == NULL);
    CHECK(lex_segment_mean(scope, x, &packing) == NULL && lex_segment_mean_backward(scope, x, &packing) == NULL);
    CHECK(lex_linear_apply_backward(scope, x, x, w, w, b, true) == NULL);
    CHECK(lex_tensor_from(scope, LEX_F32, 1, (int64_t[]){3}, values) == NULL);
    CHECK(lex_tensor_view(scope, x, 1, (int64_t[]){99}, 0) == NULL);
    lex_dropout_apply(scope, x, &packing, dropout, &dropped);
    lex_tensor_zero(scope, x);
    lex_tensor_write(scope, x, values + 1);
    lex_rows_backward(scope, x, b, w);
    lex_adamw_apply(scope, b, b, b, b, 0, 3, &(lex_adamw){.lr = 1, .step = 1});
    CHECK(lex_norm(scope, b) == 0);
    CHECK(memcmp(lex_tensor_f32(x), values, 10 * sizeof *values) == 0);
    CHECK(memcmp(lex_tensor_f32(b), values, 3 * sizeof *values) == 0);
    lex_err again = {0};
    CHECK_INT(lex_scope_status(scope, &again), LEX_ERR_SYSTEM);
    CHECK_STR(again.message, err.message);

    /* Operations take NULL, and a failure goes along when something is kept. */
    CHECK(lex_scope_keep(outer, scope, x) == NULL && lex_scope_failed(outer));
    lex_scope_reset(outer);
    CHECK(!lex_scope_failed(outer));
    CHECK(lex_gelu(outer, NULL) == NULL && lex_add(outer, NULL, NULL) == NULL && !lex_scope_failed(outer));
    CHECK(lex_attention(outer, NULL, &packing, 1, NULL, dropout, NULL) == NULL);
    CHECK(lex_segment_mean(outer, NULL, &packing) == NULL && lex_tensor_clone(outer, NULL) == NULL);
    CHECK(!lex_scope_failed(outer));

    lex_scope_reset(scope);
    CHECK(!lex_scope_failed(scope));
    CHECK(lex_tensor_from(scope, LEX_F32, 1, (int64_t[]){3}, values) != NULL);

    /* A view beyond its tensor, and rows that a table does not have. */
    lex_tensor *small = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){2, 2}, values);
    CHECK(lex_tensor_view(scope, small, 1, (int64_t[]){4}, 1) == NULL && lex_scope_failed(scope));
    lex_scope_reset(scope);
    small = lex_tensor_from(scope, LEX_F32, 2, (int64_t[]){2, 2}, values);
    CHECK(lex_rows_take(scope, small, lex_tensor_from(scope, LEX_I64, 1, (int64_t[]){1}, (int64_t[]){2})) == NULL);
    CHECK(lex_scope_failed(scope));

    /* More memory than there is. */
    lex_scope_reset(scope);
    lex_err_clear(&err);
    CHECK(lex_tensor_empty(scope, LEX_F32, 1, (int64_t[]){(int64_t)1 << 46}) == NULL);
    CHECK_INT(lex_scope_status(scope, &err), LEX_ERR_SYSTEM);
    CHECK(strstr(err.hint, "--batch-tokens") != NULL);
    printf("  %s\n", err.message);
    lex_scope_free(scope);
    lex_scope_free(outer);
}

/* Memory that a scope gives back serves the next one, also for somewhat less: a run does not grow with its batches. */
static void test_blocks_are_kept(void)
{
    lex_scope *scope = lex_scope_new(runtime);
    const float *seen[64];
    int n_seen = 0;
    for (int round = 0; round < 200; round++) {
        int64_t rows = 1000 - round; // a batch is never quite like the one before
        for (int t = 0; t < 3; t++) {
            const float *at = lex_tensor_f32(lex_tensor_empty(scope, LEX_F32, 2, (int64_t[]){rows, 384 + 384 * t}));
            int k = 0;
            while (k < n_seen && seen[k] != at)
                k++;
            if (k == n_seen && n_seen < 64)
                seen[n_seen++] = at;
        }
        CHECK(!lex_scope_failed(scope));
        lex_scope_reset(scope);
    }
    CHECK(n_seen >= 3 && n_seen <= 6);
    lex_scope_free(scope);
}

int main(void)
{
    runtime = cpu_runtime(2);
    test_runtime();
    test_parallel_for();
    test_pools();
    test_values();
    test_keep();
    test_failure();
    test_blocks_are_kept();
    lex_runtime_close(runtime);
    return check_report("scope");
}
