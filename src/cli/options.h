/* options.h - the command line as a table: one row an option.
 *
 * A row holds everything there is to know of an option: name, letter, type, default, range, help, group, and the verbs
 * that take it. The parser, the configuration file, `--help` and the tests read that row and nothing else, so they
 * cannot disagree. The same name may have two rows for different verbs (`--out` is a folder in train, a file in
 * predict).
 *
 * Parsing finds every mistake before a file of the user's is touched: unknown names (the nearest is named), missing
 * and malformed values, repetition, values out of range, options that exclude each other, required ones that are
 * absent. A run function then reads values by name; asking for an option that the verb does not take, or as another
 * type, is a broken invariant and stops the process, so that the first run of a test finds it.
 *
 *     cli_options *options = NULL;
 *     LEX_TRY(cli_options_parse(&options, verb, argc, argv, err));
 *     int64_t epochs = cli_option_int(options, "epochs");
 *     if (cli_option_given(options, "dropout"))
 *         dropout = cli_option_double(options, "dropout");
 *     cli_options_free(options);
 */
#ifndef LEXCLF_CLI_OPTIONS_H
#define LEXCLF_CLI_OPTIONS_H

#include "lexclf/memory.h"

enum { CLI_TRAIN = 1, CLI_EVAL = 2, CLI_PREDICT = 4, CLI_TOKENIZE = 8, CLI_LINT = 16, CLI_CALIBRATE = 32, CLI_QUANTIZE = 64,
       CLI_INSPECT = 128, CLI_ALL = 255 };

typedef enum {
    CLI_FLAG,
    CLI_INT,
    CLI_DOUBLE,
    CLI_STRING,
    CLI_CHOICE,  /* one of a list of words */
    CLI_STRINGS, /* a string that may be given more than once */
} cli_option_type;

typedef enum { CLI_DATA, CLI_MODEL, CLI_TRAINING, CLI_ANSWERS, CLI_COMPUTING, CLI_GENERAL, CLI_N_GROUPS } cli_group;

typedef struct {
    const char *name; /* without the dashes */
    char letter;      /* or 0 */
    cli_option_type type;
    unsigned verbs; /* CLI_TRAIN | ... */
    cli_group group;
    const char *value;   /* what stands for the value in the help: "FILE"; CHOICE: the words, "linear|constant" */
    const char *initial; /* the default as a user would write it; NULL: none */
    double low, high;    /* INT, DOUBLE: the range, ends included */
    bool above_low;      /* the lower end is excluded */
    bool required;
    const char *bare; /* CHOICE: the word it stands for without a value; the next argument is one only if it fits */
    const char *kind;   /* train: the --kind that it has a meaning for; NULL: any */
    const char *or_with[2]; /* flags, or numbers that are not 0, with which it has a meaning under any other kind; or NULL */
    const char *absent; /* what holds without the option, where `initial` cannot say it: "the encoder's own" */
    bool (*check)(const char *value); /* STRING: whether the value can be; NULL: any */
    const char *expected; /* STRING: what the check wants, in words; NULL: "a FILE", by `value` */
    const char *help; /* lower case, no full stop */
} cli_option;

extern const cli_option cli_option_rows[];
extern const int cli_n_option_rows;

/* Two options that exclude each other. `b` NULL stands for files named on the command line. */
typedef struct {
    unsigned verbs;
    const char *a, *b;
} cli_conflict;

extern const cli_conflict cli_conflicts[];
extern const int cli_n_conflicts;

struct cli_verb;
typedef struct cli_options cli_options;

/* Parses what follows the verb. `--name value`, `--name=value`, `-l value`, `-lvalue`; `--` ends the options, `-` is a
 * file name. `argv` must outlive the result. LEX_ERR_USAGE, or LEX_ERR_INPUT for the file that `--config` names. When
 * `--help` comes up, parsing stops there and cli_options_want_help() is true. */
lex_status cli_options_parse(cli_options **out, const struct cli_verb *verb, int argc, char *const *argv,
                             lex_err *err) LEX_MUST_CHECK;
void cli_options_free(cli_options *options);
bool cli_options_want_help(const cli_options *options);

/* Whether the option stands on the command line or in the configuration file. */
bool cli_option_given(const cli_options *options, const char *name);
/* Values, or the row's default where the option was not given; an option without a default must have been given. */
bool cli_option_flag(const cli_options *options, const char *name);
int64_t cli_option_int(const cli_options *options, const char *name);
double cli_option_double(const cli_options *options, const char *name);
int cli_option_choice(const cli_options *options, const char *name); /* the word's place in the row's list, from 0 */
/* Borrowed; NULL when it was not given and has no default. */
const char *cli_option_string(const cli_options *options, const char *name);
const char *const *cli_option_strings(const cli_options *options, const char *name, int *n);
/* The arguments that are no options, in order. */
const char *const *cli_option_files(const cli_options *options, int *n);

/* ---- for config.c, help.c and tests ---- */
const cli_option *cli_option_find(unsigned verb, lex_str name);
/* Sets a value from the configuration file, unless the command line has set it. */
lex_status cli_option_set_config(cli_options *options, const cli_option *row, const char *text, lex_err *err);
/* Reads the file that --config names into the options. */
lex_status cli_config_read(cli_options *options, unsigned verb, const char *path, lex_err *err) LEX_MUST_CHECK;
/* "off", "balanced", "auto" (which is < 0) or a number from 0 to 1: the power by which a label's rarity counts. */
bool cli_parse_class_weights(double *power, const char *text);
/* Whether the text names a file of weights, by its extension. */
bool cli_is_class_weights_file(const char *text);
/* "mask=0.1,delete=0.1,swap=0.1", each at most once, in any order; what is not named is 0. */
bool cli_parse_augment(double *mask, double *drop, double *swap, const char *text);
/* "1-3" as 1 and 3, "off" as 0 and 0; false for anything else. */
bool cli_parse_ngrams(int *low, int *high, const char *text);
/* Adds "a whole number from 1 to 1000" and the like. */
void cli_option_describe(lex_buf *out, const cli_option *row);
/* The option of the verb that `name` is most likely meant to be; NULL when none is near. */
const char *cli_option_nearest(unsigned verb, lex_str name);

#endif
