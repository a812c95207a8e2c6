/* findings.c - what is told of each kind of finding, and the order in which they are told: by level, then as the table
 * below has them. Messages end with what to do. Codes are stable: scripts go by them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct {
    const char *code;
    lex_lint_level level;
    const char *one, *many; /* what follows the number of places; NULL: lint_tell() says it */
    const char *advice;
} kind;

/* clang-format off */
static const kind kinds[LINT_N_CODES] = {
    [LINT_BAD_ROW] = {"bad-row", LEX_LINT_ERROR, "row cannot be read", "rows cannot be read",
        ": mend; the other verbs stop there, or pass over it with --skip-bad-rows"},
    [LINT_NO_ROWS] = {"no-rows", LEX_LINT_ERROR, "file holds no rows", "files hold no rows",
        ": see whether it is the right one"},
    [LINT_ONE_CLASS] = {"one-class", LEX_LINT_ERROR, NULL, NULL, NULL},
    [LINT_UNSEEN_LABEL] = {"unseen-label", LEX_LINT_ERROR, "label is in dev or test, but not in train",
        "labels are in dev or test, but not in train", ": no model can learn what it never sees; move rows to train"},
    [LINT_LEAK] = {"leak", LEX_LINT_ERROR, "row of dev or test is in an earlier set too",
        "rows of dev or test are in an earlier set too",
        ": take out one of each two, or the score measures memory"},
    [LINT_NEAR_LEAK] = {"near-leak", LEX_LINT_WARNING, "row of dev or test is nearly the same as one of an earlier set",
        "rows of dev or test are nearly the same as one of an earlier set", ": keep such rows in one set"},
    [LINT_LABEL_CONFLICT] = {"label-conflict", LEX_LINT_WARNING, "text has rows with different labels",
        "texts have rows with different labels", ": no model can get them all right; decide for one"},
    [LINT_NEAR_CONFLICT] = {"near-conflict", LEX_LINT_NOTE, "pair of near duplicates has different labels",
        "pairs of near duplicates have different labels", ": see whether one is a slip"},
    [LINT_LABEL_TWIN] = {"label-twin", LEX_LINT_WARNING, "label looks like another but for case, width, spaces or hyphens",
        "labels look like others but for case, width, spaces or hyphens", ": write them alike"},
    [LINT_LABEL_SPACE] = {"label-space", LEX_LINT_WARNING, "label begins or ends with white space",
        "labels begin or end with white space", ": trim; to a program it is part of the name"},
    [LINT_LABEL_TEXT] = {"label-text", LEX_LINT_WARNING, NULL, NULL, NULL},
    [LINT_LABEL_NUMBER] = {"label-number", LEX_LINT_NOTE, NULL, NULL, NULL},
    [LINT_MANY_LABELS] = {"many-labels", LEX_LINT_WARNING, NULL, NULL, NULL},
    [LINT_FEW_EXAMPLES] = {"few-examples", LEX_LINT_WARNING, NULL, NULL, NULL},
    [LINT_IMBALANCE] = {"imbalance", LEX_LINT_NOTE, NULL, NULL, NULL},
    [LINT_UNMEASURED_LABEL] = {"unmeasured-label", LEX_LINT_NOTE, "label is in train, but not in dev or test",
        "labels are in train, but not in dev or test", ": nothing will tell whether they are learned; move some rows"},
    [LINT_EMPTY_TEXT] = {"empty-text", LEX_LINT_WARNING, "row has no text", "rows have no text",
        ": fill in or take out; nothing is learned from nothing"},
    [LINT_DUPLICATE] = {"duplicate", LEX_LINT_WARNING, "row repeats the text of an earlier one of its set",
        "rows repeat the text of an earlier one of their set", ": keep one of each, or it counts more than once"},
    [LINT_NEAR_DUPLICATE] = {"near-duplicate", LEX_LINT_NOTE, "row is nearly the same as an earlier one of its set",
        "rows are nearly the same as an earlier one of their set", ": little is learned from a copy; never split such rows over sets"},
    [LINT_DUPLICATE_ID] = {"duplicate-id", LEX_LINT_WARNING, "row has the id of an earlier one of its file",
        "rows have the id of an earlier one of their file", ": answers are told apart by ids; make them unique"},
    [LINT_TRUNCATION] = {"truncation", LEX_LINT_NOTE, NULL, NULL, NULL},
    [LINT_UNKNOWN_TOKEN] = {"unknown-token", LEX_LINT_NOTE, NULL, NULL, NULL},
    [LINT_LONG_ROW] = {"long-row", LEX_LINT_NOTE, "row is more than 20 times as long as the median",
        "rows are more than 20 times as long as the median", ": see whether a quote or a line end was lost"},
    [LINT_MOJIBAKE_TEXT] = {"mojibake", LEX_LINT_WARNING, "row holds UTF-8 that was read as Windows-1252",
        "rows hold UTF-8 that was read as Windows-1252", ": convert the source again"},
    [LINT_REPLACEMENT_CHARACTER] = {"replacement-character", LEX_LINT_WARNING, "row holds U+FFFD, where a decoder gave up",
        "rows hold U+FFFD, where a decoder gave up", ": convert the source again, from its right encoding"},
    [LINT_CONTROL_CHARACTER] = {"control-character", LEX_LINT_WARNING, "row holds control characters",
        "rows hold control characters", ": take them out; PDF files and terminals leave them"},
    [LINT_INVISIBLE_CHARACTER] = {"invisible-character", LEX_LINT_NOTE, "row holds characters that show nothing",
        "rows hold characters that show nothing", ": take them out; they hide differences between words"},
    [LINT_ENCODING] = {"encoding", LEX_LINT_NOTE, "file is not UTF-8", "files are not UTF-8",
        ": convert, so that every program reads the same"},
    [LINT_LINE_ENDS] = {"line-ends", LEX_LINT_NOTE, "file ends its rows in more than one way",
        "files end their rows in more than one way", ": settle for LF or CRLF; parts may come from elsewhere"},
};
/* clang-format on */

