/* ranking.c - scores in order, and what depends on the order alone: average precision, the area under the ROC curve,
 * precision at a recall, the curve itself. All of them are one walk from the best score down, ties taken together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scores.h"

static const double recalls[LEX_N_RECALLS] = {[LEX_RECALL_80] = 0.8, [LEX_RECALL_90] = 0.9};

/* ---- order ---- */

/* A score and its truth as one number that sorts by score: the bits of a float in [0, 1] are below 2^30 and rise with
 * it, which leaves room for the truth in the lowest bit. */
static uint32_t key_of(float score, bool is_true)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits << 1 | is_true;
}

static double score_of(uint32_t key)
{
    float score;
    uint32_t bits = key >> 1;
    memcpy(&score, &bits, sizeof score);
    return (double)score;
}

/* Radix sort, the lowest digit first: keys have 31 bits, which are three digits of 11. */
static void sort_keys(uint32_t **keys, uint32_t **spare, int64_t n)
{
    enum { DIGIT_BITS = 11, N_DIGITS = 3, N_VALUES = 1 << DIGIT_BITS };
    if (n < 2)
        return;
    for (int digit = 0; digit < N_DIGITS; digit++) {
        int64_t first[N_VALUES] = {0};
        uint32_t *from = *keys, *to = *spare;
        int shift = digit * DIGIT_BITS;
        for (int64_t i = 0; i < n; i++)
            first[from[i] >> shift & (N_VALUES - 1)]++;
        for (int64_t v = 0, sum = 0; v < N_VALUES; v++) {
            int64_t count = first[v];
            first[v] = sum;
            sum += count;
        }
        for (int64_t i = 0; i < n; i++)
            to[first[from[i] >> shift & (N_VALUES - 1)]++] = from[i];
        *keys = to;
        *spare = from;
    }
}

static void reserve(lex_ranking *ranking, int64_t n)
{
    if (n <= ranking->capacity)
        return;
    ranking->keys = lex_realloc_array(ranking->keys, (size_t)n, sizeof *ranking->keys);
    ranking->spare = lex_realloc_array(ranking->spare, (size_t)n, sizeof *ranking->spare);
    ranking->capacity = n;
}

static bool record_has(const lex_scores *scores, int64_t record, int64_t label)
{
    int64_t n;
    const int32_t *truth = lex_scores_truth(scores, record, &n);
    for (int64_t i = 0; i < n; i++) {
        if (truth[i] == label)
            return true;
    }
    return false;
}

/* BINARY: the negative label has no pair of its own; it is the other side of the positive one. */
static void gather_pairs(lex_ranking *ranking, const lex_scores *scores)
{
    int64_t K = scores->n_outputs, n_truth;
    bool *is_true = lex_alloc_zeroed((size_t)scores->n_labels, sizeof *is_true);
    reserve(ranking, scores->n * K);
    for (int64_t i = 0; i < scores->n; i++) {
        const int32_t *truth = lex_scores_truth(scores, i, &n_truth);
        for (int64_t j = 0; j < n_truth; j++)
            is_true[truth[j]] = true;
        for (int64_t k = 0; k < K; k++) {
            ranking->keys[ranking->n++] = key_of(scores->probabilities[i * K + k], is_true[k]);
            ranking->support += is_true[k];
        }
        for (int64_t j = 0; j < n_truth; j++) {
            ranking->n_unscored_true += truth[j] >= scores->n_known;
            is_true[truth[j]] = false;
        }
    }
    ranking->n_unscored = scores->n * (scores->n_labels - scores->n_known);
    free(is_true);
}

static void gather_label(lex_ranking *ranking, const lex_scores *scores, int64_t label)
{
    int64_t output = lex_scores_output_of(scores, label, &ranking->falls);
    if (output < 0) {
        ranking->n_unscored = scores->n;
        for (int64_t i = 0; i < scores->n_truth; i++)
            ranking->n_unscored_true += scores->truth[i] == label;
        return;
    }
    reserve(ranking, scores->n);
    for (int64_t i = 0; i < scores->n; i++) {
        bool is_true = record_has(scores, i, label);
        ranking->keys[ranking->n++] = key_of(scores->probabilities[i * scores->n_outputs + output], is_true);
        ranking->support += is_true;
    }
}

