/* inspect.c - a folder looked at from outside: its description is read as JSON, its weights by their names and shapes, and
 * then it is opened as train and predict would open it, up to the last check before anything is computed. What they would
 * say is kept beside what was seen. */
#include "inspect.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- config.json ---- */

/* Families name their sizes differently; the first name that is there counts. */
static void put_sizes(lex_json *out, const lex_json *config)
{
    static const struct {
        const char *name, *keys[4];
    } sizes[] = {
        {"layers", {"num_hidden_layers", "n_layers", "num_layers", NULL}},
        {"width", {"hidden_size", "dim", "d_model", NULL}},
        {"heads", {"num_attention_heads", "n_heads", NULL}},
        {"inner_width", {"intermediate_size", "hidden_dim", "d_ff", NULL}},
        {"embedding_width", {"embedding_size", NULL}},
        {"vocabulary", {"vocab_size", NULL}},
        {"positions", {"max_position_embeddings", NULL}},
        {"segments", {"type_vocab_size", NULL}},
    };
    lex_json *object = lex_json_new_object();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t value;
        for (int k = 0; sizes[i].keys[k]; k++) {
            if (!lex_json_int(&value, lex_json_get(config, sizes[i].keys[k]), 0, INT64_C(1) << 40))
                continue;
            lex_json_put_number(object, sizes[i].name, (double)value);
            break;
        }
    }
    lex_json_put(out, "sizes", object);
}

static lex_json *strings_json(const lex_strings *list)
{
    lex_json *array = lex_json_new_array();
    for (int64_t i = 0; i < list->n; i++)
        lex_json_push(array, lex_json_new_string(list->items[i]));
    return array;
}

static void put_config(lex_json *out, const lex_json *config)
{
    lex_strings unknown = {0};
    const lex_json *architectures = lex_json_get(config, "architectures");
    lex_json_put_string(out, "family", lex_json_string(lex_json_get(config, "model_type")));
    lex_json_put(out, "architectures", architectures ? lex_json_copy(architectures) : lex_json_new_array());
    lex_json_put_string(out, "supported", lex_encoder_supported());
    put_sizes(out, config);
    lex_family_list_unknown(&unknown, config);
    lex_json_put(out, "unknown_settings", strings_json(&unknown));
    lex_strings_release(&unknown);
}

/* ---- the weights ---- */

static bool is_float(const lex_stored_tensor *tensor)
{
    return tensor->dtype != LEX_STORED_OTHER || strncmp(tensor->dtype_name, "F8", 2) == 0;
}

static void put_tensors(lex_json *to, double *n_parameters, const lex_safetensors *weights)
{
    lex_json *dtypes = lex_json_new_object();
    *n_parameters = 0;
    for (int64_t i = 0; i < weights->n_tensors; i++) {
        const lex_stored_tensor *tensor = &weights->tensors[i];
        double before = lex_json_number(lex_json_get(dtypes, tensor->dtype_name), 0);
        lex_json_put_number(dtypes, tensor->dtype_name, before + 1);
        *n_parameters += is_float(tensor) ? (double)tensor->count : 0;
    }
    lex_json_put_number(to, "tensors", (double)weights->n_tensors);
    lex_json_put(to, "dtypes", dtypes);
}

static void put_weights(lex_json *out, const char *dir)
{
    lex_safetensors weights;
    lex_err err = {.code = LEX_OK};
    lex_json *object = lex_json_new_object(), *files = lex_json_new_array();
    double n_bytes = 0, n_parameters = 0;
    lex_status st = lex_weight_files_open(&weights, dir, &err);
    lex_json_put_string(object, "form", lex_weight_files_form(dir));
    for (int64_t i = 0; st == LEX_OK && i < lex_weight_files_count(&weights); i++) {
        const lex_safetensors *file = lex_weight_files_get(&weights, i);
        lex_json *entry = lex_json_new_object();
        lex_json_put_string(entry, "name", file->file);
        lex_json_put_number(entry, "bytes", (double)file->map.len);
        lex_json_put_number(entry, "tensors", (double)file->n_tensors);
        lex_json_push(files, entry);
        n_bytes += (double)file->map.len;
    }
    lex_json_put(object, "files", files);
    if (st == LEX_OK) {
        lex_json_put_number(object, "bytes", n_bytes);
        put_tensors(object, &n_parameters, &weights);
        lex_json_put_number(out, "parameters", n_parameters);
        lex_safetensors_close(&weights);
    } else {
        lex_json_put_string(object, "error", err.message);
    }
    lex_json_put(out, "weights", object);
}

/* ---- as train and predict would open it ---- */

/* What an encoder of this description would need and the weights lack. */
static lex_status check_weights(lex_strings *missing, lex_model *model, bool as_encoder, lex_err *err)
{
    lex_encoder *encoder = NULL;
    if (as_encoder)
        model->has_head = false; /* a new one is made for the labels of the training */
    lex_pooling pooling = as_encoder ? LEX_POOLING_CLS : model->pooling;
    lex_encoder_config config = model->config;
    config.window_scores = !as_encoder && model->windows == LEX_WINDOWS_ATTENTION;
    lex_status st = lex_encoder_new(&encoder, NULL, &config, pooling, as_encoder ? 2 : model->n_outputs, err);
    if (st == LEX_OK) {
        lex_weights_list_missing(missing, model, encoder);
        st = lex_weights_check(model, encoder, as_encoder, err);
    }
    lex_encoder_free(encoder);
    return st;
}

