/* out.c - what of a run stands on disk: OUT, which appears in one step, and OUT.partial, which until then holds the best epoch so
 * far as a whole model folder, checkpoints and the log.
 *
 * A folder is made beside its place and put there whole, so that a kill at any moment leaves a whole one, or none; and what an
 * earlier run has left stays until there is something to put in its place. */
#include <stdlib.h>

#include "checkpoint.h"
#include "internal.h"
#include "lexclf/file.h"

/* What --out names must be free, or finished. */
lex_status lex_run_check_out(const lex_run *run, lex_err *err)
{
    if (lex_path_kind_of(run->out_dir) == LEX_PATH_MISSING || run->options->overwrite)
        return LEX_OK;
    run->summary->run = run->options->resume ? lex_run_of_folder(run->out_dir) : NULL;
    run->summary->is_complete = run->summary->run != NULL;
    if (!run->summary->is_complete) {
        lex_err_set(err, LEX_ERR_USAGE, "%s exists", run->out_dir);
        lex_err_hint(err, "choose another --out, or replace it with --overwrite");
        return LEX_ERR_USAGE;
    }
    return LEX_OK;
}

/* Finds out now, not after an hour, whether the folder can be written. */
lex_status lex_run_try_out(lex_run *run, lex_err *err)
{
    lex_status st = lex_path_remove(run->next_dir, err);
    if (st == LEX_OK)
        st = lex_dir_make(run->next_dir, err);
    run->made_next = st == LEX_OK;
    if (st == LEX_OK && !run->options->resume && lex_run_has_leftovers(run))
        lex_run_note(run, LEX_RUN_NOTE, "%s of an earlier run is replaced as soon as there is something to keep%s",
                     run->partial_dir, run->options->kind == LEX_KIND_LINEAR ? "" : "; --resume goes on with it");
    return st;
}

bool lex_run_has_leftovers(const lex_run *run)
{
    char *previous = lex_path_with_suffix(run->last_path, LEX_CHECKPOINT_PREVIOUS);
    bool any = lex_path_kind_of(run->last_path) != LEX_PATH_MISSING || lex_path_kind_of(previous) != LEX_PATH_MISSING ||
               lex_path_kind_of(run->best_dir) != LEX_PATH_MISSING;
    free(previous);
    return any;
}

lex_status lex_run_own_partial(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    char *previous = lex_path_with_suffix(run->last_path, LEX_CHECKPOINT_PREVIOUS);
    if (run->has_partial)
        goto done;
    /* What a run could go on from goes first: half of an older one's folder is no beginning. */
    LEX_TRY(lex_path_remove(run->last_path, err));
    LEX_TRY(lex_path_remove(previous, err));
    LEX_TRY(lex_path_remove(run->partial_dir, err));
    LEX_TRY(lex_dir_make(run->partial_dir, err));
    run->has_partial = true;
    if (run->journal)
        lex_run_open_log(run, false);
done:
    free(previous);
    return st;
}

void lex_run_clear_partial(const lex_run *run)
{
    lex_err ignored = {0};
    if (lex_path_remove(run->partial_dir, &ignored) != LEX_OK)
        lex_run_note(run, LEX_RUN_WARNING, "%s", ignored.message);
}

lex_status lex_run_publish(lex_run *run, const char *dir, lex_err *err)
{
    const lex_reader_options *reader = &run->options->reader;
    const char *default_columns[] = {"text"};
    lex_strings label_columns = {0};
    for (int i = 0; i < reader->n_label_columns; i++)
        LEX_ASSERT(lex_names_split(&label_columns, reader->label_columns[i]));
    lex_json *description = lex_run_describe(run);
    lex_model_save_options options = {
        .max_length = run->max_length,
        .text_columns = reader->n_text_columns ? reader->text_columns : default_columns,
        .n_text_columns = reader->n_text_columns ? reader->n_text_columns : 1,
        .label_separator = reader->label_separator,
        .label_columns = &label_columns,
        .run = description,
    };
    lex_status st = lex_model_save(run->model, run->encoder, run->next_dir, &options, err);
    lex_json_free(description);
    lex_strings_release(&label_columns);
    if (st == LEX_OK && run->journal && dir == run->out_dir)
        st = lex_journal_copy(run->journal, run->next_dir, err);
    if (st != LEX_OK)
        return st;
    st = lex_dir_publish(run->next_dir, dir, err);
    /* In place even where only the sync after it failed. */
    if (st == LEX_OK || lex_path_kind_of(run->next_dir) == LEX_PATH_MISSING) {
        free(run->summary->kept_dir);
        run->summary->kept_dir = lex_strdup(dir);
        run->summary->kept_epoch = run->summary->best_epoch;
    }
    return st;
}
