/* tokenizer.h - text to token ids, with the place of every token in the text.
 *
 * A tokenizer is opened from a model folder and, but for lex_tokenizer_set_normalize(), never changes afterwards; many
 * threads may encode with one. Encoding yields all tokens of a text, without special tokens around it and without
 * truncation; framing (special tokens, the cut at the maximum length, windows) is laid on top, for all families alike.
 *
 * BERT's WordPiece, cased and uncased (Devlin et al., "BERT", 2019; Schuster and Nakajima, "Japanese and Korean Voice
 * Search", 2012), as Hugging Face's fast tokenizer computes it: control characters cleaned, CJK characters isolated,
 * accents stripped by canonical decomposition, punctuation split by Unicode category, words of more than 100
 * characters unknown, added tokens matched in the text before anything else. `vocab.txt` alone defines it.
 *
 * Other families are read as `tokenizer.json` describes them: byte-pair encoding (Sennrich et al., 2016), byte-level
 * too (Radford et al., 2019), Unigram (Kudo, 2018) and WordPiece, behind the normalizers, pre-tokenizers and
 * post-processors that encoders use; what is not known here is refused by its name. Where tokenizer.json is there it is
 * the source; its truncation and padding are ignored. Without it a family's own files do: RoBERTa's vocab.json and
 * merges.txt, MPNet's vocab.txt, and the sentencepiece models of XLM-R, CamemBERT, ALBERT and DeBERTa-v2, numbered as
 * each family's class in transformers 5 does it.
 *
 *     lex_tokenizer *tokenizer = NULL;
 *     LEX_TRY(lex_tokenizer_open(&tokenizer, "models/all-MiniLM-L6-v2", err));
 *     lex_tokens tokens, sequence;
 *     lex_tokens_init(&tokens);
 *     lex_tokens_init(&sequence);
 *     lex_tokenizer_encode(tokenizer, LEX_STR("Quiet enjoyment"), &tokens);
 *     bool cut = lex_tokenizer_frame(tokenizer, &tokens, 128, &sequence);   // [CLS] quiet enjoyment [SEP]
 */
#ifndef LEXCLF_TOKENIZER_H
#define LEXCLF_TOKENIZER_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_VOCAB_MAX 4000000      /* tokens in a vocabulary */
#define LEX_TOKENIZER_JSON_MAX (1u << 28) /* bytes of tokenizer.json or vocab.txt */

/* One token: its id in [0, V) and the bytes [begin, end) of the encoded text that it stands for. Tokens that stand
 * for nothing ([CLS], [SEP]) have begin = end = 0. Bytes of one character may be several tokens; each stands for all of it. */
typedef struct {
    int32_t id;
    uint32_t begin;
    uint32_t end;
} lex_token;

/* A growing list of tokens, and the scratch memory that encoding needs; one a thread. */
typedef struct {
    lex_token *items;
    int64_t n;
    int64_t capacity;
    void *scratch; /* the tokenizer's own; freed by release */
} lex_tokens;

void lex_tokens_init(lex_tokens *tokens);
void lex_tokens_release(lex_tokens *tokens);

typedef struct lex_tokenizer lex_tokenizer;

/* Reads tokenizer.json, or vocab.txt, vocab.json with merges.txt, or sentencepiece.bpe.model, spiece.model, spm.model, with
 * tokenizer_config.json, special_tokens_map.json and added_tokens.json, from `dir`; of several without tokenizer.json those
 * count whose family `tokenizer_class` names, then config.json's `model_type`. LEX_ERR_INPUT, naming the file and the
 * reason, when none defines a tokenizer, when a component or a value in one is not known here (named), when a special
 * token is missing, when a merge needs a piece that is none, or when ids collide. */
lex_status lex_tokenizer_open(lex_tokenizer **out, const char *dir, lex_err *err) LEX_MUST_CHECK;
void lex_tokenizer_free(lex_tokenizer *tokenizer);

/* What is done to a text before the tokenizer sees it. PUNCT makes typographic variants of ASCII characters plain, one by
 * one: full-width forms (U+FF01 to U+FF5E), curly quotes and primes, dashes and the minus sign, and all kinds of spaces,
 * the ideographic one too; CJK's own marks stay. NFKC is compatibility composition (Unicode Standard Annex 15), then
 * PUNCT. Tokens keep the places of the text as it was given. */
typedef enum { LEX_NORMALIZE_OFF, LEX_NORMALIZE_PUNCT, LEX_NORMALIZE_NFKC } lex_normalize_how;
/* "off", "punct", "nfkc". */
const char *lex_normalize_name(lex_normalize_how how);
bool lex_normalize_of_name(lex_normalize_how *out, const char *name);
/* From now on; before the tokenizer is shared. OFF is what it begins with. */
void lex_tokenizer_set_normalize(lex_tokenizer *tokenizer, lex_normalize_how how);

