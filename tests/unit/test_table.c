/* test_table.c - answers as rows of a table: quoting, columns, clashes, formulas; and random tables there and back
 * through the reader. */
#include <stdlib.h>

#include "../../src/text/reader.h"
#include "check.h"
#include "lexclf/answers.h"
#include "lexclf/random.h"

static lex_model model;
static float logits[3] = {0.5f, -1, 2}, probabilities[3] = {0.25f, 0.125f, 0.625f};
static double thresholds[3] = {0.2, 0.2, 0.2};

static void set_model(lex_task task, const char *a, const char *b, const char *c)
{
    lex_strings_release(&model.labels);
    lex_strings_push(&model.labels, lex_str_of(a));
    lex_strings_push(&model.labels, lex_str_of(b));
    if (c)
        lex_strings_push(&model.labels, lex_str_of(c));
    model.dir = "model";
    model.task = task;
    model.n_outputs = task == LEX_TASK_BINARY ? 1 : model.labels.n;
    model.thresholds = thresholds;
}

static lex_answer answer_for(const lex_record *record)
{
    return (lex_answer){
        .model = &model, .record = record, .logits = logits, .probabilities = probabilities,
        .thresholds = thresholds, .n_tokens = 7, .truncated = true,
    };
}

/* A record of a JSON line, or, where `header` is there, of a row of CSV. */
static lex_record record_of(const char *header, const char *line, lex_arena *arena)
{
    lex_reader *reader = NULL;
    lex_record record = {0};
    lex_err err = {0};
    bool end;
    lex_buf text;
    lex_buf_init(&text);
    if (header)
        lex_buf_printf(&text, "%s\n", header);
    lex_buf_printf(&text, "%s\n", line);
    lex_reader_options options = lex_reader_options_default();
    options.format = header ? LEX_FORMAT_CSV : LEX_FORMAT_JSONL;
    CHECK(lex_reader_open_bytes(&reader, "in", lex_buf_str(&text), text.len, &options, &err) == LEX_OK);
    CHECK(lex_reader_next(reader, &record, &end, arena, &err) == LEX_OK && !end);
    record.file = "in";
    lex_reader_close(reader);
    lex_buf_release(&text);
    return record;
}

/* The table of one row with the columns of that row's fields. */
static void check_table(const lex_record *record, const char *columns, lex_answer_format format, const char *want)
{
    lex_strings names = {0};
    lex_table *table = NULL;
    lex_err err = {0};
    lex_buf out;
    lex_buf_init(&out);
    for (const char *at = columns; *at;) {
        size_t n = strcspn(at, " ");
        lex_strings_push(&names, (lex_str){at, n});
        at += n + (at[n] == ' ');
    }
    lex_answer answer = answer_for(record);
    CHECK(lex_table_new(&table, &model, &format, &err) == LEX_OK);
    CHECK(!lex_table_has_begun(table));
    lex_table_begin(table, &names, &out);
    lex_status st = lex_table_add(table, &out, &answer, &err);
    if (st != LEX_OK) {
        lex_buf_clear(&out);
        lex_buf_printf(&out, "%d %s", (int)st, err.message);
    }
    CHECK_STR(out.ptr, want);
    lex_table_free(table);
    lex_strings_release(&names);
    lex_buf_release(&out);
}

static void test_fields(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    lex_answer_format all = {.passthrough = true};
    set_model(LEX_TASK_SINGLE, "A", "B", "C");
    lex_record r = record_of("id,text,note", "x1,\"a, \"\"b\"\"\nc\", d", &arena);
    check_table(&r, "id text note", all,
                "id,text,note,label,score,n_tokens,truncated\nx1,\"a, \"\"b\"\"\nc\",\" d\",C,0.625000,7,true\n");
    check_table(&r, "id text note", (lex_answer_format){.delimiter = '\t'},
                "id\tlabel\tscore\tn_tokens\ttruncated\nx1\tC\t0.625000\t7\ttrue\n");
    /* the id by another column: both stay */
    r = record_of("id,text", "x1,a", &arena);
    check_table(&r, "id text", (lex_answer_format){.passthrough = true, .id_column = "text"},
                "id,input_id,text,label,score,n_tokens,truncated\nx1,x1,a,C,0.625000,7,true\n");
    /* no id of its own: its number */
    r = record_of("id,text", ",a", &arena);
    check_table(&r, "id text", all, "id,text,label,score,n_tokens,truncated\n1,a,C,0.625000,7,true\n");
    /* JSON: strings by their text, null and absence empty, the rest as JSON */
    r = record_of(NULL, "{\"id\":12345678901234567890,\"text\":\"\\u00e9\\n\",\"n\":null,\"t\":true,\"o\":{\"a\":[1, 2]}}",
                  &arena);
    check_table(&r, "id text n t o more", all,
                "id,text,n,t,o,more,label,score,n_tokens,truncated\n"
                "12345678901234567890,\"\xC3\xA9\n\",,true,\"{\"\"a\"\":[1, 2]}\",,C,0.625000,7,true\n");
    check_table(&r, "id text n t", all, "3 in:1: field 'o' has no column: the first records of the input do not have it");
    r = record_of(NULL, "{\"id\":\"\",\"text\":\"a\",\"n\":\"x\\u0000y\"}", &arena);
    check_table(&r, "id text n", all, "3 in:1: field 'n' holds U+0000, which a cell cannot");
    check_table(&r, "id text n", (lex_answer_format){0}, "id,label,score,n_tokens,truncated\n,C,0.625000,7,true\n");
    lex_arena_release(&arena);
}

