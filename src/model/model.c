/* model.c - a folder's life: opened and checked without libtorch, brought to life as an encoder when asked. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "lexclf/hash.h"
#include "lexclf/tuning.h"

lex_status lex_model_check_folder(const char *dir, lex_err *err)
{
    lex_path_kind kind = lex_path_kind_of(dir);
    if (kind == LEX_PATH_MISSING)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: no such model folder", dir);
    if (kind != LEX_PATH_DIR)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: is a file, not a model folder", dir);
    return LEX_OK;
}

/* Before anything else of the folder is believed: whether we may read it, and whether it is as it was written. */
static lex_status read_lexclf_json(lex_model *model, const char *path, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_buf text;
    lex_buf_init(&text);
    LEX_TRY(lex_file_read(&text, path, LEX_CONFIG_JSON_MAX, err));
    st = lex_json_parse(&model->files->lexclf, lex_buf_str(&text), err);
    if (st != LEX_OK) {
        lex_err_at(err, "%s", path);
        lex_err_hint(err, LEX_DAMAGED_HINT);
        goto done;
    }
    LEX_TRY(lex_description_check_format(model, err));
    st = lex_checksums_verify_documents(model, lex_buf_str(&text), err);
done:
    lex_buf_release(&text);
    return st;
}

static lex_status read_documents(lex_model *model, lex_err *err)
{
    lex_status st = LEX_OK;
    char *config = lex_path_join(model->dir, "config.json");
    char *lexclf = lex_path_join(model->dir, "lexclf.json");
    LEX_TRY(lex_model_check_folder(model->dir, err));
    if (lex_path_kind_of(lexclf) != LEX_PATH_MISSING)
        LEX_TRY(read_lexclf_json(model, lexclf, err));
    if (model->kind == LEX_KIND_LINEAR)
        goto done;
    if (lex_path_kind_of(config) == LEX_PATH_MISSING) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: not a model folder: config.json is missing", model->dir);
        goto done;
    }
    LEX_TRY(lex_json_read(&model->files->config, config, LEX_CONFIG_JSON_MAX, err));
    lex_family_list_unknown(&model->unknown_settings, model->files->config);
    lex_family_settle(model->files->config, model->dir);
    st = lex_encoder_config_read(&model->config, model->files->config, err);
    if (st != LEX_OK)
        lex_err_at(err, "%s", config);
done:
    free(config);
    free(lexclf);
    return st;
}

static lex_status open_weights(lex_model *model, lex_err *err)
{
    lex_status st = lex_weight_files_open(&model->files->weights, model->dir, err);
    if (st == LEX_OK && model->kind == LEX_KIND_ENCODER)
        model->has_head = lex_weights_have_head(model);
    return st;
}

/* What an encoder has and a linear model has not. */
static lex_status refuse_linear(const lex_model *model, lex_model_need need, lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INPUT, need == LEX_MODEL_TOKENIZER
                       ? "%s: is a linear model, which has no tokenizer and no token ids"
                       : "%s: is a linear model, not an encoder", model->dir);
}

static lex_status refuse_quantised(const lex_model *model, lex_err *err)
{
    lex_err_set(err, LEX_ERR_INPUT, "%s: is quantised: its weights are rounded, and cannot be trained", model->dir);
    lex_err_hint(err, "name the folder that it was made of");
    return LEX_ERR_INPUT;
}

static lex_status check_vocabulary(const lex_model *model, lex_err *err)
{
    int64_t tokens = lex_tokenizer_vocab_size(model->tokenizer);
    if (tokens > model->config.vocab_size)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: the vocabulary has %lld tokens, the encoder %lld embeddings",
                           model->dir, (long long)tokens, (long long)model->config.vocab_size);
    return LEX_OK;
}

/* How sentence-transformers pools, in whose layout sentence encoders come; a folder without the file says nothing. */
static lex_pooling pooling_of_folder(const char *dir)
{
    enum { MAX_BYTES = 1 << 20 };
    lex_err ignored = {0};
    lex_json *document = NULL;
    bool mean = false;
    char *path = lex_path_join(dir, "1_Pooling/config.json");
    if (lex_json_read(&document, path, MAX_BYTES, &ignored) == LEX_OK)
        mean = lex_json_bool(lex_json_get(document, "pooling_mode_mean_tokens"), false);
    lex_json_free(document);
    free(path);
    return mean ? LEX_POOLING_MEAN : LEX_POOLING_CLS;
}

