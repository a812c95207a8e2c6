/* documents.c - documents of several windows, forwards and backwards, in a memory that is bounded by batch_tokens.
 *
 * Documents whose windows fit into it together go forwards and back at once. One that does not goes forwards twice: first
 * chunk by chunk without a tape, which gives its logits, its loss, and what every window's outputs are to change; then
 * each chunk again, with a tape, and back. Chunks are the same both times, and so are the masks of dropout, which depend on
 * seed, step, example, copy and window: the gradient is that of the whole document at once. Chunks that nothing is asked of,
 * under max pooling, are passed over. */
#include <stdlib.h>
#include <string.h>

#include "step.h"

/* A window's number in dropout's eyes: its example's place in the step, above it its own, and above both its copy's, of two
 * under R-Drop. The first window has its example's number, so that short texts are learned from as they are without
 * windows. */
enum { PLACES_MAX = 1 << 16, WINDOW_NUMBERS = 1 << 15 };

typedef struct {
    int64_t example, window, copy;
} place;

struct lex_documents {
    lex_encoder *encoder;
    lex_runtime *runtime;
    const lex_optimizer_options *options;
    int64_t n_outputs, width; /* K, D */
    lex_scope *scope;
    lex_tape *tape;
    lex_batch batch;
    lex_pooled pooled;
    int32_t *ids;              /* of one window */
    place *places;             /* (W): windows of the documents at hand; all of the first copies before their twins */
    float *outputs, *doutputs; /* (W, D) */
    int64_t n_windows, window_capacity;
    float *logits, *dlogits;   /* (R, K): R documents, twins counted apart */
    int32_t *labels;           /* (R) */
    uint8_t *targets;          /* (R, K) */
    float *teacher;            /* likewise */
    int64_t document_capacity;
};

lex_documents *lex_documents_new(lex_encoder *encoder, lex_runtime *runtime, const lex_optimizer_options *options,
                                 int64_t n_outputs)
{
    lex_documents *d = lex_alloc_zeroed(1, sizeof *d);
    LEX_ASSERT(options->windows != LEX_WINDOWS_OFF && options->cut);
    d->encoder = encoder;
    d->runtime = runtime;
    d->options = options;
    d->n_outputs = n_outputs;
    d->width = lex_windows_width(options->windows, n_outputs);
    d->scope = lex_scope_new(runtime);
    d->tape = lex_tape_new(encoder);
    if (options->recompute)
        lex_tape_recompute(d->tape);
    lex_batch_init(&d->batch);
    lex_pooled_init(&d->pooled, options->windows, n_outputs);
    d->ids = lex_alloc_array((size_t)options->cut->max_length, sizeof *d->ids);
    return d;
}

void lex_documents_free(lex_documents *d)
{
    if (!d)
        return;
    lex_scope_free(d->scope);
    lex_tape_free(d->tape);
    lex_batch_release(&d->batch);
    lex_pooled_release(&d->pooled);
    free(d->ids);
    free(d->places);
    free(d->outputs);
    free(d->doutputs);
    free(d->logits);
    free(d->dlogits);
    free(d->labels);
    free(d->targets);
    free(d->teacher);
    free(d);
}

/* ---- which windows ---- */

static int64_t n_windows_of(const lex_documents *d, const lex_train_example *example)
{
    return example->windows ? example->n_windows : lex_cut_n_windows(d->options->cut, example->n);
}

int64_t lex_documents_n_computed(const lex_cut *cut, const lex_train_example *example)
{
    return example->windows ? example->n_windows * cut->max_length : lex_cut_n_computed(cut, example->n);
}

static int64_t copies_of(const lex_documents *d)
{
    return d->options->r_drop > 0 ? 2 : 1;
}

/* The documents from `first` on whose windows fit into the budget together, at least one; returns the next one. */
static int64_t gather(lex_documents *d, const lex_documents_work *work, int64_t first)
{
    const lex_cut *cut = d->options->cut;
    int64_t end = first, rows = 0, n = 0, copies = copies_of(d);
    do
        rows += copies * lex_documents_n_computed(cut, &work->examples[end++]);
    while (end < work->n_examples &&
           rows + copies * lex_documents_n_computed(cut, &work->examples[end]) <= work->batch_tokens);
    for (int64_t i = first; i < end; i++)
        n += copies * n_windows_of(d, &work->examples[i]);
    if (n > d->window_capacity) {
        d->window_capacity = n;
        d->places = lex_realloc_array(d->places, (size_t)n, sizeof *d->places);
        d->outputs = lex_realloc_array(d->outputs, (size_t)(n * d->width), sizeof *d->outputs);
        d->doutputs = lex_realloc_array(d->doutputs, (size_t)(n * d->width), sizeof *d->doutputs);
    }
    d->n_windows = 0;
    for (int64_t copy = 0; copy < copies; copy++)
        for (int64_t i = first; i < end; i++)
            for (int64_t w = 0; w < n_windows_of(d, &work->examples[i]); w++)
                d->places[d->n_windows++] = (place){i, work->examples[i].windows ? work->examples[i].windows[w] : w, copy};
    return end;
}

static void reserve_documents(lex_documents *d, int64_t n)
{
    size_t cells = (size_t)(n * d->n_outputs);
    if (n <= d->document_capacity)
        return;
    d->logits = lex_realloc_array(d->logits, cells, sizeof *d->logits);
    d->dlogits = lex_realloc_array(d->dlogits, cells, sizeof *d->dlogits);
    d->targets = lex_realloc_array(d->targets, cells, sizeof *d->targets);
    d->teacher = lex_realloc_array(d->teacher, cells, sizeof *d->teacher);
    d->labels = lex_realloc_array(d->labels, (size_t)n, sizeof *d->labels);
    d->document_capacity = n;
}

