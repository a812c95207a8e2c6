/* resume.c - a run between two steps as a checkpoint, and back.
 *
 * Everything else that a step depends on is a function of the options, the data, the seed and the step's number. So a
 * checkpoint is weights, what the optimizer keeps and a few numbers; and it is refused by a run whose options or data are others. The
 * best epoch's weights stand in OUT.partial/best already; its calibration is fitted again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "internal.h"

enum { STATE_FORMAT = 1 };

/* ---- writing ---- */

static lex_json *state_of(const lex_run *run)
{
    const lex_progress *at = &run->at;
    lex_json *state = lex_json_new_object();
    lex_json_put_number(state, "format", STATE_FORMAT);
    lex_json_put(state, "run", lex_run_identity(lex_run_describe(run)));
    lex_json_put_number(state, "epoch", (double)at->epoch);
    lex_json_put_number(state, "next", (double)at->next);
    lex_json_put_number(state, "step", (double)at->step);
    lex_json_put_number(state, "tokens", (double)at->tokens);
    lex_json_put_number(state, "loss_sum", at->loss_sum);
    lex_json_put_number(state, "left_out", (double)at->left_out);
    lex_json_put_number(state, "skipped", (double)at->n_skipped);
    lex_json_put_number(state, "in_a_row", (double)at->n_in_a_row);
    lex_json_put_number(state, "optimizer_steps", (double)lex_optimizer_steps(run->optimizer));
    if (run->precision == LEX_PRECISION_FP16) {
        lex_loss_scale scale = lex_optimizer_loss_scale(run->optimizer);
        lex_json_put_number(state, "overflows", (double)at->n_overflows);
        lex_json_put_number(state, "loss_scale", scale.scale);
        lex_json_put_number(state, "good_steps", (double)scale.n_good);
    }
    lex_json_put_number(state, "best_epoch", run->has_best ? (double)run->summary->best_epoch : 0);
    lex_json_put(state, "epochs", lex_json_copy(run->epochs));
    return state;
}

/* The tensor's values: where they lie on the CPU, else a copy, which is *owned. */
static const float *values_of(lex_scope *scope, lex_tensor *tensor, int64_t n, bool on_cpu, float **owned)
{
    if (on_cpu)
        return lex_tensor_f32(tensor);
    *owned = lex_alloc_array((size_t)n, sizeof **owned);
    lex_tensor_read(scope, tensor, *owned);
    return *owned;
}

/* What of a run lies in tensors: the weights that are trained, and what the optimizer keeps. */
enum { RUN_ARRAYS = 1 + LEX_OPTIMIZER_ARRAYS };
static int arrays_of(lex_optimizer_array out[RUN_ARRAYS], lex_run *run)
{
    int64_t n = lex_encoder_flat_count(run->encoder) - lex_encoder_n_frozen(run->encoder);
    out[0] = (lex_optimizer_array){"weights", lex_encoder_trained(run->encoder), n};
    return 1 + lex_optimizer_arrays(out + 1, run->optimizer);
}

static lex_status write_checkpoint(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    bool on_cpu = strcmp(lex_runtime_device(run->runtime), "cpu") == 0;
    lex_optimizer_array arrays[RUN_ARRAYS];
    float *owned[RUN_ARRAYS] = {NULL};
    lex_json *state = state_of(run);
    lex_checkpoint checkpoint = {.state = state, .n_arrays = arrays_of(arrays, run)};
    lex_scope *scope = lex_scope_new(run->runtime);
    LEX_TRY(lex_run_own_partial(run, err));
    for (int i = 0; i < checkpoint.n_arrays; i++)
        checkpoint.arrays[i] = (lex_checkpoint_array){
            arrays[i].name, values_of(scope, arrays[i].values, arrays[i].count, on_cpu, &owned[i]), arrays[i].count};
    LEX_TRY(lex_scope_status(scope, err));
    st = lex_checkpoint_write(run->last_path, &checkpoint, err);
done:
    lex_scope_free(scope);
    lex_json_free(state);
    for (int i = 0; i < RUN_ARRAYS; i++)
        free(owned[i]);
    return st;
}

