/* fuzz_weights.c - any bytes as the model.safetensors of a very small encoder, of floats or, where the first byte is odd, with
 * int8 weights: what is accepted is computed with, as integers and as floats, and scales are numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/model/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WIDTH = 4, K = 2 };

static lex_model *new_model(bool int8)
{
    lex_model *model = lex_alloc_zeroed(1, sizeof *model);
    model->dir = lex_strdup("fuzz");
    model->files = lex_alloc_zeroed(1, sizeof *model->files);
    model->config = (lex_encoder_config){.vocab_size = 5, .width = WIDTH, .n_layers = 1, .n_heads = 2, .inner_width = 6,
                                         .n_positions = 3, .n_segments = 1, .layer_norm_eps = 1e-5};
    model->n_outputs = K;
    model->has_head = true;
    model->quantised = int8 ? LEX_QUANTISED_INT8 : LEX_QUANTISED_NOT;
    return model;
}

static void check_scales(const lex_int8_weight *int8, const lex_encoder *encoder)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++)
        for (int64_t r = 0; int8[i].values && r < params[i].shape[0]; r++)
            LEX_ASSERT(isfinite(int8[i].scales[r]) && int8[i].scales[r] >= 0);
}

static void run(const lex_inference *inference)
{
    const int32_t ids[] = {1, 4, 0};
    float logits[K];
    lex_err err = {.code = LEX_OK};
    lex_batch batch;
    lex_batch_init(&batch);
    lex_batch_add(&batch, ids, 3, 0, true);
    lex_workspace *workspace = lex_workspace_new(inference);
    LEX_ASSERT(lex_inference_run(inference, workspace, &batch, logits, &err) == LEX_OK);
    lex_workspace_free(workspace);
    lex_batch_release(&batch);
}

/* Integers where they are wanted and stored, else floats. */
static lex_status answer(lex_model *model, bool in_int8, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_encoder *encoder = NULL;
    lex_inference *inference = NULL;
    const float **values = NULL;
    lex_int8_weight *int8 = NULL;
    LEX_TRY(lex_encoder_new(&encoder, NULL, &model->config, LEX_POOLING_CLS, K, err));
    LEX_TRY(lex_weights_collect(&values, in_int8 ? &int8 : NULL, model, encoder, false, 0, err));
    if (in_int8)
        check_scales(int8, encoder);
    LEX_TRY(lex_inference_new_int8(&inference, &model->config, LEX_POOLING_CLS, K, values, int8, &lex_kernels_reference,
                                   &lex_int8_reference, (lex_laid_out){NULL, NULL}, err));
    run(inference);
done:
    lex_inference_free(inference);
    lex_encoder_free(encoder);
    free(values);
    free(int8);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    lex_err err = {.code = LEX_OK};
    lex_model *model = new_model(data[0] & 1);
    uint8_t *bytes = lex_alloc_aligned(size);
    memcpy(bytes, data + 1, size - 1);
    lex_status st = lex_safetensors_read(&model->files->weights, bytes, size - 1, "fuzz", &err);
    for (int in_int8 = 1; st == LEX_OK && in_int8 >= 0; in_int8--)
        st = answer(model, in_int8, &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0])));
    lex_model_free(model);
    free(bytes);
    return 0;
}
