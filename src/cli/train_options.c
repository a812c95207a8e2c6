/* train_options.c - the command line as options of a training run, and what can be said against them before a file is read. */
#include <stdlib.h>
#include <string.h>

#include "train_options.h"

#include "cmd.h"
#include "lexclf/file.h"

/* ---- checks ---- */

/* OUT appears in one step: nothing else may be written there. */
static lex_status check_tensorboard(const cli_options *options, lex_err *err)
{
    const char *dir = cli_option_string(options, "tensorboard");
    char *out = lex_path_trimmed(cli_option_string(options, "out"));
    char *partial = lex_path_with_suffix(out, ".partial");
    const char *const folders[] = {out, partial};
    lex_status st = LEX_OK;
    for (int i = 0; dir && i < 2 && st == LEX_OK; i++) {
        size_t n = strlen(folders[i]);
        if (strncmp(dir, folders[i], n) == 0 && (dir[n] == '\0' || dir[n] == '/'))
            st = lex_err_set(err, LEX_ERR_USAGE, "option '--tensorboard': '%s' lies in '%s', which the run makes", dir,
                             folders[i]);
    }
    if (st == LEX_OK && dir && lex_path_kind_of(dir) != LEX_PATH_MISSING && lex_path_kind_of(dir) != LEX_PATH_DIR)
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--tensorboard': '%s' is not a folder", dir);
    free(partial);
    free(out);
    return st;
}

static lex_status check_out(const cli_options *options, lex_err *err)
{
    static const char *const read_by[] = {"encoder", "train", "dev", "test", "config"};
    const char *read[sizeof read_by / sizeof *read_by + 1], *weights = cli_option_string(options, "class-weights");
    lex_status st = LEX_OK;
    int n = 0;
    if (weights && cli_is_class_weights_file(weights))
        read[n++] = weights;
    for (size_t i = 0; i < sizeof read_by / sizeof *read_by; i++) {
        const char *path = cli_option_string(options, read_by[i]);
        if (path)
            read[n++] = path;
    }
    LEX_TRY(check_tensorboard(options, err));
    const char *out = cli_option_string(options, "out"), *encoder = cli_option_string(options, "encoder");
    if (encoder && cli_is_same_path(out, encoder))
        LEX_TRY(lex_err_set(err, LEX_ERR_USAGE, "option '--out': '%s' is the encoder's own folder", out));
    bool may_stand = cli_option_flag(options, "overwrite") || cli_option_flag(options, "resume");
    st = cli_check_out_folder(out, may_stand, read, n, err);
done:
    return st;
}

static lex_status needs(const char *option, const char *other, lex_err *err)
{
    return lex_err_set(err, LEX_ERR_USAGE, "option '--%s' needs '--%s'", option, other);
}

/* Options that mean something with others alone, or not together. */
static lex_status check_optimization(const lex_train_options *t, const cli_options *options, lex_err *err)
{
    if (t->optimizer != LEX_OPTIMIZER_SGD && cli_option_given(options, "momentum"))
        return needs("momentum", "optimizer sgd", err);
    if (t->schedule != LEX_SCHEDULE_POLYNOMIAL && cli_option_given(options, "schedule-power"))
        return needs("schedule-power", "schedule polynomial", err);
    if (t->schedule != LEX_SCHEDULE_POLYNOMIAL && cli_option_given(options, "lr-end"))
        return needs("lr-end", "schedule polynomial", err);
    if (t->schedule == LEX_SCHEDULE_POLYNOMIAL && t->lr_end >= t->lr)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--lr-end': %g is not below the learning rate, %g",
                           t->lr_end, t->lr);
    if (t->fgm > 0 && t->n_frozen > 0)
        return lex_err_set(err, LEX_ERR_USAGE, "options '--fgm' and '--%s' exclude each other: the word embeddings have no "
                           "gradient", t->n_frozen > 1 ? "freeze-layers" : "freeze");
    if (t->r_drop > 0 && t->dropout == 0)
        return lex_err_set(err, LEX_ERR_USAGE, "options '--r-drop' and '--dropout 0' exclude each other: without dropout "
                           "both answers are one");
    return LEX_OK;
}

