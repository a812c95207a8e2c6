/* update.c - from gradients to weights: clipping, the step of the optimizer that was chosen, the moving average; and what
 * each of them keeps from step to step, which is what a checkpoint has to hold beside the weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "step.h"

/* ---- groups ---- */

static double rate_of(const lex_optimizer *optimizer, const lex_param *param, int top)
{
    const lex_optimizer_options *o = &optimizer->options;
    if (param->head)
        return o->head_factor > 0 ? o->head_factor : 1;
    return o->layer_decay > 0 ? pow(o->layer_decay, top - 1 - param->layer) : 1;
}

/* A convolution's weight counts as a matrix of one row an output. */
static lex_adafactor_place place_of(const lex_param *param, int64_t offset, int64_t factors_offset)
{
    const int64_t rows = param->n_dims > 1 ? param->shape[0] : 0;
    return (lex_adafactor_place){offset, factors_offset, rows, param->count / (rows ? rows : 1)};
}

static void list_runs(lex_optimizer *optimizer)
{
    int64_t n_params, n_frozen = lex_encoder_n_frozen(optimizer->encoder);
    const lex_param *params = lex_encoder_params(optimizer->encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++) {
        lex_param_run *last = optimizer->n_runs ? &optimizer->runs[optimizer->n_runs - 1] : NULL;
        double rate = rate_of(optimizer, &params[i], params[n_params - 1].layer);
        int64_t offset = params[i].offset - n_frozen;
        if (offset < 0)
            continue;
        if (last && last->decay == params[i].decay && last->rate == rate) {
            last->n = offset + params[i].count - last->offset;
        } else {
            lex_param_run run = {offset, params[i].count, params[i].decay, rate};
            LEX_PUSH(optimizer->runs, optimizer->n_runs, optimizer->run_capacity, run);
        }
        lex_adafactor_place place = place_of(&params[i], offset, 0);
        optimizer->n_factors += lex_adafactor_floats(place.rows, place.columns);
    }
    /* The head's weight is the last matrix: its rows are the outputs. */
    optimizer->n_outputs = params[n_params - 2].shape[0];
}

/* ---- state ---- */

void lex_optimizer_prepare(lex_optimizer *optimizer)
{
    const lex_optimizer_options *o = &optimizer->options;
    lex_scope *state = optimizer->state;
    int64_t *n = &optimizer->n_trained;
    list_runs(optimizer);
    *n = lex_encoder_flat_count(optimizer->encoder) - lex_encoder_n_frozen(optimizer->encoder);
    if (o->kind == LEX_OPTIMIZER_ADAMW || (o->kind == LEX_OPTIMIZER_SGD && o->momentum > 0))
        optimizer->m = lex_tensor_zeros(state, LEX_F32, 1, n);
    if (o->kind == LEX_OPTIMIZER_ADAMW)
        optimizer->v = lex_tensor_zeros(state, LEX_F32, 1, n);
    if (o->kind == LEX_OPTIMIZER_ADAFACTOR)
        optimizer->factors = lex_tensor_zeros(state, LEX_F32, 1, &optimizer->n_factors);
    if (o->ema > 0)
        optimizer->average = lex_tensor_clone(state, lex_encoder_trained(optimizer->encoder));
}

