/* predict_resume.c - the state of a run as JSON, there and back. */
#include "predict_resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

static const double save_every_s = 1.0;

/* Options that change no answer. */
static const char *const unrelated[] = {"config",  "fail-on", "help",  "json",    "model",  "out",
                                        "profile", "progress", "quiet", "resume", "threads", "verbose"};

static bool is_unrelated(const char *name)
{
    for (size_t i = 0; i < sizeof unrelated / sizeof *unrelated; i++)
        if (strcmp(name, unrelated[i]) == 0)
            return true;
    return false;
}

static lex_json *option_value(const cli_options *options, const cli_option *row)
{
    lex_json *value = NULL;
    int n = 0;
    const char *const *texts;
    switch (row->type) {
    case CLI_FLAG: return lex_json_new_bool(true);
    case CLI_INT: return lex_json_new_number((double)cli_option_int(options, row->name));
    case CLI_DOUBLE: return lex_json_new_number(cli_option_double(options, row->name));
    case CLI_CHOICE: return lex_json_new_number(cli_option_choice(options, row->name));
    case CLI_STRING: return lex_json_new_string(cli_option_string(options, row->name));
    case CLI_STRINGS:
        value = lex_json_new_array();
        texts = cli_option_strings(options, row->name, &n);
        for (int i = 0; i < n; i++)
            lex_json_push(value, lex_json_new_string(texts[i]));
    }
    return value;
}

/* Whatever was given and changes answers, by name: new options are remembered by themselves. */
static lex_json *related_options(const cli_options *options)
{
    lex_json *object = lex_json_new_object();
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        if ((row->verbs & CLI_PREDICT) && !is_unrelated(row->name) && cli_option_given(options, row->name))
            lex_json_put(object, row->name, option_value(options, row));
    }
    return object;
}

static lex_status describe(lex_json **out, const cli_resume *r, const lex_model *model, const cli_options *options,
                           const cli_output *output, lex_err *err)
{
    char hex[65];
    lex_status st = lex_model_fingerprint(model, hex, err);
    if (st != LEX_OK)
        return st;
    *out = lex_json_new_object();
    lex_json_put_string(*out, "program", "lexclf " LEXCLF_VERSION);
    lex_json_put_string(*out, "model", hex);
    lex_json_put(*out, "options", related_options(options));
    lex_json_put_bool(*out, "table", output->table != NULL);
    lex_json_put_bool(*out, "source", output->format.source);
    lex_json_put_number(*out, "shard", (double)r->shard); /* which "auto" may have found */
    lex_json_put_number(*out, "n_shards", (double)r->n_shards);
    return LEX_OK;
}

/* ---- the same run? ---- */

/* The first option of `a` that `b` does not have with the same value; NULL: none. */
static const char *different_option(const lex_json *a, const lex_json *b)
{
    for (const lex_json *node = lex_json_first(a); node; node = lex_json_next(node))
        if (!lex_json_same(node, lex_json_get(b, lex_json_key(node))))
            return lex_json_key(node);
    return NULL;
}

static lex_status differs(const cli_resume *r, lex_status code, lex_err *err, const char *what)
{
    const char *path = lex_partial_path(r->partial);
    lex_err_set(err, code, "%s: was begun with another %s", path, what);
    lex_err_hint(err, "continue with what it was begun with, or remove %s and %s.state to begin anew",
                 lex_path_base(path), lex_path_base(path));
    return code;
}

static lex_status compare(const cli_resume *r, const lex_json *before, lex_err *err)
{
    const lex_json *now = r->identity;
    const lex_json *mine = lex_json_get(now, "options"), *theirs = lex_json_get(before, "options");
    const char *option = different_option(mine, theirs);
    if (!option)
        option = different_option(theirs, mine);
    if (option) {
        char what[120];
        snprintf(what, sizeof what, "'--%s'", option);
        return differs(r, LEX_ERR_USAGE, err, what);
    }
    if (!lex_json_same(lex_json_get(before, "table"), lex_json_get(now, "table")))
        return differs(r, LEX_ERR_USAGE, err, "format of answers");
    if (!lex_json_same(lex_json_get(before, "shard"), lex_json_get(now, "shard")) ||
        !lex_json_same(lex_json_get(before, "n_shards"), lex_json_get(now, "n_shards")))
        return differs(r, LEX_ERR_USAGE, err, "shard");
    if (!lex_json_same(lex_json_get(before, "source"), lex_json_get(now, "source")))
        return differs(r, LEX_ERR_USAGE, err, "number of input files: one or several");
    if (!lex_json_same(lex_json_get(before, "model"), lex_json_get(now, "model")))
        return differs(r, LEX_ERR_INPUT, err, "model");
    if (!lex_json_same(lex_json_get(before, "program"), lex_json_get(now, "program")))
        return differs(r, LEX_ERR_INPUT, err, "version of the program");
    return LEX_OK;
}

/* ---- the state ---- */

