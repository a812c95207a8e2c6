/* test_model.c - model folders: what is saved opens again and answers alike; weights under older names, of other types
 * and shapes; folders that are incomplete, of a newer format or contradict themselves; every flipped byte is found.
 *
 * Folders are made of the tiny BERT of golden/encoder, in a folder of the test's own. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lexclf/calibration.h"
#include "model/internal.h"
#include "model_folders.h"
#include "tiny_bert.h"

enum { PARTS_MAX = 64 };

static lex_runtime *runtime;
static fixture golden;
static const char *const label_names[TINY_OUTPUTS] = {"BUY", "LEASE", "RENT", "SALE", "租约"};

/* ---- folders ---- */

/* The weights of a folder in the making; a test changes them before they are written. */
typedef struct {
    char name[120];
    const char *dtype;
    int n_dims;
    int64_t shape[2];
    const void *bytes;
    size_t n_bytes;
} part;

static part parts[PARTS_MAX];
static int n_parts;

static void start_parts(void)
{
    n_parts = 0;
    for (int64_t i = 0; i < golden.n_arrays; i++) {
        const fixture_array *array = &golden.arrays[i];
        if (strncmp(array->name, "weight.", 7) != 0)
            continue;
        part *p = &parts[n_parts++];
        snprintf(p->name, sizeof p->name, "%s", array->name + 7);
        p->dtype = "F32";
        p->n_dims = array->shape[1] == 1 ? 1 : 2;
        p->shape[0] = array->shape[0];
        p->shape[1] = array->shape[1];
        p->bytes = array->values;
        p->n_bytes = (size_t)array->count * sizeof(float);
    }
}

