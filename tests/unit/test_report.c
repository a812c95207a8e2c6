/* test_report.c - gates read from both ends; JUnit and the page with names that are markup, long, or empty; every task,
 * no label with records, one label, thousands of them. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "lexclf/random.h"
#include "lexclf/report.h"

/* ---- gates ---- */

static void reads(const char *text, const char *metric, const char *label, const char *op, double bound)
{
    lex_err err = {0};
    lex_gate gate;
    CHECK_INT(lex_gate_parse_requirement(&gate, text, &err), LEX_OK);
    CHECK_STR(gate.metric, metric);
    CHECK_STR(gate.label, label);
    CHECK_STR(lex_gate_operator_name(gate.op), op);
    CHECK_NEAR(gate.bound, bound, 0);
    lex_gate_release(&gate);
}

static void refuses(const char *text)
{
    lex_err err = {0};
    lex_gate gate;
    if (!CHECK(lex_gate_parse_requirement(&gate, text, &err) == LEX_ERR_USAGE))
        fprintf(stderr, "    %s\n", text);
    lex_gate_release(&gate);
}

static void test_parsing(void)
{
    reads("macro_f1>=0.82", "macro_f1", NULL, ">=", 0.82);
    reads(" macro_f1 > 0.82 ", "macro_f1", NULL, ">", 0.82);
    reads("loss<=2.5", "loss", NULL, "<=", 2.5);
    reads("ece<1e-1", "ece", NULL, "<", 0.1);
    reads("per_label.LEASE.recall==1", "recall", "LEASE", "==", 1);
    reads("per_label.a.b.c.f1>=0", "f1", "a.b.c", ">=", 0);
    reads("per_label.p>=0.5.recall>=0.9", "recall", "p>=0.5", ">=", 0.9);
    reads("per_label.a==b, c.support>=100", "support", "a==b, c", ">=", 100);
    reads("per_label. x .precision_at_recall_90>=0.5", "precision_at_recall_90", " x ", ">=", 0.5);
    reads("per_label.per_label.f1.f1>=0.5", "f1", "per_label.f1", ">=", 0.5);
    reads("per_label...f1>=0.5", "f1", ".", ">=", 0.5);
    const char *const wrong[] = {
        "", ">=", "macro_f1", "macro_f1=0.5", "macro_f1>=", "macro_f1>=0.1abc", "macro_f1>=inf", "nosuch>=0.5", "f1>=0.5",
        "per_label.f1>=0.5", "per_label..f1>=0.5", "per_label.A.accuracy>=0.5", "accuracy>=1.01", "accuracy>1", "accuracy<0",
        "loss<0", "loss>=-1", "per_label.A.support<0", "per_label.A.threshold>=2", "accuracy=>0.5", "accuracy!=0.5",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses(wrong[i]);
    lex_err err = {0};
    lex_gate gate;
    CHECK_INT(lex_gate_parse_drop(&gate, "per_label.a=b.f1=0.25", &err), LEX_OK);
    CHECK_STR(gate.label, "a=b");
    CHECK_NEAR(gate.bound, 0.25, 0);
    lex_gate_release(&gate);
    CHECK_INT(lex_gate_parse_drop(&gate, "macro_f1=-0.1", &err), LEX_ERR_USAGE);
    lex_gate_release(&gate);
}

/* ---- evaluations made by hand ---- */

/* n records, labels that follow from a seed; the model is right more often than not. */
static lex_evaluation evaluation_of(lex_task task, int64_t n, const char *const *names, int64_t n_names)
{
    lex_evaluation e = {.task = task, .n_model_labels = n_names, .max_length = 128};
    int64_t K = task == LEX_TASK_BINARY ? 1 : n_names;
    float *p = lex_alloc_array((size_t)K, sizeof *p);
    lex_rng rng;
    lex_rng_init(&rng, 7, 1);
    e.scores = lex_scores_new(task, K);
    for (int64_t k = 0; k < n_names; k++)
        lex_strings_push(&e.labels, lex_str_of(names[k]));
    for (int64_t i = 0; i < n; i++) {
        int32_t truth = (int32_t)lex_rng_below(&rng, (uint64_t)n_names);
        for (int64_t k = 0; k < K; k++)
            p[k] = (float)lex_rng_below(&rng, 1000) / 1000;
        if (i % 3 && truth < K)
            p[truth] = 1;
        lex_scores_add(e.scores, p, &truth, task == LEX_TASK_MULTI && i % 4 == 0 ? 0 : 1);
    }
    free(p);
    if (task != LEX_TASK_SINGLE) {
        e.thresholds = lex_alloc_array((size_t)K, sizeof *e.thresholds);
        for (int64_t k = 0; k < K; k++)
            e.thresholds[k] = 0.5;
    }
    lex_metrics_compute(&e.metrics, e.scores, e.thresholds);
    lex_metrics_add_intervals(&e.metrics, e.scores, e.thresholds, 50, 1);
    return e;
}

static int64_t count_of(const char *text, const char *part)
{
    int64_t n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        n++;
    return n;
}

/* Elements are closed in the order in which they were opened, and nothing of HTML's void elements but these is there. */
static bool is_nested(const char *text)
{
    static const char *const empty[] = {"meta", "br", "!DOCTYPE", "?xml"};
    const char *open[64];
    size_t lens[64];
    int depth = 0;
    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        bool closes = at[1] == '/';
        const char *name = at + 1 + closes, *end = strchr(at, '>');
        size_t len = strcspn(name, " >/\n");
        bool skip = !end || end[-1] == '/';
        for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
            skip = skip || (strlen(empty[i]) == len && strncmp(empty[i], name, len) == 0);
        if (skip)
            continue;
        if (!closes && depth < 64) {
            open[depth] = name;
            lens[depth++] = len;
        } else if (depth == 0 || lens[depth - 1] != len || strncmp(open[depth - 1], name, len) != 0) {
            return false;
        } else {
            depth--;
        }
    }
    return depth == 0;
}

