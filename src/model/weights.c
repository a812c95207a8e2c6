/* weights.c - the stored tensors that an encoder's parameters are made of: found under today's names and older ones, or
 * where their twin is, checked for shape, used in place where they are float32, converted where not, drawn by seed where
 * a head is new. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/random.h"

enum { NAME_MAX_BYTES = LEX_STORED_NAME_MAX, NAMED_MAX = 5, SEED_STREAM = 0x68656164 };

static const char *fused_name(char out[NAME_MAX_BYTES], const char *name)
{
    if (strncmp(name, "classifier.", 11) != 0)
        return name;
    snprintf(out, NAME_MAX_BYTES, LEX_FUSED_HEAD "%s", name + 10);
    return out;
}

const char *lex_bare_name(const lex_model *model, const char *name)
{
    const char *prefix = lex_encoder_family_prefix(model->config.family);
    const size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 ? name + n : name;
}

bool lex_weights_have_head(const lex_model *model)
{
    const lex_safetensors *weights = &model->files->weights;
    char name[LEX_HEAD_NAME_MAX], fused[NAME_MAX_BYTES];
    const char *own = lex_encoder_head_name(name, model->config.family, LEX_POOLING_CLS);
    if (lex_safetensors_find(weights, own) || lex_safetensors_find(weights, fused_name(fused, own)))
        return true;
    return lex_safetensors_find(weights, lex_encoder_head_name(name, model->config.family, LEX_POOLING_MEAN)) != NULL;
}

const char *lex_stored_name(char out[LEX_STORED_NAME_MAX], const lex_model *model, const char *name)
{
    return model->is_fused ? fused_name(out, name) : name;
}

/* "….LayerNorm.weight" as the first checkpoints had it: "….LayerNorm.gamma". False when the name is no such one. */
static bool old_name(char out[NAME_MAX_BYTES], const char *name)
{
    static const char *const pairs[2][2] = {{".LayerNorm.weight", ".LayerNorm.gamma"},
                                            {".LayerNorm.bias", ".LayerNorm.beta"}};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(name), tail = strlen(pairs[i][0]);
        if (n >= tail && n < NAME_MAX_BYTES && strcmp(name + n - tail, pairs[i][0]) == 0) {
            snprintf(out, NAME_MAX_BYTES, "%.*s%s", (int)(n - tail), name, pairs[i][1]);
            return true;
        }
    }
    return false;
}

/* The tensor that safetensors' own writer says it has kept of two that were one. */
static lex_stored_tensor *find_recorded(const lex_safetensors *file, const char *name)
{
    for (int64_t i = 0; i < (file->n_parts ? file->n_parts : 1); i++) {
        const lex_json *header = file->n_parts ? file->parts[i].header : file->header;
        const char *kept = lex_json_string(lex_json_get(lex_json_get(header, "__metadata__"), name));
        if (kept)
            return lex_safetensors_find(file, kept);
    }
    return NULL;
}

/* Token embeddings are tied to the output of the language model that was pretrained: either of the two may be stored. */
static lex_stored_tensor *find_twin(const lex_safetensors *file, const char *name)
{
    static const char *const twins[] = {"cls.predictions.decoder.weight", "lm_head.decoder.weight", "lm_head.weight",
                                        "vocab_projector.weight", "generator_lm_head.weight", "predictions.decoder.weight"};
    static const char tail[] = "embeddings.word_embeddings.weight";
    size_t n = strlen(name), n_tail = sizeof tail - 1;
    lex_stored_tensor *tensor = find_recorded(file, name);
    if (n < n_tail || strcmp(name + n - n_tail, tail) != 0)
        return tensor;
    for (size_t i = 0; i < sizeof twins / sizeof *twins && !tensor; i++)
        tensor = lex_safetensors_find(file, twins[i]);
    return tensor;
}

