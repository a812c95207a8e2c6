/* progress.c - one line on stderr that is drawn over itself. */
#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lexclf/file.h"
#include "terminal.h"

static const double redraw_s = 0.1;
static const double settle_s = 1.0; /* no rate or time left before: the first steps are slow */

static bool enabled;
static struct {
    const char *what; /* NULL: none is under way */
    int64_t total;
    double begin_s, drawn_s;
    bool visible;
} line;

static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;

void cli_progress_hold(void)
{
    pthread_mutex_lock(&printing);
}

void cli_progress_let_go(void)
{
    pthread_mutex_unlock(&printing);
}

void cli_progress_enable(bool on)
{
    enabled = on;
}

void cli_progress_begin(const char *what, int64_t total)
{
    cli_progress_clear();
    line.what = what;
    line.total = total;
    line.begin_s = lex_now_s();
    line.drawn_s = 0;
}

void cli_progress_clear(void)
{
    if (line.visible)
        lex_fd_write_all(STDERR_FILENO, "\r\033[K", 4);
    line.visible = false;
    line.drawn_s = 0;
}

void cli_progress_end(void)
{
    cli_progress_clear();
    line.what = NULL;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}

static void add_time(lex_buf *out, double seconds)
{
    int64_t s = (int64_t)(seconds + 0.5);
    if (s >= 3600)
        lex_buf_printf(out, "%lld:%02lld:%02lld", (long long)(s / 3600), (long long)(s / 60 % 60), (long long)(s % 60));
    else
        lex_buf_printf(out, "%lld:%02lld", (long long)(s / 60), (long long)(s % 60));
}

static void add_rate(lex_buf *out, double per_s)
{
    if (per_s >= 1e6)
        lex_buf_printf(out, "  %.1fM tokens/s", per_s / 1e6);
    else if (per_s >= 1e4)
        lex_buf_printf(out, "  %.1fk tokens/s", per_s / 1e3);
    else
        lex_buf_printf(out, "  %.0f tokens/s", per_s);
}

static void compose(lex_buf *out, int64_t done, int64_t tokens, double elapsed_s)
{
    lex_buf_printf(out, "%s  %lld", line.what, (long long)done);
    if (line.total > 0)
        lex_buf_printf(out, "/%lld  %d%%", (long long)line.total, (int)(100 * (double)done / (double)line.total));
    if (elapsed_s < settle_s)
        return;
    if (tokens > 0)
        add_rate(out, (double)tokens / elapsed_s);
    if (line.total > 0 && done > 0) {
        lex_buf_printf(out, "  ");
        add_time(out, elapsed_s * (double)(line.total - done) / (double)done);
        lex_buf_printf(out, " left");
    }
}

static void draw(int64_t done, int64_t tokens, double now_s)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_printf(&text, "\r");
    compose(&text, done, tokens, now_s - line.begin_s);
    size_t room = (size_t)columns(); /* the carriage return makes up for the last column, which would wrap */
    if (text.len > room)
        text.len = room;
    lex_buf_add(&text, "\033[K", 3);
    lex_fd_write_all(STDERR_FILENO, text.ptr, text.len);
    lex_buf_release(&text);
    line.drawn_s = now_s;
    line.visible = true;
}

void cli_progress_update(int64_t done, int64_t tokens)
{
    if (!enabled || !line.what)
        return;
    double now_s = lex_now_s();
    cli_progress_hold();
    bool is_due = !line.visible || now_s - line.drawn_s >= redraw_s;
    if (is_due)
        draw(done, tokens, now_s);
    cli_progress_let_go();
}
