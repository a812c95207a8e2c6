/* test_reading.c - every way in: encodings, .gz, delimiters, columns by number, labels in cells and columns, bad rows
 * that are passed over, ids, folders. */
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "reading.h"

static void tell(void *context, const char *text)
{
    lex_strings_push(context, lex_str_of(text));
}

static void start(reading *x, lex_reader_options *o, bool skip)
{
    memset(x, 0, sizeof *x);
    lex_arena_init(&x->arena);
    lex_reading_options how = {skip, tell, tell, &x->told};
    o->reading = x->reading = lex_reading_new(&how);
}

static void read_bytes(reading *x, const char *name, lex_str bytes, size_t most, lex_reader_options o, bool skip)
{
    start(x, &o, skip);
    drain(x, lex_reader_open_bytes(&x->reader, name, bytes, most, &o, &x->err));
}

static void done(reading *x)
{
    lex_reader_close(x->reader);
    lex_arena_release(&x->arena);
    lex_reading_free(x->reading);
    lex_strings_release(&x->told);
    free(x->records);
}

/* The records in one line: text=label+label|text=... ; then the failure, if there is one. */
static void check_bytes(lex_str bytes, lex_reader_options o, bool skip, const char *want)
{
    reading x;
    lex_buf got;
    lex_buf_init(&got);
    lex_buf_add_str(&got, LEX_STR(""));
    read_bytes(&x, "a", bytes, 0, o, skip);
    for (int64_t i = 0; i < x.n; i++) {
        const lex_record *r = &x.records[i];
        lex_buf_printf(&got, "%s%.*s", i ? "|" : "", (int)r->text.len, r->text.ptr);
        for (int64_t k = 0; k < r->n_labels; k++)
            lex_buf_printf(&got, "%c%.*s", k ? '+' : '=', (int)r->labels[k].len, r->labels[k].ptr);
    }
    if (x.err.code != LEX_OK)
        lex_buf_printf(&got, "!%s", x.err.message);
    CHECK_STR(got.ptr ? got.ptr : "", want);
    lex_buf_release(&got);
    done(&x);
}

static void check_csv(const char *bytes, lex_reader_options o, const char *want)
{
    check_bytes(lex_str_of(bytes), o, false, want);
}

static bool same_records(const reading *x, const reading *y)
{
    bool same = x->n == y->n && x->err.code == LEX_OK && y->err.code == LEX_OK;
    for (int64_t i = 0; same && i < x->n; i++) {
        const lex_record *a = &x->records[i], *b = &y->records[i];
        same = a->line == b->line && a->number == b->number && a->n_fields == b->n_fields && lex_str_equal(a->text, b->text);
        for (int64_t k = 0; same && k < a->n_fields; k++)
            same = lex_str_equal(a->fields[k].name, b->fields[k].name) && lex_str_equal(a->fields[k].value, b->fields[k].value);
    }
    return same;
}

/* ---- encodings ---- */

static void encode(lex_buf *out, lex_str text, const char *mark, size_t n_mark, const char *name)
{
    iconv_t cd = iconv_open(name, "UTF-8");
    lex_buf_clear(out);
    lex_buf_add(out, mark, n_mark);
    lex_buf_reserve(out, 8 * text.len + 16);
    char *in = (char *)(uintptr_t)text.ptr, *to = out->ptr + out->len;
    size_t left = text.len, room = 8 * text.len + 16;
    CHECK(cd != (iconv_t)-1 && iconv(cd, &in, &left, &to, &room) == 0);
    out->len = (size_t)(to - out->ptr);
    iconv_close(cd);
}

/* Rows of every kind of character, long enough for several blocks. */
static void write_rows(lex_buf *out, lex_format format)
{
    lex_buf_clear(out);
    lex_buf_add_str(out, lex_str_of(format == LEX_FORMAT_CSV ? "id,text\r\n" : ""));
    for (int i = 0; i < 9000; i++)
        lex_buf_printf(out, format == LEX_FORMAT_CSV ? "%d,\"\xE4\xB8\xAD\xE6\x96\x87\xEF\xBC\x8C \"\"%d\"\"\r\n"
                       "\xF0\x9F\x98\x80 caf\xC3\xA9 \xE2\x82\xAC\xE6\xA8\xA1 %.*s\"\r\n"
                       : "{\"id\":%d,\"text\":\"\xE4\xB8\xAD\\n%d \xF0\x9F\x98\x80 \xC3\xA9 \xE2\x82\xAC %.*s\"}\n",
                       i, i * 7, i % 40, "the lessee shall pay the rent monthly, in advance");
}

