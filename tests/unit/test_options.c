/* test_options.c - the command line's parser: what it takes, what it refuses and in which words, for every row of the
 * real table; configuration files; tables and widths. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "lexclf/file.h"
#include "nearest.h"
#include "options.h"
#include "terminal.h"
#include "verbs.h"

/* The verbs' work is not under test. */
int cli_run_train(const cli_options *options, lex_err *err)
{
    (void)options, (void)err;
    return 0;
}
int cli_run_calibrate(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}

int cli_run_quantize(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}

int cli_run_eval(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}
int cli_run_predict(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}
int cli_run_tokenize(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}

int cli_run_inspect(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}
int cli_run_lint(const cli_options *options, lex_err *err)
{
    return cli_run_train(options, err);
}

enum { WORDS_MAX = 32 };
static char words_copy[1024];
static char *words[WORDS_MAX];

/* Splits at blanks; "''" is an empty word. */
static int split(const char *line)
{
    int n = 0;
    snprintf(words_copy, sizeof words_copy, "%s", line);
    for (char *word = strtok(words_copy, " "); word && n < WORDS_MAX; word = strtok(NULL, " ")) {
        if (strcmp(word, "''") == 0)
            word[0] = '\0';
        words[n++] = word;
    }
    return n;
}

/* Parses "VERB words ..."; NULL when it is refused. */
static cli_options *parse(const char *line, lex_err *err)
{
    int n = split(line);
    const cli_verb *verb = cli_verb_find(words[0]);
    LEX_ASSERT(verb);
    cli_options *options = NULL;
    lex_err_clear(err);
    lex_status st = cli_options_parse(&options, verb, n - 1, words + 1, err);
    CHECK((st == LEX_OK) == (options != NULL));
    return options;
}

static void refused(const char *line, const char *message, const char *hint)
{
    lex_err err = {0};
    cli_options *options = parse(line, &err);
    CHECK(options == NULL);
    CHECK_INT(err.code, LEX_ERR_USAGE);
    CHECK_STR(err.message, message);
    if (hint)
        CHECK_STR(err.hint, hint);
    cli_options_free(options);
}

#define TRAIN "train --encoder e --train t --out o "

static void test_values(void)
{
    lex_err err = {0};
    cli_options *o = parse(TRAIN "--epochs 7 --lr=3e-4 --schedule constant --text-column a --text-column=b -q", &err);
    CHECK(o != NULL);
    if (!o)
        return;
    int n = 0;
    CHECK_INT(cli_option_int(o, "epochs"), 7);
    CHECK_NEAR(cli_option_double(o, "lr"), 3e-4, 0);
    CHECK_INT(cli_option_choice(o, "schedule"), 1);
    const char *const *columns = cli_option_strings(o, "text-column", &n);
    CHECK_INT(n, 2);
    CHECK_STR(columns[0], "a");
    CHECK_STR(columns[1], "b");
    CHECK(cli_option_flag(o, "quiet") && !cli_option_flag(o, "verbose"));
    CHECK(cli_option_given(o, "epochs") && !cli_option_given(o, "batch-size") && !cli_option_given(o, "dropout"));
    CHECK_NEAR(cli_option_double(o, "weight-decay"), 0.01, 0);
    CHECK(!cli_option_given(o, "metric") && cli_option_choice(o, "recipe") == 0);
    CHECK_STR(cli_option_string(o, "dev"), NULL);
    cli_option_strings(o, "text-column", &n);
    cli_option_files(o, &n);
    CHECK_INT(n, 0);
    cli_options_free(o);
}

