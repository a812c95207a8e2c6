/* step.c - one optimizer step: micro-batches forwards and backwards, once more for an adversary, then the update.
 *
 * The loss is the mean over the examples of the whole step, so each micro-batch is weighted by 1 / n_examples and the
 * gradients simply add up: how the examples are cut into micro-batches does not matter.
 *
 * R-Drop (Liang et al., "R-Drop: Regularized Dropout for Neural Networks", NeurIPS 2021) has every example twice in its
 * micro-batch, under two numbers and so under two masks of dropout: the second half of the records are the first half's
 * twins. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "step.h"

lex_optimizer *lex_optimizer_new(lex_encoder *encoder, lex_runtime *runtime, const lex_optimizer_options *options)
{
    lex_optimizer *optimizer = lex_alloc_zeroed(1, sizeof *optimizer);
    optimizer->encoder = encoder;
    optimizer->runtime = runtime;
    optimizer->options = *options;
    optimizer->state = lex_scope_new(runtime);
    optimizer->scope = lex_scope_new(runtime);
    optimizer->adversary.scope = lex_scope_new(runtime);
    optimizer->tape = lex_tape_new(encoder);
    if (options->recompute)
        lex_tape_recompute(optimizer->tape);
    optimizer->loss_scale.scale = options->loss_scale;
    lex_batch_init(&optimizer->batch);
    lex_optimizer_prepare(optimizer);
    if (options->windows != LEX_WINDOWS_OFF)
        optimizer->documents = lex_documents_new(encoder, runtime, &optimizer->options, optimizer->n_outputs);
    return optimizer;
}

void lex_optimizer_free(lex_optimizer *optimizer)
{
    if (!optimizer)
        return;
    lex_scope_free(optimizer->adversary.scope);
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
    free(optimizer->teacher);
    free(optimizer);
}

static void reserve_rows(lex_optimizer *o, int64_t rows)
{
    if (rows <= o->row_capacity)
        return;
    size_t cells = (size_t)(rows * o->n_outputs);
    o->logits = lex_realloc_array(o->logits, cells, sizeof *o->logits);
    o->dlogits = lex_realloc_array(o->dlogits, cells, sizeof *o->dlogits);
    o->targets = lex_realloc_array(o->targets, cells, sizeof *o->targets);
    o->teacher = lex_realloc_array(o->teacher, cells, sizeof *o->teacher);
    o->labels = lex_realloc_array(o->labels, (size_t)rows, sizeof *o->labels);
    o->row_capacity = rows;
}

/* The number of an example in dropout's eyes: its place in the step, and above all of those for its twin. */
static uint32_t number_of(int64_t place, int64_t copy)
{
    return (uint32_t)place | (uint32_t)copy << 31;
}

/* Packs examples from `first` on, up to the budget, each `copies` times; returns the next one. */
static int64_t fill(lex_optimizer *o, lex_task task, const lex_train_example *examples, int64_t first, int64_t n,
                    int64_t batch_tokens)
{
    int64_t end = first, rows = 0, copies = o->options.r_drop > 0 ? 2 : 1;
    do
        rows += copies * examples[end++].n;
    while (end < n && rows + copies * examples[end].n <= batch_tokens);
    lex_batch_clear(&o->batch);
    reserve_rows(o, copies * (end - first));
    for (int64_t r = 0; r < copies * (end - first); r++) {
        int64_t i = first + r % (end - first);
        lex_batch_add(&o->batch, examples[i].ids, examples[i].n, number_of(i, r / (end - first)), true);
        if (task == LEX_TASK_SINGLE)
            o->labels[r] = examples[i].label;
        else
            memcpy(o->targets + r * o->n_outputs, examples[i].targets, (size_t)o->n_outputs);
        LEX_ASSERT(examples[i].teacher || o->options.loss.distill == 0);
        if (examples[i].teacher)
            memcpy(o->teacher + r * o->n_outputs, examples[i].teacher, (size_t)o->n_outputs * sizeof *o->teacher);
    }
    return end;
}

double lex_loss_of_records(const lex_optimizer_options *options, const lex_documents_work *work, const float *logits, int64_t n,
                           int64_t n_outputs, const int32_t *labels, const uint8_t *targets, const float *teacher,
                           float *dlogits)
{
    int64_t half = n / 2, K = n_outputs;
    double r_drop = options->r_drop, scale = r_drop > 0 ? work->scale / 2 : work->scale;
    lex_loss_options of_records = options->loss;
    of_records.teacher = teacher;
    double loss = lex_loss(work->task, logits, n, K, labels, targets, &of_records, scale, dlogits);
    if (r_drop > 0)
        loss += lex_divergence(work->task, logits, logits + half * K, half, K, r_drop / (double)work->n_examples, dlogits,
                               dlogits + half * K);
    for (int64_t i = 0; work->loss_scale != 1 && i < n * K; i++)
        dlogits[i] *= (float)work->loss_scale;
    return loss;
}

