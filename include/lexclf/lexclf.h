/* lexclf.h - all of lexclf's headers, in the order in which they are best read. Code includes those that it needs. */
#ifndef LEXCLF_LEXCLF_H
#define LEXCLF_LEXCLF_H

/* ---- the ground ---- */
#include "lexclf/err.h"     /* how every module reports a failure */
#include "lexclf/memory.h"  /* heap, arenas, text and numbers */
#include "lexclf/file.h"    /* files and folders that appear whole or not at all */
#include "lexclf/json.h"    /* JSON as a tree, and as spans of the input; UTF-8 */
#include "lexclf/unicode.h" /* widths on a terminal, look-alikes */
#include "lexclf/partial.h" /* a file that a later run goes on with */
#include "lexclf/hash.h"    /* fingerprints: XXH3 and SHA-256 */
#include "lexclf/random.h"  /* random numbers by seed */
#include "lexclf/profile.h" /* where time goes, stage by stage */
#include "lexclf/team.h"    /* threads that do one thing together */
#include "lexclf/task.h"    /* what a classifier is asked: one label, many, yes or no */

/* ---- what a model is made of ---- */
#include "lexclf/tensor.h"    /* the door to libtorch: tensors in scopes, a closed list of operations */
#include "lexclf/text.h"      /* data files as records */
#include "lexclf/tokenizer.h" /* text as token ids, with their places in the text */
#include "lexclf/metrics.h"   /* how good answers are, by scikit-learn's definitions */
#include "lexclf/tuning.h"    /* temperature and thresholds, fitted on answers */
#include "lexclf/linear.h"    /* the classic baseline: weighted n-grams, one linear classifier a label */
#include "lexclf/encoder.h"   /* token ids to logits, and the way back */
#include "lexclf/windows.h"   /* a long document's windows to its logits, and the way back */
#include "lexclf/kernels.h"   /* the arithmetic of answering on the CPU */
#include "lexclf/int8.h"      /* the same with weights of 8-bit integers */
#include "lexclf/inference.h" /* token ids to logits alone, on the CPU */
#include "lexclf/model.h"     /* a model folder: opened and checked, run, saved */
#include "lexclf/inspect.h"   /* what a folder is, without opening it for work */
#include "lexclf/quantise.h"  /* a model folder of rounded weights made of another */
#include "lexclf/calibration.h" /* what turns its logits into probabilities and decisions */

/* ---- what a user asks for ---- */
#include "lexclf/trainer.h"   /* fine-tuning, from data files to a model folder */
#include "lexclf/predictor.h" /* answers and evaluation */
#include "lexclf/answers.h"   /* answers as lines of JSON or rows of a table */
#include "lexclf/wrong.h"     /* the records that a model gets wrong */
#include "lexclf/compare.h"   /* two models on the same records */
#include "lexclf/gates.h"     /* what a model must reach */
#include "lexclf/report.h"    /* an evaluation as a page for people */
#include "lexclf/lint.h"      /* what is wrong with data, before a model learns it */

#endif
