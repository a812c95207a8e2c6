/* settle.c - what must be settled before a run begins: whether its options go together, how long texts are, where and in what
 * precision it computes. */
#include <string.h>

#include "internal.h"

lex_status lex_run_check_metric(const lex_run *run, lex_err *err)
{
    lex_metrics none = {0};
    double value;
    bool last = strcmp(run->options->metric, LEX_METRIC_LAST) == 0;
    if (last && run->options->patience)
        return lex_err_set(err, LEX_ERR_USAGE, "--patience waits for a better epoch, and '--metric last' knows none");
    if (!last && !lex_metrics_by_name(&value, &none, lex_str_of(run->options->metric)))
        return lex_err_set(err, LEX_ERR_USAGE, "no metric is called '%s'", run->options->metric);
    return LEX_OK;
}

static lex_status check_train_windows(const lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    if (o->train_windows && run->cut.stride == 0)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--train-windows': without windows there is none to draw (--windows)");
    if (o->train_windows == 1 && o->windows != LEX_WINDOWS_MEAN)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--train-windows': 1 would always be the first with --windows %s; 2 or more",
                           lex_windows_name(o->windows));
    return LEX_OK;
}

lex_status lex_run_choose_length(lex_run *run, lex_err *err)
{
    lex_recipe_of_model(run);
    lex_status st = lex_model_length(&run->max_length, run->model, run->options->max_length, err);
    if (st == LEX_OK)
        st = lex_model_use_windows(run->model, run->options->windows, run->options->stride, run->max_length, true, err);
    if (st == LEX_OK)
        run->cut = lex_tokenizer_cut(run->model->tokenizer, run->max_length, run->model->stride);
    return st == LEX_OK ? check_train_windows(run, err) : st;
}

lex_status lex_run_open_runtime(lex_run *run, lex_err *err)
{
    const char *device = run->options->device;
    lex_status st = LEX_OK;
    LEX_TRY(lex_model_device(&device, run->model, false, err));
    LEX_TRY(lex_runtime_open(&run->runtime, device, run->options->threads, err));
    run->precision = lex_runtime_precision(run->runtime, run->options->precision);
    st = lex_runtime_use(run->runtime, run->precision, err);
done:
    return st;
}
