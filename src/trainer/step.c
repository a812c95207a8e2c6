/* step.c - one optimizer step: micro-batches forwards and backwards, the gradient's norm, AdamW.
 *
 * The loss is the mean over the examples of the whole step, so each micro-batch is weighted by 1 / n_examples and the
 * gradients simply add up: how the examples are cut into micro-batches does not matter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "internal.h"

/* Parameters that lie together and share weight decay and learning rate. */
typedef struct {
    int64_t offset, n;
    bool decay;
    double rate; /* over the learning rate */
} decay_run;

struct lex_optimizer {
    lex_encoder *encoder;
    lex_runtime *runtime;
    lex_optimizer_options options;
    lex_scope *state, *scope;
    lex_tensor *m, *v; /* AdamW's moments, laid out as the weights */
    lex_tape *tape;
    lex_batch batch;
    decay_run *runs;
    int64_t n_runs, run_capacity;
    int64_t step;
    double norm;   /* of the last step's gradient, before it was clipped */
    bool diverged; /* the last step was left out: its loss or norm is no number */
    float *logits, *dlogits; /* (R, K) of one micro-batch */
    int32_t *labels;         /* (R) */
    uint8_t *targets;        /* (R, K) */
    int64_t row_capacity;
    int64_t n_outputs;
    lex_documents *documents; /* NULL without windows */
};

static double rate_of(const lex_optimizer *optimizer, const lex_param *param, int top)
{
    const lex_optimizer_options *o = &optimizer->options;
    if (param->head)
        return o->head_factor > 0 ? o->head_factor : 1;
    return o->layer_decay > 0 ? pow(o->layer_decay, top - 1 - param->layer) : 1;
}

static void list_runs(lex_optimizer *optimizer)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(optimizer->encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++) {
        decay_run *last = optimizer->n_runs ? &optimizer->runs[optimizer->n_runs - 1] : NULL;
        double rate = rate_of(optimizer, &params[i], params[n_params - 1].layer);
        if (last && last->decay == params[i].decay && last->rate == rate) {
            last->n = params[i].offset + params[i].count - last->offset;
        } else {
            decay_run run = {params[i].offset, params[i].count, params[i].decay, rate};
            LEX_PUSH(optimizer->runs, optimizer->n_runs, optimizer->run_capacity, run);
        }
    }
    /* The head's weight is the last matrix: its rows are the outputs. */
    optimizer->n_outputs = params[n_params - 2].shape[0];
}

lex_optimizer *lex_optimizer_new(lex_encoder *encoder, lex_runtime *runtime, const lex_optimizer_options *options)
{
    lex_optimizer *optimizer = lex_alloc_zeroed(1, sizeof *optimizer);
    int64_t n = lex_encoder_flat_count(encoder);
    optimizer->encoder = encoder;
    optimizer->runtime = runtime;
    optimizer->options = *options;
    optimizer->state = lex_scope_new(runtime);
    optimizer->scope = lex_scope_new(runtime);
    optimizer->m = lex_tensor_zeros(optimizer->state, LEX_F32, 1, &n);
    optimizer->v = lex_tensor_zeros(optimizer->state, LEX_F32, 1, &n);
    optimizer->tape = lex_tape_new(encoder);
    if (options->recompute)
        lex_tape_recompute(optimizer->tape);
    lex_batch_init(&optimizer->batch);
    list_runs(optimizer);
    if (options->windows != LEX_WINDOWS_OFF)
        optimizer->documents = lex_documents_new(encoder, runtime, &optimizer->options, optimizer->n_outputs);
    return optimizer;
}

void lex_optimizer_free(lex_optimizer *optimizer)
{
    if (!optimizer)
        return;
    lex_scope_free(optimizer->scope);
    lex_scope_free(optimizer->state);
    lex_tape_free(optimizer->tape);
    lex_documents_free(optimizer->documents);
    lex_batch_release(&optimizer->batch);
    free(optimizer->runs);
    free(optimizer->logits);
    free(optimizer->dlogits);
    free(optimizer->labels);
    free(optimizer->targets);
    free(optimizer);
}

lex_tensor *lex_optimizer_moment(lex_optimizer *optimizer, int which)
{
    return which == 0 ? optimizer->m : optimizer->v;
}

int64_t lex_optimizer_steps(const lex_optimizer *optimizer)
{
    return optimizer->step;
}

double lex_optimizer_norm(const lex_optimizer *optimizer)
{
    return optimizer->norm;
}

bool lex_optimizer_diverged(const lex_optimizer *optimizer)
{
    return optimizer->diverged;
}

void lex_optimizer_set_steps(lex_optimizer *optimizer, int64_t steps)
{
    optimizer->step = steps;
}

static void reserve_rows(lex_optimizer *o, int64_t rows)
{
    if (rows <= o->row_capacity)
        return;
    size_t cells = (size_t)(rows * o->n_outputs);
    o->logits = lex_realloc_array(o->logits, cells, sizeof *o->logits);
    o->dlogits = lex_realloc_array(o->dlogits, cells, sizeof *o->dlogits);
    o->targets = lex_realloc_array(o->targets, cells, sizeof *o->targets);
    o->labels = lex_realloc_array(o->labels, (size_t)rows, sizeof *o->labels);
    o->row_capacity = rows;
}

