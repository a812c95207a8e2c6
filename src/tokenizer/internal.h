/* internal.h - what the files of the tokenizer share.
 *
 * The way of a text: added tokens that stand for themselves are found in it (added_tokens.c); what lies between them
 * is cleaned, isolated, stripped and lower-cased (normalize.c), split into words at spaces and punctuation and the
 * words into pieces of the vocabulary (encode.c, wordpiece.c, idmap.c). Plain ASCII words skip the normalizer.
 *
 * The way of a folder: open.c reads the settings and decides, tokenizer_json.c and vocab_txt.c yield the vocabulary,
 * specials.c the added and the special tokens. All of it is checked before the first text is seen, so that encoding
 * cannot fail.
 */
#ifndef LEXCLF_TOKENIZER_INTERNAL_H
#define LEXCLF_TOKENIZER_INTERNAL_H

#include "lexclf/json.h"
#include "lexclf/tokenizer.h"

/* ---- idmap.c: text to id, one flat hash table without deletion ---- */
typedef struct {
    uint32_t begin, len; /* in the pool */
    int32_t id;
} lex_idmap_entry;
typedef struct {
    uint32_t *tags; /* one a slot: the upper half of the hash, 0 when free; probing stays in this small array */
    lex_idmap_entry *entries;
    uint32_t mask; /* slots - 1; a power of two, at most half of them taken */
    int64_t n;
    size_t max_len; /* the longest key */
    lex_buf pool;
} lex_idmap;

/* The hash is computed byte by byte, so that one pass over a word yields the hashes of all its beginnings. */
#define LEX_IDMAP_SEED UINT64_C(0x9E3779B97F4A7C15)
static inline uint64_t lex_idmap_step(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * UINT64_C(0xD6E8FEB86659FD93);
}
static inline uint32_t lex_idmap_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

void lex_idmap_init(lex_idmap *map, int64_t n_expected);
void lex_idmap_release(lex_idmap *map);
/* The last id put for a text stays. Returns the id that was there before, or -1. */
int32_t lex_idmap_put(lex_idmap *map, lex_str text, int32_t id);
/* -1 when absent. */
int32_t lex_idmap_get(const lex_idmap *map, lex_str text);
int32_t lex_idmap_find(const lex_idmap *map, uint64_t hash, const char *text, size_t len);

/* ---- normalize.c ---- */
typedef struct {
    bool clean_text;    /* remove controls, make every space a plain one */
    bool isolate_cjk;   /* put spaces around ideographs */
    bool strip_accents; /* decompose and remove non-spacing marks */
    bool lowercase;
} lex_normalizer;

/* Normalized text; byte i stands for the bytes [begin[i], end[i]) of the text it was made from. */
typedef struct {
    char *text;
    uint32_t *begin, *end;
    size_t len, capacity;
} lex_normalized;

/* A mark that waits for its place among its neighbours, and the source of a character (see normalize.c). */
typedef struct {
    uint32_t c;
    uint8_t combining_class;
    bool fresh;
} lex_mark;
typedef struct {
    uint32_t begin, end;
} lex_source;

/* What encoding needs besides its output; grows, and is kept from text to text. */
typedef struct {
    lex_normalized normalized;
    lex_mark *marks, *sorted;
    lex_source *sources;
    int64_t n_marks, marks_capacity, sorted_capacity, n_sources, sources_capacity;
    uint64_t *hashes; /* of the beginnings of a word */
    size_t hashes_capacity;
    lex_buf word; /* an ASCII word in lower case */
} lex_scratch;

/* Adds the normal form of text[from, to) to scratch->normalized. */
void lex_normalize(const lex_normalizer *how, lex_str text, size_t from, size_t to, lex_scratch *scratch);

/* ---- added_tokens.c ---- */
typedef struct {
    int32_t id;
    bool special, normalized, single_word, lstrip, rstrip;
    char *content; /* owned */
} lex_added_token;

/* Patterns to be found leftmost first, the longest where several begin. */
typedef struct {
    lex_idmap patterns; /* to the number of the added token */
    size_t *lengths;    /* the different lengths, longest first */
    int64_t n_lengths, lengths_capacity;
    bool first[256];    /* whether a pattern begins with the byte */
    int only_first;     /* the byte that all begin with, or -1 */
} lex_matcher;

void lex_matcher_init(lex_matcher *matcher);
void lex_matcher_release(lex_matcher *matcher);
void lex_matcher_add(lex_matcher *matcher, lex_str pattern, int32_t number);

typedef struct {
    size_t from, to;
    int32_t added; /* number of the added token that stands here, or -1 for other text */
} lex_split;
typedef struct {
    const lex_tokenizer *tokenizer;
    const lex_matcher *matcher;
    lex_str text;
    size_t scan, done;
    lex_split held;
    bool has_held;
} lex_splitter;

/* Cuts `text` at added tokens: call lex_splitter_next() until it returns false. */
void lex_splitter_init(lex_splitter *splitter, const lex_tokenizer *tokenizer, const lex_matcher *matcher,
                       lex_str text);
bool lex_splitter_next(lex_splitter *splitter, lex_split *out);

/* ---- the tokenizer ---- */
enum { LEX_TEMPLATE_MAX = LEX_FRAME_MAX };

