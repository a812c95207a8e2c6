/* documents.c - long documents through a runner: windows are gathered up to a budget of tokens, across documents, computed,
 * and pooled in the order in which they stand. */
#include <stdlib.h>

#include "lexclf/model.h"

enum { CHUNK_TOKENS = 1 << 17 }; /* of ids gathered at once: enough to keep many workers busy */

typedef struct {
    const lex_runner *runner;
    const lex_document_options *options;
    const lex_sequence *documents;
    int64_t n_documents, width;
    int64_t document, window; /* the next window to gather */
    int64_t pooled_document, pooled_window;
    lex_pooled pooled;
    int32_t *ids;
    lex_sequence *sequences; /* of the chunk */
    int64_t n_sequences, sequence_capacity;
    float *outputs; /* (n_sequences, D) */
    int64_t done_tokens;
    float *logits;
} work;

static void gather(work *w)
{
    const lex_cut *cut = w->options->cut;
    int64_t at = 0;
    w->n_sequences = 0;
    while (w->document < w->n_documents && at < CHUNK_TOKENS) {
        const lex_sequence *document = &w->documents[w->document];
        int64_t n = lex_cut_frame(cut, document->ids, document->n, w->window, w->ids + at);
        lex_sequence sequence = {w->ids + at, n};
        LEX_PUSH(w->sequences, w->n_sequences, w->sequence_capacity, sequence);
        at += n;
        if (++w->window == lex_cut_n_windows(cut, document->n)) {
            w->window = 0;
            w->document++;
        }
    }
}

static void pool(work *w)
{
    for (int64_t i = 0; i < w->n_sequences; i++) {
        const lex_sequence *document = &w->documents[w->pooled_document];
        if (w->pooled_window == 0)
            lex_pooled_begin(&w->pooled);
        lex_pooled_add(&w->pooled, w->outputs + i * w->width);
        w->done_tokens += w->sequences[i].n;
        if (++w->pooled_window == lex_cut_n_windows(w->options->cut, document->n)) {
            lex_pooled_end(&w->pooled, w->logits + w->pooled_document++ * w->options->n_outputs);
            w->pooled_window = 0;
        }
    }
}

/* Batches of the chunk tell their windows; what is told on is documents. */
static void tell(void *context, int64_t n_sequences, int64_t n_tokens)
{
    const work *w = context;
    (void)n_sequences;
    if (w->options->progress)
        w->options->progress(w->options->context, w->pooled_document, w->done_tokens + n_tokens);
}

static lex_status compute(work *w, lex_err *err)
{
    const lex_runner *r = w->runner;
    free(w->outputs);
    w->outputs = lex_alloc_array((size_t)(w->n_sequences * w->width), sizeof *w->outputs);
    if (r->crew)
        return lex_crew_run(r->crew, w->sequences, w->n_sequences, r->batch_tokens, w->outputs, tell, w, err);
    return lex_run_sequences(r->encoder, r->runtime, w->sequences, w->n_sequences, w->width, r->batch_tokens, w->outputs,
                             tell, w, err);
}

lex_status lex_run_documents(const lex_runner *runner, const lex_sequence *documents, int64_t n,
                             const lex_document_options *options, float *logits, lex_err *err)
{
    lex_status st = LEX_OK;
    work w = {.runner = runner, .options = options, .documents = documents, .n_documents = n, .logits = logits};
    w.width = lex_windows_width(options->windows, options->n_outputs);
    w.ids = lex_alloc_array((size_t)(CHUNK_TOKENS + options->cut->max_length), sizeof *w.ids);
    lex_pooled_init(&w.pooled, options->windows, options->n_outputs);
    while (st == LEX_OK && w.document < n) {
        if (options->stop && *options->stop) {
            st = lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted after %lld records", (long long)w.pooled_document);
            break;
        }
        gather(&w);
        st = compute(&w, err);
        if (st == LEX_OK)
            pool(&w);
    }
    lex_pooled_release(&w.pooled);
    free(w.ids);
    free(w.sequences);
    free(w.outputs);
    return st;
}
