/* internal.h - what the files of the tokenizer share.
 *
 * BERT's tokenizers have a way of their own, which is the fast one; all others are a list of steps (pipeline.h).
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

/* pipeline.h: a tokenizer other than BERT's, and what encoding with it needs */
typedef struct lex_pipeline lex_pipeline;
typedef struct lex_loading lex_loading;
struct lex_pipeline_scratch;
struct lex_pipeline_scratch *lex_pipeline_scratch_new(void);
void lex_pipeline_scratch_free(struct lex_pipeline_scratch *scratch);
void lex_pipeline_free(lex_pipeline *pipeline);

/* What encoding needs besides its output; grows, and is kept from text to text. */
typedef struct {
    lex_normalized normalized;
    lex_mark *marks, *sorted;
    lex_source *sources;
    int64_t n_marks, marks_capacity, sorted_capacity, n_sources, sources_capacity;
    uint64_t *hashes; /* of the beginnings of a word */
    size_t hashes_capacity;
    lex_buf word; /* an ASCII word in lower case */
    lex_normalized plain; /* the text as --normalize makes it */
    struct lex_pipeline_scratch *pipeline; /* NULL until a pipeline needs it */
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
enum { LEX_TRIMS_MAX = 4 };

typedef struct {
    uint32_t lead, trail; /* characters of space at the ends of a token as the vocabulary writes it */
} lex_trim;

struct lex_tokenizer {
    lex_pipeline *pipeline;  /* NULL: BERT's own way, by the fields below */
    lex_breaks *breaks;      /* where documents are best cut; NULL: its vocabulary has no such marks */
    lex_pipeline *plain;     /* what --normalize does before; NULL: nothing */
    lex_idmap words;         /* every token as it is written: what may stand at the start of a word */
    lex_idmap continuations; /* those that begin with the prefix, without it: what may follow */
    int32_t unknown_id, padding_id, mask_id; /* -1: there is none */
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

    bool keeps_first_space[LEX_TRIMS_MAX]; /* one a post-processor that trims offsets (trim.c) */
    int64_t n_trims;
    lex_trim *trims; /* of every id of the model; NULL when no token has spaces to trim */

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

/* ---- breaks.c ---- */
/* Finds the marks in the vocabulary, as encoding has them now. */
void lex_breaks_prepare(lex_tokenizer *tokenizer);
void lex_breaks_free(lex_breaks *breaks);
/* Whether a sentence, a part of one between semicolons or an article begins with token `at` of the document. */
bool lex_breaks_before(const lex_breaks *breaks, const int32_t *ids, int64_t n, int64_t at);

/* ---- plain.c ---- */
/* The text as tokenizer->plain makes it, until the next one. */
lex_str lex_plain_text(const lex_tokenizer *tokenizer, lex_str text, lex_scratch *scratch);
/* Moves the offsets of tokens from that text to the one it was made of. */
void lex_plain_restore(const lex_scratch *scratch, lex_tokens *tokens);

static inline void lex_tokens_push(lex_tokens *out, int32_t id, size_t begin, size_t end)
{
    lex_token token = {id, (uint32_t)begin, (uint32_t)end};
    LEX_PUSH(out->items, out->n, out->capacity, token);
}

/* ---- trim.c ---- */
/* Fills in tokenizer->trims. */
void lex_trim_prepare(lex_tokenizer *tokenizer, const lex_loading *loading);
/* Moves the offsets of a model's tokens, from number `from` on, over the spaces that they begin and end with, as the
 * post-processors ask; `text` is the user's. */
void lex_trim_tokens(const lex_tokenizer *tokenizer, lex_str text, int64_t from, lex_tokens *out);
/* The same for the last token, an added one, which the text writes as `written`. */
void lex_trim_added(const lex_tokenizer *tokenizer, lex_str text, lex_str written, lex_tokens *out);

/* ---- opening ---- */
/* The files of a folder that say something about its tokenizer; ptr is NULL where one is absent. */
typedef struct {
    const char *dir; /* for messages */
    lex_str tokenizer_json, vocab_txt, tokenizer_config, special_tokens_map, added_tokens;
    lex_str vocab_json, merges_txt, sentencepiece;
    lex_str config;            /* the model's; it may name the family */
    const char *sentencepiece_name; /* of the file; NULL when there is none */
} lex_tokenizer_sources;

/* As lex_tokenizer_open(), from memory. */
lex_status lex_tokenizer_parse(lex_tokenizer **out, const lex_tokenizer_sources *sources, lex_err *err) LEX_MUST_CHECK;

typedef struct {
    lex_str text;
    int32_t id;
} lex_vocab_item;

typedef struct lex_family lex_family;

typedef enum { LEX_STRIP_WITH_CASE, LEX_STRIP_NEVER, LEX_STRIP_ALWAYS } lex_strip;

/* What is known while a tokenizer is being opened. */
struct lex_loading {
    const lex_tokenizer_sources *sources;
    lex_json *file, *config, *special_map, *added_json; /* NULL when absent */
    lex_json *vocab_json, *model_config;
    const lex_family *family; /* of a folder without tokenizer.json; NULL when there is that, or BERT's vocab.txt */
    lex_strings controls, symbols; /* pieces of a sentencepiece model that stand for themselves; the first are special */
    const char *source;       /* name of the file that defines the tokenizer */
    lex_arena arena;          /* texts of pieces that no file holds as they are */
    double *scores;           /* Unigram's, one an item; owned */
    int64_t scores_capacity;
    lex_vocab_item *items; /* the vocabulary as written; texts are borrowed from the sources or from `file` */
    int64_t n_items, items_capacity;
    const char *unknown; /* borrowed: names of the unknown token and of the prefix of continuing pieces; NULL: none */
    const char *prefix;
    int64_t model_size;  /* how many tokens the model counts; added tokens are numbered behind them */
    lex_idmap added_by_content; /* to the number of the added token */
    uint8_t *used_ids;          /* one bit an id */
    int64_t max_added_id;
    lex_strip strip_accents;
    bool has_template;
    bool placed; /* the error says where it is */
};

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
/* Reads {"token": id, ...} into the items. */
lex_status lex_read_vocab_object(lex_loading *loading, const lex_json *vocab, lex_err *err) LEX_MUST_CHECK;

/* component.c: what the readers of a file's components share */
bool lex_component_is(const lex_json *component, const char *type);
/* The error for a component of an unknown kind. */
lex_status lex_component_refuse(const char *what, const lex_json *component, lex_err *err);
/* An error when the component has a key that is not in `keys` (separated by spaces). */
lex_status lex_component_keys(const char *what, const lex_json *component, const char *keys, lex_err *err) LEX_MUST_CHECK;
/* A boolean that must be there, and one that may be missing. */
lex_status lex_component_bool(bool *out, const char *what, const lex_json *component, const char *key,
                              lex_err *err) LEX_MUST_CHECK;
lex_status lex_component_bool_or(bool *out, bool absent, const char *what, const lex_json *component, const char *key,
                                 lex_err *err) LEX_MUST_CHECK;
/* Calls `read` for the component, or for each in it where it is a Sequence (its members under `list`); nothing for
 * null. Sequences in sequences are refused beyond a depth of 8. */
typedef lex_status (*lex_component_reader)(lex_tokenizer *tokenizer, const lex_json *component, void *context,
                                           lex_err *err);
lex_status lex_component_each(lex_tokenizer *tokenizer, const char *what, const lex_json *component, const char *list,
                              lex_component_reader read, void *context, lex_err *err) LEX_MUST_CHECK;

/* normalizers_json.c, pretokenizers_json.c: a file's components as steps of tokenizer->pipeline */
lex_status lex_read_normalizers(lex_tokenizer *tokenizer, const lex_json *component, lex_err *err) LEX_MUST_CHECK;
lex_status lex_read_pretokenizers(lex_tokenizer *tokenizer, const lex_json *component, lex_err *err) LEX_MUST_CHECK;

/* models_json.c: the vocabulary and the settings of BPE and Unigram; after the vocabulary is built, the rest. */
lex_status lex_read_bpe(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *model, lex_err *err) LEX_MUST_CHECK;
lex_status lex_read_unigram(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *model,
                            lex_err *err) LEX_MUST_CHECK;
/* Takes over what needs ids: merges from the file, the trie, ids of bytes. */
lex_status lex_finish_model(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* One merge, by rank; an error when the vocabulary lacks one of the three. */
lex_status lex_bpe_add_merge(lex_tokenizer *tokenizer, lex_str left, lex_str right, int64_t rank,
                             lex_err *err) LEX_MUST_CHECK;

/* post_processor.c: what framing adds, by the file's post-processor; has_template stays false when it has none. */
lex_status lex_read_template(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;

/* families.c: folders without tokenizer.json */
/* Chooses the family by the files that are there and what they say; NULL and an error when none fits. */
lex_status lex_family_choose(lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
lex_status lex_read_family(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* The name that a special token has when nothing else is said; NULL when the family has none. */
const char *lex_family_special(const lex_family *family, const char *key);
bool lex_family_mask_takes_space(const lex_family *family);
/* Merges, and framing. */
lex_status lex_family_finish(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;

/* vocabulary.c */
lex_status lex_read_vocab_txt(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err) LEX_MUST_CHECK;
/* Makes the tables of words and continuations of the items read. */
/* Adds an item; the text is borrowed. The second gives it the next id, and a score. */
void lex_vocab_add(lex_loading *loading, lex_str text, int64_t id);
void lex_vocab_add_scored(lex_loading *loading, lex_str text, double score);
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
