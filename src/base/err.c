/* err.c - one line of text and a code, owned by the caller. Cuts long messages at a UTF-8 boundary, so that a message
 * which quotes the user's text stays valid text. */
#include "lexclf/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest prefix of at most `end` bytes that does not end inside a character; the text goes on after them. */
static size_t whole_characters(const char *text, size_t end)
{
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    return end;
}

/* vsnprintf that never leaves half a character at the end. */
static void format_into(char *out, size_t size, const char *format, va_list args)
{
    int wanted = vsnprintf(out, size, format, args);
    if (wanted < 0)
        out[0] = '\0';
    if (wanted < 0 || (size_t)wanted < size)
        return;
    /* The byte that is missing is not known: step back over the last character, whole or not. */
    size_t end = size - 1;
    while (end > 0 && ((unsigned char)out[end - 1] & 0xC0) == 0x80)
        end--;
    if (end > 0 && (unsigned char)out[end - 1] >= 0xC0)
        end--;
    out[end] = '\0';
}

lex_status lex_err_set(lex_err *err, lex_status code, const char *format, ...)
{
    if (err->code != LEX_OK)
        return err->code;
    va_list args;
    va_start(args, format);
    format_into(err->message, sizeof err->message, format, args);
    va_end(args);
    err->code = code;
    err->hint[0] = '\0';
    return code;
}

lex_status lex_err_errno(lex_err *err, int errnum, const char *format, ...)
{
    if (err->code != LEX_OK)
        return err->code;
    va_list args;
    va_start(args, format);
    format_into(err->message, sizeof err->message, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(errnum));
    err->code = LEX_ERR_SYSTEM;
    err->hint[0] = '\0';
    return err->code;
}

void lex_err_at(lex_err *err, const char *format, ...)
{
    char where[sizeof err->message];
    va_list args;
    va_start(args, format);
    format_into(where, sizeof where, format, args);
    va_end(args);
    size_t n = strlen(where);
    size_t room = sizeof err->message - 1;
    if (n + 2 >= room)
        return;
    size_t kept = strlen(err->message);
    if (kept > room - n - 2)
        kept = whole_characters(err->message, room - n - 2);
    memmove(err->message + n + 2, err->message, kept);
    memcpy(err->message, where, n);
    memcpy(err->message + n, ": ", 2);
    err->message[n + 2 + kept] = '\0';
}

void lex_err_hint(lex_err *err, const char *format, ...)
{
    if (err->hint[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    format_into(err->hint, sizeof err->hint, format, args);
    va_end(args);
}

void lex_err_clear(lex_err *err)
{
    err->code = LEX_OK;
    err->message[0] = '\0';
    err->hint[0] = '\0';
}

void lex_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "lexclf: internal error at %s:%d: %s does not hold; please report it\n", file, line, condition);
    abort();
}
