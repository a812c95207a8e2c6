/* eval_outputs.c - tables, report, errors, page, gates. Files come first and gates last, so that a gate that does not
 * hold takes none of the evidence away. */
#include "eval_outputs.h"

#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "comparison_table.h"
#include "lexclf/file.h"
#include "profile_table.h"
#include "scores_table.h"

enum { NAMES_SHOWN = 5, NAME_BYTES = 60, DESCRIPTION_MAX_BYTES = 256 << 20 };

/* ---- for people ---- */

static void add_names(lex_buf *out, const lex_strings *names)
{
    for (int64_t i = 0; i < names->n && i < NAMES_SHOWN; i++) {
        lex_str name = lex_str_of(names->items[i]);
        lex_str head = {name.ptr, name.len < NAME_BYTES ? name.len : NAME_BYTES};
        head.len = lex_utf8_valid_prefix(head);
        lex_buf_printf(out, "%s'%.*s%s'", i ? ", " : "", (int)head.len, head.ptr, head.len < name.len ? "..." : "");
    }
    if (names->n > NAMES_SHOWN)
        lex_buf_printf(out, " and %lld more", (long long)names->n - NAMES_SHOWN);
}

/* Label sets that differ, both ways. */
static void warn_of_labels(const lex_evaluation *evaluation)
{
    lex_strings only_model = {0}, only_data = {0};
    lex_buf text;
    lex_buf_init(&text);
    lex_evaluation_lone_labels(&only_model, &only_data, evaluation);
    if (only_data.n) {
        add_names(&text, &only_data);
        cli_warn("the model does not know %lld of the data's labels: %s", (long long)only_data.n, text.ptr);
    }
    lex_buf_clear(&text);
    if (only_model.n) {
        add_names(&text, &only_model);
        cli_warn("no record has %lld of the model's labels: %s", (long long)only_model.n, text.ptr);
    }
    lex_buf_release(&text);
    lex_strings_release(&only_model);
    lex_strings_release(&only_data);
}

static void show(const cli_eval *run)
{
    const lex_evaluation *e = &run->evaluation;
    cli_detail_unused(&e->unused);
    warn_of_labels(e);
    cli_show_scores(&e->metrics, &e->labels);
    if (e->n_truncated)
        cli_note("%lld of %lld texts are longer than the maximum length and were cut", (long long)e->n_truncated,
                 (long long)e->metrics.n);
    if (run->compared)
        cli_show_comparison(run->compared, e);
    if (cli_option_flag(run->options, "profile"))
        cli_show_profile(&e->profile, e->elapsed_s, e->tokens);
}

/* ---- files ---- */

/* The closing object, and with every record's answer. */
static lex_status write_report(const cli_eval *run, const lex_json *object, const char *path, lex_err *err)
{
    const lex_evaluation *e = &run->evaluation;
    lex_json *report = lex_json_copy(object);
    lex_buf text;
    lex_buf_init(&text);
    lex_json_put(report, "records", lex_scores_json(e->scores, e->thresholds, &e->labels));
    lex_json_print(&text, report, true);
    lex_status st = lex_file_write(path, lex_buf_str(&text), err);
    lex_buf_release(&text);
    lex_json_free(report);
    return st;
}

static lex_status write_junit(const cli_eval *run, const char *path, lex_err *err)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_gates_junit(&text, run->gates, run->n_gates, &run->evaluation);
    lex_status st = lex_file_write(path, lex_buf_str(&text), err);
    lex_buf_release(&text);
    return st;
}

/* The model's own description tells how training went; a plain transformers folder has none. */
static lex_json *read_description(const char *model_dir)
{
    lex_json *description = NULL;
    lex_err ignored = {0};
    char *path = lex_path_join(model_dir, "lexclf.json");
    if (lex_path_kind_of(path) == LEX_PATH_FILE &&
        lex_json_read(&description, path, DESCRIPTION_MAX_BYTES, &ignored) != LEX_OK)
        description = NULL;
    free(path);
    return description;
}

static lex_status write_html(const cli_eval *run, const char *path, lex_err *err)
{
    const char *model = cli_option_string(run->options, "model");
    char *trimmed = lex_path_trimmed(model);
    char *log = lex_path_join(trimmed, "metrics.jsonl");
    lex_json *description = read_description(model);
    lex_report_steps steps;
    lex_report_steps_read(&steps, log);
    lex_report page = {
        .title = lex_path_base(trimmed),
        .evaluation = &run->evaluation,
        .data = run->paths,
        .n_data = run->n_paths,
        .gates = run->gates,
        .n_gates = run->n_gates,
        .compared = run->compared,
        .n_wrong = lex_wrong_log_count(run->wrong),
        .description = description,
        .steps = &steps,
    };
    page.worst = lex_wrong_log_worst(run->wrong, &page.n_worst);
    lex_buf text;
    lex_buf_init(&text);
    lex_report_html(&text, &page);
    lex_status st = lex_file_write(path, lex_buf_str(&text), err);
    lex_buf_release(&text);
    lex_json_free(description);
    lex_report_steps_release(&steps);
    free(log);
    free(trimmed);
    return st;
}

/* ---- gates ---- */

static void say_unmet(const cli_eval *run)
{
    lex_buf told;
    lex_buf_init(&told);
    for (int i = 0; i < run->n_gates; i++) {
        lex_err message = {0};
        if (run->gates[i].held)
            continue;
        lex_buf_clear(&told);
        lex_gate_explain(&told, &run->gates[i], &run->evaluation);
        lex_err_set(&message, LEX_ERR_INPUT, "gate not met: %s", told.ptr);
        cli_print_error(&message); /* also with --quiet */
    }
    lex_buf_release(&told);
}

lex_status cli_eval_publish(cli_eval *run, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_json *object = lex_evaluation_json(&run->evaluation);
    const char *report = cli_option_string(run->options, "report"), *errors = cli_option_string(run->options, "errors");
    const char *html = cli_option_string(run->options, "html"), *junit = cli_option_string(run->options, "junit");
    for (int i = 0; i < run->n_gates; i++)
        lex_gate_judge(&run->gates[i], &run->evaluation, run->compared);
    if (run->n_gates)
        lex_json_put(object, "gates", lex_gates_json(run->gates, run->n_gates));
    if (run->compared)
        lex_json_put(object, "comparison", lex_compared_json(run->compared, &run->evaluation));
    if (cli_option_flag(run->options, "profile"))
        lex_json_put(object, "profile", cli_profile_json(&run->evaluation.profile, run->evaluation.elapsed_s));
    cli_tell_bad_rows(run->reading, run->options, object);
    show(run);
    if (report)
        LEX_TRY(write_report(run, object, report, err));
    if (errors)
        LEX_TRY(lex_wrong_log_write(run->wrong, err));
    if (html)
        LEX_TRY(write_html(run, html, err));
    if (junit)
        LEX_TRY(write_junit(run, junit, err));
    if (cli_option_flag(run->options, "json"))
        LEX_TRY(cli_print_json(object, err));
    say_unmet(run);
done:
    lex_json_free(object);
    return st;
}
