/* option_values.h - what the parser has found so far; for options.c and parse.c only. */
#ifndef LEXCLF_CLI_OPTION_VALUES_H
#define LEXCLF_CLI_OPTION_VALUES_H

#include "options.h"
#include "verbs.h"

typedef enum { CLI_FROM_NOWHERE, CLI_FROM_CONFIG, CLI_FROM_COMMAND_LINE } cli_origin;

typedef struct {
    cli_origin from;
    const char **texts; /* STRINGS: all of them; otherwise one; a flag has none */
    int n_texts, texts_capacity;
    double number; /* INT, DOUBLE; an INT is exact, since ranges end below 2^53 */
    int choice;
} cli_value;

struct cli_options {
    const cli_verb *verb;
    bool want_help;
    cli_value *values; /* one a row of the table */
    const char **files;
    int n_files, files_capacity;
    lex_arena arena; /* the configuration file's texts */
};

cli_value *cli_value_of(const cli_options *options, const cli_option *row);
/* Whether the text can be the option's value. */
bool cli_option_fits(const cli_option *row, const char *text);
/* Sets a value from the command line; `text` is NULL for a flag. */
lex_status cli_option_set(cli_options *options, const cli_option *row, const char *text, lex_err *err) LEX_MUST_CHECK;

#endif
