/* terminal.c - the two streams. Nothing here returns a failure for stderr: chatter that cannot be read is lost. */
#include "terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lexclf/file.h"
#include "progress.h"

enum { STDOUT_BUFFER_BYTES = 64 << 10 };

static cli_level level = CLI_NORMAL;

void cli_terminal_setup(cli_level wanted, cli_progress_mode progress)
{
    level = wanted;
    const char *kind = getenv("TERM");
    bool can_redraw = isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
    bool on = progress == CLI_PROGRESS_ALWAYS || (progress == CLI_PROGRESS_AUTO && can_redraw);
    cli_progress_enable(on && level != CLI_QUIET);
}

/* ---- messages ---- */

void cli_add_printable(lex_buf *out, lex_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
            lex_buf_printf(out, "\\x%02x", c);
        else if (c == 0xC2 && next >= 0x80 && next < 0xA0) // U+0080 to U+009F: control characters too
            lex_buf_printf(out, "\\x%02x", text.ptr[++i] & 0xFF);
        else
            lex_buf_add_char(out, (char)c);
    }
}

/* One write a message, so that lines of several processes do not mix. */
static void to_stderr(lex_str text)
{
    cli_progress_hold();
    cli_progress_clear();
    lex_fd_write_all(STDERR_FILENO, text.ptr, text.len);
    cli_progress_let_go();
}

static void message(const char *prefix, const char *format, va_list args)
{
    char text[4096];
    vsnprintf(text, sizeof text, format, args);
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_printf(&line, "lexclf: %s", prefix);
    cli_add_printable(&line, lex_str_of(text));
    lex_buf_add_char(&line, '\n');
    to_stderr(lex_buf_str(&line));
    lex_buf_release(&line);
}

void cli_print_error(const lex_err *err)
{
    lex_buf lines;
    lex_buf_init(&lines);
    lex_buf_printf(&lines, "lexclf: ");
    cli_add_printable(&lines, lex_str_of(err->message));
    lex_buf_add_char(&lines, '\n');
    if (err->hint[0]) {
        lex_buf_printf(&lines, "  hint: ");
        cli_add_printable(&lines, lex_str_of(err->hint));
        lex_buf_add_char(&lines, '\n');
    }
    to_stderr(lex_buf_str(&lines));
    lex_buf_release(&lines);
}

void cli_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message("warning: ", format, args);
    va_end(args);
}

void cli_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (level >= CLI_NORMAL)
        message("", format, args);
    va_end(args);
}

void cli_detail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (level >= CLI_VERBOSE)
        message("", format, args);
    va_end(args);
}

void cli_show(lex_str lines)
{
    if (level < CLI_NORMAL)
        return;
    lex_buf printable;
    lex_buf_init(&printable);
    cli_add_printable(&printable, lines);
    to_stderr(lex_buf_str(&printable));
    lex_buf_release(&printable);
}

/* ---- data ---- */

static char pending[STDOUT_BUFFER_BYTES];
static size_t n_pending;
static int stdout_errnum; /* the first failure; nothing is written after it */

static lex_status stdout_failed(lex_err *err)
{
    return lex_err_errno(err, stdout_errnum, "cannot write to standard output");
}

lex_status cli_stdout_flush(lex_err *err)
{
    if (!stdout_errnum && n_pending)
        stdout_errnum = lex_fd_write_all(STDOUT_FILENO, pending, n_pending);
    n_pending = 0;
    return stdout_errnum ? stdout_failed(err) : LEX_OK;
}

lex_status cli_stdout_write(const void *bytes, size_t len, lex_err *err)
{
    const char *from = bytes;
    while (len > 0) {
        if (n_pending == sizeof pending && cli_stdout_flush(err) != LEX_OK)
            return err->code;
        size_t room = sizeof pending - n_pending;
        size_t n = len < room ? len : room;
        memcpy(pending + n_pending, from, n);
        n_pending += n;
        from += n;
        len -= n;
    }
    return stdout_errnum ? stdout_failed(err) : LEX_OK;
}

bool cli_stdout_is_closed(void)
{
    return stdout_errnum == EPIPE;
}