static lex_json *state_of(const cli_resume *r, const cli_output *o, const cli_predict_counts *c,
                          const lex_position *position)
{
    char hex[20];
    lex_json *state = lex_json_new_object(), *labels = lex_json_new_array();
    snprintf(hex, sizeof hex, "%016" PRIx64, position->input);
    lex_json_put(state, "run", lex_json_copy(r->identity));
    lex_json_put_number(state, "blocks", (double)position->blocks);
    lex_json_put_number(state, "records", (double)position->records);
    lex_json_put_string(state, "input", hex);
    lex_json_put_bool(state, "begun", o->begun);
    lex_json_put_bool(state, "marked", o->marked);
    lex_json_put_bool(state, "beyond_ascii", o->beyond_ascii);
    lex_json_put_number(state, "answered", (double)c->n_records);
    lex_json_put_number(state, "truncated", (double)c->n_truncated);
    lex_json_put_number(state, "abstained", (double)c->n_abstained);
    lex_json_put_number(state, "unlabelled", (double)c->n_unlabelled);
    lex_json_put_number(state, "tokens", (double)c->n_tokens);
    for (int64_t k = 0; k < c->n_labels; k++)
        lex_json_push(labels, lex_json_new_number((double)c->n_of_label[k]));
    lex_json_put(state, "labels", labels);
    return state;
}

static bool read_state(const lex_json *state, cli_output *o, cli_predict_counts *c, lex_position *from)
{
    const struct {
        const char *name;
        int64_t *to;
    } numbers[] = {
        {"blocks", &from->blocks},          {"records", &from->records},        {"answered", &c->n_records},
        {"truncated", &c->n_truncated},     {"abstained", &c->n_abstained},     {"unlabelled", &c->n_unlabelled},
        {"tokens", &c->n_tokens},
    };
    bool fine = true;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fine = fine && lex_json_int(numbers[i].to, lex_json_get(state, numbers[i].name), 0, INT64_C(1) << 53);
    const char *hex = lex_json_string(lex_json_get(state, "input"));
    fine = fine && hex && sscanf(hex, "%16" SCNx64, &from->input) == 1;
    const lex_json *node = lex_json_first(lex_json_get(state, "labels"));
    for (int64_t k = 0; fine && k < c->n_labels; k++, node = lex_json_next(node))
        fine = lex_json_int(&c->n_of_label[k], node, 0, INT64_C(1) << 53);
    o->begun = lex_json_bool(lex_json_get(state, "begun"), false);
    o->marked = lex_json_bool(lex_json_get(state, "marked"), false);
    o->beyond_ascii = lex_json_bool(lex_json_get(state, "beyond_ascii"), false);
    return fine;
}

static lex_status save(cli_resume *r, lex_err *err)
{
    lex_status st = lex_partial_checkpoint(r->partial, r->pending_bytes, r->pending, err);
    lex_json_free(r->pending);
    r->pending = NULL;
    r->saved_s = lex_now_s();
    return st;
}

/* ---- a run ---- */

lex_status cli_resume_open(cli_resume *r, const char *out, const lex_strings *files, lex_err *err)
{
    for (int64_t i = 0; i < files->n; i++) {
        const char *file = files->items[i];
        bool is_stdin = strcmp(file, "-") == 0;
        if (is_stdin || lex_path_kind_of(file) == LEX_PATH_OTHER)
            return lex_err_set(err, LEX_ERR_USAGE, "option '--resume': %s cannot be read again from its start",
                               is_stdin ? "standard input" : file);
    }
    return lex_partial_open(&r->partial, out, err);
}

lex_status cli_resume_begin(cli_resume *r, const lex_model *model, const cli_options *options, cli_output *output,
                            cli_predict_counts *counts, lex_position *from, lex_err *err)
{
    lex_status st = LEX_OK;
    const lex_json *state = lex_partial_state(r->partial);
    LEX_TRY(describe(&r->identity, r, model, options, output, err));
    output->partial = r->partial;
    if (state) {
        LEX_TRY(compare(r, lex_json_get(state, "run"), err));
        if (!read_state(state, output, counts, from)) {
            st = lex_err_set(err, LEX_ERR_INPUT, "%s.state: cannot be read as a state", lex_partial_path(r->partial));
            goto done;
        }
    }
    LEX_TRY(lex_partial_begin(r->partial, err));
    if (state && from->records)
        cli_note("continuing after %lld records", (long long)from->records);
    if (!state) {
        r->pending = state_of(r, output, counts, from);
        LEX_TRY(save(r, err));
    }
    r->saved_s = lex_now_s();
done:
    return st;
}

lex_status cli_resume_note(cli_resume *r, const cli_output *output, const cli_predict_counts *counts,
                           const lex_position *position, lex_err *err)
{
    lex_json_free(r->pending);
    r->pending = state_of(r, output, counts, position);
    r->pending_bytes = lex_partial_written(r->partial);
    return lex_now_s() - r->saved_s >= save_every_s ? save(r, err) : LEX_OK;
}

void cli_resume_keep(cli_resume *r)
{
    lex_err ignored = {0}; /* what went wrong first is what is told */
    if (r->partial && r->pending && save(r, &ignored) != LEX_OK)
        lex_err_clear(&ignored);
}

void cli_resume_close(cli_resume *r)
{
    lex_json_free(r->pending);
    lex_json_free(r->identity);
    lex_partial_close(r->partial);
}
