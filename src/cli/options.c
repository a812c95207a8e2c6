/* options.c - looking up rows, setting values by them, and reading values back. Each value is kept as the user's text,
 * its number, and where it came from: what stands on the command line wins over the configuration file. */
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "option_values.h"

/* ---- rows ---- */

const cli_option *cli_option_find(unsigned verb, lex_str name)
{
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        if ((row->verbs & verb) && lex_str_equal(name, lex_str_of(row->name)))
            return row;
    }
    return NULL;
}

const char *cli_option_nearest(unsigned verb, lex_str name)
{
    cli_nearest search;
    cli_nearest_start(&search, name);
    for (int i = 0; i < cli_n_option_rows; i++) {
        if (cli_option_rows[i].verbs & verb)
            cli_nearest_offer(&search, cli_option_rows[i].name);
    }
    return search.best;
}

cli_value *cli_value_of(const cli_options *options, const cli_option *row)
{
    return &options->values[row - cli_option_rows];
}

void cli_option_describe(lex_buf *out, const cli_option *row)
{
    const char *what = row->type == CLI_INT ? "a whole number" : "a number";
    switch (row->type) {
    case CLI_INT:
    case CLI_DOUBLE:
        if (row->above_low)
            lex_buf_printf(out, "%s above %.15g, at most %.15g", what, row->low, row->high);
        else
            lex_buf_printf(out, "%s from %.15g to %.15g", what, row->low, row->high);
        break;
    case CLI_CHOICE: lex_buf_printf(out, "one of %s", row->value); break;
    case CLI_STRING:
    case CLI_STRINGS:
        if (row->expected)
            lex_buf_printf(out, "%s", row->expected);
        else
            lex_buf_printf(out, "a %s", row->value);
        break;
    case CLI_FLAG: lex_buf_printf(out, "given or absent"); break;
    }
}

bool cli_parse_class_weights(double *power, const char *text)
{
    *power = strcmp(text, "balanced") == 0 ? 1 : strcmp(text, "auto") == 0 ? -1 : 0;
    return *power != 0 || strcmp(text, "off") == 0 ||
           (lex_parse_double(power, lex_str_of(text)) && *power >= 0 && *power <= 1);
}

bool cli_is_class_weights_file(const char *text)
{
    static const char *const extensions[] = {".json", ".csv", ".tsv"};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        size_t n = strlen(extensions[i]);
        if (len > n && strcmp(text + len - n, extensions[i]) == 0)
            return true;
    }
    return false;
}

bool cli_parse_augment(double *mask, double *drop, double *swap, const char *text)
{
    static const char *const names[] = {"mask=", "delete=", "swap="};
    double *const values[] = {mask, drop, swap};
    bool seen[3] = {false};
    *mask = *drop = *swap = 0;
    for (const char *at = text;; at++) {
        lex_str part = {at, strcspn(at, ",")};
        int i = 0;
        while (i < 3 && !lex_str_starts(part, lex_str_of(names[i])))
            i++;
        if (i == 3 || seen[i])
            return false;
        seen[i] = true;
        size_t n = strlen(names[i]);
        if (!lex_parse_double(values[i], (lex_str){at + n, part.len - n}) || *values[i] < 0 || *values[i] > 0.9)
            return false;
        at += part.len;
        if (!*at)
            return true;
    }
}

bool cli_parse_ngrams(int *low, int *high, const char *text)
{
    lex_str whole = lex_str_of(text);
    const char *dash = strchr(text, '-');
    int64_t from, to;
    *low = *high = 0;
    if (strcmp(text, "off") == 0)
        return true;
    if (!dash)
        return false;
    lex_str first = {text, (size_t)(dash - text)}, second = {dash + 1, whole.len - first.len - 1};
    bool digits = strspn(text, "0123456789-") == whole.len && second.len > 0 && second.ptr[0] != '-';
    if (!digits || !lex_parse_int64(&from, first) || !lex_parse_int64(&to, second) || from < 1 || from > to || to > 10)
        return false;
    *low = (int)from;
    *high = (int)to;
    return true;
}

/* ---- values ---- */

static bool in_range(const cli_option *row, double number)
{
    bool high_enough = row->above_low ? number > row->low : number >= row->low;
    return high_enough && number <= row->high;
}

/* The place of `word` in "a|b|c", or -1. */
static int choice_index(const char *choices, lex_str word)
{
    for (int i = 0; word.len > 0; i++) {
        size_t n = strcspn(choices, "|");
        if (n == word.len && memcmp(choices, word.ptr, n) == 0)
            return i;
        if (!choices[n])
            break;
        choices += n + 1;
    }
    return -1;
}

