/* labels.c - labels counted as rows come, judged at the end: how many rows each has and where, which are twins, and
 * whether they are labels at all. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/hash.h"
#include "lexclf/unicode.h"

/* ---- counting ---- */

/* The label's number, or LINT_NONE when there are too many. */
static uint32_t number_of(lex_lint *lint, lex_str name)
{
    lex_lint_report *report = &lint->report;
    uint32_t *number = lint_table_at(&lint->label_numbers, lex_hash64(name.ptr, name.len));
    if (*number == LINT_NONE && report->n_labels < LEX_LINT_LABELS_MAX) {
        lex_strings owned = {0};
        lex_strings_push(&owned, name);
        lex_lint_label label = {.name = owned.items[0]};
        free(owned.items);
        *number = (uint32_t)report->n_labels;
        LEX_PUSH(report->labels, report->n_labels, report->labels_capacity, label);
        int64_t n = *number;
        LEX_PUSH(lint->label_rows, n, lint->label_rows_capacity, lint->n_rows);
    }
    return *number;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t label_set_of(lex_lint *lint, int64_t n)
{
    uint32_t *labels = lint->row_labels;
    if (n > 1)
        qsort(labels, (size_t)n, sizeof *labels, by_number);
    uint64_t hash = lex_hash64(labels, (size_t)n * sizeof *labels);
    uint32_t *number = lint_table_at(&lint->label_set_numbers, hash);
    if (*number == LINT_NONE) {
        uint32_t *kept = lex_arena_array(&lint->kept, (size_t)n, sizeof *kept);
        if (n)
            memcpy(kept, labels, (size_t)n * sizeof *kept);
        *number = lint->n_label_sets;
        LEX_PUSH(lint->label_sets, lint->n_label_sets, lint->label_sets_capacity, ((lint_label_set){kept, n}));
    }
    return *number;
}

uint32_t lint_labels_add(lex_lint *lint, const lex_record *record, lex_lint_set set)
{
    lex_lint_report *report = &lint->report;
    int64_t n = 0;
    bool untold = false;
    lint->n_labelled++;
    report->many_labels |= record->many_labels;
    report->n_unlabelled[set] += record->n_labels == 0;
    for (int64_t i = 0; i < record->n_labels; i++) {
        uint32_t number = number_of(lint, record->labels[i]);
        untold |= number == LINT_NONE;
        if (number == LINT_NONE)
            continue;
        report->labels[number].n[set]++;
        report->labels[number].total++;
        LEX_PUSH(lint->row_labels, n, lint->row_labels_capacity, number);
    }
    lint->n_untold += untold;
    return untold ? LINT_NONE : label_set_of(lint, n);
}

void lint_add_label_set(lex_buf *out, const lex_lint *lint, uint32_t label_set)
{
    const lint_label_set *set = &lint->label_sets[label_set];
    for (int64_t i = 0; i < set->n && i < 3; i++) {
        if (i)
            lex_buf_printf(out, ", ");
        lint_add_quoted(out, lex_str_of(lint->report.labels[set->labels[i]].name));
    }
    if (set->n > 3)
        lex_buf_printf(out, " and %lld more", (long long)(set->n - 3));
    if (set->n == 0)
        lex_buf_printf(out, "no label");
}

/* ---- twins ---- */

/* Labels of one key are likely meant to be one: case, width, spaces, '-' and '_' make no difference. */
static uint64_t twin_key(const char *name, lex_buf *scratch)
{
    size_t n = 0;
    lex_buf_clear(scratch);
    lex_unicode_fold(scratch, lex_str_of(name));
    for (size_t i = 0; i < scratch->len; i++) {
        char c = scratch->ptr[i];
        if (!strchr(" \t\r\n-_", c))
            scratch->ptr[n++] = c;
    }
    return n ? lex_hash64(scratch->ptr, n) : 0;
}

static void add_counted(lex_buf *out, const lex_lint_label *label)
{
    lint_add_quoted(out, lex_str_of(label->name));
    lex_buf_printf(out, " (%s)", lint_count(label->total, "row", "rows").text);
}

static void find_twins(lex_lint *lint)
{
    const lex_lint_report *report = &lint->report;
    lint_table keys = {0};
    lex_buf text;
    lex_buf_init(&text);
    for (int64_t i = 0; i < report->n_labels; i++) {
        uint64_t key = twin_key(report->labels[i].name, &text);
        uint32_t *first = key ? lint_table_at(&keys, key) : NULL;
        if (first && *first == LINT_NONE) {
            *first = (uint32_t)i;
        } else if (first) {
            lex_buf_clear(&text);
            add_counted(&text, &report->labels[i]);
            lex_buf_printf(&text, " | ");
            add_counted(&text, &report->labels[*first]);
            lint_note(lint, LINT_LABEL_TWIN, lint->label_rows[i], lint->label_rows[*first], lex_buf_str(&text));
        }
    }
    lint_table_release(&keys);
    lex_buf_release(&text);
}

/* ---- are they labels? ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void find_spaces(lex_lint *lint)
{
    lex_buf text;
    lex_buf_init(&text);
    for (int64_t i = 0; i < lint->report.n_labels; i++) {
        lex_str name = lex_str_of(lint->report.labels[i].name);
        if (name.len == 0 || (!is_blank(name.ptr[0]) && !is_blank(name.ptr[name.len - 1])))
            continue;
        lex_buf_clear(&text);
        add_counted(&text, &lint->report.labels[i]);
        lint_note(lint, LINT_LABEL_SPACE, lint->label_rows[i], LINT_NONE, lex_buf_str(&text));
    }
    lex_buf_release(&text);
}

static void judge_numbers(lex_lint *lint)
{
    const lex_lint_report *report = &lint->report;
    int64_t n = 0;
    lex_buf text;
    lex_buf_init(&text);
    for (int64_t i = 0; i < report->n_labels; i++) {
        double value;
        if (!lex_parse_double(&value, lex_str_of(report->labels[i].name)))
            continue;
        n++;
        lex_buf_clear(&text);
        add_counted(&text, &report->labels[i]);
        lint_note(lint, LINT_LABEL_NUMBER, lint->label_rows[i], LINT_NONE, lex_buf_str(&text));
    }
    lex_buf_release(&text);
    if (n == report->n_labels && n > 0)
        lint_tell(lint, LINT_LABEL_NUMBER, n > 20 ? LEX_LINT_WARNING : LEX_LINT_NOTE,
                  "all labels are numbers: fine if they are codes; if not, name the right column with --label-column");
    else if (n > 0)
        lint_tell(lint, LINT_LABEL_NUMBER, LEX_LINT_NOTE,
                  "%s %s a number among names: see whether columns have slipped in these rows",
                  lint_count(n, "label", "labels").text, n == 1 ? "is" : "are");
}

/* Labels that are long, or nearly as many as rows, are texts, dates or ids. */
static void judge_texts(lex_lint *lint)
{
    const lex_lint_report *report = &lint->report;
    int64_t n_bytes = 0, n_rows = 0;
    for (int64_t i = 0; i < report->n_labels; i++) {
        n_bytes += (int64_t)strlen(report->labels[i].name) * report->labels[i].total;
        n_rows += report->labels[i].total;
    }
    bool are_long = n_rows > 0 && n_bytes / n_rows > 120;
    bool are_many = report->n_labels >= 50 && 2 * report->n_labels > n_rows;
    if (!are_long && !are_many)
        return;
    lex_buf text;
    lex_buf_init(&text);
    for (int64_t i = 0; i < report->n_labels && i < 3; i++) {
        lex_buf_clear(&text);
        add_counted(&text, &report->labels[i]);
        lint_note(lint, LINT_LABEL_TEXT, lint->label_rows[i], LINT_NONE, lex_buf_str(&text));
    }
    lex_buf_release(&text);
    lint_tell(lint, LINT_LABEL_TEXT, LEX_LINT_WARNING,
              "%s in %s, %lld bytes long on average, look like texts: name the right column with --label-column",
              lint_count(report->n_labels, "different label", "different labels").text, lint_count(n_rows, "row", "rows").text,
              (long long)(n_bytes / n_rows));
}

/* ---- how many rows ---- */

/* "'LEASE', 3 rows in train". */
static void note_label(lex_lint *lint, lint_code code, int64_t label, int64_t n, const char *where)
{
    lex_buf text;
    lex_buf_init(&text);
    lint_add_quoted(&text, lex_str_of(lint->report.labels[label].name));
    lex_buf_printf(&text, ", %s%s", lint_count(n, "row", "rows").text, where);
    lint_note(lint, code, lint->label_rows[label], LINT_NONE, lex_buf_str(&text));
    lex_buf_release(&text);
}

typedef struct {
    bool train, held_out;           /* there are labelled rows of such a set */
    int64_t n_learned, most, least; /* labels that can be learned, and the rows they have */
} label_counts;

/* Where there is a training set, its rows count; otherwise all do. */
static label_counts count_labels(const lex_lint_report *report)
{
    label_counts counts = {.least = INT64_MAX};
    for (int64_t i = 0; i < report->n_labels; i++) {
        const int64_t *n = report->labels[i].n;
        counts.train |= n[LEX_LINT_TRAIN] > 0;
        counts.held_out |= n[LEX_LINT_DEV] + n[LEX_LINT_TEST] > 0;
    }
    for (int64_t i = 0; i < report->n_labels; i++) {
        int64_t n = counts.train ? report->labels[i].n[LEX_LINT_TRAIN] : report->labels[i].total;
        counts.n_learned += n > 0;
        counts.most = n > counts.most ? n : counts.most;
        counts.least = n > 0 && n < counts.least ? n : counts.least;
    }
    return counts;
}

static void judge_each(lex_lint *lint, const label_counts *counts)
{
    const lex_lint_report *report = &lint->report;
    for (int64_t i = 0; i < report->n_labels; i++) {
        const lex_lint_label *label = &report->labels[i];
        int64_t n = counts->train ? label->n[LEX_LINT_TRAIN] : label->total;
        int64_t n_held_out = label->n[LEX_LINT_DEV] + label->n[LEX_LINT_TEST];
        if (n == 0 && n_held_out > 0)
            note_label(lint, LINT_UNSEEN_LABEL, i, n_held_out, "");
        if (n > 0 && n < lint->options.min_examples)
            note_label(lint, LINT_FEW_EXAMPLES, i, n, "");
        if (n > 0 && counts->train && counts->held_out && n_held_out == 0)
            note_label(lint, LINT_UNMEASURED_LABEL, i, n, " in train");
    }
    lex_lint_finding *few = &lint->found[LINT_FEW_EXAMPLES];
    if (few->n_places)
        lint_tell(lint, LINT_FEW_EXAMPLES, LEX_LINT_WARNING,
                  "%s fewer than %lld rows%s: add some, or join it with another",
                  lint_count(few->n_places, "label has", "labels have").text, (long long)lint->options.min_examples,
                  counts->train ? " in train" : "");
}

static void judge_counts(lex_lint *lint)
{
    const lex_lint_report *report = &lint->report;
    label_counts counts = count_labels(report);
    judge_each(lint, &counts);
    if (report->n_labels == 0)
        lint_tell(lint, LINT_ONE_CLASS, LEX_LINT_ERROR, "no row has a label, and there is nothing to learn: add some");
    else if (counts.n_learned < 2 && !report->many_labels)
        lint_tell(lint, LINT_ONE_CLASS, LEX_LINT_ERROR,
                  "there is one label only, and nothing to tell it from: add rows of another");
    else if (counts.most >= 10 * counts.least)
        lint_tell(lint, LINT_IMBALANCE, LEX_LINT_NOTE,
                  "the most frequent label has %lld times the rows of the rarest (%lld and %lld): judge by macro F1, "
                  "not by accuracy",
                  (long long)(counts.most / counts.least), (long long)counts.most, (long long)counts.least);
}

static int by_total(const void *a, const void *b)
{
    const lex_lint_label *x = a, *y = b;
    if (x->total != y->total)
        return x->total > y->total ? -1 : 1;
    return strcmp(x->name, y->name);
}

void lint_labels_judge(lex_lint *lint)
{
    lex_lint_report *report = &lint->report;
    if (lint->n_labelled == 0)
        return;
    find_twins(lint);
    find_spaces(lint);
    judge_numbers(lint);
    judge_texts(lint);
    judge_counts(lint);
    if (lint->n_untold)
        lint_tell(lint, LINT_MANY_LABELS, LEX_LINT_WARNING,
                  "more than %d different labels; %s of further ones: name the right column with --label-column",
                  LEX_LINT_LABELS_MAX, lint_count(lint->n_untold, "row is", "rows are").text);
    if (report->n_labels) /* last: numbers lose their meaning here */
        qsort(report->labels, (size_t)report->n_labels, sizeof *report->labels, by_total);
}
