/* journal.c - metrics.jsonl: a line of JSON for every step and every epoch.
 *
 * Lines are written as they come, and synced before a checkpoint, so that after a kill the file has every step up to the
 * checkpoint, and perhaps more: those are taken again, and cut off here first. The idea to know: lines come in order, so
 * what is kept is always a beginning of the file. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lexclf/file.h"

struct lex_journal {
    char *path;
    int fd;          /* -1: no file yet */
    int64_t written; /* bytes of whole lines in the file */
    lex_buf waiting; /* lines that are not */
};

lex_journal *lex_journal_new(const char *path)
{
    lex_journal *journal = lex_alloc_zeroed(1, sizeof *journal);
    journal->path = lex_strdup(path);
    journal->fd = -1;
    lex_buf_init(&journal->waiting);
    return journal;
}

void lex_journal_free(lex_journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    free(journal->path);
    lex_buf_release(&journal->waiting);
    free(journal);
}

static lex_status write_waiting(lex_journal *j, lex_err *err)
{
    int cause = lex_fd_write_all(j->fd, j->waiting.ptr, j->waiting.len);
    if (cause == 0) {
        j->written += (int64_t)j->waiting.len;
        lex_buf_clear(&j->waiting);
        return LEX_OK;
    }
    (void)!ftruncate(j->fd, j->written); /* half a line is none */
    return lex_err_errno(err, cause, "%s: writing failed", j->path);
}

static lex_status open_at(lex_journal *j, int64_t length, lex_err *err)
{
    j->written = length;
    if (j->fd >= 0)
        close(j->fd);
    j->fd = open(j->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (j->fd >= 0 && ftruncate(j->fd, length) == 0)
        return write_waiting(j, err);
    return lex_err_errno(err, errno, "%s: cannot be written", j->path);
}

lex_status lex_journal_begin(lex_journal *journal, lex_err *err)
{
    return open_at(journal, 0, err);
}

/* Whether a line tells of what has been done by then. */
static bool is_kept(lex_str line, int64_t step, int64_t epochs)
{
    lex_err ignored = {0};
    lex_json *json = NULL;
    int64_t number;
    bool kept = line.len && line.ptr[line.len - 1] == '\n' && lex_json_parse(&json, line, &ignored) == LEX_OK;
    if (kept && lex_json_get(json, "train_loss"))
        kept = lex_json_int(&number, lex_json_get(json, "epoch"), 1, epochs);
    else if (kept)
        kept = lex_json_int(&number, lex_json_get(json, "step"), 1, step);
    lex_json_free(json);
    return kept;
}

lex_status lex_journal_continue(lex_journal *journal, int64_t step, int64_t epochs, lex_err *err)
{
    FILE *file = fopen(journal->path, "re");
    char *line = NULL;
    size_t capacity = 0;
    int64_t length = 0;
    for (ssize_t n; file && (n = getline(&line, &capacity, file)) > 0; length += n)
        if (!is_kept((lex_str){line, (size_t)n}, step, epochs))
            break;
    free(line);
    if (file)
        fclose(file);
    return open_at(journal, length, err);
}

lex_status lex_journal_add(lex_journal *journal, lex_str line, lex_err *err)
{
    lex_buf_add_str(&journal->waiting, line);
    lex_buf_add_char(&journal->waiting, '\n');
    return journal->fd >= 0 ? write_waiting(journal, err) : LEX_OK;
}

lex_status lex_journal_sync(lex_journal *journal, lex_err *err)
{
    if (journal->fd < 0)
        return LEX_OK;
    lex_status st = write_waiting(journal, err);
    if (st == LEX_OK && fdatasync(journal->fd) != 0)
        st = lex_err_errno(err, errno, "%s: writing failed", journal->path);
    return st;
}

lex_status lex_journal_copy(lex_journal *journal, const char *dir, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_outfile out;
    char *path = lex_path_join(dir, LEX_JOURNAL_FILE);
    int fd = journal->fd >= 0 ? open(journal->path, O_RDONLY | O_CLOEXEC) : -1;
    LEX_TRY(lex_outfile_open(&out, path, err));
    st = fd >= 0 ? lex_outfile_append(&out, fd, err) : LEX_OK;
    if (st == LEX_OK)
        st = lex_outfile_write(&out, journal->waiting.ptr, journal->waiting.len, err);
    if (st == LEX_OK)
        st = lex_outfile_commit(&out, err);
    else
        lex_outfile_abort(&out);
done:
    if (fd >= 0)
        close(fd);
    free(path);
    return st;
}
