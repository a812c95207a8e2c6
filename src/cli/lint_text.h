/* lint_text.h - what lint found, for people. */
#ifndef LEXCLF_CLI_LINT_TEXT_H
#define LEXCLF_CLI_LINT_TEXT_H

#include "lexclf/lint.h"

/* Adds the tables: files, labels, lengths, what the vocabulary lacks. */
void cli_lint_add_tables(lex_buf *out, const lex_lint_report *report);
/* Adds the findings of the level and graver ones, each with its places, and a line that counts them. */
void cli_lint_add_findings(lex_buf *out, const lex_lint_report *report, lex_lint_level least);

#endif
