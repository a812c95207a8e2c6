/* test_metrics.c - 300 random cases against scikit-learn (tests/golden/metrics), and the corners by hand. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/metrics.h"

static double worst; /* the largest difference seen */

static double read_number(FILE *file)
{
    double value = 0;
    LEX_ASSERT(fscanf(file, "%lf", &value) == 1);
    return value;
}

static void near(double got, double want)
{
    if (isnan(want)) {
        CHECK(isnan(got));
        return;
    }
    CHECK_NEAR(got, want, 1e-9);
    worst = fmax(worst, fabs(got - want));
}

static void near_prf(const lex_prf *got, FILE *file)
{
    near(got->precision, read_number(file));
    near(got->recall, read_number(file));
    near(got->f1, read_number(file));
}

static void check_metrics(const lex_metrics *m, FILE *file)
{
    near(m->accuracy, read_number(file));
    near(m->loss, read_number(file));
    near(m->ece, read_number(file));
    near(m->aupr_macro, read_number(file));
    near_prf(&m->micro, file);
    near_prf(&m->macro, file);
    near_prf(&m->weighted, file);
    char word[16];
    for (int64_t k = 0; k < m->n_labels; k++) {
        LEX_ASSERT(fscanf(file, "%15s", word) == 1 && strcmp(word, "label") == 0);
        near_prf(&m->per_label[k].prf, file);
        CHECK_INT(m->per_label[k].support, read_number(file));
        near(m->per_label[k].aupr, read_number(file));
    }
    if (!m->confusion)
        return;
    LEX_ASSERT(fscanf(file, "%15s", word) == 1 && strcmp(word, "confusion") == 0);
    for (int64_t i = 0; i < m->n_labels * m->n_labels; i++)
        CHECK_INT(m->confusion[i], read_number(file));
}

/* Reads one case, computes, compares; false at the end of the file. */
static bool golden_case(FILE *file)
{
    char task_name[16], word[16];
    int K, n, n_labels;
    if (fscanf(file, " case %15s %d %d %d", task_name, &K, &n, &n_labels) != 4)
        return false;
    lex_task task = !strcmp(task_name, "single") ? LEX_TASK_SINGLE
                    : !strcmp(task_name, "multi") ? LEX_TASK_MULTI
                                                  : LEX_TASK_BINARY;
    double thresholds[16];
    float row[16];
    int32_t truth[16];
    bool own_thresholds = fscanf(file, " thresholds %15s", word) == 1;
    for (int k = 0; own_thresholds && k < K; k++)
        thresholds[k] = k ? read_number(file) : strtod(word, NULL);
    lex_scores *scores = lex_scores_new(task, K);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < K; k++)
            row[k] = (float)read_number(file);
        int n_truth = (int)read_number(file);
        for (int j = 0; j < n_truth; j++)
            truth[j] = (int32_t)read_number(file);
        lex_scores_add(scores, row, truth, n_truth);
    }
    CHECK_INT(lex_scores_count(scores), n);
    LEX_ASSERT(fscanf(file, "%15s", word) == 1 && strcmp(word, "metrics") == 0);
    lex_metrics metrics;
    lex_metrics_compute(&metrics, scores, own_thresholds ? thresholds : NULL);
    CHECK_INT(metrics.n_labels, n_labels);
    CHECK_INT(metrics.confusion != NULL, task != LEX_TASK_MULTI);
    check_metrics(&metrics, file);
    lex_metrics_release(&metrics);
    lex_scores_free(scores);
    return true;
}

static void test_golden(const char *path)
{
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    if (!file)
        return;
    int n_cases = 0;
    while (golden_case(file))
        n_cases++;
    fclose(file);
    CHECK_INT(n_cases, 300);
    printf("largest difference from scikit-learn in %d cases: %.2g\n", n_cases, worst);
}

static void test_nothing(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 2);
    lex_metrics m;
    lex_metrics_compute(&m, scores, NULL);
    CHECK_INT(m.n, 0);
    CHECK_NEAR(m.accuracy, 0, 0);
    CHECK_NEAR(m.macro.f1, 0, 0);
    CHECK(isnan(m.loss) && isnan(m.ece));
    lex_metrics_release(&m);
    lex_scores_free(scores);
    lex_scores_free(NULL);
}

/* A model that has diverged answers NaN; its metrics are bad, not undefined behaviour. */
static void test_not_a_number(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 2);
    float row[2] = {NAN, 2.0f};
    int32_t truth = 0;
    lex_scores_add(scores, row, &truth, 1);
    lex_metrics m;
    lex_metrics_compute(&m, scores, NULL);
    CHECK_NEAR(m.accuracy, 0, 0);
    CHECK_NEAR(m.loss, 15.942385152878742, 1e-9);
    CHECK_NEAR(m.ece, 1, 0);
    lex_metrics_release(&m);
    lex_scores_free(scores);
}

/* A label column that holds the row's number: no square of it is allocated. */
static void test_many_unknown(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 2);
    float row[2] = {0.5f, 0.5f};
    for (int32_t i = 0; i < 200000; i++)
        lex_scores_add(scores, row, &i, 1);
    lex_metrics m;
    lex_metrics_compute(&m, scores, NULL);
    CHECK_INT(m.n_labels, 200000);
    CHECK(m.confusion == NULL);
    CHECK_NEAR(m.accuracy, 1.0 / 200000, 1e-15);
    lex_metrics_release(&m);
    lex_scores_free(scores);
}

static void test_names(void)
{
    lex_metrics m = {.accuracy = 1, .micro = {2, 3, 4}, .macro = {5, 6, 7}, .weighted = {8, 9, 10}, .loss = 11,
                     .ece = 12, .aupr_macro = 13};
    const char *names[] = {"accuracy", "micro_precision", "micro_recall", "micro_f1", "macro_precision",
                           "macro_recall", "macro_f1", "weighted_precision", "weighted_recall", "weighted_f1",
                           "loss", "ece", "aupr_macro"};
    for (int i = 0; i < 13; i++) {
        double value = 0;
        CHECK(lex_metrics_by_name(&value, &m, lex_str_of(names[i])));
        CHECK_NEAR(value, i + 1, 0);
        CHECK(lex_metric_is_gain(lex_str_of(names[i])) == (i != 10 && i != 11));
    }
    const char *none[] = {"", "f1", "macro_", "macro", "macro_f1 ", "Accuracy", "macro_f2", "n"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        double value;
        CHECK(!lex_metrics_by_name(&value, &m, lex_str_of(none[i])));
    }
}

int main(int argc, char **argv)
{
    test_golden(argc > 1 ? argv[1] : LEX_TESTS_DIR "/golden/metrics/cases.txt");
    test_nothing();
    test_not_a_number();
    test_many_unknown();
    test_names();
    return check_report("metrics");
}
