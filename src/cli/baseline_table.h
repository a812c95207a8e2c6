/* baseline_table.h - two models side by side: what eval --baseline prints. */
#ifndef LEXCLF_CLI_BASELINE_TABLE_H
#define LEXCLF_CLI_BASELINE_TABLE_H

#include "lexclf/metrics.h"

/* Prints F1 of each label of the first model's, then the means and the other numbers, of both and their difference;
 * unless --quiet. Names: of all labels of each. */
void cli_show_baseline(const lex_metrics *model, const lex_strings *names, const lex_metrics *baseline,
                       const lex_strings *baseline_names);

#endif
