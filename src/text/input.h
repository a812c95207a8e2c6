/* input.h - the bytes of a file, standard input or memory, decompressed where the name ends in .gz, and as UTF-8.
 *
 * Three layers, each read by the one above: lex_input (what lies on disk; feeds the digest), lex_gunzip, lex_decoder.
 * The decoder decides on the encoding by the rule of text.h, for which it reads a file through once and rewinds it.
 */
#ifndef LEXCLF_TEXT_INPUT_H
#define LEXCLF_TEXT_INPUT_H

#include "lexclf/text.h"

typedef struct lex_gunzip lex_gunzip;

typedef struct {
    int fd;         /* -1: memory */
    bool owns_fd;   /* not standard input */
    bool can_rewind;
    bool ahead;     /* being read for the first time of two: not digested */
    bool ended;
    int64_t start;  /* standard input may come from the middle of a file */
    lex_str memory; /* what is left */
    char *copy;     /* all of it */
    size_t copy_len, most; /* of memory at once */
    lex_gunzip *gunzip;    /* NULL: the bytes as they are */
    lex_sha256 *digest;    /* borrowed, may be NULL */
} lex_input;

/* LEX_ERR_INPUT when there is no such file or it is a folder. "-" is standard input. */
lex_status lex_input_open(lex_input *input, const char *path, lex_sha256 *digest, lex_err *err) LEX_MUST_CHECK;
/* Reads a copy of `bytes`; with `most` like a pipe, that many bytes at once. */
void lex_input_open_bytes(lex_input *input, const char *name, lex_str bytes, size_t most);
/* Bytes as they lie there, and as they are when decompressed. *got 0 says that there are no more. */
lex_status lex_input_raw(lex_input *input, void *to, size_t room, size_t *got, lex_err *err) LEX_MUST_CHECK;
lex_status lex_input_read(lex_input *input, void *to, size_t room, size_t *got, lex_err *err) LEX_MUST_CHECK;
lex_status lex_input_rewind(lex_input *input, lex_err *err) LEX_MUST_CHECK;
void lex_input_close(lex_input *input);

/* ---- gzip.c: RFC 1952, any number of members, each with its checksum compared ---- */
bool lex_gunzip_is_name(const char *path);
lex_gunzip *lex_gunzip_new(void);
void lex_gunzip_restart(lex_gunzip *gunzip);
lex_status lex_gunzip_read(lex_gunzip *gunzip, lex_input *from, void *to, size_t room, size_t *got,
                           lex_err *err) LEX_MUST_CHECK;
void lex_gunzip_free(lex_gunzip *gunzip);

/* ---- decode.c ---- */

typedef enum {
    LEX_DECODE_UTF8,      /* handed on as it is; source.c looks at every byte */
    LEX_DECODE_UNDECIDED, /* a pipe, ASCII so far */
    LEX_DECODE_ICONV
} lex_decode_kind;

typedef struct {
    lex_input *input;
    lex_decode_kind kind;
    char name[48];
    void *iconv;         /* an iconv_t, for ICONV */
    size_t unit;         /* bytes to go on after an invalid sequence */
    int64_t not_utf8_at; /* where the rule chose GB18030, the byte that is not UTF-8; else -1 */
    unsigned char *raw;  /* bytes [at, end) are read and not decoded */
    size_t at, end;
    int64_t offset; /* of raw[at] in the (decompressed) file */
    bool flushed;
} lex_decoder;

/* `encoding` as in lex_reader_options. */
lex_status lex_decoder_open(lex_decoder *decoder, lex_input *input, const char *encoding, lex_err *err) LEX_MUST_CHECK;
/* UTF-8 where the input is valid; `room` must be LEX_DECODE_ROOM or more. ICONV writes an invalid sequence as the byte
 * 0xFF, its offset in decimal digits and a colon, which lex_decoder_refuse() understands. *got 0: no more. */
enum { LEX_DECODE_ROOM = 64 };
lex_status lex_decoder_read(lex_decoder *decoder, char *to, size_t room, size_t *got, lex_err *err) LEX_MUST_CHECK;
/* Records what is wrong with text from lex_decoder_read() where it stops being UTF-8; returns LEX_ERR_INPUT. */
lex_status lex_decoder_refuse(const lex_decoder *decoder, lex_str from, int64_t offset, lex_err *err);
void lex_decoder_close(lex_decoder *decoder);

#endif