int lex_optimizer_arrays(lex_optimizer_array out[LEX_OPTIMIZER_ARRAYS], lex_optimizer *optimizer)
{
    const lex_optimizer_array all[] = {
        {optimizer->v ? "first_moment" : "velocity", optimizer->m, optimizer->n_trained},
        {"second_moment", optimizer->v, optimizer->n_trained},
        {"factored_moments", optimizer->factors, optimizer->n_factors},
        {"average", optimizer->average, optimizer->n_trained},
    };
    int n = 0;
    for (int i = 0; i < LEX_OPTIMIZER_ARRAYS; i++)
        if (all[i].values)
            out[n++] = all[i];
    return n;
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

bool lex_optimizer_overflowed(const lex_optimizer *optimizer)
{
    return optimizer->overflowed;
}

lex_loss_scale lex_optimizer_loss_scale(const lex_optimizer *optimizer)
{
    return optimizer->loss_scale;
}

void lex_optimizer_set_steps(lex_optimizer *optimizer, int64_t steps)
{
    optimizer->step = steps;
}

void lex_optimizer_set_loss_scale(lex_optimizer *optimizer, lex_loss_scale scale)
{
    optimizer->loss_scale = scale;
}

void lex_optimizer_swap_average(lex_optimizer *optimizer)
{
    if (optimizer->average)
        lex_tensor_swap(optimizer->state, optimizer->average, lex_encoder_trained(optimizer->encoder));
}

/* ---- the step ---- */

/* The factor that brings the gradient's norm down to `clip`, as torch.nn.utils.clip_grad_norm_ computes it. */
static double clip_factor(const lex_optimizer *o)
{
    return o->options.clip > 0 ? fmin(1.0, o->options.clip / (o->norm + 1e-6)) : 1;
}

static void adamw_step(lex_optimizer *o, double lr, double grad_scale)
{
    lex_adamw adamw = {.beta1 = o->options.beta1,
                       .beta2 = o->options.beta2,
                       .eps = o->options.eps,
                       .grad_scale = grad_scale,
                       .step = o->step};
    for (int64_t i = 0; i < o->n_runs; i++) {
        adamw.weight_decay = o->runs[i].decay ? o->options.weight_decay : 0;
        adamw.lr = lr * o->runs[i].rate;
        lex_adamw_apply(o->scope, lex_encoder_trained(o->encoder), lex_encoder_gradients(o->encoder), o->m, o->v,
                        o->runs[i].offset, o->runs[i].n, &adamw);
    }
}

static void sgd_step(lex_optimizer *o, double lr, double grad_scale)
{
    for (int64_t i = 0; i < o->n_runs; i++) {
        const lex_param_run *run = &o->runs[i];
        lex_sgd sgd = {lr * run->rate, o->options.momentum, run->decay ? o->options.weight_decay : 0, grad_scale};
        lex_sgd_apply(o->scope, lex_encoder_trained(o->encoder), lex_encoder_gradients(o->encoder), o->m, run->offset,
                      run->n, &sgd);
    }
}

/* Its sums are those of one parameter each, so that it goes from one to the next. */
static void adafactor_step(lex_optimizer *o, double lr, double grad_scale)
{
    int64_t n_params, n_frozen = lex_encoder_n_frozen(o->encoder), factors_offset = 0;
    const lex_param *params = lex_encoder_params(o->encoder, &n_params);
    for (int64_t i = 0; i < n_params; i++) {
        const lex_param *param = &params[i];
        if (param->offset < n_frozen)
            continue;
        lex_adafactor_place place = place_of(param, param->offset - n_frozen, factors_offset);
        lex_adafactor adafactor = {.lr = lr * rate_of(o, param, params[n_params - 1].layer),
                                   .decay_power = -0.8,
                                   .eps = 1e-30,
                                   .clip = 1,
                                   .weight_decay = param->decay ? o->options.weight_decay : 0,
                                   .grad_scale = grad_scale,
                                   .step = o->step};
        lex_adafactor_apply(o->scope, lex_encoder_trained(o->encoder), lex_encoder_gradients(o->encoder), o->factors,
                            &place, &adafactor);
        factors_offset += lex_adafactor_floats(place.rows, place.columns);
    }
}

void lex_optimizer_update(lex_optimizer *o, double lr, double grad_scale)
{
    static void (*const steps[])(lex_optimizer *o, double lr, double grad_scale) = {adamw_step, adafactor_step, sgd_step};
    o->step++;
    steps[o->options.kind](o, lr, clip_factor(o) * grad_scale);
    if (o->average)
        lex_blend(o->scope, o->average, lex_encoder_trained(o->encoder), 1 - lex_average_decay(o->options.ema, o->step));
}

double lex_average_decay(double decay, int64_t step)
{
    return fmin(decay, (1 + (double)step) / (10 + (double)step));
}
