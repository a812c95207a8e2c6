/* test_text.c - the readers: every rule of text.h, the traps of libcsv, and random tables there and back. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lexclf/file.h"
#include "lexclf/json.h"
#include "reading.h"

static bool is(lex_str got, const char *want)
{
    bool fine = lex_str_equal(got, lex_str_of(want));
    if (!fine)
        fprintf(stderr, "    got      '%.*s'\n    expected '%s'\n", (int)got.len, got.ptr, want);
    return fine;
}

static void read_bytes(reading *x, const char *name, lex_str bytes, const lex_reader_options *o)
{
    memset(x, 0, sizeof *x);
    lex_arena_init(&x->arena);
    drain(x, lex_reader_open_bytes(&x->reader, name, bytes, 0, o, &x->err));
}

static void read_file(reading *x, const char *path, const lex_reader_options *o)
{
    memset(x, 0, sizeof *x);
    lex_arena_init(&x->arena);
    drain(x, lex_reader_open(&x->reader, path, o, &x->err));
}

static void done(reading *x)
{
    lex_reader_close(x->reader);
    lex_arena_release(&x->arena);
    free(x->records);
}

/* The failure of reading `bytes`, and the part of a hint that must come with it (NULL: any). */
static void check_failure(lex_str bytes, lex_reader_options o, const char *message, const char *hint)
{
    reading x;
    read_bytes(&x, o.format == LEX_FORMAT_JSONL ? "a.jsonl" : "a.csv", bytes, &o);
    CHECK_STR(x.err.message, message);
    if (message[0])
        CHECK_INT(x.err.code, LEX_ERR_INPUT);
    if (hint && !CHECK(strstr(x.err.hint, hint) != NULL))
        fprintf(stderr, "    hint '%s'\n", x.err.hint);
    done(&x);
}

static void check_texts(lex_str bytes, lex_reader_options o, const char *const *texts, const int *lines)
{
    reading x;
    read_bytes(&x, "a", bytes, &o);
    CHECK_STR(x.err.message, "");
    int64_t n = 0;
    for (; texts[n]; n++) {
        if (n >= x.n)
            continue;
        CHECK(is(x.records[n].text, texts[n]));
        CHECK_INT(x.records[n].line, lines[n]);
        CHECK_INT(x.records[n].number, n + 1);
    }
    CHECK_INT(x.n, n);
    done(&x);
}

static void test_csv_basics(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_CSV);
    reading x;
    read_bytes(&x, "a.csv", LEX_STR("\xEF\xBB\xBFid,text,label\r\n7,\"a, \"\"b\"\"\nc\",L 1\r\n\r\n,,\xE4\xB8\xAD\r\n"), &o);
    CHECK_STR(x.err.message, "");
    if (CHECK_INT(x.n, 2)) {
        lex_record *r = x.records;
        CHECK(is(r[0].text, "a, \"b\"\nc") && is(r[0].labels[0], "L 1") && is(r[1].text, ""));
        CHECK(is(r[1].labels[0], "\xE4\xB8\xAD"));
        CHECK_STR(r[0].file, "a.csv");
        CHECK(r[0].line == 2 && r[1].line == 5 && r[0].number == 1 && r[1].number == 2);
        CHECK(r[0].n_labels == 1 && !r[0].many_labels && !r[0].is_json && r[0].n_fields == 3);
        CHECK(is(r[0].fields[0].name, "id") && is(r[0].fields[0].value, "7") && is(r[0].fields[2].name, "label"));
        CHECK(r[0].id_field == 0 && r[1].id_field == -1); /* an empty cell is no id */
    }
    done(&x);

    const char *const columns[] = {"b", "a"};
    o = options_for(LEX_FORMAT_TSV);
    o.text_columns = columns;
    o.n_text_columns = 2;
    o.id_column = "c,d";
    read_bytes(&x, "a.tsv", LEX_STR("a\tb\tc,d\n1\t 2 \t3"), &o);
    CHECK_STR(x.err.message, "");
    if (CHECK_INT(x.n, 1)) {
        CHECK(is(x.records[0].text, " 2 \n1"));
        CHECK(x.records[0].id_field == 2 && x.records[0].n_labels == 0);
    }
    done(&x);
}

