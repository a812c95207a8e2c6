/* log.c - what a run tells its logs: after every step its loss, rate and gradient norm, after every epoch how the dev rows
 * are answered; time and speed go to TensorBoard alone, so that the same run writes the same metrics.jsonl. A log that
 * fails is told of once, and the run goes on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"
#include "lexclf/file.h"

static double wall_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- metrics.jsonl ---- */

static void tell(lex_run *run, const lex_err *err)
{
    if (!run->log_failed)
        lex_run_note(run, LEX_RUN_WARNING, "%s; training goes on", err->message);
    run->log_failed = true;
}

static void add_line(lex_run *run, lex_str line)
{
    lex_err err = {0};
    if (lex_journal_add(run->journal, line, &err) == LEX_OK)
        run->log_failed = false;
    else
        tell(run, &err);
}

static void add_number(lex_buf *line, const char *name, double value)
{
    if (isfinite(value))
        lex_buf_printf(line, ",\"%s\":%.9g", name, value);
    else
        lex_buf_printf(line, ",\"%s\":null", name);
}

static void journal_step(lex_run *run, double loss, double rate, double loss_scale, int64_t tokens)
{
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_printf(&line, "{\"step\":%lld,\"epoch\":%lld", (long long)run->at.step, (long long)run->at.epoch);
    add_number(&line, "loss", loss);
    add_number(&line, "lr", rate);
    add_number(&line, "grad_norm", lex_optimizer_norm(run->optimizer));
    if (loss_scale > 0)
        add_number(&line, "loss_scale", loss_scale);
    lex_buf_printf(&line, ",\"tokens\":%lld", (long long)tokens);
    lex_buf_printf(&line, "%s", lex_optimizer_overflowed(run->optimizer) ? ",\"overflow\":true" : "");
    lex_buf_printf(&line, "%s}", lex_optimizer_diverged(run->optimizer) ? ",\"left_out\":true" : "");
    add_line(run, lex_buf_str(&line));
    lex_buf_release(&line);
}

static const lex_json *last_epoch(const lex_run *run)
{
    const lex_json *last = lex_json_first(run->epochs);
    for (const lex_json *next = last; next; next = lex_json_next(next))
        last = next;
    return last;
}

static void journal_epoch(lex_run *run, bool best)
{
    lex_json *json = lex_json_copy(last_epoch(run));
    lex_buf line;
    lex_buf_init(&line);
    lex_json_put_number(json, "step", (double)run->at.step);
    lex_json_put_bool(json, "best", best);
    lex_json_print(&line, json, false);
    add_line(run, lex_buf_str(&line));
    lex_buf_release(&line);
    lex_json_free(json);
}

/* ---- TensorBoard ---- */

static void end_event(lex_run *run)
{
    lex_err err = {0};
    if (lex_board_end(run->board, &err) == LEX_OK)
        return;
    lex_run_note(run, LEX_RUN_WARNING, "%s; training goes on without it", err.message);
    lex_board_close(run->board);
    run->board = NULL;
}

static void add_options(lex_buf *out, const char *prefix, const lex_json *object)
{
    for (const lex_json *node = lex_json_first(object); node; node = lex_json_next(node)) {
        char name[200];
        snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", lex_json_key(node));
        if (lex_json_type_of(node) == LEX_JSON_OBJECT) {
            add_options(out, name, node);
            continue;
        }
        lex_buf_printf(out, "| %s | `", name);
        lex_json_print(out, node, false);
        lex_buf_printf(out, "` |\n");
    }
}

lex_status lex_run_open_board(lex_run *run, lex_err *err)
{
    lex_buf text;
    if (!run->options->tensorboard_dir)
        return LEX_OK;
    lex_status st = lex_board_open(&run->board, run->options->tensorboard_dir, err);
    if (st != LEX_OK)
        return st;
    lex_buf_init(&text);
    lex_json *about = lex_run_describe(run);
    lex_buf_printf(&text, "| option | value |\n| --- | --- |\n");
    add_options(&text, "", lex_json_get(about, "options"));
    if (run->at.step) { /* TensorBoard forgets what an earlier file tells from that step on */
        lex_board_begin(run->board, wall_time(), run->at.step + 1);
        lex_board_restart(run->board);
        end_event(run);
    } else {
        lex_board_begin(run->board, wall_time(), 0);
        lex_board_text(run->board, "options", lex_buf_str(&text));
        end_event(run);
    }
    lex_json_free(about);
    lex_buf_release(&text);
    return LEX_OK;
}

/* The rows of a curve at thresholds evenly from 0 to 1: what is at least as high is given the label. points: from the
 * highest threshold on. */