void lex_ranking_fill(lex_ranking *ranking, const lex_scores *scores, int64_t label)
{
    ranking->n = ranking->n_unscored = ranking->n_unscored_true = ranking->support = 0;
    ranking->falls = false;
    if (label < 0)
        gather_pairs(ranking, scores);
    else
        gather_label(ranking, scores, label);
    ranking->support += ranking->n_unscored_true;
    sort_keys(&ranking->keys, &ranking->spare, ranking->n);
}

void lex_ranking_fill_unscored(lex_ranking *ranking, int64_t n, int64_t support)
{
    ranking->n = 0;
    ranking->n_unscored = n;
    ranking->n_unscored_true = ranking->support = support;
}

void lex_ranking_release(lex_ranking *ranking)
{
    free(ranking->keys);
    free(ranking->spare);
    memset(ranking, 0, sizeof *ranking);
}

/* ---- the walk ---- */

lex_ranking_walk lex_ranking_begin(const lex_ranking *ranking)
{
    return (lex_ranking_walk){.ranking = ranking};
}

static uint32_t key_at(const lex_ranking *ranking, int64_t place)
{
    return ranking->keys[ranking->falls ? place : ranking->n - 1 - place];
}

bool lex_ranking_next(lex_ranking_walk *walk)
{
    const lex_ranking *r = walk->ranking;
    if (walk->at > r->n || (walk->at == r->n && r->n_unscored == 0))
        return false;
    walk->score = 0;
    if (walk->at < r->n) {
        uint32_t score = key_at(r, walk->at) >> 1;
        walk->score = r->falls ? 1 - score_of(score << 1) : score_of(score << 1);
        for (; walk->at < r->n && key_at(r, walk->at) >> 1 == score; walk->at++) {
            walk->n_seen++;
            walk->n_hits += key_at(r, walk->at) & 1;
        }
    }
    if (walk->at == r->n && r->n_unscored && walk->score == 0) {
        walk->n_seen += r->n_unscored;
        walk->n_hits += r->n_unscored_true;
        walk->at++;
    }
    return true;
}

/* ---- what it gives ---- */

lex_ranking_metrics lex_ranking_judge(const lex_ranking *ranking)
{
    lex_ranking_metrics m = {0, (double)NAN, {(double)NAN, (double)NAN}};
    double positives = (double)ranking->support;
    double negatives = (double)(ranking->n + ranking->n_unscored - ranking->support);
    if (ranking->support == 0)
        return m;
    double in_order = 0; /* pairs of a positive and a negative below it, ties half */
    int64_t hits_before = 0, misses_before = 0;
    for (lex_ranking_walk walk = lex_ranking_begin(ranking); lex_ranking_next(&walk);) {
        double gained = (double)(walk.n_hits - hits_before), precision = (double)walk.n_hits / (double)walk.n_seen;
        int64_t misses = walk.n_seen - walk.n_hits;
        m.aupr += gained * precision;
        in_order += gained * (negatives - 0.5 * (double)(misses + misses_before));
        for (int i = 0; i < LEX_N_RECALLS; i++) {
            bool counts = (double)walk.n_hits / positives >= recalls[i];
            if (counts && !(precision <= m.precision_at_recall[i]))
                m.precision_at_recall[i] = precision;
        }
        hits_before = walk.n_hits;
        misses_before = misses;
    }
    m.aupr /= positives;
    if (negatives > 0)
        m.roc_auc = in_order / positives / negatives;
    return m;
}

void lex_metrics_pr_curve(lex_pr_point **points, int64_t *n, const lex_scores *scores, int64_t label)
{
    int64_t capacity = 0;
    lex_ranking ranking = {0};
    *points = NULL;
    *n = 0;
    LEX_ASSERT(label >= -1 && label < scores->n_labels);
    lex_ranking_fill(&ranking, scores, label);
    for (lex_ranking_walk walk = lex_ranking_begin(&ranking); ranking.support && lex_ranking_next(&walk);) {
        double hits = (double)walk.n_hits;
        lex_pr_point point = {walk.score, hits / (double)walk.n_seen, hits / (double)ranking.support};
        LEX_PUSH(*points, *n, capacity, point);
    }
    lex_ranking_release(&ranking);
}
