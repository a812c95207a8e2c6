/* profile.h - where time goes, stage by stage: a stop-watch for each thread, added up in the end.
 *
 * A watch runs on: lex_profile_mark() gives all that has passed since the last mark to one stage, so that nothing is
 * missed and nothing counted twice. All functions take NULL for a watch that nobody asked for.
 *
 *     lex_profile_begin(watch);
 *     ...
 *     lex_profile_mark(watch, LEX_STAGE_LINEAR);
 */
#ifndef LEXCLF_PROFILE_H
#define LEXCLF_PROFILE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    LEX_STAGE_LOAD,      /* model folder, weights laid out */
    LEX_STAGE_READ,      /* bytes to records */
    LEX_STAGE_TOKENIZE,  /* records to token ids, or to a linear model's features */
    LEX_STAGE_EMBED,     /* ids to rows, with their normalisation */
    LEX_STAGE_LINEAR,    /* linear blocks of the layers, with activations and residuals */
    LEX_STAGE_ATTENTION, /* scores, softmax, weighted values */
    LEX_STAGE_NORM,      /* layer normalisation */
    LEX_STAGE_WAIT,      /* for other threads that compute the same batch */
    LEX_STAGE_HEAD,      /* pooling and classification */
    LEX_STAGE_MARGINS,   /* a linear model's answers */
    LEX_STAGE_DEVICE,    /* everything that a GPU does, waited for */
    LEX_STAGE_WRITE,     /* logits to answers, lines or rows */
    LEX_N_STAGES
} lex_stage;

typedef struct {
    int64_t ns[LEX_N_STAGES];
    int64_t at; /* of the last mark, on the monotonic clock */
} lex_profile;

void lex_profile_begin(lex_profile *watch);
void lex_profile_mark(lex_profile *watch, lex_stage stage);
/* Adds what `from` holds to `sum`. */
void lex_profile_add(lex_profile *sum, const lex_profile *from);
/* "load", "read", ... */
const char *lex_stage_name(lex_stage stage);

#ifdef __cplusplus
}
#endif
#endif
