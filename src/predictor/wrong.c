/* wrong.c - wrong answers, set aside as lines while they come and put in order at the end. */
#include "lexclf/wrong.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lexclf/answers.h"
#include "lexclf/file.h"

enum { PENDING_BYTES = 256 << 10 };

/* A line that waits. */
typedef struct {
    double confidence;
    int64_t offset, len;
} waiting;

struct lex_wrong_log {
    const char *path;
    int fd; /* -1: lines are not asked for */
    lex_buf pending;
    int64_t written; /* bytes that have left `pending` */
    waiting *lines;
    int64_t n, n_lines, line_capacity;
    lex_wrong *worst; /* (most), the worst first */
    int n_worst, most;
};

/* What is wrong with one answer. */
typedef struct {
    bool *is_true;    /* (labels of the model) */
    bool *is_given;   /* the same */
    bool any;         /* something is wrong */
    double confidence;
} verdict;

lex_status lex_wrong_log_new(lex_wrong_log **out, int n_worst, const char *path, lex_err *err)
{
    lex_wrong_log *log = lex_alloc_zeroed(1, sizeof *log);
    *log = (lex_wrong_log){.path = path, .fd = -1, .most = n_worst};
    log->worst = lex_alloc_zeroed((size_t)n_worst + 1, sizeof *log->worst);
    lex_buf_init(&log->pending);
    lex_status st = path ? lex_scratch_open(&log->fd, path, err) : LEX_OK;
    *out = st == LEX_OK ? log : NULL;
    if (st != LEX_OK)
        lex_wrong_log_free(log);
    return st;
}

static void release_wrong(lex_wrong *wrong)
{
    free(wrong->source);
    free(wrong->id);
    free(wrong->text);
    lex_strings_release(&wrong->truth);
    lex_strings_release(&wrong->answer);
    memset(wrong, 0, sizeof *wrong);
}

void lex_wrong_log_free(lex_wrong_log *log)
{
    if (!log)
        return;
    for (int i = 0; i < log->n_worst; i++)
        release_wrong(&log->worst[i]);
    if (log->fd >= 0)
        close(log->fd);
    lex_buf_release(&log->pending);
    free(log->lines);
    free(log->worst);
    free(log);
}

/* ---- the verdict ---- */

static void give(verdict *v, const lex_answer *answer)
{
    float probability;
    if (answer->model->task != LEX_TASK_MULTI)
        v->is_given[lex_answer_label(answer, &probability)] = true;
    for (int64_t k = 0; answer->model->task == LEX_TASK_MULTI && k < answer->model->n_outputs; k++)
        v->is_given[k] = lex_answer_has(answer, k);
}

static verdict judge(const lex_answer *answer)
{
    const lex_model *model = answer->model;
    size_t n = (size_t)model->labels.n;
    verdict v = {.is_true = lex_alloc_zeroed(n, sizeof(bool)), .is_given = lex_alloc_zeroed(n, sizeof(bool))};
    give(&v, answer);
    for (int64_t i = 0; i < answer->record->n_labels; i++) {
        int64_t label = lex_strings_find(&model->labels, answer->record->labels[i]);
        if (label >= 0)
            v.is_true[label] = true;
        else
            v.any = true;
    }
    for (int64_t k = 0; k < model->labels.n; k++) {
        if (v.is_given[k] == v.is_true[k])
            continue;
        double p = (double)lex_answer_probability(answer, k), confidence = v.is_given[k] ? p : 1 - p;
        bool counts = model->task == LEX_TASK_MULTI || v.is_given[k];
        v.any = true;
        if (counts && confidence > v.confidence)
            v.confidence = confidence;
    }
    return v;
}

/* ---- a line ---- */

static void add_id(lex_buf *out, const lex_record *record)
{
    const lex_field *field = record->id_field >= 0 ? &record->fields[record->id_field] : NULL;
    if (!field)
        lex_buf_printf(out, "%lld", (long long)record->number);
    else if (record->is_json)
        lex_buf_add_str(out, field->value);
    else
        lex_json_add_string(out, field->value);
}

static void add_truth(lex_buf *out, const lex_record *record, bool many)
{
    lex_buf_printf(out, ",\"truth\":%s", many ? "[" : "");
    for (int64_t i = 0; i < record->n_labels; i++) {
        if (i)
            lex_buf_add_char(out, ',');
        lex_json_add_string(out, record->labels[i]);
    }
    lex_buf_printf(out, "%s", many ? "]" : "");
}

static void add_given(lex_buf *out, const lex_strings *labels, const verdict *v, bool many)
{
    int64_t n = 0;
    lex_buf_printf(out, ",\"answer\":%s", many ? "[" : "");
    for (int64_t k = 0; k < labels->n; k++) {
        if (!v->is_given[k])
            continue;
        if (n++)
            lex_buf_add_char(out, ',');
        lex_json_add_string(out, lex_str_of(labels->items[k]));
    }
    lex_buf_printf(out, "%s", many ? "]" : "");
}

static void add_line(lex_buf *out, const lex_answer *answer, const verdict *v)
{
    const lex_model *model = answer->model;
    bool many = model->task == LEX_TASK_MULTI;
    lex_buf_printf(out, "{\"id\":");
    add_id(out, answer->record);
    lex_buf_printf(out, ",\"source\":");
    lex_json_add_string(out, lex_str_of(answer->record->file));
    lex_buf_printf(out, ",\"line\":%lld,\"text\":", (long long)answer->record->line);
    lex_json_add_string(out, answer->record->text);
    add_truth(out, answer->record, many);
    add_given(out, &model->labels, v, many);
    lex_buf_printf(out, ",\"confidence\":%.6f,\"scores\":{", v->confidence);
    for (int64_t k = 0; k < model->labels.n; k++) {
        if (k)
            lex_buf_add_char(out, ',');
        lex_json_add_string(out, lex_str_of(model->labels.items[k]));
        lex_buf_printf(out, ":%.6f", (double)lex_answer_probability(answer, k));
    }
    lex_buf_printf(out, "}}\n");
}