static void check_encodings(lex_format format)
{
    static const struct {
        const char *mark, *name, *given, *found;
        size_t n_mark;
    } ways[] = {
        {"\xEF\xBB\xBF", "UTF-8", NULL, "UTF-8", 3},      {"\xFF\xFE", "UTF-16LE", NULL, "UTF-16LE", 2},
        {"\xFE\xFF", "UTF-16BE", NULL, "UTF-16BE", 2},    {"", "GB18030", NULL, "GB18030", 0},
        {"", "GB18030", "gb18030", "gb18030", 0},         {"", "UTF-16LE", "utf-16le", "utf-16le", 0},
        {"\xFF\xFE", "UTF-16LE", "UTF-16", "UTF-16", 2},  {"", "UTF-32BE", "UTF-32BE", "UTF-32BE", 0},
        {"\x84\x31\x95\x33", "GB18030", NULL, "GB18030", 4},
    };
    static const size_t mosts[] = {0, 1, 5, 4096, 70000};
    lex_buf text, bytes;
    lex_buf_init(&text);
    lex_buf_init(&bytes);
    write_rows(&text, format);
    reading x, y;
    read_bytes(&x, "a", lex_buf_str(&text), 0, options_for(format), false);
    CHECK_INT(x.n, 9000);
    CHECK_STR(lex_reader_encoding(x.reader), "UTF-8");
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        encode(&bytes, lex_buf_str(&text), ways[w].mark, ways[w].n_mark, ways[w].name);
        for (size_t m = 0; m < sizeof mosts / sizeof *mosts; m++) {
            lex_reader_options o = options_for(format);
            o.encoding = ways[w].given;
            read_bytes(&y, "a", lex_buf_str(&bytes), mosts[m], o, false);
            CHECK_STR(y.err.message, "");
            if (!CHECK(same_records(&x, &y)))
                fprintf(stderr, "    %s, %zu bytes at once\n", ways[w].found, mosts[m]);
            CHECK_STR(lex_reader_encoding(y.reader), ways[w].found);
            CHECK_INT(y.told.n, !ways[w].given && strcmp(ways[w].found, "GB18030") == 0);
            done(&y);
        }
    }
    done(&x);
    lex_buf_release(&text);
    lex_buf_release(&bytes);
}

static void check_bad(lex_str bytes, size_t most, const char *encoding, const char *message, int64_t n)
{
    reading x;
    lex_reader_options o = options_for(LEX_FORMAT_CSV);
    o.encoding = encoding;
    read_bytes(&x, "a.csv", bytes, most, o, false);
    CHECK_STR(x.err.message, message);
    CHECK_INT(x.n, n);
    done(&x);
    read_bytes(&x, "a.csv", bytes, most, o, true); /* the row that holds it is one row */
    CHECK_STR(x.err.message, "");
    CHECK_INT(lex_reading_n_bad(x.reading), 1);
    done(&x);
}

static void test_encodings(void)
{
    check_encodings(LEX_FORMAT_CSV);
    check_encodings(LEX_FORMAT_JSONL);
    check_bad(LEX_STR("text\nab\nc\xFF" "d\ne\n"), 0, NULL, "a.csv:3: invalid UTF-8 at byte 9, and invalid GB18030 at byte 9", 1);
    check_bad(LEX_STR("text\nab\nc\xD6\xD0\xFF" "d\ne\n"), 0, NULL,
              "a.csv:3: invalid UTF-8 at byte 9, and invalid GB18030 at byte 11", 1);
    check_bad(LEX_STR("text\nab\nc\xE9\xE8\ne\n"), 0, "utf-8", "a.csv:3: invalid UTF-8 at byte 9", 1);
    check_bad(LEX_STR("text\nab\nc\xE9\n"), 0, "ascii", "a.csv:3: invalid ascii at byte 9", 1);
    check_bad(LEX_STR("\xFF\xFEt\0e\0x\0t\0\n\0a\0\x00\xD8" "b\0\n\0c\0\n\0"), 0, NULL, "a.csv:2: invalid UTF-16LE at byte 14", 0);
    check_bad(LEX_STR("\xFF\xFEt\0e\0x\0t\0\n\0c\0\n\0a"), 0, NULL, "a.csv:3: invalid UTF-16LE at byte 16", 1);
    check_bad(LEX_STR("\xFE\xFF\0t\0e\0x\0t\0\n\0a\0\0\0\n"), 0, NULL, "a.csv:2: a NUL character (U+0000)", 0);
    /* a pipe that showed UTF-8 first: an error, not rows read in two ways */
    check_bad(LEX_STR("text\n\xC4\xA3\nb\nc\xD6\xD0\nd\n"), 8, NULL, "a.csv:4: invalid UTF-8 at byte 11", 2);
    check_bytes(LEX_STR("text\n\xC4\xA3\nb\nc\xD6\xD0\n"), options_for(LEX_FORMAT_CSV), false,
                "\xE6\xA8\xA1|b|c\xE4\xB8\xAD"); /* which a file tells */
    CHECK(lex_encoding_known("UTF-8") && lex_encoding_known("windows-1252") && !lex_encoding_known("") &&
          !lex_encoding_known("no-such") && !lex_encoding_known("UTF-8//IGNORE"));
}

