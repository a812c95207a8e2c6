/* help.c - the texts of --help, made from the tables. Lines end before column 80. */
#include <stdio.h>
#include <string.h>

#include "verbs.h"

enum { LINE_COLUMNS = 80, TEXT_COLUMN = 26 };

static const char *const group_titles[CLI_N_GROUPS] = {
    [CLI_DATA] = "Data",       [CLI_MODEL] = "Model",         [CLI_TRAINING] = "Training",
    [CLI_ANSWERS] = "Results", [CLI_COMPUTING] = "Computing", [CLI_GENERAL] = "General",
};

void cli_wrap(lex_buf *out, const char *text, int at, int indent)
{
    bool line_is_empty = true;
    while (*text) {
        int n = (int)strcspn(text, " ");
        if (!line_is_empty && at + 1 + n >= LINE_COLUMNS) {
            lex_buf_printf(out, "\n%*s", indent, "");
            at = indent;
            line_is_empty = true;
        }
        lex_buf_printf(out, "%s%.*s", line_is_empty ? "" : " ", n, text);
        at += n + !line_is_empty;
        line_is_empty = false;
        text += n;
        text += strspn(text, " ");
    }
    lex_buf_add_char(out, '\n');
}

/* " (required, repeatable)", " [default: 5; 1 to 1000]" */
static void add_facts(lex_buf *text, const cli_option *row, unsigned verb)
{
    const char *absent = row->initial ? row->initial : row->absent;
    bool is_number = row->type == CLI_INT || row->type == CLI_DOUBLE;
    if (row->kind && strcmp(row->kind, "encoder") != 0 && verb == CLI_TRAIN)
        lex_buf_printf(text, row->or_with[0] ? " (with --kind %s, --%s or --%s)" : " (with --kind %s)", row->kind, row->or_with[0],
                       row->or_with[1]);
    if (row->required || row->type == CLI_STRINGS)
        lex_buf_printf(text, " (%s%s%s)", row->required ? "required" : "",
                       row->required && row->type == CLI_STRINGS ? ", " : "",
                       row->type == CLI_STRINGS ? "repeatable" : "");
    if (absent || is_number)
        lex_buf_printf(text, " [");
    if (absent)
        lex_buf_printf(text, "default: %s", absent);
    if (absent && is_number)
        lex_buf_printf(text, "; ");
    if (is_number)
        lex_buf_printf(text, row->above_low ? "above %.15g, up to %.15g" : "%.15g to %.15g", row->low, row->high);
    if (absent || is_number)
        lex_buf_printf(text, "]");
}

static void add_option(lex_buf *out, const cli_option *row, unsigned verb)
{
    lex_buf head, text;
    lex_buf_init(&head);
    lex_buf_init(&text);
    if (row->letter)
        lex_buf_printf(&head, "  -%c, --%s", row->letter, row->name);
    else
        lex_buf_printf(&head, "  --%s", row->name);
    if (row->type != CLI_FLAG)
        lex_buf_printf(&head, row->bare ? "[=%s]" : " %s", row->value);
    lex_buf_printf(&text, "%s", row->help);
    add_facts(&text, row, verb);
    if (head.len + 2 <= TEXT_COLUMN)
        lex_buf_printf(out, "%-*s", TEXT_COLUMN, head.ptr);
    else
        lex_buf_printf(out, "%s\n%*s", head.ptr, TEXT_COLUMN, "");
    cli_wrap(out, text.ptr, TEXT_COLUMN, TEXT_COLUMN);
    lex_buf_release(&head);
    lex_buf_release(&text);
}

static void add_group(lex_buf *out, unsigned verb, int group)
{
    bool titled = false;
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        if (!(row->verbs & verb) || (int)row->group != group)
            continue;
        if (!titled)
            lex_buf_printf(out, "\n%s:\n", group_titles[group]);
        titled = true;
        add_option(out, row, verb);
    }
}

void cli_help_verb(lex_buf *out, const cli_verb *verb)
{
    lex_buf usage;
    lex_buf_init(&usage);
    lex_buf_printf(&usage, "lexclf %s %s", verb->name, verb->usage);
    lex_buf_printf(out, "Usage: ");
    cli_wrap(out, usage.ptr, 7, 9 + (int)strlen("lexclf"));
    lex_buf_release(&usage);
    lex_buf_add_char(out, '\n');
    cli_wrap(out, verb->about, 0, 0);
    lex_buf_printf(out, "\nExamples:\n%s", verb->examples);
    for (int group = 0; group < CLI_N_GROUPS; group++)
        add_group(out, verb->bit, group);
}

void cli_help_all(lex_buf *out)
{
    lex_buf_printf(out, "Usage: lexclf VERB [options]\n"
                        "       lexclf help [VERB]\n"
                        "       lexclf --version\n\n");
    cli_wrap(out, "Trains, judges and runs classifiers of contract clauses, built on BERT-style encoders.", 0, 0);
    lex_buf_printf(out, "\nVerbs:\n");
    for (int i = 0; i < cli_n_verbs; i++) {
        lex_buf_printf(out, "  %-10s", cli_verbs[i].name);
        cli_wrap(out, cli_verbs[i].summary, 12, 12);
    }
    lex_buf_printf(out, "\nExamples:\n"
                        "  lexclf help train\n"
                        "  lexclf predict --model models/my-model \\\n"
                        "      --text 'Tenant shall pay the rent on the first day of each month.'\n"
                        "\nExit codes:\n"
                        "  0         done\n"
                        "  1         done, and a gate did not hold (lint --strict)\n"
                        "  2         the command line is wrong; nothing was touched\n"
                        "  3         bad input: a data file, a model folder, a configuration\n"
                        "  4         the machine: no libtorch, no CUDA where it is asked for, no\n"
                        "            memory, disk full, write failed\n"
                        "  130, 143  interrupted; what was written before is whole\n");
}