static void fill_counts(float *counts, const lex_pr_point *points, int64_t n_points, double n_true, double n)
{
    enum { N = LEX_BOARD_THRESHOLDS };
    for (int i = 0; i < N; i++) {
        double threshold = (double)i / (N - 1), tp = 0, fp = 0;
        int64_t low = 0, high = n_points; /* points before `low` are at least as high */
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (points[middle].threshold >= threshold)
                low = middle + 1;
            else
                high = middle;
        }
        const lex_pr_point *point = low ? &points[low - 1] : NULL;
        if (point) {
            tp = round(point->recall * n_true);
            fp = point->precision > 0 ? round(tp / point->precision - tp) : 0;
        }
        const double column[] = {tp, fp, n - n_true - fp, n_true - tp, point ? point->precision : 0,
                                 point ? point->recall : 0};
        for (int row = 0; row < 6; row++)
            counts[row * N + i] = (float)column[row];
    }
}

static int64_t most_frequent(const lex_metrics *m, const bool *taken)
{
    int64_t best = -1;
    for (int64_t k = 0; k < m->n_labels; k++)
        if (!taken[k] && m->per_label[k].support && (best < 0 || m->per_label[k].support > m->per_label[best].support))
            best = k;
    return best;
}

/* BINARY has the positive label alone: the other one's curve is the same, seen from behind. */
static void add_curves(lex_run *run, const lex_metrics *dev)
{
    float counts[6 * LEX_BOARD_THRESHOLDS];
    bool *taken = lex_alloc_zeroed((size_t)dev->n_labels, sizeof *taken);
    int64_t most = run->labels.task == LEX_TASK_BINARY ? 1 : LEX_BOARD_CURVES;
    for (int64_t i = 0; i < most; i++) {
        lex_pr_point *points;
        int64_t n, k = run->labels.task == LEX_TASK_BINARY ? 0 : most_frequent(dev, taken);
        if (k < 0 || k >= run->labels.n_outputs || !dev->per_label[k].support)
            break;
        taken[k] = true;
        lex_metrics_pr_curve(&points, &n, run->dev_scores, k);
        fill_counts(counts, points, n, (double)dev->per_label[k].support, (double)dev->n);
        lex_buf tag;
        lex_buf_init(&tag);
        lex_buf_printf(&tag, "dev_pr/%s", run->labels.labels.items[k]);
        lex_board_pr_curve(run->board, tag.ptr, run->labels.labels.items[k], counts, LEX_BOARD_THRESHOLDS);
        lex_buf_release(&tag);
        free(points);
    }
    free(taken);
}

static void board_epoch(lex_run *run, const lex_calibration *dev)
{
    static const char *const names[] = {"loss", "accuracy", "macro_f1", "macro_precision", "macro_recall", "micro_f1",
                                        "aupr_macro", "ece"};
    char tag[60];
    lex_board_begin(run->board, wall_time(), run->at.step);
    lex_board_scalar(run->board, "train/epoch_loss",
                     lex_json_number(lex_json_get(last_epoch(run), "train_loss"), (double)NAN));
    for (size_t i = 0; dev && i < sizeof names / sizeof *names; i++) {
        double value;
        lex_metrics_by_name(&value, &dev->after, lex_str_of(names[i]));
        snprintf(tag, sizeof tag, "dev/%s", names[i]);
        lex_board_scalar(run->board, tag, value);
    }
    if (dev && run->dev_scores)
        add_curves(run, &dev->after);
    end_event(run);
}

/* ---- both ---- */

void lex_run_log_step(lex_run *run, double loss, double rate, double loss_scale, int64_t tokens, double seconds)
{
    journal_step(run, loss, rate, loss_scale, tokens);
    if (!run->board || lex_optimizer_diverged(run->optimizer))
        return;
    lex_board_begin(run->board, wall_time(), run->at.step);
    lex_board_scalar(run->board, "train/loss", loss);
    lex_board_scalar(run->board, "train/lr", rate);
    if (isfinite(lex_optimizer_norm(run->optimizer)))
        lex_board_scalar(run->board, "train/grad_norm", lex_optimizer_norm(run->optimizer));
    if (loss_scale > 0)
        lex_board_scalar(run->board, "train/loss_scale", loss_scale);
    lex_board_scalar(run->board, "train/tokens_per_s", (double)tokens / seconds);
    end_event(run);
}

void lex_run_log_epoch(lex_run *run, const lex_calibration *dev, bool best)
{
    journal_epoch(run, best);
    if (run->board)
        board_epoch(run, dev);
}

void lex_run_sync_log(lex_run *run)
{
    lex_err err = {0};
    if (lex_journal_sync(run->journal, &err) != LEX_OK)
        tell(run, &err);
}

void lex_run_open_log(lex_run *run, bool goes_on)
{
    lex_err err = {0};
    lex_status st = goes_on ? lex_journal_continue(run->journal, run->at.step, run->at.epoch - 1, &err)
                            : lex_journal_begin(run->journal, &err);
    if (st != LEX_OK)
        tell(run, &err);
}
