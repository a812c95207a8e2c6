/* calibration.h - what turns a model's logits into probabilities and decisions, fitted without touching its weights.
 *
 * Probabilities are softmax((z + b) / T), or sigmoid((z + b) / T): T is the temperature, b the shift that takes back what
 * --pos-weight has put into the logits. Training with weight w for a label's true records multiplies the odds that the
 * model states by w, so that log w too much stands in its logit (Elkan, "The Foundations of Cost-Sensitive Learning",
 * IJCAI 2001); no temperature can repair that, since it moves all labels together. Thresholds decide. All of it lies in
 * lexclf.json; logits stay what the weights say.
 *
 *     lex_calibration c;
 *     lex_calibrate(&c, model, scores, logits, &options);
 *     lex_model_calibrate(model, &c);                         // the model at hand answers by it
 *     LEX_TRY(lex_model_save_calibration(model, note, err));
 *     lex_calibration_release(&c);
 */
#ifndef LEXCLF_CALIBRATION_H
#define LEXCLF_CALIBRATION_H

#include "lexclf/model.h"
#include "lexclf/tuning.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Probabilities (n, K) of logits (n, K), as the model stands. The one place where answers come from; `out` may be
 * `logits`. */
void lex_model_probabilities(const lex_model *model, const float *logits, int64_t n, float *out);

typedef enum {
    LEX_CALIBRATE_OFF,         /* temperature 1, no shift */
    LEX_CALIBRATE_KEEP,        /* as the model has them */
    LEX_CALIBRATE_TEMPERATURE, /* fit it */
} lex_calibrate_mode;

typedef struct {
    lex_calibrate_mode mode;
    lex_threshold_rule thresholds; /* LEX_GOAL_NONE: 0.5; no meaning for SINGLE */
    const double *shift;           /* (K), or NULL for the model's own; LEX_CALIBRATE_TEMPERATURE alone uses it */
} lex_calibration_options;

typedef struct {
    lex_task task;
    double temperature;
    double *shift;      /* (K), or NULL */
    double *thresholds; /* (K) */
    lex_temperature_result found;
    lex_threshold_rule rule;
    bool tuned; /* thresholds by that rule: not without lex_tuning_has_enough() */
    lex_threshold_tuning tuning; /* when tuned */
    int64_t n, n_outputs;        /* records it was fitted on; K */
    lex_metrics before, after;   /* on the same records: flattered where thresholds were tuned */
} lex_calibration;

/* Calibrations begin here: temperature 1, no shift, thresholds of 0.5. */
void lex_model_uncalibrate(lex_model *model);

/* What cannot be fitted stays as the model has it. Fits on the records of `scores`, whose logits (n, K) are given in the same order; their probabilities are replaced.
 * `before` is the model as it stands. The model stays as it is. */
void lex_calibrate(lex_calibration *out, const lex_model *model, lex_scores *scores, const float *logits,
                   const lex_calibration_options *options);
void lex_calibration_release(lex_calibration *calibration);

/* From now on the model answers by it. */
void lex_model_calibrate(lex_model *model, const lex_calibration *calibration);

/* What was done, for people: a line each for temperature and thresholds, before and after. */
void lex_calibration_lines(lex_strings *out, const lex_calibration *calibration, const lex_strings *labels);
/* The same for programs: "n", "temperature", "thresholds", "before" and "after". */
lex_json *lex_calibration_json(const lex_calibration *calibration, const lex_strings *labels);

/* Writes lexclf.json of the model's folder anew, and nothing else, with the model's temperature, shift and thresholds,
 * and `note` (borrowed) as its "calibration"; a plain transformers folder gets one. The older file stays whole until
 * the new one is. */
lex_status lex_model_save_calibration(const lex_model *model, const lex_json *note, lex_err *err) LEX_MUST_CHECK;
/* The same as a whole folder `dir` (made if missing; not published): the other files are copied. */
lex_status lex_model_copy_calibrated(const lex_model *model, const char *dir, const lex_json *note,
                                     lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