static char *page_of(const lex_report *report)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_report_html(&text, report);
    return text.ptr;
}

static void check_page(const char *page)
{
    CHECK(is_nested(page));
    CHECK(lex_utf8_valid_prefix(lex_str_of(page)) == strlen(page));
    CHECK_INT(count_of(page, "<script"), 0);
    CHECK_INT(count_of(page, "://"), 0);
    CHECK_INT(count_of(page, "\"nan") + count_of(page, ">nan") + count_of(page, " nan") + count_of(page, "-nan"), 0);
    CHECK_INT(count_of(page, "\"inf"), 0);
}

static const char *const nasty[] = {
    "<script>alert(1)</script>", "a & b", "\"quoted\" 'names'", "\x01\x1b[31m", "line\nbreak", "", "租赁合同", "חוזה שכירות",
};
enum { N_NASTY = 8 };

static void test_page(lex_task task, int64_t n_names)
{
    lex_evaluation e = evaluation_of(task, 90, nasty, n_names);
    lex_wrong wrong = {.confidence = 0.99, .line = 3, .source = (char *)"<b>.csv", .id = (char *)"</main>",
                       .text = (char *)"<img src=x onerror=y> \x02 \"text\"", .text_is_cut = true};
    lex_strings_push(&wrong.truth, lex_str_of(nasty[0]));
    lex_report report = {.title = "<title>", .evaluation = &e, .worst = &wrong, .n_worst = 1, .n_wrong = 1};
    char *page = page_of(&report), *again = page_of(&report);
    check_page(page);
    CHECK_STR(again, page);
    CHECK(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    CHECK_INT(count_of(page, "<img"), 0);
    CHECK_INT(count_of(page, "\x01"), 0);
    CHECK_INT(count_of(page, "class=\"matrix\"") > 0, task != LEX_TASK_MULTI);
    CHECK_INT(count_of(page, "<section id=\"thresholds\">"), task != LEX_TASK_SINGLE);
    CHECK_INT(count_of(page, "<section id=\"doubt\">"), task == LEX_TASK_SINGLE);
    CHECK_INT(count_of(page, "longer than 128 tokens"), 1);
    e.max_length = 0;
    free(again);
    again = page_of(&report); /* of a linear model, which cuts nothing */
    CHECK_INT(count_of(again, "linear, over the n-grams"), 1);
    CHECK_INT(count_of(again, "tokens"), 0);
    CHECK_INT(count_of(page, "<section id=\"gates\">"), 0);
    free(page);
    free(again);
    lex_strings_release(&wrong.truth);
    lex_evaluation_release(&e);
}

/* More labels than a matrix, a table or the curves can show. */
static void test_many_labels(int64_t n, bool matrix)
{
    char **names = lex_alloc_array((size_t)n, sizeof *names);
    for (int64_t k = 0; k < n; k++) {
        names[k] = lex_alloc(1200);
        memset(names[k], 'x', 1000);
        snprintf(names[k] + 1000, 100, "%lld", (long long)k);
    }
    lex_evaluation e = evaluation_of(LEX_TASK_SINGLE, 200, (const char *const *)names, n);
    lex_report report = {.title = "many", .evaluation = &e};
    char *page = page_of(&report);
    check_page(page);
    CHECK_INT(count_of(page, "class=\"matrix\"") > 0, matrix);
    CHECK(count_of(page, "class=\"curve\"") <= LEX_REPORT_CURVES);
    CHECK(count_of(page, "data-name=\"records\"") <= LEX_REPORT_ROWS);
    free(page);
    lex_evaluation_release(&e);
    for (int64_t k = 0; k < n; k++)
        free(names[k]);
    free(names);
}

/* ---- judging, JUnit ---- */

static void test_judging(void)
{
    static const char *const names[] = {"A", "B", "never"};
    static const char *const wanted[] = {"accuracy>=0", "accuracy>=1", "per_label.never.roc_auc>=0", "per_label.never.recall>=0.5"};
    static const bool held[] = {true, false, false, false};
    lex_evaluation e = {.task = LEX_TASK_SINGLE, .n_model_labels = 3};
    const float p[2][3] = {{0.9f, 0.1f, 0}, {0.6f, 0.4f, 0}};
    lex_gate gates[4];
    lex_buf text, xml;
    lex_buf_init(&text);
    lex_buf_init(&xml);
    e.scores = lex_scores_new(LEX_TASK_SINGLE, 3);
    for (int32_t i = 0; i < 2; i++) {
        lex_strings_push(&e.labels, lex_str_of(names[i]));
        lex_scores_add(e.scores, p[i], &i, 1);
    }
    lex_strings_push(&e.labels, lex_str_of(names[2]));
    lex_metrics_compute(&e.metrics, e.scores, NULL);
    for (int i = 0; i < 4; i++) {
        lex_err err = {0};
        CHECK_INT(lex_gate_parse_requirement(&gates[i], wanted[i], &err), LEX_OK);
        lex_gate_judge(&gates[i], &e, NULL);
        CHECK_INT(gates[i].held, held[i]);
        lex_gate_explain(&text, &gates[i], &e);
        lex_buf_add_char(&text, '\n');
    }
    CHECK_STR(text.ptr, "accuracy is 0.5, >= 0\naccuracy is 0.5, not >= 1\n"
              "roc_auc of 'never' is undefined, not >= 0 (no record has that label)\n"
              "recall of 'never' is 0, not >= 0.5 (no record has that label)\n");
    lex_gates_junit(&xml, gates, 4, &e);
    CHECK(is_nested(xml.ptr));
    CHECK_INT(count_of(xml.ptr, "<testcase "), 4);
    CHECK_INT(count_of(xml.ptr, "<failure "), 3);
    CHECK(strstr(xml.ptr, "tests=\"4\" failures=\"3\""));
    for (int i = 0; i < 4; i++)
        lex_gate_release(&gates[i]);
    lex_buf_release(&text);
    lex_buf_release(&xml);
    lex_evaluation_release(&e);
}

/* ---- records of a report, there and back ---- */

static void test_records(lex_task task)
{
    lex_evaluation e = evaluation_of(task, 60, nasty, task == LEX_TASK_BINARY ? 2 : N_NASTY);
    lex_json *json = lex_scores_json(e.scores, e.thresholds, &e.labels);
    lex_scores *back = NULL;
    lex_strings names = {0};
    lex_err err = {0};
    lex_metrics metrics;
    lex_comparison test;
    CHECK_INT(lex_scores_from_json(&back, &names, json, &err), LEX_OK);
    lex_metrics_compute(&metrics, back, NULL);
    CHECK_INT(names.n, e.labels.n);
    CHECK_NEAR(metrics.accuracy, e.metrics.accuracy, 0);
    CHECK_NEAR(metrics.macro.f1, e.metrics.macro.f1, 0);
    CHECK_NEAR(metrics.micro.recall, e.metrics.micro.recall, 0);
    CHECK_INT(lex_scores_compare(&test, back, NULL, e.scores, e.thresholds, NULL, 20, 1, &err), LEX_OK);
    CHECK_INT(test.only_a + test.only_b, 0);
    CHECK_NEAR(test.macro_f1_difference, 0, 0);
    lex_metrics_release(&metrics);
    lex_scores_free(back);
    lex_strings_release(&names);
    /* an answer too few, one that no label has */
    lex_json_put(json, "answers", lex_json_new_array());
    CHECK_INT(lex_scores_from_json(&back, &names, json, &err), LEX_ERR_INPUT);
    lex_strings_release(&names);
    lex_json_put_number(json, "known", 0);
    CHECK_INT(lex_scores_from_json(&back, &names, json, &err), LEX_ERR_INPUT);
    lex_strings_release(&names);
    lex_json_free(json);
    lex_evaluation_release(&e);
}

int main(void)
{
    test_parsing();
    test_judging();
    test_page(LEX_TASK_SINGLE, N_NASTY);
    test_page(LEX_TASK_SINGLE, 1);
    test_page(LEX_TASK_MULTI, N_NASTY);
    test_page(LEX_TASK_BINARY, 2);
    test_many_labels(60, true);
    test_many_labels(61, false);
    test_many_labels(3000, false);
    test_records(LEX_TASK_SINGLE);
    test_records(LEX_TASK_MULTI);
    test_records(LEX_TASK_BINARY);
    return check_report("report");
}
