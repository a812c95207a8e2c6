/* epochs.c - the loop: steps over shuffled examples, an epoch judged on the dev set, the best one kept.
 *
 * What a step does is a function of the weights, the seed and the step's number, so that a run which goes on from a
 * checkpoint takes the same steps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"

/* ---- an epoch ---- */

static bool stopped(const lex_run *run)
{
    return run->options->stop && *run->options->stop;
}

/* One step on the next examples of `order`; batch has room for them. */
static lex_status take_step(lex_run *run, const int64_t *order, lex_train_example *batch, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_progress *at = &run->at;
    int64_t left = run->summary->n_train - at->next, size = left < o->batch_size ? left : o->batch_size;
    int64_t tokens = lex_run_gather(run, order, batch, size);
    lex_schedule_options schedule = {o->schedule, o->schedule_power, o->lr_end / o->lr};
    lex_train_mode mode = {o->dropout, o->dropout, o->dropout, o->seed, (uint32_t)at->step};
    double rate = o->lr * lex_schedule_factor(&schedule, at->step, at->n_steps, at->warmup_steps), loss;
    double began_s = lex_now_s(), loss_scale = lex_optimizer_loss_scale(run->optimizer).scale;
    lex_status st = lex_optimizer_step(run->optimizer, &loss, run->labels.task, batch, size, run->batch_tokens, rate,
                                       &mode, err);
    if (st == LEX_OK) {
        bool overflowed = lex_optimizer_overflowed(run->optimizer);
        at->loss_sum += loss * (double)size;
        at->n_in_a_row = overflowed ? at->n_in_a_row : 0;
        at->n_overflows += overflowed;
    } else {
        st = lex_run_step_failed(run, size, rate, err);
        loss = (double)NAN;
    }
    if (st != LEX_OK)
        return st;
    at->next += size;
    at->tokens += tokens;
    at->step++;
    double took_s = lex_now_s() - began_s;
    run->steps_s += took_s;
    run->steps_tokens += tokens;
    lex_run_log_step(run, loss, rate, loss_scale, tokens, took_s);
    if (o->events.step)
        o->events.step(o->events.context, at->step, at->n_steps, at->tokens, loss);
    return LEX_OK;
}

static bool is_checkpoint_due(const lex_run *run)
{
    const lex_train_options *o = run->options;
    return (o->checkpoint_steps && run->at.step - run->saved_step >= o->checkpoint_steps) ||
           (o->checkpoint_minutes > 0 && lex_now_s() - run->saved_s >= 60 * o->checkpoint_minutes);
}

/* The rest of the epoch. */
static lex_status train_epoch(lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    int64_t *order = lex_run_shuffled_rows(run);
    lex_train_example *batch = lex_alloc_array((size_t)o->batch_size, sizeof *batch);
    lex_status st = LEX_OK;
    while (run->at.next < run->summary->n_train) {
        LEX_TRY(take_step(run, order, batch, err));
        bool stop = stopped(run);
        if (stop || is_checkpoint_due(run))
            lex_run_checkpoint(run);
        if (stop) {
            st = lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted in epoch %lld of %lld", (long long)run->at.epoch,
                             (long long)o->epochs);
            goto done;
        }
    }
done:
    free(batch);
    free(order);
    return st;
}

static lex_status publish_best(lex_run *run, lex_err *err)
{
    lex_status st = lex_run_own_partial(run, err);
    if (st == LEX_OK)
        st = lex_run_publish(run, run->best_dir, err);
    run->best_unwritten = st != LEX_OK;
    run->has_best |= st == LEX_OK;
    return st;
}

/* A disk that is full now may have room before the next checkpoint is due: until the folder is written there is none. The
 * last epoch's goes to OUT at once. */
static lex_status keep_best(lex_run *run, lex_err *err)
{
    lex_err trouble = {0};
    lex_scope_reset(run->kept);
    run->best = lex_tensor_clone(run->kept, lex_encoder_weights(run->encoder));
    lex_status st = lex_scope_status(run->kept, err);
    if (st != LEX_OK || publish_best(run, &trouble) == LEX_OK)
        return st;
    lex_run_note(run, LEX_RUN_WARNING, "epoch %lld, the best so far, is in memory alone: %s",
                 (long long)run->summary->best_epoch, trouble.message);
    return LEX_OK;
}

lex_status lex_run_write_best(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    if (!run->best_unwritten)
        return LEX_OK;
    lex_tensor *weights = lex_encoder_weights(run->encoder);
    lex_scope *scope = lex_scope_new(run->runtime);
    lex_tensor *now = lex_tensor_clone(scope, weights);
    lex_tensor_copy(scope, weights, run->best);
    LEX_TRY(lex_scope_status(scope, err));
    st = publish_best(run, err);
    lex_tensor_copy(scope, weights, now);
    if (st == LEX_OK)
        st = lex_scope_status(scope, err);
done:
    lex_scope_free(scope);
    return st;
}

lex_threshold_rule lex_run_threshold_rule(const lex_run *run)
{
    lex_threshold_rule rule = run->options->thresholds;
    if (run->options->thresholds_auto)
        rule.goal = lex_goal_of_task(run->labels.task);
    return rule;
}

void lex_run_calibrate(lex_calibration *out, lex_run *run, const lex_scorer *scorer, const float *logits)
{
    const lex_train_options *o = run->options;
    lex_calibration_options how = {o->calibrate ? LEX_CALIBRATE_TEMPERATURE : LEX_CALIBRATE_OFF,
                                   lex_run_threshold_rule(run), run->shift};
    lex_scores *scores = lex_score_plain(scorer, run->dev_data, run->dev_rows, run->summary->n_dev, logits);
    lex_model_uncalibrate(run->model);
    lex_calibrate(out, run->model, scores, logits, &how);
    if (run->options->tensorboard_dir) {
        lex_scores_free(run->dev_scores);
        run->dev_scores = scores;
    } else {
        lex_scores_free(scores);
    }
}