static part *find_part(const char *name)
{
    for (int i = 0; i < n_parts; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    fixture_stop(name);
    return NULL;
}

static void drop_part(const char *name)
{
    part *p = find_part(name);
    *p = parts[--n_parts];
}

static void write_parts(const char *dir)
{
    lex_err err = {.code = LEX_OK};
    lex_buf out, data;
    lex_buf_init(&out);
    lex_buf_init(&data);
    lex_buf_add(&out, "\0\0\0\0\0\0\0\0{", 9);
    for (int i = 0; i < n_parts; i++) {
        const part *p = &parts[i];
        lex_buf_printf(&out, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%lld", i ? "," : "", p->name, p->dtype,
                       (long long)p->shape[0]);
        if (p->n_dims == 2)
            lex_buf_printf(&out, ",%lld", (long long)p->shape[1]);
        lex_buf_printf(&out, "],\"data_offsets\":[%zu,%zu]}", data.len, data.len + p->n_bytes);
        lex_buf_add(&data, p->bytes, p->n_bytes);
    }
    lex_buf_add_char(&out, '}'); /* not padded: tensors lie where no float may be read in place */
    for (int i = 0; i < 8; i++)
        out.ptr[i] = (char)(unsigned char)((out.len - 8) >> (8 * i));
    lex_buf_add_str(&out, lex_buf_str(&data));
    stop_on(lex_file_write(at(dir, "model.safetensors"), lex_buf_str(&out), &err), &err);
    lex_buf_release(&out);
    lex_buf_release(&data);
}

#define CONFIG_START                                                                                                   \
    "{\"model_type\":\"bert\",\"hidden_size\":40,\"num_hidden_layers\":2,\"num_attention_heads\":2,"                   \
    "\"intermediate_size\":100,\"max_position_embeddings\":40,\"type_vocab_size\":2,\"vocab_size\":131,"               \
    "\"hidden_act\":\"gelu\",\"layer_norm_eps\":1e-12,\"_name_or_path\":\"/home/someone/model\""
#define CONFIG_LABELS ",\"id2label\":{\"0\":\"BUY\",\"1\":\"LEASE\",\"2\":\"RENT\",\"3\":\"SALE\",\"4\":\"租约\"}"

/* A folder as transformers saves it, of parts[]. */
static void make_plain(const char *dir)
{
    lex_err err = {.code = LEX_OK};
    stop_on(lex_path_remove(at(dir, ""), &err), &err);
    stop_on(lex_dir_make(at(dir, ""), &err), &err);
    put(dir, "config.json", CONFIG_START CONFIG_LABELS "}");
    put(dir, "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrent\nthe\n##s\n");
    put(dir, "tokenizer_config.json", "{\"model_max_length\": 32}");
    write_parts(dir);
}

static lex_model *open_model(const char *dir, lex_model_need need)
{
    lex_err err = {.code = LEX_OK};
    lex_model *model = NULL;
    lex_status st = lex_model_open(&model, at(dir, ""), need, &err);
    if (!CHECK(st == LEX_OK))
        stop_on(st, &err);
    return model;
}

/* Opening is refused with these words. */
static bool refused(const char *dir, lex_model_need need, const char *why)
{
    lex_err err = {.code = LEX_OK};
    lex_model *model = NULL;
    lex_status st = lex_model_open(&model, at(dir, ""), need, &err);
    bool fine = st == LEX_ERR_INPUT && err.code == st && model == NULL && strstr(err.message, why);
    if (!fine)
        fprintf(stderr, "    said '%s', expected '%s'\n", err.message, why);
    if (st == LEX_OK)
        lex_model_free(model);
    return fine;
}

/* The folder opens, and its weights are refused with these words. */
static void check_weights_refused(const char *dir, const char *why)
{
    lex_err err = {.code = LEX_OK};
    lex_encoder *encoder = NULL;
    lex_model *model = open_model(dir, LEX_MODEL_ENCODER);
    lex_status st = lex_model_encoder(&encoder, model, runtime, &err);
    if (!CHECK(st == LEX_ERR_INPUT && !encoder && strstr(err.message, why)))
        fprintf(stderr, "    said '%s', expected '%s'\n", err.message, why);
    lex_model_free(model);
}

/* The largest difference of an encoder's logits from the fixture's. */
static double difference(lex_encoder *encoder)
{
    enum { N = 9 };
    lex_err err = {.code = LEX_OK};
    float logits[N * TINY_OUTPUTS];
    lex_scope *scope = lex_scope_new(runtime);
    lex_batch batch;
    lex_batch_init(&batch);
    for (int64_t row = 0; row < N; row++)
        tiny_add(&batch, &golden, row, 0, 0, true);
    lex_tensor_read(scope, lex_encoder_forward(encoder, scope, &batch, NULL, NULL), logits);
    stop_on(lex_scope_status(scope, &err), &err);
    lex_batch_release(&batch);
    lex_scope_free(scope);
    return largest_difference(logits, fixture_get(&golden, "logits")->values, N * TINY_OUTPUTS);
}

static double difference_of_folder(const char *dir)
{
    lex_err err = {.code = LEX_OK};
    lex_encoder *encoder = NULL;
    lex_model *model = open_model(dir, LEX_MODEL_CLASSIFIER);
    stop_on(lex_model_encoder(&encoder, model, runtime, &err), &err);
    double largest = difference(encoder);
    lex_encoder_free(encoder);
    lex_model_free(model);
    return largest;
}

/* Opens `from` as for training and saves it as `to`, as a folder of `task`. */
static void save_again(const char *from, const char *to, lex_task task)
{
    static const char *const columns[] = {"title", "text"};
    lex_err err = {.code = LEX_OK};
    lex_model *model = open_model(from, LEX_MODEL_ENCODER);
    lex_encoder *encoder = NULL;
    lex_strings labels = {0};
    for (int k = 0; k < (task == LEX_TASK_BINARY ? 2 : TINY_OUTPUTS); k++)
        lex_strings_push(&labels, lex_str_of(label_names[k]));
    lex_model_prepare(model, task, &labels, LEX_POOLING_CLS);
    if (task == LEX_TASK_MULTI)
        model->thresholds[2] = 0.1;
    stop_on(lex_model_encoder_to_train(&encoder, model, runtime, 1, &err), &err);
    lex_json *run = lex_json_new_object();
    lex_json_put_number(run, "seed", 1);
    lex_strings names = {0};
    lex_strings_push(&names, LEX_STR("a, \"b\""));
    lex_model_save_options options = {.max_length = 24, .text_columns = columns, .n_text_columns = 2,
                                      .label_separator = " + ", .label_columns = &names, .run = run};
    stop_on(lex_path_remove(at(to, ""), &err), &err);
    stop_on(lex_model_save(model, encoder, at(to, ""), &options, &err), &err);
    lex_json_free(run);
    lex_strings_release(&names);
    lex_strings_release(&labels);
    lex_encoder_free(encoder);
    lex_model_free(model);
}

static void read_file(lex_buf *out, const char *dir, const char *name)
{
    lex_err err = {.code = LEX_OK};
    lex_buf_init(out);
    stop_on(lex_file_read(out, at(dir, name), 1 << 24, &err), &err);
}

/* ---- what opens ---- */

static void test_plain(void)
{
    start_parts();
    make_plain("plain");
    lex_model *model = open_model("plain", LEX_MODEL_CLASSIFIER);
    CHECK(model->has_head);
    CHECK_INT(model->task, LEX_TASK_SINGLE);
    CHECK_INT(model->labels.n, TINY_OUTPUTS);
    CHECK_STR(model->labels.items[4], label_names[4]);
    CHECK_INT(model->max_length, 32);
    lex_model_free(model);
    CHECK_NEAR(difference_of_folder("plain"), 0, 1e-5);
}

static void test_saved(void)
{
    save_again("plain", "ours", LEX_TASK_SINGLE);
    lex_model *model = open_model("ours", LEX_MODEL_CLASSIFIER);
    CHECK_INT(model->max_length, 24);
    CHECK_INT(model->text_columns.n, 2);
    CHECK_STR(model->text_columns.items[0], "title");
    CHECK_STR(model->label_separator, " + ");
    CHECK_INT(model->label_columns.n, 1);
    CHECK_STR(model->label_columns.items[0], "\"a, \"\"b\"\"\"");
    CHECK_INT(model->labels.n, TINY_OUTPUTS);
    lex_model_free(model);
    CHECK_NEAR(difference_of_folder("ours"), 0, 1e-5);

    lex_buf a, b;
    save_again("ours", "again", LEX_TASK_SINGLE);
    static const char *const files[] = {"config.json", "lexclf.json", "model.safetensors", "vocab.txt"};
    for (int i = 0; i < 4; i++) {
        read_file(&a, "ours", files[i]);
        read_file(&b, "again", files[i]);
        CHECK(lex_str_equal(lex_buf_str(&a), lex_buf_str(&b)));
        CHECK(!strstr(a.ptr, "/home/someone") && !strstr(a.ptr, scratch)); /* no path of this machine */
        lex_buf_release(&a);
        lex_buf_release(&b);
    }

    save_again("plain", "multi", LEX_TASK_MULTI);
    model = open_model("multi", LEX_MODEL_CLASSIFIER);
    CHECK_INT(model->task, LEX_TASK_MULTI);
    CHECK_NEAR(model->thresholds[2], 0.1, 0);
    CHECK_NEAR(model->thresholds[3], 0.5, 0);
    lex_model_free(model);

    save_again("plain", "binary", LEX_TASK_BINARY);
    model = open_model("binary", LEX_MODEL_CLASSIFIER);
    CHECK_INT(model->task, LEX_TASK_BINARY);
    CHECK_INT(model->n_outputs, 1);
    CHECK_INT(model->labels.n, 2);
    CHECK_STR(model->labels.items[0], "BUY");
    lex_model_free(model);
}

/* A calibration written into a folder and read back; probabilities by the formula; taken off again. */
static void test_calibrated(void)
{
    lex_err err = {.code = LEX_OK};
    double shift[TINY_OUTPUTS] = {0, -1, 0.5, 0, -2.25}, thresholds[TINY_OUTPUTS] = {0.5, 0.25, 0.125, 0.75, 1};
    const float logits[TINY_OUTPUTS] = {0, 1, -2, 30, -200};
    float p[TINY_OUTPUTS];
    lex_calibration c = {.task = LEX_TASK_MULTI, .temperature = 2.5, .shift = shift, .thresholds = thresholds,
                         .n_outputs = TINY_OUTPUTS};
    lex_json *note = lex_json_new_object();
    save_again("plain", "calibrated", LEX_TASK_MULTI);
    lex_model *model = open_model("calibrated", LEX_MODEL_CLASSIFIER);
    CHECK(model->temperature == 1 && !model->shift);
    lex_model_calibrate(model, &c);
    CHECK(lex_model_save_calibration(model, note, &err) == LEX_OK);
    lex_model_free(model);
    model = open_model("calibrated", LEX_MODEL_CLASSIFIER);
    CHECK(model->temperature == 2.5);
    lex_model_probabilities(model, logits, 1, p);
    for (int k = 0; k < TINY_OUTPUTS; k++) {
        CHECK(model->thresholds[k] == thresholds[k] && model->shift && model->shift[k] == shift[k]);
        CHECK_NEAR(p[k], 1 / (1 + exp(-((double)logits[k] + shift[k]) / 2.5)), 1e-6);
    }
    lex_model_uncalibrate(model);
    CHECK(lex_model_copy_calibrated(model, at("uncalibrated", ""), note, &err) == LEX_OK);
    lex_model_free(model);
    model = open_model("uncalibrated", LEX_MODEL_CLASSIFIER);
    CHECK(model->temperature == 1 && !model->shift && model->thresholds[4] == 0.5);
    lex_model_free(model);
    lex_json_free(note);
}

/* Softmax under a temperature keeps the arg-max and sums to 1; without one it is lex_probabilities() to the bit. */
static void test_temperature(void)
{
    const float logits[TINY_OUTPUTS] = {0.5f, 3, -2, 2.75f, -1};
    lex_model *model = open_model("ours", LEX_MODEL_CLASSIFIER);
    float plain[TINY_OUTPUTS], p[TINY_OUTPUTS];
    lex_probabilities(LEX_TASK_SINGLE, logits, 1, TINY_OUTPUTS, plain);
    lex_model_probabilities(model, logits, 1, p);
    CHECK(memcmp(plain, p, sizeof p) == 0);
    static const double temperatures[] = {0.1, 0.5, 3, 10};
    for (int i = 0; i < 4; i++) {
        double sum = 0;
        model->temperature = temperatures[i];
        lex_model_probabilities(model, logits, 1, p);
        for (int k = 0; k < TINY_OUTPUTS; k++) {
            sum += (double)p[k];
            CHECK(k == 1 || p[k] < p[1]);
        }
        CHECK_NEAR(sum, 1, 1e-6);
        CHECK(temperatures[i] < 1 ? p[1] > plain[1] : p[1] < plain[1]);
    }
    lex_model_free(model);
}

/* Today's names to the first checkpoints': no prefix, gamma and beta. */
static void test_older_names(void)
{
    start_parts();
    for (int i = 0; i < n_parts; i++) {
        char *name = parts[i].name, *norm = strstr(name, ".LayerNorm.");
        if (norm)
            snprintf(norm + 11, 10, "%s", strcmp(norm + 11, "weight") == 0 ? "gamma" : "beta");
    }
    make_plain("older");
    CHECK_NEAR(difference_of_folder("older"), 0, 1e-5);
    for (int i = 0; i < n_parts; i++)
        if (strncmp(parts[i].name, "bert.", 5) == 0)
            memmove(parts[i].name, parts[i].name + 5, strlen(parts[i].name) - 4);
    make_plain("older");
    CHECK_NEAR(difference_of_folder("older"), 0, 1e-5);
}

/* A tensor of another type is converted; extras of any type are left alone and listed. */
static void test_types_and_extras(void)
{
    static uint16_t halves[TINY_OUTPUTS * 40];
    static const int64_t positions[40] = {0, 1, 2};
    start_parts();
    part *head = find_part("classifier.weight");
    const float *values = head->bytes;
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) { /* float32 cut to bfloat16 */
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        halves[i] = (uint16_t)(bits >> 16);
    }
    head->dtype = "BF16";
    head->bytes = halves;
    head->n_bytes = sizeof halves;
    parts[n_parts++] = (part){"bert.embeddings.position_ids", "I64", 2, {1, 40}, positions, sizeof positions};
    parts[n_parts++] = (part){"later.thing", "F4", 1, {3, 1}, positions, 2};
    make_plain("types");
    lex_err err = {.code = LEX_OK};
    lex_encoder *encoder = NULL;
    lex_model *model = open_model("types", LEX_MODEL_CLASSIFIER);
    stop_on(lex_model_encoder(&encoder, model, runtime, &err), &err);
    double largest = difference(encoder);
    CHECK(largest > 1e-7 && largest < 0.1);
    CHECK_INT(model->unused.n, 2);
    CHECK_STR(model->unused.items[0], "bert.embeddings.position_ids");
    CHECK_STR(model->unused.items[1], "later.thing");
    CHECK_INT(model->fresh.n, 0);
    lex_encoder_free(encoder);
    lex_model_free(model);
}

