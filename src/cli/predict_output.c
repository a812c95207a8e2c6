/* predict_output.c - answers gathered, marked and written. */
#include "predict_output.h"

#include "terminal.h"

#define MARK LEX_STR("\xEF\xBB\xBF")

enum { TEXT_MAX_BYTES = 8 << 20 }; /* a block of long texts leaves in parts */

static bool is_beyond_ascii(lex_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return true;
    return false;
}

static lex_status write_bytes(cli_output *o, lex_str bytes, lex_err *err)
{
    if (o->partial)
        return lex_partial_write(o->partial, bytes.ptr, bytes.len, err);
    if (o->file)
        return lex_outfile_write(o->file, bytes.ptr, bytes.len, err);
    return cli_stdout_write(bytes.ptr, bytes.len, err);
}

lex_status cli_output_add(cli_output *o, const lex_answer *answer, lex_err *err)
{
    lex_status st = LEX_OK;
    if (!o->table) {
        lex_answer_json(&o->text, answer, &o->format);
    } else {
        if (!lex_table_has_begun(o->table))
            lex_table_begin(o->table, answer->columns, o->begun ? NULL : &o->text);
        LEX_TRY(lex_table_add(o->table, &o->text, answer, err));
    }
    if (o->text.len > TEXT_MAX_BYTES)
        LEX_TRY(cli_output_flush(o, err));
done:
    return st;
}

lex_status cli_output_flush(cli_output *o, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_str text = lex_buf_str(&o->text);
    if (text.len == 0)
        return LEX_OK;
    if (o->table && !o->beyond_ascii)
        o->beyond_ascii = is_beyond_ascii(text);
    if (!o->begun && o->beyond_ascii && o->mark_wanted) {
        LEX_TRY(write_bytes(o, MARK, err));
        o->marked = true;
    }
    o->begun = true;
    LEX_TRY(write_bytes(o, text, err));
    if (!o->file && !o->partial)
        LEX_TRY(cli_stdout_flush(err));
done:
    lex_buf_clear(&o->text);
    return st;
}

lex_status cli_output_finish(cli_output *o, const lex_strings *columns, lex_err *err)
{
    lex_status st = LEX_OK;
    if (o->table && !o->begun && !lex_table_has_begun(o->table))
        lex_table_begin(o->table, columns, &o->text);
    LEX_TRY(cli_output_flush(o, err));
    bool late = o->beyond_ascii && o->mark_wanted && !o->marked;
    if (o->partial)
        return lex_partial_commit(o->partial, late ? MARK : LEX_STR(""), err);
    if (o->file && late && o->file->tmp_path) {
        LEX_TRY(lex_outfile_prepend(o->file, MARK, err));
        late = false;
    }
    if (o->file)
        LEX_TRY(lex_outfile_commit(o->file, err));
    if (late)
        cli_warn("text beyond ASCII came after the first block: the table has no byte order mark; --out FILE "
                 "gives one");
done:
    return st;
}

void cli_output_release(cli_output *o)
{
    lex_table_free(o->table);
    lex_buf_release(&o->text);
}
