/* compare.h - the model at hand beside another one, on the same records.
 *
 * The other is a model folder, which answers the same files in the same process under its own thresholds, text columns
 * and maximum length, or a report that eval wrote earlier on the same data. Reports written by --report hold every
 * record's answer and allow the paired tests; one that lacks them ("records") gives its numbers alone. Differences are
 * the model at hand less the other.
 *
 *     lex_compared other;
 *     LEX_TRY(lex_compared_open(&other, "models/last-year", err));          // before anything is computed
 *     LEX_TRY(lex_evaluate(&evaluation, ...));
 *     LEX_TRY(lex_compared_run(&other, &evaluation, paths, n_paths, &reader, &how, err));
 *     if (other.is_paired)
 *         printf("%g\n", other.test.p_mid);
 *     lex_compared_release(&other);
 */
#ifndef LEXCLF_COMPARE_H
#define LEXCLF_COMPARE_H

#include "lexclf/predictor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_REPORT_MAX_BYTES ((size_t)1 << 30)

typedef struct {
    char *path;       /* as given */
    bool is_model;    /* a folder; else a report */
    bool is_linear;   /* a linear model, which has the CPU alone, whatever the device of the model at hand */
    lex_json *report; /* the other's, with "records" where it has them; NULL before the run when it is a model */
    bool is_paired;
    lex_comparison test; /* a: the other, b: the model at hand */
} lex_compared;

/* Looks at what `path` is. LEX_ERR_INPUT: nothing there, or a file that is no report. Release it whatever was
 * returned. */
lex_status lex_compared_open(lex_compared *out, const char *path, lex_err *err) LEX_MUST_CHECK;
/* Compares; a model is evaluated first, with `options` for device, threads, batch_tokens, progress and stop. LEX_ERR_INPUT
 * when the report is of other data, or the records differ. */
lex_status lex_compared_run(lex_compared *compared, const lex_evaluation *evaluation, const char *const *paths,
                            int n_paths, const lex_reader_options *reader, const lex_predictor_options *options,
                            lex_err *err) LEX_MUST_CHECK;
void lex_compared_release(lex_compared *compared);

/* The other's number of that name, of one label or, where label is NULL, of the whole; NaN when it has none. */
double lex_compared_number(const lex_compared *compared, const char *label, lex_str name);
/* Names that are worth a row in a table, in its order; NULL ends them. */
const char *const *lex_compared_names(void);
/* {"with", "kind", "model_sha256", "metrics": {name: {"value", "other", "difference"}}, "per_label_f1": the same by
 * label, of the labels of either, "paired": what lex_comparison holds, or null}. */
lex_json *lex_compared_json(const lex_compared *compared, const lex_evaluation *evaluation);

#ifdef __cplusplus
}
#endif
#endif
