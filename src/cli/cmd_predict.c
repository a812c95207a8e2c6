/* cmd_predict.c - answers for records, to standard output or to a file: what is asked for is checked, then the records
 * go through the predictor, and what it answers through predict_output.c. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "predict_resume.h"
#include "profile_table.h"
#include "shard.h"
#include "verbs.h"

static const char text_source[] = "--text";

enum { FORM_AUTO, FORM_JSONL, FORM_CSV, FORM_TSV }; /* in the order of the row */

/* What one run shares. */
typedef struct {
    const cli_options *options;
    cli_inputs inputs;
    lex_reading *reading;
    const lex_model *model;
    cli_output output;
    cli_resume resume;
    cli_predict_counts counts;
    int64_t n_before; /* records of an earlier run */
    double begin_s;
} work;

/* ---- what comes back from the predictor ---- */

static lex_status take_answer(void *context, const lex_answer *answer, lex_err *err)
{
    work *w = context;
    cli_predict_counts *c = &w->counts;
    bool labelled = false;
    c->n_records++;
    c->n_truncated += answer->truncated;
    c->n_tokens += answer->n_used;
    c->n_abstained += w->output.format.abstain && lex_answer_abstains(answer, &w->output.format);
    if (w->model->task == LEX_TASK_MULTI) {
        for (int64_t k = 0; k < c->n_labels; k++) {
            bool has = lex_answer_has(answer, k);
            c->n_of_label[k] += has;
            labelled = labelled || has;
        }
    } else {
        float ignored;
        c->n_of_label[lex_answer_label(answer, &ignored)]++;
        labelled = true;
    }
    c->n_unlabelled += !labelled;
    return cli_output_add(&w->output, answer, err);
}

static lex_status end_block(void *context, const lex_position *position, lex_err *err)
{
    work *w = context;
    lex_status st = cli_output_flush(&w->output, err);
    if (st == LEX_OK && w->resume.partial)
        st = cli_resume_note(&w->resume, &w->output, &w->counts, position, err);
    return st;
}

static void show_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    const work *w = context;
    cli_progress_update(w->n_before + n_records, n_tokens);
}

/* ---- what the command line alone can tell ---- */

static int form_of(const cli_options *options)
{
    const char *out = cli_option_string(options, "out");
    const char *dot = out ? strrchr(lex_path_base(out), '.') : NULL;
    int form = cli_option_choice(options, "out-format");
    if (form != FORM_AUTO)
        return form;
    if (dot && strcasecmp(dot, ".csv") == 0)
        return FORM_CSV;
    return dot && strcasecmp(dot, ".tsv") == 0 ? FORM_TSV : FORM_JSONL;
}

static lex_status check_form(const cli_options *options, lex_err *err)
{
    static const char *const of_tables[] = {"label-separator", "no-bom", "safe-csv"};
    for (size_t i = 0; i < sizeof of_tables / sizeof *of_tables && form_of(options) == FORM_JSONL; i++) {
        if (cli_option_given(options, of_tables[i])) {
            lex_err_set(err, LEX_ERR_USAGE, "option '--%s' is for tables, but the answers are lines of JSON",
                        of_tables[i]);
            lex_err_hint(err, "say --out-format csv");
            return LEX_ERR_USAGE;
        }
    }
    return LEX_OK;
}

static lex_status check_text(const char *text, lex_err *err)
{
    lex_str view = lex_str_of(text);
    size_t valid = lex_utf8_valid_prefix(view);
    if (valid < view.len)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--text': invalid UTF-8 at byte %zu", valid);
    return LEX_OK;
}

static lex_status check(cli_inputs *inputs, lex_reading *reading, const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *out = cli_option_string(options, "out");
    const char *text = cli_option_string(options, "text");
    if (text)
        LEX_TRY(check_text(text, err));
    if (cli_option_flag(options, "json") && !out) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--json' needs '--out FILE': standard output carries the answers");
        return err->code;
    }
    if (cli_option_flag(options, "resume") && !out)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--resume' needs '--out FILE', which is what is continued");
    LEX_TRY(check_form(options, err));
    LEX_TRY(cli_check_reader_options(options, err));
    if (!text)
        LEX_TRY(cli_inputs_take(inputs, options, reading, err));
    if (out)
        LEX_TRY(cli_check_output_file("out", out, cli_inputs_paths(inputs), (int)inputs->files.n, err));
done:
    return st;
}

/* ---- what the model must fit ---- */

static lex_status check_fail_on(const work *w, lex_err *err)
{
    int n;
    const char *const *labels = cli_option_strings(w->options, "fail-on", &n);
    for (int i = 0; i < n; i++)
        if (lex_strings_find(&w->model->labels, lex_str_of(labels[i])) < 0)
            return lex_err_set(err, LEX_ERR_USAGE, "option '--fail-on': the model in %s has no label '%s'",
                               w->model->dir, labels[i]);
    return LEX_OK;
}