static void test_csv_traps(void)
{
    lex_reader_options o = options_for(LEX_FORMAT_CSV);
    /* libcsv alone would trim, and drop nothing but blank lines; a quoted empty cell is a row */
    check_texts(LEX_STR("text\n  a \t\n\n\"\"\n \n\"b\"\n"), o, (const char *[]){"  a \t", "", " ", "b", NULL},
                (int[]){2, 4, 5, 6});
    check_texts(LEX_STR("text,x\n,\n\"\",\"\"\n a , b \n"), o, (const char *[]){"", "", " a ", NULL}, (int[]){2, 3, 4});
    check_texts(LEX_STR("\n\ntext\na"), o, (const char *[]){"a", NULL}, (int[]){4});
    check_texts(LEX_STR("text"), o, (const char *[]){NULL}, NULL);
    check_texts(LEX_STR("text\r\n"), o, (const char *[]){NULL}, NULL);
    /* a lone CR ends a row, as in files of old Macs; in quotes it is text */
    check_texts(LEX_STR("text\ra\r\rb\rc"), o, (const char *[]){"a", "b", "c", NULL}, (int[]){2, 4, 5});
    check_texts(LEX_STR("text\n\"a\rb\"\nc\n\"d\r\ne\"\nf\n"), o, (const char *[]){"a\rb", "c", "d\r\ne", "f", NULL},
                (int[]){2, 3, 4, 6});

    check_failure(LEX_STR("text\na\n\"b\nc\n"), o, "a.csv:3: a quote that opens here is never closed", "twice");
    check_failure(LEX_STR("text\na\n\"b\"\"\nc"), o, "a.csv:3: a quote that opens here is never closed", NULL);
    check_failure(LEX_STR("text\na 5\" pipe\n"), o, "a.csv:2: a quote inside a field without quotes", "twice");
    check_failure(LEX_STR("text\n\"a\" b\n"), o, "a.csv:2: something follows a closing quote", "twice");
    check_failure(LEX_STR("text\n\"a\" \n"), o, "a.csv:2: something follows a closing quote", NULL);
    check_failure(LEX_STR("text\n\"a\nb\nc\"d\"\n"), o, "a.csv:2: something follows a closing quote in line 4 of this row",
                  "line 2");
    check_failure(LEX_STR("text,label\na,b\n\nc\n"), o, "a.csv:4: 1 field, but the header has 2", NULL);
    check_failure(LEX_STR("text,label\na,b,c\n"), o, "a.csv:2: 3 fields, but the header has 2", "double quotes");
    check_failure(LEX_STR("text\nb\0c\n"), o, "a.csv:2: a NUL byte, at byte 6", NULL);
    check_failure(LEX_STR("text\nab\n\"c\n\xFF\"\n"), o, "a.csv:3: invalid UTF-8 at byte 11, and invalid GB18030 at byte 11",
                  "--encoding");
    check_failure(LEX_STR("text\n\xE4"), o, "a.csv:2: invalid UTF-8 at byte 5, and invalid GB18030 at byte 5", NULL);
    check_failure(LEX_STR("t\0e\0"), o, "a.csv:1: a NUL byte, at byte 1", "UTF-16LE");
}

