/* thresholds.c - the probability from which on a label is given, chosen to serve a goal.
 *
 * Candidates are cuts between neighbouring scores, walked from the best score down; a cut is judged by how many records
 * lie above it and how many of them are true, which is all that precision, recall and F1 need. */
#include "lexclf/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scores.h"

#define SAME 1e-12       /* sums of as many terms that differ by less are equal */
#define CLEAR 1e-4       /* how far a threshold keeps from scores, where the gap allows */
#define EDGE 1e-6        /* logits are taken of probabilities in [EDGE, 1 - EDGE] */
enum { DECIMALS_MAX = 9, GRID_SIDE = 60, GRID = 2 * GRID_SIDE + 1 };

/* ---- rules by name ---- */

lex_goal lex_goal_of_task(lex_task task)
{
    return task == LEX_TASK_MULTI ? LEX_GOAL_F1 : LEX_GOAL_NONE;
}

bool lex_threshold_rule_parse(lex_threshold_rule *out, lex_str text)
{
    const struct {
        lex_str prefix;
        lex_goal goal;
    } with_number[] = {{LEX_STR("precision@"), LEX_GOAL_PRECISION}, {LEX_STR("recall@"), LEX_GOAL_RECALL}};
    *out = (lex_threshold_rule){LEX_GOAL_NONE, 0};
    if (lex_str_equal(text, LEX_STR("off")))
        return true;
    if (lex_str_equal(text, LEX_STR("f1"))) {
        out->goal = LEX_GOAL_F1;
        return true;
    }
    for (size_t i = 0; i < sizeof with_number / sizeof *with_number; i++) {
        size_t n = with_number[i].prefix.len;
        if (!lex_str_starts(text, with_number[i].prefix))
            continue;
        out->goal = with_number[i].goal;
        return lex_parse_double(&out->at, (lex_str){text.ptr + n, text.len - n}) && out->at > 0 && out->at <= 1;
    }
    return false;
}

void lex_threshold_rule_print(lex_buf *out, const lex_threshold_rule *rule)
{
    switch (rule->goal) {
    case LEX_GOAL_NONE: lex_buf_printf(out, "off"); break;
    case LEX_GOAL_F1: lex_buf_printf(out, "f1"); break;
    case LEX_GOAL_PRECISION: lex_buf_printf(out, "precision@%g", rule->at); break;
    case LEX_GOAL_RECALL: lex_buf_printf(out, "recall@%g", rule->at); break;
    }
}

/* ---- cuts ---- */

/* How well a cut serves the goal: the more the better. What misses the demand comes after all that meets it. */
static double worth(const lex_threshold_rule *rule, int64_t hits, int64_t seen, int64_t support)
{
    double precision = seen ? (double)hits / (double)seen : 1, recall = (double)hits / (double)support;
    switch (rule->goal) {
    case LEX_GOAL_F1: return lex_f1(hits, seen, support);
    case LEX_GOAL_PRECISION: return recall >= rule->at ? 1 + precision : recall;
    case LEX_GOAL_RECALL: return precision >= rule->at && hits ? 1 + recall : hits ? precision : 0;
    case LEX_GOAL_NONE: break;
    }
    return 0;
}

static double logit(double p)
{
    p = fmin(fmax(p, EDGE), 1 - EDGE);
    return log(p / (1 - p));
}

/* The best cut, or `preferred` where the ranking has no true record; of equals the nearest to `preferred`. */
static double best_cut(const lex_ranking *ranking, const lex_threshold_rule *rule, double preferred)
{
    if (ranking->support == 0)
        return preferred;
    double best = preferred, best_worth = -1, best_distance = 0, above = 1;
    int64_t hits = 0, seen = 0;
    lex_ranking_walk walk = lex_ranking_begin(ranking);
    for (bool more = true; more;) {
        more = lex_ranking_next(&walk);
        double below = more ? walk.score : 0, cut = 0.5 * (above + below);
        double value = worth(rule, hits, seen, ranking->support), distance = fabs(logit(cut) - logit(preferred));
        if (value > best_worth || (value == best_worth && distance < best_distance)) {
            best = cut;
            best_worth = value;
            best_distance = distance;
        }
        above = below;
        hits = walk.n_hits;
        seen = walk.n_seen;
    }
    return best;
}

/* ---- one threshold for all ---- */

