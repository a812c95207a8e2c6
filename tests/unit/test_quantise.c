/* test_quantise.c - folders of rounded weights: what is mapped answers as what is rounded at load does, to the bit, and
 * every set of int8 kernels alike; parts that are kept; files that are of the wrong shape, cut or hold what is no number.
 *
 * Folders are made of the tiny BERT of golden/encoder, whose width is no multiple of a panel. */
#include <stdlib.h>
#include <unistd.h>

#include "lexclf/quantise.h"
#include "model/internal.h"
#include "model_folders.h"
#include "tiny_bert.h"

enum { K = TINY_OUTPUTS, N = 9, TENSORS_MAX = 128 };

static fixture golden;
static const char *const files[] = {"config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"};

/* A folder as transformers saves it. */
static void make_plain(const char *dir)
{
    lex_err err = {.code = LEX_OK};
    lex_tensor_to_store tensors[TENSORS_MAX];
    int64_t n = 0;
    stop_on(lex_dir_make(at(dir, ""), &err), &err);
    put(dir, "config.json",
        "{\"model_type\":\"bert\",\"hidden_size\":40,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
        "\"intermediate_size\":100,\"max_position_embeddings\":40,\"type_vocab_size\":2,\"vocab_size\":131,"
        "\"hidden_act\":\"gelu\",\"layer_norm_eps\":1e-12,"
        "\"id2label\":{\"0\":\"BUY\",\"1\":\"LEASE\",\"2\":\"RENT\",\"3\":\"SALE\",\"4\":\"LET\"}}");
    put(dir, "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrent\nthe\n##s\n");
    put(dir, "tokenizer_config.json", "{\"model_max_length\": 32}");
    for (int64_t i = 0; i < golden.n_arrays; i++) {
        const fixture_array *array = &golden.arrays[i];
        if (strncmp(array->name, "weight.", 7) == 0)
            tensors[n++] = (lex_tensor_to_store){array->name + 7, array->shape[1] == 1 ? 1 : 2, array->shape,
                                                 array->values, array->count, LEX_STORED_F32};
    }
    stop_on(lex_safetensors_write(at(dir, "model.safetensors"), tensors, n, &err), &err);
}

static lex_model *open_model(const char *dir)
{
    lex_err err = {.code = LEX_OK};
    lex_model *model = NULL;
    stop_on(lex_model_open(&model, at(dir, ""), LEX_MODEL_CLASSIFIER, &err), &err);
    return model;
}

