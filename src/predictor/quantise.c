/* quantise.c - a model folder with rounded weights, judged by labelled records beside the model that it is made of, as it
 * will answer. Where it answers too much worse, the parts that change outputs most by themselves are kept, one after another.
 * It takes its name only when it is good enough. */
#include "lexclf/quantise.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"

enum { SAMPLE_RECORDS = 128 };

typedef struct {
    lex_quantising *out;
    const char *const *paths;
    int n_paths;
    const lex_reader_options *reader;
    const lex_predictor_options *options;
    const lex_quantise_options *how;
    lex_model *model;
    lex_quantisation *plan;
    lex_collected before;
    lex_buf partial; /* the folder in the making */
    double *changes; /* (parts): what rounding each of them alone does to outputs; NULL until it is asked for */
} quantising;

/* The data is read again: what is odd about it was said the first time. */
static lex_reading *read_again(const quantising *q)
{
    return lex_reading_new(&(lex_reading_options){.skip_bad_rows = q->how->skip_bad_rows});
}

static lex_status collect(lex_collected *out, const quantising *q, const char *dir, lex_precision precision,
                          lex_reading *reading, lex_err *err)
{
    lex_predictor_options options = *q->options;
    lex_reader_options reader = *q->reader;
    options.precision = precision;
    reader.reading = reading;
    return lex_collect(out, dir, q->paths, q->n_paths, &reader, &options, err);
}

static void judge(lex_metrics *out, const lex_collected *c)
{
    const lex_model *model = c->predictor->model;
    lex_metrics_compute(out, c->scores, model->task == LEX_TASK_SINGLE ? NULL : c->predictor->thresholds);
}

/* Whether both say the same of a record. */
static bool same_answer(const lex_model *model, const float *a, const float *b)
{
    int64_t best[2] = {0, 0};
    for (int64_t k = 0; k < model->n_outputs; k++) {
        if (model->task != LEX_TASK_SINGLE && ((double)a[k] >= model->thresholds[k]) != ((double)b[k] >= model->thresholds[k]))
            return false;
        best[0] = a[k] > a[best[0]] ? k : best[0];
        best[1] = b[k] > b[best[1]] ? k : best[1];
    }
    return model->task != LEX_TASK_SINGLE || best[0] == best[1];
}

static double agreement(const lex_model *model, const lex_collected *a, const lex_collected *b)
{
    const int64_t K = model->n_outputs, n = lex_scores_count(a->scores);
    float *p = lex_alloc_array((size_t)(2 * K), sizeof *p);
    int64_t n_same = 0;
    for (int64_t i = 0; i < n; i++) {
        lex_model_probabilities(model, a->logits + i * K, 1, p);
        lex_model_probabilities(model, b->logits + i * K, 1, p + K);
        n_same += same_answer(model, p, p + K);
    }
    free(p);
    return (double)n_same / (double)n;
}

/* ---- what is sensitive ---- */

typedef struct {
    int32_t *ids;
    int64_t n_ids, capacity;
    int64_t ends[SAMPLE_RECORDS];
    int64_t n;
} sample;

/* Every step-th record of the data, its first window. */
static lex_status take_records(sample *s, const quantising *q, const char *path, int64_t step, int64_t *at,
                               lex_reading *reading, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_reader *reader = NULL;
    lex_arena arena;
    lex_tokens tokens, sequence;
    lex_reader_options options = lex_reader_options_of_model(q->reader, q->model);
    options.labels = LEX_LABELS_IGNORED;
    options.reading = reading;
    lex_arena_init(&arena);
    lex_tokens_init(&tokens);
    lex_tokens_init(&sequence);
    LEX_TRY(lex_reader_open(&reader, path, &options, err));
    while (s->n < SAMPLE_RECORDS) {
        lex_record record;
        bool end = false;
        lex_arena_reset(&arena);
        st = lex_reader_next(reader, &record, &end, &arena, err);
        if (st != LEX_OK && lex_reading_skip(reading, err)) {
            st = LEX_OK;
            continue;
        }
        if (st != LEX_OK || end)
            break;
        if ((*at)++ % step != 0)
            continue;
        lex_tokenizer_encode(q->model->tokenizer, record.text, &tokens);
        lex_tokenizer_frame(q->model->tokenizer, &tokens, q->before.predictor->max_length, &sequence);
        for (int64_t i = 0; i < sequence.n; i++)
            LEX_PUSH(s->ids, s->n_ids, s->capacity, sequence.items[i].id);
        s->ends[s->n++] = s->n_ids;
    }
done:
    lex_reader_close(reader);
    lex_tokens_release(&tokens);
    lex_tokens_release(&sequence);
    lex_arena_release(&arena);
    return st;
}