/* Candidates stand a tenth of a logit apart, from the highest (0.9975) down to 0.0025. */
static double grid_threshold(int place)
{
    return round(1e4 / (1 + exp(0.1 * (place - GRID_SIDE)))) / 1e4;
}

/* How far a label is believed: half at LEX_THRESHOLD_PRIOR records. */
static double trust(int64_t support)
{
    return (double)support / (double)(support + LEX_THRESHOLD_PRIOR);
}

/* Adds what each candidate is worth to the label, by how far that is believed. */
static void add_worths(double *worths, const lex_ranking *ranking, const lex_threshold_rule *rule)
{
    int64_t hits = 0, seen = 0;
    lex_ranking_walk walk = lex_ranking_begin(ranking);
    bool more = lex_ranking_next(&walk);
    for (int place = 0; place < GRID; place++) {
        for (; more && walk.score >= grid_threshold(place); more = lex_ranking_next(&walk)) {
            hits = walk.n_hits;
            seen = walk.n_seen;
        }
        worths[place] += trust(ranking->support) * worth(rule, hits, seen, ranking->support);
    }
}

/* Where the labels' mean is best; of equals the nearest to 0.5. */
static double best_for_all(const lex_scores *scores, const lex_threshold_rule *rule, lex_ranking *ranking)
{
    double worths[GRID] = {0};
    int best = GRID_SIDE;
    for (int64_t k = 0; k < scores->n_outputs; k++) {
        lex_ranking_fill(ranking, scores, k);
        if (ranking->support)
            add_worths(worths, ranking, rule);
    }
    for (int place = 0; place < GRID; place++) {
        bool nearer = abs(place - GRID_SIDE) < abs(best - GRID_SIDE);
        double gain = worths[place] - worths[best];
        if (gain > SAME || (gain >= -SAME && nearer))
            best = place;
    }
    return grid_threshold(best);
}

/* ---- where a threshold may lie ---- */

/* The gap between scores in which `threshold` lies: scores from *high on are above it. */
static void gap_of(double *low, double *high, const lex_ranking *ranking, double threshold)
{
    *low = 0;
    *high = 1;
    lex_ranking_walk walk = lex_ranking_begin(ranking);
    while (lex_ranking_next(&walk)) {
        if (walk.score < threshold) {
            *low = walk.score;
            return;
        }
        *high = walk.score;
    }
}

/* Off the scores, in as few decimals as keep it off them. */
static double settle(double threshold, const lex_ranking *ranking)
{
    double low, high, scale = 10;
    gap_of(&low, &high, ranking, threshold);
    double margin = fmin(CLEAR, 0.25 * (high - low));
    double clear = fmin(fmax(threshold, low + margin), high - margin);
    for (int decimals = 1; decimals <= DECIMALS_MAX; decimals++, scale *= 10) {
        double rounded = round(clear * scale) / scale;
        bool close = fabs(rounded - clear) <= 0.02 * fmin(clear, 1 - clear);
        if (close && rounded >= low + margin && rounded <= high - margin)
            return rounded;
    }
    return clear;
}

static double between(double own, double global, int64_t support)
{
    double w = trust(support);
    return 1 / (1 + exp(-(w * logit(own) + (1 - w) * logit(global))));
}

void lex_thresholds_tune(double *thresholds, lex_threshold_tuning *tuning, const lex_scores *scores,
                         const lex_threshold_rule *rule)
{
    int64_t K = scores->n_outputs;
    lex_ranking ranking = {0};
    LEX_ASSERT(scores->task != LEX_TASK_SINGLE && rule->goal != LEX_GOAL_NONE);
    tuning->support = lex_alloc_zeroed((size_t)K, sizeof *tuning->support);
    tuning->global = 0.5;
    if (scores->task == LEX_TASK_MULTI)
        tuning->global = best_for_all(scores, rule, &ranking);
    for (int64_t k = 0; k < K; k++) {
        lex_ranking_fill(&ranking, scores, k);
        double own = best_cut(&ranking, rule, tuning->global);
        tuning->support[k] = ranking.support;
        thresholds[k] = settle(between(own, tuning->global, ranking.support), &ranking);
    }
    lex_ranking_release(&ranking);
}

void lex_threshold_tuning_release(lex_threshold_tuning *tuning)
{
    free(tuning->support);
    tuning->support = NULL;
}
