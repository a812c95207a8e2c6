/* weight_files.h - the weights of a folder in whichever form it has them: model.safetensors or pytorch_model.bin, whole
 * or in parts that an index names. Of several forms the first in this order counts, as for transformers. */
#ifndef LEXCLF_MODEL_WEIGHT_FILES_H
#define LEXCLF_MODEL_WEIGHT_FILES_H

#include "safetensors.h"

/* LEX_ERR_INPUT names the file and the reason: no form that is known (with what is there instead), an index that names a
 * file outside of the folder, a missing part, a tensor in two parts or in another one than the index says. */
lex_status lex_weight_files_open(lex_safetensors *out, const char *dir, lex_err *err) LEX_MUST_CHECK;
/* The name of the file that the weights begin with: one of the four. NULL where there is none. */
const char *lex_weight_files_form(const char *dir);
/* The files themselves: its parts, or the one file that it is. */
int64_t lex_weight_files_count(const lex_safetensors *weights);
const lex_safetensors *lex_weight_files_get(const lex_safetensors *weights, int64_t i);

#endif
