/* zip.c - finds the directory at the end of a zip file and the place of each entry, believing no number before it is
 * compared with the file's length. What is compressed or encrypted keeps its name and has no data. */
#include "zip.h"

#include <stdlib.h>
#include <string.h>

enum { END_BYTES = 22, COMMENT_MAX = 65535, LOCATOR_BYTES = 20, END64_BYTES = 56, CENTRAL_BYTES = 46, LOCAL_BYTES = 30 };
enum { END_SIGN = 0x06054b50, LOCATOR_SIGN = 0x07064b50, END64_SIGN = 0x06064b50, CENTRAL_SIGN = 0x02014b50,
       LOCAL_SIGN = 0x04034b50, ZIP64_EXTRA = 1, ENCRYPTED = 1 };
#define IN_ZIP64 0xFFFFFFFFu /* a 32-bit field whose number is in the Zip64 part */

typedef struct {
    uint64_t n_entries, size, offset; /* of the directory */
} directory;

static uint64_t number(const unsigned char *at, int n_bytes)
{
    uint64_t value = 0;
    for (int i = n_bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static uint32_t u16(const unsigned char *at)
{
    return (uint32_t)number(at, 2);
}

static uint32_t u32(const unsigned char *at)
{
    return (uint32_t)number(at, 4);
}

static lex_status bad(lex_err *err, const char *reason)
{
    return lex_err_set(err, LEX_ERR_INPUT, "not a valid zip file: %s", reason);
}

bool lex_is_zip(const unsigned char *bytes, size_t len)
{
    return len >= 4 && (u32(bytes) == LOCAL_SIGN || u32(bytes) == END_SIGN);
}

/* The last place where an end of the directory may stand, or NULL. */
static const unsigned char *find_end(const unsigned char *bytes, size_t len)
{
    for (size_t back = END_BYTES; back <= len && back <= END_BYTES + COMMENT_MAX; back++) {
        const unsigned char *at = bytes + len - back;
        if (u32(at) == END_SIGN && u16(at + 20) == back - END_BYTES)
            return at;
    }
    return NULL;
}

static lex_status read_end(directory *out, const unsigned char *bytes, size_t len, lex_err *err)
{
    const unsigned char *end = find_end(bytes, len);
    if (!end)
        return bad(err, "its directory is missing: it is cut short");
    *out = (directory){u16(end + 10), u32(end + 12), u32(end + 16)};
    size_t before = (size_t)(end - bytes);
    uint32_t disk = u16(end + 4);
    if (before >= LOCATOR_BYTES && u32(end - LOCATOR_BYTES) == LOCATOR_SIGN) {
        uint64_t at = number(end - LOCATOR_BYTES + 8, 8);
        if (at > before || before - at < END64_BYTES || u32(bytes + at) != END64_SIGN)
            return bad(err, "its Zip64 directory lies elsewhere than it says");
        const unsigned char *end64 = bytes + at;
        disk = u32(end64 + 16);
        *out = (directory){number(end64 + 32, 8), number(end64 + 40, 8), number(end64 + 48, 8)};
    }
    if (disk != 0)
        return bad(err, "it is one of several volumes");
    if (out->offset > before || out->size > before - out->offset)
        return bad(err, "its directory lies outside of it");
    if (out->n_entries > out->size / CENTRAL_BYTES)
        return bad(err, "its directory is shorter than its entries");
    return LEX_OK;
}

/* The numbers that did not fit into 32 bits, in the order of APPNOTE 4.5.3. */
static bool read_extra(const unsigned char *extra, size_t len, uint64_t *const wide[3])
{
    for (size_t at = 0; at + 4 <= len;) {
        size_t size = u16(extra + at + 2), used = 0;
        if (size > len - at - 4)
            return false;
        if (u16(extra + at) == ZIP64_EXTRA) {
            for (int i = 0; i < 3; i++) {
                if (*wide[i] != IN_ZIP64)
                    continue;
                if (size - used < 8)
                    return false;
                *wide[i] = number(extra + at + 4 + used, 8);
                used += 8;
            }
        }
        at += 4 + size;
    }
    return true;
}

/* One entry of the directory at `at`, of which `room` bytes are there; *taken is its length. */
static lex_status read_entry(lex_zip_entry *out, size_t *taken, const unsigned char *at, size_t room,
                             const unsigned char *bytes, size_t len, lex_err *err)
{
    if (room < CENTRAL_BYTES || u32(at) != CENTRAL_SIGN)
        return bad(err, "an entry of its directory is damaged");
    uint64_t packed = u32(at + 20), size = u32(at + 24), local = u32(at + 42);
    size_t n_name = u16(at + 28), n_extra = u16(at + 30);
    *taken = CENTRAL_BYTES + n_name + n_extra + u16(at + 32);
    if (*taken > room || !read_extra(at + CENTRAL_BYTES + n_name, n_extra, (uint64_t *const[]){&size, &packed, &local}))
        return bad(err, "an entry of its directory is damaged");
    *out = (lex_zip_entry){.name = {(const char *)at + CENTRAL_BYTES, n_name}, .method = u16(at + 10)};
    if (local > len || len - local < LOCAL_BYTES || u32(bytes + local) != LOCAL_SIGN)
        return bad(err, "an entry is not where its directory says");
    size_t begin = LOCAL_BYTES + u16(bytes + local + 26) + u16(bytes + local + 28);
    if (begin > len - local || packed > len - local - begin)
        return bad(err, "an entry lies outside of it");
    if (out->method != 0 || (u16(at + 8) & ENCRYPTED))
        return LEX_OK;
    if (packed != size)
        return bad(err, "an entry that is stored as it is has two sizes");
    out->data = bytes + local + begin;
    out->len = (size_t)size;
    return LEX_OK;
}

static int by_name(const void *a, const void *b)
{
    return lex_str_compare(((const lex_zip_entry *)a)->name, ((const lex_zip_entry *)b)->name);
}

static lex_status read_entries(lex_zip *out, const directory *dir, const unsigned char *bytes, size_t len, lex_err *err)
{
    const unsigned char *at = bytes + dir->offset;
    size_t room = (size_t)dir->size;
    out->entries = lex_alloc_zeroed((size_t)dir->n_entries, sizeof *out->entries);
    while ((uint64_t)out->n_entries < dir->n_entries) {
        size_t taken = 0;
        lex_status st = read_entry(&out->entries[out->n_entries++], &taken, at, room, bytes, len, err);
        if (st != LEX_OK)
            return st;
        at += taken;
        room -= taken;
    }
    qsort(out->entries, (size_t)out->n_entries, sizeof *out->entries, by_name);
    for (int64_t i = 1; i < out->n_entries; i++)
        if (lex_str_equal(out->entries[i - 1].name, out->entries[i].name))
            return bad(err, "two entries have one name");
    return LEX_OK;
}

lex_status lex_zip_read(lex_zip *out, const unsigned char *bytes, size_t len, lex_err *err)
{
    directory dir = {0};
    memset(out, 0, sizeof *out);
    lex_status st = read_end(&dir, bytes, len, err);
    if (st == LEX_OK)
        st = read_entries(out, &dir, bytes, len, err);
    if (st != LEX_OK)
        lex_zip_release(out);
    return st;
}

void lex_zip_release(lex_zip *zip)
{
    free(zip->entries);
    memset(zip, 0, sizeof *zip);
}

const lex_zip_entry *lex_zip_find(const lex_zip *zip, lex_str name)
{
    lex_zip_entry key = {.name = name};
    if (zip->n_entries == 0)
        return NULL;
    return bsearch(&key, zip->entries, (size_t)zip->n_entries, sizeof key, by_name);
}
