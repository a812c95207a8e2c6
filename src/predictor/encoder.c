/* encoder.c - blocks answered by an encoder with a classification head: texts to ids while they are read, ids to logits
 * in packed batches by length. Where a linear model stands beside it, texts become its features while they are read,
 * too, and its margins are added to the logits. */
#include <stdlib.h>

#include "internal.h"
#include "lexclf/file.h"

static bool has_windows(const lex_predictor *p)
{
    return p->model->windows != LEX_WINDOWS_OFF;
}

static void prepare(lex_predictor *p, lex_block *block, lex_block_row *row)
{
    const lex_tokens *kept = has_windows(p) ? &p->tokens : &p->sequence;
    lex_tokenizer_encode(p->model->tokenizer, row->record.text, &p->tokens);
    row->n_tokens = row->n_used = p->tokens.n + lex_tokenizer_n_special(p->model->tokenizer);
    row->truncated = false;
    if (!has_windows(p)) {
        row->truncated = lex_tokenizer_frame(p->model->tokenizer, &p->tokens, p->max_length, &p->sequence);
        row->n_used = p->sequence.n;
    }
    row->ids_at = block->n_ids;
    row->n = kept->n;
    for (int64_t i = 0; i < kept->n; i++)
        LEX_PUSH(block->ids, block->n_ids, block->id_capacity, kept->items[i].id);
    if (!p->model->is_fused)
        return;
    if (row == block->rows)
        lex_sparse_clear(&block->features);
    lex_vectorizer_apply(p->model->vectorizer, row->record.text, &block->features);
}

static lex_status start_on_cpu(lex_predictor *p, lex_err *err)
{
    lex_precision asked = p->options.precision;
    if (asked == LEX_PRECISION_AUTO && p->options.exact && p->model->quantised != LEX_QUANTISED_INT8)
        asked = LEX_PRECISION_FP32;
    lex_precision precision = lex_model_precision(p->model, asked);
    int n_threads = p->options.threads > 0 ? p->options.threads : lex_cpu_count();
    lex_status st = lex_model_inference(&p->inference, p->model, precision, err);
    if (st == LEX_OK)
        p->crew = lex_crew_new(p->inference, lex_model_width(p->model), n_threads, p->options.latency);
    if (st == LEX_OK && p->options.profile)
        lex_crew_watch(p->crew);
    return st;
}

static lex_status start_on_cuda(lex_predictor *p, lex_err *err)
{
    lex_precision asked = p->options.precision;
    if (asked == LEX_PRECISION_AUTO && p->options.exact)
        asked = LEX_PRECISION_FP32;
    lex_status st = lex_runtime_use(p->runtime, lex_runtime_precision(p->runtime, asked), err);
    return st == LEX_OK ? lex_model_encoder(&p->encoder, p->model, p->runtime, err) : st;
}

/* On the CPU nothing of libtorch is needed. It takes a quarter of a second to load: bad input has been found before. */
static lex_status start(lex_predictor *p, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *device = p->options.device ? p->options.device : "auto";
    if (p->encoder || p->crew)
        return LEX_OK;
    const bool in_int8 = lex_model_precision(p->model, p->options.precision) == LEX_PRECISION_INT8;
    LEX_TRY(lex_model_device(&device, p->model, in_int8, err));
    if (!lex_device_is_cpu(device)) {
        LEX_TRY(lex_runtime_open(&p->runtime, device, p->options.threads, err));
        if (lex_runtime_is_cuda(p->runtime))
            return start_on_cuda(p, err);
    }
    st = start_on_cpu(p, err);
done:
    return st;
}

static void tell_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    lex_predictor *p = context;
    if (p->options.progress)
        p->options.progress(p->options.context, p->done_records + n_records, p->done_tokens + n_tokens);
}

static float *margins_of(lex_predictor *p)
{
    if (!p->margins)
        p->margins = lex_alloc_array((size_t)(p->block_rows * p->model->n_outputs), sizeof *p->margins);
    return p->margins;
}

static lex_status compute_windows(lex_predictor *p, lex_block *block, const lex_sequence *documents, lex_err *err)
{
    lex_runner runner = {p->crew, p->encoder, p->runtime, p->options.batch_tokens};
    lex_document_options how = {&p->cut, p->model->windows, p->model->n_outputs, tell_progress, p, p->options.stop};
    lex_status st = lex_run_documents(&runner, documents, block->n_rows, &how, block->logits, err);
    if (st == LEX_ERR_INTERRUPTED)
        return lex_err_set(err, st, "interrupted after %lld records", (long long)p->done_records);
    return st;
}

static lex_status compute(lex_predictor *p, lex_block *block, lex_err *err)
{
    lex_status st = LEX_OK;
    const lex_model *model = p->model;
    lex_profile *watch = lex_predictor_watch(p, LEX_HAND_COMPUTES);
    lex_sequence *sequences = lex_alloc_array((size_t)block->n_rows, sizeof *sequences);
    for (int64_t i = 0; i < block->n_rows; i++)
        sequences[i] = (lex_sequence){block->ids + block->rows[i].ids_at, block->rows[i].n};
    lex_profile_begin(watch);
    LEX_TRY(start(p, err));
    lex_profile_mark(watch, LEX_STAGE_LOAD);
    if (model->is_fused && p->crew)
        lex_crew_add_margins(p->crew, &model->svm, &block->features, margins_of(p));
    else if (model->is_fused)
        lex_svm_margins(&model->svm, &block->features, margins_of(p));
    if (has_windows(p))
        LEX_TRY(compute_windows(p, block, sequences, err));
    else if (p->crew)
        LEX_TRY(lex_crew_run(p->crew, sequences, block->n_rows, p->options.batch_tokens, block->logits, tell_progress, p,
                             err));
    else
        LEX_TRY(lex_run_sequences(p->encoder, p->runtime, sequences, block->n_rows, p->model->n_outputs,
                                  p->options.batch_tokens, block->logits, tell_progress, p, err));
    if (!p->crew)
        lex_profile_mark(watch, LEX_STAGE_DEVICE); /* a crew's workers have watches of their own */
    if (model->is_fused)
        lex_fuse(block->logits, p->margins, block->n_rows * model->n_outputs, model->fusion_weight);
    for (int64_t i = 0; i < block->n_rows; i++)
        p->done_tokens += block->rows[i].n_used;
done:
    free(sequences);
    return st;
}

static void close_encoder(lex_predictor *p)
{
    free(p->margins);
    lex_crew_free(p->crew);
    lex_inference_free(p->inference);
    lex_encoder_free(p->encoder);
    lex_runtime_close(p->runtime);
}

const lex_model_kind lex_encoder_kind = {prepare, compute, close_encoder};
