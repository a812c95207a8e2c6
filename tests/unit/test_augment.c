/* test_augment.c - texts changed on the fly: how often, never special tokens, the same for the same seed, epoch and row. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "trainer/internal.h"

enum { LENGTH = 40, TEXTS = 500 };

static int compare_ids(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

/* Does `augment` to many texts of distinct ordinary ids between two special ones; counts what has happened. */
static void augmented(const lex_tokenizer *tokenizer, lex_augment augment, int64_t *n_masked, int64_t *n_dropped,
                      int64_t *n_moved)
{
    lex_err err = {0};
    lex_augmenter *a = NULL;
    int32_t text[LENGTH], mask = lex_tokenizer_mask_id(tokenizer);
    CHECK(lex_augmenter_new(&a, &augment, tokenizer, &err) == LEX_OK);
    text[0] = 0;
    for (int32_t id = 0, n = 1; n < LENGTH; id++)
        if (!lex_tokenizer_is_special(tokenizer, id))
            text[n++] = id;
    for (int32_t id = 0; !lex_tokenizer_is_special(tokenizer, text[0]); id++)
        text[0] = id;
    text[LENGTH - 1] = text[0];
    *n_masked = *n_dropped = *n_moved = 0;
    for (int64_t row = 0; row < TEXTS; row++) {
        lex_train_example one = {.ids = text, .n = LENGTH}, again = one, other = one;
        lex_augmenter_apply(a, &one, 7, 3, row);
        lex_augmenter_apply(a, &again, 7, 3, row);
        lex_augmenter_apply(a, &other, 7, 4, row);
        CHECK(one.n == again.n && memcmp(one.ids, again.ids, (size_t)one.n * sizeof *one.ids) == 0);
        CHECK(one.n != other.n || memcmp(one.ids, other.ids, (size_t)one.n * sizeof *one.ids) != 0 || row > 0);
        CHECK(one.ids[0] == text[0] && one.ids[one.n - 1] == text[0]);
        *n_dropped += LENGTH - one.n;
        for (int64_t i = 1; i < one.n - 1; i++) {
            *n_masked += one.ids[i] == mask;
            *n_moved += one.ids[i] != mask && one.n == LENGTH && one.ids[i] != text[i];
        }
        if (augment.swap > 0 && augment.mask == 0 && augment.drop == 0) {
            int32_t sorted[LENGTH];
            memcpy(sorted, one.ids, sizeof sorted);
            qsort(sorted + 1, LENGTH - 2, sizeof *sorted, compare_ids);
            CHECK(memcmp(sorted, text, sizeof sorted) == 0); /* nothing is lost */
        }
        lex_augmenter_clear(a);
    }
    lex_augmenter_free(a);
}

static void test_augment(void)
{
    lex_err err = {0};
    lex_tokenizer *tokenizer = NULL;
    int64_t masked, dropped, moved, all = TEXTS * (LENGTH - 2);
    if (!CHECK(lex_tokenizer_open(&tokenizer, LEX_TESTS_DIR "/golden/tokenizer/uncased", &err) == LEX_OK))
        return;
    CHECK(lex_tokenizer_mask_id(tokenizer) >= 0);
    CHECK(lex_tokenizer_is_special(tokenizer, lex_tokenizer_mask_id(tokenizer)));
    CHECK(lex_tokenizer_is_special(tokenizer, lex_tokenizer_unknown_id(tokenizer)));
    augmented(tokenizer, (lex_augment){.mask = 0.2}, &masked, &dropped, &moved);
    CHECK_NEAR((double)masked / (double)all, 0.2, 0.01);
    CHECK(dropped == 0 && moved == 0);
    augmented(tokenizer, (lex_augment){.drop = 0.1}, &masked, &dropped, &moved);
    CHECK_NEAR((double)dropped / (double)all, 0.1, 0.01);
    CHECK_INT(masked, 0);
    augmented(tokenizer, (lex_augment){.swap = 0.05}, &masked, &dropped, &moved);
    CHECK_NEAR((double)moved / (double)all, 0.1, 0.02); /* two to an exchange */
    CHECK(masked == 0 && dropped == 0);
    augmented(tokenizer, (lex_augment){.mask = 0.9, .drop = 0.9, .swap = 0.9}, &masked, &dropped, &moved);
    CHECK(masked > 0 && dropped > 0);
    lex_augmenter *a = NULL;
    int32_t lone = 0;
    while (lex_tokenizer_is_special(tokenizer, lone))
        lone++;
    CHECK(lex_augmenter_new(&a, &(lex_augment){.drop = 0.9}, tokenizer, &err) == LEX_OK);
    for (int64_t row = 0; row < 100; row++) {
        lex_train_example example = {.ids = &lone, .n = 1};
        lex_augmenter_apply(a, &example, 1, 1, row);
        CHECK(example.n == 1 && example.ids[0] == lone); /* the last one stays */
    }
    lex_augmenter_free(a);
    lex_tokenizer_free(tokenizer);
}

/* Ascending, distinct, each window about as often as any other; other ones in another stream. */
static void test_drawn_windows(bool first)
{
    enum { ALL = 9, MOST = 4, DRAWS = 20000 };
    int64_t counts[ALL] = {0}, drawn[MOST], other[MOST], n_same = 0;
    for (int64_t i = 0; i < DRAWS; i++) {
        lex_rng rng;
        lex_rng_init(&rng, 5, (uint64_t)i);
        lex_draw_windows(drawn, MOST, ALL, first, &rng);
        for (int64_t w = 0; w < MOST; w++) {
            CHECK(drawn[w] >= 0 && drawn[w] < ALL && (w == 0 || drawn[w] > drawn[w - 1]));
            counts[drawn[w]]++;
        }
        lex_rng_init(&rng, 6, (uint64_t)i);
        lex_draw_windows(other, MOST, ALL, first, &rng);
        n_same += memcmp(drawn, other, sizeof drawn) == 0;
    }
    const double share = first ? (MOST - 1.0) / (ALL - 1.0) : (double)MOST / ALL; /* its standard deviation: 0.0035 */
    CHECK_INT(first ? counts[0] : DRAWS, DRAWS);
    for (int64_t w = first; w < ALL; w++)
        CHECK_NEAR((double)counts[w] / DRAWS, share, 0.015);
    CHECK(n_same < DRAWS / 20); /* one choice in 126, or in 56 */
}

int main(void)
{
    test_drawn_windows(false);
    test_drawn_windows(true);
    test_augment();
    return check_report("augment");
}
