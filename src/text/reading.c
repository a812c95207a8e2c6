/* reading.c - what the readers of one run share: bad rows that were passed over, and what has been said. Threads may
 * share it; a reading thread can be cancelled in read() alone (input.c), so never while it holds the lock. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

struct lex_reading {
    lex_reading_options options;
    pthread_mutex_t lock; /* of what follows, and around the functions of the options */
    int64_t n_bad;
    lex_strings first_bad;
    bool said[LEX_N_SAID];
};

lex_reading *lex_reading_new(const lex_reading_options *options)
{
    lex_reading *reading = lex_alloc_zeroed(1, sizeof *reading);
    reading->options = *options;
    pthread_mutex_init(&reading->lock, NULL);
    return reading;
}

void lex_reading_free(lex_reading *reading)
{
    if (!reading)
        return;
    lex_strings_release(&reading->first_bad);
    pthread_mutex_destroy(&reading->lock);
    free(reading);
}

bool lex_reading_skip(lex_reading *reading, lex_err *err)
{
    if (!reading || !reading->options.skip_bad_rows || err->code != LEX_ERR_INPUT)
        return false;
    pthread_mutex_lock(&reading->lock);
    if (reading->n_bad++ < LEX_BAD_ROWS_NAMED) {
        lex_strings_push(&reading->first_bad, lex_str_of(err->message));
        if (reading->options.warning) {
            char text[1100];
            snprintf(text, sizeof text, "%s; the row is left out", err->message);
            reading->options.warning(reading->options.context, text);
        }
    }
    pthread_mutex_unlock(&reading->lock);
    lex_err_clear(err);
    return true;
}

bool lex_reader_skips(const lex_reader *reader)
{
    return reader->options.reading && reader->options.reading->options.skip_bad_rows;
}

int64_t lex_reading_n_bad(const lex_reading *reading)
{
    return reading ? reading->n_bad : 0;
}

const lex_strings *lex_reading_first_bad(const lex_reading *reading)
{
    return &reading->first_bad;
}

static void say(lex_reading *reading, lex_said what, const char *path, int64_t line, const char *reason)
{
    bool is_warning = what == LEX_SAY_IDS || what == LEX_SAY_SKIPPED;
    void (*tell)(void *context, const char *text) = is_warning ? reading->options.warning : reading->options.note;
    if (!tell)
        return;
    reading->said[what] = what != LEX_SAY_SKIPPED;
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_printf(&text, "%s:", strcmp(path, "-") == 0 ? "standard input" : path);
    if (line > 0)
        lex_buf_printf(&text, "%lld:", (long long)line);
    lex_buf_printf(&text, " %s", reason);
    tell(reading->options.context, text.ptr);
    lex_buf_release(&text);
}

void lex_reading_say(lex_reading *reading, lex_said what, const char *path, int64_t line, const char *format, ...)
{
    char reason[600];
    if (!reading)
        return;
    pthread_mutex_lock(&reading->lock);
    if (!reading->said[what]) {
        va_list args;
        va_start(args, format);
        vsnprintf(reason, sizeof reason, format, args);
        va_end(args);
        say(reading, what, path, line, reason);
    }
    pthread_mutex_unlock(&reading->lock);
}
