/* save.c - writes a model folder: config.json as transformers wants it, the weights, the tokenizer's files as they
 * came, and lexclf.json last, with the checksums of all. No clock time and no path goes into any of them, so that the
 * same run gives the same bytes. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tokenizer_files[] = {"vocab.txt", "tokenizer.json", "tokenizer_config.json",
                                              "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
                                              "sentencepiece.bpe.model", "spiece.model", "spm.model"};
enum { N_TOKENIZER_FILES = sizeof tokenizer_files / sizeof *tokenizer_files };

/* How many of a folder's files are not copied as they came. */
int lex_model_n_own_files(const lex_model *model)
{
    return model->is_fused ? 4 : 2;
}

static lex_status write_text(const char *dir, const char *name, const lex_buf *text, lex_err *err)
{
    char *path = lex_path_join(dir, name);
    lex_status st = lex_file_write(path, lex_buf_str(text), err);
    free(path);
    return st;
}

static lex_status write_config(const lex_model *model, const char *dir, lex_err *err)
{
    lex_json *config = lex_json_copy(model->files->config);
    lex_json *architectures = lex_json_new_array(), *id2label = lex_json_new_object(), *label2id = lex_json_new_object();
    char number[32];
    lex_json_push(architectures, lex_json_new_string(model->config.class_name));
    for (int64_t k = 0; k < model->n_outputs; k++) {
        snprintf(number, sizeof number, "%lld", (long long)k);
        lex_json_append(id2label, number, lex_json_new_string(model->labels.items[k]));
        lex_json_append(label2id, model->labels.items[k], lex_json_new_number((double)k));
    }
    lex_json_remove(config, "_name_or_path");
    lex_json_remove(config, "torch_dtype");
    lex_json_remove(config, "num_labels");
    lex_json_put(config, "architectures", architectures);
    lex_json_put(config, "id2label", id2label);
    lex_json_put(config, "label2id", label2id);
    lex_json_put_string(config, "dtype", "float32");
    lex_json_put_string(config, "problem_type", model->task == LEX_TASK_SINGLE ? "single_label_classification"
                                                                               : "multi_label_classification");
    lex_buf text;
    lex_buf_init(&text);
    lex_json_print(&text, config, true);
    lex_status st = write_text(dir, "config.json", &text, err);
    lex_buf_release(&text);
    lex_json_free(config);
    return st;
}

static lex_status write_weights(const lex_model *model, lex_encoder *encoder, const char *dir, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t n_params, n_flat = lex_encoder_flat_count(encoder);
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    float *flat = lex_alloc_aligned((size_t)n_flat * sizeof *flat);
    lex_tensor_to_store *tensors = lex_alloc_array((size_t)n_params, sizeof *tensors);
    char (*names)[LEX_STORED_NAME_MAX] = lex_alloc_array((size_t)n_params, sizeof *names);
    char *path = lex_path_join(dir, LEX_WEIGHTS_FILE);
    LEX_TRY(lex_encoder_read_weights(encoder, flat, err));
    for (int64_t i = 0; i < n_params; i++)
        tensors[i] = (lex_tensor_to_store){lex_stored_name(names[i], model, params[i].name), params[i].n_dims,
                                           params[i].shape, flat + params[i].offset, params[i].count, LEX_STORED_F32};
    st = lex_safetensors_write(path, tensors, n_params, err);
done:
    free(path);
    free(names);
    free(tensors);
    free(flat);
    return st;
}

int lex_model_file_names(const char *names[LEX_MODEL_FILES_MAX], const lex_model *model)
{
    bool is_linear = model->kind == LEX_KIND_LINEAR;
    names[0] = is_linear ? LEX_VOCABULARY_FILE : "config.json";
    names[1] = LEX_WEIGHTS_FILE;
    if (model->is_fused) {
        names[2] = LEX_LINEAR_FILE;
        names[3] = LEX_VOCABULARY_FILE;
    }
    int n = lex_model_n_own_files(model);
    for (int i = 0; !is_linear && i < N_TOKENIZER_FILES; i++) {
        char *path = lex_path_join(model->dir, tokenizer_files[i]);
        if (lex_path_kind_of(path) != LEX_PATH_MISSING)
            names[n++] = tokenizer_files[i];
        free(path);
    }
    return n;
}

lex_status lex_model_copy_file(const char *from_dir, const char *to_dir, const char *name, lex_err *err)
{
    char *from = lex_path_join(from_dir, name), *to = lex_path_join(to_dir, name);
    lex_map content;
    lex_status st = lex_map_open(&content, from, err);
    if (st == LEX_OK)
        st = lex_file_write(to, (lex_str){(const char *)content.ptr, content.len}, err);
    lex_map_close(&content);
    free(from);
    free(to);
    return st;
}

static lex_json *list_of(const char *const *items, int64_t n)
{
    lex_json *list = lex_json_new_array();
    for (int64_t i = 0; i < n; i++)
        lex_json_push(list, lex_json_new_string(items[i]));
    return list;
}