/* Logits (n, K) of the sample; part -1: as the model is. */
static lex_status logits_of(float *out, const quantising *q, const sample *s, int64_t part, lex_err *err)
{
    lex_sequence sequences[SAMPLE_RECORDS];
    lex_inference *inference = NULL;
    const int threads = q->options->threads > 0 ? q->options->threads : lex_cpu_count();
    for (int64_t i = 0; i < s->n; i++) {
        int64_t begin = i ? s->ends[i - 1] : 0;
        sequences[i] = (lex_sequence){s->ids + begin, s->ends[i] - begin};
    }
    lex_status st = lex_quantisation_try(&inference, q->plan, part, err);
    if (st != LEX_OK)
        return st;
    lex_crew *crew = lex_crew_new(inference, lex_model_width(q->model), threads, false);
    st = lex_crew_run(crew, sequences, s->n, q->options->batch_tokens, out, NULL, NULL, err);
    lex_crew_free(crew);
    lex_inference_free(inference);
    return st;
}

static bool is_stopped(const quantising *q)
{
    return q->options->stop && *q->options->stop;
}

/* The sum of squared differences in the sample's logits, part by part. */
static lex_status measure(quantising *q, lex_err *err)
{
    lex_status st = LEX_OK;
    sample s = {0};
    const int64_t n_parts = lex_quantisation_n_parts(q->plan), n = lex_scores_count(q->before.scores);
    const int64_t step = (n + SAMPLE_RECORDS - 1) / SAMPLE_RECORDS;
    int64_t at = 0;
    lex_reading *reading = read_again(q);
    float *logits[2] = {NULL, NULL};
    q->changes = lex_alloc_zeroed((size_t)n_parts, sizeof *q->changes);
    for (int i = 0; i < q->n_paths; i++)
        LEX_TRY(take_records(&s, q, q->paths[i], step, &at, reading, err));
    const int64_t count = s.n * lex_model_width(q->model);
    for (int i = 0; i < 2; i++)
        logits[i] = lex_alloc_array((size_t)count, sizeof *logits[i]);
    LEX_TRY(logits_of(logits[0], q, &s, -1, err));
    for (int64_t part = 0; part < n_parts; part++) {
        if (is_stopped(q)) {
            st = lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted");
            goto done;
        }
        LEX_TRY(logits_of(logits[1], q, &s, part, err));
        for (int64_t i = 0; i < count; i++)
            q->changes[part] += ((double)logits[1][i] - (double)logits[0][i]) * ((double)logits[1][i] - (double)logits[0][i]);
    }
done:
    lex_reading_free(reading);
    free(logits[0]);
    free(logits[1]);
    free(s.ids);
    return st;
}

/* Keeps the part that changes outputs most of those that may be kept; *kept: whether there is one. */
static lex_status keep_one(quantising *q, bool *kept, lex_err *err)
{
    const int64_t n_parts = lex_quantisation_n_parts(q->plan);
    lex_status st = q->changes ? LEX_OK : measure(q, err);
    *kept = false;
    while (st == LEX_OK && !*kept) {
        int64_t most = -1;
        for (int64_t i = 0; i < n_parts; i++)
            if (q->changes[i] >= 0 && (most < 0 || q->changes[i] > q->changes[most]))
                most = i;
        if (most < 0)
            break;
        *kept = lex_quantisation_keep(q->plan, most);
        q->changes[most] = -1; /* looked at */
        if (*kept)
            lex_strings_push(&q->out->kept, lex_str_of(lex_quantisation_name(q->plan, most)));
    }
    return st;
}

/* ---- the folder ---- */

/* What lexclf.json keeps of it; no clock time and no path. */
static lex_json *note_of(const lex_quantising *out)
{
    lex_json *note = lex_json_new_object();
    lex_json_put_string(note, "of_model_sha256", out->model_sha256);
    lex_json_put_string(note, "data_sha256", out->data_sha256);
    lex_json_put_number(note, "n", (double)out->n);
    lex_json_put_number(note, "macro_f1_before", out->before.macro.f1);
    return note;
}

/* The folder as the plan has it at present, and how it answers. */
static lex_status make(quantising *q, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_quantising *out = q->out;
    lex_collected after = {.keep_logits = true};
    lex_json *note = note_of(out);
    lex_reading *reading = read_again(q);
    LEX_TRY(lex_path_remove(q->partial.ptr, err));
    LEX_TRY(lex_model_save_quantised(q->plan, q->partial.ptr, note, &out->bytes_after, err));
    LEX_TRY(collect(&after, q, q->partial.ptr, LEX_PRECISION_AUTO, reading, err));
    lex_metrics_release(&out->after);
    judge(&out->after, &after);
    out->agreement = agreement(q->model, &q->before, &after);
    out->held = out->before.macro.f1 - out->after.macro.f1 <= q->how->max_drop;
    out->tokens += after.tokens;
done:
    lex_json_free(note);
    lex_reading_free(reading);
    lex_collected_release(&after);
    return st;
}

