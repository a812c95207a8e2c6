/* test_torch_file.c - weights in PyTorch's files and in parts (golden/torch): every value bit for bit what torch holds, the
 * logits transformers', whatever the form; and what hostile files hold, each refused with its own reason. */
#include <stdlib.h>
#include <unistd.h>

#include "model/internal.h"
#include "model/torch_file.h"
#include "lexclf/inference.h"
#include "tiny_bert.h"

#define GOLDEN LEX_TESTS_DIR "/golden/torch/"
#define TOLERANCE 1e-5
enum { N = 3, K = 3 };

static fixture golden;

/* A folder of links: the description in common/ and the weights in NAME/. */
static void make_folder(const char *dir, const char *name)
{
    char command[4096];
    snprintf(command, sizeof command,
             "rm -rf '%s' && mkdir '%s' && ln -s '" GOLDEN "'common/* '%s' && rm '%s'/model.safetensors && "
             "ln -s '" GOLDEN "%s'/* '%s'", dir, dir, dir, dir, name, dir);
    if (system(command) != 0)
        fixture_stop(command);
}

static void check_values(const char *name, const char *dir, const char *prefix)
{
    lex_err err = {0};
    lex_safetensors weights;
    int64_t n_checked = 0;
    stop_on(lex_weight_files_open(&weights, dir, &err), &err);
    for (int64_t i = 0; i < weights.n_tensors; i++) {
        const fixture_array *array = fixture_find(&golden, prefix, weights.tensors[i].name);
        if (!array)
            continue;
        float *values = lex_alloc_array((size_t)array->count, sizeof *values);
        CHECK_INT(weights.tensors[i].count, array->count);
        lex_stored_to_f32(values, &weights.tensors[i]);
        if (!CHECK(memcmp(values, array->values, (size_t)array->count * sizeof *values) == 0))
            fprintf(stderr, "    %s: %s\n", name, weights.tensors[i].name);
        n_checked++;
        free(values);
    }
    CHECK(n_checked >= 22);
    lex_safetensors_close(&weights);
}