lex_status lex_model_open(lex_model **out, const char *dir, lex_model_need need, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_model *model = lex_alloc_zeroed(1, sizeof *model);
    *out = NULL;
    model->dir = lex_path_trimmed(dir);
    model->temperature = 1;
    model->files = lex_alloc_zeroed(1, sizeof *model->files);
    LEX_TRY(read_documents(model, err));
    if (model->kind == LEX_KIND_LINEAR && need != LEX_MODEL_CLASSIFIER) {
        st = refuse_linear(model, need, err);
        goto done;
    }
    if (need != LEX_MODEL_TOKENIZER)
        LEX_TRY(open_weights(model, err));
    if (need != LEX_MODEL_TOKENIZER && model->files->lexclf)
        LEX_TRY(lex_checksums_verify_weights(model, err));
    if (model->kind == LEX_KIND_LINEAR) {
        LEX_TRY(lex_description_read(model, err));
        LEX_TRY(lex_linear_open(model, err));
        *out = model;
        goto done;
    }
    if (need == LEX_MODEL_CLASSIFIER && !model->has_head) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no classification head: it is an encoder only", model->dir);
        lex_err_hint(err, "train a classifier with it: lexclf train --encoder %s --train FILE --out DIR", model->dir);
        goto done;
    }
    LEX_TRY(lex_tokenizer_open(&model->tokenizer, model->dir, err));
    LEX_TRY(check_vocabulary(model, err));
    LEX_TRY(lex_description_read(model, err));
    if (need == LEX_MODEL_ENCODER && !model->has_head && !model->files->lexclf)
        model->pooling = pooling_of_folder(model->dir);
    if (need == LEX_MODEL_ENCODER && model->quantised != LEX_QUANTISED_NOT) {
        st = refuse_quantised(model, err);
        goto done;
    }
    /* As an encoder, to be trained, it goes without. */
    model->is_fused = model->is_fused && need == LEX_MODEL_CLASSIFIER;
    if (model->is_fused)
        LEX_TRY(lex_linear_open_fused(model, err));
    *out = model;
done:
    if (st != LEX_OK)
        lex_model_free(model);
    return st;
}

void lex_model_free(lex_model *model)
{
    if (!model)
        return;
    lex_model_files *files = model->files;
    lex_json_free(files->config);
    lex_json_free(files->lexclf);
    lex_safetensors_close(&files->weights);
    lex_safetensors_close(&files->linear);
    for (int64_t i = 0; i < files->n_owned; i++)
        free(files->owned[i]);
    free(files->owned);
    free(files);
    lex_tokenizer_free(model->tokenizer);
    lex_vectorizer_free(model->vectorizer);
    lex_svm_release(&model->svm);
    lex_strings_release(&model->labels);
    lex_strings_release(&model->text_columns);
    lex_strings_release(&model->label_columns);
    free(model->label_separator);
    lex_strings_release(&model->unused);
    lex_strings_release(&model->unknown_settings);
    lex_strings_release(&model->fresh);
    free(model->thresholds);
    free(model->shift);
    free(model->fresh_bias);
    free(model->dir);
    free(model);
}

void lex_model_use_normalize(lex_model *model, lex_normalize_how how)
{
    model->normalize = how;
    lex_tokenizer_set_normalize(model->tokenizer, how);
}

lex_status lex_model_length(int64_t *out, const lex_model *model, int64_t asked, lex_err *err)
{
    int64_t least = lex_tokenizer_n_special(model->tokenizer) + 1;
    *out = asked ? asked : model->max_length;
    if (*out > model->config.n_positions)
        return lex_err_set(err, LEX_ERR_USAGE, "--max-length %lld is more than the %lld positions of the model in %s",
                           (long long)*out, (long long)model->config.n_positions, model->dir);
    if (*out < least)
        return lex_err_set(err, LEX_ERR_USAGE, "--max-length %lld leaves no room for a token (at least %lld)",
                           (long long)*out, (long long)least);
    return LEX_OK;
}