static lex_status flush(lex_wrong_log *log, lex_err *err)
{
    int cause = lex_fd_write_all(log->fd, log->pending.ptr, log->pending.len);
    if (cause)
        return lex_err_errno(err, cause, "%s: cannot be written", log->path);
    log->written += (int64_t)log->pending.len;
    lex_buf_clear(&log->pending);
    return LEX_OK;
}

static lex_status set_aside(lex_wrong_log *log, const lex_answer *answer, const verdict *v, lex_err *err)
{
    waiting line = {v->confidence, log->written + (int64_t)log->pending.len, 0};
    add_line(&log->pending, answer, v);
    line.len = log->written + (int64_t)log->pending.len - line.offset;
    LEX_PUSH(log->lines, log->n_lines, log->line_capacity, line);
    return log->pending.len >= PENDING_BYTES ? flush(log, err) : LEX_OK;
}

/* ---- the worst ---- */

/* As a C string: what a U+0000 would cut becomes a blank. */
static char *copy_text(lex_str text, bool *is_cut)
{
    size_t len = text.len < LEX_WRONG_TEXT_BYTES ? text.len : LEX_WRONG_TEXT_BYTES;
    *is_cut = len < text.len;
    len = lex_utf8_valid_prefix((lex_str){text.ptr, len});
    char *copy = lex_alloc(len + 1);
    for (size_t i = 0; i < len; i++)
        copy[i] = text.ptr[i] ? text.ptr[i] : ' ';
    copy[len] = '\0';
    return copy;
}

static char *id_text(const lex_record *record)
{
    bool is_cut;
    if (record->id_field < 0)
        return NULL;
    lex_str value = record->fields[record->id_field].value;
    if (!record->is_json || value.len == 0 || value.ptr[0] != '"')
        return copy_text(value, &is_cut);
    lex_arena arena;
    lex_arena_init(&arena);
    char *copy = copy_text(lex_json_decode(value, &arena), &is_cut);
    lex_arena_release(&arena);
    return copy;
}

static lex_wrong describe(const lex_answer *answer, const verdict *v)
{
    const lex_record *record = answer->record;
    const lex_strings *labels = &answer->model->labels;
    lex_wrong wrong = {.confidence = v->confidence, .number = record->number, .line = record->line};
    wrong.source = lex_strdup(record->file);
    wrong.id = id_text(record);
    wrong.text = copy_text(record->text, &wrong.text_is_cut);
    for (int64_t i = 0; i < record->n_labels; i++)
        lex_strings_push(&wrong.truth, record->labels[i]);
    for (int64_t k = 0; k < labels->n; k++)
        if (v->is_given[k])
            lex_strings_push(&wrong.answer, lex_str_of(labels->items[k]));
    return wrong;
}

/* Goes behind its equals, which came earlier. */
static void keep_if_worst(lex_wrong_log *log, const lex_answer *answer, const verdict *v)
{
    int at = log->n_worst;
    while (at > 0 && log->worst[at - 1].confidence < v->confidence)
        at--;
    if (at == log->most)
        return;
    if (log->n_worst == log->most)
        release_wrong(&log->worst[--log->n_worst]);
    memmove(log->worst + at + 1, log->worst + at, (size_t)(log->n_worst - at) * sizeof *log->worst);
    log->worst[at] = describe(answer, v);
    log->n_worst++;
}

lex_status lex_wrong_log_add(lex_wrong_log *log, const lex_answer *answer, lex_err *err)
{
    lex_status st = LEX_OK;
    verdict v = judge(answer);
    if (v.any) {
        log->n++;
        keep_if_worst(log, answer, &v);
        if (log->fd >= 0)
            st = set_aside(log, answer, &v, err);
    }
    free(v.is_true);
    free(v.is_given);
    return st;
}

int64_t lex_wrong_log_count(const lex_wrong_log *log)
{
    return log->n;
}

const lex_wrong *lex_wrong_log_worst(lex_wrong_log *log, int *n)
{
    *n = log->n_worst;
    return log->worst;
}

/* ---- in order ---- */

static int by_confidence(const void *a, const void *b)
{
    const waiting *x = a, *y = b;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static lex_status write_line(lex_outfile *file, const lex_wrong_log *log, const waiting *line, lex_buf *text,
                             lex_err *err)
{
    lex_buf_clear(text);
    lex_buf_reserve(text, (size_t)line->len);
    lex_status st = lex_scratch_read(log->fd, text->ptr, (size_t)line->len, line->offset, err);
    return st == LEX_OK ? lex_outfile_write(file, text->ptr, (size_t)line->len, err) : st;
}

lex_status lex_wrong_log_write(lex_wrong_log *log, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_outfile file = {.fd = -1};
    lex_buf text;
    lex_buf_init(&text);
    LEX_ASSERT(log->fd >= 0);
    LEX_TRY(flush(log, err));
    if (log->n_lines)
        qsort(log->lines, (size_t)log->n_lines, sizeof *log->lines, by_confidence);
    LEX_TRY(lex_outfile_open(&file, log->path, err));
    for (int64_t i = 0; i < log->n_lines; i++)
        LEX_TRY(write_line(&file, log, &log->lines[i], &text, err));
    LEX_TRY(lex_outfile_commit(&file, err));
done:
    lex_outfile_abort(&file);
    lex_buf_release(&text);
    return st;
}