static void test_clashes(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    set_model(LEX_TASK_SINGLE, "A", "B", "C");
    lex_record r = record_of("text,label,input_label,score:A,score:Z,abstain", "a,b,c,d,e,f", &arena);
    check_table(&r, "text label input_label score:A score:Z abstain", (lex_answer_format){.passthrough = true},
                "id,text,input_input_label,input_label,input_score:A,score:Z,input_abstain,label,score,n_tokens,truncated\n"
                "1,a,b,c,d,e,f,C,0.625000,7,true\n");
    lex_arena_release(&arena);
}

static void test_formulas(void)
{
    static const struct {
        const char *in, *out;
    } cells[] = {
        {"\"=1+1\"", "'=1+1"}, {"\"+1\"", "'+1"},     {"\"-x\"", "'-x"},   {"\"@a\"", "'@a"},
        {"\"\\t=\"", "'\t="},  {"\"\\r=\"", "\"'\r=\""}, {"-5", "-5"},     {"\"a=1\"", "a=1"},
        {"\"\"", ""},          {"\"=\\\"x\\\"\"", "\"'=\"\"x\"\"\""},
    };
    lex_arena arena;
    lex_arena_init(&arena);
    set_model(LEX_TASK_SINGLE, "A", "B", "@C");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char line[100], want[200];
        snprintf(line, sizeof line, "{\"text\":\"a\",\"=f\":%s}", cells[i].in);
        snprintf(want, sizeof want, "id,text,'=f,label,score,n_tokens,truncated\n1,a,%s,'@C,0.625000,7,true\n",
                 cells[i].out);
        lex_record r = record_of(NULL, line, &arena);
        check_table(&r, "text =f", (lex_answer_format){.passthrough = true, .safe = true}, want);
    }
    lex_arena_release(&arena);
}

static void test_answers(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    lex_record r = record_of("text", "a", &arena);
    lex_answer_format full = {.scores_all = true, .logits = true, .source = true, .abstain = true, .abstain_below = 0.7};
    set_model(LEX_TASK_SINGLE, "A", "B,b", "C");
    check_table(&r, "text", full,
                "id,source,label,score,score:A,\"score:B,b\",score:C,abstain,logits,n_tokens,truncated\n"
                "1,in,C,0.625000,0.250000,0.125000,0.625000,true,\"[0.5,-1,2]\",7,true\n");
    set_model(LEX_TASK_MULTI, "A", "B", "C");
    check_table(&r, "text", (lex_answer_format){0},
                "id,labels,score:A,score:B,score:C,n_tokens,truncated\n1,A;C,0.250000,,0.625000,7,true\n");
    check_table(&r, "text", (lex_answer_format){.scores_all = true, .abstain = true, .abstain_below = 0.625,
                .label_separator = " | "},
                "id,labels,score:A,score:B,score:C,abstain,n_tokens,truncated\n"
                "1,A | C,0.250000,0.125000,0.625000,false,7,true\n");
    set_model(LEX_TASK_BINARY, "yes", "no", NULL);
    check_table(&r, "text", full,
                "id,source,label,score,score:yes,score:no,abstain,logits,n_tokens,truncated\n"
                "1,in,yes,0.250000,0.250000,0.750000,false,[0.5],7,true\n");
    set_model(LEX_TASK_MULTI, "A", "B;b", "C");
    lex_table *table = NULL;
    lex_err err = {0};
    CHECK_INT(lex_table_new(&table, &model, &full, &err), LEX_ERR_USAGE);
    CHECK(strstr(err.message, "label 'B;b' of the model in model holds ';'") && strstr(err.hint, "--label-separator"));
    lex_arena_release(&arena);
}

