/* component.c - what the readers of tokenizer.json's components share: kinds, keys, sequences.
 *
 * Each component is of a named kind, with keys that are known. Anything else is refused by its name, since computing
 * something else than the model was trained with would not be noticed.
 */
#include <string.h>

#include "internal.h"

bool lex_component_is(const lex_json *component, const char *type)
{
    const char *is = lex_json_string(lex_json_get(component, "type"));
    return is && strcmp(is, type) == 0;
}

lex_status lex_component_refuse(const char *what, const lex_json *component, lex_err *err)
{
    const char *type = lex_json_string(lex_json_get(component, "type"));
    if (type == NULL)
        return lex_err_set(err, LEX_ERR_INPUT, "the %s is missing", what);
    return lex_err_set(err, LEX_ERR_INPUT, "the %s is of type '%s', which is not known here", what, type);
}

static bool is_listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += len)
        if (len > 0 && (p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
            return true;
    return false;
}

lex_status lex_component_keys(const char *what, const lex_json *component, const char *keys, lex_err *err)
{
    for (const lex_json *node = lex_json_first(component); node; node = lex_json_next(node)) {
        const char *key = lex_json_key(node), *type = lex_json_string(lex_json_get(component, "type"));
        if (strcmp(key, "type") != 0 && !is_listed(keys, key))
            return lex_err_set(err, LEX_ERR_INPUT, "the %s '%s' has a key '%s', which is not known here", what,
                               type ? type : "?", key);
    }
    return LEX_OK;
}

lex_status lex_component_bool(bool *out, const char *what, const lex_json *component, const char *key, lex_err *err)
{
    const lex_json *node = lex_json_get(component, key);
    *out = lex_json_bool(node, false);
    if (lex_json_type_of(node) != LEX_JSON_BOOL)
        return lex_err_set(err, LEX_ERR_INPUT, "the %s's '%s' is neither true nor false", what, key);
    return LEX_OK;
}

lex_status lex_component_bool_or(bool *out, bool absent, const char *what, const lex_json *component, const char *key,
                                 lex_err *err)
{
    *out = absent;
    if (lex_json_type_of(lex_json_get(component, key)) == LEX_JSON_NULL)
        return LEX_OK;
    return lex_component_bool(out, what, component, key, err);
}

static lex_status each(lex_tokenizer *tokenizer, const char *what, const lex_json *component, const char *list,
                       lex_component_reader read, void *context, int depth, lex_err *err)
{
    lex_status st = LEX_OK;
    if (lex_json_type_of(component) == LEX_JSON_NULL)
        return LEX_OK;
    if (!lex_component_is(component, "Sequence"))
        return read(tokenizer, component, context, err);
    const lex_json *members = lex_json_get(component, list);
    LEX_TRY(lex_component_keys(what, component, list, err));
    if (lex_json_type_of(members) != LEX_JSON_ARRAY)
        return lex_err_set(err, LEX_ERR_INPUT, "the %s 'Sequence' lacks its '%s'", what, list);
    if (depth == 8)
        return lex_err_set(err, LEX_ERR_INPUT, "the %s's sequences are nested more than %d deep", what, depth);
    for (const lex_json *member = lex_json_first(members); member; member = lex_json_next(member))
        LEX_TRY(each(tokenizer, what, member, list, read, context, depth + 1, err));
done:
    return st;
}

lex_status lex_component_each(lex_tokenizer *tokenizer, const char *what, const lex_json *component, const char *list,
                              lex_component_reader read, void *context, lex_err *err)
{
    return each(tokenizer, what, component, list, read, context, 0, err);
}