/* ---- .gz ---- */

static void compress_to(lex_buf *out, lex_str text)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)text.ptr, .avail_in = (unsigned)text.len};
    lex_buf_reserve(out, text.len + 1000);
    z.next_out = (unsigned char *)out->ptr + out->len;
    z.avail_out = (unsigned)text.len + 1000;
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK && deflate(&z, Z_FINISH) == Z_STREAM_END);
    out->len += z.total_out;
    deflateEnd(&z);
}

static void check_gz(lex_str bytes, const char *message, const reading *want)
{
    static const size_t mosts[] = {0, 1, 100};
    for (int m = 0; m < 3; m++) {
        reading x;
        read_bytes(&x, "a.csv.GZ", bytes, mosts[m], options_for(LEX_FORMAT_CSV), m == 1); /* no row: nothing to skip */
        CHECK_STR(x.err.message, message);
        if (want)
            CHECK(same_records(&x, want));
        CHECK_INT(lex_reading_n_bad(x.reading), 0);
        done(&x);
    }
}

/* Every cut is found, and every flipped bit, or else it changes nothing. */
static void check_gz_faults(lex_str bytes, const reading *want)
{
    int n_wrong = 0;
    lex_buf copy;
    lex_buf_init(&copy);
    for (size_t i = 0; i < 8 * bytes.len; i++) {
        reading x;
        lex_buf_clear(&copy);
        lex_buf_add_str(&copy, bytes);
        copy.ptr[i / 8] = (char)(copy.ptr[i / 8] ^ (1 << i % 8));
        read_bytes(&x, "a.csv.gz", lex_buf_str(&copy), 0, options_for(LEX_FORMAT_CSV), false);
        n_wrong += x.err.code != LEX_ERR_INPUT && !same_records(&x, want);
        done(&x);
        if (i >= bytes.len)
            continue;
        read_bytes(&x, "a.csv.gz", (lex_str){bytes.ptr, i}, 0, options_for(LEX_FORMAT_CSV), true);
        n_wrong += x.err.code != LEX_ERR_INPUT || strstr(x.err.message, "cut short") == NULL;
        done(&x);
    }
    CHECK_INT(n_wrong, 0);
    lex_buf_release(&copy);
}

static void test_gz(void)
{
    lex_buf text, gz;
    reading plain;
    lex_buf_init(&text);
    lex_buf_init(&gz);
    write_rows(&text, LEX_FORMAT_CSV);
    read_bytes(&plain, "a.csv", lex_buf_str(&text), 0, options_for(LEX_FORMAT_CSV), false);
    compress_to(&gz, lex_buf_str(&text));
    check_gz(lex_buf_str(&gz), "", &plain);
    check_gz((lex_str){gz.ptr, gz.len - 1}, "a.csv.GZ: compressed data is cut short", NULL);
    lex_buf_clear(&gz); /* two members, and padding as tapes have it */
    compress_to(&gz, (lex_str){text.ptr, text.len / 2});
    compress_to(&gz, LEX_STR(""));
    compress_to(&gz, (lex_str){text.ptr + text.len / 2, text.len - text.len / 2});
    lex_buf_add(&gz, "\0\0\0", 3);
    check_gz(lex_buf_str(&gz), "", &plain);
    lex_buf_add_char(&gz, 'x');
    check_gz(lex_buf_str(&gz), "a.csv.GZ: something follows the compressed data", NULL);
    lex_buf encoded;
    lex_buf_init(&encoded);
    encode(&encoded, lex_buf_str(&text), "", 0, "GB18030");
    lex_buf_clear(&gz);
    compress_to(&gz, lex_buf_str(&encoded));
    lex_buf_release(&encoded);
    check_gz(lex_buf_str(&gz), "", &plain);
    done(&plain);

    const lex_str small = LEX_STR("text\none\ntwo\n");
    read_bytes(&plain, "a.csv", small, 0, options_for(LEX_FORMAT_CSV), false);
    lex_buf_clear(&gz);
    compress_to(&gz, small);
    check_gz_faults(lex_buf_str(&gz), &plain);
    gz.ptr[gz.len - 7] ^= 1;
    check_gz(lex_buf_str(&gz), "a.csv.GZ: compressed data is damaged (incorrect data check)", NULL);
    check_gz(LEX_STR("text\na\n"), "a.csv.GZ: not gzip-compressed, though its name says so (incorrect header check)", NULL);
    check_gz(LEX_STR(""), "a.csv.GZ: compressed data is cut short: the file is empty", NULL);
    check_bytes(LEX_STR("\x1F\x8B\x08\0\0"), options_for(LEX_FORMAT_CSV), true, "!a: is gzip-compressed");
    done(&plain);
    lex_buf_release(&text);
    lex_buf_release(&gz);
}