static bool same_labels(const lex_strings *a, const lex_strings *b)
{
    bool same = a->n == b->n;
    for (int64_t i = 0; same && i < a->n; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

/* Task and labels (copied), with every threshold at a half. */
static void set_outputs(lex_model *model, lex_task task, const lex_strings *labels)
{
    lex_strings_release(&model->labels);
    for (int64_t i = 0; i < labels->n; i++)
        lex_strings_push(&model->labels, lex_str_of(labels->items[i]));
    model->task = task;
    model->n_outputs = task == LEX_TASK_BINARY ? 1 : labels->n;
    free(model->thresholds);
    free(model->shift);
    model->shift = NULL;
    model->temperature = 1;
    model->thresholds = lex_alloc_array((size_t)model->n_outputs, sizeof *model->thresholds);
    for (int64_t k = 0; k < model->n_outputs; k++)
        model->thresholds[k] = 0.5;
}

void lex_model_prepare(lex_model *model, lex_task task, const lex_strings *labels, lex_pooling pooling)
{
    if (model->task != task || model->pooling != pooling || !same_labels(&model->labels, labels))
        model->has_head = false;
    set_outputs(model, task, labels);
    model->pooling = pooling;
}

void lex_model_begin_at(lex_model *model, const double *bias)
{
    size_t n = (size_t)model->n_outputs;
    free(model->fresh_bias);
    model->fresh_bias = lex_alloc_array(n, sizeof *model->fresh_bias);
    memcpy(model->fresh_bias, bias, n * sizeof *bias);
}

lex_model *lex_model_linear_new(lex_task task, const lex_strings *labels, lex_vectorizer *vectorizer, lex_svm *svm)
{
    lex_model *model = lex_alloc_zeroed(1, sizeof *model);
    model->files = lex_alloc_zeroed(1, sizeof *model->files);
    model->kind = LEX_KIND_LINEAR;
    set_outputs(model, task, labels);
    model->vectorizer = vectorizer;
    model->svm = *svm;
    *svm = (lex_svm){.n_features = 0};
    return model;
}

void lex_model_fuse(lex_model *model, lex_vectorizer *vectorizer, lex_svm *svm)
{
    LEX_ASSERT(model->kind == LEX_KIND_ENCODER && !model->vectorizer && svm->n_labels == model->n_outputs);
    model->vectorizer = vectorizer;
    model->svm = *svm;
    *svm = (lex_svm){.n_features = 0};
    model->is_fused = true;
    model->fusion_weight = LEX_FUSION_DEFAULT;
}

lex_encoder_config lex_model_config(const lex_model *model)
{
    lex_encoder_config config = model->config;
    config.window_scores = model->windows == LEX_WINDOWS_ATTENTION;
    return config;
}

int64_t lex_model_width(const lex_model *model)
{
    return lex_windows_width(model->windows, model->n_outputs);
}

lex_status lex_model_use_windows(lex_model *model, lex_windows windows, int64_t stride, int64_t max_length,
                                 bool may_be_fresh, lex_err *err)
{
    int64_t room = max_length - lex_tokenizer_n_special(model->tokenizer);
    if (windows == LEX_WINDOWS_OFF && stride)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--stride': without windows there is none; see '--windows'");
    if (stride > room) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--stride': %lld would leave tokens out between windows of %lld",
                    (long long)stride, (long long)room);
        lex_err_hint(err, "windows of --max-length %lld hold that many beside the special tokens", (long long)max_length);
        return LEX_ERR_USAGE;
    }
    if (windows == LEX_WINDOWS_ATTENTION && !may_be_fresh && model->windows != LEX_WINDOWS_ATTENTION) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--windows attention': the model in %s was not trained with it", model->dir);
        lex_err_hint(err, "'mean' and 'max' have no weights of their own and fit any model");
        return LEX_ERR_USAGE;
    }
    model->windows = windows;
    model->stride = windows == LEX_WINDOWS_OFF ? 0 : stride ? stride : (3 * room + 3) / 4;
    return LEX_OK;
}

lex_status lex_model_freeze(lex_model *model, int64_t n_frozen, lex_err *err)
{
    if (n_frozen > 1 + model->config.n_layers)
        return lex_err_set(err, LEX_ERR_USAGE, "%lld layers are to be frozen, but the encoder has %lld",
                           (long long)n_frozen - 1, (long long)model->config.n_layers);
    lex_encoder *encoder = NULL; /* for its table of parameters */
    lex_status st = lex_encoder_new(&encoder, NULL, &model->config, model->pooling, 1, err);
    if (st == LEX_OK && !lex_encoder_may_freeze(encoder, n_frozen))
        st = lex_err_set(err, LEX_ERR_USAGE, "%lld layers are to be frozen, but they share their weights with others of the %lld",
                         (long long)n_frozen - 1, (long long)model->config.n_layers);
    lex_encoder_free(encoder);
    model->n_frozen = n_frozen;
    return st;
}

static lex_status make_encoder(lex_encoder **out, lex_model *model, lex_runtime *runtime, bool train, uint64_t seed,
                               lex_err *err)
{
    lex_status st = LEX_OK;
    lex_encoder *encoder = NULL;
    const float **values = NULL;
    lex_encoder_config config = lex_model_config(model);
    LEX_TRY(lex_encoder_new(&encoder, runtime, &config, model->pooling, model->n_outputs, err));
    LEX_TRY(lex_weights_collect(&values, NULL, model, encoder, train, seed, err));
    lex_encoder_freeze(encoder, train ? model->n_frozen : 0);
    st = train ? lex_encoder_bind_flat(encoder, values, err) : lex_encoder_bind(encoder, values, err);
done:
    free(values);
    if (st != LEX_OK) {
        lex_encoder_free(encoder);
        encoder = NULL;
    }
    *out = encoder;
    return st;
}