static void test_encoder_only(void)
{
    start_parts();
    drop_part("classifier.weight");
    drop_part("classifier.bias");
    make_plain("encoder");
    CHECK(refused("encoder", LEX_MODEL_CLASSIFIER, "has no classification head"));
    lex_model_free(open_model("encoder", LEX_MODEL_TOKENIZER));
    lex_err err = {.code = LEX_OK};
    lex_model *model = open_model("encoder", LEX_MODEL_ENCODER);
    lex_encoder *encoder = NULL;
    CHECK(!model->has_head);
    const double bias[TINY_OUTPUTS] = {-4, 0.5, 0, -1, 2};
    int64_t n_params;
    lex_model_begin_at(model, bias);
    stop_on(lex_model_encoder_to_train(&encoder, model, runtime, 7, &err), &err);
    CHECK_INT(model->fresh.n, 2);
    CHECK_STR(model->fresh.items[0], "classifier.weight");
    const lex_param *last = &lex_encoder_params(encoder, &n_params)[n_params - 1];
    const float *weights = lex_tensor_f32(lex_encoder_weights(encoder));
    CHECK_STR(last->name, "classifier.bias");
    for (int k = 0; k < TINY_OUTPUTS; k++)
        CHECK((double)weights[last->offset + k] == bias[k]);
    lex_encoder_free(encoder);
    lex_model_free(model);
    check_weights_refused("encoder", "'classifier.weight' is missing (expected [5, 40])");
}

