/* lint_text.c - what lint found, in lines of at most 80 columns, wide characters counted as two. Paths are cut on the
 * left and texts on the right, for a place is found by the end of its name and a text known by its beginning. */
#include "lint_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"
#include "verbs.h"

enum { COLUMNS = 80, LABELS_SHOWN = 20, BAR_COLUMNS = 40 };

/* ---- cutting to columns ---- */

/* The length of the longest beginning of whole characters that fits. */
static size_t fitting(lex_str text, int64_t columns)
{
    size_t fits = 0, next = 0;
    for (int64_t width = 0; next < text.len; fits = next) {
        do
            next++;
        while (next < text.len && ((unsigned char)text.ptr[next] & 0xC0) == 0x80);
        width += cli_width((lex_str){text.ptr + fits, next - fits});
        if (width > columns)
            break;
    }
    return fits;
}

/* `text` without control characters, cut on the right to so many columns; the caller frees it. */
static char *cut_right(const char *text, int64_t columns)
{
    lex_buf whole, kept;
    lex_buf_init(&whole);
    lex_buf_init(&kept);
    for (const char *c = text; *c; c++) /* a row is a line */
        lex_buf_add_char(&whole, *c == '\n' || *c == '\t' || *c == '\r' ? ' ' : *c);
    cli_add_printable(&kept, lex_buf_str(&whole));
    lex_buf_release(&whole);
    while (kept.len && kept.ptr[kept.len - 1] == ' ')
        kept.ptr[--kept.len] = '\0';
    if (kept.ptr && cli_width(lex_buf_str(&kept)) > columns) {
        kept.len = fitting(lex_buf_str(&kept), columns - 1);
        lex_buf_add_str(&kept, LEX_STR("…"));
    }
    return kept.ptr ? kept.ptr : lex_strdup("");
}

/* The same on the left, between folders if it can be. */
static char *cut_left(const char *text, int64_t columns)
{
    lex_buf kept;
    lex_buf_init(&kept);
    cli_add_printable(&kept, lex_str_of(text));
    lex_str rest = lex_buf_str(&kept);
    bool is_cut = false;
    while (rest.len && cli_width(rest) > columns - (is_cut ? 1 : 0)) {
        size_t first = 1;
        while (first < rest.len && ((unsigned char)rest.ptr[first] & 0xC0) == 0x80)
            first++;
        rest = (lex_str){rest.ptr + first, rest.len - first};
        is_cut = true;
    }
    const char *slash = is_cut ? memchr(rest.ptr, '/', rest.len) : NULL;
    if (slash)
        rest = (lex_str){slash, rest.len - (size_t)(slash - rest.ptr)};
    lex_buf result;
    lex_buf_init(&result);
    lex_buf_printf(&result, "%s%.*s", is_cut ? "…" : "", (int)rest.len, rest.len ? rest.ptr : "");
    lex_buf_release(&kept);
    return result.ptr;
}

static void cut_cell(cli_table *table, const char *text, int64_t columns)
{
    char *cut = cut_right(text, columns);
    cli_table_cell(table, "%s", cut);
    free(cut);
}

/* Prints the table with its lines moved to the right, and frees it. */
static void add_table(lex_buf *out, cli_table *table, int indent)
{
    lex_buf lines;
    lex_buf_init(&lines);
    cli_table_print(&lines, table);
    cli_table_free(table);
    for (size_t at = 0; at < lines.len;) {
        const char *end = memchr(lines.ptr + at, '\n', lines.len - at);
        size_t n = (size_t)(end - lines.ptr) + 1 - at;
        lex_buf_printf(out, "%*s", indent, "");
        lex_buf_add(out, lines.ptr + at, n);
        at += n;
    }
    lex_buf_release(&lines);
}

static double percent(int64_t part, int64_t whole)
{
    return whole ? 100 * (double)part / (double)whole : 0;
}

/* ---- files ---- */

