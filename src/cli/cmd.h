/* cmd.h - what the verbs' files share: options that mean the same in each, and checks of paths. */
#ifndef LEXCLF_CLI_CMD_H
#define LEXCLF_CLI_CMD_H

#include "lexclf/json.h"
#include "lexclf/predictor.h"
#include "lexclf/text.h"
#include "options.h"
#include "process.h"
#include "terminal.h"

/* Sets up messages by --quiet and --verbose, and the progress line, for verbs that have one, by --progress. */
lex_status cli_setup_terminal(const cli_options *options, bool has_progress, lex_err *err) LEX_MUST_CHECK;

/* How the input is written: --format, --encoding, --delimiter ...; and labels and ids where the verb takes them.
 * Strings are borrowed, and so is `reading`, which may be NULL. */
lex_reader_options cli_reader_options(const cli_options *options, bool has_label, bool has_id, lex_reading *reading);
/* LEX_ERR_USAGE when what is said of it does not fit the format that is given. */
lex_status cli_check_reader_options(const cli_options *options, lex_err *err) LEX_MUST_CHECK;

/* What the readers of a run share: --skip-bad-rows, where the verb takes it, and notes to people. */
lex_reading *cli_reading_new(const cli_options *options, bool may_skip);
/* Says how many bad rows were left out, and puts "bad_rows" and "first_bad_rows" into the summary, if there is one,
 * where --skip-bad-rows was given. */
void cli_tell_bad_rows(const lex_reading *reading, const cli_options *options, lex_json *summary);

/* The files to read: what the user named, with folders as the files in them. */
typedef struct {
    lex_strings files;
    bool has_folder;
} cli_inputs;
/* Adds what the paths stand for. LEX_ERR_USAGE: standard input without --format, or twice; LEX_ERR_INPUT: one is
 * missing, which is better said before the others are worked through. */
lex_status cli_inputs_add(cli_inputs *inputs, const char *const *paths, int n, const cli_options *options,
                          lex_reading *reading, lex_err *err) LEX_MUST_CHECK;
/* The files on the command line, or standard input where there are none. */
lex_status cli_inputs_take(cli_inputs *inputs, const cli_options *options, lex_reading *reading,
                           lex_err *err) LEX_MUST_CHECK;
const char *const *cli_inputs_paths(const cli_inputs *inputs);
void cli_inputs_release(cli_inputs *inputs);
/* The parts of it, for files that options name. */
lex_status cli_check_standard_input(const cli_options *options, const char *const *files, int n,
                                    lex_err *err) LEX_MUST_CHECK;
lex_status cli_check_files_exist(const char *const *files, int n, lex_err *err) LEX_MUST_CHECK;

/* Whether both stand for one file or folder that exists. */
bool cli_is_same_path(const char *a, const char *b);
/* LEX_ERR_USAGE when the file that `option` names to be written is a folder or one of those that are read. */
lex_status cli_check_output_file(const char *option, const char *path, const char *const *inputs, int n_inputs,
                                 lex_err *err) LEX_MUST_CHECK;

/* Whether a model folder may be made at `out`: LEX_ERR_USAGE when it exists without `overwrite`, is no model, or one of
 * the n paths that are read lies in it, or in OUT.partial. */
lex_status cli_check_out_folder(const char *out, bool overwrite, const char *const *read, int n,
                                lex_err *err) LEX_MUST_CHECK;

/* --device, --dtype, --threads, --max-length, --windows, --stride, --batch-tokens. Says so where what --dtype asks for is slow here, or
 * rounds weights. */
lex_predictor_options cli_predictor_options(const cli_options *options);

/* Says so where a precision that was asked for is slower here than fp32. device NULL: auto. */
void cli_warn_of_slow(lex_precision precision, const char *device);

/* An integer option without a default in its row: 0 where it is absent. */
int64_t cli_option_int_or_0(const cli_options *options, const char *name);

/* Tells --verbose which tensors of a model's file were not used. */
void cli_detail_unused(const lex_strings *names);
/* The same of the settings in its config.json that mean nothing here. */
void cli_detail_unknown(const lex_strings *names);

/* Prints the object in one line on standard output. */
lex_status cli_print_json(const lex_json *object, lex_err *err) LEX_MUST_CHECK;

/* LEX_ERR_INTERRUPTED when a signal asked to end, otherwise LEX_OK. */
lex_status cli_check_interrupted(lex_err *err) LEX_MUST_CHECK;

#endif
