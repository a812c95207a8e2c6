/* tuning.h - from scores to decisions: a temperature that makes probabilities mean frequencies, and thresholds that
 * serve a goal. Both are fitted on records that the weights have not seen (a dev set); both are a few numbers, so that
 * little data will do, and both say when it will not.
 *
 *     double temperature, thresholds[K];
 *     lex_temperature_fit(&temperature, logits, scores);
 *     ...  scores again, of the probabilities under the temperature
 *     lex_threshold_rule rule = {LEX_GOAL_F1, 0};
 *     lex_thresholds_tune(thresholds, &tuning, scores, &rule);
 */
#ifndef LEXCLF_TUNING_H
#define LEXCLF_TUNING_H

#include "lexclf/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fewer records, or fewer true labels that the model has among them, say nothing of confidence or of where to cut. */
enum { LEX_TUNING_MIN_RECORDS = 50, LEX_TUNING_MIN_TRUE = 10 };
bool lex_tuning_has_enough(const lex_scores *scores);

/* ---- temperature ---- */
#define LEX_TEMPERATURE_MIN 0.1
#define LEX_TEMPERATURE_MAX 10.0
typedef enum {
    LEX_TEMPERATURE_OFF, /* not asked for */
    LEX_TEMPERATURE_FITTED,
    LEX_TEMPERATURE_TOO_FEW,   /* records: lex_tuning_has_enough() */
    LEX_TEMPERATURE_NO_MINIMUM /* in the range: every record is right by a margin, say */
} lex_temperature_result;

/* The temperature T that minimises the negative log-likelihood of softmax(z / T), or sigmoid(z / T), on these records
 * (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2). The loss is convex in 1 / T, so
 * that its derivative has one root at most, which Newton's method finds between two bounds. Otherwise, 1.
 * logits: (n, K) of the records in `scores`, of which the true labels count; those that no output stands for do not. */
lex_temperature_result lex_temperature_fit(double *temperature, const float *logits, const lex_scores *scores);

/* ---- thresholds ---- */
typedef enum {
    LEX_GOAL_NONE,      /* 0.5 */
    LEX_GOAL_F1,        /* the highest F1 */
    LEX_GOAL_PRECISION, /* the highest precision with at least this recall */
    LEX_GOAL_RECALL     /* the highest recall with at least this precision; where none reaches it, the most precise */
} lex_goal;

typedef struct {
    lex_goal goal;
    double at; /* PRECISION: the recall; RECALL: the precision; in (0, 1] */
} lex_threshold_rule;

/* Where nobody asks for one: F1 for MULTI. BINARY has none: the two labels of a yes/no question count alike, and at a
 * calibrated 0.5 the fewest answers are wrong. */
lex_goal lex_goal_of_task(lex_task task);

/* "f1", "precision@0.8", "recall@0.9", "off"; false for anything else. */
bool lex_threshold_rule_parse(lex_threshold_rule *out, lex_str text);
void lex_threshold_rule_print(lex_buf *out, const lex_threshold_rule *rule);

/* A label with this many true records goes half by its own threshold and half by the one for all. Chosen on the dev records
 * of CUAD's passages, 37 labels, linear model, by scripts/experiments/threshold-prior: macro F1 is 0.553, 0.556, 0.555,
 * 0.554, 0.549, 0.544 with 1, 2, 3, 5, 8, 12, and 0.535 with the one threshold alone; standard error 0.002. */
enum { LEX_THRESHOLD_PRIOR = 5 };

typedef struct {
    double global;    /* the one for all */
    int64_t *support; /* (K), owned: true records of each output's label */
} lex_threshold_tuning;

/* One threshold an output (K), for MULTI and BINARY. Each label's own is where the goal is met best; of equally good
 * ones that nearest to the one for all, which meets the goal best on the labels' mean, weighted by w below
 * (BINARY: 0.5).
 * The F1-optimal threshold of a calibrated score is half of the F1 that is reached (Lipton, Elkan and Narayanaswamy,
 * "Thresholding Classifiers to Maximize F1 Score", 2014), so labels differ; but that of a rare label is an accident of
 * its few records, so it is shrunk towards the one for all:
 *     logit(t) = w logit(own) + (1 - w) logit(global),  w = support / (support + LEX_THRESHOLD_PRIOR).
 * The result lies between scores, never on one, and is written with the fewest decimals that keep it there. */
void lex_thresholds_tune(double *thresholds, lex_threshold_tuning *tuning, const lex_scores *scores,
                         const lex_threshold_rule *rule);
void lex_threshold_tuning_release(lex_threshold_tuning *tuning);

/* ---- two models as one ---- */
/* A second model's margins m (n, K) added to the logits z of a first: z + weight * m, a log-linear pool of the two
 * (Genest and Zidek, "Combining Probability Distributions", 1986, section 4.2), whose temperature is fitted afterwards. */
#define LEX_FUSION_LOW 0.125
#define LEX_FUSION_HIGH 32.0
#define LEX_FUSION_DEFAULT 2.0 /* where records say nothing: too few, lex_tuning_has_enough(), or all right by a margin */

typedef struct {
    double weight;
    bool fitted;        /* to the records; else the default */
    double of_least_loss; /* the weight at which the loss is least; weight itself unless macro F1 moved it */
    int64_t n;          /* records */
} lex_fusion;

/* Chooses the weight among half octaves from LOW to HIGH. The loss, each weight with its best temperature, has one
 * minimum and is smooth, so that few records suffice for it; macro F1 is what is wanted, but jumps. So the choice begins
 * at the least loss and moves towards the highest macro F1, averaged with its neighbours to two steps on either side
 * (1, 2, 3, 2, 1), among those weights whose mean loss is within one standard error of the least one, taken record by
 * record (the rule of Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984, section 3.4.3).
 * It goes n / (n + LEX_FUSION_PRIOR) of that way. Of equals the one nearest to the least loss counts.
 * On CUAD's clauses, three encoders and 60 to 720 dev records for the choice, judged on the other dev records: macro F1
 * is 0.005 below that of the least loss at worst, and 0.006 above it at best; the highest macro F1 alone, 0.012 below and
 * 0.014 above.
 * MULTI and BINARY: macro F1 under the thresholds of `rule`. The probabilities of `scores` are replaced. */
enum { LEX_FUSION_PRIOR = 200 };
void lex_fusion_fit(lex_fusion *out, const float *logits, const float *margins, lex_scores *scores,
                    const lex_threshold_rule *rule);
/* logits[i] += weight * margins[i] for n values. */
void lex_fuse(float *logits, const float *margins, int64_t n, double weight);

#ifdef __cplusplus
}
#endif
#endif
