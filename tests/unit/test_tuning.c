/* test_tuning.c - temperature against scipy's minimum and thresholds against brute force (golden/tuning), and what must
 * hold of them: off the scores, few decimals, rare labels lean on the rest. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/random.h"
#include "lexclf/tuning.h"

enum { RECORDS_MAX = 128, LABELS_MAX = 16 };

typedef struct {
    lex_task task;
    int K, n;
    float logits[RECORDS_MAX * LABELS_MAX], probabilities[RECORDS_MAX * LABELS_MAX];
    lex_scores *scores;
} answers;

static double worst;

static double read_number(FILE *file)
{
    double value = 0;
    LEX_ASSERT(fscanf(file, "%lf", &value) == 1);
    return value;
}

static lex_task task_of(const char *name)
{
    return !strcmp(name, "single") ? LEX_TASK_SINGLE : !strcmp(name, "multi") ? LEX_TASK_MULTI : LEX_TASK_BINARY;
}

static void read_answers(answers *a, FILE *file)
{
    int32_t truth[LABELS_MAX];
    a->scores = lex_scores_new(a->task, a->K);
    for (int i = 0; i < a->n; i++) {
        float *z = a->logits + i * a->K, *p = a->probabilities + i * a->K;
        for (int k = 0; k < a->K; k++) {
            z[k] = (float)read_number(file);
            p[k] = (float)(1 / (1 + exp(-(double)z[k])));
        }
        int n_truth = (int)read_number(file);
        for (int j = 0; j < n_truth; j++)
            truth[j] = (int32_t)read_number(file);
        lex_scores_add(a->scores, p, truth, n_truth);
    }
}

static void check_temperature(const answers *a, FILE *file)
{
    double want, found;
    LEX_ASSERT(fscanf(file, " temperature %lf", &want) == 1);
    (void)read_number(file), (void)read_number(file);
    lex_temperature_result result = lex_temperature_fit(&found, a->logits, a->scores);
    if (isnan(want)) {
        CHECK_INT(result, LEX_TEMPERATURE_NO_MINIMUM);
        CHECK(found == 1);
        return;
    }
    CHECK_INT(result, LEX_TEMPERATURE_FITTED);
    CHECK_NEAR(found, want, 1e-5 * want); /* scipy's own tolerance: it compares losses, which are flat there */
    worst = fmax(worst, fabs(found - want) / want);
}

static void check_thresholds(const answers *a, FILE *file)
{
    char name[32];
    double thresholds[LABELS_MAX];
    lex_threshold_rule rule;
    lex_threshold_tuning tuning;
    LEX_ASSERT(fscanf(file, " thresholds %31s", name) == 1);
    CHECK(lex_threshold_rule_parse(&rule, lex_str_of(name)));
    lex_thresholds_tune(thresholds, &tuning, a->scores, &rule);
    CHECK_NEAR(tuning.global, read_number(file), 1e-12);
    for (int k = 0; k < a->K; k++) {
        double low = read_number(file), high = read_number(file);
        CHECK(thresholds[k] > low || (low == 0 && thresholds[k] >= 0));
        CHECK(thresholds[k] < high || (high == 1 && thresholds[k] <= 1));
        CHECK_INT(tuning.support[k], read_number(file));
    }
    lex_threshold_tuning_release(&tuning);
}

static void test_golden(void)
{
    static answers a;
    char task[16];
    int n_cases = 0;
    FILE *file = fopen(LEX_TESTS_DIR "/golden/tuning/cases.txt", "r");
    if (!CHECK(file != NULL))
        return;
    for (; fscanf(file, " case %15s %d %d", task, &a.K, &a.n) == 3; n_cases++) {
        LEX_ASSERT(a.K <= LABELS_MAX && a.n <= RECORDS_MAX);
        a.task = task_of(task);
        read_answers(&a, file);
        check_temperature(&a, file);
        for (int i = 0; a.task != LEX_TASK_SINGLE && i < 3; i++)
            check_thresholds(&a, file);
        lex_scores_free(a.scores);
    }
    fclose(file);
    CHECK(n_cases >= 30);
    printf("%d cases; temperature differs from scipy's by %.2g of it at most\n", n_cases, worst);
}