lex_status lex_model_encoder(lex_encoder **out, lex_model *model, lex_runtime *runtime, lex_err *err)
{
    return make_encoder(out, model, runtime, false, 0, err);
}

void lex_model_forget(void *context, const float *values, int64_t n)
{
    const lex_model *model = context;
    const lex_safetensors *weights = &model->files->weights;
    for (int64_t i = 0; i < lex_weight_files_count(weights); i++) /* what is not in it is left alone */
        lex_map_forget(&lex_weight_files_get(weights, i)->map, values, (size_t)n * sizeof *values);
}

lex_status lex_model_device(const char **device, const lex_model *model, bool in_int8, lex_err *err)
{
    const bool cpu_alone = in_int8 || model->config.distance_span > 0 || model->config.convolution;
    if (!cpu_alone || lex_device_is_cpu(*device))
        return LEX_OK;
    if (strcmp(*device, "auto") == 0) {
        *device = "cpu";
        return LEX_OK;
    }
    lex_err_set(err, LEX_ERR_USAGE, "option '--device': %s is computed on the CPU alone", in_int8 ? "int8" : "this encoder");
    lex_err_hint(err, "use --device cpu%s", in_int8 ? ", or --dtype bf16" : "");
    return LEX_ERR_USAGE;
}

lex_precision lex_model_precision(const lex_model *model, lex_precision asked)
{
    if (asked == LEX_PRECISION_AUTO && model->quantised == LEX_QUANTISED_INT8)
        return LEX_PRECISION_INT8;
    if (asked == LEX_PRECISION_AUTO)
        return lex_precision_is_bf16(asked) ? LEX_PRECISION_BF16 : LEX_PRECISION_FP32;
    return asked;
}

lex_status lex_model_inference(lex_inference **out, lex_model *model, lex_precision precision, lex_err *err)
{
    const bool in_int8 = precision == LEX_PRECISION_INT8;
    const bool bf16 = in_int8 ? lex_kernels_bf16_pays() : precision == LEX_PRECISION_BF16;
    lex_int8_weight *int8 = NULL;
    lex_status st = LEX_OK;
    lex_encoder *encoder = NULL; /* for its table of parameters */
    const float **values = NULL;
    *out = NULL;
    lex_encoder_config config = lex_model_config(model);
    LEX_TRY(lex_encoder_new(&encoder, NULL, &config, model->pooling, model->n_outputs, err));
    LEX_TRY(lex_weights_collect(&values, in_int8 ? &int8 : NULL, model, encoder, false, 0, err));
    if (in_int8 && model->quantised != LEX_QUANTISED_INT8)
        lex_quantise_values(int8, values, model, encoder, NULL);
    st = lex_inference_new_int8(out, &config, model->pooling, model->n_outputs, values, int8, lex_kernels_choose(bf16),
                                lex_int8_choose(), (lex_laid_out){lex_model_forget, model}, err);
    if (st == LEX_OK && in_int8)
        lex_inference_attend_rounded(*out);
done:
    free(values);
    free(int8);
    lex_encoder_free(encoder);
    return st;
}

lex_status lex_model_encoder_to_train(lex_encoder **out, lex_model *model, lex_runtime *runtime, uint64_t seed,
                                      lex_err *err)
{
    return make_encoder(out, model, runtime, true, seed, err);
}

void lex_model_weights_sha256(const lex_model *model, char hex[65])
{
    lex_sha256 *sha = lex_sha256_new();
    const lex_safetensors *weights = &model->files->weights;
    for (int64_t i = 0; i < lex_weight_files_count(weights); i++)
        lex_sha256_add(sha, lex_weight_files_get(weights, i)->map.ptr, lex_weight_files_get(weights, i)->map.len);
    lex_sha256_hex(sha, hex);
    lex_sha256_free(sha);
}

size_t lex_model_weights_bytes(const lex_model *model)
{
    const lex_safetensors *weights = &model->files->weights;
    size_t n_bytes = 0;
    for (int64_t i = 0; i < lex_weight_files_count(weights); i++)
        n_bytes += lex_weight_files_get(weights, i)->map.len;
    return n_bytes;
}

const char *lex_task_name(lex_task task)
{
    return task == LEX_TASK_SINGLE ? "single" : task == LEX_TASK_MULTI ? "multi" : "binary";
}

const char *lex_kind_name(lex_kind kind)
{
    return kind == LEX_KIND_ENCODER ? "encoder" : "linear";
}

const char *lex_pooling_name(lex_pooling pooling)
{
    return pooling == LEX_POOLING_CLS ? "cls" : "mean";
}
