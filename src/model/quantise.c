/* quantise.c - which weights of a model are rounded together, what rounding one of them does, and the folder that has them
 * rounded. In the file come panels, then float32, bfloat16 and tables: all of it lies where it may be read in place. */
#include "lexclf/quantise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { KEPT_SHARE = 10 }; /* at most one in so many weights */

typedef struct {
    char *name;
    int64_t n_weights;
    bool kept;
} part;

struct lex_quantisation {
    lex_model *model;
    lex_quantised dtype;
    lex_encoder *encoder; /* its table of parameters */
    const lex_param *params;
    int64_t n_params;
    const float **values; /* (n_params) */
    int64_t *part_of;     /* (n_params); -1: stays as it is */
    part *parts;
    int64_t n_parts, capacity, n_weights, n_kept;
};

/* "bert.encoder.layer.0.attention.self.query.weight" as "encoder.layer.0.attention.self", which is said of key and value
 * too; others without their last word. */
static void name_of_part(char out[LEX_STORED_NAME_MAX], const lex_quantisation *q, int64_t i)
{
    const bool has_joined = q->params[i].joined || (i + 1 < q->n_params && q->params[i + 1].joined);
    snprintf(out, LEX_STORED_NAME_MAX, "%.250s", lex_bare_name(q->model, q->params[i].name));
    for (int cut = 0; cut < 1 + has_joined; cut++) {
        char *dot = strrchr(out, '.');
        if (dot)
            *dot = '\0';
    }
}

static void add_to_part(lex_quantisation *q, int64_t i)
{
    char name[LEX_STORED_NAME_MAX];
    name_of_part(name, q, i);
    if (q->n_parts == 0 || strcmp(q->parts[q->n_parts - 1].name, name) != 0)
        LEX_PUSH(q->parts, q->n_parts, q->capacity, ((part){.name = lex_strdup(name)}));
    q->part_of[i] = q->n_parts - 1;
    q->parts[q->n_parts - 1].n_weights += q->params[i].count;
    q->n_weights += q->params[i].count;
}

lex_status lex_quantisation_new(lex_quantisation **out, lex_model *model, lex_quantised dtype, lex_err *err)
{
    *out = NULL;
    if (model->kind == LEX_KIND_LINEAR)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: is a linear model, which has no encoder to quantise", model->dir);
    if (model->quantised != LEX_QUANTISED_NOT) {
        lex_err_set(err, LEX_ERR_INPUT, "%s: is quantised already", model->dir);
        lex_err_hint(err, "name the folder that it was made of");
        return LEX_ERR_INPUT;
    }
    lex_quantisation *q = lex_alloc_zeroed(1, sizeof *q);
    lex_encoder_config config = lex_model_config(model);
    q->model = model;
    q->dtype = dtype;
    lex_status st = lex_encoder_new(&q->encoder, NULL, &config, model->pooling, model->n_outputs, err);
    if (st == LEX_OK)
        st = lex_weights_collect(&q->values, NULL, model, q->encoder, false, 0, err);
    if (st != LEX_OK) {
        lex_quantisation_free(q);
        return st;
    }
    q->params = lex_encoder_params(q->encoder, &q->n_params);
    q->part_of = lex_alloc_array((size_t)q->n_params, sizeof *q->part_of);
    for (int64_t i = 0; i < q->n_params; i++) {
        q->part_of[i] = -1;
        if (q->params[i].int8 != LEX_INT8_NEVER)
            add_to_part(q, i);
    }
    *out = q;
    return LEX_OK;
}

void lex_quantisation_free(lex_quantisation *q)
{
    if (!q)
        return;
    for (int64_t i = 0; i < q->n_parts; i++)
        free(q->parts[i].name);
    free(q->parts);
    free(q->part_of);
    free(q->values);
    lex_encoder_free(q->encoder);
    free(q);
}

int64_t lex_quantisation_n_parts(const lex_quantisation *q)
{
    return q->n_parts;
}

const char *lex_quantisation_name(const lex_quantisation *q, int64_t i)
{
    return q->parts[i].name;
}

bool lex_quantisation_is_kept(const lex_quantisation *q, int64_t i)
{
    return q->parts[i].kept;
}

bool lex_quantisation_keep(lex_quantisation *q, int64_t i)
{
    bool fits = (q->n_kept + q->parts[i].n_weights) * KEPT_SHARE <= q->n_weights;
    if (fits && !q->parts[i].kept) {
        q->parts[i].kept = true;
        q->n_kept += q->parts[i].n_weights;
    }
    return fits;
}