static void test_csv_header(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_CSV);
    check_failure(LEX_STR(""), o, "a.csv: empty, without a header row", "text,label");
    check_failure(LEX_STR("\xEF\xBB\xBF\n\r\n"), o, "a.csv: empty, without a header row", NULL);
    check_failure(LEX_STR("clause,label\nx,y\n"), o, "a.csv: no column 'text' (found: 'clause', 'label')",
                  "--text-column");
    check_failure(LEX_STR("text,Label\nx,y\n"), o, "a.csv: no column 'label' (found: 'text', 'Label')", "--label-column");
    check_failure(LEX_STR("text, label\nx,y\n"), o, "a.csv: no column 'label' (found: 'text', ' label')", NULL);
    check_failure(LEX_STR("text,label,text\n"), o, "a.csv: two columns are named 'text'", NULL);
    check_failure(LEX_STR("text,label,,\n"), o, "a.csv: two columns are named ''", NULL);
    check_failure(LEX_STR("a,b,c,d,e,f,g,h,i,text,label,d\n"), o, "a.csv: two columns are named 'd'", NULL);
    check_failure(LEX_STR("\"te\nxt"), o, "a.csv:1: a quote that opens here is never closed", NULL);
    check_failure(LEX_STR("\"te\nxt\t\"\n"), o, "a.csv: no column 'text' (found: 'te\\x0axt\\x09')", NULL);
    check_failure(LEX_STR("text,label\nx,y\nz,\n"), o, "a.csv:3: column 'label' is empty", NULL);
    o.label_column = "kind";
    check_failure(LEX_STR("text,label,kind\nx,,y\nz,a,\n"), o, "a.csv:3: column 'kind' is empty", NULL);
    lex_buf wide;
    lex_buf_init(&wide);
    lex_buf_add_str(&wide, LEX_STR("text"));
    for (int i = 1; i <= LEX_COLUMNS_MAX; i++)
        lex_buf_printf(&wide, ",column%d", i);
    o = options_for(LEX_FORMAT_CSV);
    check_failure(lex_buf_str(&wide), o, "a.csv:1: more than 10000 fields", NULL);
    while (wide.ptr[wide.len - 1] != ',')
        wide.len--;
    wide.len--;
    check_failure(lex_buf_str(&wide), o, "", NULL);
    wide.ptr[0] = 'T';
    reading x;
    read_bytes(&x, "a.csv", lex_buf_str(&wide), &o); /* a list of 10,000 names is cut, not the sentence */
    CHECK(strstr(x.err.message, " more)") && strlen(x.err.message) < 800);
    done(&x);
    lex_buf_release(&wide);
}

static void test_jsonl_basics(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_JSONL);
    reading x;
    read_bytes(&x, "a.jsonl",
               LEX_STR("\xEF\xBB\xBF{\"z\": 12345678901234567890, \"\\u0069d\":\"x\",\"text\":\"a\\u0000b\\n\", \"label\":7}\n"
                       " \t\r\n{\"id\":null,\"text\":\"\",\"labels\":[\"p\",\"q\",\"p\"],\"n\":{\"k\":[1.50,{}]}}\r\n"
                       "{\"labels\":[],\"label\":null,\"text\":\"t\"}\n{\"label\":true,\"text\":\"u\"}"),
               &o);
    CHECK_STR(x.err.message, "");
    if (CHECK_INT(x.n, 4)) {
        lex_record *r = x.records;
        CHECK(lex_str_equal(r[0].text, LEX_STR("a\0b\n")) && is(r[0].labels[0], "7") && !r[0].many_labels);
        CHECK(is(r[0].fields[0].name, "\"z\"") && is(r[0].fields[0].value, "12345678901234567890"));
        CHECK(r[0].is_json && r[0].n_fields == 4 && r[0].id_field == 1 && r[1].id_field == -1);
        CHECK(is(r[0].fields[1].name, "\"\\u0069d\"") && is(r[0].fields[1].value, "\"x\""));
        CHECK(r[1].many_labels && r[1].n_labels == 2 && is(r[1].labels[1], "q"));
        CHECK(is(r[1].fields[3].value, "{\"k\":[1.50,{}]}"));
        CHECK(r[2].many_labels && r[2].n_labels == 0 && is(r[3].labels[0], "true"));
        CHECK(r[0].line == 1 && r[1].line == 3 && r[2].line == 4 && r[3].line == 5 && r[3].number == 4);
    }
    done(&x);
    check_texts(LEX_STR(""), o, (const char *[]){NULL}, NULL);
    check_texts(LEX_STR("\n \n"), o, (const char *[]){NULL}, NULL);
    const char *const columns[] = {"title", "body"};
    o.text_columns = columns;
    o.n_text_columns = 2;
    o.label_column = "labels"; /* named, so that 'label' is a field like any other */
    check_texts(LEX_STR("{\"body\":\"b\",\"title\":\"t\\\"\",\"label\":\"x\",\"labels\":\"y\"}"), o,
                (const char *[]){"t\"\nb", NULL}, (int[]){1});
}