/* ---- delimiters, headers, columns ---- */

static void test_delimiters(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_CSV);
    check_csv("text,label\na;b;c,A\n", o, "a;b;c=A");
    check_csv("text;label\n\"a;b\"\"\";A\nc,d;B\n", o, "a;b\"=A|c,d=B");
    check_csv("label\ttext\nA\ta, b; c\n", o, "a, b; c=A");
    check_csv("\xEF\xBB\xBF\r\nid|text|label\r\n1|a,b|A\r\n", o, "a,b=A");
    check_csv("\"text\";\"label\"\r\"a\nb\";\"A\"\r", o, "a\nb=A");
    check_csv("Art;Klausel\nA;b\n", o, "!a: no column 'text' (found: 'Art', 'Klausel')");
    check_csv("a,b;c\n", o, "!a: no column 'text' (found: 'a', 'b;c')");
    check_csv("text\na;b\nc;d\n", options_for(LEX_FORMAT_CSV), "a;b|c;d"); /* one column: nothing separates */
    check_csv("text,note;label\nx,y\n", options_for(LEX_FORMAT_CSV), "x");
    check_csv("text\tlabel\na,b\tA\n", labelled(LEX_FORMAT_TSV), "a,b=A");
    o.delimiter = ';';
    check_csv("text,x;label\n", o, "!a: no column 'text' (found: 'text,x', 'label')");
    o.delimiter = '\x01';
    check_csv("text\x01label\na,;|\x01" "A\n", o, "a,;|=A");
    lex_buf wide; /* a first row of many blocks */
    lex_buf_init(&wide);
    for (int i = 0; i < 9000; i++)
        lex_buf_printf(&wide, "a column with a long name, of number %d;", i);
    lex_buf_printf(&wide, "text\n");
    reading x;
    read_bytes(&x, "a", lex_buf_str(&wide), 1000, options_for(LEX_FORMAT_CSV), false);
    CHECK_STR(x.err.message, "");
    CHECK_INT(lex_reader_delimiter(x.reader), ';');
    CHECK_STR(x.told.items[0], "a: fields are separated by ';' (--delimiter)");
    done(&x);
    lex_buf_release(&wide);
    CHECK(lex_delimiter_parse("tab") == '\t' && lex_delimiter_parse("|") == '|' && !lex_delimiter_parse("") &&
          !lex_delimiter_parse("\"") && !lex_delimiter_parse("\n") && !lex_delimiter_parse("\xC3\xA9") &&
          !lex_delimiter_parse("ab"));
}

