/* pipeline.h - tokenizers other than BERT's, as the list of steps that their file describes.
 *
 * Three kinds of steps follow one another. Normalizer steps rewrite the text between two added tokens as a whole;
 * pre-tokenizer steps cut it into ranges, and some rewrite every range; the model makes tokens of each range that is
 * left. All of them keep, for every byte, the bytes of the user's text that it stands for (lex_normalized), by the
 * reference's rules: a step says of every character that it writes whether it stands in the place of the next one
 * (change 0), was put behind the last one (1), or stands for several (-1: and one more is gone).
 *
 * A component of a file is one step or a few: BertNormalizer becomes five, ByteLevel three, Metaspace two.
 */
#ifndef LEXCLF_TOKENIZER_PIPELINE_H
#define LEXCLF_TOKENIZER_PIPELINE_H

#include "internal.h"

/* ---- patterns.c: what is found in a text ---- */
typedef struct lex_pattern lex_pattern;
/* The end of the match that begins at `at`, or `at` when none does. */
typedef size_t (*lex_match_at)(const lex_pattern *pattern, lex_str text, size_t at);
struct lex_pattern {
    lex_match_at match;
    char *text; /* owned; of a pattern that is a plain string */
    size_t len;
};
/* A plain string, which must not be empty. */
lex_pattern lex_pattern_of_text(const char *text);
/* A regular expression of a file, if it is one that is known here; false otherwise. */
bool lex_pattern_of_regex(lex_pattern *out, const char *regex);
void lex_pattern_release(lex_pattern *pattern);
/* One character of a kind. */
size_t lex_match_white_space(const lex_pattern *pattern, lex_str text, size_t at);
size_t lex_match_punctuation(const lex_pattern *pattern, lex_str text, size_t at);
size_t lex_match_numeric(const lex_pattern *pattern, lex_str text, size_t at);
/* \w+|[^\w\s]+ */
size_t lex_match_words(const lex_pattern *pattern, lex_str text, size_t at);
/* GPT-2's: contractions, letters, numbers, the rest, each with a space before it; spaces (Radford et al., "Language
 * Models are Unsupervised Multitask Learners", 2019). */
size_t lex_match_gpt2(const lex_pattern *pattern, lex_str text, size_t at);

/* ---- charsmap.c: sentencepiece's compiled normalization rules ---- */
typedef struct lex_charsmap lex_charsmap;
/* From the bytes of `precompiled_charsmap`; all of its double array is checked. */
lex_status lex_charsmap_new(lex_charsmap **out, lex_str bytes, lex_err *err) LEX_MUST_CHECK;
lex_status lex_charsmap_from_base64(lex_charsmap **out, const char *text, lex_err *err) LEX_MUST_CHECK;
void lex_charsmap_free(lex_charsmap *map);
/* What the shortest rule that `text` begins with makes of all of it; false when no rule does. */
bool lex_charsmap_find(const lex_charsmap *map, lex_str text, lex_str *out);

/* graphemes.c: the end of the grapheme cluster that begins at `at`. */
size_t lex_grapheme_end(lex_str text, size_t at);

/* ---- normalizer steps (rewrite.c, unicode_forms.c) ---- */
typedef enum {
    LEX_NORM_CLEAN,         /* BERT's: controls removed, spaces made plain */
    LEX_NORM_ISOLATE,       /* BERT's: spaces around ideographs */
    LEX_NORM_NONSPACING,    /* non-spacing marks removed */
    LEX_NORM_MARKS,         /* all marks removed */
    LEX_NORM_LOWERCASE,
    LEX_NORM_NFD,
    LEX_NORM_NFC,
    LEX_NORM_NFKD,
    LEX_NORM_NFKC,
    LEX_NORM_PUNCT,         /* typographic variants made plain (plain.c) */
    LEX_NORM_STRIP,
    LEX_NORM_REPLACE,
    LEX_NORM_PREPEND,
    LEX_NORM_CHARSMAP,
} lex_norm_kind;

typedef struct {
    lex_norm_kind kind;
    bool left, right;       /* strip */
    lex_pattern pattern;    /* replace */
    char *content;          /* replace, prepend; owned */
    lex_charsmap *charsmap; /* owned */
} lex_norm_step;

typedef struct {
    uint32_t c;
    int32_t change;
} lex_change;
typedef struct {
    lex_change *items;
    int64_t n, capacity;
} lex_changes;

/* ---- pre-tokenizer steps (ranges.c) ---- */
typedef enum {
    LEX_REMOVED,
    LEX_ISOLATED,
    LEX_MERGED_WITH_PREVIOUS,
    LEX_MERGED_WITH_NEXT,
    LEX_CONTIGUOUS,
} lex_behavior;

typedef enum {
    LEX_PRE_SPLIT,
    LEX_PRE_SPACE,     /* a space before a range that has none */
    LEX_PRE_BYTES,     /* every byte as the character that stands for it in byte-level vocabularies */
    LEX_PRE_METASPACE, /* spaces become another character, which is put in front */
} lex_pre_kind;
typedef enum { LEX_PREPEND_ALWAYS, LEX_PREPEND_FIRST, LEX_PREPEND_NEVER } lex_prepend;

typedef struct {
    lex_pre_kind kind;
    lex_pattern pattern;
    lex_behavior behavior;
    bool invert;           /* what the pattern does not match is what it stands for */
    lex_prepend scheme;
    uint32_t replacement;
} lex_pre_step;

typedef struct {
    size_t from, to;
} lex_range;
typedef struct {
    lex_range *items;
    int64_t n, capacity;
} lex_ranges;

