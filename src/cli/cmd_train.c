/* cmd_train.c - a training run, what is said of it while it goes, and how it ended. */
#include <math.h>

#include "cmd.h"
#include "scores_table.h"
#include "train_options.h"
#include "verbs.h"

/* ---- events ---- */

static void on_note(void *context, const char *text)
{
    (void)context;
    cli_note("%s", text);
}

static void on_warning(void *context, const char *text)
{
    (void)context;
    cli_warn("%s", text);
}

static void on_detail(void *context, const char *text)
{
    (void)context;
    cli_detail("%s", text);
}

static void on_step(void *context, int64_t step, int64_t n_steps, int64_t tokens, double loss)
{
    bool *begun = context;
    (void)loss;
    if (!*begun)
        cli_progress_begin("train", n_steps);
    *begun = true;
    cli_progress_update(step, tokens);
}

static void on_epoch(void *context, int64_t epoch, int64_t n_epochs, double train_loss, const lex_metrics *dev,
                     bool best, double elapsed_s)
{
    (void)context;
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_printf(&line, "epoch %lld/%lld  loss %.4f", (long long)epoch, (long long)n_epochs, train_loss);
    if (dev)
        lex_buf_printf(&line, "  dev: loss %.4f  accuracy %.4f  macro precision %.4f  recall %.4f  F1 %.4f", dev->loss,
                       dev->accuracy, dev->macro.precision, dev->macro.recall, dev->macro.f1);
    lex_buf_printf(&line, "  %.1f s%s\n", elapsed_s, dev && best ? "  (best so far)" : "");
    cli_show(lex_buf_str(&line));
    lex_buf_release(&line);
}

/* ---- the end ---- */

static void tell_of_effort(const lex_train_summary *summary, lex_json *closing)
{
    double mib = (double)summary->peak_bytes / (1 << 20);
    if (summary->n_left_out)
        cli_warn("%lld step%s left out, since the loss or the gradient was not a number", (long long)summary->n_left_out,
                 summary->n_left_out == 1 ? " was" : "s were");
    if (summary->n_overflows)
        cli_note("%lld step%s left out, since fp16 did not hold the gradients; the loss scale is %g in the end",
                 (long long)summary->n_overflows, summary->n_overflows == 1 ? " was" : "s were", summary->loss_scale);
    if (summary->tokens_per_s > 0) {
        cli_note("%.1f s, %.0f tokens/s in training, %.0f MiB of memory at most", summary->elapsed_s, summary->tokens_per_s,
                 mib);
        lex_json_put_number(closing, "tokens", (double)summary->tokens);
        lex_json_put_number(closing, "tokens_per_s", summary->tokens_per_s);
    } else if (!summary->is_complete) {
        cli_note("%.1f s, %.0f MiB of memory at most", summary->elapsed_s, mib);
    }
    lex_json_put_number(closing, "peak_memory_bytes", (double)summary->peak_bytes);
}

static lex_status publish(const lex_train_summary *summary, const lex_train_options *t, const cli_options *options,
                          lex_err *err)
{
    lex_json *closing = lex_json_copy(summary->run);
    lex_status st = LEX_OK;
    cli_tell_bad_rows(t->reader.reading, options, closing);
    if (summary->has_test) {
        if (t->kind == LEX_KIND_LINEAR)
            cli_note("test records:");
        else
            cli_note("test records, judged by epoch %lld:", (long long)summary->best_epoch);
        cli_show_scores(&summary->test, &summary->labels);
    }
    if (summary->is_complete)
        cli_note("'%s' is complete: nothing is left to do", t->out_dir);
    else if (isfinite(summary->best_value))
        cli_note("saved epoch %lld of %lld to '%s': dev %s %.4f", (long long)summary->best_epoch,
                 (long long)summary->n_epochs, t->out_dir, summary->metric, summary->best_value);
    else
        cli_note("saved to '%s'", t->out_dir);
    lex_json_put_string(closing, "out", t->out_dir);
    lex_json_put_number(closing, "seconds", summary->elapsed_s);
    tell_of_effort(summary, closing);
    if (cli_option_flag(options, "json"))
        st = cli_print_json(closing, err);
    lex_json_free(closing);
    return st;
}

/* What an unfinished run leaves, and how to go on. */
static void hint_at_what_is_kept(const lex_train_summary *summary, const lex_train_options *t, lex_err *err)
{
    lex_buf text;
    lex_buf_init(&text);
    if (summary->kept_dir && t->kind == LEX_KIND_LINEAR)
        lex_buf_printf(&text, "the model is kept in '%s'", summary->kept_dir);
    else if (summary->kept_dir)
        lex_buf_printf(&text, "epoch %lld, the best so far, is kept in '%s'", (long long)summary->kept_epoch,
                       summary->kept_dir);
    else if (err->code == LEX_ERR_INTERRUPTED && !summary->saved_step)
        lex_buf_printf(&text, "nothing is kept");
    if (summary->saved_step)
        lex_buf_printf(&text, "%sthe same command with --resume goes on after step %lld", text.len ? "; " : "",
                       (long long)summary->saved_step);
    if (text.len)
        lex_err_hint(err, "%s", text.ptr);
    lex_buf_release(&text);
}

int cli_run_train(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_train_summary summary = {0};
    bool progress_begun = false;
    lex_train_options t;
    lex_reading *reading = cli_reading_new(options, true);
    cli_fill_train_options(&t, options, reading);
    t.events = (lex_train_events){&progress_begun, on_note, on_warning, on_detail, on_step, on_epoch};
    LEX_TRY(cli_setup_terminal(options, true, err));
    LEX_TRY(cli_check_train_options(&t, options, err));
    cli_warn_of_slow(t.precision, t.device);
    st = lex_train(&summary, &t, err);
    cli_progress_end();
    if (st != LEX_OK)
        hint_at_what_is_kept(&summary, &t, err);
    if (st == LEX_OK)
        st = publish(&summary, &t, options, err);
done:
    lex_train_summary_release(&summary);
    lex_reading_free(reading);
    return (int)st;
}