static void test_words(void)
{
    lex_err err = {0};
    int n = 0;
    cli_options *o = parse("predict -mdir -o out a - -- -b --scores", &err);
    CHECK(o != NULL);
    if (o) {
        const char *const *files = cli_option_files(o, &n);
        CHECK_STR(cli_option_string(o, "model"), "dir");
        CHECK_STR(cli_option_string(o, "out"), "out");
        CHECK_INT(n, 4);
        CHECK_STR(files[1], "-");
        CHECK_STR(files[2], "-b");
        CHECK_STR(files[3], "--scores");
        CHECK_INT(cli_option_choice(o, "scores"), 0);
    }
    cli_options_free(o);
    o = parse("predict --model=m --text ''", &err);
    CHECK(o != NULL);
    if (o)
        CHECK_STR(cli_option_string(o, "text"), "");
    cli_options_free(o);
    o = parse("predict --text=--model --model=--text", &err);
    CHECK(o != NULL);
    if (o)
        CHECK_STR(cli_option_string(o, "text"), "--model");
    cli_options_free(o);
    o = parse("predict --help --nonsense", &err);
    CHECK(o && cli_options_want_help(o));
    cli_options_free(o);
    o = parse("predict -qh", &err);
    CHECK(o && cli_options_want_help(o));
    cli_options_free(o);
}

static void test_refusals(void)
{
    refused(TRAIN "--epoch 5", "unknown option '--epoch'", "did you mean '--epochs'?");
    refused(TRAIN "--batch_size 5", "unknown option '--batch_size'", "did you mean '--batch-size'?");
    refused(TRAIN "--batch", "unknown option '--batch'", "did you mean '--batch-size'?");
    refused(TRAIN "--zzzzzzzz", "unknown option '--zzzzzzzz'", "");
    refused(TRAIN "-x", "unknown option '-x'", NULL);
    refused("eval --epochs 5", "unknown option '--epochs'", NULL);
    refused(TRAIN "--lr 0.1abc", "option '--lr': '0.1abc' is not a number above 0, at most 1", NULL);
    refused(TRAIN "--lr 0", "option '--lr': '0' is not a number above 0, at most 1", NULL);
    refused(TRAIN "--lr nan", "option '--lr': 'nan' is not a number above 0, at most 1", NULL);
    refused(TRAIN "--lr 1e999", "option '--lr': '1e999' is not a number above 0, at most 1", NULL);
    refused(TRAIN "--epochs -1", "option '--epochs': '-1' is not a whole number from 1 to 1000", NULL);
    refused(TRAIN "--epochs 1e9", "option '--epochs': '1e9' is not a whole number from 1 to 1000", NULL);
    refused(TRAIN "--epochs 2.5", "option '--epochs': '2.5' is not a whole number from 1 to 1000", NULL);
    refused(TRAIN "--epochs ''", "option '--epochs': '' is not a whole number from 1 to 1000", NULL);
    refused(TRAIN "--seed 99999999999999999999",
            "option '--seed': '99999999999999999999' is not a whole number from 0 to 4294967295", NULL);
    refused(TRAIN "--schedule cubic", "option '--schedule': 'cubic' is not one of linear|constant|cosine|inverse-sqrt|polynomial", NULL);
    refused(TRAIN "--schedule linear|constant", "option '--schedule': 'linear|constant' is not one of linear|constant|cosine|inverse-sqrt|polynomial",
            NULL);
    refused(TRAIN "--schedule ''", "option '--schedule': '' is not one of linear|constant|cosine|inverse-sqrt|polynomial", NULL);
    refused(TRAIN "--metric f1", "option '--metric': 'f1' is not last, accuracy, loss, ece, aupr_macro, aupr_micro, roc_auc_macro, precision_at_recall_80_ or _90_ with "
              "macro or micro, or micro_, macro_ or weighted_ "
            "with precision, recall or f1", NULL);
    refused(TRAIN "--device gpu", "option '--device': 'gpu' is not auto, cpu, cuda or cuda:N", NULL);
    refused(TRAIN "--device cuda:", "option '--device': 'cuda:' is not auto, cpu, cuda or cuda:N", NULL);
    refused(TRAIN "--device cuda:-1", "option '--device': 'cuda:-1' is not auto, cpu, cuda or cuda:N", NULL);
    refused(TRAIN "--epochs 5 --epochs 6", "option '--epochs' is given twice", NULL);
    refused(TRAIN "-q --quiet", "option '--quiet' is given twice", NULL);
    refused(TRAIN "--overwrite=yes", "option '--overwrite' takes no value", NULL);
    refused("train --encoder e --out o --train", "option '--train' needs a value (FILE)", NULL);
    refused("train --train --encoder e", "option '--train' needs a value (FILE)",
            "if '--encoder' is the value, write '--train=--encoder'");
    refused("predict -m", "option '--model' needs a value (DIR)", NULL);
    refused("train --encoder e", "options are missing: '--train FILE', '--out DIR'", NULL);
    refused("eval --model m", "an option is missing: '--data FILE'", NULL);
    refused(TRAIN "--out ''", "option '--out' is given twice", NULL);
    refused("eval --model ''", "option '--model': '' is not a DIR", NULL);
    refused(TRAIN "--dev d --dev-fraction 0.1", "options '--dev' and '--dev-fraction' exclude each other", NULL);
    refused(TRAIN "-q -v", "options '--quiet' and '--verbose' exclude each other", NULL);
    refused("predict -m m --text a b", "option '--text' and the file 'b' exclude each other", NULL);
    refused("predict -m m --text a --format csv", "options '--text' and '--format' exclude each other", NULL);
    refused(TRAIN "epochs 3", "unexpected argument 'epochs'", "did you mean '--epochs'?");
    refused("eval -m m --data d b", "unexpected argument 'b'", NULL);
    refused(TRAIN "--delimiter ;;", "option '--delimiter': ';;' is not one ASCII character or the word tab", NULL);
    refused(TRAIN "--delimiter \"", "option '--delimiter': '\"' is not one ASCII character or the word tab", NULL);
    refused(TRAIN "--encoding no-such", "option '--encoding': 'no-such' is not an encoding that this system knows (iconv "
            "--list)", NULL);
    refused(TRAIN "--encoding UTF-8//IGNORE", "option '--encoding': 'UTF-8//IGNORE' is not an encoding that this system "
            "knows (iconv --list)", NULL);
    refused(TRAIN "--label-columns A,,B", "option '--label-columns': 'A,,B' is not names between commas; one that holds a "
            "comma in double quotes", NULL);
    refused(TRAIN "--label-columns A --label-column l", "options '--label-columns' and '--label-column' exclude each "
            "other", NULL);
    refused(TRAIN "--label-columns A --label-separator ;", "options '--label-columns' and '--label-separator' exclude "
            "each other", NULL);
}