static void check_logits(const char *name, const char *dir, const char *expected)
{
    lex_err err = {0};
    lex_model *model = NULL;
    lex_inference *inference = NULL;
    lex_batch batch;
    float got[N * K];
    lex_batch_init(&batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(&batch, &golden, row, 0, 0, true);
    stop_on(lex_model_open(&model, dir, LEX_MODEL_CLASSIFIER, &err), &err);
    stop_on(lex_model_inference(&inference, model, false, &err), &err);
    lex_workspace *workspace = lex_workspace_new(inference);
    CHECK_INT(lex_inference_run(inference, workspace, &batch, got, &err), LEX_OK);
    double gap = largest_difference(got, fixture_get(&golden, expected)->values, N * K);
    printf("%s: logits %.3g from transformers\n", name, gap);
    CHECK(gap <= TOLERANCE);
    lex_workspace_free(workspace);
    lex_inference_free(inference);
    lex_model_free(model);
    lex_batch_release(&batch);
}

static void test_forms(const char *dir)
{
    static const struct {
        const char *name, *values, *logits;
    } forms[] = {
        {"plain", "weight.", "logits"},       {"parameters", "weight.", "logits"},  {"protocol4", "weight.", "logits"},
        {"views", "weight.", "logits"},       {"sharded-bin", "weight.", "logits"}, {"sharded", "weight.", "logits"},
        {"half", "half.", "half.logits"},     {"half-st", "half.", "half.logits"},  {"bf16", "bf16.", "bf16.logits"},
        {"bf16-st", "bf16.", "bf16.logits"},  {"double", "double.", "double.logits"}, {"double-st", "double.", "double.logits"},
        {"tied", "weight.", "logits"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        make_folder(dir, forms[i].name);
        check_values(forms[i].name, dir, forms[i].values);
        check_logits(forms[i].name, dir, forms[i].logits);
    }
}

static void check_refused(const char *name, const char *why)
{
    char path[4096];
    lex_safetensors file;
    lex_err err = {0};
    snprintf(path, sizeof path, GOLDEN "%s/pytorch_model.bin", name);
    if (!CHECK(lex_torch_file_open(&file, path, &err) == LEX_ERR_INPUT && strstr(err.message, why) &&
               strstr(err.message, path)))
        fprintf(stderr, "    %s said '%s', expected '%s'\n", name, err.message, why);
    lex_safetensors_close(&file);
}

static void test_hostile_files(void)
{
    static const char *const files[][2] = {
        {"old", "is of the format before PyTorch 1.6"},
        {"script", "is a TorchScript program"},
        {"evil-system", "it names 'os.system', which is no part of weights"},
        {"evil-eval", "it names '__builtin__.eval', which is no part of weights"},
        {"evil-stack-global", "it names 'posix.system', which is no part of weights"},
        {"evil-inst", "opcode 0x69, INST is no part of weights"},
        {"evil-newobj", "opcode 0x81, NEWOBJ is no part of weights"},
        {"evil-getattr", "it names 'torch._utils._rebuild_tensor', which is no part of weights"},
        {"evil-outside", "a tensor reaches outside of its storage"},
        {"evil-stride", "a tensor reaches outside of its storage"},
        {"evil-overflow", "a tensor reaches outside of its storage"},
        {"evil-repeat", "a tensor reaches outside of its storage"},
        {"evil-negative", "a tensor lacks a good storage, offset, shape or strides"},
        {"evil-long-storage", "tensor 'bert.pooler.dense.bias': entry 'archive/data/0' has 32 bytes"},
        {"evil-no-storage", "entry 'archive/data/../../etc/passwd' is missing"},
        {"evil-memo", "the memo has gaps"},
        {"evil-cycle", "holds no tensors by name"},
        {"evil-deep", "what is pickled is no dictionary of tensors"},
        {"evil-bomb", "entry 'archive/data.pkl' is compressed or encrypted (method 8)"},
        {"evil-cut", "data.pkl: byte "},
        {"evil-big-endian", "its numbers are not little-endian"},
        {"evil-list", "what is pickled is no dictionary of tensors"},
        {"evil-empty", "holds no tensors by name"},
        {"evil-two-folders", "has more than one FOLDER/data.pkl"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        check_refused(files[i][0], files[i][1]);
}

/* Cut anywhere it is refused; with any byte changed it is refused or read, and never more. */
static void test_damage(void)
{
    lex_err err = {0};
    lex_map map;
    int64_t n_refused = 0;
    stop_on(lex_map_open(&map, GOLDEN "plain/pytorch_model.bin", &err), &err);
    for (size_t len = 0; len < map.len; len += 1 + map.len / 400) {
        lex_safetensors file;
        lex_err cut = {0};
        unsigned char *copy = lex_alloc(len + 1);
        memcpy(copy, map.ptr, len);
        CHECK_INT(lex_torch_file_read(&file, copy, len, "cut", &cut), LEX_ERR_INPUT);
        free(copy);
    }
    unsigned char *copy = lex_alloc(map.len);
    memcpy(copy, map.ptr, map.len);
    for (size_t at = 0; at < map.len; at++) {
        lex_safetensors file;
        lex_err changed = {0};
        copy[at] ^= 0xFF;
        lex_status st = lex_torch_file_read(&file, copy, map.len, "changed", &changed);
        CHECK(st == LEX_OK || st == LEX_ERR_INPUT);
        n_refused += st != LEX_OK;
        lex_safetensors_close(&file);
        copy[at] ^= 0xFF;
    }
    printf("of %zu changed bytes %lld are refused\n", map.len, (long long)n_refused);
    CHECK(n_refused > 1000);
    free(copy);
    lex_map_close(&map);
}

int main(void)
{
    char dir[] = "/tmp/lexclf-torch-XXXXXX", inside[64];
    if (!mkdtemp(dir))
        return 1;
    snprintf(inside, sizeof inside, "%s/model", dir);
    fixture_open(&golden, "golden/torch/values");
    test_forms(inside);
    test_hostile_files();
    test_damage();
    lex_err err = {0};
    stop_on(lex_path_remove(dir, &err), &err);
    fixture_close(&golden);
    return check_report("torch_file");
}
