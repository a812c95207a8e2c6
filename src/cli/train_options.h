/* train_options.h - from the command line of `train` to lex_train_options. */
#ifndef LEXCLF_CLI_TRAIN_OPTIONS_H
#define LEXCLF_CLI_TRAIN_OPTIONS_H

#include "lexclf/trainer.h"
#include "options.h"

/* All but the events. Strings are the options', and borrowed; `reading` is what the run's readers share. */
void cli_fill_train_options(lex_train_options *t, const cli_options *options, lex_reading *reading);
/* LEX_ERR_USAGE for what contradicts itself or would write where something else is read, LEX_ERR_INPUT for files that are not
 * there. */
lex_status cli_check_train_options(const lex_train_options *t, const cli_options *options, lex_err *err) LEX_MUST_CHECK;

#endif
