/* tokenize_driver.c - encodes texts from standard input, for scripts/compare-tokenizer.
 *
 *     tokenize_driver DIR < texts > tokens
 *     tokenize_driver --time DIR < texts          (megabytes a second, on standard error)
 *
 * In: for every text its length as a 32-bit integer and its bytes. Out: for every text the number of its tokens as a
 * 32-bit integer, and for every token id, begin and end. All in the machine's byte order.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lexclf/json.h"
#include "lexclf/tokenizer.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void write_tokens(const lex_tokens *tokens)
{
    uint32_t n = (uint32_t)tokens->n;
    fwrite(&n, sizeof n, 1, stdout);
    fwrite(tokens->items, sizeof *tokens->items, n, stdout);
}

int main(int argc, char **argv)
{
    bool timed = argc == 3 && strcmp(argv[1], "--time") == 0;
    lex_err err = {0};
    lex_tokenizer *tokenizer = NULL;
    double opening = now_s();
    if (argc != 2 + timed || lex_tokenizer_open(&tokenizer, argv[argc - 1], &err) != LEX_OK) {
        fprintf(stderr, "tokenize_driver: %s\n", argc == 2 + timed ? err.message : "usage: [--time] DIR");
        return argc == 2 + timed ? (int)err.code : 2;
    }
    opening = now_s() - opening;
    lex_tokens tokens;
    lex_tokens_init(&tokens);
    lex_buf text;
    lex_buf_init(&text);
    uint32_t len;
    double seconds = 0, bytes = 0, n_tokens = 0;
    while (fread(&len, sizeof len, 1, stdin) == 1) {
        lex_buf_clear(&text);
        lex_buf_reserve(&text, len);
        if (fread(text.ptr, 1, len, stdin) != len)
            return 3;
        lex_str view = {text.ptr, len};
        LEX_ASSERT(lex_utf8_valid_prefix(view) == len);
        double start = now_s();
        lex_tokenizer_encode(tokenizer, view, &tokens);
        seconds += now_s() - start;
        bytes += len;
        n_tokens += (double)tokens.n;
        if (!timed)
            write_tokens(&tokens);
    }
    if (timed)
        fprintf(stderr, "opened in %.1f ms, %.1f MB, %.0f tokens, %.2f s, %.1f MB/s\n", 1e3 * opening, bytes / 1e6,
                n_tokens, seconds, bytes / 1e6 / seconds);
    lex_buf_release(&text);
    lex_tokens_release(&tokens);
    lex_tokenizer_free(tokenizer);
    return fflush(stdout) == 0 ? 0 : 4;
}
