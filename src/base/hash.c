/* hash.c - XXH3 by libxxhash, SHA-256 by OpenSSL's libcrypto (which uses the processor's SHA instructions). */
#include "lexclf/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <xxhash.h>

uint64_t lex_hash64(const void *bytes, size_t len)
{
    return XXH3_64bits(bytes, len);
}

struct lex_sha256 {
    EVP_MD_CTX *context;
};

lex_sha256 *lex_sha256_new(void)
{
    lex_sha256 *sha = lex_alloc(sizeof *sha);
    sha->context = EVP_MD_CTX_new();
    LEX_ASSERT(sha->context && EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL) == 1);
    return sha;
}

void lex_sha256_free(lex_sha256 *sha)
{
    if (!sha)
        return;
    EVP_MD_CTX_free(sha->context);
    free(sha);
}

void lex_sha256_add(lex_sha256 *sha, const void *bytes, size_t len)
{
    LEX_ASSERT(EVP_DigestUpdate(sha->context, bytes, len) == 1);
}

void lex_sha256_hex(lex_sha256 *sha, char hex[65])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    LEX_ASSERT(EVP_DigestFinal_ex(sha->context, digest, &n) == 1 && n == 32);
    for (unsigned int i = 0; i < n; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = '\0';
}
