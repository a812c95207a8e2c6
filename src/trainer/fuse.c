/* fuse.c - --fuse-linear: a linear model beside the encoder, the weight by which it counts, and what each of them and
 * both together are worth.
 *
 * The linear model is trained once, before the first step, from the same rows; it depends on neither the encoder nor the
 * number of threads, so that a run which goes on trains it anew to the same bytes. Of dev and test rows its margins are
 * kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

lex_status lex_run_fuse(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_vectorizer *vectorizer = NULL;
    lex_svm svm = {.n_features = 0};
    LEX_TRY(lex_run_learn_linear(&vectorizer, &svm, run, err));
    lex_model_fuse(run->model, vectorizer, &svm);
    vectorizer = NULL;
    if (run->dev_data)
        run->dev_margins = lex_run_margins(run, run->dev_data, run->dev_rows, run->summary->n_dev);
    else
        lex_run_note(run, LEX_RUN_WARNING, "without dev records the linear model counts %g, whatever it is worth",
                     LEX_FUSION_DEFAULT);
    run->test_margins = lex_run_margins(run, &run->test, run->test_rows, run->summary->n_test);
    lex_run_note(run, LEX_RUN_NOTE, "a linear model of %lld features stands beside the encoder",
                 (long long)run->n_features);
done:
    lex_vectorizer_free(vectorizer);
    lex_svm_release(&svm);
    return st;
}

/* ---- the weight ---- */

static float *copy_of(const float *values, int64_t n)
{
    float *copy = lex_alloc_array((size_t)n, sizeof *copy);
    memcpy(copy, values, (size_t)n * sizeof *copy);
    return copy;
}

void lex_run_fuse_dev(lex_run *run, const lex_scorer *scorer, float *logits)
{
    int64_t n = run->summary->n_dev, K = run->labels.n_outputs;
    lex_threshold_rule rule = lex_run_threshold_rule(run);
    float *shifted = copy_of(logits, n * K); /* what --pos-weight has put into them is no evidence */
    for (int64_t i = 0; run->shift && run->options->calibrate && i < n * K; i++)
        shifted[i] += (float)run->shift[i % K];
    lex_scores *scores = lex_score_plain(scorer, run->dev_data, run->dev_rows, n, logits);
    lex_fusion_fit(&run->judged, shifted, run->dev_margins, scores, &rule);
    lex_fuse(logits, run->dev_margins, n * K, run->judged.weight);
    lex_scores_free(scores);
    free(shifted);
}

void lex_run_keep_fusion(lex_run *run)
{
    if (!run->model->is_fused)
        return;
    run->fusion = run->judged;
    run->model->fusion_weight = run->fusion.weight;
}

/* ---- what each is worth ---- */

typedef struct {
    const char *name, *title;
    float *dev, *test; /* logits (n_dev, K), (n_test, K); NULL without such rows */
} part;

static void add_numbers(lex_buf *line, const char *of, const lex_metrics *m)
{
    lex_buf_printf(line, "  %s: accuracy %.4f  macro F1 %.4f  loss %.4f", of, m->accuracy, m->macro.f1, m->loss);
}

/* Calibrated on the dev rows by itself, as it would be if it were all there is. */
static void judge_part(lex_run *run, const part *p, lex_json *out)
{
    lex_scorer scorer = lex_run_scorer(run);
    lex_calibration own = {0};
    lex_metrics test;
    lex_json *json = lex_json_new_object();
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_printf(&line, "%-13s", p->title);
    lex_model_uncalibrate(run->model);
    if (p->dev) {
        lex_run_calibrate(&own, run, &scorer, p->dev);
        lex_model_calibrate(run->model, &own);
        add_numbers(&line, "dev", &own.after);
        lex_json_put(json, "dev", lex_run_short_metrics(&own.after));
        lex_calibration_release(&own);
    }
    if (p->test) {
        lex_score_judge(&test, &scorer, &run->test, run->test_rows, run->summary->n_test, p->test);
        add_numbers(&line, "test", &test);
        lex_json_put(json, "test", lex_run_short_metrics(&test));
        lex_metrics_release(&test);
    }
    if (p->dev || p->test)
        lex_run_note(run, LEX_RUN_NOTE, "%s", line.ptr);
    lex_json_put(out, p->name, json);
    lex_buf_release(&line);
}

lex_status lex_run_judge_parts(lex_run *run, const float *test_logits, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_scorer scorer = lex_run_scorer(run);
    int64_t n_dev = run->summary->n_dev, n_test = run->summary->n_test, K = run->labels.n_outputs;
    double weight = run->model->fusion_weight;
    char both[60];
    part parts[] = {{.name = "encoder", .title = "encoder alone"}, {.name = "linear", .title = "linear alone"},
                    {.name = "fused", .title = both}};
    snprintf(both, sizeof both, "both, x %g", weight);
    if (run->dev_data) {
        LEX_TRY(lex_score_logits(&parts[0].dev, &scorer, run->dev_data, run->dev_rows, n_dev, err));
        parts[1].dev = copy_of(run->dev_margins, n_dev * K);
        parts[2].dev = copy_of(parts[0].dev, n_dev * K);
        lex_fuse(parts[2].dev, run->dev_margins, n_dev * K, weight);
    }
    if (n_test) {
        parts[0].test = copy_of(test_logits, n_test * K);
        parts[1].test = copy_of(run->test_margins, n_test * K);
        parts[2].test = copy_of(test_logits, n_test * K);
        lex_fuse(parts[2].test, run->test_margins, n_test * K, weight);
    }
    run->parts = lex_json_new_object();
    for (int i = 0; i < 3; i++)
        judge_part(run, &parts[i], run->parts);
    lex_model_uncalibrate(run->model);
    if (run->has_calibration)
        lex_model_calibrate(run->model, &run->calibration);
done:
    for (int i = 0; i < 3; i++) {
        free(parts[i].dev);
        free(parts[i].test);
    }
    return st;
}