static void run(const lex_inference *inference, float *logits)
{
    lex_err err = {.code = LEX_OK};
    lex_workspace *workspace = lex_workspace_new(inference);
    lex_batch batch;
    lex_batch_init(&batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(&batch, &golden, row, 0, 0, true);
    stop_on(lex_inference_run(inference, workspace, &batch, logits, &err), &err);
    lex_batch_release(&batch);
    lex_workspace_free(workspace);
}

static void answer(const char *dir, lex_precision precision, float *logits)
{
    lex_err err = {.code = LEX_OK};
    lex_inference *inference = NULL;
    lex_model *model = open_model(dir);
    stop_on(lex_model_inference(&inference, model, lex_model_precision(model, precision), &err), &err);
    run(inference, logits);
    lex_inference_free(inference);
    lex_model_free(model);
}

/* `to` from `from`, keeping as many parts as may be, from the last on, where `keep`; returns how many are kept. */
static int64_t quantise(const char *from, const char *to, lex_quantised dtype, bool keep)
{
    lex_err err = {.code = LEX_OK};
    lex_model *model = open_model(from);
    lex_quantisation *q = NULL;
    lex_json *note = lex_json_new_object();
    size_t n_bytes = 0;
    int64_t n_kept = 0;
    stop_on(lex_quantisation_new(&q, model, dtype, &err), &err);
    CHECK_INT(lex_quantisation_n_parts(q), 2 + 2 * 4 + 1);
    CHECK_STR(lex_quantisation_name(q, 2), "encoder.layer.0.attention.self");
    for (int64_t i = lex_quantisation_n_parts(q) - 1; keep && i >= 0; i--)
        n_kept += lex_quantisation_keep(q, i);
    CHECK(!keep || !lex_quantisation_is_kept(q, 0));
    stop_on(lex_model_save_quantised(q, at(to, ""), note, &n_bytes, &err), &err);
    CHECK(n_bytes < lex_model_weights_bytes(model) / 2 + 8000); /* small: the headers count */
    lex_json_free(note);
    lex_quantisation_free(q);
    lex_model_free(model);
    return n_kept;
}

static void test_folders(void)
{
    float exact[N * K], load[N * K], mapped[N * K], back[N * K], kept[N * K];
    answer("plain", LEX_PRECISION_FP32, exact);
    answer("plain", LEX_PRECISION_INT8, load);
    CHECK_INT(quantise("plain", "int8", LEX_QUANTISED_INT8, false), 0);
    answer("int8", LEX_PRECISION_AUTO, mapped);
    CHECK(memcmp(load, mapped, sizeof load) == 0);
    double largest = largest_of(exact, N * K), far = largest_difference(exact, mapped, N * K);
    answer("int8", LEX_PRECISION_FP32, back);
    double weights = largest_difference(exact, back, N * K);
    printf("int8: %.3g from float32, weights alone %.3g, logits up to %.3g\n", far, weights, largest);
    CHECK(far > 1e-5 && far < 0.05 * largest && weights > 1e-5 && weights < 0.05 * largest);
    CHECK(quantise("plain", "kept", LEX_QUANTISED_INT8, true) >= 1);
    answer("kept", LEX_PRECISION_AUTO, kept);
    CHECK(memcmp(kept, mapped, sizeof kept) != 0 && largest_difference(exact, kept, N * K) < 0.05 * largest);
    quantise("plain", "bf16", LEX_QUANTISED_BF16, false);
    answer("bf16", LEX_PRECISION_FP32, back);
    CHECK(largest_difference(exact, back, N * K) > 1e-6 && largest_difference(exact, back, N * K) < 0.02 * largest);
}

/* Whatever instructions compute it: the float parts are of one set here. */
static void test_sets(void)
{
    const lex_int8_kernels *const sets[] = {&lex_int8_reference, &lex_int8_avx2, &lex_int8_avx512_vnni};
    float first[N * K], other[N * K];
    lex_model *model = open_model("int8");
    for (int i = 0; i < 3; i++) {
        lex_err err = {.code = LEX_OK};
        lex_encoder *encoder = NULL;
        lex_inference *inference = NULL;
        const float **values = NULL;
        lex_int8_weight *int8 = NULL;
        if (!lex_int8_runs_here(sets[i]))
            continue;
        stop_on(lex_encoder_new(&encoder, NULL, &model->config, model->pooling, K, &err), &err);
        stop_on(lex_weights_collect(&values, &int8, model, encoder, false, 0, &err), &err);
        stop_on(lex_inference_new_int8(&inference, &model->config, model->pooling, K, values, int8, &lex_kernels_avx2,
                                       sets[i], (lex_laid_out){NULL, NULL}, &err), &err);
        lex_inference_attend_rounded(inference);
        run(inference, i ? other : first);
        if (i) {
            printf("%s: %.3g from plain C\n", sets[i]->name, largest_difference(first, other, N * K));
            /* A last bit of GELU may round an activation to the next integer; attention may be in bfloat16. */
            CHECK(largest_difference(first, other, N * K) < (lex_int8_attends_rounded(sets[i]) ? 4e-2 : 2e-3));
        }
        lex_inference_free(inference);
        lex_encoder_free(encoder);
        free(values);
        free(int8);
    }
    lex_model_free(model);
}

/* ---- bad files ---- */

/* The same folder with other weights, whose checksums are right: the last tensor of that name is changed by `how`. */
static void rewrite(const char *from, const char *to, const char *name, void (*change)(lex_tensor_to_store *tensor))
{
    static float numbers[4096];
    lex_err err = {.code = LEX_OK};
    lex_safetensors file;
    lex_json *doc = NULL;
    lex_buf text;
    lex_tensor_to_store tensors[TENSORS_MAX];
    int64_t n = 0;
    stop_on(lex_path_remove(at(to, ""), &err), &err);
    stop_on(lex_dir_make(at(to, ""), &err), &err);
    for (int i = 0; i < 4; i++)
        stop_on(lex_model_copy_file(at(from, ""), at(to, ""), files[i], &err), &err);
    stop_on(lex_safetensors_open(&file, at(from, "model.safetensors"), &err), &err);
    for (int64_t i = 0; i < file.n_tensors; i++) {
        const lex_stored_tensor *t = &file.tensors[i];
        tensors[n] = (lex_tensor_to_store){t->name, t->n_dims, t->shape, t->data, t->count, t->dtype};
        if (strcmp(t->name, name) == 0) {
            LEX_ASSERT(t->n_bytes <= sizeof numbers);
            memcpy(numbers, t->data, t->n_bytes);
            tensors[n].values = numbers;
            change(&tensors[n]);
        }
        n += tensors[n].name != NULL;
    }
    stop_on(lex_safetensors_write(at(to, "model.safetensors"), tensors, n, &err), &err);
    lex_safetensors_close(&file);
    stop_on(lex_json_read(&doc, at(from, "lexclf.json"), 1 << 20, &err), &err);
    lex_buf_init(&text);
    lex_json_remove(doc, "checksum");
    stop_on(lex_checksums_seal(&text, doc, at(to, ""), files, 4, &err), &err);
    stop_on(lex_file_write(at(to, "lexclf.json"), lex_buf_str(&text), &err), &err);
    lex_buf_release(&text);
    lex_json_free(doc);
}

static void drop(lex_tensor_to_store *t)
{
    t->name = NULL;
}

static void shorten(lex_tensor_to_store *t)
{
    static int64_t shape[1];
    shape[0] = t->count - 1;
    t->shape = shape;
    t->count--;
}

static void flatten(lex_tensor_to_store *t)
{
    static int64_t shape[1];
    shape[0] = t->count;
    t->shape = shape;
    t->n_dims = 1;
}

static void no_number(lex_tensor_to_store *t)
{
    float odd = NAN;
    memcpy((char *)(uintptr_t)t->values + 4, &odd, sizeof odd);
}

static void negative(lex_tensor_to_store *t)
{
    float odd = -1;
    memcpy((char *)(uintptr_t)t->values + 4, &odd, sizeof odd);
}

static void endless(lex_tensor_to_store *t)
{
    float odd = INFINITY;
    memcpy((char *)(uintptr_t)t->values + 4, &odd, sizeof odd);
}

static void as_int8(lex_tensor_to_store *t)
{
    t->name = "classifier.weight.int8";
    t->dtype = LEX_STORED_I8;
}

/* The key's weights of the second layer as floats, the query's and the value's as integers. */
static void as_floats(lex_tensor_to_store *t)
{
    static const int64_t shape[] = {40, 40};
    *t = (lex_tensor_to_store){"bert.encoder.layer.1.attention.self.key.weight", 2, shape, t->values, 1600, LEX_STORED_F32};
}

static void check_refused(const char *name, void (*change)(lex_tensor_to_store *tensor), lex_precision precision,
                          const char *why)
{
    lex_err err = {.code = LEX_OK};
    lex_inference *inference = NULL;
    rewrite("int8", "bad", name, change);
    lex_model *model = NULL;
    lex_status st = lex_model_open(&model, at("bad", ""), LEX_MODEL_CLASSIFIER, &err);
    if (st == LEX_OK)
        st = lex_model_inference(&inference, model, precision, &err);
    if (!CHECK(st == LEX_ERR_INPUT && !inference && strstr(err.message, why)))
        fprintf(stderr, "    said '%s', expected '%s'\n", err.message, why);
    lex_inference_free(inference);
    lex_model_free(model);
}

static void test_bad_files(void)
{
    const char *self = "bert.encoder.layer.1.attention.self.key.weight.int8";
    const char *scale = "bert.encoder.layer.1.attention.self.key.weight.int8_scale";
    const char *words = "bert.embeddings.position_embeddings.weight.int8";
    for (int p = 0; p < 2; p++) {
        lex_precision precision = p ? LEX_PRECISION_FP32 : LEX_PRECISION_INT8;
        check_refused(scale, no_number, precision, "int8_scale' holds what is no scale");
        check_refused(scale, negative, precision, "holds what is no scale");
        check_refused(scale, endless, precision, "holds what is no scale");
        check_refused(scale, shorten, precision, "key.weight.int8_scale' is not F32 [40]");
        check_refused(scale, drop, precision, "key.weight.int8_scale' is not F32 [40]");
        check_refused(self, drop, precision, "key.weight' is missing");
        check_refused(self, flatten, precision, "is I8 [2560], expected I8 [2, 10, 32, 4]");
        check_refused(words, flatten, precision, "is I8 [1600], expected I8 [40, 40]");
        check_refused("classifier.weight", as_int8, precision, "");
    }
    check_refused(self, as_floats, LEX_PRECISION_INT8, "not of one type");
}

static void test_refused(void)
{
    lex_err err = {.code = LEX_OK};
    lex_model *model = NULL;
    lex_quantisation *q = NULL;
    CHECK_INT(lex_model_open(&model, at("int8", ""), LEX_MODEL_ENCODER, &err), LEX_ERR_INPUT);
    CHECK(!model && strstr(err.message, "is quantised: its weights are rounded, and cannot be trained"));
    model = open_model("bf16");
    err = (lex_err){.code = LEX_OK};
    CHECK_INT(lex_quantisation_new(&q, model, LEX_QUANTISED_INT8, &err), LEX_ERR_INPUT);
    CHECK(!q && strstr(err.message, "is quantised already"));
    lex_model_free(model);
}

int main(void)
{
    lex_err err = {.code = LEX_OK};
    if (!mkdtemp(scratch))
        return 1;
    fixture_open(&golden, "golden/encoder/forward");
    make_plain("plain");
    test_folders();
    test_sets();
    test_bad_files();
    test_refused();
    fixture_close(&golden);
    stop_on(lex_path_remove(scratch, &err), &err);
    return check_report("quantise");
}
