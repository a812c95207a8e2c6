/* fuzz_csv.c - any bytes as CSV and as TSV: records are well formed, and written back with every cell in quotes they
 * read as the same cells; and in one of many forms. */
#include "forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(form_reading *x, lex_str bytes, lex_format format, lex_label_need labels)
{
    form f = {.name = "fuzz", .options = lex_reader_options_default()};
    f.options.format = format;
    f.options.labels = labels;
    f.options.delimiter = format == LEX_FORMAT_CSV ? ',' : 0; /* what is written back may look different */
    form_read(x, bytes, &f);
}

static void write_row(lex_buf *out, const lex_record *r, bool names, char separator)
{
    for (int64_t k = 0; k < r->n_fields; k++) {
        lex_str cell = names ? r->fields[k].name : r->fields[k].value;
        if (k)
            lex_buf_add_char(out, separator);
        lex_buf_add_char(out, '"');
        for (size_t i = 0; i < cell.len; i++) {
            if (cell.ptr[i] == '"')
                lex_buf_add_char(out, '"');
            lex_buf_add_char(out, cell.ptr[i]);
        }
        lex_buf_add_char(out, '"');
    }
    lex_buf_add_char(out, '\n');
}

static void check_record(const form_reading *x, int64_t i)
{
    const lex_record *r = &x->records[i];
    LEX_ASSERT(lex_utf8_valid_prefix(r->text) == r->text.len);
    LEX_ASSERT(r->number == i + 1 && r->n_fields == x->records[0].n_fields && r->id_field < r->n_fields);
    LEX_ASSERT(i == 0 || r->line >= x->records[i - 1].line);
    LEX_ASSERT(r->n_labels == 0 || r->labels[0].len > 0);
}

static void try_format(lex_str bytes, lex_format format)
{
    form_reading x, y;
    read_all(&x, bytes, format, LEX_LABELS_IGNORED);
    lex_buf text;
    lex_buf_init(&text);
    char separator = format == LEX_FORMAT_CSV ? ',' : '\t';
    if (x.n > 0)
        write_row(&text, &x.records[0], true, separator);
    for (int64_t i = 0; i < x.n; i++) {
        check_record(&x, i);
        write_row(&text, &x.records[i], false, separator);
    }
    if (x.n > 0) {
        read_all(&y, lex_buf_str(&text), format, LEX_LABELS_IGNORED);
        LEX_ASSERT(y.status == LEX_OK && y.n == x.n);
        for (int64_t i = 0; i < x.n; i++)
            for (int64_t k = 0; k < x.records[i].n_fields; k++)
                LEX_ASSERT(lex_str_equal(x.records[i].fields[k].value, y.records[i].fields[k].value));
        form_release(&y);
    }
    lex_buf_release(&text);
    form_release(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_str bytes = {(const char *)data, size};
    try_format(bytes, LEX_FORMAT_CSV);
    try_format(bytes, LEX_FORMAT_TSV);
    form_reading x;
    read_all(&x, bytes, LEX_FORMAT_CSV, LEX_LABELS_REQUIRED);
    for (int64_t i = 0; i < x.n; i++)
        check_record(&x, i);
    form_release(&x);
    form_try(bytes, LEX_FORMAT_CSV, lex_hash64(data, size));
    return 0;
}
