/* windows.h - from the outputs of a document's windows to the document's logits, and the way back.
 *
 * What is pooled are logits, window by window in the document's order, in a memory that does not depend on how many
 * there are. A document of one window has that window's logits, bit for bit. K outputs, W windows, z_w a window's logits:
 *
 * MEAN       z = sum_w z_w / W. The head being linear, the same as the head of the mean of the windows' pooled vectors
 *            (Sun et al., "How to Fine-Tune BERT for Text Classification?", CCL 2019, section 5.3.1).
 * MAX        z_k = max_w z_wk: a label holds if some window shows it, which is the assumption of learning from bags of
 *            instances (Dietterich et al., Artificial Intelligence 89, 1997). Of equal ones the first counts.
 * ATTENTION  z = sum_w a_w z_w with a = softmax(s), s_w = u . h_w: for a linear head, the head of the pooled vectors h_w
 *            weighted by a (Ilse et al., "Attention-based Deep Multiple Instance Learning", ICML 2018, equation 8; with
 *            the first token's pooling h = tanh(P x), BERT's pooler P in the place of its V). u is learned; s_w is the
 *            encoder's output behind the logits (encoder.h, window_scores).
 *
 *     lex_pooled_begin(&pooled);
 *     for each window: lex_pooled_add(&pooled, outputs);   // (D)
 *     lex_pooled_end(&pooled, logits);                     // (K)
 */
#ifndef LEXCLF_WINDOWS_H
#define LEXCLF_WINDOWS_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { LEX_WINDOWS_OFF, LEX_WINDOWS_MEAN, LEX_WINDOWS_MAX, LEX_WINDOWS_ATTENTION } lex_windows;

/* "off", "mean", "max", "attention" */
const char *lex_windows_name(lex_windows windows);
/* D, outputs of a window: K, and one more for ATTENTION, the score. */
int64_t lex_windows_width(lex_windows windows, int64_t n_outputs);

/* One document's windows so far. */
typedef struct {
    lex_windows windows;
    int64_t n_outputs; /* K */
    double *values;    /* (K), owned */
    double highest, total;
    int64_t n; /* windows */
} lex_pooled;

void lex_pooled_init(lex_pooled *pooled, lex_windows windows, int64_t n_outputs);
void lex_pooled_release(lex_pooled *pooled);
void lex_pooled_begin(lex_pooled *pooled);
void lex_pooled_add(lex_pooled *pooled, const float *outputs);
/* Of one window at least. */
void lex_pooled_end(const lex_pooled *pooled, float *logits);

/* The gradient of the windows' outputs (W, D) for dlogits (K), with outputs (W, D) as they were. OFF: of one window. */
void lex_windows_backward(lex_windows windows, const float *outputs, int64_t n_windows, int64_t n_outputs,
                          const float *dlogits, float *doutputs);

#ifdef __cplusplus
}
#endif
#endif
