/* cmd_quantize.c - a model folder with rounded weights made of another, unless it answers too much worse. */
#include <string.h>

#include "cmd.h"
#include "lexclf/predictor.h"
#include "verbs.h"

static void show_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    (void)context;
    cli_progress_update(n_records, n_tokens);
}

/* The data is read again for every folder that is tried, which a pipe does not allow. */
static lex_status check_read_again(const cli_inputs *inputs, lex_err *err)
{
    for (int64_t i = 0; i < inputs->files.n; i++) {
        if (strcmp(inputs->files.items[i], "-") != 0)
            continue;
        lex_err_set(err, LEX_ERR_USAGE, "'-', standard input, can only be read once, and 'quantize' reads its data again");
        lex_err_hint(err, "put the data into a file");
        return err->code;
    }
    return LEX_OK;
}

static lex_status check(cli_inputs *inputs, lex_reading *reading, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    int n_paths;
    const char *const *paths = cli_option_strings(options, "data", &n_paths);
    const char *out = cli_option_string(options, "out"), *model = cli_option_string(options, "model");
    const bool overwrite = cli_option_flag(options, "overwrite");
    LEX_TRY(cli_check_reader_options(options, err));
    LEX_TRY(cli_inputs_add(inputs, paths, n_paths, options, reading, err));
    LEX_TRY(check_read_again(inputs, err));
    if (cli_is_same_path(out, model)) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--out': '%s' is the model's own folder", out);
        goto done;
    }
    LEX_TRY(cli_check_out_folder(out, overwrite, &model, 1, err));
    LEX_TRY(cli_check_out_folder(out, overwrite, cli_inputs_paths(inputs), (int)inputs->files.n, err));
    if (inputs->files.n == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", paths[0]);
done:
    return st;
}

static void tell_kept(const lex_quantising *r, bool int8)
{
    lex_buf names;
    lex_buf_init(&names);
    for (int64_t i = 0; i < r->kept.n; i++)
        lex_buf_printf(&names, "%s%s", i ? ", " : "", r->kept.items[i]);
    if (r->kept.n)
        cli_note("all rounded, macro F1 fell by %.4f; kept in %s: %s", r->drop_at_first, int8 ? "bf16" : "fp32", names.ptr);
    lex_buf_release(&names);
}

static void tell(const lex_quantising *r, const char *dtype, const cli_options *options)
{
    const double max_drop = cli_option_double(options, "max-drop"), drop = r->before.macro.f1 - r->after.macro.f1;
    tell_kept(r, strcmp(dtype, "int8") == 0);
    cli_note("fp32  accuracy %.4f, macro F1 %.4f, weights %.1f MB", r->before.accuracy, r->before.macro.f1,
             (double)r->bytes_before / 1e6);
    cli_note("%s  accuracy %.4f, macro F1 %.4f, weights %.1f MB, %.2f times smaller; the same answer in %.2f %% of %lld "
             "records", dtype, r->after.accuracy, r->after.macro.f1, (double)r->bytes_after / 1e6,
             (double)r->bytes_before / (double)r->bytes_after, 100 * r->agreement, (long long)r->n);
    if (r->held)
        cli_note("written to '%s'", cli_option_string(options, "out"));
    else
        cli_warn("not written: macro F1 falls by %.4f, more than --max-drop %g", drop, max_drop);
}

int cli_run_quantize(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_quantising r = {0};
    cli_inputs inputs = {0};
    lex_reading *reading = NULL;
    lex_json *summary = NULL;
    LEX_TRY(cli_setup_terminal(options, true, err));
    reading = cli_reading_new(options, true);
    LEX_TRY(check(&inputs, reading, options, err));

    static const char *const names[] = {"int8", "bf16"};
    static const lex_quantised dtypes[] = {LEX_QUANTISED_INT8, LEX_QUANTISED_BF16};
    const int dtype = cli_option_choice(options, "dtype");
    lex_quantise_options how = {dtypes[dtype], cli_option_double(options, "max-drop"), cli_option_flag(options, "skip-bad-rows")};
    lex_reader_options reader = cli_reader_options(options, true, true, reading);
    lex_predictor_options run = {
        .device = "cpu",
        .threads = (int)cli_option_int_or_0(options, "threads"),
        .max_length = cli_option_int_or_0(options, "max-length"),
        .batch_tokens = cli_option_int_or_0(options, "batch-tokens"),
        .progress = show_progress,
        .stop = &lex_cli_interrupted,
    };
    cli_progress_begin("quantize", 0);
    LEX_TRY(lex_quantise(&r, cli_option_string(options, "model"), cli_option_string(options, "out"),
                         cli_inputs_paths(&inputs), (int)inputs.files.n, &reader, &run, &how, err));
    cli_progress_end();
    summary = lex_quantising_json(&r);
    cli_tell_bad_rows(reading, options, summary);
    tell(&r, names[dtype], options);
    if (cli_option_flag(options, "json"))
        st = cli_print_json(summary, err);
done:;
    const bool held = r.held;
    lex_json_free(summary);
    lex_quantising_release(&r);
    lex_reading_free(reading);
    cli_inputs_release(&inputs);
    return st == LEX_OK ? !held : (int)st;
}