static void test_columns(void)
{
    const char *const second[] = {"2"}, *const both[] = {"2", "text"};
    lex_reader_options o = labelled(LEX_FORMAT_CSV);
    o.text_columns = second;
    o.n_text_columns = 1;
    o.label_column = "1";
    check_csv("kind,clause\nA,a\n", o, "a=A"); /* by number with a header */
    check_csv("Art;Klausel, Text;x\nA;a,b;1\nB;c;2\n", o, "a,b=A|c=B");
    check_csv("kind,clause,2\nA,a,b\n", o, "b=A"); /* a header's own name comes first */
    check_csv("kind\nA\n", o, "!a: no column '2' (found: 'kind')");
    o.text_columns = both;
    o.n_text_columns = 2;
    check_csv("kind,clause,text\nA,a,b\n", o, "a\nb=A");
    o.n_text_columns = 1;
    o.no_header = true;
    check_csv("A,a\n\nB,\"b\nc\"\n", o, "a=A|b\nc=B");
    check_csv("A;a,b\nB;c\n", o, "a,b=A|c=B");
    check_csv("A,a\nB\n", o, "a=A!a:2: 1 field, but the first row has 2");
    check_csv("", o, "");
    check_csv("A\n", o, "!a: no column '2' (found: 'column1')");
    check_csv("\"A\n", o, "!a:1: a quote that opens here is never closed");
    o.label_column = NULL;
    check_csv("A,a\n", o, "!a: no column 'label' (found: 'column1', 'column2')");
    o.labels = LEX_LABELS_IGNORED;
    o.id_column = "1";
    reading x;
    read_bytes(&x, "a", LEX_STR("7,a\n8,b\n"), 0, o, false);
    if (CHECK_INT(x.n, 2)) {
        CHECK(x.records[0].id_field == 0 && x.records[0].line == 1 && x.records[1].line == 2);
        CHECK(lex_str_equal(x.records[1].fields[1].name, LEX_STR("column2")));
    }
    done(&x);
    const char *const first[] = {"1"};
    o.text_columns = first;
    o.id_column = NULL;
    check_csv("The rent; monthly.\nThe deposit; once.\n", o, "The rent; monthly.|The deposit; once.");
    read_bytes(&x, "a", LEX_STR("The rent; monthly.\nThe deposit; once.\n"), 0, o, false);
    CHECK_STR(x.told.n ? x.told.items[0] : "", "a: each row is read as one field; if ';' separates them, say --delimiter ';'");
    done(&x);
    CHECK(lex_column_number("17") == 17 && !lex_column_number("0") && !lex_column_number("01") &&
          !lex_column_number("1x") && !lex_column_number("") && !lex_column_number("123456") && !lex_column_number("-1"));
}

/* ---- labels ---- */

static void test_labels(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_CSV);
    o.label_separator = ";";
    check_csv("text,label\na,B; A ;B;;\nb,\nc, \nd,\"x,\"\"y\"\"\nz\"\n", o, "a=B+A|b|c|d=x,\"y\"\nz");
    o.label_separator = "\xEF\xBC\x9B";
    check_csv("text,label\na,B\xEF\xBC\x9B" "C;D\n", o, "a=B+C;D");
    lex_reader_options json = labelled(LEX_FORMAT_JSONL);
    json.label_separator = ";";
    check_csv("{\"text\":\"a\",\"label\":\"A;B\"}\n{\"text\":\"b\",\"label\":\"\"}\n{\"text\":\"c\",\"label\":null}\n"
              "{\"text\":\"d\",\"labels\":[\"A;B\"]}\n", json, "a=A+B|b|c|d=A;B");

    const char *const lists[] = {"C,A", "\"B, b\""};
    o = labelled(LEX_FORMAT_CSV);
    o.label_columns = lists;
    o.n_label_columns = 2;
    check_csv("text,A,\"B, b\",C\na,1,TRUE,0\nb,false,,True\nc,,0,\n", o, "a=A+B, b|b=C|c");
    check_csv("text,A,\"B, b\",C\na,1,0,2\n", o, "!a:2: column 'C' is neither 0 nor 1");
    check_csv("text,A,C\na,1,0\n", o, "!a: no column 'B, b' (found: 'text', 'A', 'C')");
    json = o;
    json.format = LEX_FORMAT_JSONL;
    check_csv("{\"text\":\"a\",\"A\":1,\"B, b\":true,\"C\":null}\n{\"text\":\"b\",\"A\":\"0\",\"B, b\":\"\",\"C\":\"1\"}\n"
              "{\"text\":\"c\",\"A\":1.0,\"B, b\":0,\"C\":0}\n", json, "a=A+B, b|b=C!a:3: field 'A' is neither 0 nor 1");
    check_csv("{\"text\":\"a\",\"A\":1}\n", json, "!a:1: no field 'C' (found: 'text', 'A')");
    o.label_columns = (const char *const[]){"2,3"};
    o.n_label_columns = 1;
    o.no_header = true;
    o.text_columns = (const char *const[]){"1"};
    o.n_text_columns = 1;
    check_csv("a,1,0\nb,1,1\n", o, "a=column2|b=column2+column3");

    o = labelled(LEX_FORMAT_CSV);
    o.labels = LEX_LABELS_OPTIONAL;
    check_csv("text,label\na,A;B\nb,\n", o, "a=A;B|b");
    json = labelled(LEX_FORMAT_JSONL);
    json.labels = LEX_LABELS_OPTIONAL;
    check_csv("{\"text\":\"a\",\"label\":null}\n{\"text\":\"b\",\"label\":\"\"}\n{\"text\":\"c\"}\n", json,
              "a|b!a:3: no field 'label' (found: 'text')");
    check_csv("{\"text\":\"a\",\"label\":\"A\\u0000\"}\n", json, "!a:1: a label holds U+0000");
    reading x;
    read_bytes(&x, "a", LEX_STR("{\"text\":\"a\",\"label\":7}\n{\"text\":\"a\",\"label\":8.50}\n"), 0, json, false);
    CHECK_INT(x.told.n, 1); /* once */
    CHECK_STR(x.told.n ? x.told.items[0] : "", "a:1: a label that is a number counts as its text, \"7\"");
    done(&x);
    lex_strings names = {0};
    CHECK(lex_names_split(&names, "a,\"b,\"\"c\", d") && names.n == 3);
    CHECK_STR(names.items[1], "b,\"c");
    CHECK_STR(names.items[2], " d");
    lex_strings_release(&names);
    CHECK(!lex_names_split(NULL, "") && !lex_names_split(NULL, "a,") && !lex_names_split(NULL, "\"a") &&
          !lex_names_split(NULL, "\"a\"b") && !lex_names_split(NULL, "a\"b"));
}

