/* main.c - from argv to a verb, and from its outcome to the exit code. Nothing here knows what a verb does. */
#include <stdio.h>
#include <string.h>

#include "process.h"
#include "terminal.h"
#include "verbs.h"

#ifndef LEXCLF_VERSION
#define LEXCLF_VERSION "0.1.0"
#endif

static int print_help(const cli_verb *verb, lex_err *err)
{
    lex_buf text;
    lex_buf_init(&text);
    if (verb)
        cli_help_verb(&text, verb);
    else
        cli_help_all(&text);
    lex_status st = cli_stdout_write(text.ptr, text.len, err);
    lex_buf_release(&text);
    return (int)st;
}

static int unknown_verb(const char *name, lex_err *err)
{
    const char *nearest = cli_verb_nearest(name);
    lex_err_set(err, LEX_ERR_USAGE, "unknown verb '%s'", name);
    if (nearest)
        lex_err_hint(err, "did you mean '%s'?", nearest);
    lex_err_hint(err, "'lexclf help' lists them");
    return LEX_ERR_USAGE;
}

static int no_arguments_after(const char *word, int argc, char **argv, lex_err *err)
{
    return argc == 0 ? LEX_OK : (int)lex_err_set(err, LEX_ERR_USAGE, "unexpected '%s' after '%s'", argv[0], word);
}

/* help [VERB] */
static int run_help(int argc, char **argv, lex_err *err)
{
    const cli_verb *verb = argc > 0 ? cli_verb_find(argv[0]) : NULL;
    if (argc > 1)
        return no_arguments_after(argv[0], argc - 1, argv + 1, err);
    if (argc == 1 && !verb)
        return unknown_verb(argv[0], err);
    return print_help(verb, err);
}

static int run_verb(const cli_verb *verb, int argc, char **argv, lex_err *err)
{
    cli_options *options = NULL;
    lex_status st = cli_options_parse(&options, verb, argc, argv, err);
    int code = (int)st;
    if (st == LEX_OK)
        code = cli_options_want_help(options) ? print_help(verb, err) : verb->run(options, err);
    if (code == LEX_ERR_USAGE)
        lex_err_hint(err, "'lexclf %s --help' explains every option", verb->name);
    cli_options_free(options);
    return code;
}

static int dispatch(int argc, char **argv, lex_err *err)
{
    if (argc < 2) {
        lex_buf usage;
        lex_buf_init(&usage);
        cli_help_all(&usage);
        lex_buf_add_char(&usage, '\n');
        cli_show(lex_buf_str(&usage));
        lex_buf_release(&usage);
        return (int)lex_err_set(err, LEX_ERR_USAGE, "no verb given");
    }
    const char *word = argv[1];
    if (strcmp(word, "help") == 0)
        return run_help(argc - 2, argv + 2, err);
    bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    bool version = strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
    if (help || version) {
        if (no_arguments_after(word, argc - 2, argv + 2, err) != LEX_OK)
            return LEX_ERR_USAGE;
        return help ? print_help(NULL, err) : (int)cli_stdout_write("lexclf " LEXCLF_VERSION "\n",
                                                                    sizeof "lexclf " LEXCLF_VERSION, err);
    }
    if (word[0] == '-') {
        lex_err_set(err, LEX_ERR_USAGE, "unknown option '%s'", word);
        lex_err_hint(err, "options follow the verb; 'lexclf help' lists the verbs");
        return LEX_ERR_USAGE;
    }
    const cli_verb *verb = cli_verb_find(word);
    return verb ? run_verb(verb, argc - 2, argv + 2, err) : unknown_verb(word, err);
}

int main(int argc, char **argv)
{
    cli_process_setup();
    lex_err err = {0};
    int code = dispatch(argc, argv, &err);
    cli_progress_end();

    lex_err flush_err = {0};
    lex_status flushed = cli_stdout_flush(&flush_err);
    if (lex_cli_interrupted) {
        if (err.code != LEX_ERR_INTERRUPTED) {
            lex_err_clear(&err);
            lex_err_set(&err, LEX_ERR_INTERRUPTED, "interrupted");
        }
        code = 128 + lex_cli_interrupted;
    } else if (cli_stdout_is_closed()) {
        cli_process_die_of_pipe();
    } else if (flushed != LEX_OK && code <= 1) {
        err = flush_err;
        code = (int)flushed;
    }
    if (err.code != LEX_OK)
        cli_print_error(&err);
    return code;
}
