/* gates.c - bounds on a model's numbers: read from both ends, judged, told. */
#include "lexclf/gates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const operators[] = {
    [LEX_AT_LEAST] = ">=", [LEX_ABOVE] = ">", [LEX_AT_MOST] = "<=", [LEX_BELOW] = "<", [LEX_EQUAL] = "==",
};

static const lex_str per_label = {"per_label.", sizeof "per_label." - 1};

const char *lex_gate_operator_name(lex_gate_operator op)
{
    return operators[op];
}

/* ---- reading ---- */

static lex_str trimmed(lex_str text)
{
    while (text.len && text.ptr[0] == ' ') {
        text.ptr++;
        text.len--;
    }
    while (text.len && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

static char *copy_of(lex_str text)
{
    char *copy = lex_alloc(text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* The last character of `set` in the text, or NULL. */
static const char *last_of(const char *text, const char *set)
{
    const char *found = NULL;
    for (const char *c = text; *c; c++)
        found = strchr(set, *c) ? c : found;
    return found;
}

static lex_status unknown_name(lex_str name, const char *option, lex_err *err)
{
    lex_err_set(err, LEX_ERR_USAGE, "option '--%s': there is no number '%.*s'", option, (int)name.len, name.ptr);
    lex_err_hint(err, "numbers are accuracy, macro_f1, loss ... and per_label.NAME.recall ..., as in the report");
    return LEX_ERR_USAGE;
}

/* "macro_f1", "per_label.LEASE.recall": the number is what stands behind the last dot. */
static lex_status read_name(lex_gate *gate, lex_str name, const char *option, lex_err *err)
{
    static const lex_metrics no_metrics;
    static const lex_label_metrics no_label;
    double value;
    if (!lex_str_starts(name, per_label)) {
        if (!lex_metrics_by_name(&value, &no_metrics, name))
            return unknown_name(name, option, err);
        gate->metric = copy_of(name);
        return LEX_OK;
    }
    size_t dot = name.len;
    while (dot > per_label.len && name.ptr[dot - 1] != '.')
        dot--;
    lex_str metric = {name.ptr + dot, name.len - dot};
    if (dot <= per_label.len + 1 || !lex_label_metrics_by_name(&value, &no_label, metric))
        return unknown_name(name, option, err);
    gate->metric = copy_of(metric);
    gate->label = copy_of((lex_str){name.ptr + per_label.len, dot - 1 - per_label.len});
    return LEX_OK;
}

/* The largest value that the number can have; the smallest is 0 for all of them. */
static double highest(const lex_gate *gate)
{
    bool open = strcmp(gate->metric, "support") == 0 || strcmp(gate->metric, "loss") == 0;
    return open ? (double)INFINITY : 1;
}

static bool bound_can_be(const lex_gate *gate)
{
    double high = highest(gate);
    if (gate->op == LEX_ABOVE && gate->bound >= high)
        return false;
    if (gate->op == LEX_BELOW && gate->bound <= 0)
        return false;
    return gate->bound >= 0 && gate->bound <= high;
}

static lex_status finish(lex_gate *gate, lex_str name, lex_str number, const char *option, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(read_name(gate, trimmed(name), option, err));
    number = trimmed(number);
    if (!lex_parse_double(&gate->bound, number)) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--%s': '%.*s' is not a number", option, (int)number.len,
                         number.ptr);
    } else if (!bound_can_be(gate)) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--%s': %s %s %.*s cannot be", option, gate->metric,
                         operators[gate->op], (int)number.len, number.ptr);
        if (isfinite(highest(gate)))
            lex_err_hint(err, "%s goes from 0 to 1", gate->metric);
        else
            lex_err_hint(err, "%s is never below 0", gate->metric);
    }
done:
    return st;
}

lex_status lex_gate_parse_requirement(lex_gate *out, const char *text, lex_err *err)
{
    *out = (lex_gate){.text = lex_strdup(text), .value = (double)NAN, .other = (double)NAN};
    const char *end = last_of(text, "<>="); /* a number holds none of these */
    const char *begin = end;
    if (end && *end == '=')
        begin = end > text && strchr("<>=", end[-1]) ? end - 1 : NULL;
    if (!begin) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--require': '%s' is not of the form NAME>=NUMBER", text);
        lex_err_hint(err, "for example --require 'macro_f1>=0.82'; also > <= < and ==");
        return LEX_ERR_USAGE;
    }
    size_t len = (size_t)(end - begin) + 1;
    for (int op = LEX_AT_LEAST; op <= LEX_EQUAL; op++)
        if (strlen(operators[op]) == len && strncmp(operators[op], begin, len) == 0)
            out->op = (lex_gate_operator)op;
    return finish(out, (lex_str){text, (size_t)(begin - text)}, lex_str_of(end + 1), "require", err);
}

lex_status lex_gate_parse_drop(lex_gate *out, const char *text, lex_err *err)
{
    *out = (lex_gate){.text = lex_strdup(text), .is_drop = true, .op = LEX_AT_MOST, .value = (double)NAN,
                      .other = (double)NAN};
    const char *equals = strrchr(text, '=');
    if (equals)
        return finish(out, (lex_str){text, (size_t)(equals - text)}, lex_str_of(equals + 1), "max-drop", err);
    lex_err_set(err, LEX_ERR_USAGE, "option '--max-drop': '%s' is not of the form NAME=NUMBER", text);
    lex_err_hint(err, "for example --max-drop macro_f1=0.01");
    return LEX_ERR_USAGE;
}

