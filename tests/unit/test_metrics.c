/* test_metrics.c - 302 random cases against scikit-learn and the cited papers (tests/golden/metrics), and the corners by hand. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/metrics.h"
#include "lexclf/random.h"

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

static void expect_word(FILE *file, const char *want)
{
    char word[16];
    LEX_ASSERT(fscanf(file, "%15s", word) == 1 && strcmp(word, want) == 0);
}

static void check_metrics(const lex_metrics *m, FILE *file)
{
    expect_word(file, "metrics");
    near(m->accuracy, read_number(file));
    near(m->loss, read_number(file));
    near(m->ece, read_number(file));
    near(m->aupr_macro, read_number(file));
    near_prf(&m->micro, file);
    near_prf(&m->macro, file);
    near_prf(&m->weighted, file);
    expect_word(file, "ranking");
    near(m->aupr_micro, read_number(file));
    near(m->roc_auc_macro, read_number(file));
    for (int i = 0; i < LEX_N_RECALLS; i++)
        near(m->precision_at_recall_macro[i], read_number(file));
    for (int i = 0; i < LEX_N_RECALLS; i++)
        near(m->precision_at_recall_micro[i], read_number(file));
    for (int64_t k = 0; k < m->n_labels; k++) {
        expect_word(file, "label");
        near_prf(&m->per_label[k].prf, file);
        CHECK_INT(m->per_label[k].support, read_number(file));
        near(m->per_label[k].aupr, read_number(file));
        near(m->per_label[k].roc_auc, read_number(file));
        for (int i = 0; i < LEX_N_RECALLS; i++)
            near(m->per_label[k].precision_at_recall[i], read_number(file));
    }
    if (!m->confusion)
        return;
    expect_word(file, "confusion");
    for (int64_t i = 0; i < m->n_labels * m->n_labels; i++)
        CHECK_INT(m->confusion[i], read_number(file));
}

static void check_curve(const lex_scores *scores, FILE *file)
{
    lex_pr_point *points;
    int64_t n;
    expect_word(file, "curve");
    lex_metrics_pr_curve(&points, &n, scores, 0);
    CHECK_INT(n, read_number(file));
    for (int64_t i = 0; i < n; i++) {
        near(points[i].threshold, read_number(file));
        near(points[i].precision, read_number(file));
        near(points[i].recall, read_number(file));
    }
    free(points);
}

static void check_intervals(lex_metrics *m, const lex_scores *scores, const double *thresholds, FILE *file)
{
    expect_word(file, "bootstrap");
    int64_t resamples = (int64_t)read_number(file);
    uint64_t seed = (uint64_t)read_number(file);
    lex_metrics_add_intervals(m, scores, thresholds, resamples, seed);
    CHECK_INT(m->intervals.resamples, resamples);
    for (int i = 0; i < 2; i++)
        near(m->intervals.accuracy[i], read_number(file));
    for (int i = 0; i < 2; i++)
        near(m->intervals.macro_f1[i], read_number(file));
}

enum { RECORDS_MAX = 100, LABELS_MAX = 64 };

/* A case as it stands in the file. */
typedef struct {
    lex_task task;
    int K, n;
    double thresholds[LABELS_MAX];
    bool own_thresholds;
    int32_t truth[RECORDS_MAX][LABELS_MAX];
    int n_truth[RECORDS_MAX];
} golden_answers;

static void read_row(float *row, int K, FILE *file)
{
    for (int k = 0; k < K; k++)
        row[k] = (float)read_number(file);
}

static void check_comparison(const golden_answers *c, const lex_scores *scores, int64_t resamples, uint64_t seed,
                             FILE *file)
{
    lex_err err = {0};
    lex_comparison found;
    float row[LABELS_MAX];
    const double *thresholds = c->own_thresholds ? c->thresholds : NULL;
    lex_scores *other = lex_scores_new(c->task, c->K);
    expect_word(file, "compare");
    for (int i = 0; i < c->n; i++) {
        read_row(row, c->K, file);
        lex_scores_add(other, row, c->truth[i], c->n_truth[i]);
    }
    CHECK(lex_scores_compare(&found, scores, thresholds, other, thresholds, NULL, resamples, seed, &err) == LEX_OK);
    CHECK_INT(found.only_a, read_number(file));
    CHECK_INT(found.only_b, read_number(file));
    near(found.accuracy_difference, read_number(file));
    near(found.p_exact, read_number(file));
    near(found.p_mid, read_number(file));
    near(found.macro_f1_difference, read_number(file));
    near(found.macro_f1_interval[0], read_number(file));
    near(found.macro_f1_interval[1], read_number(file));
    near(found.p_macro_f1, read_number(file));
    lex_scores_free(other);
}