lex_status cli_check_train_options(const lex_train_options *t, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *paths[3];
    int n_paths = 0;
    paths[n_paths++] = t->train_path;
    if (t->dev_path)
        paths[n_paths++] = t->dev_path;
    if (t->test_path)
        paths[n_paths++] = t->test_path;
    if (t->positive_label && (t->task_auto || t->task != LEX_TASK_BINARY))
        return lex_err_set(err, LEX_ERR_USAGE, "option '--positive-label' needs '--task binary'");
    if (!t->dev_path && t->dev_fraction == 0 && !t->thresholds_auto && t->thresholds.goal != LEX_GOAL_NONE)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--tune-thresholds' needs dev records: '--dev', or a "
                           "'--dev-fraction' above 0");
    if (t->resume_anyway && !t->resume)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--resume-anyway' needs '--resume'");
    for (int i = 0; i < n_paths; i++) {
        if (strcmp(paths[i], "-") == 0)
            return lex_err_set(err, LEX_ERR_USAGE, "training reads files, not standard input");
    }
    LEX_TRY(cli_check_reader_options(options, err));
    if (!t->linear.ngrams.word_low && !t->linear.ngrams.char_low)
        return lex_err_set(err, LEX_ERR_USAGE, "options '--word-ngrams off' and '--char-ngrams off' exclude each "
                           "other");
    LEX_TRY(check_optimization(t, options, err));
    LEX_TRY(check_out(options, err));
    LEX_TRY(cli_check_files_exist(paths, n_paths, err));
    if (t->class_weights_path)
        LEX_TRY(cli_check_files_exist(&t->class_weights_path, 1, err));
done:
    return st;
}

/* ---- options ---- */

static void fill_task(lex_train_options *t, const cli_options *options)
{
    static const lex_task tasks[] = {LEX_TASK_SINGLE, LEX_TASK_SINGLE, LEX_TASK_MULTI, LEX_TASK_BINARY};
    int choice = cli_option_choice(options, "task"); /* auto, single, multi, binary */
    t->task_auto = choice == 0;
    t->task = tasks[choice];
    t->positive_label = cli_option_string(options, "positive-label");
    int pooling = cli_option_choice(options, "pooling"); /* auto, cls, mean */
    t->pooling_auto = pooling == 0;
    int normalize = cli_option_choice(options, "normalize"); /* auto, then in the order of lex_normalize_how */
    t->normalize_auto = normalize == 0;
    t->normalize = normalize > 0 ? (lex_normalize_how)(normalize - 1) : LEX_NORMALIZE_OFF;
    t->pooling = pooling == 2 ? LEX_POOLING_MEAN : LEX_POOLING_CLS;
}

static void fill_linear(lex_train_options *t, const cli_options *options)
{
    lex_ngrams *g = &t->linear.ngrams;
    bool words = cli_parse_ngrams(&g->word_low, &g->word_high, cli_option_string(options, "word-ngrams"));
    bool characters = cli_parse_ngrams(&g->char_low, &g->char_high, cli_option_string(options, "char-ngrams"));
    LEX_ASSERT(words && characters); /* the row's check */
    t->fuse_linear = cli_option_flag(options, "fuse-linear");
    t->linear.min_df = cli_option_int(options, "min-df");
    t->linear.C = cli_option_double(options, "C");
}

static void fill_optimization(lex_train_options *t, const cli_options *options)
{
    const char *weights = cli_option_string(options, "class-weights"), *augment = cli_option_string(options, "augment");
    t->schedule = (lex_schedule)cli_option_choice(options, "schedule"); /* in the order of the type */
    t->schedule_power = cli_option_double(options, "schedule-power");
    t->lr_end = cli_option_double(options, "lr-end");
    t->optimizer = (lex_optimizer_kind)cli_option_choice(options, "optimizer"); /* likewise */
    t->momentum = cli_option_double(options, "momentum");
    t->ema = cli_option_double(options, "ema");
    t->fgm = cli_option_double(options, "fgm");
    t->r_drop = cli_option_double(options, "r-drop");
    t->focal = cli_option_double(options, "focal");
    int64_t layers = cli_option_int(options, "freeze-layers");
    t->n_frozen = layers ? 1 + layers : cli_option_choice(options, "freeze"); /* none, embeddings */
    if (augment)
        LEX_ASSERT(cli_parse_augment(&t->augment.mask, &t->augment.drop, &t->augment.swap, augment));
    if (weights && !cli_parse_class_weights(&t->class_weight_power, weights)) {
        t->class_weight_power = 0;
        t->class_weights_path = weights;
    }
}

