/* chart.c - frames, axes, lines and bars in SVG. Colours are the style sheet's, by class. */
#include <math.h>

#include "internal.h"

double lex_plot_x(const lex_plot *plot, double x)
{
    return plot->left + plot->width * (x - plot->x_low) / (plot->x_high - plot->x_low);
}

double lex_plot_y(const lex_plot *plot, double y)
{
    return plot->top + plot->height * (plot->y_high - y) / (plot->y_high - plot->y_low);
}

void lex_svg_begin(lex_buf *out, const char *class_name, double width, double height, const char *title)
{
    lex_buf_printf(out, "<svg class=\"%s\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\"><title>",
                   class_name, width, height, width, height);
    lex_markup_add(out, lex_str_of(title));
    lex_buf_printf(out, "</title>\n");
}

static void add_x_axis(lex_buf *out, const lex_plot *p, int n, int decimals)
{
    double bottom = p->top + p->height;
    for (int i = 0; i <= n; i++) {
        double value = p->x_low + (p->x_high - p->x_low) * i / n, x = lex_plot_x(p, value);
        lex_buf_printf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", x, p->top, x, bottom);
        lex_buf_printf(out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.*f</text>\n", x,
                       bottom + 15, decimals, value);
    }
}

static void add_y_axis(lex_buf *out, const lex_plot *p, int n, int decimals)
{
    double right = p->left + p->width;
    for (int i = 0; i <= n; i++) {
        double value = p->y_low + (p->y_high - p->y_low) * i / n, y = lex_plot_y(p, value);
        lex_buf_printf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", p->left, y, right, y);
        lex_buf_printf(out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n", p->left - 6,
                       y + 4, decimals, value);
    }
}

void lex_plot_axes(lex_buf *out, const lex_plot *p, int n_x, int x_decimals, int n_y, int y_decimals, const char *x,
                   const char *y)
{
    double middle = p->top + p->height / 2;
    add_x_axis(out, p, n_x, x_decimals);
    add_y_axis(out, p, n_y, y_decimals);
    lex_buf_printf(out, "<text class=\"axis\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>",
                   p->left + p->width / 2, p->top + p->height + 32, x);
    lex_buf_printf(out, "<text class=\"axis\" x=\"12\" y=\"%.1f\" text-anchor=\"middle\" transform=\"rotate(-90 12 %.1f)\">"
                   "%s</text>\n", middle, middle, y);
}

void lex_plot_line(lex_buf *out, const lex_plot *p, const char *class_name, const double *x, const double *y, int64_t n)
{
    bool pen_down = false;
    lex_buf_printf(out, "<path class=\"line %s\" d=\"", class_name);
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(y[i]))
            continue;
        lex_buf_printf(out, "%c%.1f %.1f", pen_down ? 'L' : 'M', lex_plot_x(p, x[i]), lex_plot_y(p, y[i]));
        pen_down = true;
    }
    lex_buf_printf(out, "\"/>");
    for (int64_t i = 0; i < n; i++)
        if (isfinite(y[i]))
            lex_buf_printf(out, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%.4f</title></circle>",
                           class_name, lex_plot_x(p, x[i]), lex_plot_y(p, y[i]), y[i]);
    lex_buf_add_char(out, '\n');
}

void lex_bar(lex_buf *out, const char *class_name, double value)
{
    double width = value >= 0 ? (value <= 1 ? 100 * value : 100) : 0;
    lex_buf_printf(out, "<svg class=\"bar\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                   "<rect class=\"track\" width=\"100\" height=\"6\"/><rect class=\"%s\" width=\"%.1f\" height=\"6\"/>"
                   "</svg>", class_name, width);
}