static lex_predictor_options predictor_options(const cli_options *options, work *w)
{
    lex_predictor_options p = cli_predictor_options(options);
    p.exact = cli_option_flag(options, "logits"); /* who asks for raw numbers compares them */
    p.latency = cli_option_flag(options, "latency") || cli_option_given(options, "text");
    p.profile = cli_option_flag(options, "profile");
    p.answer = take_answer;
    p.block = end_block;
    p.progress = show_progress;
    p.context = w;
    p.stop = &lex_cli_interrupted;
    p.fingerprint = cli_option_flag(options, "resume");
    p.fingerprint_names = w->output.format.source;
    p.thresholds = cli_option_strings(options, "threshold", &p.n_thresholds);
    return p;
}

static void choose_format(work *w)
{
    const cli_options *options = w->options;
    w->output.mark_wanted = !cli_option_flag(options, "no-bom");
    w->output.format = (lex_answer_format){
        .passthrough = !cli_option_flag(options, "no-passthrough"),
        .scores_all = cli_option_choice(options, "scores") == 1,
        .logits = cli_option_flag(options, "logits"),
        .source = w->inputs.files.n > 1 || w->inputs.has_folder,
        .abstain = cli_option_given(options, "abstain-below"),
        .delimiter = form_of(options) == FORM_TSV ? '\t' : ',',
        .label_separator = cli_option_string(options, "label-separator"),
        .id_column = cli_option_string(options, "id-column"),
        .safe = cli_option_flag(options, "safe-csv"),
    };
    if (w->output.format.abstain)
        w->output.format.abstain_below = cli_option_double(options, "abstain-below");
}

static lex_status choose_shard(lex_predictor_options *how, const cli_options *options, lex_err *err)
{
    const char *shard = cli_option_string(options, "shard");
    if (!shard)
        return LEX_OK;
    lex_status st = cli_shard_find(&how->shard, &how->n_shards, shard, err);
    if (st == LEX_OK && strcmp(shard, "auto") == 0)
        cli_note("shard %lld/%lld", (long long)how->shard, (long long)how->n_shards);
    return st;
}

static lex_status open_model(lex_predictor **predictor, work *w, const lex_predictor_options *how, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(lex_predictor_open(predictor, cli_option_string(w->options, "model"), how, err));
    w->model = lex_predictor_model(*predictor);
    w->counts.n_labels = w->model->labels.n;
    w->counts.n_of_label = lex_alloc_zeroed((size_t)w->counts.n_labels, sizeof *w->counts.n_of_label);
    LEX_TRY(check_fail_on(w, err));
    if (form_of(w->options) != FORM_JSONL)
        LEX_TRY(lex_table_new(&w->output.table, w->model, &w->output.format, err));
done:
    return st;
}

/* ---- the work ---- */

static lex_status answer_all(lex_predictor *predictor, const work *w, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *text = cli_option_string(w->options, "text");
    if (text) {
        LEX_TRY(lex_predictor_text(predictor, lex_str_of(text), text_source, err));
    } else {
        lex_reader_options reader = cli_reader_options(w->options, false, true, w->reading);
        for (int64_t i = 0; i < w->inputs.files.n; i++)
            LEX_TRY(lex_predictor_file(predictor, w->inputs.files.items[i], &reader, err));
    }
    /* An interrupted standard input looks like one that has ended. */
    LEX_TRY(cli_check_interrupted(err));
    LEX_TRY(lex_predictor_check_end(predictor, err));
done:
    return st;
}

/* What was answered before a failure goes where it is seen, or is kept for a later run. */
static void end_early(work *w, lex_err *err)
{
    lex_err later = {0};
    if (w->resume.partial) {
        cli_resume_keep(&w->resume);
        if (err->code == LEX_ERR_INTERRUPTED)
            lex_err_hint(err, "the same command goes on from there");
    } else if (w->output.file) {
        if (err->code == LEX_ERR_INTERRUPTED)
            lex_err_hint(err, "nothing is kept of it; a run with --resume can be continued");
    } else if (cli_output_flush(&w->output, &later) != LEX_OK) {
        lex_err_clear(&later);
    }
}

static lex_status run(lex_predictor *predictor, work *w, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_outfile file = {.fd = -1};
    const char *out = cli_option_string(w->options, "out");
    lex_position from = {0};
    if (w->resume.partial) {
        LEX_TRY(cli_resume_begin(&w->resume, w->model, w->options, &w->output, &w->counts, &from, err));
        w->n_before = w->counts.n_records;
        lex_predictor_continue(predictor, &from);
    } else if (out) {
        LEX_TRY(lex_outfile_open(&file, out, err));
        w->output.file = &file;
    }
    cli_progress_begin("predict", 0);
    st = answer_all(predictor, w, err);
    if (st == LEX_OK)
        st = cli_output_finish(&w->output, lex_predictor_columns(predictor), err);
    else
        end_early(w, err);
    cli_progress_end();
done:
    lex_outfile_abort(&file);
    return st;
}

/* ---- the end ---- */