static void test_jsonl_failures(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_JSONL);
#define FIRST "{\"text\":\"\",\"label\":\"x\"}\n"
    check_failure(LEX_STR(FIRST "{\"text\":\"a\" \"label\":\"x\"}"), o, "a.jsonl:2: column 13: a ',' or '}' is missing", NULL);
    check_failure(LEX_STR(FIRST "\n[1]"), o, "a.jsonl:3: column 1: not a JSON object", NULL);
    check_failure(LEX_STR(FIRST "{\"text\":\"a\"} {}"), o, "a.jsonl:2: column 14: something follows the JSON object", NULL);
    check_failure(LEX_STR(FIRST "{\"text\":\"\xE4\xB8\xAD\t\"}"), o,
                  "a.jsonl:2: column 11: a control character in a string must be escaped", NULL);
    check_failure(LEX_STR("{\"text\":\"\xC3(\"}"), o, "a.jsonl:1: invalid UTF-8 at byte 9, and invalid GB18030 at byte 9", NULL);
    check_failure(LEX_STR("{\"text\":\"\0\"}"), o, "a.jsonl:1: a NUL byte, at byte 9", NULL);
    check_failure(LEX_STR("{\"clause\":\"a\",\"label\":\"x\"}"), o, "a.jsonl:1: no field 'text' (found: 'clause', 'label')",
                  "--text-column");
    check_failure(LEX_STR("{}"), o, "a.jsonl:1: no field 'text' (found: none)", NULL);
    check_failure(LEX_STR("{\"text\":null}"), o, "a.jsonl:1: field 'text' is null, not a string", NULL);
    check_failure(LEX_STR("{\"text\":[1]}"), o, "a.jsonl:1: field 'text' is an array, not a string", NULL);
    check_failure(LEX_STR("{\"text\":5}"), o, "a.jsonl:1: field 'text' is a number, not a string", NULL);
    check_failure(LEX_STR("{\"text\":\"a\",\"te\\u0078t\":\"b\"}"), o, "a.jsonl:1: two fields are named 'text'", NULL);
    check_failure(LEX_STR("{\"text\":\"a\"}"), o, "a.jsonl:1: no field 'label' (found: 'text')", "--label-column");
    check_failure(LEX_STR("{\"text\":\"a\",\"label\":null}"), o, "a.jsonl:1: field 'label' is null", NULL);
    check_failure(LEX_STR("{\"text\":\"a\",\"label\":\"\"}"), o, "a.jsonl:1: field 'label' is empty", NULL);
    check_failure(LEX_STR("{\"text\":\"a\",\"labels\":{}}"), o, "a.jsonl:1: field 'labels' is an object", NULL);
    check_failure(LEX_STR("{\"text\":\"a\",\"labels\":[\"x\",null]}"), o, "a.jsonl:1: a label in field 'labels' is null", NULL);
    check_failure(LEX_STR("{\"text\":\"a\",\"labels\":[\"\"]}"), o, "a.jsonl:1: a label in field 'labels' is empty", NULL);
    check_failure(LEX_STR("{\"text\":\"a\",\"label\":\"x\",\"labels\":[\"y\"]}"), o,
                  "a.jsonl:1: both 'label' and 'labels' are there", "--label-column");
    o.label_column = "kind";
    check_failure(LEX_STR("{\"text\":\"a\",\"label\":\"x\"}"), o, "a.jsonl:1: no field 'kind' (found: 'text', 'label')", NULL);
    o = options_for(LEX_FORMAT_JSONL); /* nothing about labels matters when nobody asks for them */
    check_failure(LEX_STR("{\"text\":\"a\",\"label\":{},\"labels\":0}"), o, "", NULL);
}