const char *lex_lint_level_name(lex_lint_level level)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[level];
}

const char *lex_lint_set_name(lex_lint_set set)
{
    static const char *const names[] = {"train", "dev", "test", ""};
    return names[set];
}

lint_words lint_count(int64_t n, const char *one, const char *many)
{
    lint_words words;
    snprintf(words.text, sizeof words.text, "%lld %s", (long long)n, n == 1 ? one : many);
    return words;
}

void lint_add_quoted(lex_buf *out, lex_str text)
{
    enum { MOST = 60 };
    size_t n = text.len <= MOST ? text.len : MOST;
    while (n < text.len && n > 0 && ((unsigned char)text.ptr[n] & 0xC0) == 0x80)
        n--;
    lex_buf_add_char(out, '\'');
    lex_buf_add(out, text.ptr, n);
    lex_buf_printf(out, n < text.len ? "…'" : "'");
}

/* ---- places ---- */

lex_lint_place lint_place_of(const lex_lint *lint, uint32_t row)
{
    if (row == LINT_NONE)
        return (lex_lint_place){-1, 0};
    return (lex_lint_place){lint->rows[row].file, lint->rows[row].line};
}

lex_lint_set lint_set_of(const lex_lint *lint, uint32_t row)
{
    return lint->report.files[lint->rows[row].file].set;
}

bool lint_wants_example(const lex_lint *lint, lint_code code)
{
    return lint->found[code].n_examples < LEX_LINT_EXAMPLES;
}

static void note(lex_lint *lint, lint_code code, lex_lint_place place, lex_lint_place other, lex_str detail)
{
    lex_lint_finding *finding = &lint->found[code];
    finding->n_places++;
    if (!lint_wants_example(lint, code))
        return;
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_add_str(&text, detail);
    lex_lint_example example = {place, other, text.ptr};
    LEX_PUSH(finding->examples, finding->n_examples, finding->examples_capacity, example);
}

void lint_note(lex_lint *lint, lint_code code, uint32_t row, uint32_t other, lex_str detail)
{
    note(lint, code, lint_place_of(lint, row), lint_place_of(lint, other), detail);
}

void lint_note_place(lex_lint *lint, lint_code code, lex_lint_place place, lex_str detail)
{
    note(lint, code, place, lint_place_of(lint, LINT_NONE), detail);
}

/* ---- words ---- */

void lint_tell(lex_lint *lint, lint_code code, lex_lint_level level, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lint->found[code].level = level;
    lint->found[code].message = lex_strdup(text);
}

static void say(lex_lint *lint, lint_code code)
{
    const kind *k = &kinds[code];
    if (lint->found[code].n_places == 0 || lint->found[code].message || !k->one)
        return;
    lint_tell(lint, code, k->level, "%s%s", lint_count(lint->found[code].n_places, k->one, k->many).text, k->advice);
}

void lint_draw_up(lex_lint *lint)
{
    lex_lint_report *report = &lint->report;
    for (int level = LEX_LINT_ERROR; level >= LEX_LINT_NOTE; level--) {
        for (int code = 0; code < LINT_N_CODES; code++) {
            lex_lint_finding *finding = &lint->found[code];
            say(lint, (lint_code)code);
            if (!finding->message || (int)finding->level != level)
                continue;
            finding->code = kinds[code].code;
            if (finding->count == 0)
                finding->count = finding->n_places;
            report->n_of_level[level]++;
            LEX_PUSH(report->findings, report->n_findings, report->findings_capacity, *finding);
            *finding = (lex_lint_finding){0};
        }
    }
}
