/* verbs.h - the table of subcommands. A verb is a row here, its options' rows in option_table.c, and a cmd_NAME.c. */
#ifndef LEXCLF_CLI_VERBS_H
#define LEXCLF_CLI_VERBS_H

#include "options.h"

enum { CLI_MANY_FILES = 1 << 30 };

typedef struct cli_verb {
    unsigned bit; /* CLI_TRAIN ... */
    const char *name;
    const char *summary;  /* one line for the list of verbs */
    const char *usage;    /* what follows "lexclf NAME " */
    const char *about;    /* a paragraph */
    const char *examples; /* lines as they stand in the help */
    int max_files;        /* how many arguments that are no options it takes */
    /* Does the work and returns the exit code: a lex_status, or 1 when a gate did not hold. Contradictions that need
     * more than the table of conflicts are its first step. */
    int (*run)(const cli_options *options, lex_err *err);
} cli_verb;

extern const cli_verb cli_verbs[];
extern const int cli_n_verbs;

const cli_verb *cli_verb_find(const char *name);       /* NULL: no such verb */
const char *cli_verb_nearest(const char *name);        /* NULL: none is near */

int cli_run_train(const cli_options *options, lex_err *err);
int cli_run_calibrate(const cli_options *options, lex_err *err);
int cli_run_quantize(const cli_options *options, lex_err *err);
int cli_run_eval(const cli_options *options, lex_err *err);
int cli_run_predict(const cli_options *options, lex_err *err);
int cli_run_tokenize(const cli_options *options, lex_err *err);
int cli_run_inspect(const cli_options *options, lex_err *err);
int cli_run_lint(const cli_options *options, lex_err *err);

/* Adds `text` in lines of less than 80 columns that start at column `indent`; the first one starts where `out` stands,
 * at column `at`. */
void cli_wrap(lex_buf *out, const char *text, int at, int indent);

/* The texts of --help; written to `out`, lines of at most 80 columns. */
void cli_help_all(lex_buf *out);
void cli_help_verb(lex_buf *out, const cli_verb *verb);

#endif
