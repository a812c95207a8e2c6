/* fuzz_config.c - any bytes as the file behind --config, for each verb: what is refused names the file, and what is
 * accepted, written as a command line, is accepted again and means the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/cli/option_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 12 };

/* The verbs' work is not under test. */
static int nothing(const cli_options *options)
{
    return cli_options_want_help(options) ? 0 : 1;
}
int cli_run_train(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_calibrate(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_quantize(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_eval(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_predict(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_tokenize(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_inspect(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }
int cli_run_lint(const cli_options *options, lex_err *err) { (void)err; return nothing(options); }

/* What stands on the command line beside the file: nothing, or what the verb cannot do without. */
static const char *const lines[][WORDS_MAX] = {
    {"train"},
    {"train", "--encoder=e", "--train=t", "--out=o"},
    {"train", "--kind=linear", "--train=t", "--out=o"},
    {"eval", "--model=m", "--data=d"},
    {"predict"},
    {"predict", "--model=m", "--text=x", "-q"},
    {"predict", "--model=m", "f", "-"},
    {"calibrate", "--model=m", "--data=d"},
    {"tokenize", "--model=m"},
    {"lint", "f"},
};

/* One file that is filled anew each time. */
static const char *file_of(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("config.json", MFD_CLOEXEC);
        LEX_ASSERT(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    LEX_ASSERT(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

/* All that the options hold, as words of a command line. */
static lex_strings words_of(const cli_options *options)
{
    lex_strings words = {0};
    lex_buf word;
    lex_buf_init(&word);
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        const cli_value *v = &options->values[i];
        bool stands = v->from != CLI_FROM_NOWHERE && strcmp(row->name, "config") != 0;
        LEX_ASSERT(v->from == CLI_FROM_NOWHERE || (row->verbs & options->verb->bit));
        for (int k = 0; stands && k < (row->type == CLI_FLAG ? 1 : v->n_texts); k++) {
            lex_buf_clear(&word);
            lex_buf_printf(&word, row->type == CLI_FLAG ? "--%s" : "--%s=", row->name);
            if (row->type != CLI_FLAG)
                lex_buf_add_str(&word, lex_str_of(v->texts[k]));
            lex_strings_push(&words, lex_buf_str(&word));
        }
    }
    lex_strings_push(&words, LEX_STR("--"));
    for (int i = 0; i < options->n_files; i++)
        lex_strings_push(&words, lex_str_of(options->files[i]));
    lex_buf_release(&word);
    return words;
}

static void same_values(const cli_options *a, const cli_options *b)
{
    LEX_ASSERT(a->n_files == b->n_files);
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_value *x = &a->values[i], *y = &b->values[i];
        bool empty_list = x->from == CLI_FROM_CONFIG && cli_option_rows[i].type == CLI_STRINGS && x->n_texts == 0;
        if (strcmp(cli_option_rows[i].name, "config") == 0 || x->from == CLI_FROM_NOWHERE || empty_list) {
            LEX_ASSERT(y->from == CLI_FROM_NOWHERE);
            continue;
        }
        LEX_ASSERT(y->from == CLI_FROM_COMMAND_LINE && x->n_texts == y->n_texts && x->choice == y->choice);
        LEX_ASSERT(memcmp(&x->number, &y->number, sizeof x->number) == 0);
        for (int k = 0; k < x->n_texts; k++)
            LEX_ASSERT(strcmp(x->texts[k], y->texts[k]) == 0);
    }
}

static void check_again(const cli_verb *verb, const cli_options *options)
{
    cli_options *again = NULL;
    lex_err err = {.code = LEX_OK};
    lex_strings words = words_of(options);
    lex_status st = cli_options_parse(&again, verb, (int)words.n, words.items, &err);
    LEX_ASSERT(st == LEX_OK && !cli_options_want_help(again));
    same_values(options, again);
    cli_options_free(again);
    lex_strings_release(&words);
}

static void try_line(const char *const *line, const char *path)
{
    char config[80], *words[WORDS_MAX + 1];
    int n = 0;
    lex_err err = {.code = LEX_OK};
    cli_options *options = NULL;
    const cli_verb *verb = cli_verb_find(line[0]);
    LEX_ASSERT(verb);
    snprintf(config, sizeof config, "--config=%s", path);
    words[n++] = config;
    for (int i = 1; i < WORDS_MAX && line[i]; i++)
        words[n++] = (char *)(uintptr_t)line[i];
    lex_status st = cli_options_parse(&options, verb, n, words, &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK) == (options != NULL) && (st == LEX_OK) == !err.message[0]);
    LEX_ASSERT(st == LEX_OK || st == LEX_ERR_USAGE || st == LEX_ERR_INPUT);
    LEX_ASSERT(st != LEX_ERR_INPUT || strncmp(err.message, path, strlen(path)) == 0);
    if (options)
        check_again(verb, options);
    cli_options_free(options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = file_of(data, size);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        try_line(lines[i], path);
    return 0;
}