static const char *name_of(const lex_lint_report *report, int64_t file)
{
    const char *path = report->files[file].path;
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static const char *line_ends(const lex_lint_bytes *bytes)
{
    int n = (bytes->n_lf > 0) + (bytes->n_crlf > 0) + (bytes->n_cr > 0);
    return n > 1 ? "mixed" : bytes->n_lf ? "LF" : bytes->n_crlf ? "CRLF" : bytes->n_cr ? "CR" : "";
}

static void add_files(lex_buf *out, const lex_lint_report *report)
{
    static const char *const alignments[2][2] = {{"lrll", "lrllr"}, {"llrll", "llrllr"}};
    bool sets = false, bad = false; /* columns that are not always worth their place */
    for (int64_t i = 0; i < report->n_files; i++) {
        sets |= report->files[i].set != LEX_LINT_OTHER;
        bad |= report->files[i].n_bad > 0;
    }
    cli_table *table = cli_table_new(alignments[sets][bad]);
    const char *titles[] = {"file", "set", "rows", "encoding", "line ends", "bad"};
    for (int i = 0; i < (bad ? 6 : 5); i++) {
        if (i != 1 || sets)
            cli_table_cell(table, "%s", titles[i]);
    }
    for (int64_t i = 0; i < report->n_files; i++) {
        const lex_lint_file *file = &report->files[i];
        char *path = cut_left(name_of(report, i), 36);
        cli_table_cell(table, "%s", path);
        free(path);
        if (sets)
            cli_table_cell(table, "%s", lex_lint_set_name(file->set));
        cli_table_cell(table, "%lld", (long long)file->n_rows);
        cli_table_cell(table, "%s%s", file->encoding, file->bytes.has_mark ? " with BOM" : "");
        cli_table_cell(table, "%s", line_ends(&file->bytes));
        if (bad)
            cli_table_cell(table, "%lld", (long long)file->n_bad);
    }
    add_table(out, table, 0);
}

/* ---- labels ---- */

typedef struct {
    lex_lint_set sets[LEX_LINT_SETS]; /* those that have rows, in their order */
    int n;
} shown_sets;

static shown_sets sets_with_rows(const lex_lint_report *report)
{
    shown_sets shown = {0};
    for (int set = 0; set < LEX_LINT_SETS; set++) {
        if (report->n_set_rows[set] > 0)
            shown.sets[shown.n++] = (lex_lint_set)set;
    }
    return shown;
}

static void add_label_rows(cli_table *table, const shown_sets *shown, const char *name, const int64_t *n, int64_t total,
                           int64_t n_rows)
{
    cut_cell(table, name, 32);
    for (int i = 0; i < shown->n; i++)
        cli_table_cell(table, "%lld", (long long)n[shown->sets[i]]);
    if (shown->n > 1)
        cli_table_cell(table, "%lld", (long long)total);
    cli_table_cell(table, "%.1f%%", percent(total, n_rows));
}

static void add_labels(lex_buf *out, const lex_lint_report *report)
{
    static const char *const alignments[] = {"lrr", "lrr", "lrrrr", "lrrrrr", "lrrrrrr"};
    shown_sets shown = sets_with_rows(report);
    int64_t n_unlabelled = 0, n_labelled = 0;
    for (int64_t i = 0; i < report->n_files; i++)
        n_labelled += report->files[i].labelled ? report->files[i].n_rows : 0;
    if (n_labelled == 0)
        return;
    lex_buf_printf(out, "\n%lld label%s%s\n", (long long)report->n_labels, report->n_labels == 1 ? "" : "s",
                   report->many_labels ? ", any number a row" : "");
    cli_table *table = cli_table_new(alignments[shown.n]);
    cli_table_cell(table, "%s", "label");
    for (int i = 0; i < shown.n; i++) {
        const char *name = lex_lint_set_name(shown.sets[i]);
        cli_table_cell(table, "%s", *name ? name : shown.n > 1 ? "other" : "rows");
    }
    if (shown.n > 1)
        cli_table_cell(table, "%s", "all");
    cli_table_cell(table, "%s", "of rows");
    for (int64_t i = 0; i < report->n_labels && i < LABELS_SHOWN; i++) {
        const lex_lint_label *label = &report->labels[i];
        add_label_rows(table, &shown, label->name, label->n, label->total, n_labelled);
    }
    for (int set = 0; set < LEX_LINT_SETS; set++)
        n_unlabelled += report->n_unlabelled[set];
    if (n_unlabelled)
        add_label_rows(table, &shown, "(none)", report->n_unlabelled, n_unlabelled, n_labelled);
    add_table(out, table, 0);
    if (report->n_labels > LABELS_SHOWN)
        lex_buf_printf(out, "and %lld more\n", (long long)(report->n_labels - LABELS_SHOWN));
}

/* ---- lengths ---- */

static void add_bins(lex_buf *out, const lex_lint_lengths *lengths)
{
    int64_t most = 1;
    for (int i = 0; i < lengths->n_bins; i++)
        most = lengths->bins[i].n_rows > most ? lengths->bins[i].n_rows : most;
    cli_table *table = cli_table_new("rlrrl");
    for (int i = 0; i < lengths->n_bins; i++) {
        const lex_lint_bin *bin = &lengths->bins[i];
        char bar[BAR_COLUMNS + 1];
        int64_t columns = (bin->n_rows * BAR_COLUMNS + most - 1) / most; /* one row shows */
        memset(bar, '#', BAR_COLUMNS);
        bar[columns] = '\0';
        cli_table_cell(table, "%lld", (long long)bin->from);
        cli_table_cell(table, "to");
        cli_table_cell(table, "%lld", (long long)bin->to);
        cli_table_cell(table, "%lld", (long long)bin->n_rows);
        cli_table_cell(table, "%s", bar);
    }
    add_table(out, table, 0);
}

static void add_lengths(lex_buf *out, const lex_lint_report *report)
{
    const lex_lint_lengths *lengths = &report->lengths;
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_printf(&line,
                   "Length in %s: shortest %lld, median %lld, 90%% up to %lld, 99%% up to %lld, longest %lld",
                   lengths->in_tokens ? "tokens, special ones included" : "words", (long long)lengths->min,
                   (long long)lengths->median, (long long)lengths->p90, (long long)lengths->p99,
                   (long long)lengths->max);
    if (lengths->max_length)
        lex_buf_printf(&line, "; %lld rows (%.1f%%) are longer than %lld%s and lose %.1f%% of all %s",
                       (long long)lengths->n_cut, percent(lengths->n_cut, report->n_rows),
                       (long long)lengths->max_length, lengths->by_data ? ", which train would choose," : "",
                       percent(lengths->n_lost, lengths->total), lengths->in_tokens ? "tokens" : "words");
    lex_buf_add_char(out, '\n');
    cli_wrap(out, line.ptr, 0, 0);
    lex_buf_release(&line);
    add_bins(out, lengths);
}

static void add_unknown(lex_buf *out, const lex_lint_report *report)
{
    const lex_lint_unknown *unknown = &report->unknown;
    if (!report->lengths.in_tokens)
        return;
    lex_buf_printf(out, "\nUnknown to the vocabulary: %lld of %lld tokens (%.2f%%), in %lld rows",
                   (long long)unknown->n_unknown, (long long)unknown->n_tokens,
                   percent(unknown->n_unknown, unknown->n_tokens), (long long)unknown->n_rows);
    lex_buf_add_char(out, '\n');
    if (unknown->n_unknown == 0)
        return;
    cli_table *table = cli_table_new("llr");
    for (int i = 0; i < unknown->n_top; i++) {
        char text[8] = "";
        lex_utf8_put(text, unknown->top[i].code_point);
        cli_table_cell(table, "%s", text);
        cli_table_cell(table, "U+%04X", (unsigned)unknown->top[i].code_point);
        cli_table_cell(table, "%lld", (long long)unknown->top[i].n);
    }
    add_table(out, table, 0);
    if (unknown->n_characters > unknown->n_top)
        lex_buf_printf(out, "and %lld more characters\n", (long long)(unknown->n_characters - unknown->n_top));
    if (unknown->n_spelled)
        lex_buf_printf(out, "%lld are of known characters, but too long or without pieces that fit\n",
                       (long long)unknown->n_spelled);
}

void cli_lint_add_tables(lex_buf *out, const lex_lint_report *report)
{
    add_files(out, report);
    if (report->n_rows == 0)
        return;
    add_labels(out, report);
    add_lengths(out, report);
    add_unknown(out, report);
}

/* ---- findings ---- */

/* "train.csv:17"; a place in `same` is "line 17". The caller frees it. */
static char *place_text(const lex_lint_report *report, const lex_lint_place *place, const lex_lint_place *same,
                        int64_t columns)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_printf(&text, "%s", "");
    if (place->file >= 0 && same && same->file == place->file)
        lex_buf_printf(&text, "line ");
    else if (place->file >= 0)
        lex_buf_printf(&text, "%s%s", name_of(report, place->file), place->line > 0 ? ":" : "");
    if (place->line > 0)
        lex_buf_printf(&text, "%lld", (long long)place->line);
    char *cut = cut_left(text.ptr, columns);
    lex_buf_release(&text);
    return cut;
}

