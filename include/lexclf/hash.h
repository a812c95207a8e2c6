/* hash.h - fingerprints: XXH3 (fast, against accidents), SHA-256 (FIPS 180-4, for people and other tools), and CRC-32C for
 * files of others that ask for it. */
#ifndef LEXCLF_HASH_H
#define LEXCLF_HASH_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* XXH3, 64 bits, seed 0. */
uint64_t lex_hash64(const void *bytes, size_t len);

/* CRC-32C (Castagnoli), as RFC 3720 appendix B.4 has it. */
uint32_t lex_crc32c(const void *bytes, size_t len);

typedef struct lex_sha256 lex_sha256;
lex_sha256 *lex_sha256_new(void);
void lex_sha256_free(lex_sha256 *sha);
void lex_sha256_add(lex_sha256 *sha, const void *bytes, size_t len);
/* 64 lower-case hexadecimal digits and a NUL. The object can only be freed after it. */
void lex_sha256_hex(lex_sha256 *sha, char hex[65]);

#ifdef __cplusplus
}
#endif
#endif