/* ---- what is refused ---- */

static void test_wrong_weights(void)
{
    static const int64_t integers[40];
    start_parts();
    find_part("bert.pooler.dense.weight")->shape[0] = 20;
    find_part("bert.pooler.dense.weight")->shape[1] = 80;
    make_plain("wrong");
    check_weights_refused("wrong", "model.safetensors: 'bert.pooler.dense.weight' is [20, 80], expected [40, 40]");
    start_parts();
    *find_part("bert.pooler.dense.bias") = (part){"bert.pooler.dense.bias", "I64", 1, {40, 1}, integers, sizeof integers};
    make_plain("wrong");
    check_weights_refused("wrong", "'bert.pooler.dense.bias' is of type I64, expected F32, F16, BF16 or F64");
    start_parts();
    for (int i = 0; i < n_parts; i++)
        if (strstr(parts[i].name, "encoder.layer.1."))
            parts[i--] = parts[--n_parts];
    make_plain("wrong");
    check_weights_refused("wrong", "'bert.encoder.layer.1.attention.self.query.weight' is missing (expected [40, 40]); ");
    check_weights_refused("wrong", "; and 11 more"); /* of 16, five are named */
    start_parts();
    make_plain("wrong");
    put("wrong", "config.json", CONFIG_START ",\"id2label\":{\"0\":\"A\",\"1\":\"B\"}}");
    check_weights_refused("wrong", "'classifier.weight' is [5, 40], expected [2, 40]; 'classifier.bias' is [5]");
}

