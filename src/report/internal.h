/* internal.h - what the files of this module share: the page's parts, each of which adds its section, and the words
 * and shapes that they are made of. A part that has nothing to say adds nothing. */
#ifndef LEXCLF_REPORT_INTERNAL_H
#define LEXCLF_REPORT_INTERNAL_H

#include "lexclf/report.h"

/* ---- parts ---- */
extern const char *const lex_report_style[]; /* CSS, in pieces; NULL ends them */
void lex_report_gates(lex_buf *out, const lex_report *report);
void lex_report_comparison(lex_buf *out, const lex_report *report);
void lex_report_labels(lex_buf *out, const lex_report *report);
void lex_report_confusions(lex_buf *out, const lex_report *report);
void lex_report_calibration(lex_buf *out, const lex_report *report);
void lex_report_curves(lex_buf *out, const lex_report *report);
void lex_report_thresholds(lex_buf *out, const lex_report *report);
void lex_report_worst(lex_buf *out, const lex_report *report);
void lex_report_training(lex_buf *out, const lex_report *report);

/* Opens a section with its heading and, unless NULL, a paragraph; the caller closes it: "</section>". */
void lex_section_begin(lex_buf *out, const char *id, const char *heading, const char *lead);

/* ---- words.c ---- */
/* Text for HTML and XML, content or attribute: escaped; control characters, but for tab and line break, and what is no
 * UTF-8 become U+FFFD. */
void lex_markup_add(lex_buf *out, lex_str text);
/* The same, cut to so many columns (a wide character counts two) with an ellipsis; and how many a text takes. */
void lex_markup_add_cut(lex_buf *out, lex_str text, int64_t columns);
int64_t lex_text_columns(lex_str text);
/* A label in the page's text: isolated from the direction of what stands around it, whole in its title when cut. */
void lex_markup_add_label(lex_buf *out, const char *label, int64_t columns);
/* "1,572" */
void lex_markup_add_count(lex_buf *out, int64_t n);
/* "0.784", or a dash where it is not finite. */
void lex_markup_add_number(lex_buf *out, double value);
/* "+0.012", with a class that says whether it is a gain. */
void lex_markup_add_difference(lex_buf *out, double difference, bool more_is_better);

/* The numbers of labels to be shown, in model order: all or, of more than `most`, those with the most records. The
 * caller frees it. */
int64_t *lex_report_choose(int64_t *n, const lex_metrics *metrics, int64_t most);

/* ---- chart.c ---- */
/* A frame of an SVG in which data coordinates are drawn. */
typedef struct {
    double left, top, width, height;   /* of the frame, in the SVG's units */
    double x_low, x_high, y_low, y_high; /* what it shows */
} lex_plot;
double lex_plot_x(const lex_plot *plot, double x);
double lex_plot_y(const lex_plot *plot, double y);
/* Opens an SVG of that size with its title (escaped here); the caller closes it: "</svg>". */
void lex_svg_begin(lex_buf *out, const char *class_name, double width, double height, const char *title);
/* Grid lines and their values at n_x + 1 and n_y + 1 places, and the axes' names. decimals: of the values. */
void lex_plot_axes(lex_buf *out, const lex_plot *plot, int n_x, int x_decimals, int n_y, int y_decimals, const char *x,
                   const char *y);
/* A line through the points that are finite, with a dot on each. */
void lex_plot_line(lex_buf *out, const lex_plot *plot, const char *class_name, const double *x, const double *y,
                   int64_t n);
/* A bar from 0 to 1, as wide as its cell. */
void lex_bar(lex_buf *out, const char *class_name, double value);

#endif