static void read_thresholds(golden_answers *c, FILE *file)
{
    char word[32];
    c->own_thresholds = fscanf(file, " thresholds %31s", word) == 1;
    for (int k = 0; c->own_thresholds && k < c->K; k++)
        c->thresholds[k] = k ? read_number(file) : strtod(word, NULL);
}

static lex_scores *read_scores(golden_answers *c, FILE *file)
{
    float row[LABELS_MAX];
    lex_scores *scores = lex_scores_new(c->task, c->K);
    for (int i = 0; i < c->n; i++) {
        read_row(row, c->K, file);
        c->n_truth[i] = (int)read_number(file);
        LEX_ASSERT(c->n_truth[i] <= LABELS_MAX);
        for (int j = 0; j < c->n_truth[i]; j++)
            c->truth[i][j] = (int32_t)read_number(file);
        lex_scores_add(scores, row, c->truth[i], c->n_truth[i]);
    }
    return scores;
}

/* Reads one case, computes, compares; false at the end of the file. */
static bool golden_case(FILE *file)
{
    static golden_answers c;
    char task_name[16];
    int n_labels;
    if (fscanf(file, " case %15s %d %d %d", task_name, &c.K, &c.n, &n_labels) != 4)
        return false;
    LEX_ASSERT(n_labels <= LABELS_MAX && c.n <= RECORDS_MAX);
    c.task = !strcmp(task_name, "single") ? LEX_TASK_SINGLE
             : !strcmp(task_name, "multi") ? LEX_TASK_MULTI
                                           : LEX_TASK_BINARY;
    read_thresholds(&c, file);
    lex_scores *scores = read_scores(&c, file);
    CHECK_INT(lex_scores_count(scores), c.n);
    lex_metrics metrics;
    lex_metrics_compute(&metrics, scores, c.own_thresholds ? c.thresholds : NULL);
    CHECK_INT(metrics.n_labels, n_labels);
    CHECK_INT(metrics.confusion != NULL, c.task != LEX_TASK_MULTI);
    check_metrics(&metrics, file);
    check_curve(scores, file);
    check_intervals(&metrics, scores, c.own_thresholds ? c.thresholds : NULL, file);
    check_comparison(&c, scores, metrics.intervals.resamples, metrics.intervals.seed, file);
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
    CHECK_INT(n_cases, 302);
    printf("largest difference from the reference in %d cases: %.2g\n", n_cases, worst);
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

static void add_single(lex_scores *scores, int32_t truth, int32_t predicted)
{
    float row[3] = {0.1f, 0.1f, 0.1f};
    row[predicted] = 0.8f;
    lex_scores_add(scores, row, &truth, 1);
}

static void check_pair(const lex_metrics *m, int at, int64_t truth, int64_t predicted, int64_t n)
{
    CHECK_INT(m->pairs[at].truth, truth);
    CHECK_INT(m->pairs[at].predicted, predicted);
    CHECK_INT(m->pairs[at].n, n);
}

static void test_pairs(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 3);
    lex_metrics m;
    add_single(scores, 0, 0);
    add_single(scores, 2, 1);
    for (int i = 0; i < 3; i++)
        add_single(scores, 0, 2);
    add_single(scores, 1, 0);
    lex_metrics_compute(&m, scores, NULL);
    CHECK_INT(m.n_pairs, 3);
    check_pair(&m, 0, 0, 2, 3);
    check_pair(&m, 1, 1, 0, 1);
    check_pair(&m, 2, 2, 1, 1);
    lex_metrics_release(&m);
    lex_scores_free(scores);

    /* {0, 1} true, {1, 2} given: 2 for 0. Nothing true, 2 given twice; 3, which the model does not know, is missed. */
    int32_t truth[2] = {0, 1}, unknown = 3;
    float row[3] = {0.1f, 0.9f, 0.9f}, third[3] = {0.1f, 0.1f, 0.7f}, none[3] = {0, 0, 0};
    scores = lex_scores_new(LEX_TASK_MULTI, 3);
    lex_scores_add(scores, row, truth, 2);
    lex_scores_add(scores, third, NULL, 0);
    lex_scores_add(scores, third, NULL, 0);
    lex_scores_add(scores, none, &unknown, 1);
    lex_metrics_compute(&m, scores, NULL);
    CHECK_INT(m.n_pairs, 3);
    check_pair(&m, 0, -1, 2, 2);
    check_pair(&m, 1, 0, 2, 1);
    check_pair(&m, 2, 3, -1, 1);
    CHECK_NEAR(m.accuracy, 0, 0);
    lex_metrics_release(&m);
    lex_scores_free(scores);
}

