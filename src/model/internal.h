/* internal.h - what the files of this module share. */
#ifndef LEXCLF_MODEL_INTERNAL_H
#define LEXCLF_MODEL_INTERNAL_H

#include "lexclf/model.h"
#include "safetensors.h"

#define LEX_CONFIG_JSON_MAX (64u << 20)

struct lex_model_files {
    lex_json *config;        /* config.json as it came */
    lex_json *lexclf;        /* lexclf.json, or NULL */
    lex_safetensors weights; /* empty for LEX_MODEL_TOKENIZER */
    float **owned;           /* converted or fresh values */
    int64_t n_owned, owned_capacity;
};

/* description.c: lexclf.json and the labels of config.json into `model`. */
lex_status lex_description_read(lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* checksums.c: "xxh3:0123456789abcdef" of a file's bytes. */
void lex_checksum_text(char out[32], const void *bytes, size_t len);
/* Compares the files that lexclf.json lists, and lexclf.json itself, with their checksums. */
lex_status lex_checksums_verify(const lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* Adds "files" (of those named) and "checksum" to a finished lexclf.json. */
lex_status lex_checksums_add(lex_json *doc, const char *dir, const char *const *names, int n_names,
                             lex_err *err) LEX_MUST_CHECK;
/* weights.c: one pointer a parameter of `encoder`, in its order; seed is used when may_be_fresh. */
lex_status lex_weights_collect(const float ***values, lex_model *model, const lex_encoder *encoder, bool may_be_fresh,
                               uint64_t seed, lex_err *err) LEX_MUST_CHECK;
/* The tensor that holds the head of this pooling. */
const char *lex_head_name(lex_pooling pooling);

#endif