/* ---- files, pipes, sizes ---- */

static void put_file(const char *path, const char *content)
{
    FILE *f = fopen(path, "wb");
    if (!CHECK(f != NULL))
        exit(1);
    fputs(content, f);
    fclose(f);
}

static void check_file(const char *path, lex_reader_options o, lex_status code, const char *message, int64_t n)
{
    reading x;
    read_file(&x, path, &o);
    CHECK_STR(x.err.message, message);
    CHECK_INT(x.err.code, code);
    CHECK_INT(x.n, n);
    done(&x);
}

static void test_files(void)
{
    char folder[] = "/tmp/lexclf-text-XXXXXX";
    if (!CHECK(mkdtemp(folder) != NULL) || !CHECK(chdir(folder) == 0))
        return;
    lex_reader_options o = lex_reader_options_default();
    put_file("a.CSV", "text\nx\ny\n");
    put_file("a.tsv", "text\tb\nx\ty\n");
    put_file("a.ndjson", "{\"text\":\"x\"}\n");
    put_file("a.txt", "\xEF\xBB\xBFone\r\ntwo\n");
    put_file("empty.txt", "");
    put_file("a.gz", "x");
    mkdir("d.csv", 0777);
    check_file("a.CSV", o, LEX_OK, "", 2);
    check_file("a.tsv", o, LEX_OK, "", 1);
    check_file("a.ndjson", o, LEX_OK, "", 1);
    check_file("empty.txt", o, LEX_OK, "", 1);
    check_file("no.csv", o, LEX_ERR_INPUT, "no.csv: no such file", 0);
    check_file("d.csv", o, LEX_ERR_INPUT, "d.csv: is a folder, not a file", 0);
    check_file("a.gz", o, LEX_ERR_INPUT, "a.gz: the name does not tell the format", 0);
    check_file("-", o, LEX_ERR_USAGE, "standard input: the format must be given", 0);
    check_file("a.txt", labelled(LEX_FORMAT_AUTO), LEX_ERR_INPUT, "a.txt: a plain text file has no labels", 0);

    char hex[65];
    o.digest = lex_sha256_new();
    reading x;
    read_file(&x, "a.txt", &o);
    if (CHECK_INT(x.n, 1)) {
        CHECK(is(x.records[0].text, "one\r\ntwo\n"));
        CHECK(x.records[0].n_fields == 0 && x.records[0].line == 1);
    }
    lex_sha256_hex(o.digest, hex); /* the mark belongs to the file's bytes */
    CHECK_STR(hex, "f21b0b2a0b8adfd546237044de0a277601f25f9304d916e1922d4e59decf6e0f");
    lex_sha256_free(o.digest);
    done(&x);
    CHECK_INT(system("rm -rf a.* empty.txt d.csv") == 0 && chdir("/tmp") == 0 && rmdir(folder) == 0, 1);
}

