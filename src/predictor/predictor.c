/* predictor.c - a predictor's life, and what is done with one block: its logits checked, its records answered in input
 * order. */
#include "lexclf/predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/calibration.h"

/* "0.4" or "Governing Law=0.3" (the last '=' counts: a label may hold one). */
static lex_status set_threshold(lex_predictor *p, const char *text, lex_err *err)
{
    const char *equals = strrchr(text, '=');
    double value;
    if (p->model->task == LEX_TASK_SINGLE)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--threshold': the model in %s gives the most probable label; thresholds "
                           "are for tasks 'binary' and 'multi'", p->model->dir);
    if (!lex_parse_double(&value, lex_str_of(equals ? equals + 1 : text)) || value < 0 || value > 1)
        return lex_err_set(err, LEX_ERR_USAGE, "--threshold '%s': not a number in [0, 1]", text);
    lex_str name = {text, equals ? (size_t)(equals - text) : 0};
    int64_t label = equals ? lex_strings_find(&p->model->labels, name) : -1;
    if (equals && (label < 0 || label >= p->model->n_outputs))
        return lex_err_set(err, LEX_ERR_USAGE, "option '--threshold': the model in %s has no output '%.*s'", p->model->dir,
                           (int)name.len, name.ptr);
    for (int64_t k = 0; k < p->model->n_outputs; k++)
        if (!equals || k == label)
            p->thresholds[k] = value;
    return LEX_OK;
}

static void init_blocks(lex_predictor *p)
{
    for (int i = 0; i < LEX_N_BLOCKS; i++) {
        lex_block *block = &p->blocks[i];
        lex_arena_init(&block->arena);
        lex_sparse_init(&block->features);
        block->rows = lex_alloc_array((size_t)p->block_rows, sizeof *block->rows);
        block->logits = lex_alloc_array((size_t)(p->block_rows * p->model->n_outputs), sizeof *block->logits);
    }
}

static void release_blocks(lex_predictor *p)
{
    for (int i = 0; i < LEX_N_BLOCKS; i++) {
        lex_arena_release(&p->blocks[i].arena);
        free(p->blocks[i].rows);
        free(p->blocks[i].ids);
        lex_sparse_release(&p->blocks[i].features);
        free(p->blocks[i].logits);
    }
}

/* A stride that was trained may not fit another length: then it is the one of that length. */
static lex_status choose_windows(lex_predictor *p, lex_err *err)
{
    const lex_predictor_options *o = &p->options;
    lex_model *model = p->model;
    lex_status st = lex_model_length(&p->max_length, model, o->max_length, err);
    if (st != LEX_OK)
        return st;
    lex_windows windows = o->windows_given ? o->windows : model->windows;
    int64_t stride = o->stride;
    bool as_trained = windows != LEX_WINDOWS_OFF && model->windows != LEX_WINDOWS_OFF && p->max_length == model->max_length;
    if (stride == 0 && as_trained)
        stride = model->stride;
    st = lex_model_use_windows(model, windows, stride, p->max_length, false, err);
    if (st == LEX_OK)
        p->cut = lex_tokenizer_cut(model->tokenizer, p->max_length, model->stride);
    return st;
}

static void tell_rounding(const lex_predictor *p)
{
    if (p->options.note && p->options.precision == LEX_PRECISION_INT8 && p->model->quantised != LEX_QUANTISED_INT8)
        p->options.note("weights are rounded to int8 now; 'lexclf quantize' makes a folder of them, and tells what it costs");
}