static void test_wrong_folders(void)
{
    lex_err err = {.code = LEX_OK};
    start_parts();
    make_plain("bad");
    CHECK(refused("nosuch", LEX_MODEL_TOKENIZER, "no such model folder"));
    CHECK(refused("bad/vocab.txt", LEX_MODEL_TOKENIZER, "is a file, not a model folder"));
    put("bad", "config.json", "{\"model_type\":\"t5\"}");
    CHECK(refused("bad", LEX_MODEL_TOKENIZER, "bad/config.json: encoder type 't5' is not supported (supported: bert, roberta, "));
    put("bad", "config.json", CONFIG_START);
    CHECK(refused("bad", LEX_MODEL_TOKENIZER, "bad/config.json: line 1, "));
    put("bad", "config.json", CONFIG_START ",\"id2label\":{\"0\":\"A\",\"2\":\"B\"}}");
    CHECK(refused("bad", LEX_MODEL_CLASSIFIER, "'id2label' does not name every label from 0 on"));
    put("bad", "config.json", CONFIG_START ",\"id2label\":{\"0\":\"A\",\"1\":\"A\"}}");
    CHECK(refused("bad", LEX_MODEL_CLASSIFIER, "two labels have the name 'A'"));
    put("bad", "config.json", CONFIG_START ",\"id2label\":{\"0\":\"A\"}}");
    CHECK(refused("bad", LEX_MODEL_CLASSIFIER, "a regression head is not supported"));
    stop_on(lex_path_remove(at("bad", "config.json"), &err), &err);
    CHECK(refused("bad", LEX_MODEL_TOKENIZER, "not a model folder: config.json is missing"));
    make_plain("bad");
    stop_on(lex_path_remove(at("bad", "model.safetensors"), &err), &err);
    CHECK(refused("bad", LEX_MODEL_ENCODER, "bad/model.safetensors: no such file"));
    put("bad", "pytorch_model.bin", "x");
    CHECK(refused("bad", LEX_MODEL_ENCODER, "bad/pytorch_model.bin: is no file of torch.save(): it is no zip file"));
    stop_on(lex_path_remove(at("bad", "pytorch_model.bin"), &err), &err);
    make_plain("bad");
    CHECK(truncate(at("bad", "model.safetensors"), 9000) == 0);
    CHECK(refused("bad", LEX_MODEL_ENCODER, "model.safetensors: cut short: tensor '"));
    make_plain("bad");
    lex_buf many;
    lex_buf_init(&many);
    lex_buf_add_str(&many, LEX_STR("[PAD]\n[UNK]\n[CLS]\n[SEP]\n"));
    for (int i = 0; i < 140; i++)
        lex_buf_printf(&many, "word%d\n", i);
    put("bad", "vocab.txt", many.ptr);
    CHECK(refused("bad", LEX_MODEL_TOKENIZER, "the vocabulary has 144 tokens, the encoder 131 embeddings"));
    lex_buf_release(&many);
}

