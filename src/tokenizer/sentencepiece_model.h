/* sentencepiece_model.h - what a sentencepiece model's file holds (Kudo and Richardson, "SentencePiece", 2018). */
#ifndef LEXCLF_TOKENIZER_SENTENCEPIECE_MODEL_H
#define LEXCLF_TOKENIZER_SENTENCEPIECE_MODEL_H

#include "internal.h"

enum { LEX_SPM_NORMAL = 1, LEX_SPM_UNKNOWN, LEX_SPM_CONTROL, LEX_SPM_USER_DEFINED, LEX_SPM_UNUSED, LEX_SPM_BYTE };

typedef struct {
    lex_str text;
    float score;
    int kind;
} lex_spm_piece;

typedef struct {
    lex_spm_piece *pieces;
    int64_t n_pieces, unknown_id;
    bool is_bpe, byte_fallback;
    lex_str charsmap; /* empty when there is none */
} lex_spm;

/* Texts are borrowed from `bytes`; the list lies in the arena. */
lex_status lex_spm_read(lex_spm *out, lex_str bytes, lex_arena *arena, lex_err *err) LEX_MUST_CHECK;

#endif