/* Runs `write_to` in a child whose output becomes our standard input. */
static pid_t feed_stdin(void (*write_to)(int fd))
{
    int ends[2];
    if (!CHECK(pipe(ends) == 0))
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_to(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (ends[0] != STDIN_FILENO) { /* as it is once standard input was closed */
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
    }
    return child;
}

static const char trickle[] = "\xEF\xBB\xBFtext\r\n\"\xE4\xB8\xAD\r\"\r\nb\r\n\"c\n\"\"\"\r\rd";

static void write_trickle(int fd)
{
    for (size_t i = 0; i < sizeof trickle - 1; i++) {
        lex_fd_write_all(fd, trickle + i, 1);
        usleep(300);
    }
}

/* Every boundary between two reads falls somewhere: in the mark, in a character, in a CRLF. */
static void check_trickle(void)
{
    static const char *const texts[] = {"\xE4\xB8\xAD\r", "b", "c\n\"", "d"};
    static const int lines[] = {2, 3, 4, 7};
    pid_t child = feed_stdin(write_trickle);
    reading x;
    lex_reader_options o = options_for(LEX_FORMAT_CSV);
    read_file(&x, "-", &o);
    CHECK_STR(x.err.message, "");
    CHECK_INT(x.n, 4);
    for (int i = 0; i < 4 && i < x.n; i++) {
        CHECK(is(x.records[i].text, texts[i]));
        CHECK_INT(x.records[i].line, lines[i]);
    }
    done(&x);
    close(STDIN_FILENO);
    waitpid(child, NULL, 0);
}

static void check_stdin(void (*write_to)(int fd), lex_reader_options o, const char *message, int64_t n)
{
    pid_t child = feed_stdin(write_to);
    check_file("-", o, message[0] ? LEX_ERR_INPUT : LEX_OK, message, n);
    close(STDIN_FILENO); /* a writer that has more to say ends here */
    waitpid(child, NULL, 0);
}

static void write_lines(int fd, const char *start, const char *line, size_t total)
{
    enum { BLOCK = 1 << 20 };
    static char block[BLOCK];
    size_t len = strlen(line), n = 0;
    for (; n + len <= BLOCK; n += len)
        memcpy(block + n, line, len);
    if (lex_fd_write_all(fd, start, strlen(start)))
        return;
    for (size_t sent = 0; sent < total; sent += n)
        if (lex_fd_write_all(fd, block, n))
            return;
}

static void write_long_json(int fd) { write_lines(fd, FIRST "\n{\"text\":\"", "long", 100u << 20); }
static void write_long_line(int fd) { write_lines(fd, "text\nx\n", "long", 100u << 20); }
static void write_open_quote(int fd) { write_lines(fd, "text\nx\n\"y\n", "and more text\n", 100u << 20); }
static void write_long_text(int fd) { write_lines(fd, "", "text\n", 100u << 20); }

static void test_streams(void)
{
    signal(SIGPIPE, SIG_IGN);
    check_trickle();
    check_stdin(write_long_json, labelled(LEX_FORMAT_JSONL),
                "standard input:3: longer than 64 MiB, the limit for one record", 1);
    check_stdin(write_long_line, options_for(LEX_FORMAT_CSV),
                "standard input:3: longer than 64 MiB, the limit for one record", 1);
    check_stdin(write_open_quote, options_for(LEX_FORMAT_CSV),
                "standard input:3: longer than 64 MiB, the limit for one record", 1);
    check_stdin(write_long_text, options_for(LEX_FORMAT_TXT),
                "standard input:1: longer than 64 MiB, the limit for one record", 0);
}

/* Files of several blocks, with each line ending: every row and its line, and the place of a bad byte at the end. */
static void test_blocks(void)
{
    static const char *const endings[] = {"\n", "\r\n", "\r"};
    char path[] = "/tmp/lexclf-blocks-XXXXXX";
    int fd = mkstemp(path);
    if (!CHECK(fd >= 0))
        return;
    close(fd);
    lex_buf text;
    lex_buf_init(&text);
    for (int e = 0; e < 3; e++) {
        lex_buf_clear(&text);
        lex_buf_printf(&text, "text,n%s", endings[e]);
        for (int i = 0; i < 60000; i++)
            lex_buf_printf(&text, "%.*s,%d%s", i % 53, "the lessee shall pay the rent on the first of a month", i, endings[e]);
        size_t offset = text.len + 2;
        lex_buf_printf(&text, "ab\xFF,1");
        put_file(path, text.ptr);
        lex_reader_options o = options_for(LEX_FORMAT_CSV);
        reading x;
        char want[200];
        snprintf(want, sizeof want, "%s:60002: invalid UTF-8 at byte %zu, and invalid GB18030 at byte %zu", path,
                 offset, offset);
        read_file(&x, path, &o);
        CHECK_STR(x.err.message, want);
        CHECK_INT(x.n, 60000);
        int64_t n_wrong = 0;
        for (int64_t i = 0; i < x.n; i++) {
            int64_t number = -1;
            n_wrong += x.records[i].line != i + 2 || x.records[i].text.len != (size_t)i % 53 ||
                       !lex_parse_int64(&number, x.records[i].fields[1].value) || number != i;
        }
        CHECK_INT(n_wrong, 0);
        done(&x);
    }
    lex_buf_release(&text);
    unlink(path);
}

/* A single cell of 40 MB in a million lines: the buffer must not grow by constant steps. */
static void test_long_cell(void)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_add_str(&text, LEX_STR("text\n\""));
    for (int i = 0; i < 1000000; i++)
        lex_buf_add_str(&text, LEX_STR("a line of a very long contract, number\n"));
    lex_buf_add_str(&text, LEX_STR("\"\nb\n"));
    lex_reader_options o = options_for(LEX_FORMAT_CSV);
    reading x;
    read_bytes(&x, "a.csv", lex_buf_str(&text), &o);
    if (CHECK_INT(x.n, 2)) {
        CHECK_INT(x.records[0].text.len, 39000000);
        CHECK_INT(x.records[1].line, 1000003);
    }
    done(&x);
    lex_buf_release(&text);
}