/* Packs windows from `first` on, up to the budget; returns the next one. */
static int64_t pack(lex_documents *d, const lex_documents_work *work, int64_t first)
{
    const lex_cut *cut = d->options->cut;
    int64_t w = first;
    lex_batch_clear(&d->batch);
    while (w < d->n_windows) {
        const place *at = &d->places[w];
        const lex_train_example *example = &work->examples[at->example];
        int64_t n = lex_cut_frame(cut, example->ids, example->n, at->window, d->ids);
        if (w > first && d->batch.n_rows + n > work->batch_tokens)
            break;
        int64_t number = (at->copy * WINDOW_NUMBERS + at->window % WINDOW_NUMBERS) * PLACES_MAX + at->example;
        lex_batch_add(&d->batch, d->ids, n, (uint32_t)number, true);
        w++;
    }
    return w;
}

/* ---- one chunk ---- */

/* The outputs (W, D) of the packed windows; `tape` NULL where there is no way back. */
static lex_status forward(lex_documents *d, const lex_documents_work *work, lex_tape *tape, float *outputs, lex_err *err)
{
    const lex_train_mode *mode = work->mode;
    lex_status st = lex_runtime_seed(d->runtime, mode ? mode->seed : 0, mode ? mode->step : 0, d->batch.example[0], err);
    if (st != LEX_OK)
        return st;
    lex_tensor_read(d->scope, lex_encoder_forward(d->encoder, d->scope, &d->batch, mode, tape), outputs);
    return lex_scope_status(d->scope, err);
}

static lex_status backward(lex_documents *d, const float *doutputs, lex_err *err)
{
    int64_t sizes[2] = {d->batch.n_records, d->width};
    lex_encoder_backward(d->encoder, d->scope, &d->batch, d->tape, lex_tensor_over(d->scope, LEX_F32, 2, sizes, doutputs));
    lex_status st = lex_scope_status(d->scope, err);
    lex_scope_reset(d->scope);
    return st;
}

static bool any(const float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (values[i] != 0.0f)
            return true;
    return false;
}

/* ---- all of a group ---- */

/* Pools the outputs of documents [first, end), and of their twins, takes their loss, and its gradient back to the outputs. */
static double judge(lex_documents *d, const lex_documents_work *work, int64_t first, int64_t end)
{
    const int64_t K = d->n_outputs, D = d->width, n = end - first, R = copies_of(d) * n;
    reserve_documents(d, R);
    for (int64_t r = 0, w = 0; r < R; r++) {
        const lex_train_example *example = &work->examples[first + r % n];
        lex_pooled_begin(&d->pooled);
        for (int64_t last = w + n_windows_of(d, example); w < last; w++)
            lex_pooled_add(&d->pooled, d->outputs + w * D);
        lex_pooled_end(&d->pooled, d->logits + r * K);
        if (work->task == LEX_TASK_SINGLE)
            d->labels[r] = example->label;
        else
            memcpy(d->targets + r * K, example->targets, (size_t)K);
        LEX_ASSERT(example->teacher || d->options->loss.distill == 0);
        if (example->teacher)
            memcpy(d->teacher + r * K, example->teacher, (size_t)K * sizeof *d->teacher);
    }
    double loss = lex_loss_of_records(d->options, work, d->logits, R, K, d->labels, d->targets, d->teacher, d->dlogits);
    for (int64_t r = 0, w = 0; r < R; r++) {
        int64_t W = n_windows_of(d, &work->examples[first + r % n]);
        lex_windows_backward(d->options->windows, d->outputs + w * D, W, K, d->dlogits + r * K, d->doutputs + w * D);
        w += W;
    }
    return loss;
}

/* Forwards, once more where there is more than one chunk, and back. */
static lex_status learn_from(lex_documents *d, double *loss, const lex_documents_work *work, int64_t first, int64_t end,
                             lex_err *err)
{
    const int64_t D = d->width;
    lex_status st = LEX_OK;
    bool one = pack(d, work, 0) == d->n_windows;
    if (one) {
        LEX_TRY(forward(d, work, d->tape, d->outputs, err));
        *loss += judge(d, work, first, end);
        return backward(d, d->doutputs, err);
    }
    for (int64_t w = 0, next; w < d->n_windows; w = next) {
        next = pack(d, work, w);
        LEX_TRY(forward(d, work, NULL, d->outputs + w * D, err));
        lex_scope_reset(d->scope);
    }
    *loss += judge(d, work, first, end);
    for (int64_t w = 0, next; w < d->n_windows; w = next) {
        next = pack(d, work, w);
        if (!any(d->doutputs + w * D, (next - w) * D))
            continue;
        LEX_TRY(forward(d, work, d->tape, d->outputs + w * D, err));
        LEX_TRY(backward(d, d->doutputs + w * D, err));
    }
done:
    return st;
}

lex_status lex_documents_learn(lex_documents *d, double *loss, const lex_documents_work *work, lex_err *err)
{
    lex_status st = LEX_OK;
    *loss = 0;
    LEX_ASSERT(work->n_examples <= PLACES_MAX);
    for (int64_t i = 0; i < work->n_examples && st == LEX_OK;) {
        int64_t first = i;
        i = gather(d, work, first);
        st = learn_from(d, loss, work, first, i, err);
    }
    lex_scope_reset(d->scope);
    return st;
}