/* ---- trying ---- */

/* Floats rounded to bfloat16, in the model's memory. */
static const float *rounded(lex_model *model, const float *values, int64_t n)
{
    float *out = lex_model_own(model, (size_t)n * sizeof *out);
    for (int64_t i = 0; i < n; i++)
        out[i] = lex_f32_of_bf16(lex_bf16_of(values[i]));
    return out;
}

lex_status lex_quantisation_try(lex_inference **out, const lex_quantisation *q, int64_t which, lex_err *err)
{
    const size_t n = (size_t)q->n_params;
    const float **values = lex_alloc_array(n, sizeof *values);
    lex_int8_weight *int8 = lex_alloc_zeroed(n, sizeof *int8);
    lex_encoder_config config = lex_model_config(q->model);
    bool *chosen = lex_alloc_zeroed(n, sizeof *chosen);
    memcpy(values, q->values, n * sizeof *values);
    for (int64_t i = 0; i < q->n_params; i++) {
        chosen[i] = q->part_of[i] == which;
        if (chosen[i] && q->dtype == LEX_QUANTISED_BF16)
            values[i] = rounded(q->model, values[i], q->params[i].count);
    }
    if (q->dtype == LEX_QUANTISED_INT8)
        lex_quantise_values(int8, values, q->model, q->encoder, chosen);
    lex_status st = lex_inference_new_int8(out, &config, q->model->pooling, q->model->n_outputs, values, int8,
                                           lex_kernels_choose(false), lex_int8_choose(), (lex_laid_out){NULL, NULL}, err);
    free(values);
    free(int8);
    free(chosen);
    return st;
}

/* ---- writing ---- */

enum { PANELS, FLOATS, HALVES, TABLES, N_KINDS };

/* Tensors in the order of the file, with what they are made of. */
typedef struct {
    lex_tensor_to_store *tensors;
    char (*names)[LEX_STORED_NAME_MAX + 16];
    int64_t (*shapes)[4];
    int64_t n;
    void **owned;
    int64_t n_owned, owned_capacity;
} writing;

static void *hold(writing *w, void *memory)
{
    LEX_PUSH(w->owned, w->n_owned, w->owned_capacity, memory);
    return memory;
}

static void add(writing *w, const char *name, const char *suffix, int n_dims, const int64_t *shape, const void *values,
                int64_t count, lex_stored_type dtype)
{
    snprintf(w->names[w->n], sizeof *w->names, "%.250s%s", name, suffix);
    memcpy(w->shapes[w->n], shape, (size_t)n_dims * sizeof *shape);
    w->tensors[w->n] = (lex_tensor_to_store){w->names[w->n], n_dims, w->shapes[w->n], values, count, dtype};
    w->n++;
}

static int kind_of(const lex_quantisation *q, int64_t i)
{
    const lex_param *param = &q->params[i];
    if (q->part_of[i] < 0)
        return FLOATS;
    bool kept = q->parts[q->part_of[i]].kept;
    if (q->dtype == LEX_QUANTISED_BF16)
        return kept ? FLOATS : HALVES;
    return kept ? HALVES : param->int8 == LEX_INT8_ROWS ? TABLES : PANELS;
}

static void add_halves(writing *w, const char *name, const float *values, const lex_param *param)
{
    uint16_t *halves = hold(w, lex_alloc_array((size_t)param->count, sizeof *halves));
    for (int64_t i = 0; i < param->count; i++)
        halves[i] = lex_bf16_of(values[i]);
    add(w, name, "", param->n_dims, param->shape, halves, param->count, LEX_STORED_BF16);
}

/* All parameters of one kind. The scales of integers are floats, and come with those. */
static void add_kind(writing *w, const lex_quantisation *q, const float *const *values, int8_t **integers,
                     float **scales, int kind)
{
    char name[LEX_STORED_NAME_MAX];
    int64_t shape[4];
    for (int64_t i = 0; i < q->n_params; i++) {
        const lex_param *param = &q->params[i];
        const char *stored = lex_stored_name(name, q->model, param->name);
        if (kind == FLOATS && integers[i])
            add(w, stored, LEX_INT8_SUFFIX LEX_INT8_SCALE, 1, param->shape, scales[i], param->shape[0], LEX_STORED_F32);
        if (kind_of(q, i) != kind)
            continue;
        if (kind == FLOATS)
            add(w, stored, "", param->n_dims, param->shape, values[i], param->count, LEX_STORED_F32);
        else if (kind == HALVES)
            add_halves(w, stored, values[i], param);
        else
            add(w, stored, LEX_INT8_SUFFIX, lex_int8_shape(shape, param), shape, integers[i],
                (int64_t)lex_int8_stored_bytes(param), LEX_STORED_I8);
    }
}