void cli_fill_train_options(lex_train_options *t, const cli_options *options, lex_reading *reading)
{
    static const lex_precision precisions[] = {LEX_PRECISION_AUTO, LEX_PRECISION_FP32, LEX_PRECISION_BF16, LEX_PRECISION_FP16};
    *t = lex_train_options_default();
    t->encoder_dir = cli_option_string(options, "encoder");
    t->train_path = cli_option_string(options, "train");
    t->dev_path = cli_option_string(options, "dev");
    t->dev_fraction = cli_option_double(options, "dev-fraction");
    t->test_path = cli_option_string(options, "test");
    t->out_dir = cli_option_string(options, "out");
    t->overwrite = cli_option_flag(options, "overwrite");
    t->reader = cli_reader_options(options, true, true, reading);
    t->kind = cli_option_choice(options, "kind") == 0 ? LEX_KIND_ENCODER : LEX_KIND_LINEAR;
    fill_task(t, options);
    fill_linear(t, options);
    t->device = cli_option_string(options, "device");
    t->precision = precisions[cli_option_choice(options, "dtype")];
    t->threads = (int)cli_option_int_or_0(options, "threads");
    t->recipe = (lex_recipe)cli_option_choice(options, "recipe"); /* in the order of the type */
    t->epochs = cli_option_int_or_0(options, "epochs");
    t->batch_size = cli_option_int_or_0(options, "batch-size");
    t->max_length = cli_option_int_or_0(options, "max-length");
    t->windows = (lex_windows)cli_option_choice(options, "windows"); /* in the order of the type */
    t->stride = cli_option_int_or_0(options, "stride");
    t->train_windows = cli_option_int_or_0(options, "train-windows");
    t->batch_tokens = cli_option_int_or_0(options, "batch-tokens");
    t->checkpoint_activations = cli_option_flag(options, "checkpoint-activations");
    t->lr = cli_option_given(options, "lr") ? cli_option_double(options, "lr") : 0;
    t->weight_decay = cli_option_double(options, "weight-decay");
    t->warmup_ratio = cli_option_double(options, "warmup-ratio");
    t->clip = cli_option_double(options, "clip");
    t->dropout = cli_option_given(options, "dropout") ? cli_option_double(options, "dropout") : -1;
    t->skip_nan = cli_option_choice(options, "on-nan") == 1;
    t->tensorboard_dir = cli_option_string(options, "tensorboard");
    t->warmup_steps = cli_option_given(options, "warmup-steps") ? cli_option_int(options, "warmup-steps") : -1;
    t->head_lr = cli_option_given(options, "head-lr") ? cli_option_double(options, "head-lr") : 0;
    t->layer_decay = cli_option_double(options, "layer-decay");
    t->label_smoothing = cli_option_double(options, "label-smoothing");
    if (cli_option_given(options, "distill-linear"))
        t->distill_linear = cli_option_double(options, "distill-linear");
    fill_optimization(t, options);
    t->dev_every = cli_option_int(options, "dev-every");
    t->patience = cli_option_int(options, "patience");
    t->min_delta = cli_option_double(options, "min-delta");
    const char *weight = cli_option_string(options, "pos-weight");
    if (strcmp(weight, "off") != 0 && !lex_parse_double(&t->pos_weight, lex_str_of(weight)))
        t->pos_weight = -1; /* auto */
    t->calibrate = cli_option_choice(options, "calibrate") == 0;
    t->thresholds_auto = !cli_option_given(options, "tune-thresholds");
    if (!t->thresholds_auto)
        LEX_ASSERT(lex_threshold_rule_parse(&t->thresholds, lex_str_of(cli_option_string(options, "tune-thresholds"))));
    t->metric = cli_option_given(options, "metric") ? cli_option_string(options, "metric") : NULL;
    t->seed = (uint64_t)cli_option_int(options, "seed");
    t->resume = cli_option_flag(options, "resume");
    t->resume_anyway = cli_option_flag(options, "resume-anyway");
    t->checkpoint_steps = cli_option_int(options, "checkpoint-steps");
    t->checkpoint_minutes = cli_option_double(options, "checkpoint-minutes");
    t->stop = &lex_cli_interrupted;
}
