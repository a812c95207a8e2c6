/* names.c - the numbers by the names that reports, gates and --metric use. */
#include "lexclf/metrics.h"

typedef struct {
    lex_str name;
    double value;
} named;

static bool find(double *out, const named *list, size_t n, lex_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (lex_str_equal(name, list[i].name)) {
            *out = list[i].value;
            return true;
        }
    }
    return false;
}

static bool prf_by_name(double *out, const lex_prf *prf, lex_str name)
{
    const named parts[] = {
        {LEX_STR("precision"), prf->precision},
        {LEX_STR("recall"), prf->recall},
        {LEX_STR("f1"), prf->f1},
    };
    return find(out, parts, sizeof parts / sizeof *parts, name);
}

bool lex_metrics_by_name(double *out, const lex_metrics *m, lex_str name)
{
    const named plain[] = {
        {LEX_STR("accuracy"), m->accuracy},
        {LEX_STR("loss"), m->loss},
        {LEX_STR("ece"), m->ece},
        {LEX_STR("aupr_macro"), m->aupr_macro},
        {LEX_STR("aupr_micro"), m->aupr_micro},
        {LEX_STR("roc_auc_macro"), m->roc_auc_macro},
        {LEX_STR("precision_at_recall_80_macro"), m->precision_at_recall_macro[LEX_RECALL_80]},
        {LEX_STR("precision_at_recall_90_macro"), m->precision_at_recall_macro[LEX_RECALL_90]},
        {LEX_STR("precision_at_recall_80_micro"), m->precision_at_recall_micro[LEX_RECALL_80]},
        {LEX_STR("precision_at_recall_90_micro"), m->precision_at_recall_micro[LEX_RECALL_90]},
    };
    const struct {
        lex_str prefix;
        const lex_prf *prf;
    } means[] = {
        {LEX_STR("micro_"), &m->micro},
        {LEX_STR("macro_"), &m->macro},
        {LEX_STR("weighted_"), &m->weighted},
    };
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        if (lex_str_starts(name, means[i].prefix)) {
            lex_str rest = {name.ptr + means[i].prefix.len, name.len - means[i].prefix.len};
            return prf_by_name(out, means[i].prf, rest);
        }
    }
    return find(out, plain, sizeof plain / sizeof *plain, name);
}

bool lex_label_metrics_by_name(double *out, const lex_label_metrics *label, lex_str name)
{
    const named plain[] = {
        {LEX_STR("support"), (double)label->support},
        {LEX_STR("aupr"), label->aupr},
        {LEX_STR("roc_auc"), label->roc_auc},
        {LEX_STR("precision_at_recall_80"), label->precision_at_recall[LEX_RECALL_80]},
        {LEX_STR("precision_at_recall_90"), label->precision_at_recall[LEX_RECALL_90]},
        {LEX_STR("threshold"), label->threshold},
    };
    return prf_by_name(out, &label->prf, name) || find(out, plain, sizeof plain / sizeof *plain, name);
}

bool lex_metric_is_gain(lex_str name)
{
    return !lex_str_equal(name, LEX_STR("loss")) && !lex_str_equal(name, LEX_STR("ece"));
}