/* What a program must know to give the same answers: one that does not refuses the folder. */
static lex_json *requires(const lex_model *model)
{
    lex_json *list = lex_json_new_array();
    if (model->kind == LEX_KIND_LINEAR)
        lex_json_push(list, lex_json_new_string("tfidf-ngrams"));
    else if (model->pooling == LEX_POOLING_MEAN)
        lex_json_push(list, lex_json_new_string("mean-pooling"));
    if (model->is_fused)
        lex_json_push(list, lex_json_new_string(LEX_FUSION_FEATURE));
    if (model->temperature != 1)
        lex_json_push(list, lex_json_new_string("temperature"));
    if (model->shift)
        lex_json_push(list, lex_json_new_string("logit-shift"));
    if (model->windows != LEX_WINDOWS_OFF)
        lex_json_push(list, lex_json_new_string("windows"));
    if (model->normalize != LEX_NORMALIZE_OFF)
        lex_json_push(list, lex_json_new_string("normalize"));
    if (model->quantised == LEX_QUANTISED_INT8)
        lex_json_push(list, lex_json_new_string(LEX_INT8_FEATURE));
    return list;
}

static lex_json *by_label(const lex_model *model, const double *values)
{
    lex_json *map = lex_json_new_object();
    for (int64_t k = 0; k < model->n_outputs; k++)
        lex_json_append(map, model->labels.items[k], lex_json_new_number(values[k]));
    return map;
}

void lex_model_describe_calibration(lex_json *doc, const lex_model *model)
{
    lex_json_put(doc, "requires", requires(model));
    if (model->task != LEX_TASK_SINGLE)
        lex_json_put(doc, "thresholds", by_label(model, model->thresholds));
    lex_json_put_number(doc, "temperature", model->temperature);
    if (model->shift)
        lex_json_put(doc, "shift", by_label(model, model->shift));
    else
        lex_json_remove(doc, "shift");
}

static lex_json *windows_json(const lex_model *model)
{
    lex_json *windows = lex_json_new_object();
    lex_json_put_string(windows, "pooling", lex_windows_name(model->windows));
    lex_json_put_number(windows, "stride", (double)model->stride);
    return windows;
}

lex_json *lex_model_describe(const lex_model *model, const lex_model_save_options *options)
{
    lex_json *doc = lex_json_new_object();
    lex_json_put_number(doc, "format", LEX_MODEL_FORMAT);
    lex_json_put(doc, "requires", requires(model));
    lex_json_put_string(doc, "kind", lex_kind_name(model->kind));
    lex_json_put_string(doc, "task", lex_task_name(model->task));
    lex_json_put(doc, "labels", list_of((const char *const *)model->labels.items, model->labels.n));
    if (model->task == LEX_TASK_BINARY) {
        lex_json_put_string(doc, "positive", model->labels.items[0]);
        lex_json_put_string(doc, "negative", model->labels.items[1]);
    }
    lex_json_put(doc, "text_columns", list_of(options->text_columns, options->n_text_columns));
    if (options->label_separator)
        lex_json_put_string(doc, "label_separator", options->label_separator);
    if (options->label_columns && options->label_columns->n)
        lex_json_put(doc, "label_columns",
                     list_of((const char *const *)options->label_columns->items, options->label_columns->n));
    if (model->kind == LEX_KIND_ENCODER) {
        lex_json_put_number(doc, "max_length", (double)options->max_length);
        lex_json_put_string(doc, "pooling", lex_pooling_name(model->pooling));
        if (model->normalize != LEX_NORMALIZE_OFF)
            lex_json_put_string(doc, "normalize", lex_normalize_name(model->normalize));
        if (model->windows != LEX_WINDOWS_OFF)
            lex_json_put(doc, "windows", windows_json(model));
    }
    if (model->is_fused) {
        lex_json *fusion = lex_json_new_object();
        lex_json_put_number(fusion, "weight", model->fusion_weight);
        lex_json_put(doc, "fusion", fusion);
        lex_json_put_string(doc, "note", "logits are those of the encoder plus the fusion's weight times the margins of "
                                         "linear.safetensors, which transformers does not compute: the head is stored "
                                         "under lexclf's own name");
    } else if (model->pooling == LEX_POOLING_MEAN)
        lex_json_put_string(doc, "note", "pooling is the mean over all tokens, which transformers' sequence classifier "
                                         "does not compute: the head is stored under lexclf's own name");
    lex_model_describe_calibration(doc, model);
    return doc;
}

/* What an encoder's folder has beside lexclf.json. */
static lex_status write_encoder(const lex_model *model, lex_encoder *encoder, const char *dir, const char *const *names,
                                int n_names, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(write_config(model, dir, err));
    LEX_TRY(write_weights(model, encoder, dir, err));
    if (model->is_fused)
        LEX_TRY(lex_linear_write(model, dir, LEX_LINEAR_FILE, err));
    for (int i = lex_model_n_own_files(model); i < n_names; i++)
        LEX_TRY(lex_model_copy_file(model->dir, dir, names[i], err));
done:
    return st;
}

lex_status lex_model_save(const lex_model *model, lex_encoder *encoder, const char *dir,
                          const lex_model_save_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *names[LEX_MODEL_FILES_MAX];
    int n_names = lex_model_file_names(names, model);
    lex_json *doc = lex_model_describe(model, options);
    if (options->run)
        lex_json_put(doc, "run", lex_json_copy(options->run));
    lex_buf text;
    lex_buf_init(&text);
    LEX_TRY(lex_dir_make(dir, err));
    LEX_TRY(model->kind == LEX_KIND_LINEAR ? lex_linear_write(model, dir, LEX_WEIGHTS_FILE, err)
                                           : write_encoder(model, encoder, dir, names, n_names, err));
    LEX_TRY(lex_checksums_seal(&text, doc, dir, names, n_names, err));
    st = write_text(dir, "lexclf.json", &text, err);
done:
    lex_buf_release(&text);
    lex_json_free(doc);
    return st;
}
