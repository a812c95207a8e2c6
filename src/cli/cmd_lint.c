/* cmd_lint.c - data looked over before a model learns it. Needs no libtorch and no weights; a tokenizer if one is
 * named. stdout carries what was found, as text or as one JSON object. */
#include <stdlib.h>

#include "cmd.h"
#include "lexclf/file.h"
#include "lexclf/lint.h"
#include "lexclf/predictor.h"
#include "lint_text.h"
#include "verbs.h"

/* The files in the order in which they are read: those of set s end before end[s]. */
typedef struct {
    cli_inputs inputs;
    int64_t end[LEX_LINT_SETS];
} input_sets;

/* What the command line alone can tell. */
static lex_status check(input_sets *in, lex_reading *reading, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *const *paths[LEX_LINT_SETS];
    int n[LEX_LINT_SETS];
    const char **all = NULL;
    int n_all = 0, capacity = 0;
    for (int set = 0; set < LEX_LINT_SETS; set++) {
        paths[set] = set == LEX_LINT_OTHER ? cli_option_files(options, &n[set])
                                           : cli_option_strings(options, lex_lint_set_name((lex_lint_set)set), &n[set]);
        for (int i = 0; i < n[set]; i++)
            LEX_PUSH(all, n_all, capacity, paths[set][i]);
    }
    if (n_all == 0) {
        st = lex_err_set(err, LEX_ERR_USAGE, "no file is named");
        lex_err_hint(err, "name files, or '-' with '--format' for standard input");
        goto done;
    }
    LEX_TRY(cli_check_reader_options(options, err));
    LEX_TRY(cli_check_standard_input(options, all, n_all, err));
    LEX_TRY(cli_check_files_exist(all, n_all, err));
    for (int set = 0; set < LEX_LINT_SETS; set++) {
        LEX_TRY(cli_inputs_add(&in->inputs, paths[set], n[set], options, reading, err));
        in->end[set] = in->inputs.files.n;
    }
    if (in->inputs.files.n == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: no data file is in it", all[0]);
    const char *report = cli_option_string(options, "report");
    if (report && st == LEX_OK)
        LEX_TRY(cli_check_output_file("report", report, cli_inputs_paths(&in->inputs), (int)in->inputs.files.n, err));
done:
    free(all);
    return st;
}

/* The tokenizer and the maximum length, from the folder that is named. */
static lex_status open_model(lex_model **model, lex_lint_options *lint, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *dir = cli_option_string(options, "model"), *encoder = cli_option_string(options, "encoder");
    lint->max_length = cli_option_int_or_0(options, "max-length");
    if (!dir && !encoder)
        return LEX_OK;
    LEX_TRY(lex_model_open(model, dir ? dir : encoder, LEX_MODEL_TOKENIZER, err));
    int64_t positions = (*model)->config.n_positions;
    lint->length_by_data = encoder && lint->max_length == 0;
    if (lint->length_by_data)
        lint->max_length = positions < LEX_LENGTH_MOST ? positions : LEX_LENGTH_MOST;
    bool asked = lint->max_length != 0;
    LEX_TRY(lex_model_length(&lint->max_length, *model, lint->max_length, err));
    if (dir && !asked && (*model)->windows != LEX_WINDOWS_OFF)
        lint->max_length = 0; /* it reads whole texts */
    lint->tokenizer = (*model)->tokenizer;
done:
    return st;
}

static lex_status read_all(lex_lint *lint, const input_sets *in, const lex_reader_options *reader, bool unlabelled,
                           lex_err *err)
{
    lex_status st = LEX_OK;
    bool asked_for = reader->label_column || reader->n_label_columns; /* where it lacks, the reader says so */
    int set = 0;
    for (int64_t i = 0; i < in->inputs.files.n; i++) {
        const char *path = in->inputs.files.items[i];
        lex_reader_options how = *reader;
        bool labelled = asked_for;
        while (i >= in->end[set])
            set++;
        if (!unlabelled && !asked_for)
            LEX_TRY(lex_lint_has_labels(&labelled, path, reader, err));
        how.labels = labelled ? LEX_LABELS_REQUIRED : LEX_LABELS_IGNORED;
        LEX_TRY(lex_lint_add(lint, path, (lex_lint_set)set, &how, err));
    }
done:
    return st;
}

static lex_status publish(const lex_lint_report *report, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *path = cli_option_string(options, "report");
    lex_json *object = lex_lint_json(report);
    lex_buf text;
    lex_buf_init(&text);
    if (path) {
        lex_json_print(&text, object, true);
        LEX_TRY(lex_file_write(path, lex_buf_str(&text), err));
        lex_buf_clear(&text);
    }
    if (cli_option_flag(options, "json")) {
        LEX_TRY(cli_print_json(object, err));
        goto done;
    }
    bool quiet = cli_option_flag(options, "quiet");
    if (!quiet)
        cli_lint_add_tables(&text, report);
    cli_lint_add_findings(&text, report, quiet ? LEX_LINT_WARNING : LEX_LINT_NOTE);
    LEX_TRY(cli_stdout_write(text.ptr, text.len, err));
done:
    lex_buf_release(&text);
    lex_json_free(object);
    return st;
}

/* Whether --strict holds: in the order of its row, never, error, warning, note. */
static bool gate_holds(const lex_lint_report *report, int strict)
{
    int64_t n = 0;
    for (int level = LEX_LINT_ERROR; strict > 0 && level >= LEX_LINT_ERROR + 1 - strict; level--)
        n += report->n_of_level[level];
    return n == 0;
}

static void show_progress(void *context, int64_t n_rows, int64_t n_tokens)
{
    (void)context;
    cli_progress_update(n_rows, n_tokens);
}

int cli_run_lint(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_model *model = NULL;
    lex_lint *lint = NULL;
    input_sets in = {0};
    lex_reading *reading = NULL;
    bool gate = true;
    double begin_s = lex_now_s();
    lex_lint_options how = lex_lint_options_default();
    LEX_TRY(cli_setup_terminal(options, true, err));
    reading = cli_reading_new(options, false);
    LEX_TRY(check(&in, reading, options, err));
    LEX_TRY(open_model(&model, &how, options, err));
    how.near = cli_option_double(options, "near");
    how.min_examples = cli_option_int(options, "min-examples");
    how.stop = &lex_cli_interrupted;
    how.progress = show_progress;

    lex_reader_options reader = cli_reader_options(options, true, true, NULL);
    if (model)
        reader = lex_reader_options_of_model(&reader, model);
    lint = lex_lint_new(&how);
    cli_progress_begin("lint", 0);
    LEX_TRY(read_all(lint, &in, &reader, cli_option_flag(options, "unlabelled"), err));
    const lex_lint_report *report = lex_lint_finish(lint);
    cli_progress_end();
    cli_detail("%lld rows looked over in %.1f s", (long long)report->n_rows, lex_now_s() - begin_s);
    LEX_TRY(cli_check_interrupted(err));
    LEX_TRY(publish(report, options, err));
    gate = gate_holds(report, cli_option_choice(options, "strict"));
done:
    lex_lint_free(lint);
    lex_model_free(model);
    lex_reading_free(reading);
    cli_inputs_release(&in.inputs);
    return st == LEX_OK ? !gate : (int)st;
}