/* ---- JSON's traps ---- */

static void test_json_traps(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_JSONL);
    check_csv("{\"Text\":\"A\",\"text\":\"a\",\"Label\":\"X\",\"label\":\"x\"}\n", o, "a=x"); /* names by their case */
    check_csv("{\"text\":\"\\ud800 \\udc00\\ud83d\\ude00\",\"label\":\"\\ud834\"}\n", o,
              "\xEF\xBF\xBD \xEF\xBF\xBD\xF0\x9F\x98\x80=\xEF\xBF\xBD"); /* half a pair */
    reading x;
    read_bytes(&x, "a", LEX_STR("{\"text\":\"a\\u0000b\",\"label\":\"x\",\"n\":12345678901234567890,\"s\":\"\\ud800\"}"), 0, o, false);
    if (CHECK_INT(x.n, 1)) {
        CHECK(lex_str_equal(x.records[0].text, LEX_STR("a\0b")));
        CHECK(lex_str_equal(x.records[0].fields[2].value, LEX_STR("12345678901234567890")));
        CHECK(lex_str_equal(x.records[0].fields[3].value, LEX_STR("\"\\ud800\"")));
    }
    done(&x);
    enum { DEEP = 100000 };
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_printf(&text, "{\"text\":\"a\",\"label\":\"x\",\"deep\":");
    for (int i = 0; i < DEEP; i++)
        lex_buf_add_char(&text, '[');
    for (int i = 0; i < DEEP; i++)
        lex_buf_add_char(&text, ']');
    lex_buf_printf(&text, "}\n{\"text\":\"b\",\"label\":\"x\"}\n");
    check_bytes(lex_buf_str(&text), o, false, "!a:1: column 543: nested too deep");
    check_bytes(lex_buf_str(&text), o, true, "b=x");
    lex_buf_release(&text);
    check_bytes(LEX_STR("{\"text\":\"a\",\"label\":\"x\"}garbage\n{\"text\":\"a\",\"text\":\"b\",\"label\":\"x\"}\n"
                        "{\"text\":\"\xFF\",\"label\":\"x\"}\n{\"text\":\"c\",\"label\":\"x\"}"), o, true, "c=x");
}

/* ---- bad rows ---- */

