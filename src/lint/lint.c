/* lint.c - files to rows to a summary of each (see lint.h). A row costs its walk, a look into the table of texts, and
 * what is kept of it; what can only be told at the end waits for lex_lint_finish(). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "internal.h"
#include "lexclf/hash.h"

enum { EXCERPT_BYTES = 60, AROUND_BYTES = 24, SHORT_WORDS = 5 };

lex_lint_options lex_lint_options_default(void)
{
    return (lex_lint_options){.min_examples = 10, .near = 0.8};
}

lex_lint *lex_lint_new(const lex_lint_options *options)
{
    lex_lint *lint = lex_alloc_zeroed(1, sizeof *lint);
    lint->options = *options;
    lex_arena_init(&lint->kept);
    lex_buf_init(&lint->scan.folded);
    lex_tokens_init(&lint->tokens);
    lex_tokens_init(&lint->one);
    return lint;
}

static void release_finding(lex_lint_finding *finding)
{
    for (int64_t i = 0; i < finding->n_examples; i++)
        free(finding->examples[i].detail);
    free(finding->examples);
    free(finding->message);
}

static void release_report(lex_lint_report *report)
{
    for (int64_t i = 0; i < report->n_files; i++) {
        free(report->files[i].path);
        free(report->files[i].encoding);
    }
    for (int64_t i = 0; i < report->n_labels; i++)
        free(report->labels[i].name);
    for (int64_t i = 0; i < report->n_findings; i++)
        release_finding(&report->findings[i]);
    free(report->files);
    free(report->labels);
    free(report->findings);
}

void lex_lint_free(lex_lint *lint)
{
    if (!lint)
        return;
    release_report(&lint->report);
    for (int code = 0; code < LINT_N_CODES; code++)
        release_finding(&lint->found[code]);
    free(lint->rows);
    free(lint->texts);
    free(lint->bands);
    free(lint->label_rows);
    free(lint->label_sets);
    free(lint->row_labels);
    free(lint->characters);
    lint_table_release(&lint->text_numbers);
    lint_table_release(&lint->ids);
    lint_table_release(&lint->label_numbers);
    lint_table_release(&lint->label_set_numbers);
    lint_table_release(&lint->character_numbers);
    lex_arena_release(&lint->kept);
    lex_buf_release(&lint->scan.folded);
    lex_tokens_release(&lint->tokens);
    lex_tokens_release(&lint->one);
    free(lint);
}

/* ---- texts ---- */