/* Forwards, loss, backwards for the packed micro-batch. */
static double micro_batch(lex_optimizer *o, const lex_documents_work *work)
{
    int64_t sizes[2] = {o->batch.n_records, o->n_outputs};
    lex_tensor *logits = lex_encoder_forward(o->encoder, o->scope, &o->batch, work->mode, o->tape); /* (R, K) */
    if (!logits)
        return 0;
    lex_tensor_read(o->scope, logits, o->logits);
    double loss = lex_loss_of_records(&o->options, work, o->logits, o->batch.n_records, o->n_outputs, o->labels, o->targets,
                                      o->teacher, o->dlogits);
    lex_tensor *dlogits = lex_tensor_over(o->scope, LEX_F32, 2, sizes, o->dlogits); /* (R, K) */
    lex_encoder_backward(o->encoder, o->scope, &o->batch, o->tape, dlogits);
    return loss;
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

/* Adds the gradients of all examples. */
static lex_status add_gradients(lex_optimizer *o, double *loss, const lex_documents_work *work, lex_err *err)
{
    const lex_train_mode *mode = work->mode;
    lex_status st = LEX_OK;
    *loss = 0;
    if (o->documents)
        return lex_documents_learn(o->documents, loss, work, err);
    for (int64_t i = 0; i < work->n_examples;) {
        LEX_TRY(lex_runtime_seed(o->runtime, mode ? mode->seed : 0, mode ? mode->step : 0, (uint32_t)i, err));
        i = fill(o, work->task, work->examples, i, work->n_examples, work->batch_tokens);
        *loss += micro_batch(o, work);
        LEX_TRY(lex_scope_status(o->scope, err));
        lex_scope_reset(o->scope);
    }
done:
    return st;
}

/* The same where the adversary has moved the words, with masks of dropout of their own: no seed of a user's is as high. */
static lex_status add_adversarial_gradients(lex_optimizer *o, double *loss, const lex_documents_work *work, lex_err *err)
{
    lex_documents_work moved = *work;
    lex_train_mode mode;
    if (work->mode) {
        mode = *work->mode;
        mode.seed += UINT64_C(1) << 32;
        moved.mode = &mode;
    }
    lex_adversary_begin(o, work->examples, work->n_examples);
    lex_status st = add_gradients(o, loss, &moved, err);
    lex_adversary_end(o);
    return st == LEX_OK ? lex_scope_status(o->scope, err) : st;
}

/* What became of the step: a loss that is not finite is none that another scale could mend. */
static void judge(lex_optimizer *o, double loss)
{
    bool finite = isfinite(o->norm), scaled = o->loss_scale.scale > 0;
    o->overflowed = isfinite(loss) && !finite && o->loss_scale.scale >= 1;
    o->diverged = !isfinite(loss) || (!finite && !o->overflowed);
    if (scaled && isfinite(loss))
        lex_loss_scale_update(&o->loss_scale, !finite);
}

lex_status lex_optimizer_step(lex_optimizer *o, double *loss, lex_task task, const lex_train_example *examples,
                              int64_t n_examples, int64_t batch_tokens, double lr, const lex_train_mode *mode,
                              lex_err *err)
{
    lex_status st = LEX_OK;
    double adversarial = 0;
    double scale = 1 / total_weight(o, task, examples, n_examples);
    double loss_scale = o->loss_scale.scale > 0 ? o->loss_scale.scale : 1;
    lex_documents_work work = {task, examples, n_examples, batch_tokens, scale, loss_scale, mode};
    o->diverged = o->overflowed = false;
    lex_tensor_zero(o->scope, lex_encoder_gradients(o->encoder));
    LEX_TRY(add_gradients(o, loss, &work, err));
    if (o->options.fgm > 0 && isfinite(*loss))
        LEX_TRY(add_adversarial_gradients(o, &adversarial, &work, err));
    o->norm = lex_norm(o->scope, lex_encoder_gradients(o->encoder)) / loss_scale;
    LEX_TRY(lex_scope_status(o->scope, err));
    judge(o, *loss + adversarial);
    if (o->diverged) {
        st = lex_err_set(err, LEX_ERR_SYSTEM, "training diverged: the %s is not a number",
                         isfinite(*loss + adversarial) ? "norm of the gradient" : "loss");
        goto done;
    }
    if (!o->overflowed)
        lex_optimizer_update(o, lr, 1 / loss_scale);
    st = lex_scope_status(o->scope, err);
done:
    lex_scope_reset(o->scope);
    return st;
}

double lex_schedule_factor(const lex_schedule_options *schedule, int64_t step, int64_t n_steps, int64_t warmup_steps)
{
    if (step < warmup_steps)
        return (double)step / (double)(warmup_steps > 1 ? warmup_steps : 1);
    int64_t left = n_steps - step, span = n_steps - warmup_steps;
    double done = (double)(step - warmup_steps) / (double)(span > 1 ? span : 1), scale = 10000;
    switch (schedule->shape) {
    case LEX_SCHEDULE_CONSTANT: return 1;
    case LEX_SCHEDULE_COSINE: return fmax(0, 0.5 * (1 + cos(3.14159265358979323846 * done)));
    case LEX_SCHEDULE_INVERSE_SQRT:
        scale = warmup_steps ? (double)warmup_steps : scale;
        return 1 / sqrt((double)(step - warmup_steps) / scale + 1);
    case LEX_SCHEDULE_POLYNOMIAL: return (1 - schedule->end) * pow(fmax(0, 1 - done), schedule->power) + schedule->end;
    case LEX_SCHEDULE_LINEAR: break;
    }
    return left > 0 ? (double)left / (double)(span > 1 ? span : 1) : 0;
}