/* ---- there and back ---- */

static uint64_t n_drawn;
static uint32_t draw(uint32_t below)
{
    uint32_t words[4], counter[4] = {(uint32_t)n_drawn++, 0, 0, 0};
    lex_philox(words, counter, 20240607);
    return words[0] % below;
}

static void draw_text(lex_buf *out, bool name)
{
    static const char *const pieces[] = {"a", "B", " ", ",", ";", "\t", "\"", "\n", "\r\n", "\r", "'", "=",
                                         "\xC3\xA9", "\xE7\xA7\x9F", "\xF0\x9F\x98\x80", "\xEF\xBB\xBF", "0", "|"};
    lex_buf_clear(out);
    for (uint32_t n = draw(12) + name; n > 0; n--)
        lex_buf_printf(out, "%s", pieces[draw(sizeof pieces / sizeof *pieces)]);
}

/* A table of random fields, written and read: every field comes back, in its column. */
static void round_trip(char delimiter)
{
    enum { MAX_COLUMNS = 6, MAX_ROWS = 5 };
    lex_strings names = {0}, cells = {0};
    lex_table *table = NULL;
    lex_err err = {0};
    lex_arena arena;
    lex_buf out, text;
    lex_arena_init(&arena);
    lex_buf_init(&out);
    lex_buf_init(&text);
    int64_t n_columns = 1 + draw(MAX_COLUMNS), n_rows = 1 + draw(MAX_ROWS);
    lex_strings_push(&names, LEX_STR("text"));
    while (names.n < n_columns) {
        draw_text(&text, true);
        if (lex_strings_find(&names, lex_buf_str(&text)) < 0)
            lex_strings_push(&names, lex_buf_str(&text));
    }
    lex_answer_format format = {.passthrough = true, .delimiter = delimiter};
    CHECK(lex_table_new(&table, &model, &format, &err) == LEX_OK);
    lex_table_begin(table, &names, &out);
    for (int64_t row = 0; row < n_rows; row++) {
        lex_field fields[MAX_COLUMNS + 1];
        for (int64_t i = 0; i < n_columns; i++) {
            draw_text(&text, false);
            lex_strings_push(&cells, text.ptr ? lex_buf_str(&text) : LEX_STR(""));
            fields[i] = (lex_field){lex_str_of(names.items[i]), lex_str_of(cells.items[row * n_columns + i])};
        }
        lex_record record = {.file = "in", .number = row + 1, .fields = fields, .n_fields = n_columns, .id_field = -1};
        lex_answer answer = answer_for(&record);
        CHECK(lex_table_add(table, &out, &answer, &err) == LEX_OK);
    }
    lex_reader *reader = NULL;
    lex_reader_options options = lex_reader_options_default();
    options.format = delimiter == '\t' ? LEX_FORMAT_TSV : LEX_FORMAT_CSV;
    if (!CHECK(lex_reader_open_bytes(&reader, "out", lex_buf_str(&out), out.len, &options, &err) == LEX_OK))
        fprintf(stderr, "    %s\n", err.message);
    for (int64_t row = 0; reader && row < n_rows; row++) {
        lex_record record;
        bool end;
        CHECK(lex_reader_next(reader, &record, &end, &arena, &err) == LEX_OK && !end);
        CHECK_INT(record.n_fields, n_columns + 5);
        for (int64_t i = 0; i < n_columns; i++) {
            CHECK(lex_str_equal(record.fields[i + 1].name, lex_str_of(names.items[i])));
            CHECK(lex_str_equal(record.fields[i + 1].value, lex_str_of(cells.items[row * n_columns + i])));
        }
    }
    lex_reader_close(reader);
    lex_table_free(table);
    lex_strings_release(&names);
    lex_strings_release(&cells);
    lex_arena_release(&arena);
    lex_buf_release(&out);
    lex_buf_release(&text);
}

int main(void)
{
    test_fields();
    test_clashes();
    test_formulas();
    test_answers();
    set_model(LEX_TASK_SINGLE, "A", "B", "C");
    for (int i = 0; i < 1000; i++)
        round_trip(i % 2 ? '\t' : ',');
    lex_strings_release(&model.labels);
    return check_report("table");
}
