/* fuzz_model_json.c - any bytes as a model folder's documents: config.json, and after a NUL byte lexclf.json. What is
 * accepted describes a classifier that can be: labels, one threshold an output, a length that fits the positions. */
#include <stdlib.h>
#include <string.h>

#include "../../src/model/internal.h"
#include "../../src/tokenizer/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stands in for an opened folder. */
static lex_model *new_model(void)
{
    lex_err err = {.code = LEX_OK};
    lex_tokenizer_sources sources = {
        .dir = "fuzz",
        .vocab_txt = LEX_STR("[PAD]\n[UNK]\n[CLS]\n[SEP]\nrent\n"),
        .tokenizer_config = LEX_STR("{\"model_max_length\": 7}"),
    };
    lex_model *model = lex_alloc_zeroed(1, sizeof *model);
    model->dir = lex_strdup("fuzz");
    model->files = lex_alloc_zeroed(1, sizeof *model->files);
    model->has_head = true;
    lex_status st = lex_tokenizer_parse(&model->tokenizer, &sources, &err);
    LEX_ASSERT(st == LEX_OK);
    return model;
}

static lex_status read_documents(lex_model *model, lex_str config, lex_str lexclf, lex_err *err)
{
    lex_status st = LEX_OK;
    if (lexclf.ptr) {
        LEX_TRY(lex_json_parse(&model->files->lexclf, lexclf, err));
        LEX_TRY(lex_description_check_format(model, err));
        /* The checksum would stop nearly all; it must refuse or accept, and goes no further for our sake. */
        lex_err ignored = {.code = LEX_OK};
        st = lex_checksums_verify_documents(model, lexclf, &ignored);
        LEX_ASSERT(st == ignored.code);
    }
    if (model->kind == LEX_KIND_LINEAR)
        return lex_description_read(model, err);
    LEX_TRY(lex_json_parse(&model->files->config, config, err));
    LEX_TRY(lex_encoder_config_read(&model->config, model->files->config, err));
    st = lex_description_read(model, err);
done:
    return st;
}

static void check_config(const lex_model *model)
{
    const lex_encoder_config *c = &model->config;
    LEX_ASSERT(c->n_positions > 0 && c->position_offset >= 0 && c->embedding_width > 0 && c->n_groups <= c->n_layers);
    LEX_ASSERT(c->width > 0 && c->n_heads > 0 && c->width % c->n_heads == 0 && c->n_layers > 0 && c->vocab_size > 0);
    LEX_ASSERT(c->layer_norm_eps >= 0 && c->hidden_dropout >= 0 && c->hidden_dropout < 1);
    LEX_ASSERT(model->max_length >= 1 && model->max_length <= c->n_positions);
    int64_t room = model->max_length - lex_tokenizer_n_special(model->tokenizer);
    LEX_ASSERT(model->windows == LEX_WINDOWS_OFF ? model->stride == 0 : model->stride >= 1 && model->stride <= room);
}

static void check_model(const lex_model *model)
{
    if (model->kind == LEX_KIND_ENCODER)
        check_config(model);
    LEX_ASSERT(model->temperature > 0);
    LEX_ASSERT(model->quantised == LEX_QUANTISED_NOT || model->kind == LEX_KIND_ENCODER);
    LEX_ASSERT(model->labels.n >= 1 && model->n_outputs >= 1);
    LEX_ASSERT(model->n_outputs == (model->task == LEX_TASK_BINARY ? 1 : model->labels.n));
    for (int64_t k = 0; k < model->n_outputs; k++)
        LEX_ASSERT(model->thresholds[k] >= 0 && model->thresholds[k] <= 1);
    LEX_ASSERT(model->temperature > 0 && model->temperature <= 1000);
    for (int64_t k = 0; model->shift && k < model->n_outputs; k++)
        LEX_ASSERT(model->shift[k] >= -1000 && model->shift[k] <= 1000);
    for (int64_t i = 0; i < model->labels.n; i++) /* no two labels may be told apart by nothing but their place */
        LEX_ASSERT(lex_strings_find(&model->labels, lex_str_of(model->labels.items[i])) == i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    lex_str config = {(const char *)data, nul ? (size_t)(nul - data) : size}, lexclf = {NULL, 0};
    if (nul)
        lexclf = (lex_str){(const char *)nul + 1, size - config.len - 1};
    lex_model *model = new_model();
    lex_err err = {.code = LEX_OK};
    lex_status st = read_documents(model, config, lexclf, &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0])));
    if (st == LEX_OK)
        check_model(model);
    lex_model_free(model);
    return 0;
}