/* ---- random tables ---- */

static uint64_t random_state = 1;

static unsigned pick(unsigned n) /* xorshift64* */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static void random_cell(lex_buf *out)
{
    static const char *const parts[] = {"a",  "Lessee", " ",  "  ",   "\t", ",",  ";",        "\"", "\"\"",
                                        "\n", "\r\n",   "\r", "\xE4\xB8\xAD\xE6\x96\x87", "\xF0\x9F\x98\x80",
                                        "\xC2\xA0", "'",   "\\", "0",    "\xEF\xBB\xBF", "#", "\x01"};
    lex_buf_clear(out);
    lex_buf_add(out, "", 0);
    for (unsigned n = pick(4) ? pick(8) : 0; n > 0; n--)
        lex_buf_add_str(out, lex_str_of(parts[pick(sizeof parts / sizeof *parts)]));
}

static void write_cell(lex_buf *out, lex_str cell, char separator, bool alone)
{
    bool must = alone && cell.len == 0;
    for (size_t i = 0; i < cell.len; i++)
        must |= cell.ptr[i] == '"' || cell.ptr[i] == separator || cell.ptr[i] == '\n' || cell.ptr[i] == '\r';
    if (!must && pick(4)) {
        lex_buf_add_str(out, cell);
        return;
    }
    lex_buf_add_char(out, '"');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '"')
            lex_buf_add_char(out, '"');
        lex_buf_add_char(out, cell.ptr[i]);
    }
    lex_buf_add_char(out, '"');
}

/* The physical line at the end of `text`: outside quotes LF, CRLF and CR end one, inside LF and CRLF. */
static int64_t line_at_end(lex_str text)
{
    int64_t line = 1;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        quoted ^= c == '"';
        line += c == '\n' || (c == '\r' && !quoted && !(i + 1 < text.len && text.ptr[i + 1] == '\n'));
    }
    return line;
}

typedef struct {
    lex_str cells[5];
    int64_t line;
} row;

static bool rows_agree(const reading *x, const row *rows, int n_rows, int n_columns)
{
    bool fine = x->n == n_rows && x->err.code == LEX_OK;
    for (int i = 0; fine && i < n_rows; i++) {
        const lex_record *r = &x->records[i];
        fine = r->line == rows[i].line && r->n_fields == n_columns && r->number == i + 1;
        for (int k = 0; fine && k < n_columns; k++)
            fine = lex_str_equal(r->fields[k].value, rows[i].cells[k]);
        fine = fine && lex_str_equal(r->text, rows[i].cells[0]);
    }
    return fine;
}