/* With or without the family's prefix, with today's names or the old ones, with a head of either name. */
static lex_stored_tensor *find(const lex_model *model, const char *name)
{
    const lex_safetensors *file = &model->files->weights;
    char old[NAME_MAX_BYTES];
    const char *bare = lex_bare_name(model, name);
    lex_stored_tensor *tensor = lex_safetensors_find(file, name);
    if (!tensor)
        tensor = lex_safetensors_find(file, bare);
    if (!tensor)
        tensor = lex_safetensors_find(file, fused_name(old, name));
    if (!tensor && old_name(old, name)) {
        tensor = lex_safetensors_find(file, old);
        if (!tensor)
            tensor = lex_safetensors_find(file, lex_bare_name(model, old));
    }
    return tensor ? tensor : find_twin(file, name);
}

void *lex_model_own(lex_model *model, size_t size)
{
    lex_model_files *files = model->files;
    void *memory = lex_alloc_aligned(size);
    LEX_PUSH(files->owned, files->n_owned, files->owned_capacity, memory);
    return memory;
}

static float *own(lex_model *model, int64_t count)
{
    return lex_model_own(model, (size_t)count * sizeof(float));
}

/* Weights are normal with the config's standard deviation, biases zero, as transformers initialises them. */
static float *draw(lex_model *model, const lex_param *param, int64_t index, uint64_t seed)
{
    float *values = own(model, param->count);
    lex_rng rng;
    lex_rng_init(&rng, seed, SEED_STREAM + (uint64_t)index);
    for (int64_t i = 0; i < param->count; i++)
        values[i] = param->decay ? (float)(model->config.initializer_range * lex_rng_normal(&rng)) : 0.0f;
    lex_strings_push(&model->fresh, lex_str_of(param->name));
    return values;
}

void lex_shape_text(char out[80], int n_dims, const int64_t *shape)
{
    size_t n = 0;
    n += (size_t)snprintf(out + n, 80 - n, "[");
    for (int i = 0; i < n_dims && n < 60; i++)
        n += (size_t)snprintf(out + n, 80 - n, "%s%lld", i ? ", " : "", (long long)shape[i]);
    snprintf(out + n, 80 - n, "]");
}

/* NULL when the tensor fits the parameter; else why not, in `out`. */
static const char *misfit(char out[LEX_REASON_MAX], const lex_stored_tensor *tensor, const lex_param *param)
{
    char wanted[80], found[80];
    lex_shape_text(wanted, param->n_dims, param->shape);
    if (!tensor) {
        snprintf(out, LEX_REASON_MAX, "'%s' is missing (expected %s)", param->name, wanted);
        return out;
    }
    lex_shape_text(found, tensor->n_dims, tensor->shape);
    bool same = tensor->n_dims == param->n_dims;
    for (int i = 0; same && i < param->n_dims; i++)
        same = tensor->shape[i] == param->shape[i];
    if (!same) {
        snprintf(out, LEX_REASON_MAX, "'%s' is %s, expected %s", param->name, found, wanted);
        return out;
    }
    if (tensor->dtype >= LEX_STORED_I8) {
        snprintf(out, LEX_REASON_MAX, "'%s' is of type %s, expected F32, F16, BF16 or F64", param->name, tensor->dtype_name);
        return out;
    }
    return NULL;
}

const float *lex_stored_values(lex_model *model, lex_stored_tensor *tensor)
{
    tensor->used = true;
    if (tensor->dtype == LEX_STORED_F32 && !tensor->strided && (uintptr_t)tensor->data % sizeof(float) == 0)
        return (const float *)(const void *)tensor->data;
    float *copy = own(model, tensor->count);
    lex_stored_to_f32(copy, tensor);
    return copy;
}

static void list_unused(lex_model *model)
{
    const lex_safetensors *file = &model->files->weights;
    for (int64_t i = 0; i < file->n_tensors; i++)
        if (!file->tensors[i].used)
            lex_strings_push(&model->unused, lex_str_of(file->tensors[i].name));
}

/* What an error calls the weights. */
static const char *file_name(const lex_model *model)
{
    const char *form = lex_weight_files_form(model->dir);
    return form ? form : LEX_WEIGHTS_FILE;
}