void lex_run_checkpoint(lex_run *run)
{
    lex_err err = {0};
    lex_run_sync_log(run);
    if (lex_run_write_best(run, &err) == LEX_OK && write_checkpoint(run, &err) == LEX_OK)
        run->summary->saved_step = run->at.step;
    else
        lex_run_note(run, LEX_RUN_WARNING, "no checkpoint: %s", err.message);
    run->saved_step = run->at.step; /* also after a failure: the next one is due as late as any */
    run->saved_s = lex_now_s();
}

/* ---- going on ---- */

/* The last whole checkpoint; *path (borrowed from *owned) is NULL when there is none. */
static lex_status find_checkpoint(lex_checkpoint *out, const lex_run *run, const char **path, char **previous,
                                  lex_err *err)
{
    *previous = lex_path_with_suffix(run->last_path, LEX_CHECKPOINT_PREVIOUS);
    const char *const paths[] = {run->last_path, *previous};
    bool any = false;
    *path = NULL;
    for (int i = 0; i < 2 && !*path; i++) {
        lex_err damage = {0};
        if (lex_path_kind_of(paths[i]) == LEX_PATH_MISSING)
            continue;
        any = true;
        if (lex_checkpoint_read(out, paths[i], &damage) == LEX_OK)
            *path = paths[i];
        else
            lex_run_note(run, LEX_RUN_WARNING, "%s%s", damage.message, i == 0 ? "; the one before it is looked for" : "");
    }
    if (any && !*path) {
        lex_err_set(err, LEX_ERR_INPUT, "%s: has no whole checkpoint to go on from", run->partial_dir);
        lex_err_hint(err, "begin anew, without --resume: what is there is then replaced");
        return LEX_ERR_INPUT;
    }
    return LEX_OK;
}

static bool read_position(lex_run *run, const lex_json *state, int64_t *optimizer_steps)
{
    lex_progress *at = &run->at;
    int64_t any = INT64_C(1) << 53;
    at->loss_sum = lex_json_number(lex_json_get(state, "loss_sum"), (double)NAN);
    return lex_json_int(&at->epoch, lex_json_get(state, "epoch"), 1, any) &&
           lex_json_int(&at->next, lex_json_get(state, "next"), 0, run->summary->n_train) &&
           lex_json_int(&at->step, lex_json_get(state, "step"), 0, any) &&
           lex_json_int(&at->tokens, lex_json_get(state, "tokens"), 0, any) &&
           lex_json_int(&at->left_out, lex_json_get(state, "left_out"), 0, any) &&
           lex_json_int(&at->n_skipped, lex_json_get(state, "skipped"), 0, any) &&
           lex_json_int(&at->n_in_a_row, lex_json_get(state, "in_a_row"), 0, any) &&
           lex_json_int(optimizer_steps, lex_json_get(state, "optimizer_steps"), 0, any) && isfinite(at->loss_sum) &&
           lex_json_type_of(lex_json_get(state, "epochs")) == LEX_JSON_ARRAY;
}

/* What float16 needs beside that. */
static bool read_loss_scale(lex_run *run, const lex_json *state)
{
    lex_loss_scale scale = {.scale = lex_json_number(lex_json_get(state, "loss_scale"), 0)};
    if (run->precision != LEX_PRECISION_FP16)
        return true;
    if (!(scale.scale > 0) || !isfinite(scale.scale) ||
        !lex_json_int(&scale.n_good, lex_json_get(state, "good_steps"), 0, LEX_LOSS_SCALE_INTERVAL - 1) ||
        !lex_json_int(&run->at.n_overflows, lex_json_get(state, "overflows"), 0, INT64_C(1) << 53))
        return false;
    lex_optimizer_set_loss_scale(run->optimizer, scale);
    return true;
}

