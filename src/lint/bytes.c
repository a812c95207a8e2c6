/* bytes.c - what a file's bytes say of it before they are text: byte order mark, line ends, whether they are ASCII. A
 * second look at the file, at the speed of memory; the reader does its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { BLOCK = 256 << 10 };

typedef struct {
    lex_lint_bytes *out;
    bool has_quotes; /* CSV: a line end inside quotes belongs to a field */
    bool quoted, after_cr;
    unsigned char buffer[BLOCK];
} look;

static bool has_quotes(const char *path, lex_format format)
{
    const char *dot = strrchr(path, '.');
    if (format != LEX_FORMAT_AUTO)
        return format == LEX_FORMAT_CSV || format == LEX_FORMAT_TSV;
    return dot && (strcasecmp(dot, ".csv") == 0 || strcasecmp(dot, ".tsv") == 0);
}

static void count_line_ends(look *l, const unsigned char *bytes, size_t n)
{
    lex_lint_bytes *out = l->out;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = bytes[i];
        if (l->after_cr) {
            l->after_cr = false;
            *(c == '\n' ? &out->n_crlf : &out->n_cr) += 1;
            if (c == '\n')
                continue;
        }
        if (c == '"')
            l->quoted ^= l->has_quotes;
        else if (c == '\r')
            l->after_cr = !l->quoted;
        else if (c == '\n')
            out->n_lf += !l->quoted;
    }
}

static void look_at(look *l, size_t n)
{
    unsigned char all = 0;
    for (size_t i = 0; i < n; i++)
        all |= l->buffer[i];
    l->out->is_ascii &= all < 0x80;
    count_line_ends(l, l->buffer, n);
}

/* By the first bytes; false when the rest need not be looked at. */
static bool look_at_mark(look *l, size_t n)
{
    const unsigned char *b = l->buffer;
    lex_lint_bytes *out = l->out;
    if (n >= 2 && b[0] == 0x1F && b[1] == 0x8B) // gzip
        return false;
    if (n >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF))) {
        out->has_mark = true;
        return false;
    }
    out->is_ascii = true;
    out->has_mark = n >= 3 && memcmp(b, "\xEF\xBB\xBF", 3) == 0;
    return true;
}

static lex_status look_through(look *l, int fd, lex_err *err)
{
    ssize_t got;
    bool first = true;
    do {
        do
            got = read(fd, l->buffer, BLOCK);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return lex_err_errno(err, errno, "reading failed");
        if (first && !look_at_mark(l, (size_t)got))
            return LEX_OK;
        first = false;
        look_at(l, (size_t)got);
    } while (got > 0);
    l->out->n_cr += l->after_cr;
    return LEX_OK;
}

lex_status lint_bytes_read(lex_lint_bytes *out, const char *path, lex_format format, lex_err *err)
{
    struct stat info;
    *out = (lex_lint_bytes){0};
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return LEX_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    look *l = lex_alloc_zeroed(1, sizeof *l);
    l->out = out;
    l->has_quotes = has_quotes(path, format);
    out->n_bytes = (int64_t)info.st_size;
    lex_status st = look_through(l, fd, err);
    if (st != LEX_OK)
        lex_err_at(err, "%s", path);
    close(fd);
    free(l);
    return st;
}
