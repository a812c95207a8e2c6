/* train.c - a run from its options to a model folder: open, read, loop over epochs, the best one at the end. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "lexclf/file.h"

lex_train_options lex_train_options_default(void)
{
    lex_train_options options = {
        .dev_fraction = 0.1,
        .reader = lex_reader_options_default(),
        .task_auto = true,
        .pooling_auto = true,
        .normalize_auto = true,
        .device = "auto",
        .class_weight_power = NAN,
        .distill_linear = NAN,
        .weight_decay = 0.01,
        .warmup_ratio = 0.1,
        .warmup_steps = -1,
        .clip = 1.0,
        .linear = {{1, 3, 2, 5}, 2, 3.0},
        .dropout = -1,
        .schedule = LEX_SCHEDULE_LINEAR,
        .schedule_power = 1,
        .lr_end = 1e-7,
        .momentum = 0.9,
        .pos_weight = 1,
        .calibrate = true,
        .thresholds_auto = true,
        .seed = 1,
        .checkpoint_minutes = 5,
    };
    return options;
}

/* ---- before the first step ---- */

static void tell_of_weights(const lex_run *run)
{
    const lex_model *model = run->model;
    if (model->fresh.n)
        lex_run_note(run, LEX_RUN_NOTE, "a new head of %lld output%s is drawn by seed %llu",
                     (long long)run->labels.n_outputs, run->labels.n_outputs == 1 ? "" : "s",
                     (unsigned long long)run->options->seed);
    for (int64_t i = 0; i < model->fresh.n; i++)
        lex_run_note(run, LEX_RUN_DETAIL, "'%s' is new", model->fresh.items[i]);
    for (int64_t i = 0; i < model->unused.n; i++)
        lex_run_note(run, LEX_RUN_DETAIL, "'%s' in the encoder's weights is not used", model->unused.items[i]);
    for (int64_t i = 0; i < model->unknown_settings.n; i++)
        lex_run_note(run, LEX_RUN_DETAIL, "'%s' in the encoder's config.json is not known here and has no effect",
                     model->unknown_settings.items[i]);
}

static lex_optimizer_options optimizer_options_of(const lex_run *run)
{
    const lex_train_options *o = run->options;
    return (lex_optimizer_options){
        .beta1 = 0.9,
        .beta2 = 0.999,
        .eps = 1e-8,
        .weight_decay = o->weight_decay,
        .clip = o->clip,
        .loss = {run->labels.task == LEX_TASK_SINGLE ? run->class_weights : run->pos_weights, o->label_smoothing, o->focal,
                 o->distill_linear, NULL},
        .head_factor = o->head_lr / o->lr,
        .layer_decay = o->layer_decay,
        .windows = o->windows,
        .cut = &run->cut,
        .recompute = o->checkpoint_activations,
        .kind = o->optimizer,
        .momentum = o->momentum,
        .ema = o->ema,
        .fgm = o->fgm,
        .r_drop = o->r_drop,
        .loss_scale = run->precision == LEX_PRECISION_FP16 ? LEX_LOSS_SCALE_FIRST : 0,
    };
}

static lex_status open_run(lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_status st = LEX_OK;
    LEX_TRY(lex_model_open(&run->model, o->encoder_dir, LEX_MODEL_ENCODER, err));
    if (!o->normalize_auto)
        lex_model_use_normalize(run->model, o->normalize);
    LEX_TRY(lex_run_choose_length(run, err));
    run->terms = o->fuse_linear || o->distill_linear != 0 ? lex_terms_new(&o->linear.ngrams) : NULL;
    LEX_TRY(lex_run_read_data(run, err));
    LEX_TRY(lex_run_try_out(run, err));
    lex_model_prepare(run->model, run->labels.task, &run->labels.labels, o->pooling);
    if (run->first_bias)
        lex_model_begin_at(run->model, run->first_bias);
    LEX_TRY(lex_model_freeze(run->model, o->n_frozen, err));
    if (o->augment.mask > 0 || o->augment.drop > 0 || o->augment.swap > 0)
        LEX_TRY(lex_augmenter_new(&run->augmenter, &o->augment, run->model->tokenizer, err));
    if (o->distill_linear > 0)
        LEX_TRY(lex_run_teach(run, err));
    if (o->fuse_linear)
        LEX_TRY(lex_run_fuse(run, err));
    lex_terms_free(run->terms);
    run->terms = NULL;
    LEX_TRY(lex_run_open_runtime(run, err));
    LEX_TRY(lex_model_encoder_to_train(&run->encoder, run->model, run->runtime, o->seed, err));
    tell_of_weights(run);
    lex_recipe_tell(run);
    run->batch_tokens = o->batch_tokens > 0 ? o->batch_tokens : lex_default_batch_tokens(run->runtime, true);
    lex_optimizer_options optimizer = optimizer_options_of(run);
    run->optimizer = lex_optimizer_new(run->encoder, run->runtime, &optimizer);
    run->kept = lex_scope_new(run->runtime);
    run->journal = lex_journal_new(run->journal_path);
    run->epochs = lex_json_new_array();
    int64_t steps_an_epoch = (run->summary->n_train + o->batch_size - 1) / o->batch_size;
    run->at = (lex_progress){.n_steps = steps_an_epoch * o->epochs, .epoch = 1};
    run->at.warmup_steps = o->warmup_steps >= 0 ? o->warmup_steps
                                                : (int64_t)ceil(o->warmup_ratio * (double)run->at.n_steps);
    run->saved_s = lex_now_s();
    lex_model_weights_sha256(run->model, run->encoder_sha256);
    if (o->resume)
        LEX_TRY(lex_run_restore(run, err));
    if (!run->summary->is_complete)
        st = lex_run_open_board(run, err);
done:
    return st;
}

