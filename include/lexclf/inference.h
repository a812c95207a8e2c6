/* inference.h - an encoder that only answers, on the CPU: the same numbers as encoder.h's forwards, to rounding, without
 * libtorch.
 *
 * Weights are laid out once for the kernels of kernels.h (embedding tables are used where they lie, and so is what is in
 * int8); what one thread
 * computes with is its own workspace, which grows to the largest batch and then stays. In the last layer of a model
 * that looks at the first token alone, only the first rows go beyond attention. One lex_inference serves any number of
 * threads, each with its workspace. A sequence's logits do not depend, bit for bit, on what else is in its batch.
 *
 *     lex_inference *inference = NULL;
 *     LEX_TRY(lex_inference_new(&inference, &config, LEX_POOLING_CLS, K, values, err));
 *     lex_workspace *workspace = lex_workspace_new(inference);
 *     lex_batch_add(&batch, ids, n, 0, true);
 *     LEX_TRY(lex_inference_run(inference, workspace, &batch, logits, err));   // (R, K)
 */
#ifndef LEXCLF_INFERENCE_H
#define LEXCLF_INFERENCE_H

#include "lexclf/encoder.h"
#include "lexclf/int8.h"
#include "lexclf/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lex_inference lex_inference;

/* Told of values that have been laid out and will not be looked at again; `done` may be NULL. */
typedef struct {
    void (*done)(void *context, const float *values, int64_t n);
    void *context;
} lex_laid_out;

/* values[i] are the floats of parameter i of lex_encoder_params(): embeddings, biases and normalisations are used in
 * place, so all of them must outlive the inference. kernels: of lex_kernels_choose(). LEX_ERR_SYSTEM
 * where that is NULL. */
lex_status lex_inference_new(lex_inference **out, const lex_encoder_config *config, lex_pooling pooling,
                             int64_t n_outputs, const float *const *values, const lex_kernels *kernels,
                             lex_laid_out laid_out, lex_err *err) LEX_MUST_CHECK;

/* A parameter in int8: panels and a scale an output for a linear block's weight (out, in), of 64-byte aligned panels;
 * rows as they lie, and a scale a row, for a table. values NULL: it is in float32. */
typedef struct {
    const int8_t *values;
    const float *scales;
} lex_int8_weight;
/* The same where int8[i].values, if it is not NULL, stands for values[i]: tables of the embedding and the weights of all
 * linear blocks but the classifier, with which the float blocks may be mixed at will; the weights of query, key and
 * value of a layer are of one type (LEX_ERR_INPUT). All of it is used in place. */
lex_status lex_inference_new_int8(lex_inference **out, const lex_encoder_config *config, lex_pooling pooling,
                                  int64_t n_outputs, const float *const *values, const lex_int8_weight *int8,
                                  const lex_kernels *kernels, const lex_int8_kernels *int8_kernels,
                                  lex_laid_out laid_out, lex_err *err) LEX_MUST_CHECK;
void lex_inference_free(lex_inference *inference);
/* From now on attention is in bfloat16 where that is faster beside int8 blocks (lex_int8_attends_rounded()). */
void lex_inference_attend_rounded(lex_inference *inference);

typedef struct lex_workspace lex_workspace;
lex_workspace *lex_workspace_new(const lex_inference *inference);
void lex_workspace_free(lex_workspace *workspace);
/* What is computed in it from now on tells `watch`, which is borrowed, its stages; NULL: nobody. */
void lex_workspace_watch(lex_workspace *workspace, lex_profile *watch);

/* Logits (R, K). LEX_ERR_INPUT for an id beyond the vocabulary or a sequence beyond the positions. */
lex_status lex_inference_run(const lex_inference *inference, lex_workspace *workspace, const lex_batch *batch,
                             float *logits, lex_err *err) LEX_MUST_CHECK;

/* ---- one batch, several threads ---- */
/* For a text that must not wait: n threads compute one batch together. The logits are lex_inference_run()'s, bit for bit. */
typedef struct lex_together lex_together;
lex_together *lex_together_new(const lex_inference *inference, int n_threads);
void lex_together_free(lex_together *together);
lex_status lex_together_run(lex_together *together, const lex_batch *batch, float *logits, lex_err *err) LEX_MUST_CHECK;
/* From here on where the time of its threads goes is measured, which the other adds to `sum`. */
void lex_together_watch(lex_together *together);
void lex_together_profile(const lex_together *together, lex_profile *sum);

#ifdef __cplusplus
}
#endif
#endif