/* Puts an edited lexclf.json into folder "ours", with checksums that fit. */
static void reseal(const lex_json *original, const char *key, lex_json *value)
{
    static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};
    lex_err err = {.code = LEX_OK};
    lex_buf text;
    lex_buf_init(&text);
    lex_json *doc = lex_json_copy(original);
    lex_json_remove(doc, "checksum");
    if (value)
        lex_json_put(doc, key, value);
    else
        lex_json_remove(doc, key);
    stop_on(lex_checksums_seal(&text, doc, at("ours", ""), names, 3, &err), &err);
    stop_on(lex_file_write(at("ours", "lexclf.json"), lex_buf_str(&text), &err), &err);
    lex_json_free(doc);
    lex_buf_release(&text);
}

static lex_json *parsed(const char *text)
{
    lex_err err = {.code = LEX_OK};
    lex_json *doc = NULL;
    stop_on(lex_json_parse(&doc, lex_str_of(text), &err), &err);
    return doc;
}

static void test_wrong_descriptions(void)
{
    static const struct {
        const char *key, *value, *why;
    } cases[] = {
        {"format", "2", "lexclf.json: format 2 is newer than this program, which reads up to 1"},
        {"format", "\"1\"", "'format' is missing or not a whole number"},
        {"format", NULL, "'format' is missing or not a whole number"},
        {"requires", "[\"telepathy\"]", "requires 'telepathy', which this program does not know"},
        {"requires", "[7]", "requires '(not a string)'"},
        {"kind", "\"forest\"", "kind 'forest' is not supported (supported: encoder, linear)"},
        {"task", "\"regression\"", "'task' or 'pooling' is missing or of a kind that is not known"},
        {"pooling", NULL, "'task' or 'pooling' is missing"},
        {"labels", "[\"BUY\",\"LEASE\"]", "config.json has 5 labels and lexclf.json 2, or other names"},
        {"labels", "[\"BUY\",\"LEASE\",\"SALE\",\"RENT\",\"x\"]", "or other names"},
        {"labels", "[\"BUY\",7]", "'labels' is not a list of strings"},
        {"labels", "[\"A\",\"A\",\"B\",\"C\",\"D\"]", "two labels have the name 'A'"},
        {"labels", "[]", "'labels' does not fit the task"},
        {"thresholds", "{\"RENT\": 1.5}", "'thresholds' holds something that is not a number in [0, 1]"},
        {"thresholds", "{\"RENT\": \"x\"}", "'thresholds' holds something that is not a number in [0, 1]"},
        {"temperature", "0", "'temperature' is not a number in [0.001, 1000]"},
        {"temperature", "\"1\"", "'temperature' is not a number in [0.001, 1000]"},
        {"shift", "{\"RENT\": null}", "'shift' holds something that is not a number in [-1000, 1000]"},
        {"windows", "{\"pooling\": \"median\", \"stride\": 4}", "'windows' lacks a pooling that is known"},
        {"windows", "{\"pooling\": \"off\", \"stride\": 4}", "'windows' lacks a pooling that is known"},
        {"windows", "{\"pooling\": \"mean\", \"stride\": 0}", "or a stride that fits 'max_length'"},
        {"windows", "{\"pooling\": \"mean\", \"stride\": 1000000}", "or a stride that fits 'max_length'"},
        {"windows", "{\"pooling\": \"mean\"}", "or a stride that fits 'max_length'"},
        {"windows", "7", "'windows' lacks a pooling that is known"},
    };
    lex_buf kept;
    save_again("plain", "ours", LEX_TASK_SINGLE);
    read_file(&kept, "ours", "lexclf.json");
    lex_json *original = parsed(kept.ptr);
    reseal(original, "note", lex_json_new_string("sealed by the test"));
    lex_model_free(open_model("ours", LEX_MODEL_CLASSIFIER));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reseal(original, cases[i].key, cases[i].value ? parsed(cases[i].value) : NULL);
        if (!CHECK(refused("ours", LEX_MODEL_CLASSIFIER, cases[i].why)))
            fprintf(stderr, "    %s: %s\n", cases[i].key, cases[i].value);
    }
    /* a newer format may seal itself in another way: that is no reason to call it damaged */
    put("ours", "lexclf.json", "{\"format\": 3, \"seal\": \"of another kind\"}");
    CHECK(refused("ours", LEX_MODEL_CLASSIFIER, "format 3 is newer"));
    put("ours", "lexclf.json", "{\"format\": 1, \"kind\": \"encoder\"}");
    CHECK(refused("ours", LEX_MODEL_CLASSIFIER, "lexclf.json: damaged or changed"));
    put("ours", "lexclf.json", "");
    CHECK(refused("ours", LEX_MODEL_CLASSIFIER, "lexclf.json: line 1"));
    lex_json_free(original);
    lex_buf_release(&kept);
}