/* ---- pairmap.c: two 32-bit numbers to two others, one flat hash table without deletion ---- */
typedef struct {
    uint32_t rank;
    int32_t id;
} lex_pair_value;
typedef struct {
    uint64_t *keys; /* LEX_PAIRMAP_FREE where a slot is free */
    lex_pair_value *values;
    uint64_t mask;
    int64_t n;
} lex_pairmap;
#define LEX_PAIRMAP_FREE UINT64_MAX
void lex_pairmap_init(lex_pairmap *map, int64_t n_expected);
void lex_pairmap_release(lex_pairmap *map);
/* The last value put for a pair stays. */
void lex_pairmap_put(lex_pairmap *map, uint32_t a, uint32_t b, lex_pair_value value);
/* NULL when absent. */
const lex_pair_value *lex_pairmap_get(const lex_pairmap *map, uint32_t a, uint32_t b);

/* ---- models ---- */
typedef enum { LEX_MODEL_WORDPIECE, LEX_MODEL_BPE, LEX_MODEL_UNIGRAM } lex_model_kind_of_tokens;

/* Byte-pair encoding (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016). */
typedef struct {
    lex_pairmap merges;  /* (left, right) to (rank, id of both together) */
    char *prefix, *suffix; /* owned; NULL or what a continuing and a last character carry */
    int32_t unknown_id;  /* -1: unknown characters are left out */
    bool fuse_unknown, byte_fallback, ignore_merges;
} lex_bpe;

/* Unigram language model (Kudo, "Subword Regularization", 2018). */
typedef struct {
    lex_pairmap trie;    /* (node, byte) to (unused, node); the root is node 0 */
    int32_t *node_ids;   /* a node's token, or -1 */
    double *scores;      /* of every id; log-probabilities */
    int64_t n_nodes, nodes_capacity;
    double unknown_score;
    int32_t unknown_id;
    bool byte_fallback;
} lex_unigram;

struct lex_pipeline {
    lex_norm_step *norms;
    int64_t n_norms, norms_capacity;
    lex_pre_step *pres;
    int64_t n_pres, pres_capacity;
    lex_model_kind_of_tokens kind;
    lex_bpe bpe;
    lex_unigram unigram;
    int32_t byte_ids[256]; /* of "<0x00>" ...; -1 where the vocabulary has none */
};

/* ---- what encoding needs, kept from text to text ---- */
typedef struct {
    int32_t id, prev, next;
    uint32_t len;
} lex_symbol;
typedef struct {
    uint32_t rank, pos;
    int32_t id;
} lex_merge;
typedef struct {
    double score;
    int32_t id;
    uint32_t start; /* UINT32_MAX when nothing ends here */
} lex_path_node;

struct lex_pipeline_scratch {
    lex_normalized spare, words, words_spare;
    lex_changes changes, composed;
    lex_ranges ranges, ranges_spare;
    lex_symbol *symbols;
    int64_t n_symbols, symbols_capacity;
    lex_merge *heap;
    int64_t n_heap, heap_capacity;
    lex_path_node *path;
    size_t path_capacity;
    int64_t *cuts;
    int64_t n_cuts, cuts_capacity;
    lex_buf text;
};

/* Adds bytes that all stand for the bytes [begin, end) of the user's text. */
void lex_normalized_add(lex_normalized *to, const char *bytes, size_t len, uint32_t begin, uint32_t end);
/* Adds bytes of another with what they stand for. */
void lex_normalized_copy(lex_normalized *to, const lex_normalized *from, size_t begin, size_t end);
void lex_normalized_release(lex_normalized *normalized);

/* The text[from, to) through all normalizer steps into scratch->normalized. */
void lex_pipeline_normalize(const lex_pipeline *pipeline, lex_str text, size_t from, size_t to, lex_scratch *scratch);
/* Whether every byte is below 0x80. */
bool lex_is_ascii(lex_str text);
/* What a typographic variant of an ASCII character becomes, any other character itself. */
uint32_t lex_plain_character(uint32_t c);
/* Fills `changes` with a Unicode normalization form of text. */
void lex_unicode_form(lex_str text, lex_norm_kind form, lex_changes *changes, lex_changes *spare);
/* scratch->normalized[from, to) through all pre-tokenizer steps: the ranges of scratch->pipeline->words that are left. */
void lex_pipeline_cut(const lex_pipeline *pipeline, size_t from, size_t to, lex_scratch *scratch);

void lex_bpe_encode(const lex_tokenizer *tokenizer, const lex_word *word, lex_scratch *scratch, lex_tokens *out);
void lex_bpe_release(lex_bpe *bpe);
void lex_unigram_add(lex_unigram *unigram, lex_str piece, int32_t id);
void lex_unigram_encode(const lex_tokenizer *tokenizer, const lex_word *word, lex_scratch *scratch, lex_tokens *out);
void lex_unigram_release(lex_unigram *unigram);

/* pipeline.c */
lex_pipeline *lex_pipeline_new(void);
void lex_pipeline_encode(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text, lex_tokens *out);
lex_norm_step *lex_pipeline_add_norm(lex_pipeline *pipeline, lex_norm_kind kind);
lex_pre_step *lex_pipeline_add_pre(lex_pipeline *pipeline, lex_pre_kind kind);
lex_pre_step *lex_pipeline_add_split(lex_pipeline *pipeline, lex_match_at match, lex_behavior behavior);
/* As Metaspace does. `replacement` is one character. */
void lex_pipeline_add_metaspace(lex_pipeline *pipeline, uint32_t replacement, lex_prepend scheme, bool split);
/* As ByteLevel does. */
void lex_pipeline_add_byte_level(lex_pipeline *pipeline, bool add_prefix_space, bool use_regex);
/* The character that stands for a byte in byte-level vocabularies. */
uint32_t lex_byte_char(unsigned char byte);

#endif
