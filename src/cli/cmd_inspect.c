/* cmd_inspect.c - what a model folder is: lex_inspect()'s object, as it is or as lines for people. */
#include <stdlib.h>

#include "cmd.h"
#include "lexclf/inspect.h"
#include "verbs.h"

enum { NAMES_SHOWN = 8 };

typedef struct {
    cli_table *table;
    const lex_json *found;
    bool all; /* lists are not cut */
} page;

static const lex_json *at(const lex_json *object, const char *outer, const char *inner)
{
    return lex_json_get(lex_json_get(object, outer), inner);
}

/* A row; none where the text is empty. */
static void add_row(page *p, const char *name, const lex_buf *text)
{
    if (text->len == 0)
        return;
    cli_table_cell(p->table, "%s", name);
    cli_table_cell(p->table, "%.*s", (int)text->len, text->ptr);
}

/* A string, a number or a truth as text. */
static void add_value(lex_buf *text, const lex_json *node)
{
    const char *string = lex_json_string(node);
    int64_t whole;
    if (string)
        lex_buf_add_str(text, lex_str_of(string));
    else if (lex_json_type_of(node) == LEX_JSON_BOOL)
        lex_buf_printf(text, "%s", lex_json_bool(node, false) ? "yes" : "no");
    else if (lex_json_int(&whole, node, INT64_MIN / 4096, INT64_MAX / 4096))
        lex_buf_printf(text, "%lld", (long long)whole);
    else if (lex_json_type_of(node) == LEX_JSON_NUMBER)
        lex_buf_printf(text, "%g", lex_json_number(node, 0));
}

/* "A, B, C and 38 more"; of an object, "name value" each. */
static void add_list(lex_buf *text, const lex_json *list, bool all)
{
    int64_t n = lex_json_count(list), shown = 0;
    for (const lex_json *node = lex_json_first(list); node; node = lex_json_next(node)) {
        if (!all && shown == NAMES_SHOWN && n > NAMES_SHOWN + 1) {
            lex_buf_printf(text, " and %lld more", (long long)(n - shown));
            return;
        }
        lex_buf_printf(text, "%s", shown++ ? ", " : "");
        if (lex_json_type_of(list) == LEX_JSON_OBJECT)
            lex_buf_printf(text, "%s ", lex_json_key(node));
        add_value(text, node);
    }
}

static void row(page *p, const char *name, const lex_json *node)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_json_type type = lex_json_type_of(node);
    if (type == LEX_JSON_ARRAY || type == LEX_JSON_OBJECT)
        add_list(&text, node, p->all);
    else
        add_value(&text, node);
    add_row(p, name, &text);
    lex_buf_release(&text);
}

static void rows_of_encoder(page *p)
{
    const lex_json *found = p->found;
    lex_buf text;
    lex_buf_init(&text);
    add_value(&text, lex_json_get(found, "family"));
    if (lex_json_count(lex_json_get(found, "architectures"))) {
        lex_buf_printf(&text, " (");
        add_list(&text, lex_json_get(found, "architectures"), true);
        lex_buf_printf(&text, ")");
    }
    add_row(p, "family", &text);
    lex_buf_release(&text);
    row(p, "sizes", lex_json_get(found, "sizes"));
}

static void rows_of_weights(page *p)
{
    const lex_json *weights = lex_json_get(p->found, "weights"), *files = lex_json_get(weights, "files");
    lex_buf text;
    lex_buf_init(&text);
    row(p, "parameters", lex_json_get(p->found, "parameters"));
    add_value(&text, lex_json_get(weights, "form"));
    if (lex_json_count(files) > 1)
        lex_buf_printf(&text, ", %lld files", (long long)lex_json_count(files));
    if (lex_json_get(weights, "bytes"))
        lex_buf_printf(&text, "%s%.1f MB", text.len ? ", " : "", lex_json_number(lex_json_get(weights, "bytes"), 0) / 1e6);
    add_row(p, "weights", &text);
    lex_buf_release(&text);
    row(p, "tensors", lex_json_get(weights, "dtypes"));
    row(p, "weights: error", lex_json_get(weights, "error"));
}

static void rows_of_tokenizer(page *p)
{
    const lex_json *tokenizer = lex_json_get(p->found, "tokenizer");
    lex_buf text;
    lex_buf_init(&text);
    add_value(&text, lex_json_get(tokenizer, "kind"));
    if (lex_json_get(tokenizer, "tokens"))
        lex_buf_printf(&text, ", %.0f tokens", lex_json_number(lex_json_get(tokenizer, "tokens"), 0));
    if (lex_json_get(tokenizer, "lower_case"))
        lex_buf_printf(&text, ", %s", lex_json_bool(lex_json_get(tokenizer, "lower_case"), false) ? "lower case" : "cased");
    add_row(p, "tokenizer", &text);
    lex_buf_release(&text);
    row(p, "special tokens", lex_json_get(tokenizer, "special_tokens"));
    row(p, "tokenizer: error", lex_json_get(tokenizer, "error"));
    row(p, "max length", lex_json_get(p->found, "max_length"));
}