/* What no test of single options would find: a row that cannot be used, or that its own parser refuses. */
static void test_rows(void)
{
    for (int i = 0; i < cli_n_option_rows; i++) {
        const cli_option *row = &cli_option_rows[i];
        lex_buf expected;
        lex_buf_init(&expected);
        cli_option_describe(&expected, row);
        CHECK(expected.len > 0);
        lex_buf_release(&expected);
        CHECK(row->verbs && row->help && strlen(row->help) > 0);
        CHECK((row->value == NULL) == (row->type == CLI_FLAG));
        CHECK(!row->initial || (!row->required && !row->absent));
        CHECK(!row->initial || !row->check || row->check(row->initial));
        bool is_number = row->type == CLI_INT || row->type == CLI_DOUBLE;
        CHECK(!is_number || row->low < row->high);
        CHECK(row->type != CLI_CHOICE || row->initial);
        for (int j = 0; j < i; j++) { /* one meaning a verb */
            const cli_option *other = &cli_option_rows[j];
            CHECK(!(row->verbs & other->verbs) || strcmp(row->name, other->name) != 0);
            CHECK(!(row->verbs & other->verbs) || !row->letter || row->letter != other->letter);
        }
    }
}

/* An option whose value may be left out takes the next word only where that fits. */
static void test_bare(void)
{
    static const struct {
        const char *line;
        int choice, n_files;
    } cases[] = {
        {"lint f", 0, 1},
        {"lint --strict", 2, 0},
        {"lint --strict f", 2, 1},
        {"lint --strict error f", 1, 1},
        {"lint --strict=note f", 3, 1},
        {"lint --strict --json", 2, 0},
        {"lint --strict -- error", 2, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lex_err err = {0};
        int n = -1;
        cli_options *o = parse(cases[i].line, &err);
        CHECK(o && cli_option_choice(o, "strict") == cases[i].choice);
        if (o)
            cli_option_files(o, &n);
        CHECK_INT(n, cases[i].n_files);
        cli_options_free(o);
    }
    refused("lint --strict=fatal f", "option '--strict': 'fatal' is not one of never|error|warning|note", NULL);
    refused("lint --strict --strict error", "option '--strict' is given twice", NULL);
    refused("lint --model a --encoder b f", "options '--model' and '--encoder' exclude each other", NULL);
}

/* Every default is read through the same parser as a user's value. */
static void test_defaults(void)
{
    const char *lines[] = {TRAIN, "eval --model m --data d", "predict --model m", "tokenize --model m",
                           "lint f"};
    for (int v = 0; v < 5; v++) {
        lex_err err = {0};
        cli_options *o = parse(lines[v], &err);
        CHECK(o != NULL);
        for (int i = 0; o && i < cli_n_option_rows; i++) {
            const cli_option *row = &cli_option_rows[i];
            if (!(row->verbs & (1u << v)) || !row->initial)
                continue;
            switch (row->type) {
            case CLI_INT: CHECK(cli_option_int(o, row->name) >= row->low); break;
            case CLI_DOUBLE: CHECK(cli_option_double(o, row->name) >= row->low); break;
            case CLI_CHOICE: CHECK(cli_option_choice(o, row->name) >= 0); break;
            case CLI_STRING: CHECK_STR(cli_option_string(o, row->name), row->initial); break;
            case CLI_FLAG:
            case CLI_STRINGS: CHECK(false); break;
            }
        }
        cli_options_free(o);
    }
}

static void test_help_columns(void)
{
    for (int v = -1; v < cli_n_verbs; v++) {
        lex_buf text;
        lex_buf_init(&text);
        if (v < 0)
            cli_help_all(&text);
        else
            cli_help_verb(&text, &cli_verbs[v]);
        CHECK(text.ptr[text.len - 1] == '\n');
        for (const char *line = text.ptr; *line; line += strcspn(line, "\n") + 1) {
            size_t n = strcspn(line, "\n");
            CHECK(n <= 80);
            CHECK(n == 0 || line[n - 1] != ' ');
        }
        lex_buf_release(&text);
    }
}

/* ---- configuration files ---- */

static char config_path[] = "/tmp/lexclf_test_options_XXXXXX";

static cli_options *with_config(const char *json, const char *rest, lex_err *err)
{
    char line[512];
    lex_err_clear(err);
    LEX_ASSERT(lex_file_write(config_path, lex_str_of(json), err) == LEX_OK);
    snprintf(line, sizeof line, "%s --config %s", rest, config_path);
    return parse(line, err);
}

static void config_refused(const char *json, const char *message, const char *hint)
{
    lex_err err = {0};
    char full[1200];
    cli_options *o = with_config(json, TRAIN, &err);
    CHECK(o == NULL);
    CHECK_INT(err.code, LEX_ERR_INPUT);
    snprintf(full, sizeof full, "%s: %s", config_path, message);
    CHECK_STR(err.message, full);
    CHECK_STR(err.hint, hint);
    cli_options_free(o);
}

static void test_config(void)
{
    lex_err err = {0};
    int n = 0;
    cli_options *o = with_config("{\"encoder\":\"e\",\"train\":\"t\",\"out\":\"o\",\"epochs\":7,\"lr\":1e-4,"
                                 "\"text-column\":[\"a\",\"b\"],\"overwrite\":true,\"quiet\":false,\"seed\":5,"
                                 "\"dropout\":0.12345678901234567}",
                                 "train --seed 6", &err);
    CHECK(o != NULL);
    if (o) {
        CHECK_STR(cli_option_string(o, "encoder"), "e");
        CHECK_INT(cli_option_int(o, "epochs"), 7);
        CHECK_NEAR(cli_option_double(o, "lr"), 1e-4, 0);
        CHECK_NEAR(cli_option_double(o, "dropout"), 0.12345678901234567, 0);
        CHECK_STR(cli_option_strings(o, "text-column", &n)[1], "b");
        CHECK_INT(n, 2);
        CHECK(cli_option_flag(o, "overwrite") && !cli_option_flag(o, "quiet"));
        CHECK_INT(cli_option_int(o, "seed"), 6);
    }
    cli_options_free(o);
    o = with_config("{\"dev\":\"d\",\"text-column\":\"a\"}", TRAIN "--dev-fraction 0.2 --text-column b", &err);
    CHECK(o != NULL);
    if (o) {
        CHECK_STR(cli_option_string(o, "dev"), NULL);
        CHECK_NEAR(cli_option_double(o, "dev-fraction"), 0.2, 0);
        CHECK_STR(cli_option_strings(o, "text-column", &n)[0], "b");
        CHECK_INT(n, 1);
    }
    cli_options_free(o);
    config_refused("[]", "not a JSON object", "");
    config_refused("{\"epoch\":5}", "unknown option 'epoch'", "did you mean 'epochs'?");
    config_refused("{\"config\":\"x\"}", "option 'config' belongs on the command line", "");
    config_refused("{\"offsets\":true}", "'offsets' is not an option of this verb", "");
    config_refused("{\"epochs\":\"5\"}", "option 'epochs' must be a number", "");
    config_refused("{\"epochs\":1e9}", "option '--epochs': '1000000000' is not a whole number from 1 to 1000", "");
    config_refused("{\"epochs\":2.5}", "option '--epochs': '2.5' is not a whole number from 1 to 1000", "");
    config_refused("{\"quiet\":1}", "option 'quiet' must be true or false", "");
    config_refused("{\"dev\":null}", "option 'dev' must be a string", "");
    config_refused("{\"text-column\":[1]}", "option 'text-column' must be a string or an array of strings", "");
    config_refused("{\"lr\":0.1,\"lr\":0.2}", "line 1, column 11: this key is there twice", "");
    config_refused("{\"dev\":\"d\",\"dev-fraction\":0.1}", "options '--dev' and '--dev-fraction' exclude each other",
                   "");
    unlink(config_path);
}

/* ---- words and columns ---- */

static void test_nearest(void)
{
    CHECK_INT(cli_distance(LEX_STR("kitten"), LEX_STR("sitting")), 3);
    CHECK_INT(cli_distance(LEX_STR("ab"), LEX_STR("ba")), 1);
    CHECK_INT(cli_distance(LEX_STR(""), LEX_STR("abc")), 3);
    CHECK_STR(cli_verb_nearest("trian"), "train");
    CHECK_STR(cli_verb_nearest("evaluate"), NULL);
    CHECK_STR(cli_verb_nearest("pred"), "predict");
    CHECK_STR(cli_verb_nearest("frobnicate"), NULL);
}

static void test_table(void)
{
    CHECK_INT(cli_width(LEX_STR("abc")), 3);
    CHECK_INT(cli_width(LEX_STR("租赁")), 4);
    CHECK_INT(cli_width(LEX_STR("e\xcc\x81")), 1);
    cli_table *table = cli_table_new("lr");
    const char *cells[] = {"label", "f1", "租赁", "0.5", "", "1", "\x1b[31m", ""};
    for (int i = 0; i < 8; i++)
        cli_table_cell(table, "%s", cells[i]);
    lex_buf out;
    lex_buf_init(&out);
    cli_table_print(&out, table);
    CHECK_STR(out.ptr, "label      f1\n租赁      0.5\n            1\n\\x1b[31m\n");
    lex_buf_release(&out);
    cli_table_free(table);
}

int main(void)
{
    int fd = mkstemp(config_path);
    LEX_ASSERT(fd >= 0);
    close(fd);
    test_values();
    test_words();
    test_refusals();
    test_bare();
    test_rows();
    test_defaults();
    test_help_columns();
    test_config();
    test_nearest();
    test_table();
    return check_report("options");
}
