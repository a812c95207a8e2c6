/* config.c - the file behind --config: one JSON object, any option of the verb by its long name. Numbers must be
 * numbers and flags must be true or false, so that a value means in the file what it means on the command line. */
#include "lexclf/json.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

enum { CONFIG_MAX_BYTES = 1 << 20 };

static lex_status unknown_key(unsigned verb, const char *key, lex_err *err)
{
    bool of_another = cli_option_find(CLI_ALL, lex_str_of(key)) != NULL;
    const char *nearest = cli_option_nearest(verb, lex_str_of(key));
    lex_err_set(err, LEX_ERR_INPUT, of_another ? "'%s' is not an option of this verb" : "unknown option '%s'", key);
    if (nearest && !of_another)
        lex_err_hint(err, "did you mean '%s'?", nearest);
    return err->code;
}

static lex_status refuse_type(const char *key, const char *wanted, lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INPUT, "option '%s' must be %s", key, wanted);
}

static lex_status set_text(cli_options *options, const cli_option *row, const lex_json *node, lex_err *err)
{
    const char *text = lex_json_string(node);
    const char *wanted = row->type == CLI_STRINGS ? "a string or an array of strings" : "a string";
    return text ? cli_option_set_config(options, row, text, err) : refuse_type(row->name, wanted, err);
}

static lex_status set_strings(cli_options *options, const cli_option *row, const lex_json *node, lex_err *err)
{
    lex_status st = LEX_OK;
    if (lex_json_type_of(node) != LEX_JSON_ARRAY)
        return set_text(options, row, node, err);
    for (const lex_json *item = lex_json_first(node); item; item = lex_json_next(item))
        LEX_TRY(set_text(options, row, item, err));
done:
    return st;
}

static lex_status set_number(cli_options *options, const cli_option *row, const lex_json *node, lex_err *err)
{
    if (lex_json_type_of(node) != LEX_JSON_NUMBER)
        return refuse_type(row->name, "a number", err);
    double number = lex_json_number(node, 0), again = 0;
    char text[32]; /* as short as it can be: messages quote it */
    snprintf(text, sizeof text, "%.15g", number);
    if (!lex_parse_double(&again, lex_str_of(text)) || again < number || again > number)
        snprintf(text, sizeof text, "%.17g", number);
    return cli_option_set_config(options, row, text, err);
}

static lex_status set_member(cli_options *options, const cli_option *row, const lex_json *node, lex_err *err)
{
    switch (row->type) {
    case CLI_FLAG:
        if (lex_json_type_of(node) != LEX_JSON_BOOL)
            return refuse_type(row->name, "true or false", err);
        return lex_json_bool(node, false) ? cli_option_set_config(options, row, NULL, err) : LEX_OK;
    case CLI_INT:
    case CLI_DOUBLE: return set_number(options, row, node, err);
    case CLI_STRINGS: return set_strings(options, row, node, err);
    case CLI_STRING:
    case CLI_CHOICE:
        if (row->bare && lex_json_type_of(node) == LEX_JSON_BOOL)
            return cli_option_set_config(options, row, lex_json_bool(node, false) ? row->bare : row->initial, err);
        return set_text(options, row, node, err);
    }
    return LEX_OK;
}

static lex_status read_members(cli_options *options, unsigned verb, const lex_json *doc, lex_err *err)
{
    lex_status st = LEX_OK;
    if (lex_json_type_of(doc) != LEX_JSON_OBJECT)
        return lex_err_set(err, LEX_ERR_INPUT, "not a JSON object");
    for (const lex_json *member = lex_json_first(doc); member; member = lex_json_next(member)) {
        const char *key = lex_json_key(member);
        const cli_option *row = cli_option_find(verb, lex_str_of(key));
        if (!row)
            return unknown_key(verb, key, err);
        if (strcmp(key, "config") == 0 || strcmp(key, "help") == 0)
            return lex_err_set(err, LEX_ERR_INPUT, "option '%s' belongs on the command line", key);
        LEX_TRY(set_member(options, row, member, err));
    }
done:
    return st;
}

lex_status cli_config_read(cli_options *options, unsigned verb, const char *path, lex_err *err)
{
    lex_json *doc = NULL;
    lex_status st = LEX_OK;
    LEX_TRY(lex_json_read(&doc, path, CONFIG_MAX_BYTES, err));
    st = read_members(options, verb, doc, err);
    if (st != LEX_OK)
        lex_err_at(err, "%s", path);
done:
    lex_json_free(doc);
    return st;
}