static lex_status read_tensors(lex_run *run, const lex_checkpoint *c, const char *path, lex_err *err)
{
    lex_optimizer_array arrays[RUN_ARRAYS];
    int n = arrays_of(arrays, run);
    for (int i = 0; i < n; i++) {
        if (lex_checkpoint_find(c, arrays[i].name, arrays[i].count))
            continue;
        lex_err_set(err, LEX_ERR_INPUT, "%s: does not hold '%s' of this encoder and optimizer", path, arrays[i].name);
        lex_err_hint(err, "begin anew, without --resume: what is there is then replaced");
        return LEX_ERR_INPUT;
    }
    lex_scope *scope = lex_scope_new(run->runtime);
    for (int i = 0; i < n; i++)
        lex_tensor_write(scope, arrays[i].values, lex_checkpoint_find(c, arrays[i].name, arrays[i].count));
    lex_status st = lex_scope_status(scope, err);
    lex_scope_free(scope);
    return st;
}

/* The best epoch as it stood at the checkpoint. Where a later one stands in its place, the run was killed between the
 * two: it will come to that epoch again, and until then any epoch is the best. */
static lex_status restore_best(lex_run *run, int64_t best_epoch, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_model *model = NULL;
    lex_encoder *encoder = NULL;
    lex_json *then = lex_run_of_folder(run->best_dir);
    if (lex_json_number(lex_json_get(then, "best_epoch"), 0) != (double)best_epoch || best_epoch == 0)
        goto done;
    LEX_TRY(lex_model_open(&model, run->best_dir, LEX_MODEL_CLASSIFIER, err));
    LEX_TRY(lex_model_encoder_to_train(&encoder, model, run->runtime, 0, err));
    run->best = lex_tensor_clone(run->kept, lex_encoder_weights(encoder));
    LEX_TRY(lex_scope_status(run->kept, err));
    if (run->dev_data) {
        LEX_TRY(lex_run_judge(&run->calibration, run, encoder, err));
        run->has_calibration = true;
        lex_run_keep_fusion(run);
        lex_model_calibrate(run->model, &run->calibration);
        run->summary->best_value = lex_run_value(run, &run->calibration.after);
    }
    run->summary->best_epoch = best_epoch;
    run->summary->kept_dir = lex_strdup(run->best_dir);
    run->summary->kept_epoch = best_epoch;
    run->has_best = true;
done:
    lex_encoder_free(encoder);
    lex_model_free(model);
    lex_json_free(then);
    return st;
}

static lex_status take_up(lex_run *run, const lex_checkpoint *c, const char *path, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t optimizer_steps, best_epoch = 0;
    if (lex_json_number(lex_json_get(c->state, "format"), 0) != STATE_FORMAT)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: is of another version of lexclf", path);
    LEX_TRY(lex_run_check_identity(run, path, lex_json_get(c->state, "run"), err));
    if (!read_position(run, c->state, &optimizer_steps) || !read_loss_scale(run, c->state))
        return lex_err_set(err, LEX_ERR_INPUT, "%s: does not fit the data", path);
    LEX_TRY(read_tensors(run, c, path, err));
    lex_optimizer_set_steps(run->optimizer, optimizer_steps);
    lex_json_free(run->epochs);
    run->epochs = lex_json_copy(lex_json_get(c->state, "epochs"));
    lex_json_int(&best_epoch, lex_json_get(c->state, "best_epoch"), 0, run->at.epoch);
    LEX_TRY(restore_best(run, best_epoch, err));
    run->has_partial = true;
    lex_run_open_log(run, true);
    run->saved_step = run->summary->saved_step = run->at.step;
    lex_run_note(run, LEX_RUN_NOTE, "going on after step %lld of %lld, in epoch %lld of %lld", (long long)run->at.step,
                 (long long)run->at.n_steps, (long long)run->at.epoch, (long long)run->options->epochs);
done:
    return st;
}

lex_status lex_run_restore(lex_run *run, lex_err *err)
{
    lex_checkpoint checkpoint = {.n_arrays = 0};
    const char *path = NULL;
    char *previous = NULL;
    lex_status st = find_checkpoint(&checkpoint, run, &path, &previous, err);
    if (st == LEX_OK && path) {
        st = take_up(run, &checkpoint, path, err);
    } else if (st == LEX_OK && lex_path_kind_of(run->out_dir) != LEX_PATH_MISSING && lex_run_is_done(run)) {
        run->summary->is_complete = true;
        run->summary->run = lex_run_of_folder(run->out_dir);
    }
    lex_checkpoint_close(&checkpoint);
    free(previous);
    return st;
}
