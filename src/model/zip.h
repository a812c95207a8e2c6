/* zip.h - the directory of a zip file whose entries are stored as they are, which is how torch.save() packs tensors: an
 * entry is then a span of the mapped file, and nothing is copied.
 *
 * Nothing is decompressed, so that no file can grow on being read: a compressed or encrypted entry is refused when it is
 * asked for. Checksums of entries (CRC-32) are not compared. The format is PKWARE's APPNOTE 6.3, with Zip64. */
#ifndef LEXCLF_MODEL_ZIP_H
#define LEXCLF_MODEL_ZIP_H

#include "lexclf/memory.h"

typedef struct {
    lex_str name;              /* borrowed from the bytes */
    const unsigned char *data; /* NULL unless it is stored as it is */
    size_t len;
    unsigned method; /* 0: stored */
} lex_zip_entry;

typedef struct {
    lex_zip_entry *entries; /* in order of name, no two alike */
    int64_t n_entries;
} lex_zip;

/* Whether the bytes begin as a zip file does. */
bool lex_is_zip(const unsigned char *bytes, size_t len);
/* Reads the directory of `bytes`, which are borrowed. LEX_ERR_INPUT, without the file's name: cut short, an entry that
 * lies outside, two of one name, several volumes. */
lex_status lex_zip_read(lex_zip *out, const unsigned char *bytes, size_t len, lex_err *err) LEX_MUST_CHECK;
void lex_zip_release(lex_zip *zip);
/* NULL where there is none of that name. */
const lex_zip_entry *lex_zip_find(const lex_zip *zip, lex_str name);

#endif
