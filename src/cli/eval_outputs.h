/* eval_outputs.h - what eval leaves: tables on standard error, files, the closing object. */
#ifndef LEXCLF_CLI_EVAL_OUTPUTS_H
#define LEXCLF_CLI_EVAL_OUTPUTS_H

#include "lexclf/report.h"
#include "options.h"

/* One run of eval. */
typedef struct {
    const cli_options *options;
    lex_reading *reading;
    const char *const *paths; /* the files of --data */
    int n_paths;
    lex_gate *gates;
    int n_gates;
    lex_wrong_log *wrong; /* NULL: neither --errors nor --html */
    lex_compared *compared; /* NULL: no --compare */
    lex_evaluation evaluation;
} cli_eval;

/* Everything that the options name, then which gates were not met. */
lex_status cli_eval_publish(cli_eval *run, lex_err *err) LEX_MUST_CHECK;

#endif
