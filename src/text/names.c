/* names.c - names that the user's files bring along: finding them, and showing them in one line of a message. */
#include <stdlib.h>
#include <string.h>

#include "lexclf/json.h"
#include "reader.h"

#define SHOWN_BYTES 60  /* of one name */
#define LISTED_BYTES 600 /* of all of them */

int64_t lex_names_find(const lex_str *names, int64_t n, lex_str name)
{
    for (int64_t i = 0; i < n; i++)
        if (lex_str_equal(names[i], name))
            return i;
    return -1;
}

static int compare_names(const void *a, const void *b)
{
    const lex_str *const *x = a, *const *y = b;
    int order = lex_str_compare(**x, **y);
    return order ? order : (*x > *y) - (*x < *y);
}

int64_t lex_names_repeated(const lex_str *names, int64_t n, lex_arena *arena)
{
    if (n <= 8) { /* most tables: no need to sort */
        for (int64_t i = 1; i < n; i++)
            if (lex_names_find(names, i, names[i]) >= 0)
                return i;
        return -1;
    }
    const lex_str **order = lex_arena_array(arena, (size_t)n, sizeof *order);
    for (int64_t i = 0; i < n; i++)
        order[i] = &names[i];
    qsort(order, (size_t)n, sizeof *order, compare_names);
    for (int64_t i = 1; i < n; i++)
        if (lex_str_equal(*order[i - 1], *order[i]))
            return order[i] - names;
    return -1;
}

void lex_names_quote(lex_buf *out, lex_str name)
{
    lex_buf_add_char(out, '\'');
    size_t at = 0;
    while (at < name.len && at < SHOWN_BYTES) {
        size_t from = at;
        uint32_t c = lex_utf8_next(name, &at);
        if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            lex_buf_printf(out, "\\x%02x", (unsigned)c);
        else
            lex_buf_add(out, name.ptr + from, at - from);
    }
    lex_buf_add_str(out, lex_str_of(at < name.len ? "…'" : "'"));
}

lex_status lex_names_fail(const char *before, lex_str name, const char *after, lex_err *err)
{
    lex_buf quoted;
    lex_buf_init(&quoted);
    lex_names_quote(&quoted, name);
    lex_err_set(err, LEX_ERR_INPUT, "%s%s%s", before, quoted.ptr, after);
    lex_buf_release(&quoted);
    return LEX_ERR_INPUT;
}

lex_status lex_names_missing(const lex_str *names, int64_t n, const char *what, const char *name, lex_err *err)
{
    lex_buf found;
    lex_buf_init(&found);
    int64_t i = 0;
    for (; i < n && found.len < LISTED_BYTES; i++) {
        lex_buf_add_str(&found, lex_str_of(i ? ", " : ""));
        lex_names_quote(&found, names[i]);
    }
    if (i < n)
        lex_buf_printf(&found, " and %lld more", (long long)(n - i));
    lex_err_set(err, LEX_ERR_INPUT, "no %s '%s' (found: %s)", what, name, n ? found.ptr : "none");
    lex_buf_release(&found);
    return LEX_ERR_INPUT;
}

/* One name of a list, to `name`; what follows it to *list. */
static bool take_name(lex_buf *name, const char **list)
{
    const char *p = *list;
    bool quoted = *p == '"';
    lex_buf_clear(name);
    if (quoted) {
        for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
            lex_buf_add_char(name, *p);
            p += *p == '"';
        }
        if (*p++ != '"')
            return false;
    } else {
        for (; *p && *p != ',' && *p != '"'; p++)
            lex_buf_add_char(name, *p);
    }
    *list = p;
    return name->len > 0 && (*p == ',' || *p == '\0');
}

bool lex_names_split(lex_strings *out, const char *list)
{
    lex_buf name;
    bool fine, more;
    lex_buf_init(&name);
    do {
        fine = take_name(&name, &list);
        more = *list == ',';
        list += more;
        if (fine && out)
            lex_strings_push(out, lex_buf_str(&name));
    } while (fine && more);
    lex_buf_release(&name);
    return fine;
}

char lex_delimiter_parse(const char *text)
{
    if (strcmp(text, "tab") == 0)
        return '\t';
    bool one = text[0] > 0 && text[1] == '\0' && !strchr("\"\r\n", text[0]);
    return one ? text[0] : 0;
}

lex_str lex_text_join(const lex_str *parts, int n_parts, lex_arena *arena)
{
    if (n_parts == 1)
        return parts[0];
    size_t len = 0;
    for (int i = 0; i < n_parts; i++)
        len += parts[i].len + (i > 0);
    char *joined = lex_arena_alloc(arena, len + 1), *to = joined;
    for (int i = 0; i < n_parts; i++) {
        if (i > 0)
            *to++ = '\n';
        if (parts[i].len)
            memcpy(to, parts[i].ptr, parts[i].len);
        to += parts[i].len;
    }
    *to = '\0';
    return (lex_str){joined, len};
}
