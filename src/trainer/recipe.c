/* recipe.c - what options leave open: by the recipe, the encoder and the training rows.
 *
 * CLASSIC is how BERT's authors fine-tune (Devlin et al. 2019, appendix A.3). CONTRACTS was found on train and dev rows of
 * CUAD's clauses (models/README.md): several times the learning rate, and ten times that for the head, which begins from
 * nothing; about as many steps whatever the size of the data; rare labels count more; a linear model teaches. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* CONTRACTS */
enum { STEPS = 1400, EPOCHS_MIN = 3, EPOCHS_MAX = 20, BATCH = 32, WIDTH = 384 };
static const double RATE = 3e-4, HEAD_FACTOR = 10, SHARE = 0.5; /* of a linear model in the target */

/* CLASSIC */
enum { CLASSIC_EPOCHS = 5, CLASSIC_BATCH = 16, CLASSIC_LENGTH = 128 };
static const double CLASSIC_RATE = 2e-5;

static bool is_classic(const lex_run *run)
{
    return run->options->recipe == LEX_RECIPE_CLASSIC;
}

/* Whether the rate ends near zero. */
static bool comes_down(lex_schedule schedule)
{
    return schedule == LEX_SCHEDULE_LINEAR || schedule == LEX_SCHEDULE_COSINE || schedule == LEX_SCHEDULE_POLYNOMIAL;
}

void lex_recipe_begin(lex_run *run)
{
    lex_train_options *o = &run->settled;
    bool classic = is_classic(run);
    if (!o->metric && (classic || o->kind == LEX_KIND_LINEAR))
        o->metric = "macro_f1";
    else if (!o->metric) /* the last epoch is the one for which the rate has come down */
        o->metric = o->patience || !comes_down(o->schedule) ? "loss" : LEX_METRIC_LAST;
    if (o->batch_size == 0)
        o->batch_size = classic ? CLASSIC_BATCH : BATCH;
    if (isnan(o->class_weight_power))
        o->class_weight_power = classic || o->class_weights_path ? 0 : -1;
    if (isnan(o->distill_linear))
        o->distill_linear = classic || (!o->task_auto && o->task != LEX_TASK_SINGLE) ? 0 : -1;
}

/* The decimal number that is meant: 3e-4 * 10 is 0.0029999999999999996. */
static double decimal(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.12g", value);
    return strtod(text, NULL);
}

/* The rate of a network twice as wide is a quarter: 2e-5 to 5e-5 are what width 768 is known to want. Narrower ones get
 * no more, since none was tried. */
static double rate_of_width(int64_t width)
{
    double narrower = fmin(1, (double)WIDTH / (double)width);
    return decimal(RATE * narrower * narrower);
}

void lex_recipe_of_model(lex_run *run)
{
    lex_train_options *o = &run->settled;
    bool classic = is_classic(run);
    int64_t positions = run->model->config.n_positions, length = classic ? CLASSIC_LENGTH : LEX_LENGTH_MOST;
    if (o->pooling_auto)
        o->pooling = classic ? LEX_POOLING_CLS : run->model->pooling;
    if (o->lr == 0)
        o->lr = classic ? CLASSIC_RATE : rate_of_width(run->model->config.width);
    if (o->head_lr == 0)
        o->head_lr = classic ? o->lr : fmin(1, decimal(HEAD_FACTOR * o->lr));
    run->length_by_data = o->max_length == 0 && !classic && o->windows == LEX_WINDOWS_OFF;
    if (o->max_length == 0)
        o->max_length = length < positions ? length : positions;
}

/* How many tokens of the training rows `length` would cut off, those that are cut off already counted in. */
static int64_t lost_at(const void *context, int64_t length)
{
    const lex_dataset *train = context;
    int64_t lost = train->n_beyond;
    for (int64_t i = 0; i < train->n_examples; i++)
        lost += train->examples[i].n > length ? train->examples[i].n - length : 0;
    return lost;
}

static void choose_length(lex_run *run)
{
    int64_t length = lex_length_of_texts(run->max_length, run->train.n_tokens, lost_at, &run->train);
    if (length == run->max_length)
        return;
    run->settled.max_length = run->max_length = length;
    run->cut = lex_tokenizer_cut(run->model->tokenizer, length, run->model->stride);
    lex_dataset_shorten(&run->train, length);
    lex_dataset_shorten(&run->dev, length);
    lex_dataset_shorten(&run->test, length);
}

static bool may_be_taught(const lex_run *run)
{
    return run->labels.task == LEX_TASK_SINGLE && !run->train.is_uncounted &&
           run->summary->n_train <= LEX_DISTILL_ANSWERS / (run->labels.n_outputs + 1);
}

void lex_recipe_of_data(lex_run *run)
{
    lex_train_options *o = &run->settled;
    if (run->length_by_data)
        choose_length(run);
    run->teacher_is_auto = o->distill_linear < 0;
    if (run->teacher_is_auto)
        o->distill_linear = may_be_taught(run) ? SHARE : 0;
    if (o->epochs)
        return;
    int64_t steps = (run->summary->n_train + o->batch_size - 1) / o->batch_size, epochs = (STEPS + steps / 2) / steps;
    epochs = epochs < EPOCHS_MIN ? EPOCHS_MIN : epochs > EPOCHS_MAX ? EPOCHS_MAX : epochs;
    o->epochs = is_classic(run) ? CLASSIC_EPOCHS : epochs;
}

void lex_recipe_tell(const lex_run *run)
{
    const lex_train_options *o = run->options;
    run->summary->n_epochs = o->epochs;
    run->summary->metric = strcmp(o->metric, LEX_METRIC_LAST) == 0 ? "loss" : o->metric;
    lex_run_note(run, LEX_RUN_NOTE, "%lld epoch%s of %lld records, %lld to a step; rate %g, %g for the head; up to %lld tokens, "
                 "%s pooling (--recipe %s)", (long long)o->epochs, o->epochs == 1 ? "" : "s",
                 (long long)run->summary->n_train, (long long)o->batch_size, o->lr, o->head_lr, (long long)run->max_length,
                 lex_pooling_name(o->pooling), is_classic(run) ? "classic" : "contracts");
}