void lex_gate_release(lex_gate *gate)
{
    free(gate->text);
    free(gate->metric);
    free(gate->label);
    memset(gate, 0, sizeof *gate);
}

lex_status lex_gate_check_label(const lex_gate *gate, const lex_model *model, lex_err *err)
{
    if (!gate->label || lex_strings_find(&model->labels, lex_str_of(gate->label)) >= 0)
        return LEX_OK;
    lex_err_set(err, LEX_ERR_USAGE, "option '--%s': the model in %s has no label '%s'",
                gate->is_drop ? "max-drop" : "require", model->dir, gate->label);
    return LEX_ERR_USAGE;
}

/* ---- judging ---- */

static double number_at_hand(const lex_gate *gate, const lex_evaluation *evaluation)
{
    double value = (double)NAN;
    if (gate->label) {
        int64_t k = lex_strings_find(&evaluation->labels, lex_str_of(gate->label));
        if (k >= 0)
            lex_label_metrics_by_name(&value, &evaluation->metrics.per_label[k], lex_str_of(gate->metric));
    } else {
        lex_metrics_by_name(&value, &evaluation->metrics, lex_str_of(gate->metric));
    }
    return value;
}

/* Comparisons with NaN are false: what is undefined holds nothing. */
static bool holds(lex_gate_operator op, double value, double bound)
{
    switch (op) {
    case LEX_AT_LEAST:
        return value >= bound;
    case LEX_ABOVE:
        return value > bound;
    case LEX_AT_MOST:
        return value <= bound;
    case LEX_BELOW:
        return value < bound;
    case LEX_EQUAL:
        return value == bound;
    }
    return false;
}

void lex_gate_judge(lex_gate *gate, const lex_evaluation *evaluation, const lex_compared *compared)
{
    gate->value = number_at_hand(gate, evaluation);
    if (gate->is_drop) {
        LEX_ASSERT(compared);
        lex_str name = lex_str_of(gate->metric);
        gate->other = lex_compared_number(compared, gate->label, name);
        gate->value = lex_metric_is_gain(name) ? gate->other - gate->value : gate->value - gate->other;
    }
    /* 0.80 - 0.79 is a little more than 0.01 in binary: a drop that is the limit by its digits holds. */
    gate->held = holds(gate->op, gate->is_drop ? gate->value - 1e-9 : gate->value, gate->bound);
}

/* ---- telling ---- */

/* A name of at most `most` bytes, cut at a character. */
static void add_name(lex_buf *out, const lex_gate *gate)
{
    enum { MOST = 200 };
    lex_str label = lex_str_of(gate->label);
    if (gate->label) {
        lex_str head = {label.ptr, label.len < MOST ? label.len : MOST};
        head.len = lex_utf8_valid_prefix(head);
        lex_buf_printf(out, "%s of '%.*s%s'", gate->metric, (int)head.len, head.ptr, head.len < label.len ? "..." : "");
    } else {
        lex_buf_printf(out, "%s", gate->metric);
    }
}

static int64_t support_of(const lex_gate *gate, const lex_evaluation *evaluation)
{
    int64_t k = gate->label ? lex_strings_find(&evaluation->labels, lex_str_of(gate->label)) : -1;
    return k < 0 ? -1 : evaluation->metrics.per_label[k].support;
}

void lex_gate_explain(lex_buf *out, const lex_gate *gate, const lex_evaluation *evaluation)
{
    add_name(out, gate);
    if (isnan(gate->value))
        lex_buf_printf(out, " is undefined");
    else if (gate->is_drop)
        lex_buf_printf(out, " is %.6g worse than %.6g", gate->value, gate->other);
    else
        lex_buf_printf(out, " is %.6g", gate->value);
    if (gate->is_drop)
        lex_buf_printf(out, ", %s %.6g", gate->held ? "at most" : "more than", gate->bound);
    else
        lex_buf_printf(out, ", %s%s %.6g", gate->held ? "" : "not ", operators[gate->op], gate->bound);
    if (support_of(gate, evaluation) == 0)
        lex_buf_printf(out, " (no record has that label)");
}

lex_json *lex_gates_json(const lex_gate *gates, int n)
{
    lex_json *list = lex_json_new_array();
    for (int i = 0; i < n; i++) {
        const lex_gate *gate = &gates[i];
        lex_json *object = lex_json_new_object();
        lex_json_put_string(object, "gate", gate->text);
        lex_json_put_string(object, "kind", gate->is_drop ? "max_drop" : "require");
        lex_json_put_string(object, "metric", gate->metric);
        lex_json_put_string(object, "label", gate->label);
        lex_json_put_string(object, "operator", operators[gate->op]);
        lex_json_put_number(object, "bound", gate->bound);
        lex_json_put_number(object, "value", gate->value);
        if (gate->is_drop)
            lex_json_put_number(object, "other", gate->other);
        lex_json_put_bool(object, "held", gate->held);
        lex_json_push(list, object);
    }
    return list;
}