/* ---- the whole ---- */

lex_scorer lex_run_scorer(const lex_run *run)
{
    return (lex_scorer){run->model, run->encoder, run->runtime, &run->labels, &run->names, run->options->batch_tokens,
                        &run->cut};
}

void lex_run_tell_of_calibration(const lex_run *run)
{
    lex_strings lines = {0};
    if (run->has_calibration)
        lex_calibration_lines(&lines, &run->calibration, &run->labels.labels);
    for (int64_t i = 0; i < lines.n; i++)
        lex_run_note(run, LEX_RUN_NOTE, "%s", lines.items[i]);
    lex_strings_release(&lines);
}

static lex_status judge_test(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_train_summary *summary = run->summary;
    lex_scorer scorer = lex_run_scorer(run);
    float *logits = NULL; /* (n_test, K) */
    int64_t n = summary->n_test;
    if (n)
        LEX_TRY(lex_score_logits(&logits, &scorer, &run->test, run->test_rows, n, err));
    if (run->model->is_fused)
        LEX_TRY(lex_run_judge_parts(run, logits, err));
    if (n && run->model->is_fused)
        lex_fuse(logits, run->test_margins, n * run->labels.n_outputs, run->model->fusion_weight);
    if (n)
        lex_score_judge(&summary->test, &scorer, &run->test, run->test_rows, n, logits);
    summary->has_test = n > 0;
done:
    free(logits);
    return st;
}

/* The best epoch's weights again, the test set, the final description, and the folder in its place. */
static lex_status finish(lex_run *run, lex_err *err)
{
    lex_train_summary *summary = run->summary;
    lex_scorer scorer = lex_run_scorer(run);
    lex_status st = LEX_OK;
    LEX_ASSERT(run->best);
    lex_run_tell_of_calibration(run);
    lex_tensor_copy(run->kept, lex_encoder_weights(run->encoder), run->best);
    LEX_TRY(lex_scope_status(run->kept, err));
    lex_metric_names(&summary->labels, &scorer, &run->test);
    LEX_TRY(judge_test(run, err));
    LEX_TRY(lex_run_publish(run, run->out_dir, err));
    summary->run = lex_run_describe(run);
    lex_run_clear_partial(run);
done:
    return st;
}

static void close_run(lex_run *run)
{
    lex_err ignored = {0};
    if (run->made_next && lex_path_remove(run->next_dir, &ignored) != LEX_OK)
        lex_run_note(run, LEX_RUN_WARNING, "%s", ignored.message);
    lex_journal_free(run->journal);
    lex_board_close(run->board);
    lex_scores_free(run->dev_scores);
    if (run->has_partial && !lex_run_has_leftovers(run)) { /* a log of nothing that is kept */
        unlink(run->journal_path);
        rmdir(run->partial_dir);
    }
    lex_json_free(run->epochs);
    lex_json_free(run->parts);
    free(run->dev_margins);
    free(run->test_margins);
    lex_optimizer_free(run->optimizer);
    lex_augmenter_free(run->augmenter);
    lex_arena_release(&run->drawn);
    lex_scope_free(run->kept);
    lex_encoder_free(run->encoder);
    lex_runtime_close(run->runtime);
    lex_model_free(run->model);
    lex_terms_free(run->terms);
    lex_dataset_release(&run->train);
    lex_dataset_release(&run->dev);
    lex_dataset_release(&run->test);
    lex_label_set_release(&run->labels);
    lex_name_table_release(&run->names);
    free(run->train_rows);
    free(run->dev_rows);
    free(run->test_rows);
    free(run->targets);
    free(run->teacher);
    free(run->pos_weights);
    free(run->class_weights);
    free(run->shift);
    free(run->first_bias);
    lex_calibration_release(&run->calibration);
    free(run->out_dir);
    free(run->partial_dir);
    free(run->best_dir);
    free(run->last_path);
    free(run->journal_path);
    free(run->next_dir);
}

lex_status lex_train(lex_train_summary *summary, const lex_train_options *options, lex_err *err)
{
    lex_run run = {.settled = *options, .summary = summary, .started_s = lex_now_s()};
    lex_arena_init(&run.drawn);
    run.options = &run.settled;
    lex_recipe_begin(&run);
    lex_status st = LEX_OK;
    memset(summary, 0, sizeof *summary);
    summary->best_value = NAN;
    run.out_dir = lex_path_trimmed(options->out_dir);
    run.partial_dir = lex_path_with_suffix(run.out_dir, ".partial");
    run.best_dir = lex_path_join(run.partial_dir, "best");
    run.last_path = lex_path_join(run.partial_dir, "last");
    run.journal_path = lex_path_join(run.partial_dir, LEX_JOURNAL_FILE);
    run.next_dir = lex_path_with_suffix(run.out_dir, ".partial.next");
    LEX_TRY(lex_run_check_metric(&run, err));
    LEX_TRY(lex_run_check_out(&run, err));
    if (summary->is_complete) {
        lex_run_clear_partial(&run);
        goto done;
    }
    if (options->kind == LEX_KIND_LINEAR) {
        st = lex_run_linear(&run, err);
        goto done;
    }
    LEX_TRY(open_run(&run, err));
    if (summary->is_complete)
        goto done;
    LEX_TRY(lex_run_epochs(&run, err));
    LEX_TRY(finish(&run, err));
done:
    summary->elapsed_s = lex_now_s() - run.started_s;
    summary->peak_bytes = lex_peak_memory();
    close_run(&run);
    return st;
}

void lex_train_summary_release(lex_train_summary *summary)
{
    lex_json_free(summary->run);
    if (summary->has_test)
        lex_metrics_release(&summary->test);
    lex_strings_release(&summary->labels);
    free(summary->kept_dir);
    memset(summary, 0, sizeof *summary);
}
