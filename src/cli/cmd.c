/* cmd.c - what the verbs' files share. */
#include "cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lexclf/file.h"

lex_status cli_setup_terminal(const cli_options *options, bool has_progress, lex_err *err)
{
    bool quiet = cli_option_flag(options, "quiet");
    cli_level level = quiet ? CLI_QUIET : cli_option_flag(options, "verbose") ? CLI_VERBOSE : CLI_NORMAL;
    /* in the order of the row: auto, always, never */
    cli_progress_mode progress =
        has_progress ? (cli_progress_mode)cli_option_choice(options, "progress") : CLI_PROGRESS_NEVER;
    if (quiet && progress == CLI_PROGRESS_ALWAYS)
        return lex_err_set(err, LEX_ERR_USAGE, "options '--quiet' and '--progress always' exclude each other");
    cli_terminal_setup(level, progress);
    return LEX_OK;
}

/* Once, however many models are opened. */
static void tell_of_model(const char *text)
{
    static bool told;
    if (!told)
        cli_note("%s", text);
    told = true;
}

void cli_warn_of_slow(lex_precision precision, const char *device)
{
    if (lex_precision_is_emulated(precision) && lex_device_is_cpu(device ? device : "auto"))
        cli_warn("%s is computed with this processor's instructions for fp32: '--dtype fp32' is faster and exact",
                 lex_precision_name(precision));
}

lex_predictor_options cli_predictor_options(const cli_options *options)
{
    lex_predictor_options p = {
        .device = cli_option_string(options, "device"),
        .precision = (lex_precision)cli_option_choice(options, "dtype"), /* the row has the order of lex_precision */
        .threads = (int)cli_option_int_or_0(options, "threads"),
        .max_length = cli_option_int_or_0(options, "max-length"),
        .batch_tokens = cli_option_int_or_0(options, "batch-tokens"),
    };
    p.note = tell_of_model;
    int windows = cli_option_choice(options, "windows"); /* auto, then in the order of lex_windows */
    p.windows_given = windows > 0;
    p.windows = windows > 0 ? (lex_windows)(windows - 1) : LEX_WINDOWS_OFF;
    p.stride = cli_option_int_or_0(options, "stride");
    cli_warn_of_slow(p.precision, p.device);
    return p;
}

/* Labels as they are written: one cell, several in it, or a column each. */
static void fill_labels(lex_reader_options *reader, const cli_options *options)
{
    reader->labels = LEX_LABELS_REQUIRED;
    reader->label_column = cli_option_string(options, "label-column");
    reader->label_separator = cli_option_string(options, "label-separator");
    reader->label_columns = cli_option_strings(options, "label-columns", &reader->n_label_columns);
}

lex_reader_options cli_reader_options(const cli_options *options, bool has_label, bool has_id, lex_reading *reading)
{
    lex_reader_options reader = lex_reader_options_default();
    int n = 0;
    reader.format = (lex_format)cli_option_choice(options, "format"); /* the row has the order of lex_format */
    const char *const *columns = cli_option_strings(options, "text-column", &n);
    if (n) {
        reader.text_columns = columns;
        reader.n_text_columns = n;
    }
    if (has_label)
        fill_labels(&reader, options);
    if (has_id)
        reader.id_column = cli_option_string(options, "id-column");
    const char *delimiter = cli_option_string(options, "delimiter");
    reader.delimiter = delimiter ? lex_delimiter_parse(delimiter) : 0;
    reader.no_header = cli_option_flag(options, "no-header");
    reader.encoding = cli_option_string(options, "encoding");
    reader.reading = reading;
    return reader;
}

lex_status cli_check_reader_options(const cli_options *options, lex_err *err)
{
    static const char *const of_tables[] = {"delimiter", "no-header"};
    int format = cli_option_choice(options, "format");
    for (size_t i = 0; i < sizeof of_tables / sizeof *of_tables; i++) {
        if (cli_option_given(options, of_tables[i]) && (format == LEX_FORMAT_JSONL || format == LEX_FORMAT_TXT))
            return lex_err_set(err, LEX_ERR_USAGE, "option '--%s' is for CSV and TSV", of_tables[i]);
    }
    return LEX_OK;
}

static void tell_note(void *context, const char *text)
{
    (void)context;
    cli_note("%s", text);
}

static void tell_warning(void *context, const char *text)
{
    (void)context;
    cli_warn("%s", text);
}

lex_reading *cli_reading_new(const cli_options *options, bool may_skip)
{
    lex_reading_options how = {may_skip && cli_option_flag(options, "skip-bad-rows"), tell_note, tell_warning, NULL};
    return lex_reading_new(&how);
}