/* `text` from `from` on, at most `n` bytes of whole characters, in the arena. */
static lex_str cut(lex_arena *arena, lex_str text, size_t from, size_t n)
{
    while (from > 0 && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from--;
    size_t to = text.len - from < n ? text.len : from + n;
    while (to < text.len && to > from && ((unsigned char)text.ptr[to] & 0xC0) == 0x80)
        to--;
    return lex_arena_copy(arena, (lex_str){text.ptr + from, to - from});
}

static uint32_t new_text(lex_lint *lint)
{
    lint_scan *scan = &lint->scan;
    lint_text text = {.label_row = LINT_NONE};
    memset(text.first, 0xFF, sizeof text.first);
    text.excerpt = cut(&lint->kept, lex_buf_str(&scan->folded), 0, EXCERPT_BYTES).ptr;
    size_t n_bands = (size_t)lint->n_texts * LINT_BANDS;
    if (n_bands == lint->bands_capacity) {
        lint->bands_capacity = lint->bands_capacity ? 2 * lint->bands_capacity : 64 * LINT_BANDS;
        lint->bands = lex_realloc_array(lint->bands, lint->bands_capacity, sizeof *lint->bands);
    }
    text.is_short = scan->n_words < SHORT_WORDS;
    if (scan->n_words > 0) {
        text.sketch = lint_sketch_of(&scan->shingles, &lint->kept);
        lint_bands_of(lint->bands + n_bands, &scan->shingles);
    }
    LEX_PUSH(lint->texts, lint->n_texts, lint->texts_capacity, text);
    return lint->n_texts - 1;
}

/* The row's text is known from earlier rows, or will be to later ones. */
static void compare_texts(lex_lint *lint, uint32_t number, lex_lint_set set)
{
    lint_text *text = &lint->texts[lint->rows[number].text];
    lex_str excerpt = lex_str_of(text->excerpt);
    if (text->first[set] != LINT_NONE) {
        lint->report.n_duplicates++;
        lint_note(lint, LINT_DUPLICATE, number, text->first[set], excerpt);
    } else {
        text->first[set] = number;
    }
    for (int earlier = 0; earlier < (int)set && set != LEX_LINT_OTHER; earlier++) {
        if (text->first[earlier] == LINT_NONE)
            continue;
        lint->report.n_leaks++;
        lint->n_short_leaks += text->is_short;
        lint_note(lint, LINT_LEAK, number, text->first[earlier], excerpt);
        break;
    }
    uint32_t labels = lint->rows[number].label_set;
    if (labels == LINT_NONE)
        return;
    if (text->label_row == LINT_NONE)
        text->label_row = number;
    uint32_t first_labels = lint->rows[text->label_row].label_set;
    if (labels == first_labels || text->conflict)
        return;
    text->conflict = true;
    lex_buf detail;
    lex_buf_init(&detail);
    lint_add_label_set(&detail, lint, labels);
    lex_buf_printf(&detail, " | ");
    lint_add_label_set(&detail, lint, first_labels);
    lint_note(lint, LINT_LABEL_CONFLICT, number, text->label_row, lex_buf_str(&detail));
    lex_buf_release(&detail);
}

/* ---- rows ---- */

static void note_odd(lex_lint *lint, uint32_t number, lex_str text)
{
    static const lint_code codes[LINT_N_ODD] = {LINT_CONTROL_CHARACTER, LINT_REPLACEMENT_CHARACTER, LINT_MOJIBAKE_TEXT,
                                                LINT_INVISIBLE_CHARACTER};
    for (int odd = 0; odd < LINT_N_ODD; odd++) {
        if (lint->scan.n_odd[odd] == 0)
            continue;
        lex_arena scratch;
        lex_arena_init(&scratch);
        lex_buf detail;
        lex_buf_init(&detail);
        size_t at = lint->scan.odd_at[odd];
        lex_str around = cut(&scratch, text, at > AROUND_BYTES ? at - AROUND_BYTES : 0, 2 * AROUND_BYTES);
        if (odd == LINT_CONTROL || odd == LINT_INVISIBLE)
            lex_buf_printf(&detail, "U+%04X  ", lint->scan.odd_char[odd]);
        lex_buf_add_str(&detail, around);
        lint_note(lint, codes[odd], number, LINT_NONE, lex_buf_str(&detail));
        lex_buf_release(&detail);
        lex_arena_release(&scratch);
    }
}

static void note_id(lex_lint *lint, const lex_record *record, uint32_t number)
{
    if (record->id_field < 0)
        return;
    lex_str id = record->fields[record->id_field].value;
    uint64_t file = lint->rows[number].file;
    uint32_t *first = lint_table_at(&lint->ids, lex_hash64(id.ptr, id.len) + lint_mix(file + 1));
    if (*first == LINT_NONE)
        *first = number;
    else
        lint_note(lint, LINT_DUPLICATE_ID, number, *first, id);
}

static void add_row(lex_lint *lint, const lex_record *record, lex_lint_file *file)
{
    uint32_t number = lint->n_rows;
    lint_scan *scan = &lint->scan;
    lint_row row = {record->line, (uint32_t)(lint->report.n_files - 1), LINT_NONE, LINT_NONE, 0};
    lint_scan_text(scan, record->text);
    row.length = lint_length_of(lint, record->text);
    if (file->labelled)
        row.label_set = lint_labels_add(lint, record, file->set);
    if (scan->folded.len > 0) {
        uint32_t *text = lint_table_at(&lint->text_numbers, lex_hash64(scan->folded.ptr, scan->folded.len));
        if (*text == LINT_NONE)
            *text = new_text(lint);
        row.text = *text;
    }
    LEX_PUSH(lint->rows, lint->n_rows, lint->rows_capacity, row);
    file->n_rows++;
    lint->report.n_rows++;
    lint->report.n_set_rows[file->set]++;
    lint->n_tokens += lint->options.tokenizer ? row.length : 0;
    if (row.text == LINT_NONE)
        lint_note(lint, LINT_EMPTY_TEXT, number, LINT_NONE, LEX_STR(""));
    else
        compare_texts(lint, number, file->set);
    note_odd(lint, number, record->text);
    note_id(lint, record, number);
}

/* ---- files ---- */

/* Takes "FILE:LINE: " off the front of the reader's message. */
static int64_t take_place(lex_str *reason, const char *path)
{
    lex_str name = strcmp(path, "-") == 0 ? LEX_STR("standard input") : lex_str_of(path);
    size_t at = name.len + 1, digits = at;
    if (!lex_str_starts(*reason, name) || reason->len <= at || reason->ptr[name.len] != ':')
        return 0;
    while (digits < reason->len && reason->ptr[digits] >= '0' && reason->ptr[digits] <= '9')
        digits++;
    int64_t line = 0;
    if (!lex_parse_int64(&line, (lex_str){reason->ptr + at, digits - at}) || reason->len - digits < 2)
        return 0;
    *reason = (lex_str){reason->ptr + digits + 2, reason->len - digits - 2};
    return line;
}

static void note_bad_row(lex_lint *lint, const char *message)
{
    lex_lint_file *file = &lint->report.files[lint->report.n_files - 1];
    lex_str reason = lex_str_of(message);
    int64_t line = take_place(&reason, file->path);
    file->n_bad++;
    lint_note_place(lint, LINT_BAD_ROW, (lex_lint_place){lint->report.n_files - 1, line}, reason);
}

/* Those that the reader passed over; of the later ones only the number is known. */
static void note_skipped_rows(lex_lint *lint, const lex_reading *reading)
{
    const lex_strings *first = lex_reading_first_bad(reading);
    for (int64_t i = 0; i < first->n; i++)
        note_bad_row(lint, first->items[i]);
    int64_t n_more = lex_reading_n_bad(reading) - first->n;
    lint->report.files[lint->report.n_files - 1].n_bad += n_more;
    lint->found[LINT_BAD_ROW].n_places += n_more;
}

static lex_status read_rows(lex_lint *lint, lex_reader *reader, lex_arena *arena, lex_err *err)
{
    const lex_lint_options *o = &lint->options;
    for (;;) {
        lex_record record;
        bool end = false;
        lex_arena_reset(arena);
        lex_status st = lex_reader_next(reader, &record, &end, arena, err);
        if (o->stop && *o->stop) {
            lex_err_clear(err);
            return lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted");
        }
        if (st == LEX_ERR_INPUT) {
            note_bad_row(lint, err->message); /* the file cannot be read on */
            lex_err_clear(err);
            return LEX_OK;
        }
        if (st != LEX_OK || end)
            return st;
        if (lint->n_rows == LINT_NONE - 1)
            return lex_err_set(err, LEX_ERR_INPUT, "more than %u rows", LINT_NONE - 1);
        add_row(lint, &record, &lint->report.files[lint->report.n_files - 1]);
        if (o->progress && lint->n_rows % 512 == 0)
            o->progress(o->context, lint->n_rows, lint->n_tokens);
    }
}

static void judge_file(lex_lint *lint)
{
    lex_lint_report *report = &lint->report;
    const lex_lint_file *file = &report->files[report->n_files - 1];
    const lex_lint_bytes *bytes = &file->bytes;
    lex_lint_place place = {report->n_files - 1, 0};
    if (file->n_rows == 0 && file->n_bad == 0)
        lint_note_place(lint, LINT_NO_ROWS, place, LEX_STR(""));
    if (strcmp(file->encoding, "ASCII") != 0 && strcasecmp(file->encoding, "UTF-8") != 0)
        lint_note_place(lint, LINT_ENCODING, place, lex_str_of(file->encoding));
    if ((bytes->n_lf > 0) + (bytes->n_crlf > 0) + (bytes->n_cr > 0) > 1) {
        lex_buf text;
        lex_buf_init(&text);
        lex_buf_printf(&text, "LF %lld, CRLF %lld, CR %lld", (long long)bytes->n_lf, (long long)bytes->n_crlf,
                       (long long)bytes->n_cr);
        lint_note_place(lint, LINT_LINE_ENDS, place, lex_buf_str(&text));
        lex_buf_release(&text);
    }
}

lex_status lex_lint_add(lex_lint *lint, const char *path, lex_lint_set set, const lex_reader_options *options,
                        lex_err *err)
{
    lex_status st = LEX_OK;
    lex_reader *reader = NULL;
    lex_reading *reading = lex_reading_new(&(lex_reading_options){.skip_bad_rows = true});
    lex_reader_options how = *options;
    lex_lint_file file = {.set = set, .labelled = options->labels != LEX_LABELS_IGNORED};
    lex_arena arena;
    lex_arena_init(&arena);
    LEX_ASSERT(!lint->finished);
    how.reading = reading;
    LEX_TRY(lex_reader_open(&reader, path, &how, err));
    LEX_TRY(lint_bytes_read(&file.bytes, path, options->format, err));
    file.path = lex_strdup(path);
    LEX_PUSH(lint->report.files, lint->report.n_files, lint->report.files_capacity, file);
    LEX_TRY(read_rows(lint, reader, &arena, err));
    note_skipped_rows(lint, reading);
    lint->report.files[lint->report.n_files - 1].encoding =
        lex_strdup(file.bytes.is_ascii ? "ASCII" : lex_reader_encoding(reader));
    judge_file(lint);
done:
    lex_reader_close(reader);
    lex_reading_free(reading);
    lex_arena_release(&arena);
    return st;
}

/* Whether the record, read without its labels, has a field that would hold them. */
static bool has_label_field(const lex_record *record, const lex_reader_options *options, lex_arena *arena)
{
    const char *name = options->label_column;
    for (int64_t i = 0; i < record->n_fields; i++) {
        lex_str field = record->fields[i].name;
        if (record->is_json)
            field = lex_json_decode(field, arena);
        bool found = name ? lex_str_equal(field, lex_str_of(name))
                          : lex_str_equal(field, LEX_STR("label")) ||
                                (record->is_json && lex_str_equal(field, LEX_STR("labels")));
        if (found)
            return true;
    }
    return false;
}

/* Opens the file and reads its first record, if there is one. */
static lex_status read_first(lex_record *record, bool *end, const char *path, const lex_reader_options *options,
                             lex_reader **reader, lex_arena *arena, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(lex_reader_open(reader, path, options, err));
    LEX_TRY(lex_reader_next(*reader, record, end, arena, err));
done:
    return st;
}

lex_status lex_lint_has_labels(bool *out, const char *path, const lex_reader_options *options, lex_err *err)
{
    struct stat info;
    *out = true;
    if (strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)))
        return LEX_OK;
    lex_reader *reader = NULL;
    lex_record record;
    bool end = false;
    lex_reader_options with = *options, without = *options;
    lex_arena arena;
    lex_arena_init(&arena);
    with.reading = without.reading = NULL;
    with.labels = LEX_LABELS_REQUIRED;
    without.labels = LEX_LABELS_IGNORED;
    lex_err first_err = {0};
    lex_status st = read_first(&record, &end, path, &with, &reader, &arena, &first_err);
    if (st != LEX_OK) {
        bool opened = reader != NULL;
        lex_reader_close(reader);
        reader = NULL;
        st = read_first(&record, &end, path, &without, &reader, &arena, err);
        if (st == LEX_OK)
            *out = end ? opened : has_label_field(&record, options, &arena);
        else if (reader) { /* the row is bad in any case, and will be named as such */
            *out = opened;
            lex_err_clear(err);
            st = LEX_OK;
        }
    }
    lex_reader_close(reader);
    lex_arena_release(&arena);
    return st;
}

/* ---- the end ---- */

/* Headings and names come again by chance; how many of the leaks are such says how bad it is. */
static void judge_leaks(lex_lint *lint)
{
    int64_t n = lint->report.n_leaks, n_short = lint->n_short_leaks;
    if (n_short == 0)
        return;
    lint_tell(lint, LINT_LEAK, n_short < n ? LEX_LINT_ERROR : LEX_LINT_WARNING,
              "%s in an earlier set too, %lld of them under %d words: take out one of each two, or the score measures "
              "memory",
              lint_count(n, "row of dev or test is", "rows of dev or test are").text, (long long)n_short, SHORT_WORDS);
}

const lex_lint_report *lex_lint_finish(lex_lint *lint)
{
    lex_lint_report *report = &lint->report;
    LEX_ASSERT(!lint->finished);
    lint->finished = true;
    lint_near_pair(lint);
    report->n_near = lint->found[LINT_NEAR_DUPLICATE].n_places;
    report->n_near_leaks = lint->found[LINT_NEAR_LEAK].n_places;
    judge_leaks(lint);
    lint_lengths_judge(lint);
    lint_labels_judge(lint);
    lint_draw_up(lint);
    return report;
}
