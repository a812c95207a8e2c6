/* recalibrate.c - temperature and thresholds of a finished model, fitted on new data. Of the folder only lexclf.json is
 * written, in one step; a copy under another name is made beside it first. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"

/* What lexclf.json keeps of it; no clock time and no path. */
static lex_json *note_of(const lex_recalibration *r)
{
    lex_json *note = lex_calibration_json(&r->calibration, &r->labels);
    lex_json_put_string(note, "data_sha256", r->data_sha256);
    return note;
}

static lex_status write_copy(const lex_model *model, const char *out_dir, const lex_json *note, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_buf partial;
    char *target = lex_path_trimmed(out_dir);
    lex_buf_init(&partial);
    lex_buf_printf(&partial, "%s.partial", target);
    LEX_TRY(lex_path_remove(partial.ptr, err));
    st = lex_model_copy_calibrated(model, partial.ptr, note, err);
    if (st == LEX_OK)
        st = lex_dir_publish(partial.ptr, target, err);
    if (st != LEX_OK) {
        lex_err ignored = {0};
        (void)!lex_path_remove(partial.ptr, &ignored);
    }
done:
    lex_buf_release(&partial);
    free(target);
    return st;
}

/* The model at hand, with `calibration`, to its folder or to another. */
static lex_status write_to(lex_model *model, const lex_recalibration *r, const char *out_dir, lex_err *err)
{
    lex_json *note = note_of(r);
    lex_model_calibrate(model, &r->calibration);
    lex_status st =
        out_dir ? write_copy(model, out_dir, note, err) : lex_model_save_calibration(model, note, err);
    lex_json_free(note);
    return st;
}

lex_status lex_recalibrate(lex_recalibration *out, const char *model_dir, const char *out_dir,
                           const char *const *paths, int n_paths, const lex_reader_options *reader,
                           const lex_predictor_options *options, const lex_calibration_options *how,
                           bool thresholds_auto, lex_err *err)
{
    lex_status st = LEX_OK;
    double started_s = lex_now_s();
    lex_collected c = {.keep_logits = true,
                       .for_thresholds = !thresholds_auto && how->thresholds.goal != LEX_GOAL_NONE};
    lex_calibration_options by_task = *how;
    memset(out, 0, sizeof *out);
    LEX_TRY(lex_collect(&c, model_dir, paths, n_paths, reader, options, err));
    lex_model *model = lex_predictor_model(c.predictor);
    if (thresholds_auto)
        by_task.thresholds.goal = lex_goal_of_task(model->task);
    lex_calibrate(&out->calibration, model, c.scores, c.logits, &by_task);
    for (int64_t i = 0; i < model->labels.n; i++)
        lex_strings_push(&out->labels, lex_str_of(model->labels.items[i]));
    lex_model_weights_sha256(model, out->model_sha256);
    memcpy(out->data_sha256, c.data_sha256, sizeof out->data_sha256);
    LEX_TRY(write_to(model, out, out_dir, err));
    out->tokens = c.tokens;
    out->n_truncated = c.n_truncated;
    out->elapsed_s = lex_now_s() - started_s;
done:
    lex_collected_release(&c);
    if (st != LEX_OK)
        lex_recalibration_release(out);
    return st;
}

void lex_recalibration_release(lex_recalibration *r)
{
    lex_calibration_release(&r->calibration);
    lex_strings_release(&r->labels);
    memset(r, 0, sizeof *r);
}

lex_json *lex_recalibration_json(const lex_recalibration *r)
{
    lex_json *json = note_of(r);
    lex_json *thresholds = lex_json_new_object();
    for (int64_t k = 0; r->calibration.task != LEX_TASK_SINGLE && k < r->calibration.n_outputs; k++)
        lex_json_append(thresholds, r->labels.items[k], lex_json_new_number(r->calibration.thresholds[k]));
    lex_json_put(json, "label_thresholds", thresholds);
    lex_json_put_string(json, "model_sha256", r->model_sha256);
    lex_json_put_number(json, "seconds", r->elapsed_s);
    lex_json_put_number(json, "tokens", (double)r->tokens);
    lex_json_put_number(json, "truncated", (double)r->n_truncated);
    return json;
}