static void test_skipping(void)
{
    lex_reader_options o = labelled(LEX_FORMAT_CSV);
    check_bytes(LEX_STR("text,label\na,A\nb\nc,C,C\nd,\ne,E\n"), o, true, "a=A|e=E");
    /* a stray quote costs its own row; one that opens and is never closed, too */
    check_bytes(LEX_STR("text,label\nb \"x\",B\nc,C\n"), o, true, "c=C");
    check_bytes(LEX_STR("text,label\n\"b,B\nc,C\nd,D\n"), o, true, "c=C|d=D");
    check_bytes(LEX_STR("text,label\n\"b,B\nc,C\n\"d\",D\ne,E\n"), o, true, "c=C|d=D|e=E");
    check_bytes(LEX_STR("text,label\n\"b,B\r\"c\nx\",C\r\n\"d,D\re,E"), o, true, "c\nx=C|e=E");
    /* one whose quotes are in order is left out as a whole */
    check_bytes(LEX_STR("text,label\n\"a,A\nb,B\",A,A\nc,C\n"), o, true, "c=C");
    check_bytes(LEX_STR("text,label\n\"a\n\xFF\nb\",A\n\"c\nd\",C\n"), o, true, "c\nd=C");
    check_bytes(LEX_STR("text,label\na\0,A\n\"b\0\nb\",B\nc,C\n\0"), o, true, "c=C");
    check_bytes(LEX_STR("text,label\n\"a\n\xFF"), o, true, "");
    check_bytes(LEX_STR("text,labels\na,A\n"), o, true, "!a: no column 'label' (found: 'text', 'labels')");
    lex_reader_options json = labelled(LEX_FORMAT_JSONL);
    check_bytes(LEX_STR("{\"text\":\"a\"}\n{\"text\":7,\"label\":\"x\"}\n{\"te\n\n{\"text\":\"b\",\"label\":\"x\"}\n{"), json, true,
                "b=x");

    lex_buf text; /* lines that are too long, in the open and in quotes; and what is told */
    lex_buf_init(&text);
    lex_buf_printf(&text, "text,label\n");
    for (int k = 0; k < 2; k++) {
        lex_buf_printf(&text, "%s", k ? "\"q\n" : "");
        for (int i = 0; i < (65 << 20) / 16; i++)
            lex_buf_printf(&text, "0123456789abcde\r" + 8 * (i % 2));
        for (int i = 0; i < (65 << 20) / 15; i++)
            lex_buf_add(&text, "0123456789abcde", 15);
        lex_buf_printf(&text, "\nb,B%d\n", k);
    }
    for (size_t i = 0; i < text.len; i++) /* no line ends but ours */
        text.ptr[i] = text.ptr[i] == '\r' ? ' ' : text.ptr[i];
    reading x;
    read_bytes(&x, "a.csv", lex_buf_str(&text), 0, o, true);
    CHECK_STR(x.err.message, "");
    if (CHECK_INT(x.n, 2)) {
        CHECK(x.records[0].line == 3 && x.records[1].line == 6 && x.records[0].number == 2 && x.records[1].number == 5);
        CHECK(lex_str_equal(x.records[1].labels[0], LEX_STR("B1")));
    }
    CHECK_INT(lex_reading_n_bad(x.reading), 3);
    CHECK_STR(x.told.items[0], "a.csv:2: longer than 64 MiB, the limit for one record; the row is left out");
    CHECK(x.told.n == 3 && strstr(x.told.items[1], "a.csv:4: ") && strstr(x.told.items[2], "a.csv:5: "));
    done(&x);

    lex_buf_clear(&text); /* any number of bad rows costs no memory */
    lex_buf_printf(&text, "text,label\n");
    for (int i = 0; i < 100000; i++)
        lex_buf_printf(&text, "\"the lessee shall pay\nthe rent\",A,A\n");
    read_bytes(&x, "a.csv", lex_buf_str(&text), 0, o, true);
    CHECK(x.arena.used_bytes < 4096);
    CHECK_INT(lex_reading_n_bad(x.reading), 100000);
    CHECK(lex_reading_first_bad(x.reading)->n == LEX_BAD_ROWS_NAMED && x.told.n == LEX_BAD_ROWS_NAMED);
    done(&x);
    lex_buf_release(&text);
}

static void test_ids(void)
{
    reading x;
    read_bytes(&x, "a", LEX_STR("id,text\n7,a\n,b\n,c\n8,d\n7,e\n8,f\n"), 0, options_for(LEX_FORMAT_CSV), false);
    CHECK_INT(x.n, 6);
    CHECK_INT(x.told.n, 1);
    CHECK_STR(x.told.n ? x.told.items[0] : "", "a:6: id 7 stands there a second time");
    done(&x);
    lex_ids ids = {0};
    int n_wrong = 0;
    for (int64_t i = 0; i < LEX_IDS_MAX + 10; i++)
        n_wrong += lex_ids_add(&ids, (lex_str){(const char *)&i, sizeof i});
    CHECK_INT(n_wrong, 0);
    CHECK(ids.n == LEX_IDS_MAX && ids.n_slots == 2 * LEX_IDS_MAX);
    lex_ids_release(&ids);
}