/* The twelve off-diagonal cells of four labels: ten are kept, the largest, and of equals the first. */
static void test_many_pairs(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 4);
    lex_metrics m;
    for (int32_t truth = 0, n = 1; truth < 4; truth++) {
        for (int32_t predicted = 0; predicted < 4; predicted++) {
            float row[4] = {0};
            row[predicted] = 1;
            n += truth != predicted;
            for (int i = 0; i < n / 2; i++)
                lex_scores_add(scores, row, &truth, 1);
        }
    }
    lex_metrics_compute(&m, scores, NULL);
    CHECK_INT(m.n_pairs, LEX_CONFUSION_PAIRS);
    check_pair(&m, 0, 3, 1, 6);
    check_pair(&m, 1, 3, 2, 6);
    check_pair(&m, 2, 2, 3, 5);
    check_pair(&m, 9, 1, 0, 2);
    lex_metrics_release(&m);
    lex_scores_free(scores);
}

static void test_reliability(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_MULTI, 2);
    lex_reliability_bin bins[LEX_RELIABILITY_BINS];
    lex_metrics m;
    int32_t truth[2] = {0, 1};
    float rows[3][2] = {{0.9f, 0.0f}, {0.95f, 0.3f}, {0.91f, 1.0f}};
    lex_scores_add(scores, rows[0], truth, 1);
    lex_scores_add(scores, rows[1], truth + 1, 1);
    lex_scores_add(scores, rows[2], truth, 2);
    lex_metrics_reliability(bins, scores, 0);
    CHECK_INT(bins[13].n, 2); /* (13/15, 14/15] */
    CHECK_NEAR(bins[13].confidence, 0.905, 1e-6);
    CHECK_NEAR(bins[13].accuracy, 1, 0);
    CHECK_INT(bins[14].n, 1);
    CHECK_NEAR(bins[14].accuracy, 0, 0);
    lex_metrics_reliability(bins, scores, -1);
    CHECK_INT(bins[0].n, 1);
    CHECK_INT(bins[4].n, 1);
    CHECK_NEAR(bins[4].accuracy, 1, 0);
    CHECK_INT(bins[14].n, 2);
    CHECK_NEAR(bins[14].confidence, (0.95 + 1) / 2, 1e-6);
    /* Decisions: 0.0 and 0.3 are a "no", sure by 1 and by 0.7. */
    lex_metrics_compute(&m, scores, NULL);
    CHECK_INT(m.reliability[14].n, 3);
    CHECK_INT(m.reliability[10].n, 1);
    CHECK_NEAR(m.reliability[10].accuracy, 0, 0);
    CHECK_INT(m.reliability[0].n, 0);
    lex_metrics_release(&m);
    lex_scores_free(scores);
}