static lex_status write_weights(const lex_quantisation *q, const char *dir, size_t *n_bytes, lex_err *err)
{
    lex_status st = LEX_OK;
    const float *const *values = q->values;
    writing w = {0};
    lex_map map;
    size_t most = 2 * (size_t)q->n_params;
    int8_t **integers = lex_alloc_zeroed((size_t)q->n_params, sizeof *integers);
    float **scales = lex_alloc_zeroed((size_t)q->n_params, sizeof *scales);
    char *path = lex_path_join(dir, LEX_WEIGHTS_FILE);
    w.tensors = lex_alloc_array(most, sizeof *w.tensors);
    w.names = lex_alloc_array(most, sizeof *w.names);
    w.shapes = lex_alloc_array(most, sizeof *w.shapes);
    for (int64_t i = 0; i < q->n_params; i++) {
        if (kind_of(q, i) != PANELS && kind_of(q, i) != TABLES)
            continue;
        integers[i] = hold(&w, lex_alloc_aligned(lex_int8_stored_bytes(&q->params[i])));
        scales[i] = hold(&w, lex_alloc_array((size_t)q->params[i].shape[0], sizeof **scales));
        lex_int8_of_floats(integers[i], scales[i], values[i], &q->params[i]);
    }
    for (int kind = 0; kind < N_KINDS; kind++)
        add_kind(&w, q, values, integers, scales, kind);
    LEX_TRY(lex_safetensors_write(path, w.tensors, w.n, err));
    LEX_TRY(lex_map_open(&map, path, err));
    *n_bytes = map.len;
    lex_map_close(&map);
done:
    for (int64_t i = 0; i < w.n_owned; i++)
        free(w.owned[i]);
    free(w.owned);
    free(w.tensors);
    free(w.names);
    free(w.shapes);
    free(integers);
    free(scales);
    free(path);
    return st;
}

/* lexclf.json of the model, with what is said of its quantisation. */
static lex_json *describe(const lex_quantisation *q, const lex_json *note)
{
    const lex_model *model = q->model;
    const char *columns[] = {"text"};
    lex_model_save_options plain = {.max_length = model->max_length, .text_columns = columns, .n_text_columns = 1};
    lex_json *doc = model->files->lexclf ? lex_json_copy(model->files->lexclf) : lex_model_describe(model, &plain);
    lex_json *said = lex_json_copy(note), *kept = lex_json_new_array();
    for (int64_t i = 0; i < q->n_parts; i++)
        if (q->parts[i].kept)
            lex_json_push(kept, lex_json_new_string(q->parts[i].name));
    lex_json_put_string(said, "dtype", q->dtype == LEX_QUANTISED_INT8 ? "int8" : "bf16");
    lex_json_put(said, "kept", kept);
    lex_json_remove(doc, "checksum");
    lex_json_put(doc, "quantization", said);
    lex_model described = *model; /* what it requires */
    described.quantised = q->dtype;
    lex_model_describe_calibration(doc, &described);
    return doc;
}

lex_status lex_model_save_quantised(const lex_quantisation *q, const char *dir, const lex_json *note, size_t *n_bytes,
                                    lex_err *err)
{
    lex_status st = LEX_OK;
    const char *names[LEX_MODEL_FILES_MAX];
    int n = lex_model_file_names(names, q->model);
    lex_json *doc = describe(q, note);
    char *path = lex_path_join(dir, "lexclf.json");
    lex_buf text;
    lex_buf_init(&text);
    LEX_TRY(lex_dir_make(dir, err));
    LEX_TRY(write_weights(q, dir, n_bytes, err));
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], LEX_WEIGHTS_FILE) != 0)
            LEX_TRY(lex_model_copy_file(q->model->dir, dir, names[i], err));
    LEX_TRY(lex_checksums_seal(&text, doc, dir, names, n, err));
    st = lex_file_write(path, lex_buf_str(&text), err);
done:
    lex_buf_release(&text);
    lex_json_free(doc);
    free(path);
    return st;
}