/* ---- folders ---- */

static void put_file(const char *path, const char *content)
{
    FILE *f = fopen(path, "wb");
    if (!CHECK(f != NULL))
        exit(1);
    fputs(content, f);
    fclose(f);
}

static void check_files(const char *path, lex_format format, const char *want, int64_t n_told)
{
    reading x;
    lex_reader_options o = options_for(format);
    start(&x, &o, false);
    lex_strings files = {0};
    bool is_folder;
    lex_buf got;
    lex_buf_init(&got);
    lex_buf_add_str(&got, LEX_STR(""));
    lex_status st = lex_files_expand(&files, &is_folder, path, format, x.reading, &x.err);
    CHECK_INT(st, x.err.code);
    for (int64_t i = 0; i < files.n; i++)
        lex_buf_printf(&got, "%s%s", i ? " " : "", files.items[i]);
    lex_buf_printf(&got, "%s", x.err.message);
    CHECK_STR(got.ptr, want);
    CHECK_INT(x.told.n, n_told);
    lex_buf_release(&got);
    lex_strings_release(&files);
    done(&x);
}

static void test_folders(void)
{
    char folder[] = "/tmp/lexclf-reading-XXXXXX";
    if (!CHECK(mkdtemp(folder) != NULL) || !CHECK(chdir(folder) == 0))
        return;
    CHECK(mkdir("d", 0777) == 0 && mkdir("d/a", 0777) == 0 && mkdir("d/.git", 0777) == 0 && mkdir("none", 0777) == 0);
    put_file("d/a/z.csv", "text\n");
    put_file("d/a.csv.gz", "");
    put_file("d/b.TXT", "b");
    put_file("d/notes.pdf", "");
    put_file("d/.b.csv", "");
    put_file("d/.git/c.csv", "");
    CHECK(symlink("..", "d/a/up") == 0 && symlink("a", "d/link") == 0 && symlink("nowhere", "d/gone.csv") == 0 &&
          symlink("self.csv", "d/self.csv") == 0 && symlink("a/z.csv", "d/y.csv") == 0 && mkfifo("d/p.csv", 0666) == 0);
    check_files("d", LEX_FORMAT_AUTO, "d/a.csv.gz d/a/z.csv d/b.TXT d/y.csv", 4);
    check_files("d//", LEX_FORMAT_JSONL, "d/a.csv.gz d/a/z.csv d/b.TXT d/notes.pdf d/y.csv", 3);
    check_files("d/link", LEX_FORMAT_AUTO, "d/link/up/a.csv.gz d/link/up/b.TXT d/link/up/y.csv d/link/z.csv", 4);
    check_files("d/y.csv", LEX_FORMAT_AUTO, "d/y.csv", 0);
    check_files("none", LEX_FORMAT_AUTO, "", 0);
    check_files("-", LEX_FORMAT_AUTO, "-", 0);
    check_files("nosuch", LEX_FORMAT_AUTO, "nosuch: no such file", 0);
    char digest[65];
    reading x;
    lex_buf gz;
    lex_buf_init(&gz);
    compress_to(&gz, LEX_STR("text\na\n"));
    FILE *f = fopen("x.csv.gz", "wb");
    if (CHECK(f != NULL)) {
        fwrite(gz.ptr, 1, gz.len, f);
        fclose(f);
    }
    lex_reader_options o = lex_reader_options_default();
    start(&x, &o, false);
    o.digest = lex_sha256_new(); /* of what lies on disk, read twice or not */
    drain(&x, lex_reader_open(&x.reader, "x.csv.gz", &o, &x.err));
    CHECK_INT(x.n, 1);
    lex_sha256_hex(o.digest, digest);
    lex_sha256_free(o.digest);
    lex_sha256 *again = lex_sha256_new();
    char want[65];
    lex_sha256_add(again, gz.ptr, gz.len);
    lex_sha256_hex(again, want);
    lex_sha256_free(again);
    CHECK_STR(digest, want);
    done(&x);
    lex_buf_release(&gz);
    CHECK(chdir("/tmp") == 0);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK_INT(system(command), 0);
}

int main(void)
{
    test_encodings();
    test_gz();
    test_delimiters();
    test_columns();
    test_labels();
    test_json_traps();
    test_skipping();
    test_ids();
    test_folders();
    return check_report("reading");
}
