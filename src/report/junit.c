/* junit.c - gates as a JUnit file: one suite, each gate a case, an unmet one with its failure. */
#include "internal.h"
#include "lexclf/gates.h"

static void add_case(lex_buf *out, const lex_gate *gate, const lex_evaluation *evaluation)
{
    lex_buf told;
    lex_buf_init(&told);
    lex_gate_explain(&told, gate, evaluation);
    lex_buf_printf(out, "  <testcase classname=\"lexclf.%s\" name=\"", gate->is_drop ? "max-drop" : "require");
    lex_markup_add(out, lex_str_of(gate->text));
    lex_buf_printf(out, "\" time=\"0\">\n");
    if (!gate->held) {
        lex_buf_printf(out, "    <failure type=\"gate\" message=\"");
        lex_markup_add(out, lex_buf_str(&told));
        lex_buf_printf(out, "\"></failure>\n");
    }
    lex_buf_printf(out, "    <system-out>");
    lex_markup_add(out, lex_buf_str(&told));
    lex_buf_printf(out, "</system-out>\n  </testcase>\n");
    lex_buf_release(&told);
}

void lex_gates_junit(lex_buf *out, const lex_gate *gates, int n, const lex_evaluation *evaluation)
{
    int n_failed = 0;
    for (int i = 0; i < n; i++)
        n_failed += !gates[i].held;
    lex_buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    lex_buf_printf(out, "<testsuites tests=\"%d\" failures=\"%d\" errors=\"0\" time=\"0\">\n", n, n_failed);
    lex_buf_printf(out, " <testsuite name=\"lexclf eval\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\" "
                   "time=\"0\">\n", n, n_failed);
    for (int i = 0; i < n; i++)
        add_case(out, &gates[i], evaluation);
    lex_buf_printf(out, " </testsuite>\n</testsuites>\n");
}