lex_status lex_predictor_open(lex_predictor **out, const char *model_dir, const lex_predictor_options *options,
                              lex_err *err)
{
    lex_status st = LEX_OK;
    lex_predictor *p = lex_alloc_zeroed(1, sizeof *p);
    *out = NULL;
    p->options = *options;
    p->block_rows = options->latency ? 1 : LEX_BLOCK_ROWS;
    p->kind = &lex_encoder_kind; /* until it is known: it can be closed */
    lex_arena_init(&p->scratch);
    lex_tokens_init(&p->tokens);
    lex_tokens_init(&p->sequence);
    lex_profile *watch = lex_predictor_watch(p, LEX_HAND_COMPUTES);
    lex_profile_begin(watch);
    LEX_TRY(lex_model_open(&p->model, model_dir, LEX_MODEL_CLASSIFIER, err));
    if (p->model->kind == LEX_KIND_LINEAR) {
        p->kind = &lex_linear_kind;
        LEX_TRY(lex_linear_check(p, err));
    } else {
        LEX_TRY(choose_windows(p, err));
        tell_rounding(p);
    }
    p->thresholds = lex_alloc_array((size_t)p->model->n_outputs, sizeof *p->thresholds);
    memcpy(p->thresholds, p->model->thresholds, (size_t)p->model->n_outputs * sizeof *p->thresholds);
    for (int i = 0; i < options->n_thresholds; i++)
        LEX_TRY(set_threshold(p, options->thresholds[i], err));
    if (options->opened)
        LEX_TRY(options->opened(options->context, p->model, err));
    p->probabilities = lex_alloc_array((size_t)p->model->n_outputs, sizeof *p->probabilities);
    init_blocks(p);
    lex_profile_mark(watch, LEX_STAGE_LOAD);
    *out = p;
done:
    if (st != LEX_OK)
        lex_predictor_close(p);
    return st;
}

lex_profile *lex_predictor_watch(lex_predictor *p, int hand)
{
    return p->options.profile ? &p->watches[hand] : NULL;
}

void lex_predictor_close(lex_predictor *p)
{
    if (!p)
        return;
    p->kind->close(p);
    lex_model_free(p->model);
    release_blocks(p);
    lex_answer_columns_release(&p->columns);
    lex_arena_release(&p->scratch);
    lex_tokens_release(&p->tokens);
    lex_tokens_release(&p->sequence);
    free(p->thresholds);
    free(p->probabilities);
    free(p);
}

void lex_predictor_profile(const lex_predictor *p, lex_profile *sum)
{
    for (int i = 0; i < LEX_N_HANDS; i++)
        lex_profile_add(sum, &p->watches[i]);
    if (p->crew)
        lex_crew_profile(p->crew, sum);
}

lex_model *lex_predictor_model(lex_predictor *predictor)
{
    return predictor->model;
}

const char *lex_predictor_device(const lex_predictor *predictor)
{
    if (predictor->model->kind == LEX_KIND_LINEAR)
        return "cpu";
    if (predictor->runtime)
        return lex_runtime_device(predictor->runtime);
    return predictor->crew ? "cpu" : "none";
}

const lex_strings *lex_predictor_columns(const lex_predictor *predictor)
{
    return &predictor->columns.names;
}

void lex_predictor_continue(lex_predictor *predictor, const lex_position *from)
{
    LEX_ASSERT(predictor->at.records == 0 && (predictor->options.fingerprint || from->blocks == 0));
    predictor->from = *from;
}

lex_status lex_predictor_check_end(const lex_predictor *p, lex_err *err)
{
    if (p->at.blocks >= p->from.blocks)
        return LEX_OK;
    return lex_err_set(err, LEX_ERR_INPUT, "not the input of the run to be continued: it has %lld records, but %lld "
                       "were answered", (long long)p->at.records, (long long)p->from.records);
}

bool lex_predictor_stopped(const lex_predictor *p)
{
    return p->options.stop && *p->options.stop;
}

/* A label read off outputs that are not numbers would be an accident of the comparison. */
static lex_status check_outputs(const lex_predictor *p, const lex_block *block, lex_err *err)
{
    for (int64_t i = 0; i < block->n_rows * p->model->n_outputs; i++) {
        if (!isfinite(block->logits[i])) {
            lex_err_set(err, LEX_ERR_INPUT, "%s: the outputs are not numbers: its weights are damaged, or training "
                        "diverged", p->model->dir);
            return LEX_ERR_INPUT;
        }
    }
    return LEX_OK;
}