static lex_status print_summary(const work *w, lex_predictor *predictor, lex_err *err)
{
    const cli_predict_counts *c = &w->counts;
    cli_detail_unused(&w->model->unused);
    cli_detail_unknown(&w->model->unknown_settings);
    double elapsed_s = lex_now_s() - w->begin_s;
    const char *device = lex_predictor_device(predictor);
    if (c->n_truncated)
        cli_note("%lld of %lld texts are longer than the maximum length and were cut", (long long)c->n_truncated,
                 (long long)c->n_records);
    if (!cli_option_given(w->options, "text"))
        cli_note("%lld %s, %lld tokens in %.1f s (%s)", (long long)c->n_records,
                 c->n_records == 1 ? "record" : "records", (long long)c->n_tokens, elapsed_s, device);
    lex_profile profile = {{0}, 0};
    lex_predictor_profile(predictor, &profile);
    if (cli_option_flag(w->options, "profile"))
        cli_show_profile(&profile, elapsed_s, c->n_tokens);
    if (!cli_option_flag(w->options, "json")) {
        cli_tell_bad_rows(w->reading, w->options, NULL);
        return LEX_OK;
    }
    lex_json *summary = lex_json_new_object(), *labels = lex_json_new_object();
    lex_json_put_number(summary, "n", (double)c->n_records);
    for (int64_t k = 0; k < c->n_labels; k++)
        lex_json_append(labels, w->model->labels.items[k], lex_json_new_number((double)c->n_of_label[k]));
    lex_json_put(summary, "labels", labels);
    if (w->model->task == LEX_TASK_MULTI)
        lex_json_put_number(summary, "unlabelled", (double)c->n_unlabelled);
    if (w->output.format.abstain)
        lex_json_put_number(summary, "abstained", (double)c->n_abstained);
    lex_json_put_number(summary, "truncated", (double)c->n_truncated);
    lex_json_put_number(summary, "tokens", (double)c->n_tokens);
    lex_json_put_number(summary, "seconds", elapsed_s);
    lex_json_put_string(summary, "device", device);
    if (cli_option_flag(w->options, "profile"))
        lex_json_put(summary, "profile", cli_profile_json(&profile, elapsed_s));
    cli_tell_bad_rows(w->reading, w->options, summary);
    lex_status st = cli_print_json(summary, err);
    lex_json_free(summary);
    return st;
}

/* 1 where a label of --fail-on was answered. */
static int gate(const work *w)
{
    int n, code = 0;
    const char *const *labels = cli_option_strings(w->options, "fail-on", &n);
    for (int i = 0; i < n; i++) {
        int64_t count = w->counts.n_of_label[lex_strings_find(&w->model->labels, lex_str_of(labels[i]))];
        if (count == 0)
            continue;
        cli_warn("--fail-on: %lld of %lld records have label '%s'", (long long)count, (long long)w->counts.n_records,
                 labels[i]);
        code = 1;
    }
    return code;
}

/* Nothing to do, which can be said of everything but the labels in there. */
static lex_status already_complete(const cli_options *options, lex_err *err)
{
    const char *out = cli_option_string(options, "out");
    if (cli_option_given(options, "fail-on")) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--fail-on': '%s' is complete, and its labels were not counted by this "
                    "run", out);
        lex_err_hint(err, "remove it, or leave --resume out, to predict anew");
        return LEX_ERR_USAGE;
    }
    cli_note("'%s' is complete: nothing to do", out);
    if (!cli_option_flag(options, "json"))
        return LEX_OK;
    lex_json *summary = lex_json_new_object();
    lex_json_put_bool(summary, "already_complete", true);
    lex_status st = cli_print_json(summary, err);
    lex_json_free(summary);
    return st;
}

int cli_run_predict(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_predictor *predictor = NULL;
    int code = 0;
    work w = {.options = options, .begin_s = lex_now_s()};
    lex_buf_init(&w.output.text);
    LEX_TRY(cli_setup_terminal(options, true, err));
    w.reading = cli_reading_new(options, true);
    LEX_TRY(check(&w.inputs, w.reading, options, err));
    choose_format(&w);
    lex_predictor_options how = predictor_options(options, &w);
    LEX_TRY(choose_shard(&how, options, err));
    if (cli_option_flag(options, "resume")) {
        w.resume.shard = how.shard;
        w.resume.n_shards = how.n_shards;
        LEX_TRY(cli_resume_open(&w.resume, cli_option_string(options, "out"), &w.inputs.files, err));
        if (lex_partial_is_complete(w.resume.partial)) {
            st = already_complete(options, err);
            goto done;
        }
    }
    LEX_TRY(open_model(&predictor, &w, &how, err));
    LEX_TRY(run(predictor, &w, err));
    LEX_TRY(print_summary(&w, predictor, err));
    code = gate(&w);
done:
    cli_resume_close(&w.resume);
    cli_output_release(&w.output);
    free(w.counts.n_of_label);
    lex_predictor_close(predictor);
    lex_reading_free(w.reading);
    cli_inputs_release(&w.inputs);
    return st == LEX_OK ? code : (int)st;
}
