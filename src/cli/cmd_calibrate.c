/* cmd_calibrate.c - a finished model's temperature and thresholds, fitted on new data. */
#include "cmd.h"
#include "lexclf/predictor.h"
#include "verbs.h"

static void show_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    (void)context;
    cli_progress_update(n_records, n_tokens);
}

/* The new folder must be neither the model's own nor around anything that is read. */
static lex_status check_out(const char *const *paths, int n_paths, const cli_options *options, lex_err *err)
{
    const char *out = cli_option_string(options, "out"), *model = cli_option_string(options, "model");
    bool overwrite = cli_option_flag(options, "overwrite");
    lex_status st = LEX_OK;
    if (!out && overwrite)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--overwrite' needs '--out'");
    if (!out)
        return LEX_OK;
    if (cli_is_same_path(out, model)) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--out': '%s' is the model's own folder", out);
        lex_err_hint(err, "without --out, the model is calibrated where it stands");
        return err->code;
    }
    LEX_TRY(cli_check_out_folder(out, overwrite, &model, 1, err));
    LEX_TRY(cli_check_out_folder(out, overwrite, paths, n_paths, err));
done:
    return st;
}

static lex_status check(cli_inputs *inputs, lex_reading *reading, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    int n_paths;
    const char *const *paths = cli_option_strings(options, "data", &n_paths);
    LEX_TRY(cli_check_reader_options(options, err));
    LEX_TRY(cli_inputs_add(inputs, paths, n_paths, options, reading, err));
    LEX_TRY(check_out(cli_inputs_paths(inputs), (int)inputs->files.n, options, err));
    if (inputs->files.n == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", paths[0]);
done:
    return st;
}

static lex_status publish(const lex_recalibration *r, const lex_reading *reading, const cli_options *options,
                          lex_err *err)
{
    lex_strings lines = {0};
    lex_json *summary = lex_recalibration_json(r);
    lex_status st = LEX_OK;
    cli_tell_bad_rows(reading, options, summary);
    const char *out = cli_option_string(options, "out");
    lex_calibration_lines(&lines, &r->calibration, &r->labels);
    for (int64_t i = 0; i < lines.n; i++)
        cli_note("%s", lines.items[i]);
    cli_note("written to '%s'", out ? out : cli_option_string(options, "model"));
    lex_strings_release(&lines);
    if (cli_option_flag(options, "json"))
        st = cli_print_json(summary, err);
    lex_json_free(summary);
    return st;
}

int cli_run_calibrate(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_recalibration r = {0};
    cli_inputs inputs = {0};
    lex_reading *reading = NULL;
    LEX_TRY(cli_setup_terminal(options, true, err));
    reading = cli_reading_new(options, true);
    LEX_TRY(check(&inputs, reading, options, err));

    static const lex_calibrate_mode modes[] = {LEX_CALIBRATE_TEMPERATURE, LEX_CALIBRATE_KEEP, LEX_CALIBRATE_OFF};
    lex_calibration_options fit = {.mode = modes[cli_option_choice(options, "calibrate")]};
    const char *rule = cli_option_string(options, "tune-thresholds");
    if (rule)
        LEX_ASSERT(lex_threshold_rule_parse(&fit.thresholds, lex_str_of(rule)));
    lex_reader_options reader = cli_reader_options(options, true, true, reading);
    lex_predictor_options how = cli_predictor_options(options);
    how.progress = show_progress;
    how.stop = &lex_cli_interrupted;
    cli_progress_begin("calibrate", 0);
    LEX_TRY(lex_recalibrate(&r, cli_option_string(options, "model"), cli_option_string(options, "out"),
                            cli_inputs_paths(&inputs), (int)inputs.files.n, &reader, &how, &fit, !rule, err));
    cli_progress_end();
    LEX_TRY(publish(&r, reading, options, err));
done:
    lex_recalibration_release(&r);
    lex_reading_free(reading);
    cli_inputs_release(&inputs);
    return (int)st;
}