/* Two models that number their labels differently, and records that are not the same. */
static void test_compare(void)
{
    const int32_t b_to_a[3] = {2, 0, 1}, a_to_b[3] = {1, 2, 0};
    lex_scores *a = lex_scores_new(LEX_TASK_SINGLE, 3), *b = lex_scores_new(LEX_TASK_SINGLE, 3);
    lex_comparison c;
    lex_err err = {0};
    for (int32_t i = 0; i < 30; i++) {
        add_single(a, i % 3, i % 3);
        add_single(b, a_to_b[i % 3], i < 8 ? a_to_b[(i + 1) % 3] : a_to_b[i % 3]);
    }
    CHECK(lex_scores_compare(&c, a, NULL, b, NULL, b_to_a, 200, 1, &err) == LEX_OK);
    CHECK_INT(c.only_a, 8);
    CHECK_INT(c.only_b, 0);
    CHECK_NEAR(c.accuracy_difference, -8.0 / 30, 1e-15);
    CHECK_NEAR(c.p_exact, 2.0 / 256, 1e-12);
    CHECK_NEAR(c.p_mid, 1.0 / 256, 1e-12);
    CHECK(c.macro_f1_interval[1] < 0 && c.macro_f1_interval[0] < c.macro_f1_difference);
    CHECK_NEAR(c.p_macro_f1, 2.0 / 201, 1e-12);
    CHECK(lex_scores_compare(&c, a, NULL, b, NULL, NULL, 200, 1, &err) == LEX_ERR_INPUT);
    lex_err_clear(&err);
    add_single(a, 0, 0);
    CHECK(lex_scores_compare(&c, a, NULL, b, NULL, b_to_a, 200, 1, &err) == LEX_ERR_INPUT);
    lex_scores_free(a);
    lex_scores_free(b);
}

/* The interval holds what it should: about 95 of 100 samples of a known accuracy of 0.7 cover it. */
static void test_coverage(void)
{
    int n_covered = 0;
    for (uint64_t sample = 0; sample < 200; sample++) {
        lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 3);
        lex_metrics m;
        lex_rng rng;
        lex_rng_init(&rng, 7, sample);
        for (int i = 0; i < 150; i++) {
            int32_t truth = (int32_t)lex_rng_below(&rng, 3);
            add_single(scores, truth, lex_rng_below(&rng, 10) < 7 ? truth : (truth + 1) % 3);
        }
        lex_metrics_compute(&m, scores, NULL);
        lex_metrics_add_intervals(&m, scores, NULL, 300, sample);
        n_covered += m.intervals.accuracy[0] <= 0.7 && 0.7 <= m.intervals.accuracy[1];
        lex_metrics_release(&m);
        lex_scores_free(scores);
    }
    printf("of 200 intervals for a known accuracy %d cover it\n", n_covered);
    CHECK(n_covered >= 178 && n_covered <= 200); /* 190 expected; 178 is four standard deviations below */
}

static void test_names(void)
{
    lex_metrics m = {.accuracy = 1, .micro = {2, 3, 4}, .macro = {5, 6, 7}, .weighted = {8, 9, 10}, .loss = 11,
                     .ece = 12, .aupr_macro = 13, .aupr_micro = 14, .roc_auc_macro = 15,
                     .precision_at_recall_macro = {16, 17}, .precision_at_recall_micro = {18, 19}};
    const char *names[] = {"accuracy", "micro_precision", "micro_recall", "micro_f1", "macro_precision",
                           "macro_recall", "macro_f1", "weighted_precision", "weighted_recall", "weighted_f1",
                           "loss", "ece", "aupr_macro", "aupr_micro", "roc_auc_macro",
                           "precision_at_recall_80_macro", "precision_at_recall_90_macro",
                           "precision_at_recall_80_micro", "precision_at_recall_90_micro"};
    for (int i = 0; i < 19; i++) {
        double value = 0;
        CHECK(lex_metrics_by_name(&value, &m, lex_str_of(names[i])));
        CHECK_NEAR(value, i + 1, 0);
        CHECK(lex_metric_is_gain(lex_str_of(names[i])) == (i != 10 && i != 11));
    }
    lex_label_metrics label = {{1, 2, 3}, 4, 5, 6, {7, 8}, 9};
    const char *of_label[] = {"precision", "recall", "f1", "support", "aupr", "roc_auc", "precision_at_recall_80",
                              "precision_at_recall_90", "threshold"};
    for (int i = 0; i < 9; i++) {
        double value = 0;
        CHECK(lex_label_metrics_by_name(&value, &label, lex_str_of(of_label[i])));
        CHECK_NEAR(value, i + 1, 0);
    }
    const char *none[] = {"", "f1", "macro_", "macro", "macro_f1 ", "Accuracy", "macro_f2", "n", "roc_auc"};
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
    test_pairs();
    test_many_pairs();
    test_reliability();
    test_compare();
    test_coverage();
    test_names();
    return check_report("metrics");
}
