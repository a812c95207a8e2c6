/* quantise.h - a model folder made of another, with weights in int8 or bfloat16.
 *
 * What is rounded together is a part: the weights of one linear block (query, key and value of a layer are one), or one
 * table of the embedding. All parts are rounded but those that are kept: in bfloat16 where the others are int8, in
 * float32 where they are bfloat16. The classifier, biases and normalisations stay float32 always.
 *
 *     lex_quantisation *q;
 *     LEX_TRY(lex_quantisation_new(&q, model, LEX_QUANTISED_INT8, err));
 *     lex_quantisation_keep(q, 3);
 *     LEX_TRY(lex_model_save_quantised(model, q, "small.partial", note, err));
 *     lex_quantisation_free(q);
 */
#ifndef LEXCLF_QUANTISE_H
#define LEXCLF_QUANTISE_H

#include "lexclf/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lex_quantisation lex_quantisation;

/* Of an opened classifier, which is borrowed. LEX_ERR_INPUT for one that is linear or quantised already. */
lex_status lex_quantisation_new(lex_quantisation **out, lex_model *model, lex_quantised dtype,
                                lex_err *err) LEX_MUST_CHECK;
void lex_quantisation_free(lex_quantisation *q);

int64_t lex_quantisation_n_parts(const lex_quantisation *q);
/* "encoder.layer.3.attention.self" */
const char *lex_quantisation_name(const lex_quantisation *q, int64_t part);
bool lex_quantisation_is_kept(const lex_quantisation *q, int64_t part);
/* Keeps a part from being rounded, unless a tenth of all weights would be kept then, and the folder not be small; returns
 * whether. */
bool lex_quantisation_keep(lex_quantisation *q, int64_t part);

/* An inference in float32, but for one part, which is rounded (-1: none): for finding out what that does. */
lex_status lex_quantisation_try(lex_inference **out, const lex_quantisation *q, int64_t part,
                                lex_err *err) LEX_MUST_CHECK;

/* Writes a folder `dir` (made if missing; not published) with the rounded weights and all else as it is; `note`
 * (borrowed) is what lexclf.json says of it, with the names of the parts that were kept added. The weights' bytes. */
lex_status lex_model_save_quantised(const lex_quantisation *q, const char *dir, const lex_json *note,
                                    size_t *n_bytes, lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