/* Packs examples from `first` on, up to the budget; returns the next one. */
static int64_t fill(lex_optimizer *o, lex_task task, const lex_train_example *examples, int64_t first, int64_t n,
                    int64_t batch_tokens)
{
    int64_t i = first;
    lex_batch_clear(&o->batch);
    do {
        lex_batch_add(&o->batch, examples[i].ids, examples[i].n, (uint32_t)i, true);
        i++;
    } while (i < n && o->batch.n_rows + examples[i].n <= batch_tokens);
    reserve_rows(o, i - first);
    for (int64_t r = 0; r < i - first; r++) {
        if (task == LEX_TASK_SINGLE)
            o->labels[r] = examples[first + r].label;
        else
            memcpy(o->targets + r * o->n_outputs, examples[first + r].targets, (size_t)o->n_outputs);
    }
    return i;
}

/* Forwards, loss, backwards for the packed micro-batch. */
static double micro_batch(lex_optimizer *o, lex_task task, double scale, const lex_train_mode *mode)
{
    int64_t sizes[2] = {o->batch.n_records, o->n_outputs};
    lex_tensor *logits = lex_encoder_forward(o->encoder, o->scope, &o->batch, mode, o->tape); /* (R, K) */
    if (!logits)
        return 0;
    lex_tensor_read(o->scope, logits, o->logits);
    double loss = lex_loss(task, o->logits, sizes[0], sizes[1], o->labels, o->targets,
                           &o->options.loss, scale, o->dlogits);
    lex_tensor *dlogits = lex_tensor_over(o->scope, LEX_F32, 2, sizes, o->dlogits); /* (R, K) */
    lex_encoder_backward(o->encoder, o->scope, &o->batch, o->tape, dlogits);
    return loss;
}

/* The factor that brings the gradient's norm down to `clip`, as torch.nn.utils.clip_grad_norm_ computes it. */
static double clip_factor(const lex_optimizer *o)
{
    return o->options.clip > 0 ? fmin(1.0, o->options.clip / (o->norm + 1e-6)) : 1;
}

static void update(lex_optimizer *o, double lr)
{
    lex_adamw adamw = {.lr = lr,
                       .beta1 = o->options.beta1,
                       .beta2 = o->options.beta2,
                       .eps = o->options.eps,
                       .grad_scale = clip_factor(o),
                       .step = ++o->step};
    for (int64_t i = 0; i < o->n_runs; i++) {
        adamw.weight_decay = o->runs[i].decay ? o->options.weight_decay : 0;
        adamw.lr = lr * o->runs[i].rate;
        lex_adamw_apply(o->scope, lex_encoder_weights(o->encoder), lex_encoder_gradients(o->encoder), o->m, o->v,
                        o->runs[i].offset, o->runs[i].n, &adamw);
    }
}

/* What the sum over examples is divided by. */
static double total_weight(const lex_optimizer *o, lex_task task, const lex_train_example *examples, int64_t n)
{
    const double *weights = o->options.loss.weights;
    double sum = 0;
    if (task != LEX_TASK_SINGLE || !weights)
        return (double)n;
    for (int64_t i = 0; i < n; i++)
        sum += weights[examples[i].label];
    return sum;
}

lex_status lex_optimizer_step(lex_optimizer *o, double *loss, lex_task task, const lex_train_example *examples,
                              int64_t n_examples, int64_t batch_tokens, double lr, const lex_train_mode *mode,
                              lex_err *err)
{
    lex_status st = LEX_OK;
    *loss = 0;
    o->diverged = false;
    double total = total_weight(o, task, examples, n_examples);
    lex_tensor_zero(o->scope, lex_encoder_gradients(o->encoder));
    if (o->documents)
        LEX_TRY(lex_documents_learn(o->documents, loss, &(lex_documents_work){task, examples, n_examples, batch_tokens,
                                                                              1 / total, mode}, err));
    for (int64_t i = 0; !o->documents && i < n_examples;) {
        LEX_TRY(lex_runtime_seed(o->runtime, mode ? mode->seed : 0, mode ? mode->step : 0, (uint32_t)i, err));
        i = fill(o, task, examples, i, n_examples, batch_tokens);
        *loss += micro_batch(o, task, 1 / total, mode);
        LEX_TRY(lex_scope_status(o->scope, err));
        lex_scope_reset(o->scope);
    }
    o->norm = lex_norm(o->scope, lex_encoder_gradients(o->encoder));
    LEX_TRY(lex_scope_status(o->scope, err));
    o->diverged = !isfinite(*loss) || !isfinite(o->norm);
    if (o->diverged) {
        st = lex_err_set(err, LEX_ERR_SYSTEM, "training diverged: the %s is not a number",
                         isfinite(*loss) ? "norm of the gradient" : "loss");
        goto done;
    }
    update(o, lr);
    st = lex_scope_status(o->scope, err);
done:
    lex_scope_reset(o->scope);
    return st;
}

double lex_schedule_factor(lex_schedule schedule, int64_t step, int64_t n_steps, int64_t warmup_steps)
{
    if (step < warmup_steps)
        return (double)step / (double)(warmup_steps > 1 ? warmup_steps : 1);
    int64_t left = n_steps - step, span = n_steps - warmup_steps;
    double done = (double)(step - warmup_steps) / (double)(span > 1 ? span : 1), scale = 10000;
    switch (schedule) {
    case LEX_SCHEDULE_CONSTANT: return 1;
    case LEX_SCHEDULE_COSINE: return fmax(0, 0.5 * (1 + cos(3.14159265358979323846 * done)));
    case LEX_SCHEDULE_INVERSE_SQRT:
        scale = warmup_steps ? (double)warmup_steps : scale;
        return 1 / sqrt((double)(step - warmup_steps) / scale + 1);
    case LEX_SCHEDULE_LINEAR: break;
    }
    return left > 0 ? (double)left / (double)(span > 1 ? span : 1) : 0;
}
