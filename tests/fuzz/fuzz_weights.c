/* fuzz_weights.c - any bytes as the model.safetensors of a very small encoder of the family that the first byte says in its
 * upper bits, of floats or, where that byte is odd, with int8 weights: what is accepted is computed with, as integers and as floats, and scales are numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/model/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { K = 2 };

/* Numbers that every family can have, as small as they can be. */
static lex_encoder_config config_of(int family)
{
    static const char text[] =
        "{\"vocab_size\":5,\"hidden_size\":4,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":6,"
        "\"max_position_embeddings\":5,\"type_vocab_size\":1,\"pad_token_id\":0,\"relative_attention\":true,"
        "\"share_att_key\":true,\"pos_att_type\":\"p2c|c2p\",\"position_buckets\":2,\"norm_rel_ebd\":\"layer_norm\",\"conv_kernel_size\":5}";
    lex_err err = {.code = LEX_OK};
    lex_json *json = NULL;
    lex_encoder_config config;
    LEX_ASSERT(lex_json_parse(&json, LEX_STR(text), &err) == LEX_OK);
    const char *type = lex_encoder_family_name(lex_encoder_family_at(family));
    lex_json_put_string(json, "model_type", type);
    lex_json_put_bool(json, "position_biased_input", false);
    lex_json_put_number(json, "embedding_size", strcmp(type, "deberta-v2") == 0 ? 4 : 2);
    if (strcmp(type, "deberta-v2") == 0)
        lex_json_put_number(json, "type_vocab_size", 0);
    LEX_ASSERT(lex_encoder_config_read(&config, json, &err) == LEX_OK);
    lex_json_free(json);
    return config;
}

static lex_model *new_model(uint8_t first)
{
    const bool int8 = first & 1;
    int n_families = 0;
    while (lex_encoder_family_at(n_families))
        n_families++;
    lex_model *model = lex_alloc_zeroed(1, sizeof *model);
    model->dir = lex_strdup("fuzz");
    model->files = lex_alloc_zeroed(1, sizeof *model->files);
    model->config = config_of((first >> 1) % n_families);
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

static void run(const lex_inference *inference, int64_t n)
{
    const int32_t ids[] = {1, 4, 0};
    float logits[K];
    lex_err err = {.code = LEX_OK};
    lex_batch batch;
    lex_batch_init(&batch);
    lex_batch_add(&batch, ids, n, 0, true);
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
    run(inference, model->config.n_positions < 3 ? model->config.n_positions : 3);
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
    lex_model *model = new_model(data[0]);
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
