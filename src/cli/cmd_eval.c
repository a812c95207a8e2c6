/* cmd_eval.c - a model judged by labelled records: numbers for people and for scripts, and gates. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "eval_outputs.h"
#include "output_paths.h"
#include "verbs.h"

/* ---- before anything is computed ---- */

static lex_status read_gates(cli_eval *run, lex_err *err)
{
    lex_status st = LEX_OK;
    int n_require, n_drop;
    const char *const *require = cli_option_strings(run->options, "require", &n_require);
    const char *const *drop = cli_option_strings(run->options, "max-drop", &n_drop);
    run->gates = lex_alloc_zeroed((size_t)(n_require + n_drop) + 1, sizeof *run->gates);
    for (int i = 0; i < n_require; i++)
        LEX_TRY(lex_gate_parse_requirement(&run->gates[run->n_gates++], require[i], err));
    for (int i = 0; i < n_drop; i++)
        LEX_TRY(lex_gate_parse_drop(&run->gates[run->n_gates++], drop[i], err));
    if (n_drop && !cli_option_given(run->options, "compare")) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--max-drop' needs '--compare'");
        lex_err_hint(err, "name the model folder or the report that it must not be worse than");
    } else if (run->n_gates == 0 && cli_option_given(run->options, "junit")) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--junit' needs '--require' or '--max-drop'");
    }
done:
    return st;
}

static lex_status check_outputs(const cli_eval *run, lex_err *err)
{
    lex_status st = LEX_OK;
    const cli_options *options = run->options;
    const char *other = cli_option_string(options, "compare");
    const cli_output outputs[] = {
        {"report", cli_option_string(options, "report")},
        {"errors", cli_option_string(options, "errors")},
        {"html", cli_option_string(options, "html")},
        {"junit", cli_option_string(options, "junit")},
    };
    const char *const others[] = {other, cli_option_string(options, "config")};
    const char *const dirs[] = {cli_option_string(options, "model"), other};
    int n_outputs = (int)(sizeof outputs / sizeof *outputs);
    LEX_TRY(cli_check_outputs(outputs, n_outputs, run->paths, run->n_paths, dirs, 2, err));
    LEX_TRY(cli_check_outputs(outputs, n_outputs, others, 2, NULL, 0, err));
done:
    return st;
}

static lex_status check_inputs(cli_eval *run, cli_inputs *inputs, lex_err *err)
{
    lex_status st = LEX_OK;
    int n_named;
    const char *const *named = cli_option_strings(run->options, "data", &n_named);
    LEX_TRY(cli_check_reader_options(run->options, err));
    LEX_TRY(cli_inputs_add(inputs, named, n_named, run->options, run->reading, err));
    run->paths = cli_inputs_paths(inputs);
    run->n_paths = (int)inputs->files.n;
    LEX_TRY(check_outputs(run, err));
    if (run->n_paths == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", named[0]);
done:
    return st;
}

/* A model to compare with reads the data once more, which a pipe does not allow. */
static lex_status check_read_twice(const cli_eval *run, lex_err *err)
{
    for (int i = 0; run->compared && run->compared->is_model && i < run->n_paths; i++) {
        if (strcmp(run->paths[i], "-") != 0)
            continue;
        lex_err_set(err, LEX_ERR_USAGE, "'-', standard input, can only be read once, and '--compare %s' reads it again",
                    run->compared->path);
        lex_err_hint(err, "put the data into a file, or compare with a report of the other model");
        return err->code;
    }
    return LEX_OK;
}

/* ---- while it runs ---- */

static void show_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    (void)context;
    cli_progress_update(n_records, n_tokens);
}

static lex_status check_labels(void *context, const lex_model *model, lex_err *err)
{
    const cli_eval *run = context;
    lex_status st = LEX_OK;
    for (int i = 0; i < run->n_gates && st == LEX_OK; i++)
        st = lex_gate_check_label(&run->gates[i], model, err);
    return st;
}

static lex_status note_wrong(void *context, const lex_answer *answer, lex_err *err)
{
    cli_eval *run = context;
    return lex_wrong_log_add(run->wrong, answer, err);
}

/* The data is read again for a model: what is odd about it was said the first time. */
static lex_status compare(cli_eval *run, const lex_reader_options *reader, const lex_predictor_options *how, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_reader_options again = *reader;
    again.reading = lex_reading_new(
        &(lex_reading_options){.skip_bad_rows = cli_option_flag(run->options, "skip-bad-rows")});
    cli_progress_begin("compare", 0);
    LEX_TRY(lex_compared_run(run->compared, &run->evaluation, run->paths, run->n_paths, &again, how, err));
    cli_progress_end();
    LEX_TRY(cli_check_interrupted(err));
done:
    lex_reading_free(again.reading);
    return st;
}

static lex_status evaluate(cli_eval *run, lex_err *err)
{
    lex_status st = LEX_OK;
    const cli_options *options = run->options;
    lex_reader_options reader = cli_reader_options(options, true, true, run->reading);
    lex_predictor_options how = cli_predictor_options(options);
    how.profile = cli_option_flag(options, "profile");
    how.answer = run->wrong ? note_wrong : NULL;
    how.progress = show_progress;
    how.opened = check_labels;
    how.context = run;
    how.stop = &lex_cli_interrupted;
    how.thresholds = cli_option_strings(options, "threshold", &how.n_thresholds);
    cli_progress_begin("eval", 0);
    LEX_TRY(lex_evaluate(&run->evaluation, cli_option_string(options, "model"), run->paths, run->n_paths, &reader, &how,
                         err));
    cli_progress_end();
    LEX_TRY(cli_check_interrupted(err));
    if (run->compared)
        LEX_TRY(compare(run, &reader, &how, err));
done:
    return st;
}

static int exit_code(const cli_eval *run)
{
    for (int i = 0; i < run->n_gates; i++)
        if (!run->gates[i].held)
            return 1;
    return 0;
}

static void release(cli_eval *run)
{
    for (int i = 0; i < run->n_gates; i++)
        lex_gate_release(&run->gates[i]);
    free(run->gates);
    lex_wrong_log_free(run->wrong);
    if (run->compared)
        lex_compared_release(run->compared);
    lex_evaluation_release(&run->evaluation);
    lex_reading_free(run->reading);
}

int cli_run_eval(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    int code = 0;
    cli_eval run = {.options = options};
    lex_compared other = {0};
    cli_inputs inputs = {0};
    const char *errors = cli_option_string(options, "errors"), *with = cli_option_string(options, "compare");
    LEX_TRY(cli_setup_terminal(options, true, err));
    LEX_TRY(read_gates(&run, err));
    run.reading = cli_reading_new(options, true);
    LEX_TRY(check_inputs(&run, &inputs, err));
    if (with) {
        run.compared = &other;
        LEX_TRY(lex_compared_open(&other, with, err));
        LEX_TRY(check_read_twice(&run, err));
    }
    if (errors || cli_option_given(options, "html"))
        LEX_TRY(lex_wrong_log_new(&run.wrong, LEX_REPORT_WORST, errors, err));
    LEX_TRY(evaluate(&run, err));
    LEX_TRY(cli_eval_publish(&run, err));
    code = exit_code(&run);
done:
    release(&run);
    cli_inputs_release(&inputs);
    return st == LEX_OK ? code : (int)st;
}
