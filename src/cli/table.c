/* table.c - columns that line up, also where a label is Chinese. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/json.h"
#include "lexclf/unicode.h"
#include "terminal.h"

struct cli_table {
    const char *alignment;
    int n_columns;
    char **cells; /* row by row */
    int n_cells, capacity;
};

int64_t cli_width(lex_str text)
{
    int64_t width = 0;
    size_t valid = lex_utf8_valid_prefix(text);
    lex_str head = {text.ptr, valid};
    for (size_t at = 0; at < valid;)
        width += lex_unicode_width(lex_utf8_next(head, &at));
    return width + (int64_t)(text.len - valid);
}

cli_table *cli_table_new(const char *alignment)
{
    cli_table *table = lex_alloc_zeroed(1, sizeof *table);
    table->alignment = alignment;
    table->n_columns = (int)strlen(alignment);
    return table;
}

void cli_table_free(cli_table *table)
{
    if (!table)
        return;
    for (int i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

/* A row is a line: breaks in the text become blanks. */
static void add_cell(cli_table *table, lex_str text)
{
    lex_buf cell;
    lex_buf_init(&cell);
    cli_add_printable(&cell, text);
    for (size_t i = 0; i < cell.len; i++)
        cell.ptr[i] = cell.ptr[i] == '\n' || cell.ptr[i] == '\t' ? ' ' : cell.ptr[i];
    char *kept = cell.ptr ? cell.ptr : lex_strdup("");
    LEX_PUSH(table->cells, table->n_cells, table->capacity, kept);
}

void cli_table_cell(cli_table *table, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_cell(table, lex_str_of(text));
}

void cli_table_cut_cell(cli_table *table, lex_str name, int64_t columns)
{
    lex_buf printable;
    lex_buf_init(&printable);
    cli_add_printable(&printable, name); /* first: what becomes \x1b takes four columns */
    lex_str text = lex_buf_str(&printable);
    if (cli_width(text) > columns) {
        size_t end = 0, next = 0;
        for (int64_t width = 0; width < columns; end = next) {
            next = end;
            width += lex_unicode_width(lex_utf8_next(text, &next));
            if (width >= columns)
                break;
        }
        printable.len = end;
        lex_buf_printf(&printable, "…");
    }
    add_cell(table, lex_buf_str(&printable));
    lex_buf_release(&printable);
}

static void add_blanks(lex_buf *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        lex_buf_add_char(out, ' ');
}

void cli_table_print(lex_buf *out, const cli_table *table)
{
    int64_t *widths = lex_alloc_zeroed((size_t)table->n_columns, sizeof *widths);
    for (int i = 0; i < table->n_cells; i++) {
        int64_t width = cli_width(lex_str_of(table->cells[i]));
        if (width > widths[i % table->n_columns])
            widths[i % table->n_columns] = width;
    }
    int64_t owed = 0; /* blanks that are only written when something follows */
    for (int i = 0; i < table->n_cells; i++) {
        int column = i % table->n_columns;
        lex_str cell = lex_str_of(table->cells[i]);
        int64_t fill = widths[column] - cli_width(cell);
        bool right = table->alignment[column] == 'r';
        if (cell.len) {
            add_blanks(out, owed + (right ? fill : 0));
            lex_buf_add_str(out, cell);
            owed = right ? 0 : fill;
        } else {
            owed += fill;
        }
        owed += 2;
        if (column + 1 == table->n_columns || i + 1 == table->n_cells) {
            lex_buf_add_char(out, '\n');
            owed = 0;
        }
    }
    free(widths);
}