static lex_status refuse(const lex_model *model, const lex_buf *bad, int64_t n_bad, lex_err *err)
{
    const lex_safetensors *weights = &model->files->weights;
    const char *type = lex_json_string(lex_json_get(model->files->config, "model_type"));
    if (lex_family_differs(type, weights))
        return lex_err_set(err, LEX_ERR_INPUT, "%s/%s: holds weights of type '%s', and config.json says '%s'", model->dir,
                           file_name(model), lex_family_of_weights(weights), type);
    if (n_bad > NAMED_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "%s/%s: %s; and %lld more", model->dir, file_name(model), bad->ptr,
                           (long long)(n_bad - NAMED_MAX));
    return lex_err_set(err, LEX_ERR_INPUT, "%s/%s: %s", model->dir, file_name(model), bad->ptr);
}

/* The tensor of each parameter into found (n_params), NULL where it is to be fresh. */
static lex_status match(lex_stored_tensor **found, const lex_model *model, const lex_encoder *encoder, bool may_be_fresh,
                        lex_err *err)
{
    int64_t n_params, n_bad = 0;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    lex_status st = LEX_OK;
    lex_buf bad;
    lex_buf_init(&bad);
    for (int64_t i = 0; i < n_params; i++) {
        char reason[LEX_REASON_MAX];
        /* A head for other labels is not this one, even where its shape happens to fit. */
        bool classifier = params[i].head && i >= n_params - 2;
        found[i] = classifier && !model->has_head ? NULL : find(model, params[i].name);
        lex_stored_tensor *int8 = found[i] ? NULL : lex_int8_find(model, &params[i]);
        if (!found[i] && !int8 && params[i].head && may_be_fresh)
            continue;
        if ((int8 ? lex_int8_misfit(reason, model, int8, &params[i]) : misfit(reason, found[i], &params[i])) &&
            n_bad++ < NAMED_MAX)
            lex_buf_printf(&bad, "%s%s", bad.len ? "; " : "", reason);
        found[i] = int8 ? int8 : found[i];
    }
    if (n_bad > 0)
        st = refuse(model, &bad, n_bad, err);
    lex_buf_release(&bad);
    return st;
}

lex_status lex_weights_check(const lex_model *model, const lex_encoder *encoder, bool may_be_fresh, lex_err *err)
{
    int64_t n_params;
    (void)lex_encoder_params(encoder, &n_params);
    lex_stored_tensor **found = lex_alloc_array((size_t)n_params, sizeof *found);
    lex_status st = match(found, model, encoder, may_be_fresh, err);
    free(found);
    return st;
}

void lex_weights_list_missing(lex_strings *out, const lex_model *model, const lex_encoder *encoder)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++)
        if (!find(model, params[i].name) && !lex_int8_find(model, &params[i]))
            lex_strings_push(out, lex_str_of(params[i].name));
}

lex_status lex_weights_collect(const float ***values, lex_int8_weight **int8, lex_model *model,
                               const lex_encoder *encoder, bool may_be_fresh, uint64_t seed, lex_err *err)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    lex_stored_tensor **found = lex_alloc_array((size_t)n_params, sizeof *found);
    const float **out = lex_alloc_zeroed((size_t)n_params, sizeof *out);
    lex_int8_weight *integers = int8 ? lex_alloc_zeroed((size_t)n_params, sizeof *integers) : NULL;
    lex_status st = match(found, model, encoder, may_be_fresh, err);
    for (int64_t i = 0; i < n_params && st == LEX_OK; i++) {
        if (found[i]) {
            out[i] = found[i]->dtype == LEX_STORED_I8 ? lex_int8_take(int8 ? &integers[i] : NULL, model, found[i], &params[i])
                                                      : lex_stored_values(model, found[i]);
            continue;
        }
        float *fresh = draw(model, &params[i], i, seed);
        bool is_bias = i == n_params - 1; /* of the classifier: the last of all */
        for (int64_t k = 0; is_bias && model->fresh_bias && k < params[i].count; k++)
            fresh[k] = (float)model->fresh_bias[k];
        out[i] = fresh;
    }
    if (st == LEX_OK) {
        list_unused(model);
    } else {
        free(out);
        free(integers);
        out = NULL;
        integers = NULL;
    }
    free(found);
    *values = out;
    if (int8)
        *int8 = integers;
    return st;
}