/* ---- damage ---- */

/* Every byte of a file from `begin` in steps, with every bit flipped alone, and blanks exchanged. */
static void test_flips(const char *dir, const char *name, size_t begin, size_t end, size_t step, int n_bits)
{
    static const char blanks[] = " \t\r\n";
    lex_buf kept;
    read_file(&kept, dir, name);
    int fd = open(at(dir, name), O_WRONLY | O_CLOEXEC);
    long n_wrong = 0, n_tried = 0;
    end = end ? end : kept.len;
    for (size_t i = begin; fd >= 0 && i < end; i += step) {
        for (int k = 0; k < n_bits + 4; k++) {
            int change = k < n_bits ? kept.ptr[i] ^ 1 << (k + (int)i) % 8 : blanks[k - n_bits];
            char byte = (char)change;
            if (byte == kept.ptr[i] || (k >= n_bits && !strchr(blanks, kept.ptr[i])))
                continue;
            if (pwrite(fd, &byte, 1, (off_t)i) != 1)
                break;
            n_tried++;
            lex_err err = {.code = LEX_OK};
            lex_model *model = NULL;
            if (lex_model_open(&model, at(dir, ""), LEX_MODEL_CLASSIFIER, &err) == LEX_OK)
                lex_model_free(model);
            if ((err.code != LEX_ERR_INPUT || !strstr(err.message, name)) && n_wrong++ < 5)
                fprintf(stderr, "    %s: byte %zu to %d: '%s'\n", name, i, byte, err.message);
        }
        if (pwrite(fd, kept.ptr + i, 1, (off_t)i) != 1)
            break;
    }
    printf("%s: %ld changed bytes, %ld not found\n", name, n_tried, n_wrong);
    CHECK(n_tried > 0);
    CHECK_INT(n_wrong, 0);
    close(fd);
    lex_buf_release(&kept);
}

