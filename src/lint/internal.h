/* internal.h - what the files of lint share.
 *
 * The way of a row: scan.c walks over its text once (white space folded, words, shingles, characters that look wrong);
 * lint.c finds out whether the text is known (table.c) and keeps a summary of it (minhash.c); labels.c and lengths.c
 * count. At the end near.c pairs texts, labels.c and lengths.c judge, findings.c words it all.
 */
#ifndef LEXCLF_LINT_INTERNAL_H
#define LEXCLF_LINT_INTERNAL_H

#include "lexclf/lint.h"

#define LINT_NONE UINT32_MAX /* no row, no text, no label set */

/* ---- table.c: 64-bit keys (hashes) to numbers; open addressing, nothing is removed ---- */
typedef struct {
    uint64_t *keys; /* 0: free */
    uint32_t *values;
    size_t n_slots, n;
} lint_table;
void lint_table_release(lint_table *table);
/* The place of the key's value, LINT_NONE where the key is new; valid until the next call. */
uint32_t *lint_table_at(lint_table *table, uint64_t key);

/* Spreads the bits of a hash (the finalizer of MurmurHash3; Appleby, 2011). */
static inline uint64_t lint_mix(uint64_t h)
{
    h = (h ^ h >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    h = (h ^ h >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return h ^ h >> 33;
}

/* ---- minhash.c ---- */
enum { LINT_BANDS = 20, LINT_BAND_ROWS = 6, LINT_BINS = LINT_BANDS * LINT_BAND_ROWS, LINT_HELD_MAX = 2048 };

/* The shingles of one text as they come. Zeroed means empty of memory; begin before use. */
typedef struct {
    uint32_t least[LINT_BINS]; /* the smallest hash in each bin; UINT32_MAX: none fell there */
    uint32_t held[LINT_HELD_MAX];
    size_t n_held;
    uint32_t limit; /* hashes above it cannot be among the smallest any more */
    bool cut;       /* there were more than LEX_LINT_SKETCH */
} lint_shingles;

void lint_shingles_begin(lint_shingles *shingles);
void lint_shingles_prune(lint_shingles *shingles);
static inline void lint_shingles_add(lint_shingles *shingles, uint64_t hash)
{
    uint32_t bin = (uint32_t)((hash >> 32) * LINT_BINS >> 32), value = (uint32_t)hash;
    if (value < shingles->least[bin])
        shingles->least[bin] = value;
    if (value <= shingles->limit) {
        shingles->held[shingles->n_held++] = value;
        if (shingles->n_held == LINT_HELD_MAX)
            lint_shingles_prune(shingles);
    }
}

/* A text's smallest shingle hashes, ascending; all of them unless `cut`. */
typedef struct {
    const uint32_t *hashes;
    uint16_t n;
    bool cut;
} lint_sketch;
lint_sketch lint_sketch_of(lint_shingles *shingles, lex_arena *arena);
/* One value a band: texts that share one are candidates. The text has shingles. */
void lint_bands_of(uint32_t bands[LINT_BANDS], const lint_shingles *shingles);
/* The Jaccard index of the two texts' shingles, exact where neither is cut. */
double lint_similarity(const lint_sketch *a, const lint_sketch *b);

/* ---- scan.c ---- */
typedef enum { LINT_CONTROL, LINT_REPLACEMENT, LINT_MOJIBAKE, LINT_INVISIBLE, LINT_N_ODD } lint_odd;

typedef struct {
    lex_buf folded; /* the text with white space folded */
    int64_t n_words;
    lint_shingles shingles;
    int64_t n_odd[LINT_N_ODD];
    size_t odd_at[LINT_N_ODD]; /* the first of each, in the text as it came */
    uint32_t odd_char[LINT_N_ODD];
} lint_scan;
void lint_scan_text(lint_scan *scan, lex_str text);

/* ---- the rows ---- */
typedef struct {
    int64_t line;
    uint32_t file;
    uint32_t text;      /* number of its text; LINT_NONE: empty */
    uint32_t label_set; /* number of its set of labels; LINT_NONE: unlabelled */
    uint32_t length;
} lint_row;

/* A text that is different from all others. */
typedef struct {
    uint32_t first[LEX_LINT_SETS]; /* its first row in each set, or LINT_NONE */
    uint32_t label_row;            /* its first labelled row, or LINT_NONE */
    bool is_short;                 /* under five words: likely a heading or a name, found again by chance */
    bool conflict;                 /* there are rows with other labels */
    uint8_t near_sets;             /* a bit a set: a near twin was found there */
    lint_sketch sketch;
    const char *excerpt;
} lint_text;

/* A different set of labels, as rows bear it: numbers into the report's labels. */
typedef struct {
    const uint32_t *labels;
    int64_t n;
} lint_label_set;

/* An unknown character, or one that was asked about. */
typedef struct {
    uint32_t code_point;
    bool known;
    int64_t n;
} lint_character;

/* ---- findings.c ---- */
/* In the order in which they are told, within a level. findings.c holds a row for each. */
typedef enum {
    LINT_BAD_ROW,
    LINT_NO_ROWS,
    LINT_ONE_CLASS,
    LINT_UNSEEN_LABEL,
    LINT_LEAK,
    LINT_NEAR_LEAK,
    LINT_LABEL_CONFLICT,
    LINT_NEAR_CONFLICT,
    LINT_LABEL_TWIN,
    LINT_LABEL_SPACE,
    LINT_LABEL_TEXT,
    LINT_LABEL_NUMBER,
    LINT_MANY_LABELS,
    LINT_FEW_EXAMPLES,
    LINT_IMBALANCE,
    LINT_UNMEASURED_LABEL,
    LINT_EMPTY_TEXT,
    LINT_DUPLICATE,
    LINT_NEAR_DUPLICATE,
    LINT_DUPLICATE_ID,
    LINT_TRUNCATION,
    LINT_UNKNOWN_TOKEN,
    LINT_LONG_ROW,
    LINT_MOJIBAKE_TEXT,
    LINT_REPLACEMENT_CHARACTER,
    LINT_CONTROL_CHARACTER,
    LINT_INVISIBLE_CHARACTER,
    LINT_ENCODING,
    LINT_LINE_ENDS,
    LINT_N_CODES
} lint_code;

struct lex_lint {
    lex_lint_options options;
    lex_lint_report report;
    lex_lint_finding found[LINT_N_CODES]; /* as they come together; those with a place are told */
    bool finished;

    lint_row *rows;
    uint32_t n_rows, rows_capacity;
    lint_text *texts;
    uint32_t n_texts, texts_capacity;
    uint32_t *bands; /* (n_texts, LINT_BANDS) */
    size_t bands_capacity;
    lint_table text_numbers, ids;
    lex_arena kept; /* sketches, excerpts, label sets */

    lint_table label_numbers, label_set_numbers;
    uint32_t *label_rows; /* the first row of each label */
    int64_t label_rows_capacity;
    lint_label_set *label_sets;
    uint32_t n_label_sets, label_sets_capacity;
    uint32_t *row_labels; /* of the row in hand */
    int64_t row_labels_capacity;
    int64_t n_labelled; /* rows of labelled files */
    int64_t n_short_leaks;
    int64_t n_untold;   /* rows with a label beyond LEX_LINT_LABELS_MAX */

    lint_scan scan;
    lex_tokens tokens, one; /* `one`: of a single character */
    lint_table character_numbers;
    lint_character *characters;
    uint32_t n_characters, characters_capacity;
    int64_t n_tokens; /* for progress */
};

lex_lint_place lint_place_of(const lex_lint *lint, uint32_t row);
lex_lint_set lint_set_of(const lex_lint *lint, uint32_t row);

/* Notes a place under a code. `detail` is copied; LINT_NONE as `other`: none. */
void lint_note(lex_lint *lint, lint_code code, uint32_t row, uint32_t other, lex_str detail);
void lint_note_place(lex_lint *lint, lint_code code, lex_lint_place place, lex_str detail);
/* Whether one more example would be kept: the detail is worth making. */
bool lint_wants_example(const lex_lint *lint, lint_code code);
/* Says with how much weight and in which words a code is told, where that depends on the data. */
void lint_tell(lex_lint *lint, lint_code code, lex_lint_level level, const char *format, ...) LEX_PRINTF(4, 5);
/* Moves what was noted into the report. */
void lint_draw_up(lex_lint *lint);
/* "1 row", "3 rows", as the number has it. */
typedef struct {
    char text[160];
} lint_words;
lint_words lint_count(int64_t n, const char *one, const char *many);
/* Adds a text of the user's in single quotes, cut when long. */
void lint_add_quoted(lex_buf *out, lex_str text);
/* Adds the labels of a set: 'LEASE', 'RENT'; or "no label". */
void lint_add_label_set(lex_buf *out, const lex_lint *lint, uint32_t label_set);

/* ---- labels.c ---- */
/* Counts the row's labels; returns the number of their set. */
uint32_t lint_labels_add(lex_lint *lint, const lex_record *record, lex_lint_set set);
void lint_labels_judge(lex_lint *lint);

/* ---- lengths.c ---- */
/* The row's length in tokens, or words; unknown tokens are counted. */
uint32_t lint_length_of(lex_lint *lint, lex_str text);
void lint_lengths_judge(lex_lint *lint);

/* ---- near.c ---- */
void lint_near_pair(lex_lint *lint);

/* ---- bytes.c ---- */
/* Looks at the bytes of a regular file; leaves `out` zeroed for anything else. */
lex_status lint_bytes_read(lex_lint_bytes *out, const char *path, lex_format format, lex_err *err) LEX_MUST_CHECK;

#endif
