/* cmd_predict.c - one line of JSON a record, to standard output or to a file that appears when it is whole. */
#include <string.h>

#include "cmd.h"
#include "lexclf/file.h"
#include "lexclf/predictor.h"
#include "verbs.h"

static const char text_source[] = "--text";

/* What the answers of one run share. */
typedef struct {
    lex_answer_format format;
    lex_outfile *file; /* NULL: standard output */
    lex_buf line;
    int64_t n_records, n_truncated;
    int64_t n_tokens; /* computed */
    double begin_s;
} work;

static lex_status write_answer(void *context, const lex_answer *answer, lex_err *err)
{
    work *w = context;
    lex_status st = LEX_OK;
    w->n_records++;
    w->n_truncated += answer->truncated;
    lex_answer_json(&w->line, answer, &w->format);
    /* Lines leave in blocks, which is how they come: whoever reads a pipe sees every one that is ready. */
    bool block_ends = answer->record->number % LEX_BLOCK_ROWS == 0;
    if (w->file)
        LEX_TRY(lex_outfile_write(w->file, w->line.ptr, w->line.len, err));
    else
        LEX_TRY(cli_stdout_write(w->line.ptr, w->line.len, err));
    if (!w->file && block_ends)
        LEX_TRY(cli_stdout_flush(err));
done:
    lex_buf_clear(&w->line);
    return st;
}

static void show_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    work *w = context;
    w->n_tokens = n_tokens;
    cli_progress_update(n_records, n_tokens);
}

/* What the command line alone can tell. */
static lex_status check(cli_inputs *inputs, lex_reading *reading, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *out = cli_option_string(options, "out");
    const char *text = cli_option_string(options, "text");
    if (text) {
        lex_str view = lex_str_of(text);
        size_t valid = lex_utf8_valid_prefix(view);
        if (valid < view.len)
            return lex_err_set(err, LEX_ERR_USAGE, "option '--text': invalid UTF-8 at byte %zu", valid);
    }
    if (cli_option_flag(options, "json") && !out) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--json' needs '--out FILE': standard output carries the answers");
        return err->code;
    }
    LEX_TRY(cli_check_reader_options(options, err));
    if (!text)
        LEX_TRY(cli_inputs_take(inputs, options, reading, err));
    if (out)
        LEX_TRY(cli_check_output_file("out", out, cli_inputs_paths(inputs), (int)inputs->files.n, err));
done:
    return st;
}

static lex_predictor_options predictor_options(const cli_options *options, work *w)
{
    lex_predictor_options p = {
        .device = cli_option_string(options, "device"),
        .threads = (int)cli_option_int_or_0(options, "threads"),
        .max_length = cli_option_int_or_0(options, "max-length"),
        .batch_tokens = cli_option_int_or_0(options, "batch-tokens"),
        .answer = write_answer,
        .progress = show_progress,
        .context = w,
        .stop = &lex_cli_interrupted,
    };
    p.thresholds = cli_option_strings(options, "threshold", &p.n_thresholds);
    return p;
}

static lex_status print_summary(const work *w, lex_predictor *predictor, const lex_reading *reading,
                                const cli_options *options, lex_err *err)
{
    cli_detail_unused(&lex_predictor_model(predictor)->unused);
    double elapsed_s = lex_now_s() - w->begin_s;
    const char *device = lex_predictor_device(predictor);
    if (w->n_truncated)
        cli_note("%lld of %lld texts are longer than the maximum length and were cut", (long long)w->n_truncated,
                 (long long)w->n_records);
    if (!cli_option_given(options, "text"))
        cli_note("%lld %s, %lld tokens in %.1f s (%s)", (long long)w->n_records,
                 w->n_records == 1 ? "record" : "records", (long long)w->n_tokens, elapsed_s, device);
    if (!cli_option_flag(options, "json")) {
        cli_tell_bad_rows(reading, options, NULL);
        return LEX_OK;
    }
    lex_json *summary = lex_json_new_object();
    lex_json_put_number(summary, "n", (double)w->n_records);
    lex_json_put_number(summary, "truncated", (double)w->n_truncated);
    lex_json_put_number(summary, "tokens", (double)w->n_tokens);
    lex_json_put_number(summary, "seconds", elapsed_s);
    lex_json_put_string(summary, "device", device);
    cli_tell_bad_rows(reading, options, summary);
    lex_status st = cli_print_json(summary, err);
    lex_json_free(summary);
    return st;
}

static lex_status answer_all(lex_predictor *predictor, const cli_inputs *inputs, lex_reading *reading,
                             const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *text = cli_option_string(options, "text");
    if (text) {
        LEX_TRY(lex_predictor_text(predictor, lex_str_of(text), text_source, err));
    } else {
        lex_reader_options reader = cli_reader_options(options, false, true, reading);
        for (int64_t i = 0; i < inputs->files.n; i++)
            LEX_TRY(lex_predictor_file(predictor, inputs->files.items[i], &reader, err));
    }
    /* An interrupted standard input looks like one that has ended. */
    LEX_TRY(cli_check_interrupted(err));
done:
    return st;
}

int cli_run_predict(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_predictor *predictor = NULL;
    lex_reading *reading = NULL;
    cli_inputs inputs = {0};
    lex_outfile file = {.fd = -1};
    const char *out = cli_option_string(options, "out");
    work w = {.begin_s = lex_now_s()};
    lex_buf_init(&w.line);
    LEX_TRY(cli_setup_terminal(options, true, err));
    reading = cli_reading_new(options, true);
    LEX_TRY(check(&inputs, reading, options, err));

    w.format.passthrough = !cli_option_flag(options, "no-passthrough");
    w.format.scores_all = cli_option_choice(options, "scores") == 1;
    w.format.logits = cli_option_flag(options, "logits");
    w.format.source = inputs.files.n > 1 || inputs.has_folder;
    lex_predictor_options how = predictor_options(options, &w);
    LEX_TRY(lex_predictor_open(&predictor, cli_option_string(options, "model"), &how, err));
    if (out) {
        LEX_TRY(lex_outfile_open(&file, out, err));
        w.file = &file;
    }
    cli_progress_begin("predict", 0);
    LEX_TRY(answer_all(predictor, &inputs, reading, options, err));
    if (out)
        LEX_TRY(lex_outfile_commit(&file, err));
    else
        LEX_TRY(cli_stdout_flush(err));
    cli_progress_end();
    LEX_TRY(print_summary(&w, predictor, reading, options, err));
done:
    lex_outfile_abort(&file);
    lex_buf_release(&w.line);
    lex_predictor_close(predictor);
    lex_reading_free(reading);
    cli_inputs_release(&inputs);
    return (int)st;
}