lex_status lex_predictor_compute(lex_predictor *p, lex_block *block, lex_err *err)
{
    if (block->n_rows == 0)
        return LEX_OK;
    lex_status st = p->kind->compute(p, block, err);
    if (st == LEX_OK)
        st = check_outputs(p, block, err);
    if (st == LEX_OK)
        p->done_records += block->n_rows;
    return st;
}

lex_status lex_predictor_answer(lex_predictor *p, const lex_block *block, lex_err *err)
{
    lex_profile *watch = lex_predictor_watch(p, LEX_HAND_ANSWERS);
    lex_profile_begin(watch);
    int64_t K = p->model->n_outputs;
    lex_status st = LEX_OK;
    for (int64_t i = 0; st == LEX_OK && p->options.answer && i < block->n_rows; i++) {
        const lex_block_row *row = &block->rows[i];
        const float *logits = block->logits + i * K;
        lex_model_probabilities(p->model, logits, 1, p->probabilities);
        lex_answer answer = {
            .model = p->model,
            .record = &row->record,
            .columns = &p->columns.names,
            .logits = logits,
            .probabilities = p->probabilities,
            .thresholds = p->thresholds,
            .n_tokens = row->n_tokens,
            .n_used = row->n_used,
            .truncated = row->truncated,
        };
        st = p->options.answer(p->options.context, &answer, err);
    }
    if (st == LEX_OK && block->whole && p->options.block)
        st = p->options.block(p->options.context, &block->position, err);
    lex_profile_mark(watch, LEX_STAGE_WRITE);
    return st;
}

lex_reader_options lex_reader_options_of_model(const lex_reader_options *options, const lex_model *model)
{
    lex_reader_options o = *options;
    if (o.n_text_columns == 0 && model->text_columns.n > 0) {
        o.text_columns = (const char *const *)model->text_columns.items;
        o.n_text_columns = (int)model->text_columns.n;
    }
    if (o.labels == LEX_LABELS_IGNORED || o.label_separator || o.n_label_columns > 0)
        return o;
    o.label_separator = model->label_separator;
    if (!o.label_column && model->label_columns.n > 0) {
        o.label_columns = (const char *const *)model->label_columns.items;
        o.n_label_columns = (int)model->label_columns.n;
        o.label_columns_if_there = true;
    }
    return o;
}

lex_status lex_predictor_file(lex_predictor *p, const char *path, const lex_reader_options *options, lex_err *err)
{
    lex_reader *reader = NULL;
    lex_reader_options as_trained = lex_reader_options_of_model(options, p->model);
    p->reading = options->reading;
    lex_status st = lex_reader_open(&reader, path, &as_trained, err);
    if (st == LEX_OK)
        st = lex_pipeline_run(p, reader, err);
    lex_reader_close(reader);
    return st;
}

lex_status lex_predictor_text(lex_predictor *p, lex_str text, const char *name, lex_err *err)
{
    lex_block *block = &p->blocks[0];
    if (text.len > LEX_RECORD_MAX_BYTES)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: longer than %u MiB", name, LEX_RECORD_MAX_BYTES >> 20);
    if (lex_utf8_valid_prefix(text) != text.len)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: invalid UTF-8 at byte %zu", name, lex_utf8_valid_prefix(text));
    block->rows[0].record =
        (lex_record){.file = name, .line = 1, .number = 1, .text = text, .id_field = -1};
    block->n_rows = 1;
    block->n_ids = 0;
    block->whole = true;
    block->position = (lex_position){.blocks = 1, .records = 1};
    lex_profile *watch = lex_predictor_watch(p, LEX_HAND_READS);
    lex_profile_begin(watch);
    p->kind->prepare(p, block, &block->rows[0]);
    lex_profile_mark(watch, LEX_STAGE_TOKENIZE);
    lex_status st = lex_predictor_compute(p, block, err);
    return st == LEX_OK ? lex_predictor_answer(p, block, err) : st;
}
