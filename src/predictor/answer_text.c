/* answer_text.c - what is answered, and what lines and tables have in common. */
#include <stdio.h>

#include "internal.h"

static const char *const our_names[] = {"id",     "source",  "label",  "score",    "labels",
                                        "scores", "abstain", "logits", "n_tokens", "truncated"};

bool lex_answer_is_ours(lex_str name)
{
    for (size_t i = 0; i < sizeof our_names / sizeof *our_names; i++)
        if (lex_str_equal(name, lex_str_of(our_names[i])))
            return true;
    return false;
}

lex_str lex_answer_field_name(const lex_record *record, const lex_field *field, lex_arena *arena)
{
    return record->is_json ? lex_json_decode(field->name, arena) : field->name;
}

float lex_answer_probability(const lex_answer *answer, int64_t k)
{
    return k < answer->model->n_outputs ? answer->probabilities[k] : 1.0f - answer->probabilities[0];
}

int64_t lex_answer_label(const lex_answer *answer, float *probability)
{
    const lex_model *model = answer->model;
    int64_t best = 0;
    LEX_ASSERT(model->task != LEX_TASK_MULTI);
    if (model->task == LEX_TASK_BINARY)
        best = (double)answer->probabilities[0] < answer->thresholds[0];
    for (int64_t k = 1; model->task == LEX_TASK_SINGLE && k < model->n_outputs; k++)
        best = answer->probabilities[k] > answer->probabilities[best] ? k : best;
    *probability = lex_answer_probability(answer, best);
    return best;
}

bool lex_answer_has(const lex_answer *answer, int64_t k)
{
    float ignored;
    if (answer->model->task == LEX_TASK_MULTI)
        return (double)answer->probabilities[k] >= answer->thresholds[k];
    return lex_answer_label(answer, &ignored) == k;
}

bool lex_answer_abstains(const lex_answer *answer, const lex_answer_format *format)
{
    for (int64_t k = 0; k < answer->model->labels.n; k++)
        if ((double)lex_answer_probability(answer, k) >= format->abstain_below)
            return false;
    return true;
}

void lex_answer_add_logits(lex_buf *out, const lex_answer *answer)
{
    for (int64_t k = 0; k < answer->model->n_outputs; k++)
        lex_buf_printf(out, "%c%.9g", k ? ',' : '[', (double)answer->logits[k]);
    lex_buf_add_char(out, ']');
}