static bool try_table(lex_arena *arena, lex_buf *text, lex_buf *cell)
{
    static const char *const endings[] = {"\n", "\r\n", "\r"};
    const char *ending = endings[pick(3)];
    lex_format format = pick(3) ? LEX_FORMAT_CSV : LEX_FORMAT_TSV;
    char separator = format == LEX_FORMAT_CSV ? ',' : '\t';
    int n_columns = 1 + (int)pick(5), n_rows = (int)pick(12);
    row rows[12];
    lex_buf_clear(text);
    lex_buf_add_str(text, lex_str_of(pick(4) ? "" : "\xEF\xBB\xBF"));
    lex_buf_add_str(text, LEX_STR("text"));
    for (int k = 1; k < n_columns; k++)
        lex_buf_printf(text, "%cc%d", separator, k);
    for (int i = 0; i < n_rows; i++) {
        lex_buf_add_str(text, lex_str_of(ending));
        while (!pick(10))
            lex_buf_add_str(text, lex_str_of(ending)); /* blank lines */
        rows[i].line = line_at_end(lex_buf_str(text));
        for (int k = 0; k < n_columns; k++) {
            random_cell(cell);
            rows[i].cells[k] = lex_arena_copy(arena, lex_buf_str(cell));
            if (k)
                lex_buf_add_char(text, separator);
            write_cell(text, lex_buf_str(cell), separator, n_columns == 1);
        }
    }
    if (pick(2))
        lex_buf_add_str(text, lex_str_of(ending));
    reading x;
    lex_reader_options o = options_for(format);
    read_bytes(&x, "random", lex_buf_str(text), &o);
    bool fine = rows_agree(&x, rows, n_rows, n_columns);
    if (!fine)
        fprintf(stderr, "    %s\n[%s]\n", x.err.message, text->ptr);
    done(&x);
    return fine;
}

static void test_random_tables(void)
{
    lex_arena arena;
    lex_buf text, cell;
    lex_arena_init(&arena);
    lex_buf_init(&text);
    lex_buf_init(&cell);
    int n_wrong = 0;
    for (int seed = 1; seed <= 5000 && n_wrong < 3; seed++) {
        random_state = (uint64_t)seed;
        n_wrong += !try_table(&arena, &text, &cell);
        lex_arena_reset(&arena);
    }
    CHECK_INT(n_wrong, 0);
    lex_buf_release(&text);
    lex_buf_release(&cell);
    lex_arena_release(&arena);
}

/* The same cells as strings of JSON lines: text and every raw field come back. */
static void test_random_lines(void)
{
    lex_buf text, cell;
    lex_arena arena;
    lex_buf_init(&text);
    lex_buf_init(&cell);
    lex_arena_init(&arena);
    random_state = 7;
    lex_str cells[3000];
    for (int i = 0; i < 3000; i++) {
        random_cell(&cell);
        cells[i] = lex_arena_copy(&arena, lex_buf_str(&cell));
        lex_buf_printf(&text, "{\"n\":%d,\"text\": ", i);
        lex_json_add_string(&text, cells[i]);
        lex_buf_add_str(&text, lex_str_of(pick(2) ? "}\n" : " }\r\n"));
    }
    reading x;
    lex_reader_options o = options_for(LEX_FORMAT_JSONL);
    read_bytes(&x, "random", lex_buf_str(&text), &o);
    int n_wrong = x.n != 3000;
    for (int i = 0; i < x.n; i++)
        n_wrong += !lex_str_equal(x.records[i].text, cells[i]) || x.records[i].line != i + 1;
    CHECK_INT(n_wrong, 0);
    done(&x);
    lex_buf_release(&text);
    lex_buf_release(&cell);
    lex_arena_release(&arena);
}

int main(void)
{
    test_csv_basics();
    test_csv_traps();
    test_csv_header();
    test_jsonl_basics();
    test_jsonl_failures();
    test_files();
    test_streams();
    test_blocks();
    test_long_cell();
    test_random_tables();
    test_random_lines();
    return check_report("text");
}
