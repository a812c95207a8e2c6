/* scores_table.h - metrics for people: what eval and train print. */
#ifndef LEXCLF_CLI_SCORES_TABLE_H
#define LEXCLF_CLI_SCORES_TABLE_H

#include "lexclf/metrics.h"

/* Prints one row a label, the means, and a line of the other numbers; unless --quiet. names: of all labels. */
void cli_show_scores(const lex_metrics *metrics, const lex_strings *names);

#endif