/* Reads the text by the row's type into `v`; false when it cannot be. */
static bool read_value(cli_value *v, const cli_option *row, const char *text)
{
    int64_t whole = 0;
    switch (row->type) {
    case CLI_INT:
        if (!lex_parse_int64(&whole, lex_str_of(text)) || whole > (INT64_C(1) << 53))
            return false;
        v->number = (double)whole;
        return in_range(row, v->number);
    case CLI_DOUBLE: return lex_parse_double(&v->number, lex_str_of(text)) && in_range(row, v->number);
    case CLI_CHOICE: v->choice = choice_index(row->value, lex_str_of(text)); return v->choice >= 0;
    case CLI_STRING:
    case CLI_STRINGS: return !row->check || row->check(text);
    case CLI_FLAG: return true;
    }
    return false;
}

bool cli_option_fits(const cli_option *row, const char *text)
{
    cli_value value;
    return read_value(&value, row, text);
}

static lex_status refuse_value(const cli_option *row, lex_status code, const char *text, lex_err *err)
{
    lex_buf expected;
    lex_buf_init(&expected);
    cli_option_describe(&expected, row);
    lex_err_set(err, code, "option '--%s': '%s' is not %s", row->name, text, expected.ptr);
    lex_buf_release(&expected);
    return code;
}

lex_status cli_option_set(cli_options *options, const cli_option *row, const char *text, lex_err *err)
{
    cli_value *v = cli_value_of(options, row);
    if (v->from == CLI_FROM_COMMAND_LINE && row->type != CLI_STRINGS)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--%s' is given twice", row->name);
    v->from = CLI_FROM_COMMAND_LINE;
    if (row->type == CLI_FLAG)
        return LEX_OK;
    if (!read_value(v, row, text))
        return refuse_value(row, LEX_ERR_USAGE, text, err);
    LEX_PUSH(v->texts, v->n_texts, v->texts_capacity, text);
    return LEX_OK;
}

lex_status cli_option_set_config(cli_options *options, const cli_option *row, const char *text, lex_err *err)
{
    cli_value *v = cli_value_of(options, row);
    if (v->from == CLI_FROM_COMMAND_LINE)
        return LEX_OK;
    v->from = CLI_FROM_CONFIG;
    if (row->type == CLI_FLAG)
        return LEX_OK;
    if (!read_value(v, row, text))
        return refuse_value(row, LEX_ERR_INPUT, text, err);
    const char *kept = lex_arena_copy(&options->arena, lex_str_of(text)).ptr;
    LEX_PUSH(v->texts, v->n_texts, v->texts_capacity, kept);
    return LEX_OK;
}

/* ---- reading ---- */

bool cli_options_want_help(const cli_options *options)
{
    return options->want_help;
}

/* The row, which must be of that type, and its value; the default where nothing was given. */
static cli_value wanted(const cli_options *options, const char *name, cli_option_type type)
{
    const cli_option *row = cli_option_find(options->verb->bit, lex_str_of(name));
    LEX_ASSERT(row && row->type == type);
    cli_value v = *cli_value_of(options, row);
    if (v.from == CLI_FROM_NOWHERE) {
        v.n_texts = 0;
        bool readable = type == CLI_FLAG || type == CLI_STRING || type == CLI_STRINGS ||
                        (row->initial && read_value(&v, row, row->initial));
        LEX_ASSERT(readable);
    }
    return v;
}

bool cli_option_given(const cli_options *options, const char *name)
{
    const cli_option *row = cli_option_find(options->verb->bit, lex_str_of(name));
    LEX_ASSERT(row);
    return cli_value_of(options, row)->from != CLI_FROM_NOWHERE;
}

bool cli_option_flag(const cli_options *options, const char *name)
{
    return wanted(options, name, CLI_FLAG).from != CLI_FROM_NOWHERE;
}

int64_t cli_option_int(const cli_options *options, const char *name)
{
    return (int64_t)wanted(options, name, CLI_INT).number;
}

double cli_option_double(const cli_options *options, const char *name)
{
    return wanted(options, name, CLI_DOUBLE).number;
}

int cli_option_choice(const cli_options *options, const char *name)
{
    return wanted(options, name, CLI_CHOICE).choice;
}

const char *cli_option_string(const cli_options *options, const char *name)
{
    cli_value v = wanted(options, name, CLI_STRING);
    return v.n_texts ? v.texts[0] : cli_option_find(options->verb->bit, lex_str_of(name))->initial;
}

const char *const *cli_option_strings(const cli_options *options, const char *name, int *n)
{
    cli_value v = wanted(options, name, CLI_STRINGS);
    *n = v.n_texts;
    return v.texts;
}

const char *const *cli_option_files(const cli_options *options, int *n)
{
    *n = options->n_files;
    return options->files;
}
