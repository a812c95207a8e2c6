/* parse.c - from the words of a command line to values, and the checks that only the whole allows. Nothing but the
 * configuration file is opened here. */
#include <stdlib.h>
#include <string.h>

#include "option_values.h"

/* The arguments that are left, the current one first. */
typedef struct {
    int n;
    char *const *at;
} arguments;

static lex_status unknown_option(const cli_options *options, lex_str name, lex_err *err)
{
    const char *nearest = cli_option_nearest(options->verb->bit, name);
    lex_err_set(err, LEX_ERR_USAGE, "unknown option '--%.*s'", (int)name.len, name.ptr);
    if (nearest)
        lex_err_hint(err, "did you mean '--%s'?", nearest);
    return err->code;
}

/* The argument after an option, as its value. One that looks like an option is not taken: `--train --dev x.csv` is a
 * forgotten value far more often than a file called "--dev". Where the value may be left out, only a fitting word is it. */
static lex_status next_as_value(const char **text, arguments *args, const cli_option *row, lex_err *err)
{
    bool fits = args->n > 1 && (row->bare ? cli_option_fits(row, args->at[1]) : strncmp(args->at[1], "--", 2) != 0);
    if (row->bare && !fits) {
        *text = row->bare;
        return LEX_OK;
    }
    if (fits) {
        *text = args->at[1];
        args->n--;
        args->at++;
        return LEX_OK;
    }
    lex_err_set(err, LEX_ERR_USAGE, "option '--%s' needs a value (%s)", row->name, row->value);
    if (args->n > 1)
        lex_err_hint(err, "if '%s' is the value, write '--%s=%s'", args->at[1], row->name, args->at[1]);
    return err->code;
}

static lex_status parse_long(cli_options *options, arguments *args, lex_err *err)
{
    const char *word = args->at[0] + 2;
    lex_str name = {word, strcspn(word, "=")};
    const char *text = word[name.len] ? word + name.len + 1 : NULL;
    const cli_option *row = cli_option_find(options->verb->bit, name);
    if (!row)
        return unknown_option(options, name, err);
    if (row->type == CLI_FLAG && text)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--%s' takes no value", row->name);
    if (strcmp(row->name, "help") == 0)
        options->want_help = true;
    lex_status st = LEX_OK;
    if (row->type != CLI_FLAG && !text)
        LEX_TRY(next_as_value(&text, args, row, err));
    LEX_TRY(cli_option_set(options, row, text, err));
done:
    return st;
}

static const cli_option *find_letter(unsigned verb, char letter)
{
    for (int i = 0; i < cli_n_option_rows; i++) {
        if ((cli_option_rows[i].verbs & verb) && cli_option_rows[i].letter == letter)
            return &cli_option_rows[i];
    }
    return NULL;
}

/* "-q", "-o FILE", "-oFILE", "-qo FILE". */
static lex_status parse_letters(cli_options *options, arguments *args, lex_err *err)
{
    lex_status st = LEX_OK;
    for (const char *at = args->at[0] + 1; *at; at++) {
        const cli_option *row = find_letter(options->verb->bit, *at);
        if (!row) {
            st = lex_err_set(err, LEX_ERR_USAGE, "unknown option '%s'", args->at[0]);
            goto done;
        }
        if (strcmp(row->name, "help") == 0)
            options->want_help = true;
        const char *text = at + 1;
        if (row->type != CLI_FLAG && !*text)
            LEX_TRY(next_as_value(&text, args, row, err));
        LEX_TRY(cli_option_set(options, row, text, err));
        if (row->type != CLI_FLAG)
            break;
    }
done:
    return st;
}

static lex_status parse_arguments(cli_options *options, int argc, char *const *argv, lex_err *err)
{
    lex_status st = LEX_OK;
    bool only_files = false;
    for (arguments args = {argc, argv}; args.n > 0 && !options->want_help; args.n--, args.at++) {
        const char *word = args.at[0];
        if (only_files || word[0] != '-' || word[1] == '\0')
            LEX_PUSH(options->files, options->n_files, options->files_capacity, word);
        else if (strcmp(word, "--") == 0)
            only_files = true;
        else if (word[1] == '-')
            LEX_TRY(parse_long(options, &args, err));
        else
            LEX_TRY(parse_letters(options, &args, err));
    }
done:
    return st;
}

/* ---- what only the whole can tell ---- */

static lex_status check_files(const cli_options *options, lex_err *err)
{
    int max = options->verb->max_files;
    if (options->n_files <= max)
        return LEX_OK;
    lex_err_set(err, LEX_ERR_USAGE, "unexpected argument '%s'", options->files[max]);
    const char *nearest = cli_option_nearest(options->verb->bit, lex_str_of(options->files[max]));
    if (nearest)
        lex_err_hint(err, "did you mean '--%s'?", nearest);
    return err->code;
}

