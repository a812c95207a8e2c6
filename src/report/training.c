/* training.c - how the model was trained: loss and dev scores over the epochs, as its description tells, and the loss of
 * every step, where its log lies beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "lexclf/file.h"

/* ---- epoch by epoch ---- */

enum { EPOCHS_MAX = 1000 };

/* One number of every epoch, NaN where it is not there. path: "train_loss", or of the dev records. */
static void read_epochs(double *values, const lex_json *epochs, bool of_dev, const char *name)
{
    int64_t i = 0;
    for (const lex_json *node = lex_json_first(epochs); node && i < EPOCHS_MAX; node = lex_json_next(node))
        values[i++] = lex_json_number(lex_json_get(of_dev ? lex_json_get(node, "dev") : node, name), (double)NAN);
}

static double highest(const double *values, int64_t n)
{
    double high = 0;
    for (int64_t i = 0; i < n; i++)
        high = isfinite(values[i]) && values[i] > high ? values[i] : high;
    return high;
}

/* The least of 1, 2, 2.5, 5 times a power of ten, times four grid lines, that has room for `value`. */
static double axis_for(double value)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = value > 0 ? pow(10, floor(log10(value / 4))) : 0.1;
    for (int i = 0; i < 5; i++)
        if (4 * steps[i] * power >= value)
            return 4 * steps[i] * power;
    return value;
}

static void add_best(lex_buf *out, const lex_plot *plot, double best)
{
    if (best >= 1)
        lex_buf_printf(out, "<path class=\"ideal\" d=\"M%.1f %.1fv%.1f\"><title>the epoch that was kept</title></path>",
                       lex_plot_x(plot, best), plot->top, plot->height);
}

/* Two lines over the epochs. */
static void add_chart(lex_buf *out, const char *title, const char *names[2], double *values[2], const double *x, int64_t n,
                      double high, double best)
{
    lex_plot plot = {52, 10, 320, 200, n > 1 ? 1 : 0.5, n > 1 ? (double)n : 1.5, 0, high};
    static const char *const classes[2] = {"one", "two"}, *const fills[2] = {"fill-three", "fill-two"};
    int n_ticks = n > 1 ? (int)(n - 1) : 1;
    while (n_ticks > 10 && n_ticks % 2 == 0)
        n_ticks /= 2;
    lex_buf_printf(out, "<figure><h3>%s</h3><ul class=\"keys\">", title);
    for (int i = 0; i < 2; i++)
        lex_buf_printf(out, "<li><svg viewBox=\"0 0 14 10\" aria-hidden=\"true\"><rect class=\"%s\" y=\"3\" width=\"14\" "
                       "height=\"4\"/></svg>%s</li>", fills[i], names[i]);
    lex_buf_printf(out, "</ul>");
    lex_svg_begin(out, "chart", 384, 258, title);
    lex_plot_axes(out, &plot, n_ticks > 10 ? 1 : n_ticks, n > 1 ? 0 : 1, 4, high < 2 ? 2 : 1, "epoch", "");
    add_best(out, &plot, best);
    for (int i = 0; i < 2; i++)
        lex_plot_line(out, &plot, classes[i], x, values[i], n);
    lex_buf_printf(out, "</svg></figure>\n");
}

static void add_training_words(lex_buf *out, const lex_json *run, int64_t n, double best)
{
    const lex_json *options = lex_json_get(run, "options");
    double rows = lex_json_number(lex_json_get(lex_json_get(lex_json_get(run, "data"), "train"), "rows"), -1);
    lex_buf_printf(out, "<p class=\"lead\">%lld %s", (long long)n, n == 1 ? "epoch" : "epochs");
    if (rows >= 0) {
        lex_buf_printf(out, " over ");
        lex_markup_add_count(out, (int64_t)rows);
        lex_buf_printf(out, " records");
    }
    lex_buf_printf(out, ", learning rate %g, batches of %g, seed %g", lex_json_number(lex_json_get(options, "lr"), 0),
                   lex_json_number(lex_json_get(options, "batch_size"), 0),
                   lex_json_number(lex_json_get(options, "seed"), 0));
    if (best >= 1)
        lex_buf_printf(out, "; epoch %g, the dashed line, was kept", best);
    lex_buf_printf(out, ".</p>\n");
}

/* ---- step by step ---- */

enum { STEP_POINTS = 300, STEP_LINE_MAX = 4096 };

