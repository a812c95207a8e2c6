/* inspect.h - what a model folder is, and whether this program would take it, told without computing anything.
 *
 *     lex_json *found = NULL;
 *     LEX_TRY(lex_inspect(&found, "some-folder", err));
 *     bool fine = lex_json_bool(lex_json_get(lex_json_get(found, "train"), "takes"), false);
 *     lex_json_free(found);
 */
#ifndef LEXCLF_INSPECT_H
#define LEXCLF_INSPECT_H

#include "lexclf/json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An object, which the caller frees; what is not known is null or absent:
 *
 *   schema 1, lexclf (whether it is one of ours), kind "encoder" or "linear", family (model_type as config.json has it, or as the weights tell), architectures,
 *   supported (the families that are), sizes {layers, width, heads, inner_width, vocabulary, positions, segments},
 *   parameters (floating-point numbers in the files), weights {form, files [{name, bytes, tensors}], bytes, dtypes {F32:
 *   tensors}, error}, tokenizer {files, kind, tokens, lower_case, special_tokens, error}, head {task, labels,
 *   pooling, temperature, thresholds, windows, fusion} or null, max_length, unknown_settings [], run (of a folder of ours),
 *   train {takes, reason, missing [parameters]}, predict likewise. What is missing of the head, train makes anew.
 *
 * What is damaged or not supported is told in it. LEX_ERR_INPUT where there is no folder, or no config.json or
 * lexclf.json in it that can be read. */
lex_status lex_inspect(lex_json **out, const char *dir, lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
