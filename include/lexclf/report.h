/* report.h - an evaluation as one page for people: a file of HTML that needs nothing but itself.
 *
 * No script, no font, no picture is loaded from anywhere (a content security policy in the page forbids it); charts are
 * inline SVG with titles that a screen reader finds. Light and dark follow the reader's system, and print has its own
 * rules. There is no date and no duration in it: the same evaluation gives the same bytes. Whatever comes from data, a
 * label or a text with markup in it, is escaped.
 *
 *     lex_report page = {.title = "q", .evaluation = &evaluation, .gates = gates, .n_gates = 2};
 *     lex_report_html(&text, &page);
 */
#ifndef LEXCLF_REPORT_H
#define LEXCLF_REPORT_H

#include "lexclf/gates.h"
#include "lexclf/wrong.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LEX_REPORT_MATRIX_LABELS = 60, /* with more, the worst confusions stand in the matrix's place */
    LEX_REPORT_CURVES = 60,        /* labels with a precision-recall curve: those with the most records */
    LEX_REPORT_ROWS = 300,         /* labels in a table, likewise */
    LEX_REPORT_WORST = 20,         /* wrong records that are shown */
};

/* The loss of a training's steps, from its log. */
typedef struct {
    double *step, *loss; /* (n), of steps that have one */
    int64_t n, step_capacity, loss_capacity;
} lex_report_steps;
/* Reads metrics.jsonl as trainer.h has it; what is no line of a step is passed over, and a file that is not there has
 * none. Release it. */
void lex_report_steps_read(lex_report_steps *out, const char *path);
void lex_report_steps_release(lex_report_steps *steps);

/* All of it is borrowed. */
typedef struct {
    const char *title; /* of the model */
    const lex_evaluation *evaluation;
    const char *const *data; /* the files, as named */
    int n_data;
    const lex_gate *gates; /* judged */
    int n_gates;
    const lex_compared *compared; /* or NULL */
    const lex_wrong *worst;
    int n_worst;
    int64_t n_wrong;             /* of all records */
    const lex_json *description; /* lexclf.json, whose "run" tells how training went; or NULL */
    const lex_report_steps *steps; /* or NULL */
} lex_report;

/* Adds the page. */
void lex_report_html(lex_buf *out, const lex_report *report);

#ifdef __cplusplus
}
#endif
#endif
