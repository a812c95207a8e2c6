/* output_paths.h - where a run will write, checked before anything is computed. */
#ifndef LEXCLF_CLI_OUTPUT_PATHS_H
#define LEXCLF_CLI_OUTPUT_PATHS_H

#include "lexclf/err.h"

typedef struct {
    const char *option; /* that named it */
    const char *path;   /* NULL: not asked for */
} cli_output;

/* LEX_ERR_USAGE: an output is a folder, one of the inputs, a file of one of the model folders, or another output.
 * Pipes and devices may be named twice. LEX_ERR_SYSTEM: its folder is not there. NULL among inputs and folders does not
 * count. */
lex_status cli_check_outputs(const cli_output *outputs, int n_outputs, const char *const *inputs, int n_inputs,
                             const char *const *model_dirs, int n_dirs, lex_err *err) LEX_MUST_CHECK;

#endif