static void test_damage(void)
{
    save_again("plain", "ours", LEX_TASK_SINGLE);
    test_flips("ours", "lexclf.json", 0, 0, 1, 8);
    test_flips("ours", "config.json", 0, 0, 1, 8);
    test_flips("ours", "vocab.txt", 0, 0, 1, 8);
    test_flips("ours", "tokenizer_config.json", 0, 0, 1, 8);
    test_flips("ours", "model.safetensors", 0, 4096, 1, 1);
    test_flips("ours", "model.safetensors", 4096, 0, 503, 1);
    lex_err err = {.code = LEX_OK};
    lex_model_free(open_model("ours", LEX_MODEL_CLASSIFIER)); /* all is as it was */
    stop_on(lex_path_remove(at("ours", "vocab.txt"), &err), &err);
    CHECK(refused("ours", LEX_MODEL_TOKENIZER, "vocab.txt: no such file"));
}

static void test_length(void)
{
    lex_err err = {.code = LEX_OK};
    lex_model *model = open_model("plain", LEX_MODEL_TOKENIZER);
    int64_t length = 0;
    CHECK(lex_model_length(&length, model, 0, &err) == LEX_OK && length == 32);
    CHECK(lex_model_length(&length, model, 40, &err) == LEX_OK && length == 40);
    CHECK_INT(lex_model_length(&length, model, 41, &err), LEX_ERR_USAGE);
    CHECK(strstr(err.message, "--max-length 41 is more than the 40 positions") != NULL);
    lex_err_clear(&err);
    CHECK_INT(lex_model_length(&length, model, 2, &err), LEX_ERR_USAGE);
    lex_model_free(model);
}

int main(void)
{
    lex_err err = {.code = LEX_OK};
    if (!mkdtemp(scratch))
        return 1;
    fixture_open(&golden, "golden/encoder/forward");
    runtime = tiny_runtime(1);
    test_plain();
    test_saved();
    test_calibrated();
    test_temperature();
    test_older_names();
    test_types_and_extras();
    test_encoder_only();
    test_wrong_weights();
    test_wrong_folders();
    test_wrong_descriptions();
    test_damage();
    test_length();
    lex_runtime_close(runtime);
    fixture_close(&golden);
    CHECK_INT(lex_path_remove(scratch, &err), LEX_OK);
    return check_report("model");
}