static void widen(int64_t *columns, const char *text)
{
    int64_t width = cli_width(lex_str_of(text));
    *columns = width > *columns ? width : *columns;
}

/* Place, the place of its twin where there is one, and as much of the text as the line has room for. */
static void add_examples(lex_buf *out, const lex_lint_report *report, const lex_lint_finding *finding)
{
    enum { INDENT = 2, GAP = 2 };
    char *places[LEX_LINT_EXAMPLES], *others[LEX_LINT_EXAMPLES];
    int64_t first = 0, second = 0;
    bool pairs = false;
    for (int64_t i = 0; i < finding->n_examples; i++)
        pairs |= finding->examples[i].other.file >= 0;
    for (int64_t i = 0; i < finding->n_examples; i++) {
        const lex_lint_example *example = &finding->examples[i];
        places[i] = place_text(report, &example->place, NULL, pairs ? 28 : 40);
        others[i] = place_text(report, &example->other, &example->place, 28);
        widen(&first, places[i]);
        widen(&second, others[i]);
    }
    int64_t room = COLUMNS - 1 - INDENT - first - GAP - (pairs ? second + GAP : 0);
    cli_table *table = cli_table_new(pairs ? "lll" : "ll");
    for (int64_t i = 0; i < finding->n_examples; i++) {
        cli_table_cell(table, "%s", places[i]);
        if (pairs)
            cli_table_cell(table, "%s", others[i]);
        cut_cell(table, finding->examples[i].detail ? finding->examples[i].detail : "", room);
        free(places[i]);
        free(others[i]);
    }
    add_table(out, table, INDENT);
    if (finding->n_places > finding->n_examples)
        lex_buf_printf(out, "  and %lld more\n", (long long)(finding->n_places - finding->n_examples));
}

