/* cmd.h - what the verbs' files share: options that mean the same in each, and checks of paths. */
#ifndef LEXCLF_CLI_CMD_H
#define LEXCLF_CLI_CMD_H

#include "lexclf/json.h"
#include "lexclf/text.h"
#include "options.h"
#include "process.h"
#include "terminal.h"

/* Sets up messages by --quiet and --verbose, and the progress line, for verbs that have one, by --progress. */
lex_status cli_setup_terminal(const cli_options *options, bool has_progress, lex_err *err) LEX_MUST_CHECK;

/* --format, --text-column; and --label-column, --id-column where the verb takes them. Strings are borrowed. */
lex_reader_options cli_reader_options(const cli_options *options, bool has_label, bool has_id);

/* The files to read: those named, or standard input. LEX_ERR_USAGE: standard input without --format, or twice;
 * LEX_ERR_INPUT: one is missing, which is better said before the others are worked through. */
lex_status cli_input_files(const char *const **files, int *n, const cli_options *options,
                           lex_err *err) LEX_MUST_CHECK;
/* The parts of it, for files that options name. */
lex_status cli_check_standard_input(const cli_options *options, const char *const *files, int n,
                                    lex_err *err) LEX_MUST_CHECK;
lex_status cli_check_files_exist(const char *const *files, int n, lex_err *err) LEX_MUST_CHECK;

/* Whether both stand for one file or folder that exists. */
bool cli_is_same_path(const char *a, const char *b);
/* LEX_ERR_USAGE when the file that `option` names to be written is a folder or one of those that are read. */
lex_status cli_check_output_file(const char *option, const char *path, const char *const *inputs, int n_inputs,
                                 lex_err *err) LEX_MUST_CHECK;

/* An integer option without a default in its row: 0 where it is absent. */
int64_t cli_option_int_or_0(const cli_options *options, const char *name);

/* Tells --verbose which tensors of a model's file were not used. */
void cli_detail_unused(const lex_strings *names);

/* Prints the object in one line on standard output. */
lex_status cli_print_json(const lex_json *object, lex_err *err) LEX_MUST_CHECK;

/* LEX_ERR_INTERRUPTED when a signal asked to end, otherwise LEX_OK. */
lex_status cli_check_interrupted(lex_err *err) LEX_MUST_CHECK;

#endif