void cli_tell_bad_rows(const lex_reading *reading, const cli_options *options, lex_json *summary)
{
    int64_t n = lex_reading_n_bad(reading);
    if (n > LEX_BAD_ROWS_NAMED)
        cli_warn("%lld bad rows were left out; the first %d are named above", (long long)n, LEX_BAD_ROWS_NAMED);
    if (!summary || !cli_option_flag(options, "skip-bad-rows"))
        return;
    const lex_strings *first = lex_reading_first_bad(reading);
    lex_json *list = lex_json_new_array();
    for (int64_t i = 0; i < first->n; i++)
        lex_json_push(list, lex_json_new_string(first->items[i]));
    lex_json_put_number(summary, "bad_rows", (double)n);
    lex_json_put(summary, "first_bad_rows", list);
}

lex_status cli_check_standard_input(const cli_options *options, const char *const *files, int n, lex_err *err)
{
    int n_stdin = 0;
    for (int i = 0; i < n; i++)
        n_stdin += strcmp(files[i], "-") == 0;
    if (n_stdin > 1)
        return lex_err_set(err, LEX_ERR_USAGE, "'-', standard input, can only be read once");
    if (n_stdin == 0 || cli_option_choice(options, "format") != LEX_FORMAT_AUTO)
        return LEX_OK;
    lex_err_set(err, LEX_ERR_USAGE, "standard input needs '--format'");
    lex_err_hint(err, "name a file, or say what standard input holds: --format csv, tsv, jsonl ...");
    return err->code;
}

lex_status cli_check_files_exist(const char *const *files, int n, lex_err *err)
{
    for (int i = 0; i < n; i++) {
        struct stat info;
        if (strcmp(files[i], "-") != 0 && stat(files[i], &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
            return lex_err_set(err, LEX_ERR_INPUT, "%s: no such file", files[i]);
    }
    return LEX_OK;
}

lex_status cli_inputs_add(cli_inputs *inputs, const char *const *paths, int n, const cli_options *options,
                          lex_reading *reading, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(cli_check_standard_input(options, paths, n, err));
    LEX_TRY(cli_check_files_exist(paths, n, err));
    for (int i = 0; i < n; i++) {
        bool is_folder;
        LEX_TRY(lex_files_expand(&inputs->files, &is_folder, paths[i], (lex_format)cli_option_choice(options, "format"),
                                 reading, err));
        inputs->has_folder |= is_folder;
    }
done:
    return st;
}

lex_status cli_inputs_take(cli_inputs *inputs, const cli_options *options, lex_reading *reading, lex_err *err)
{
    static const char *const standard_input[] = {"-"};
    int n;
    const char *const *paths = cli_option_files(options, &n);
    return cli_inputs_add(inputs, n ? paths : standard_input, n ? n : 1, options, reading, err);
}

const char *const *cli_inputs_paths(const cli_inputs *inputs)
{
    return (const char *const *)inputs->files.items;
}

void cli_inputs_release(cli_inputs *inputs)
{
    lex_strings_release(&inputs->files);
}

bool cli_is_same_path(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

lex_status cli_check_output_file(const char *option, const char *path, const char *const *inputs, int n_inputs,
                                 lex_err *err)
{
    if (lex_path_kind_of(path) == LEX_PATH_DIR)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--%s': '%s' is a folder, not a file", option, path);
    for (int i = 0; i < n_inputs; i++) {
        if (cli_is_same_path(path, inputs[i]))
            return lex_err_set(err, LEX_ERR_USAGE, "option '--%s' would replace '%s', which is read", option,
                               inputs[i]);
    }
    return LEX_OK;
}

int64_t cli_option_int_or_0(const cli_options *options, const char *name)
{
    return cli_option_given(options, name) ? cli_option_int(options, name) : 0;
}

void cli_detail_unused(const lex_strings *names)
{
    for (int64_t i = 0; i < names->n; i++)
        cli_detail("'%s' in the model's weights is not used", names->items[i]);
}

void cli_detail_unknown(const lex_strings *names)
{
    for (int64_t i = 0; i < names->n; i++)
        cli_detail("'%s' in the model's config.json is not known here and has no effect", names->items[i]);
}

lex_status cli_print_json(const lex_json *object, lex_err *err)
{
    lex_buf line;
    lex_buf_init(&line);
    lex_json_print(&line, object, false);
    lex_buf_add_char(&line, '\n');
    lex_status st = cli_stdout_write(line.ptr, line.len, err);
    lex_buf_release(&line);
    return st;
}

lex_status cli_check_interrupted(lex_err *err)
{
    return lex_cli_interrupted ? lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted") : LEX_OK;
}