static void rows_of_head(page *p)
{
    const lex_json *head = lex_json_get(p->found, "head");
    lex_buf text;
    lex_buf_init(&text);
    row(p, "task", lex_json_get(head, "task"));
    if (head) {
        lex_buf_printf(&text, "%lld: ", (long long)lex_json_count(lex_json_get(head, "labels")));
        add_list(&text, lex_json_get(head, "labels"), p->all);
    }
    add_row(p, "labels", &text);
    lex_buf_release(&text);
    row(p, "pooling", lex_json_get(head, "pooling"));
    row(p, "temperature", lex_json_get(head, "temperature"));
    row(p, "thresholds", lex_json_get(head, "thresholds"));
    row(p, "normalize", lex_json_get(head, "normalize"));
    row(p, "windows", lex_json_get(head, "windows"));
    row(p, "fusion", lex_json_get(head, "fusion"));
    row(p, "n-grams", lex_json_get(head, "features"));
}

static void rows_of_run(page *p)
{
    const lex_json *run = lex_json_get(p->found, "run");
    row(p, "trained by lexclf", lex_json_get(run, "lexclf"));
    row(p, "training rows", lex_json_get(at(run, "data", "train"), "rows"));
    row(p, "best epoch", lex_json_get(run, "best_epoch"));
    row(p, "best value", lex_json_get(run, "best_value"));
    row(p, "test macro F1", at(run, "test", "macro_f1"));
    row(p, "test accuracy", at(run, "test", "accuracy"));
}

static void rows_of_verdict(page *p, const char *verb)
{
    const lex_json *verdict = lex_json_get(p->found, verb), *missing = lex_json_get(verdict, "missing");
    bool takes = lex_json_bool(lex_json_get(verdict, "takes"), false);
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_printf(&text, "%s", takes ? "yes" : "no: ");
    if (!takes)
        add_value(&text, lex_json_get(verdict, "reason"));
    if (takes && lex_json_count(missing)) {
        lex_buf_printf(&text, ", with new weights for ");
        add_list(&text, missing, p->all);
    }
    add_row(p, verb, &text);
    if (!takes) {
        lex_buf_clear(&text);
        add_list(&text, missing, p->all);
        add_row(p, "  missing", &text);
    }
    lex_buf_release(&text);
}

static lex_status print_page(const lex_json *found, bool all, lex_err *err)
{
    page p = {cli_table_new("ll"), found, all};
    lex_buf text, printable;
    lex_buf_init(&text);
    lex_buf_init(&printable);
    row(&p, "kind", lex_json_get(found, "kind"));
    rows_of_encoder(&p);
    rows_of_weights(&p);
    rows_of_tokenizer(&p);
    rows_of_head(&p);
    rows_of_run(&p);
    if (all)
        row(&p, "not known here", lex_json_get(found, "unknown_settings"));
    rows_of_verdict(&p, "train");
    rows_of_verdict(&p, "predict");
    cli_table_print(&text, p.table);
    cli_add_printable(&printable, lex_buf_str(&text));
    lex_status st = cli_stdout_write(printable.ptr, printable.len, err);
    cli_table_free(p.table);
    lex_buf_release(&text);
    lex_buf_release(&printable);
    return st;
}

static bool takes(const lex_json *found, const char *verb)
{
    return lex_json_bool(at(found, verb, "takes"), false);
}

int cli_run_inspect(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_json *found = NULL;
    int n;
    const char *const *dirs = cli_option_files(options, &n);
    LEX_TRY(cli_setup_terminal(options, false, err));
    if (n == 0) {
        st = lex_err_set(err, LEX_ERR_USAGE, "no folder given");
        goto done;
    }
    LEX_TRY(lex_inspect(&found, dirs[0], err));
    LEX_TRY(cli_option_flag(options, "json") ? cli_print_json(found, err)
                                             : print_page(found, cli_option_flag(options, "verbose"), err));
    if (!takes(found, "train") && !takes(found, "predict")) {
        const char *verb = lex_json_get(found, "family") ? "train" : "predict"; /* a linear model is no encoder anyway */
        st = lex_err_set(err, LEX_ERR_INPUT, "%s", lex_json_string(at(found, verb, "reason")));
    }
done:
    lex_json_free(found);
    return (int)st;
}
