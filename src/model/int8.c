/* int8.c - parameters in int8: as they are stored, checked before they are believed, used where they are mapped; made of
 * floats when a float model is to answer in int8, and floats again when one in int8 is not to. */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lex_int8_shape(int64_t shape[4], const lex_param *param)
{
    const int64_t panels[4] = {(param->shape[0] + LEX_INT8_PANEL - 1) / LEX_INT8_PANEL,
                               (param->shape[1] + LEX_INT8_GROUP - 1) / LEX_INT8_GROUP, LEX_INT8_PANEL, LEX_INT8_GROUP};
    if (param->int8 == LEX_INT8_ROWS) {
        shape[0] = param->shape[0];
        shape[1] = param->shape[1];
        return 2;
    }
    memcpy(shape, panels, sizeof panels);
    return 4;
}

/* Every scale is a number, and not negative. */
static bool good_scales(const lex_stored_tensor *tensor)
{
    for (int64_t i = 0; i < tensor->count; i++) {
        float scale;
        memcpy(&scale, tensor->data + (size_t)i * sizeof scale, sizeof scale);
        if (!(scale >= 0.0f && scale < INFINITY))
            return false;
    }
    return true;
}

static lex_stored_tensor *scales_of(const lex_model *model, const lex_stored_tensor *values)
{
    char name[LEX_STORED_NAME_MAX + 8];
    snprintf(name, sizeof name, "%.250s" LEX_INT8_SCALE, values->name);
    return lex_safetensors_find(&model->files->weights, name);
}

const char *lex_int8_misfit(char out[LEX_REASON_MAX], const lex_model *model, const lex_stored_tensor *values,
                            const lex_param *param)
{
    const lex_stored_tensor *scales = scales_of(model, values);
    int64_t wanted[4];
    char text[2][80];
    if (param->int8 == LEX_INT8_NEVER) {
        snprintf(out, LEX_REASON_MAX, "'%s' cannot be in int8", param->name);
        return out;
    }
    int n_dims = lex_int8_shape(wanted, param);
    bool same = values->n_dims == n_dims && values->dtype == LEX_STORED_I8 && !values->strided;
    for (int i = 0; same && i < n_dims; i++)
        same = values->shape[i] == wanted[i];
    if (!same) {
        lex_shape_text(text[0], n_dims, wanted);
        lex_shape_text(text[1], values->n_dims, values->shape);
        snprintf(out, LEX_REASON_MAX, "'%s' is %s %s, expected I8 %s", values->name, values->dtype_name, text[1], text[0]);
        return out;
    }
    if (!scales || scales->dtype != LEX_STORED_F32 || scales->strided || scales->n_dims != 1 || scales->shape[0] != param->shape[0]) {
        snprintf(out, LEX_REASON_MAX, "'%s_scale' is not F32 [%lld]", values->name, (long long)param->shape[0]);
        return out;
    }
    if (!good_scales(scales)) {
        snprintf(out, LEX_REASON_MAX, "'%s' holds what is no scale", scales->name);
        return out;
    }
    return NULL;
}

lex_stored_tensor *lex_int8_find(const lex_model *model, const lex_param *param)
{
    char name[LEX_STORED_NAME_MAX];
    if (model->quantised != LEX_QUANTISED_INT8)
        return NULL;
    snprintf(name, sizeof name, "%.240s" LEX_INT8_SUFFIX, param->name);
    return lex_safetensors_find(&model->files->weights, name);
}

static const float *floats_of(lex_model *model, const lex_int8_weight *weight, const lex_param *param)
{
    float *floats = lex_model_own(model, (size_t)param->count * sizeof *floats);
    if (param->int8 == LEX_INT8_ROWS)
        lex_int8_unpack_rows(floats, weight->values, weight->scales, param->shape[0], param->shape[1]);
    else
        lex_int8_unpack(floats, weight->values, weight->scales, param->shape[1], param->shape[0]);
    return floats;
}

const float *lex_int8_take(lex_int8_weight *out, lex_model *model, lex_stored_tensor *values, const lex_param *param)
{
    values->used = true;
    lex_int8_weight weight = {(const int8_t *)values->data, lex_stored_values(model, scales_of(model, values))};
    if (!out)
        return floats_of(model, &weight, param);
    *out = weight;
    return NULL;
}

size_t lex_int8_stored_bytes(const lex_param *param)
{
    return param->int8 == LEX_INT8_ROWS ? (size_t)param->count : lex_int8_bytes(param->shape[1], param->shape[0]);
}

void lex_int8_of_floats(int8_t *values, float *scales, const float *floats, const lex_param *param)
{
    if (param->int8 == LEX_INT8_ROWS)
        lex_int8_pack_rows(values, scales, floats, param->shape[0], param->shape[1]);
    else
        lex_int8_pack(values, scales, floats, param->shape[1], param->shape[0]);
}

void lex_quantise_values(lex_int8_weight *int8, const float **values, lex_model *model, const lex_encoder *encoder,
                         const bool *which)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++) {
        if (params[i].int8 == LEX_INT8_NEVER || int8[i].values || (which && !which[i]))
            continue;
        int8_t *integers = lex_model_own(model, lex_int8_stored_bytes(&params[i]));
        float *scales = lex_model_own(model, (size_t)params[i].shape[0] * sizeof *scales);
        lex_int8_of_floats(integers, scales, values[i], &params[i]);
        lex_model_forget(model, values[i], params[i].count);
        int8[i] = (lex_int8_weight){integers, scales};
        values[i] = NULL;
    }
}
