/* reliability.h - filling bins; seen inside the metrics module only. */
#ifndef LEXCLF_RELIABILITY_H
#define LEXCLF_RELIABILITY_H

#include "scores.h"

/* While bins are filled, confidence and accuracy are sums; at the end they become means. Bin b holds
 * (b / 15, (b + 1) / 15], and 0 is in the first. */
void lex_reliability_add(lex_reliability_bin *bins, double confidence, bool right);
/* Returns the expected calibration error: the mean over all of the bins' differences; NaN without any. */
double lex_reliability_finish(lex_reliability_bin *bins);

#endif
