/* fuzz_lint.c - any text through lint's walk: what is folded is valid, folded already, and no longer than the text; its
 * shingles fill the sketch in order, and the text is like itself. Bytes that are not UTF-8 end the text. */
#include <stdlib.h>
#include <string.h>

#include "../../src/lint/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lint_scan scan, again; /* large, and their memory is kept from input to input */
    lex_str text = {(const char *)data, size};
    text.len = lex_utf8_valid_prefix(text);
    lint_scan_text(&scan, text);
    lex_str folded = lex_buf_str(&scan.folded);
    LEX_ASSERT(folded.len <= text.len && lex_utf8_valid_prefix(folded) == folded.len);
    for (int i = 0; i < LINT_N_ODD; i++)
        LEX_ASSERT(scan.n_odd[i] == 0 || scan.odd_at[i] < text.len);

    lex_arena arena;
    lex_arena_init(&arena);
    lint_scan_text(&again, folded);
    LEX_ASSERT(lex_str_equal(lex_buf_str(&again.folded), folded) && again.n_words == scan.n_words);
    LEX_ASSERT(memcmp(again.shingles.least, scan.shingles.least, sizeof scan.shingles.least) == 0);
    lint_sketch sketch = lint_sketch_of(&scan.shingles, &arena), same = lint_sketch_of(&again.shingles, &arena);
    LEX_ASSERT(sketch.n <= LEX_LINT_SKETCH && (sketch.n > 0) == (scan.n_words > 0));
    for (int i = 1; i < sketch.n; i++)
        LEX_ASSERT(sketch.hashes[i - 1] < sketch.hashes[i]);
    if (sketch.n > 0) {
        uint32_t bands[LINT_BANDS];
        lint_bands_of(bands, &scan.shingles);
        LEX_ASSERT(lint_similarity(&sketch, &same) > 0.999999);
    }
    lex_arena_release(&arena);
    lex_buf_release(&scan.folded);
    lex_buf_release(&again.folded);
    return 0;
}