static void test_rules(void)
{
    lex_threshold_rule rule;
    lex_buf text;
    lex_buf_init(&text);
    const char *good[] = {"off", "f1", "precision@0.8", "recall@1"};
    for (int i = 0; i < 4; i++) {
        CHECK(lex_threshold_rule_parse(&rule, lex_str_of(good[i])));
        CHECK_INT(rule.goal, i);
        lex_buf_clear(&text);
        lex_threshold_rule_print(&text, &rule);
        CHECK_STR(text.ptr, good[i]);
    }
    const char *bad[] = {"", "F1", "f1 ", "precision", "precision@", "precision@0", "recall@1.01", "recall@-1", "recall@x",
                         "recall@0.5x", "accuracy@0.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!lex_threshold_rule_parse(&rule, lex_str_of(bad[i])));
    CHECK_INT(lex_goal_of_task(LEX_TASK_MULTI), LEX_GOAL_F1);
    CHECK_INT(lex_goal_of_task(LEX_TASK_BINARY), LEX_GOAL_NONE);
    lex_buf_release(&text);
}

/* Label 0 has 100 records and is told apart at 0.2; label 1 has one, which scores 0.05; label 2 has none. */
static void test_rare(void)
{
    lex_scores *scores = lex_scores_new(LEX_TASK_MULTI, 3);
    int32_t zero = 0, one = 1;
    float above[3] = {0.24f, 0.01f, 0.4f}, below[3] = {0.16f, 0.01f, 0.02f}, rare[3] = {0.16f, 0.05f, 0.02f};
    double thresholds[3];
    lex_threshold_tuning tuning;
    lex_threshold_rule rule = {LEX_GOAL_F1, 0};
    for (int i = 0; i < 100; i++) {
        lex_scores_add(scores, above, &zero, 1);
        lex_scores_add(scores, below, NULL, 0);
    }
    lex_scores_add(scores, rare, &one, 1);
    CHECK(lex_tuning_has_enough(scores));
    lex_thresholds_tune(thresholds, &tuning, scores, &rule);
    CHECK(tuning.global > 0.16 && tuning.global < 0.24); /* label 1, where 0.05 is better, hardly counts */
    CHECK(thresholds[0] > 0.16 && thresholds[0] < 0.24);
    CHECK(thresholds[1] > 0.05 && thresholds[1] < tuning.global); /* nearer to the global one than to its own, 0.03 */
    CHECK_NEAR(thresholds[2], tuning.global, 0.01);
    CHECK_INT(tuning.support[0], 100);
    CHECK_INT(tuning.support[1], 1);
    CHECK_INT(tuning.support[2], 0);
    lex_threshold_tuning_release(&tuning);
    lex_scores_free(scores);
}

/* All scores alike, all of them 0 or 1, no true record at all: thresholds in [0, 1], nothing breaks. */
static void test_corners(void)
{
    const float values[][2] = {{0.5f, 0.5f}, {0, 0}, {1, 1}, {0, 1}};
    lex_threshold_rule rules[] = {{LEX_GOAL_F1, 0}, {LEX_GOAL_PRECISION, 1}, {LEX_GOAL_RECALL, 1}};
    for (int v = 0; v < 4; v++) {
        for (int some_true = 0; some_true < 2; some_true++) {
            lex_scores *scores = lex_scores_new(LEX_TASK_MULTI, 2);
            int32_t truth = 0;
            for (int i = 0; i < 60; i++)
                lex_scores_add(scores, values[v], &truth, some_true && i % 3 == 0);
            for (int r = 0; r < 3; r++) {
                double thresholds[2];
                lex_threshold_tuning tuning;
                lex_thresholds_tune(thresholds, &tuning, scores, &rules[r]);
                for (int k = 0; k < 2; k++)
                    CHECK(thresholds[k] >= 0 && thresholds[k] <= 1);
                lex_threshold_tuning_release(&tuning);
            }
            CHECK_INT(lex_tuning_has_enough(scores), some_true);
            lex_scores_free(scores);
        }
    }
}

/* Logits of a known temperature: it is found again. */
static void test_known_temperature(void)
{
    enum { N = 20000 };
    lex_scores *scores = lex_scores_new(LEX_TASK_BINARY, 1);
    float *logits = lex_alloc_array(N, sizeof *logits), none = 0;
    double found;
    lex_rng rng;
    lex_rng_init(&rng, 3, 1);
    for (int i = 0; i < N; i++) {
        double z = 2 * lex_rng_normal(&rng), u = ((double)lex_rng_u32(&rng) + 0.5) / 4294967296.0;
        int32_t truth = u < 1 / (1 + exp(-z / 2.5)) ? 0 : 1;
        logits[i] = (float)z;
        lex_scores_add(scores, &none, &truth, 1);
    }
    CHECK_INT(lex_temperature_fit(&found, logits, scores), LEX_TEMPERATURE_FITTED);
    CHECK_NEAR(found, 2.5, 0.15);
    lex_scores_free(scores);
    free(logits);
}

/* ---- fusion ---- */

static void test_fusion(void)
{
    static float z[RECORDS_MAX * LABELS_MAX], m[RECORDS_MAX * LABELS_MAX], p[RECORDS_MAX * LABELS_MAX];
    char name[16];
    int K, n, n_cases = 0, n_moved = 0;
    lex_threshold_rule off = {LEX_GOAL_NONE, 0};
    FILE *file = fopen(LEX_TESTS_DIR "/golden/tuning/fusion.txt", "r");
    if (!CHECK(file != NULL))
        return;
    for (; fscanf(file, " case %15s %d %d", name, &K, &n) == 3; n_cases++) {
        LEX_ASSERT(K <= LABELS_MAX && n <= RECORDS_MAX);
        lex_scores *scores = lex_scores_new(task_of(name), K);
        for (int i = 0; i < n; i++) {
            int32_t truth[LABELS_MAX];
            for (int k = 0; k < K; k++)
                z[i * K + k] = (float)read_number(file);
            for (int k = 0; k < K; k++)
                m[i * K + k] = (float)read_number(file);
            int n_truth = (int)read_number(file);
            for (int j = 0; j < n_truth; j++)
                truth[j] = (int32_t)read_number(file);
            lex_scores_add(scores, p, truth, n_truth);
        }
        double weight, least;
        lex_fusion found;
        LEX_ASSERT(fscanf(file, " weight %lf %lf", &weight, &least) == 2);
        lex_fusion_fit(&found, z, m, scores, &off);
        CHECK(found.fitted);
        CHECK_INT(found.n, n);
        CHECK_NEAR(found.weight, weight, 0);
        CHECK_NEAR(found.of_least_loss, least, 0);
        n_moved += weight != least;
        lex_scores_free(scores);
    }
    fclose(file);
    CHECK(n_cases >= 30 && n_moved >= 5 && n_moved < n_cases);
    printf("%d fusions, of which macro F1 moved %d\n", n_cases, n_moved);
}

/* Too few records, or all of them right by a margin: nothing is known of the weight. */
static void test_fusion_of_nothing(void)
{
    float z[60 * 2], m[60 * 2], p[2] = {0, 0};
    lex_threshold_rule off = {LEX_GOAL_NONE, 0};
    lex_fusion found;
    for (int n = 40; n <= 60; n += 20) {
        lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, 2);
        for (int i = 0; i < n; i++) {
            int32_t truth = i % 2;
            z[2 * i + truth] = m[2 * i + truth] = 1;
            z[2 * i + 1 - truth] = m[2 * i + 1 - truth] = -1;
            lex_scores_add(scores, p, &truth, 1);
        }
        lex_fusion_fit(&found, z, m, scores, &off);
        CHECK(!found.fitted);
        CHECK_NEAR(found.weight, LEX_FUSION_DEFAULT, 0);
        lex_scores_free(scores);
    }
    lex_fuse(z, m, 2, 0.5);
    CHECK_NEAR((double)z[0], 1.5, 0);
    CHECK_NEAR((double)z[1], -1.5, 0);
}

int main(void)
{
    test_golden();
    test_fusion();
    test_fusion_of_nothing();
    test_rules();
    test_rare();
    test_corners();
    test_known_temperature();
    return check_report("tuning");
}
