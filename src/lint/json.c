/* json.c - the report for programs. Names are stable; what does not apply is null or left empty, never absent. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static lex_json *put_object(lex_json *parent, const char *key)
{
    lex_json *child = lex_json_new_object();
    lex_json_put(parent, key, child);
    return child;
}

static lex_json *put_array(lex_json *parent, const char *key)
{
    lex_json *child = lex_json_new_array();
    lex_json_put(parent, key, child);
    return child;
}

static void put_count(lex_json *object, const char *key, int64_t n)
{
    lex_json_put_number(object, key, (double)n);
}

static void put_share(lex_json *object, const char *key, int64_t part, int64_t whole)
{
    lex_json_put_number(object, key, whole ? (double)part / (double)whole : 0);
}

/* NULL for OTHER */
static const char *set_or_null(lex_lint_set set)
{
    return set == LEX_LINT_OTHER ? NULL : lex_lint_set_name(set);
}

static void put_files(lex_json *object, const lex_lint_report *report)
{
    lex_json *files = put_array(object, "files");
    for (int64_t i = 0; i < report->n_files; i++) {
        const lex_lint_file *file = &report->files[i];
        lex_json *entry = lex_json_new_object();
        lex_json_put_string(entry, "file", file->path);
        lex_json_put_string(entry, "set", set_or_null(file->set));
        put_count(entry, "rows", file->n_rows);
        put_count(entry, "bad_rows", file->n_bad);
        lex_json_put_bool(entry, "labelled", file->labelled);
        put_count(entry, "bytes", file->bytes.n_bytes);
        lex_json_put_string(entry, "encoding", file->encoding);
        lex_json_put_bool(entry, "byte_order_mark", file->bytes.has_mark);
        lex_json *ends = put_object(entry, "line_ends");
        put_count(ends, "lf", file->bytes.n_lf);
        put_count(ends, "crlf", file->bytes.n_crlf);
        put_count(ends, "cr", file->bytes.n_cr);
        lex_json_push(files, entry);
    }
}

static void put_labels(lex_json *object, const lex_lint_report *report)
{
    lex_json *labels = put_array(object, "labels");
    for (int64_t i = 0; i < report->n_labels; i++) {
        const lex_lint_label *label = &report->labels[i];
        lex_json *entry = lex_json_new_object();
        lex_json_put_string(entry, "label", label->name);
        put_count(entry, "rows", label->total);
        put_share(entry, "share", label->total, report->n_rows);
        for (int set = 0; set < LEX_LINT_OTHER; set++)
            put_count(entry, lex_lint_set_name((lex_lint_set)set), label->n[set]);
        lex_json_push(labels, entry);
    }
}

static void put_lengths(lex_json *object, const lex_lint_report *report)
{
    const lex_lint_lengths *lengths = &report->lengths;
    lex_json *entry = put_object(object, "lengths");
    lex_json_put_string(entry, "unit", lengths->in_tokens ? "tokens" : "words");
    put_count(entry, "total", lengths->total);
    put_count(entry, "min", lengths->min);
    put_count(entry, "median", lengths->median);
    put_count(entry, "p90", lengths->p90);
    put_count(entry, "p95", lengths->p95);
    put_count(entry, "p99", lengths->p99);
    put_count(entry, "max", lengths->max);
    lex_json *bins = put_array(entry, "histogram");
    for (int i = 0; i < lengths->n_bins; i++) {
        lex_json *bin = lex_json_new_object();
        put_count(bin, "from", lengths->bins[i].from);
        put_count(bin, "to", lengths->bins[i].to);
        put_count(bin, "rows", lengths->bins[i].n_rows);
        lex_json_push(bins, bin);
    }
    if (lengths->max_length)
        put_count(entry, "max_length", lengths->max_length);
    else
        lex_json_put_string(entry, "max_length", NULL);
    put_count(entry, "rows_cut", lengths->n_cut);
    put_share(entry, "rows_cut_share", lengths->n_cut, report->n_rows);
    put_count(entry, "lost", lengths->n_lost);
    put_share(entry, "lost_share", lengths->n_lost, lengths->total);
}

static void put_unknown(lex_json *object, const lex_lint_report *report)
{
    const lex_lint_unknown *unknown = &report->unknown;
    if (!report->lengths.in_tokens) {
        lex_json_put_string(object, "unknown", NULL);
        return;
    }
    lex_json *entry = put_object(object, "unknown");
    put_count(entry, "tokens", unknown->n_unknown);
    put_share(entry, "share", unknown->n_unknown, unknown->n_tokens);
    put_count(entry, "rows", unknown->n_rows);
    put_count(entry, "of_known_characters", unknown->n_spelled);
    put_count(entry, "different_characters", unknown->n_characters);
    lex_json *top = put_array(entry, "characters");
    for (int i = 0; i < unknown->n_top; i++) {
        char text[8] = "", code[16];
        lex_utf8_put(text, unknown->top[i].code_point);
        snprintf(code, sizeof code, "U+%04X", (unsigned)unknown->top[i].code_point);
        lex_json *character = lex_json_new_object();
        lex_json_put_string(character, "character", text);
        lex_json_put_string(character, "code_point", code);
        put_count(character, "n", unknown->top[i].n);
        lex_json_push(top, character);
    }
}

static void put_place(lex_json *object, const lex_lint_report *report, const lex_lint_place *place)
{
    lex_json_put_string(object, "file", place->file >= 0 ? report->files[place->file].path : NULL);
    if (place->line > 0)
        put_count(object, "line", place->line);
    else
        lex_json_put_string(object, "line", NULL);
}

static void put_findings(lex_json *object, const lex_lint_report *report)
{
    lex_json *findings = put_array(object, "findings");
    for (int64_t i = 0; i < report->n_findings; i++) {
        const lex_lint_finding *finding = &report->findings[i];
        lex_json *entry = lex_json_new_object();
        lex_json_put_string(entry, "level", lex_lint_level_name(finding->level));
        lex_json_put_string(entry, "code", finding->code);
        put_count(entry, "count", finding->count);
        lex_json_put_string(entry, "message", finding->message);
        lex_json *examples = put_array(entry, "examples");
        for (int64_t k = 0; k < finding->n_examples; k++) {
            const lex_lint_example *example = &finding->examples[k];
            lex_json *place = lex_json_new_object();
            put_place(place, report, &example->place);
            if (example->other.file >= 0)
                put_place(put_object(place, "other"), report, &example->other);
            lex_json_put_string(place, "detail", example->detail);
            lex_json_push(examples, place);
        }
        lex_json_push(findings, entry);
    }
}

lex_json *lex_lint_json(const lex_lint_report *report)
{
    lex_json *object = lex_json_new_object();
    put_count(object, "schema", 1);
    put_count(object, "rows", report->n_rows);
    lex_json *levels = put_object(object, "levels");
    for (int level = LEX_LINT_ERROR; level >= LEX_LINT_NOTE; level--)
        put_count(levels, lex_lint_level_name((lex_lint_level)level), report->n_of_level[level]);
    put_findings(object, report);
    put_files(object, report);
    put_labels(object, report);
    put_lengths(object, report);
    put_unknown(object, report);
    lex_json *twins = put_object(object, "twins");
    put_count(twins, "duplicates", report->n_duplicates);
    put_count(twins, "near_duplicates", report->n_near);
    put_count(twins, "leaks", report->n_leaks);
    put_count(twins, "near_leaks", report->n_near_leaks);
    return object;
}
