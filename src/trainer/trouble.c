/* trouble.c - steps that fail: what is left out, and what is said when the run ends. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Where the run stands on disk, in front of what may help. */
static void add_kept(lex_buf *hint, const lex_run *run)
{
    const lex_train_summary *summary = run->summary;
    if (summary->saved_step)
        lex_buf_printf(hint, "the last good checkpoint, after step %lld, is '%s'; ", (long long)summary->saved_step,
                       run->last_path);
    else
        lex_buf_printf(hint, "there is no checkpoint; ");
    if (summary->kept_dir)
        lex_buf_printf(hint, "epoch %lld, the best so far, is kept in '%s'; ", (long long)summary->kept_epoch,
                       summary->kept_dir);
}

static lex_status diverged(const lex_run *run, const char *what, double rate, lex_err *err)
{
    const lex_progress *at = &run->at;
    lex_buf hint;
    lex_buf_init(&hint);
    add_kept(&hint, run);
    lex_err_set(err, LEX_ERR_SYSTEM, "%s in step %lld of %lld, epoch %lld, at a learning rate of %.4g", what,
                (long long)at->step + 1, (long long)at->n_steps, (long long)at->epoch, rate);
    if (run->options->skip_nan)
        lex_err_at(err, "%d steps in a row are left out", LEX_SKIPS_IN_A_ROW);
    lex_buf_printf(&hint, "a smaller --lr, a longer --warmup-ratio%s may help",
                   run->options->skip_nan ? "" : " or --on-nan skip");
    lex_err_hint(err, "%s", hint.ptr);
    lex_buf_release(&hint);
    return LEX_ERR_SYSTEM;
}

/* What was tried, and the options by which less is. */
static void explain_memory(const lex_run *run, int64_t size, lex_err *err)
{
    const lex_progress *at = &run->at;
    err->hint[0] = '\0';
    lex_err_at(err, "step %lld: %lld records, at most %lld tokens of them at once, the longest of %lld",
               (long long)at->step + 1, (long long)size, (long long)at->tokens_at_once, (long long)at->longest);
    if (at->tokens_at_once > at->longest)
        lex_err_hint(err, "a smaller --batch-tokens (now %lld)%s or --max-length (now %lld) needs less memory",
                     (long long)run->batch_tokens, at->tokens_at_once == at->step_tokens ? ", --batch-size" : "",
                     (long long)run->max_length);
    else
        lex_err_hint(err, "a smaller --max-length (now %lld) needs less memory", (long long)run->max_length);
}

lex_status lex_run_step_failed(lex_run *run, int64_t size, double rate, lex_err *err)
{
    lex_progress *at = &run->at;
    char what[sizeof err->message];
    if (!lex_optimizer_diverged(run->optimizer)) {
        if (strstr(err->message, "memory") || strstr(err->message, "allocate"))
            explain_memory(run, size, err);
        return err->code;
    }
    snprintf(what, sizeof what, "%s", err->message);
    lex_err_clear(err);
    if (!run->options->skip_nan || at->n_in_a_row + 1 >= LEX_SKIPS_IN_A_ROW)
        return diverged(run, what, rate, err);
    at->n_skipped++;
    at->n_in_a_row++;
    at->left_out += size;
    lex_run_note(run, at->n_skipped <= LEX_SKIPS_IN_A_ROW ? LEX_RUN_WARNING : LEX_RUN_DETAIL,
                 "%s in step %lld, at a learning rate of %.4g: the step is left out%s", what, (long long)at->step + 1, rate,
                 at->n_skipped == LEX_SKIPS_IN_A_ROW ? ", and so are others from here on, without a word" : "");
    return LEX_OK;
}