/* Where one of the two comes from the configuration file alone, the command line wins. */
static lex_status check_conflict(cli_options *options, const cli_conflict *conflict, lex_err *err)
{
    const cli_option *row_a = cli_option_find(options->verb->bit, lex_str_of(conflict->a));
    LEX_ASSERT(row_a);
    cli_value *a = cli_value_of(options, row_a);
    if (!conflict->b) {
        if (a->from == CLI_FROM_NOWHERE || options->n_files == 0)
            return LEX_OK;
        if (a->from == CLI_FROM_CONFIG)
            a->from = CLI_FROM_NOWHERE;
        else
            lex_err_set(err, LEX_ERR_USAGE, "option '--%s' and the file '%s' exclude each other", conflict->a,
                        options->files[0]);
        return err->code;
    }
    const cli_option *row_b = cli_option_find(options->verb->bit, lex_str_of(conflict->b));
    LEX_ASSERT(row_b);
    cli_value *b = cli_value_of(options, row_b);
    if (a->from == CLI_FROM_NOWHERE || b->from == CLI_FROM_NOWHERE)
        return LEX_OK;
    if (a->from == b->from) {
        lex_status code = a->from == CLI_FROM_CONFIG ? LEX_ERR_INPUT : LEX_ERR_USAGE;
        lex_err_set(err, code, "options '--%s' and '--%s' exclude each other", conflict->a, conflict->b);
        if (code == LEX_ERR_INPUT)
            lex_err_at(err, "%s", cli_option_string(options, "config"));
        return code;
    }
    (a->from < b->from ? a : b)->from = CLI_FROM_NOWHERE;
    return LEX_OK;
}

/* The --kind of a verb that has one; NULL for others. */
static const char *chosen_kind(const cli_options *options, cli_origin *from)
{
    const cli_option *row = cli_option_find(options->verb->bit, LEX_STR("kind"));
    if (!row)
        return NULL;
    const cli_value *v = cli_value_of(options, row);
    *from = v->from;
    return v->n_texts ? v->texts[v->n_texts - 1] : row->initial;
}

/* A flag that is given, or a number that is not 0. */
static bool is_on(const cli_options *options, const char *name)
{
    const cli_option *row = cli_option_find(options->verb->bit, lex_str_of(name));
    return cli_option_given(options, name) && (row->type == CLI_FLAG || cli_option_double(options, name) != 0);
}

/* Whether an option of this row means nothing for that kind. */
static bool is_for_another(const cli_options *options, const cli_option *row, const char *kind)
{
    if (!kind || !row->kind || strcmp(row->kind, kind) == 0)
        return false;
    for (int i = 0; i < 2 && row->or_with[i]; i++)
        if (is_on(options, row->or_with[i]))
            return false;
    return true;
}

/* A configuration file may hold options of several kinds, of which the command line picks one. */
static lex_status check_kind(cli_options *options, lex_err *err)
{
    cli_origin from = CLI_FROM_NOWHERE;
    const char *kind = chosen_kind(options, &from);
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        cli_value *v = &options->values[i];
        if (!(row->verbs & options->verb->bit) || !is_for_another(options, row, kind) || v->from == CLI_FROM_NOWHERE)
            continue;
        if (v->from == CLI_FROM_CONFIG && from != CLI_FROM_CONFIG) {
            v->from = CLI_FROM_NOWHERE;
            continue;
        }
        lex_status code = v->from == CLI_FROM_CONFIG ? LEX_ERR_INPUT : LEX_ERR_USAGE;
        if (row->or_with[0])
            lex_err_set(err, code, "option '--%s' needs '--kind %s', '--%s' or '--%s'", row->name, row->kind, row->or_with[0],
                        row->or_with[1]);
        else
            lex_err_set(err, code, "option '--%s' has no meaning with '--kind %s'", row->name, kind);
        if (code == LEX_ERR_INPUT)
            lex_err_at(err, "%s", cli_option_string(options, "config"));
        return code;
    }
    return LEX_OK;
}

static lex_status check_required(const cli_options *options, lex_err *err)
{
    lex_buf names;
    lex_buf_init(&names);
    int n = 0;
    cli_origin from;
    const char *kind = chosen_kind(options, &from);
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        bool wanted = (row->verbs & options->verb->bit) && row->required && !is_for_another(options, row, kind);
        if (!wanted || options->values[i].from != CLI_FROM_NOWHERE)
            continue;
        lex_buf_printf(&names, "%s'--%s %s'", n ? ", " : "", row->name, row->value);
        n++;
    }
    if (n) {
        lex_err_set(err, LEX_ERR_USAGE, "%s missing: %s", n > 1 ? "options are" : "an option is", names.ptr);
        lex_err_hint(err, "'lexclf %s --help' has examples", options->verb->name);
    }
    lex_buf_release(&names);
    return err->code;
}

static lex_status check_whole(cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(check_files(options, err));
    for (int i = 0; i < cli_n_conflicts; i++) {
        if (cli_conflicts[i].verbs & options->verb->bit)
            LEX_TRY(check_conflict(options, &cli_conflicts[i], err));
    }
    LEX_TRY(check_kind(options, err));
    LEX_TRY(check_required(options, err));
done:
    return st;
}

lex_status cli_options_parse(cli_options **out, const cli_verb *verb, int argc, char *const *argv, lex_err *err)
{
    lex_status st = LEX_OK;
    cli_options *options = lex_alloc_zeroed(1, sizeof *options);
    options->verb = verb;
    options->values = lex_alloc_zeroed((size_t)cli_n_option_rows, sizeof *options->values);
    lex_arena_init(&options->arena);
    LEX_TRY(parse_arguments(options, argc, argv, err));
    if (!options->want_help) {
        const char *config = cli_option_string(options, "config");
        if (config)
            LEX_TRY(cli_config_read(options, verb->bit, config, err));
        LEX_TRY(check_whole(options, err));
    }
    *out = options;
    options = NULL;
done:
    cli_options_free(options);
    return st;
}

void cli_options_free(cli_options *options)
{
    if (!options)
        return;
    for (int i = 0; i < cli_n_option_rows; i++)
        free(options->values[i].texts);
    free(options->values);
    free(options->files);
    lex_arena_release(&options->arena);
    free(options);
}