static lex_status run(quantising *q, const char *model_dir, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_quantising *out = q->out;
    bool kept = true;
    LEX_TRY(lex_model_open(&q->model, model_dir, LEX_MODEL_CLASSIFIER, err));
    LEX_TRY(lex_quantisation_new(&q->plan, q->model, q->how->dtype, err));
    LEX_TRY(collect(&q->before, q, model_dir, LEX_PRECISION_FP32, q->reader->reading, err));
    judge(&out->before, &q->before);
    out->n = lex_scores_count(q->before.scores);
    out->tokens = q->before.tokens;
    out->n_truncated = q->before.n_truncated;
    out->bytes_before = lex_model_weights_bytes(q->model);
    lex_model_weights_sha256(q->model, out->model_sha256);
    memcpy(out->data_sha256, q->before.data_sha256, sizeof out->data_sha256);
    LEX_TRY(make(q, err));
    out->drop_at_first = out->before.macro.f1 - out->after.macro.f1;
    while (!out->held && kept) {
        LEX_TRY(keep_one(q, &kept, err));
        if (kept)
            LEX_TRY(make(q, err));
    }
done:
    return st;
}

lex_status lex_quantise(lex_quantising *out, const char *model_dir, const char *out_dir, const char *const *paths,
                        int n_paths, const lex_reader_options *reader, const lex_predictor_options *options,
                        const lex_quantise_options *how, lex_err *err)
{
    double started_s = lex_now_s();
    char *target = lex_path_trimmed(out_dir);
    quantising q = {.out = out, .paths = paths, .n_paths = n_paths, .reader = reader, .options = options, .how = how};
    memset(out, 0, sizeof *out);
    q.before.keep_logits = true;
    lex_buf_init(&q.partial);
    lex_buf_printf(&q.partial, "%s.partial", target);
    lex_status st = run(&q, model_dir, err);
    if (st == LEX_OK && is_stopped(&q))
        st = lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted");
    if (st == LEX_OK && out->held)
        st = lex_dir_publish(q.partial.ptr, target, err);
    if (st != LEX_OK || !out->held) {
        lex_err ignored = {0};
        (void)!lex_path_remove(q.partial.ptr, &ignored);
    }
    out->elapsed_s = lex_now_s() - started_s;
    free(q.changes);
    lex_collected_release(&q.before);
    lex_quantisation_free(q.plan);
    lex_model_free(q.model);
    lex_buf_release(&q.partial);
    free(target);
    if (st != LEX_OK)
        lex_quantising_release(out);
    return st;
}

void lex_quantising_release(lex_quantising *out)
{
    lex_metrics_release(&out->before);
    lex_metrics_release(&out->after);
    lex_strings_release(&out->kept);
    memset(out, 0, sizeof *out);
}

static lex_json *few_metrics(const lex_metrics *m, size_t n_bytes)
{
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "accuracy", m->accuracy);
    lex_json_put_number(json, "macro_f1", m->macro.f1);
    lex_json_put_number(json, "micro_f1", m->micro.f1);
    lex_json_put_number(json, "weights_bytes", (double)n_bytes);
    return json;
}

lex_json *lex_quantising_json(const lex_quantising *r)
{
    lex_json *json = lex_json_new_object(), *kept = lex_json_new_array();
    for (int64_t i = 0; i < r->kept.n; i++)
        lex_json_push(kept, lex_json_new_string(r->kept.items[i]));
    lex_json_put_number(json, "n", (double)r->n);
    lex_json_put(json, "before", few_metrics(&r->before, r->bytes_before));
    lex_json_put(json, "after", few_metrics(&r->after, r->bytes_after));
    lex_json_put_number(json, "macro_f1_drop", r->before.macro.f1 - r->after.macro.f1);
    lex_json_put_number(json, "agreement", r->agreement);
    lex_json_put(json, "kept", kept);
    lex_json_put_bool(json, "written", r->held);
    lex_json_put_string(json, "model_sha256", r->model_sha256);
    lex_json_put_string(json, "data_sha256", r->data_sha256);
    lex_json_put_number(json, "seconds", r->elapsed_s);
    lex_json_put_number(json, "tokens", (double)r->tokens);
    lex_json_put_number(json, "truncated", (double)r->n_truncated);
    return json;
}
