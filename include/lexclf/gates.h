/* gates.h - what a model must reach: bounds on its numbers, for CI.
 *
 * A requirement is NAME OP NUMBER, with OP one of >= > <= < ==: "macro_f1>=0.82", "per_label.LEASE.recall>=0.9". It is
 * read from both ends, so that a label may hold dots, blanks, commas and operators of its own: "per_label.A>=1.5.f1>0"
 * is about F1 of 'A>=1.5'. A limit on a drop is NAME=NUMBER, "macro_f1=0.01": how much worse than another model
 * the one at hand may be, in the direction that is worse for that number.
 *
 * A bound that no model can miss or meet ("accuracy>=1.01") is a mistake, and refused. A number that is undefined, an
 * AUPR of nothing say, meets no bound.
 */
#ifndef LEXCLF_GATES_H
#define LEXCLF_GATES_H

#include "lexclf/compare.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { LEX_AT_LEAST, LEX_ABOVE, LEX_AT_MOST, LEX_BELOW, LEX_EQUAL } lex_gate_operator;

typedef struct {
    char *text;   /* as the user wrote it */
    char *metric; /* a name of lex_metrics_by_name() or, with a label, of lex_label_metrics_by_name() */
    char *label;  /* or NULL: of the whole */
    bool is_drop; /* bound: by how much it may be worse than the other model's */
    lex_gate_operator op; /* AT_MOST for a drop */
    double bound;
    /* filled by lex_gate_judge() */
    double value; /* what is bounded: the number, or the drop (below 0 where it got better); NaN when undefined */
    double other; /* a drop: the other model's number */
    bool held;
} lex_gate;

/* LEX_ERR_USAGE: not of that form, a name or a bound that cannot be. Release it whatever was returned. */
lex_status lex_gate_parse_requirement(lex_gate *out, const char *text, lex_err *err) LEX_MUST_CHECK;
lex_status lex_gate_parse_drop(lex_gate *out, const char *text, lex_err *err) LEX_MUST_CHECK;
void lex_gate_release(lex_gate *gate);
/* LEX_ERR_USAGE when the gate is about a label that the model does not have. */
lex_status lex_gate_check_label(const lex_gate *gate, const lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* compared: needed by a drop alone; else it may be NULL. */
void lex_gate_judge(lex_gate *gate, const lex_evaluation *evaluation, const lex_compared *compared);

/* ">=" and the like. */
const char *lex_gate_operator_name(lex_gate_operator op);
/* Adds what came of it, for people: "macro_f1 is 0.7841, not >= 0.82", or "..., as required". */
void lex_gate_explain(lex_buf *out, const lex_gate *gate, const lex_evaluation *evaluation);
/* An array: {"gate", "metric", "label", "operator", "bound", "value", "held"}; of a drop also "other". */
lex_json *lex_gates_json(const lex_gate *gates, int n);
/* A JUnit file, as CI systems read it: each gate a test case. Names are escaped; what XML 1.0 forbids becomes U+FFFD. */
void lex_gates_junit(lex_buf *out, const lex_gate *gates, int n, const lex_evaluation *evaluation);

#ifdef __cplusplus
}
#endif
#endif
