/* identity.c - which run a checkpoint or a folder is of, and in what another one differs. */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "lexclf/file.h"

enum { NAMED_MAX = 8, DOCUMENT_MAX_BYTES = 256 << 20 };

lex_json *lex_run_identity(lex_json *description)
{
    static const char *const outcome[] = {"epochs", "best_epoch", "best_value", "calibration", "test", "fusion",
                                          "steps_left_out", "loss_scale"};
    for (size_t i = 0; i < sizeof outcome / sizeof *outcome; i++)
        lex_json_remove(description, outcome[i]);
    return description;
}

static void add_difference(lex_strings *out, const char *path, const lex_json *then, const lex_json *now)
{
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_printf(&line, "%s ", path);
    if (then)
        lex_json_print(&line, then, false);
    else
        lex_buf_printf(&line, "absent");
    lex_buf_printf(&line, " then, ");
    if (now)
        lex_json_print(&line, now, false);
    else
        lex_buf_printf(&line, "absent");
    lex_buf_printf(&line, " now");
    lex_strings_push(out, lex_buf_str(&line));
    lex_buf_release(&line);
}

/* Where two documents differ, member by member. */
static void add_differences(lex_strings *out, const char *path, const lex_json *then, const lex_json *now)
{
    char name[300];
    if (lex_json_type_of(then) != LEX_JSON_OBJECT || lex_json_type_of(now) != LEX_JSON_OBJECT) {
        if (!lex_json_same(then, now))
            add_difference(out, path, then, now);
        return;
    }
    for (const lex_json *m = lex_json_first(then); m; m = lex_json_next(m)) {
        snprintf(name, sizeof name, "%s%s%s", path, *path ? "." : "", lex_json_key(m));
        add_differences(out, name, m, lex_json_get(now, lex_json_key(m)));
    }
    for (const lex_json *m = lex_json_first(now); m; m = lex_json_next(m)) {
        snprintf(name, sizeof name, "%s%s%s", path, *path ? "." : "", lex_json_key(m));
        if (!lex_json_get(then, lex_json_key(m)))
            add_difference(out, name, NULL, m);
    }
}

static void join(lex_buf *out, const lex_strings *lines)
{
    for (int64_t i = 0; i < lines->n && i < NAMED_MAX; i++)
        lex_buf_printf(out, "%s%s", i ? "; " : "", lines->items[i]);
    if (lines->n > NAMED_MAX)
        lex_buf_printf(out, "; and %lld more", (long long)(lines->n - NAMED_MAX));
}

lex_status lex_run_check_identity(const lex_run *run, const char *path, const lex_json *then, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_strings lines = {0};
    lex_buf text;
    lex_json *now = lex_run_identity(lex_run_describe(run));
    lex_buf_init(&text);
    add_differences(&lines, "", then, now);
    join(&text, &lines);
    if (lines.n && !run->options->resume_anyway) {
        st = lex_err_set(err, LEX_ERR_USAGE, "%s: is of another run: %s", path, text.ptr);
        lex_err_hint(err, "give the options of that run, begin anew without --resume, or use --resume-anyway to go on "
                     "with what differs");
    } else if (lines.n) {
        lex_run_note(run, LEX_RUN_WARNING, "%s: is of another run, which is passed over: %s", path, text.ptr);
    }
    lex_json_free(now);
    lex_buf_release(&text);
    lex_strings_release(&lines);
    return st;
}

lex_json *lex_run_of_folder(const char *dir)
{
    lex_err ignored = {0};
    lex_json *document = NULL, *run = NULL;
    char *path = lex_path_join(dir, "lexclf.json");
    if (lex_json_read(&document, path, DOCUMENT_MAX_BYTES, &ignored) == LEX_OK && lex_json_get(document, "run"))
        run = lex_json_copy(lex_json_get(document, "run"));
    lex_json_free(document);
    free(path);
    return run;
}

bool lex_run_is_done(const lex_run *run)
{
    lex_json *then = lex_run_of_folder(run->out_dir), *now = lex_run_identity(lex_run_describe(run));
    bool done = then && lex_json_same(lex_run_identity(then), now);
    lex_json_free(then);
    lex_json_free(now);
    return done;
}
