/* cmd_eval.c - a model judged by labelled records: a table for people, a report for scripts. */
#include <stdlib.h>
#include <string.h>

#include "baseline_table.h"
#include "cmd.h"
#include "lexclf/file.h"
#include "lexclf/predictor.h"
#include "scores_table.h"
#include "verbs.h"

static void show_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    (void)context;
    cli_progress_update(n_records, n_tokens);
}

static lex_status check(cli_inputs *inputs, lex_reading *reading, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *report = cli_option_string(options, "report");
    int n_paths;
    const char *const *paths = cli_option_strings(options, "data", &n_paths);
    LEX_TRY(cli_check_reader_options(options, err));
    LEX_TRY(cli_inputs_add(inputs, paths, n_paths, options, reading, err));
    for (int i = 0; i < n_paths && cli_option_given(options, "baseline"); i++) {
        if (strcmp(paths[i], "-") == 0)
            return lex_err_set(err, LEX_ERR_USAGE, "'--baseline' reads the records a second time, which standard input "
                               "does not allow");
    }
    if (report)
        LEX_TRY(cli_check_output_file("report", report, cli_inputs_paths(inputs), (int)inputs->files.n, err));
    if (inputs->files.n == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", paths[0]);
done:
    return st;
}

static lex_status publish(const lex_evaluation *evaluation, const lex_evaluation *baseline,
                          const lex_reading *reading, const cli_options *options,
                          lex_err *err)
{
    lex_status st = LEX_OK;
    const char *path = cli_option_string(options, "report");
    lex_json *report = lex_evaluation_json(evaluation);
    lex_buf text;
    lex_buf_init(&text);
    cli_tell_bad_rows(reading, options, report);
    cli_detail_unused(&evaluation->unused);
    cli_show_scores(&evaluation->metrics, &evaluation->labels);
    if (evaluation->n_truncated)
        cli_note("%lld of %lld texts are longer than the maximum length and were cut",
                 (long long)evaluation->n_truncated, (long long)evaluation->metrics.n);
    if (baseline) {
        lex_json_put(report, "baseline", lex_evaluation_json(baseline));
        cli_note("beside the baseline '%s':", cli_option_string(options, "baseline"));
        cli_show_baseline(&evaluation->metrics, &evaluation->labels, &baseline->metrics, &baseline->labels);
    }
    if (path) {
        lex_json_print(&text, report, true);
        LEX_TRY(lex_file_write(path, lex_buf_str(&text), err));
    }
    if (cli_option_flag(options, "json"))
        LEX_TRY(cli_print_json(report, err));
done:
    lex_buf_release(&text);
    lex_json_free(report);
    return st;
}

/* The second model: its own thresholds and length, and the device that suits it. What there is to say of the records
 * has been said for the first one. */
static lex_status judge_baseline(lex_evaluation *out, const cli_inputs *inputs, const cli_options *options,
                                 lex_err *err)
{
    const lex_predictor_options how = {
        .threads = (int)cli_option_int_or_0(options, "threads"),
        .progress = show_progress,
        .stop = &lex_cli_interrupted,
    };
    lex_reading_options quiet = {.skip_bad_rows = cli_option_flag(options, "skip-bad-rows")};
    lex_reading *reading = lex_reading_new(&quiet);
    lex_reader_options reader = cli_reader_options(options, true, true, reading);
    cli_progress_begin("baseline", 0);
    lex_status st = lex_evaluate(out, cli_option_string(options, "baseline"), cli_inputs_paths(inputs),
                                 (int)inputs->files.n, &reader, &how, err);
    cli_progress_end();
    lex_reading_free(reading);
    return st == LEX_OK ? cli_check_interrupted(err) : st;
}

int cli_run_eval(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_evaluation evaluation = {0}, baseline = {0};
    bool has_baseline = cli_option_given(options, "baseline");
    cli_inputs inputs = {0};
    lex_reading *reading = NULL;
    LEX_TRY(cli_setup_terminal(options, true, err));
    reading = cli_reading_new(options, true);
    LEX_TRY(check(&inputs, reading, options, err));

    lex_reader_options reader = cli_reader_options(options, true, true, reading);
    lex_predictor_options how = {
        .device = cli_option_string(options, "device"),
        .threads = (int)cli_option_int_or_0(options, "threads"),
        .max_length = cli_option_int_or_0(options, "max-length"),
        .batch_tokens = cli_option_int_or_0(options, "batch-tokens"),
        .progress = show_progress,
        .stop = &lex_cli_interrupted,
    };
    how.thresholds = cli_option_strings(options, "threshold", &how.n_thresholds);
    cli_progress_begin("eval", 0);
    LEX_TRY(lex_evaluate(&evaluation, cli_option_string(options, "model"), cli_inputs_paths(&inputs),
                         (int)inputs.files.n, &reader, &how, err));
    cli_progress_end();
    LEX_TRY(cli_check_interrupted(err));
    if (has_baseline)
        LEX_TRY(judge_baseline(&baseline, &inputs, options, err));
    LEX_TRY(publish(&evaluation, has_baseline ? &baseline : NULL, reading, options, err));
done:
    lex_evaluation_release(&evaluation);
    lex_evaluation_release(&baseline);
    lex_reading_free(reading);
    cli_inputs_release(&inputs);
    return (int)st;
}