static void add_plural(lex_buf *out, int64_t n, const char *what)
{
    lex_buf_printf(out, "%lld %s%s", (long long)n, what, n == 1 ? "" : "s");
}

void cli_lint_add_findings(lex_buf *out, const lex_lint_report *report, lex_lint_level least)
{
    for (int64_t i = 0; i < report->n_findings; i++) {
        const lex_lint_finding *finding = &report->findings[i];
        if (finding->level < least)
            continue;
        lex_buf line;
        lex_buf_init(&line);
        lex_buf_printf(&line, "%s [%s] %s", lex_lint_level_name(finding->level), finding->code, finding->message);
        if (out->len)
            lex_buf_add_char(out, '\n');
        cli_wrap(out, line.ptr, 0, 2);
        lex_buf_release(&line);
        if (finding->n_examples)
            add_examples(out, report, finding);
    }
    if (out->len)
        lex_buf_add_char(out, '\n');
    add_plural(out, report->n_of_level[LEX_LINT_ERROR], "error");
    lex_buf_printf(out, ", ");
    add_plural(out, report->n_of_level[LEX_LINT_WARNING], "warning");
    lex_buf_printf(out, ", ");
    add_plural(out, report->n_of_level[LEX_LINT_NOTE], "note");
    lex_buf_printf(out, " in ");
    add_plural(out, report->n_rows, "row");
    lex_buf_add_char(out, '\n');
}
