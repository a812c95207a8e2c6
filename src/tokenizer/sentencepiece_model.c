/* sentencepiece_model.c - the file of a sentencepiece model: pieces with scores, and a few settings.
 *
 * It is a message of protocol buffers (developers.google.com/protocol-buffers/docs/encoding), of which a dozen fields
 * count; they are read here in a page, so that no protobuf library comes into the process beside libtorch's. Fields
 * that are not known are passed over, as the format asks; what runs past its end is refused.
 */
#include "sentencepiece_model.h"

#include <string.h>

#include "lexclf/json.h"

typedef struct {
    uint32_t field;
    unsigned kind;  /* 0 varint, 1 eight bytes, 2 a length and bytes, 5 four bytes */
    uint64_t number;
    lex_str bytes;
} item;

static bool read_varint(lex_str *rest, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
        unsigned char byte = (unsigned char)*rest->ptr++;
        rest->len--;
        *out |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool read_item(lex_str *rest, item *out)
{
    uint64_t key, len = 0;
    *out = (item){0};
    if (!read_varint(rest, &key) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        return false;
    out->field = (uint32_t)(key >> 3);
    out->kind = (unsigned)key & 7;
    if (out->kind == 0)
        return read_varint(rest, &out->number);
    if (out->kind == 1 || out->kind == 5)
        len = out->kind == 1 ? 8 : 4;
    else if (out->kind != 2 || !read_varint(rest, &len))
        return false;
    if (len > rest->len)
        return false;
    out->bytes = (lex_str){rest->ptr, (size_t)len};
    for (size_t i = 0; out->kind != 2 && i < len; i++)
        out->number |= (uint64_t)(unsigned char)rest->ptr[i] << 8 * i;
    rest->ptr += len;
    rest->len -= (size_t)len;
    return true;
}

static float as_float(uint64_t number)
{
    uint32_t bits = (uint32_t)number;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static lex_status broken(lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INPUT, "not a sentencepiece model, or cut short");
}

static lex_status read_piece(lex_spm_piece *out, lex_str rest, lex_err *err)
{
    item field;
    *out = (lex_spm_piece){.kind = LEX_SPM_NORMAL};
    while (rest.len > 0) {
        if (!read_item(&rest, &field))
            return broken(err);
        if (field.field == 1 && field.kind == 2)
            out->text = field.bytes;
        else if (field.field == 2 && field.kind == 5)
            out->score = as_float(field.number);
        else if (field.field == 3 && field.kind == 0)
            out->kind = (int)(field.number & 0xFF);
    }
    return LEX_OK;
}

static lex_status read_trainer(lex_spm *spm, lex_str rest, lex_err *err)
{
    item field;
    while (rest.len > 0) {
        if (!read_item(&rest, &field))
            return broken(err);
        if (field.field == 3 && field.kind == 0)
            spm->is_bpe = field.number == 2;
        if (field.field == 3 && field.kind == 0 && field.number != 1 && field.number != 2)
            return lex_err_set(err, LEX_ERR_INPUT, "a sentencepiece model of words or characters, which is not known here");
        if (field.field == 35 && field.kind == 0)
            spm->byte_fallback = field.number != 0;
        if (field.field == 40 && field.kind == 0)
            spm->unknown_id = (int64_t)field.number;
    }
    return LEX_OK;
}

static lex_status read_normalizer(lex_spm *spm, lex_str rest, lex_err *err)
{
    item field;
    while (rest.len > 0) {
        if (!read_item(&rest, &field))
            return broken(err);
        if (field.field == 2 && field.kind == 2)
            spm->charsmap = field.bytes;
    }
    return LEX_OK;
}

static lex_status add_piece(lex_spm *spm, lex_str bytes, lex_arena *arena, int64_t *capacity, lex_err *err)
{
    lex_spm_piece piece;
    lex_status st = read_piece(&piece, bytes, err);
    if (st != LEX_OK)
        return st;
    if (spm->n_pieces == LEX_VOCAB_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "more than %d tokens", LEX_VOCAB_MAX);
    if (piece.text.len == 0 || lex_utf8_valid_prefix(piece.text) != piece.text.len ||
        memchr(piece.text.ptr, '\0', piece.text.len) != NULL)
        return lex_err_set(err, LEX_ERR_INPUT, "piece %lld is empty or not valid text", (long long)spm->n_pieces);
    if (!(piece.score > -1e30f && piece.score < 1e30f))
        return lex_err_set(err, LEX_ERR_INPUT, "the score of piece %lld is not a number", (long long)spm->n_pieces);
    if (spm->n_pieces == *capacity) {
        lex_spm_piece *more = lex_arena_array(arena, (size_t)(2 * *capacity + 256), sizeof *more);
        if (spm->n_pieces > 0)
            memcpy(more, spm->pieces, (size_t)spm->n_pieces * sizeof *more);
        spm->pieces = more;
        *capacity = 2 * *capacity + 256;
    }
    spm->pieces[spm->n_pieces++] = piece;
    return LEX_OK;
}

lex_status lex_spm_read(lex_spm *out, lex_str bytes, lex_arena *arena, lex_err *err)
{
    int64_t capacity = 0;
    item field;
    lex_status st = LEX_OK;
    *out = (lex_spm){0};
    while (bytes.len > 0) {
        if (!read_item(&bytes, &field))
            return broken(err);
        if (field.kind != 2)
            continue;
        if (field.field == 1)
            LEX_TRY(add_piece(out, field.bytes, arena, &capacity, err));
        else if (field.field == 2)
            LEX_TRY(read_trainer(out, field.bytes, err));
        else if (field.field == 3)
            LEX_TRY(read_normalizer(out, field.bytes, err));
    }
    if (out->n_pieces == 0)
        return broken(err);
    if (out->unknown_id < 0 || out->unknown_id >= out->n_pieces)
        st = lex_err_set(err, LEX_ERR_INPUT, "the unknown piece has number %lld of %lld", (long long)out->unknown_id,
                         (long long)out->n_pieces);
done:
    return st;
}