void lex_report_steps_read(lex_report_steps *out, const char *path)
{
    char line[STEP_LINE_MAX];
    FILE *file = lex_path_kind_of(path) == LEX_PATH_FILE ? fopen(path, "re") : NULL;
    *out = (lex_report_steps){.n = 0};
    while (file && fgets(line, sizeof line, file)) {
        lex_err ignored = {0};
        lex_json *json = NULL;
        if (lex_json_parse(&json, lex_str_of(line), &ignored) == LEX_OK) {
            double step = lex_json_number(lex_json_get(json, "step"), (double)NAN);
            double loss = lex_json_number(lex_json_get(json, "loss"), (double)NAN);
            int64_t n = out->n;
            if (isfinite(step) && isfinite(loss) && (n == 0 || step > out->step[n - 1])) {
                LEX_PUSH(out->step, n, out->step_capacity, step);
                LEX_PUSH(out->loss, out->n, out->loss_capacity, loss);
            }
        }
        lex_json_free(json);
    }
    if (file)
        fclose(file);
}

void lex_report_steps_release(lex_report_steps *steps)
{
    free(steps->step);
    free(steps->loss);
    *steps = (lex_report_steps){.n = 0};
}

/* The mean over each of at most STEP_POINTS pieces: more would not be seen. Returns how many there are. */
static int64_t thin_out(double *x, double *y, const lex_report_steps *steps)
{
    int64_t n = steps->n < STEP_POINTS ? steps->n : STEP_POINTS;
    for (int64_t i = 0; i < n; i++) {
        int64_t first = i * steps->n / n, end = (i + 1) * steps->n / n;
        x[i] = y[i] = 0;
        for (int64_t s = first; s < end; s++) {
            x[i] += steps->step[s] / (double)(end - first);
            y[i] += steps->loss[s] / (double)(end - first);
        }
    }
    return n;
}

static void add_steps_chart(lex_buf *out, const lex_report_steps *steps)
{
    double x[STEP_POINTS], y[STEP_POINTS], last = steps->step[steps->n - 1];
    int64_t n = thin_out(x, y, steps);
    double high = axis_for(highest(y, n));
    lex_plot plot = {52, 10, 700, 200, 0, last, 0, high};
    lex_buf_printf(out, "<figure><h3>Loss, step by step</h3>");
    lex_svg_begin(out, "chart", 764, 258, "Loss, step by step");
    lex_plot_axes(out, &plot, last < 5 ? 1 : 5, 0, 4, high < 2 ? 2 : 1, "step", "");
    lex_buf_printf(out, "<path class=\"line one\" d=\"");
    for (int64_t i = 0; i < n; i++)
        lex_buf_printf(out, "%c%.1f %.1f", i ? 'L' : 'M', lex_plot_x(&plot, x[i]), lex_plot_y(&plot, y[i]));
    lex_buf_printf(out, "\"/></svg>");
    if (steps->n > n)
        lex_buf_printf(out, "<figcaption>Each point is the mean of about %lld steps.</figcaption>",
                       (long long)(steps->n / n));
    lex_buf_printf(out, "</figure>\n");
}

void lex_report_training(lex_buf *out, const lex_report *r)
{
    static double x[EPOCHS_MAX], loss[2][EPOCHS_MAX], score[2][EPOCHS_MAX];
    const lex_json *run = lex_json_get(r->description, "run"), *epochs = lex_json_get(run, "epochs");
    int64_t n = lex_json_count(epochs);
    n = n < EPOCHS_MAX ? n : EPOCHS_MAX;
    if (n == 0)
        return;
    double best = lex_json_number(lex_json_get(run, "best_epoch"), 0);
    for (int64_t i = 0; i < n; i++)
        x[i] = (double)(i + 1);
    read_epochs(loss[0], epochs, false, "train_loss");
    read_epochs(loss[1], epochs, true, "loss");
    read_epochs(score[0], epochs, true, "macro_f1");
    read_epochs(score[1], epochs, true, "accuracy");
    double high = fmax(highest(loss[0], n), highest(loss[1], n));
    lex_section_begin(out, "training", "How it was trained", NULL);
    add_training_words(out, run, n, best);
    lex_buf_printf(out, "<div class=\"pair\">\n");
    add_chart(out, "Loss", (const char *[2]){"training", "dev records"}, (double *[2]){loss[0], loss[1]}, x, n,
              axis_for(high), best);
    add_chart(out, "On the dev records", (const char *[2]){"macro F1", "accuracy"}, (double *[2]){score[0], score[1]}, x, n,
              1, best);
    lex_buf_printf(out, "</div>\n");
    if (r->steps && r->steps->n > 1)
        add_steps_chart(out, r->steps);
    lex_buf_printf(out, "</section>\n");
}