/* Opens it, tells whether that went well under `name`, and leaves what was opened for the caller to free, or NULL. */
static lex_model *attempt(lex_json *out, const char *name, const char *dir, lex_model_need need)
{
    lex_model *model = NULL;
    lex_err err = {.code = LEX_OK};
    lex_strings missing = {0};
    lex_json *verdict = lex_json_new_object();
    lex_status st = lex_model_open(&model, dir, need, &err);
    if (st == LEX_OK && model->kind == LEX_KIND_ENCODER)
        st = check_weights(&missing, model, need == LEX_MODEL_ENCODER, &err);
    lex_json_put_bool(verdict, "takes", st == LEX_OK);
    if (st != LEX_OK)
        lex_json_put_string(verdict, "reason", err.message);
    lex_json_put(verdict, "missing", strings_json(&missing));
    lex_json_put(out, name, verdict);
    lex_strings_release(&missing);
    return model;
}

static void put_head(lex_json *out, const lex_model *model)
{
    lex_json *head = lex_json_new_object();
    lex_json_put_string(head, "task", lex_task_name(model->task));
    lex_json_put(head, "labels", strings_json(&model->labels));
    if (model->kind == LEX_KIND_ENCODER)
        lex_json_put_string(head, "pooling", lex_pooling_name(model->pooling));
    lex_json_put_number(head, "temperature", model->temperature);
    if (model->task != LEX_TASK_SINGLE) {
        lex_json *thresholds = lex_json_new_object();
        for (int64_t k = 0; k < model->n_outputs; k++)
            lex_json_append(thresholds, model->labels.items[k], lex_json_new_number(model->thresholds[k]));
        lex_json_put(head, "thresholds", thresholds);
    }
    if (model->normalize != LEX_NORMALIZE_OFF)
        lex_json_put_string(head, "normalize", lex_normalize_name(model->normalize));
    if (model->windows != LEX_WINDOWS_OFF) {
        lex_json *windows = lex_json_new_object();
        lex_json_put_string(windows, "pooling", lex_windows_name(model->windows));
        lex_json_put_number(windows, "stride", (double)model->stride);
        lex_json_put(head, "windows", windows);
    }
    if (model->is_fused) {
        lex_json *fusion = lex_json_new_object();
        lex_json_put_number(fusion, "weight", model->fusion_weight);
        lex_json_put(head, "fusion", fusion);
    }
    if (model->vectorizer)
        lex_json_put_number(head, "features", (double)lex_vectorizer_n_features(model->vectorizer));
    lex_json_put(out, "head", head);
}

static void put_verdicts(lex_json *out, const char *dir)
{
    lex_model *encoder = attempt(out, "train", dir, LEX_MODEL_ENCODER);
    lex_model *classifier = attempt(out, "predict", dir, LEX_MODEL_CLASSIFIER);
    const lex_model *opened = classifier ? classifier : encoder;
    if (classifier)
        put_head(out, classifier);
    if (opened && opened->kind == LEX_KIND_ENCODER)
        lex_json_put_number(out, "max_length", (double)opened->max_length);
    lex_model_free(encoder);
    lex_model_free(classifier);
}

/* ---- the whole ---- */

static lex_status read_document(lex_json **out, const char *dir, const char *name, lex_err *err)
{
    char *path = lex_path_join(dir, name);
    lex_status st = LEX_OK;
    if (lex_path_kind_of(path) != LEX_PATH_MISSING)
        st = lex_json_read(out, path, LEX_CONFIG_JSON_MAX, err);
    free(path);
    return st;
}

lex_status lex_inspect(lex_json **out, const char *dir_given, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_json *config = NULL, *lexclf = NULL, *found = NULL;
    char *dir = lex_path_trimmed(dir_given);
    LEX_TRY(lex_model_check_folder(dir, err));
    LEX_TRY(read_document(&config, dir, "config.json", err));
    LEX_TRY(read_document(&lexclf, dir, "lexclf.json", err));
    if (!config && !lexclf) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: not a model folder: config.json is missing", dir);
        goto done;
    }
    const char *kind = lex_json_string(lex_json_get(lexclf, "kind"));
    found = lex_json_new_object();
    lex_json_put_number(found, "schema", 1);
    lex_json_put_string(found, "kind", kind ? kind : "encoder");
    lex_json_put_bool(found, "lexclf", lexclf != NULL);
    if (config) {
        lex_family_settle(config, dir);
        put_config(found, config);
        lex_json_put(found, "tokenizer", lex_inspect_tokenizer(dir));
    }
    put_weights(found, dir);
    put_verdicts(found, dir);
    if (lex_json_get(lexclf, "run"))
        lex_json_put(found, "run", lex_json_copy(lex_json_get(lexclf, "run")));
done:
    free(dir);
    lex_json_free(config);
    lex_json_free(lexclf);
    *out = found;
    return st;
}