struct lex_tokenizer {
    lex_idmap words;         /* every token as it is written: what may stand at the start of a word */
    lex_idmap continuations; /* those that begin with the prefix, without it: what may follow */
    int32_t unknown_id;
    int32_t mask_id; /* -1: none */
    int64_t max_word_chars; /* a longer word is unknown */
    int64_t vocab_size;     /* one more than the largest id */
    int64_t model_max_length;
    lex_normalizer normalizer;

    lex_added_token *added;
    int64_t n_added, added_capacity;
    lex_matcher as_written; /* added tokens that are found before normalization */
    lex_matcher normalized; /* those that are found after it, in their normal form */
    bool split_special;     /* special tokens in the text are text */

    int32_t before[LEX_TEMPLATE_MAX], after[LEX_TEMPLATE_MAX]; /* what framing puts around a sequence */
    int64_t n_before, n_after;

    uint8_t ascii_class[128];   /* encode.c */
    int32_t punctuation_id[128];
};

/* ---- wordpiece.c ---- */
typedef struct {
    const char *text; /* normalized */
    size_t len;
    size_t n_chars;
    const uint32_t *begin, *end; /* the place of every byte; NULL when byte i stands for byte at + i */
    uint32_t at;
} lex_word;

/* Adds the tokens of one word to `out`. */
void lex_wordpiece(const lex_tokenizer *tokenizer, const lex_word *word, lex_scratch *scratch, lex_tokens *out);

/* ---- encode.c ---- */
/* Fills in what encoding derives from the rest of the tokenizer. */
void lex_encode_prepare(lex_tokenizer *tokenizer);
lex_scratch *lex_scratch_new(void);
void lex_scratch_free(lex_scratch *scratch);

static inline void lex_tokens_push(lex_tokens *out, int32_t id, size_t begin, size_t end)
{
    lex_token token = {id, (uint32_t)begin, (uint32_t)end};
    LEX_PUSH(out->items, out->n, out->capacity, token);
}

/* ---- opening ---- */
/* The files of a folder that say something about its tokenizer; ptr is NULL where one is absent. */
typedef struct {
    const char *dir; /* for messages */
    lex_str tokenizer_json, vocab_txt, tokenizer_config, special_tokens_map, added_tokens;
} lex_tokenizer_sources;

/* As lex_tokenizer_open(), from memory. */
lex_status lex_tokenizer_parse(lex_tokenizer **out, const lex_tokenizer_sources *sources, lex_err *err) LEX_MUST_CHECK;

typedef struct {
    lex_str text;
    int32_t id;
} lex_vocab_item;

typedef enum { LEX_STRIP_WITH_CASE, LEX_STRIP_NEVER, LEX_STRIP_ALWAYS } lex_strip;

/* What is known while a tokenizer is being opened. */
typedef struct {
    const lex_tokenizer_sources *sources;
    lex_json *file, *config, *special_map, *added_json; /* NULL when absent */
    lex_vocab_item *items; /* the vocabulary as written; texts are borrowed from the sources or from `file` */
    int64_t n_items, items_capacity;
    const char *unknown; /* borrowed: names of the unknown token and of the prefix of continuing pieces */
    const char *prefix;
    lex_idmap added_by_content; /* to the number of the added token */
    uint8_t *used_ids;          /* one bit an id */
    int64_t max_added_id;
    lex_strip strip_accents;
    bool has_template;
    bool placed; /* the error says where it is */
} lex_loading;

/* Puts the file's path before the error, unless one is there. */
void lex_place_error(lex_loading *loading, const char *name, lex_err *err);

/* settings.c: what tokenizer_config.json and special_tokens_map.json say. */
/* Takes over do_lower_case, strip_accents and tokenize_chinese_chars where they are set. */
lex_status lex_settings_apply(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* model_max_length, 0 when absent or absurdly large. */
int64_t lex_settings_max_length(const lex_loading *loading);
/* The node that names a special token (a string, or an object with `content`); NULL when none does. */
const lex_json *lex_special_node(const lex_loading *loading, const char *key);
const char *lex_special_content(const lex_json *node);
/* `tokenizer_class` without its "Fast", compared. */
bool lex_class_is(const lex_loading *loading, const char *name);
/* Whether the class is one that computes exactly what BertTokenizer does; also when none is named. */
bool lex_class_is_bert(const lex_loading *loading);

/* tokenizer_json.c */
lex_status lex_read_tokenizer_json(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* What framing adds, by the file's post-processor; has_template stays false when it has none. */
lex_status lex_read_template(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;

/* vocabulary.c */
lex_status lex_read_vocab_txt(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* Makes the tables of words and continuations of the items read. */
lex_status lex_build_vocabulary(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* Marks an id as taken; false when it is already. */
bool lex_take_id(lex_loading *loading, int64_t id);

/* specials.c */
lex_status lex_read_added_tokens(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* The id of a token, added ones included, or -1. */
int32_t lex_token_id(const lex_tokenizer *tokenizer, const lex_loading *loading, const char *text);
/* The id of the special token that `key` names, or `standard` where nothing names it. An error when it has none. */
lex_status lex_special_id(int32_t *out, const lex_tokenizer *tokenizer, const lex_loading *loading, const char *key,
                          const char *standard, lex_err *err) LEX_MUST_CHECK;
void lex_build_matchers(lex_tokenizer *tokenizer);

#endif
