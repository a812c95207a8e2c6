/* crc32c.c - the Castagnoli polynomial, 0x1EDC6F41, bit by bit reversed; a byte at a time is fast enough for logs. */
#include "lexclf/hash.h"

uint32_t lex_crc32c(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
    }
    return ~crc;
}
