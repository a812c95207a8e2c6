/* answer.c - an answer as a line of JSON: the input's fields as they came, then ours. A field whose name is one of ours
 * is carried as input_NAME. */
#include "lexclf/json.h"

#include "internal.h"

static void add_key(lex_buf *out, const char *name)
{
    lex_buf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", name);
}

/* A field's value: raw JSON as it came, or text as a JSON string. */
static void add_value(lex_buf *out, const lex_record *record, const lex_field *field)
{
    if (record->is_json)
        lex_buf_add_str(out, field->value);
    else
        lex_json_add_string(out, field->value);
}

static void add_id(lex_buf *out, const lex_record *record)
{
    add_key(out, "id");
    if (record->id_field >= 0)
        add_value(out, record, &record->fields[record->id_field]);
    else
        lex_buf_printf(out, "%lld", (long long)record->number);
}

static bool is_taken(const lex_record *record, lex_str name, lex_arena *arena)
{
    for (int64_t i = 0; i < record->n_fields; i++)
        if (lex_str_equal(lex_answer_field_name(record, &record->fields[i], arena), name))
            return true;
    return false;
}

/* A field with a name of ours: "input_label", or where the input has that too, as one that has gone through lexclf
 * before, "input_input_label". */
static void add_renamed_key(lex_buf *out, const lex_record *record, lex_str name, lex_arena *arena)
{
    lex_buf renamed;
    lex_buf_init(&renamed);
    lex_buf_add_str(&renamed, name);
    do {
        lex_str shorter = lex_arena_copy(arena, lex_buf_str(&renamed));
        lex_buf_clear(&renamed);
        lex_buf_add_str(&renamed, LEX_STR("input_"));
        lex_buf_add_str(&renamed, shorter);
    } while (is_taken(record, lex_buf_str(&renamed), arena));
    lex_buf_printf(out, ",\"%s\":", renamed.ptr);
    lex_buf_release(&renamed);
}

static void add_field(lex_buf *out, const lex_record *record, const lex_field *field, lex_arena *arena)
{
    lex_str name = lex_answer_field_name(record, field, arena);
    if (lex_answer_is_ours(name)) {
        add_renamed_key(out, record, name, arena);
    } else {
        lex_buf_add_char(out, ',');
        if (record->is_json)
            lex_buf_add_str(out, field->name);
        else
            lex_json_add_string(out, field->name);
        lex_buf_add_char(out, ':');
    }
    add_value(out, record, field);
}

/* All fields but the one that is answered under its own name already: "id". */
static void add_fields(lex_buf *out, const lex_record *record)
{
    lex_arena arena;
    lex_arena_init(&arena);
    for (int64_t i = 0; i < record->n_fields; i++) {
        const lex_field *field = &record->fields[i];
        if (i != record->id_field || !lex_str_equal(lex_answer_field_name(record, field, &arena), LEX_STR("id")))
            add_field(out, record, field, &arena);
    }
    lex_arena_release(&arena);
}

static void add_score(lex_buf *out, float probability)
{
    lex_buf_printf(out, "%.6f", (double)probability);
}

/* Every label with its probability, as an object. */
static void add_all_scores(lex_buf *out, const lex_answer *answer)
{
    const lex_model *model = answer->model;
    add_key(out, "scores");
    lex_buf_add_char(out, '{');
    for (int64_t k = 0; k < model->labels.n; k++) {
        if (k)
            lex_buf_add_char(out, ',');
        lex_json_add_string(out, lex_str_of(model->labels.items[k]));
        lex_buf_add_char(out, ':');
        add_score(out, lex_answer_probability(answer, k));
    }
    lex_buf_add_char(out, '}');
}

static void add_one_label(lex_buf *out, const lex_answer *answer, bool scores_all)
{
    float probability;
    int64_t label = lex_answer_label(answer, &probability);
    add_key(out, "label");
    lex_json_add_string(out, lex_str_of(answer->model->labels.items[label]));
    add_key(out, "score");
    add_score(out, probability);
    if (scores_all)
        add_all_scores(out, answer);
}

static void add_many_labels(lex_buf *out, const lex_answer *answer, bool scores_all)
{
    const lex_model *model = answer->model;
    for (int pass = 0; pass < (scores_all ? 1 : 2); pass++) {
        add_key(out, pass == 0 ? "labels" : "scores");
        lex_buf_add_char(out, '[');
        for (int64_t k = 0, n = 0; k < model->n_outputs; k++) {
            if (!lex_answer_has(answer, k))
                continue;
            if (n++)
                lex_buf_add_char(out, ',');
            if (pass == 0)
                lex_json_add_string(out, lex_str_of(model->labels.items[k]));
            else
                add_score(out, answer->probabilities[k]);
        }
        lex_buf_add_char(out, ']');
    }
    if (scores_all)
        add_all_scores(out, answer);
}

void lex_answer_json(lex_buf *out, const lex_answer *answer, const lex_answer_format *format)
{
    const lex_record *record = answer->record;
    lex_buf_add_char(out, '{');
    add_id(out, record);
    if (format->passthrough)
        add_fields(out, record);
    if (format->source) {
        add_key(out, "source");
        lex_json_add_string(out, lex_str_of(record->file));
    }
    if (answer->model->task == LEX_TASK_MULTI)
        add_many_labels(out, answer, format->scores_all);
    else
        add_one_label(out, answer, format->scores_all);
    if (format->abstain) {
        add_key(out, "abstain");
        lex_buf_printf(out, "%s", lex_answer_abstains(answer, format) ? "true" : "false");
    }
    if (format->logits) {
        add_key(out, "logits");
        lex_answer_add_logits(out, answer);
    }
    lex_buf_printf(out, ",\"n_tokens\":%lld,\"truncated\":%s}\n", (long long)answer->n_tokens,
                   answer->truncated ? "true" : "false");
}
