/* comparison_table.h - two models side by side, for people. */
#ifndef LEXCLF_CLI_COMPARISON_TABLE_H
#define LEXCLF_CLI_COMPARISON_TABLE_H

#include "lexclf/compare.h"

/* Prints the numbers of both, the labels that moved the most, and what the paired tests say; unless --quiet. */
void cli_show_comparison(const lex_compared *compared, const lex_evaluation *evaluation);

#endif