/* All tokens of `text` (valid UTF-8, under 4 GiB; U+0000 is a character like any other), replacing what `out` held. */
void lex_tokenizer_encode(const lex_tokenizer *tokenizer, lex_str text, lex_tokens *out);

/* One sequence as the encoder sees it: special tokens around as many of `tokens`, from the first, as fit into
 * `max_length`. Returns whether any were dropped. max_length is at least the number of special tokens. */
bool lex_tokenizer_frame(const lex_tokenizer *tokenizer, const lex_tokens *tokens, int64_t max_length,
                         lex_tokens *out);

/* How many tokens framing adds (2 for BERT). */
int64_t lex_tokenizer_n_special(const lex_tokenizer *tokenizer);

/* ---- documents longer than the encoder ---- */

#define LEX_FRAME_MAX 16 /* special tokens on one side of a sequence */

/* Where a Chinese document is best cut: ids of the marks that end a sentence or a part of one, of quotes and brackets
 * that close behind them, and of what makes the head of an article (第, numerals, 条). Inside. */
typedef struct lex_breaks lex_breaks;

/* How a document becomes the sequences that the encoder sees: windows of at most max_length tokens, the special ones
 * around each included. A window begins `stride` tokens behind the one before it; the last ends with the document and
 * is moved back until it is full. stride 0: there is one window, and what does not fit into it is cut.
 *
 * With `breaks` a window begins up to a quarter of itself earlier, and ends earlier, where that spares a sentence: behind
 * 。；！？ and before 第X条. Every token still lies in a window, there are as many, and window i follows from the document
 * and i alone. Documents without such marks are cut as without `breaks`. */
typedef struct {
    int32_t before[LEX_FRAME_MAX], after[LEX_FRAME_MAX];
    int64_t n_before, n_after;
    int64_t max_length; /* more than n_before + n_after */
    int64_t stride;     /* 0, or from 1 to lex_cut_room() */
    const lex_breaks *breaks; /* borrowed from the tokenizer; NULL: none */
} lex_cut;

lex_cut lex_tokenizer_cut(const lex_tokenizer *tokenizer, int64_t max_length, int64_t stride);
/* Tokens of the document that a window holds. */
int64_t lex_cut_room(const lex_cut *cut);
/* Windows of a document of n tokens: at least one, also of an empty one. */
int64_t lex_cut_n_windows(const lex_cut *cut, int64_t n);
/* Window i of the document's ids (n; NULL will do without breaks) has the tokens [*begin, *begin + the result). */
int64_t lex_cut_window(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t i, int64_t *begin);
/* Window i of the document's ids (n) as the encoder sees it; `out` has room for max_length. Returns how many. */
int64_t lex_cut_frame(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t i, int32_t *out);
/* Tokens of all windows, special ones included, at most: what is computed for the document. */
int64_t lex_cut_n_computed(const lex_cut *cut, int64_t n);

/* The shortest of 64, 128, 192, 256 and 384 that is below `most` and loses at most a twentieth of the texts' n_tokens (special
 * ones aside); `most` if none does. lost_at(): how many a length would cut off. `most` of LEX_LENGTH_MOST, or the encoder's
 * positions if they are fewer, makes it the length of training by default. */
enum { LEX_LENGTH_MOST = 512 };
int64_t lex_length_of_texts(int64_t most, int64_t n_tokens, int64_t (*lost_at)(const void *context, int64_t length),
                            const void *context);

/* One more than the largest id: the rows an embedding table must have. */
int64_t lex_tokenizer_vocab_size(const lex_tokenizer *tokenizer);
/* `model_max_length` of tokenizer_config.json, or 0 when it is absent or absurdly large. */
int64_t lex_tokenizer_model_max_length(const lex_tokenizer *tokenizer);
/* The id of the unknown token, or -1 when the vocabulary has none (byte-level ones need none). */
int32_t lex_tokenizer_unknown_id(const lex_tokenizer *tokenizer);
/* The id of [MASK], or -1 when there is none. */
int32_t lex_tokenizer_mask_id(const lex_tokenizer *tokenizer);
/* Whether the id is of a token that stands for no text: [CLS], [SEP], [UNK], [PAD], [MASK], and what the tokenizer's files
 * call special. */
bool lex_tokenizer_is_special(const lex_tokenizer *tokenizer, int32_t id);
/* The id of the padding token, or -1 when nothing names one. */
int32_t lex_tokenizer_padding_id(const lex_tokenizer *tokenizer);

#ifdef __cplusplus
}
#endif
#endif
