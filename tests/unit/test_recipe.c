/* test_recipe.c - what the recipes fill in: rates by width, passes by the number of records, the length by what it loses. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "trainer/internal.h"

static lex_tokenizer *tokenizer;

/* A run of n records of `length` ids, a hundredth of them (at least one) of 500, read at 512. */
typedef struct {
    lex_run run;
    lex_model model;
    lex_train_summary summary;
} made;

static void make(made *m, lex_recipe recipe, int64_t width, int64_t n, int64_t length)
{
    memset(m, 0, sizeof *m);
    m->run.settled = lex_train_options_default();
    m->run.settled.recipe = recipe;
    m->run.options = &m->run.settled;
    m->run.model = &m->model;
    m->run.summary = &m->summary;
    m->model.config.width = width;
    m->model.config.n_positions = 512;
    m->model.pooling = LEX_POOLING_MEAN;
    m->model.tokenizer = tokenizer;
    m->summary.n_train = n;
    lex_recipe_begin(&m->run);
    lex_recipe_of_model(&m->run);
    m->run.max_length = m->run.settled.max_length;
    lex_dataset *train = &m->run.train;
    for (int64_t i = 0; i < n; i++) {
        lex_example example = {.ids_at = train->n_ids, .n = i % 100 ? length : 500};
        train->n_tokens += example.n - 2;
        for (int64_t k = 0; k < example.n; k++)
            LEX_PUSH(train->ids, train->n_ids, train->id_capacity, k == example.n - 1 ? 102 : (int32_t)(1000 + k));
        LEX_PUSH(train->examples, train->n_examples, train->example_capacity, example);
    }
    lex_recipe_of_data(&m->run);
}

static void release(made *m)
{
    free(m->run.train.ids);
    free(m->run.train.examples);
}

static void test_contracts(void)
{
    static const struct {
        int64_t width, n, epochs;
        double lr, head_lr;
    } rows[] = {{384, 5552, 8, 3e-4, 3e-3},     {768, 15427, 3, 7.5e-5, 7.5e-4}, {128, 100, 20, 3e-4, 3e-3},
                {1536, 3504, 13, 1.875e-5, 1.875e-4}, {384, 40000, 3, 3e-4, 3e-3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        made m;
        make(&m, LEX_RECIPE_CONTRACTS, rows[i].width, rows[i].n, 10);
        const lex_train_options *o = m.run.options;
        CHECK_INT(o->epochs, rows[i].epochs);
        CHECK_NEAR(o->lr, rows[i].lr, 0);
        CHECK_NEAR(o->head_lr, rows[i].head_lr, 0);
        CHECK_INT(o->batch_size, 32);
        CHECK(o->class_weight_power < 0 && o->pooling == LEX_POOLING_MEAN && o->distill_linear == 0.5);
        CHECK_STR(o->metric, LEX_METRIC_LAST);
        release(&m);
    }
}

static void test_classic(void)
{
    made m;
    make(&m, LEX_RECIPE_CLASSIC, 384, 5552, 200);
    const lex_train_options *o = m.run.options;
    CHECK(o->epochs == 5 && o->batch_size == 16 && o->lr == 2e-5 && o->head_lr == 2e-5 && o->class_weight_power == 0 && o->distill_linear == 0);
    CHECK(o->max_length == 128 && m.run.train.examples[1].n == 200 && o->pooling == LEX_POOLING_CLS);
    CHECK_STR(o->metric, "macro_f1");
    release(&m);
}

/* One record in a hundred is long: 400 to 490 ids are a twentieth of the others' as soon as these have 80 or so. */
static void test_length(void)
{
    static const struct {
        int64_t length, wanted;
    } rows[] = {{20, 512}, {40, 384}, {50, 256}, {60, 192}, {90, 128}, {100, 128}, {190, 192}, {250, 256}, {300, 384}, {450, 512}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        made m;
        make(&m, LEX_RECIPE_CONTRACTS, 384, 1000, rows[i].length);
        const lex_dataset *train = &m.run.train;
        int64_t cut = 0, lost = 0;
        for (int64_t k = 0; k < 1000; k++) {
            int64_t before = k % 100 ? rows[i].length : 500, after = before < rows[i].wanted ? before : rows[i].wanted;
            const int32_t *ids = train->ids + train->examples[k].ids_at;
            cut += after < before;
            lost += before - after;
            CHECK(train->examples[k].n == after && ids[after - 1] == 102 && ids[after - 2] == 1000 + after - 2);
        }
        CHECK_INT(m.run.max_length, rows[i].wanted);
        CHECK_INT(m.run.settled.max_length, rows[i].wanted);
        CHECK_INT(train->n_long, rows[i].wanted < 512 ? cut : 0);
        CHECK_INT(train->n_beyond, lost);
        CHECK((double)lost <= 0.05 * (double)train->n_tokens);
        release(&m);
    }
}

/* Without labels that exclude each other there is nothing to teach; without terms, nobody who could; with ever so many labels,
 * no time. */
static void test_teacher(void)
{
    for (int i = 0; i < 4; i++) {
        lex_run run = {.settled = lex_train_options_default()};
        lex_train_summary summary = {.n_train = 100};
        run.options = &run.settled;
        run.summary = &summary;
        lex_recipe_begin(&run);
        CHECK(run.settled.distill_linear < 0);
        run.labels.task = i == 1 ? LEX_TASK_MULTI : LEX_TASK_SINGLE;
        run.train.is_uncounted = i == 2;
        run.labels.n_outputs = i == 3 ? 100000 : 2;
        lex_recipe_of_data(&run);
        CHECK(run.teacher_is_auto && run.settled.distill_linear == (i == 0 ? 0.5 : 0));
    }
}

int main(void)
{
    lex_err err = {0};
    if (!CHECK(lex_tokenizer_open(&tokenizer, LEX_TESTS_DIR "/golden/tokenizer/uncased", &err) == LEX_OK))
        return 1;
    test_contracts();
    test_classic();
    test_teacher();
    test_length();
    lex_tokenizer_free(tokenizer);
    return check_report("recipe");
}