/* Calibrates and judges the epoch on the dev set. An epoch is judged as it would be delivered, calibrated and with its
 * thresholds: at 0.5 a model of rare labels says "none" to everything for epochs, and which of them is best then is
 * chance. */
lex_status lex_run_judge(lex_calibration *out, lex_run *run, lex_encoder *encoder, lex_err *err)
{
    lex_scorer scorer = lex_run_scorer(run);
    float *logits = NULL;
    scorer.encoder = encoder;
    lex_status st = lex_score_logits(&logits, &scorer, run->dev_data, run->dev_rows, run->summary->n_dev, err);
    if (st == LEX_OK && run->model->is_fused)
        lex_run_fuse_dev(run, &scorer, logits);
    if (st == LEX_OK)
        lex_run_calibrate(out, run, &scorer, logits);
    free(logits);
    return st;
}

double lex_run_value(const lex_run *run, const lex_metrics *dev)
{
    double value = NAN;
    lex_metrics_by_name(&value, dev, lex_str_of(run->summary->metric));
    return value;
}

/* Whether `value` of the metric beats the best one; the first that is a number at all does. */
static bool is_better(const lex_run *run, double value)
{
    double best = run->summary->best_value;
    if (isnan(value) || isnan(best))
        return !isnan(value) || run->summary->best_epoch == 0;
    if (strcmp(run->options->metric, LEX_METRIC_LAST) == 0)
        return true;
    return lex_metric_is_gain(lex_str_of(run->options->metric)) ? value > best + run->options->min_delta
                                                               : value < best - run->options->min_delta;
}

/* Whether the dev set, if there is one, judges this epoch. */
static bool is_judged(const lex_run *run)
{
    const lex_train_options *o = run->options;
    return run->dev_data && (run->at.epoch == o->epochs || o->dev_every < 2 || run->at.epoch % o->dev_every == 0);
}

/* Scores the dev set, tells about the epoch, keeps it when it is the best so far. */
static lex_status judge_epoch(lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_train_summary *summary = run->summary;
    lex_calibration dev = {0};
    lex_status st = LEX_OK;
    int64_t epoch = run->at.epoch;
    double train_loss = run->at.loss_sum / (double)(summary->n_train - run->at.left_out); /* NaN: all were left out */
    bool best = !run->dev_data, has_dev = is_judged(run);
    if (has_dev) {
        LEX_TRY(lex_run_judge(&dev, run, run->encoder, err));
        double value = lex_run_value(run, &dev.after);
        best = is_better(run, value);
        if (best)
            summary->best_value = value;
    }
    lex_run_add_epoch(run, epoch, train_loss, has_dev ? &dev : NULL);
    if (best)
        summary->best_epoch = epoch;
    lex_run_log_epoch(run, has_dev ? &dev : NULL, best);
    if (o->events.epoch)
        o->events.epoch(o->events.context, epoch, o->epochs, train_loss, has_dev ? &dev.after : NULL, best,
                        lex_now_s() - run->started_s);
    if (best && has_dev) {
        lex_calibration_release(&run->calibration);
        run->calibration = dev;
        run->has_calibration = true;
        lex_run_keep_fusion(run);
        dev = (lex_calibration){0};
    }
    if (run->has_calibration)
        lex_model_calibrate(run->model, &run->calibration);
    if (best && (run->dev_data || epoch == o->epochs))
        LEX_TRY(keep_best(run, err));
done:
    lex_calibration_release(&dev);
    return st;
}

/* The model of an epoch is the average of the weights where there is one. */
static lex_status finish_epoch(lex_run *run, lex_err *err)
{
    lex_optimizer_swap_average(run->optimizer);
    lex_status st = judge_epoch(run, err);
    lex_optimizer_swap_average(run->optimizer);
    return st;
}

static bool is_patience_over(const lex_run *run)
{
    int64_t every = run->options->dev_every, patience = run->options->patience * (every > 1 ? every : 1);
    /* After a kill none may have been judged yet. */
    return patience && run->dev_data && run->summary->best_epoch > 0 && run->at.epoch < run->options->epochs &&
           run->at.epoch - run->summary->best_epoch >= patience;
}

lex_status lex_run_epochs(lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_progress *at = &run->at;
    lex_status st = LEX_OK;
    /* An earlier run's folder stays until there is something to keep; otherwise the log can be watched from the start. */
    if (!run->has_partial && !lex_run_has_leftovers(run))
        LEX_TRY(lex_run_own_partial(run, err));
    while (st == LEX_OK && at->epoch <= o->epochs) {
        st = train_epoch(run, err);
        if (st == LEX_OK)
            st = finish_epoch(run, err);
        if (st != LEX_OK)
            break;
        if (is_patience_over(run)) {
            lex_run_note(run, LEX_RUN_NOTE, "no better epoch than %lld in %lld epochs: training ends",
                         (long long)run->summary->best_epoch, (long long)(at->epoch - run->summary->best_epoch));
            break;
        }
        at->epoch++;
        at->next = 0;
        at->loss_sum = 0;
        at->left_out = 0;
    }
    run->summary->tokens = at->tokens;
    run->summary->tokens_per_s = run->steps_s > 0 ? (double)run->steps_tokens / run->steps_s : 0;
    run->summary->n_left_out = at->n_skipped;
    run->summary->n_overflows = at->n_overflows;
    run->summary->loss_scale = lex_optimizer_loss_scale(run->optimizer).scale;
done:
    return st;
}
