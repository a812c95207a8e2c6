/* test_loss.c - losses with weights, smoothing and focus, the divergence of two answers, their gradients, and schedules,
 * against torch and transformers (golden/loss). */
#include "check.h"
#include "fixture.h"
#include "lexclf/trainer.h"

enum { CELLS_MAX = 16 * 37 };

static fixture golden;

static const fixture_array *array_of(int number, const char *name)
{
    char full[40];
    snprintf(full, sizeof full, "%d.%s", number, name);
    return fixture_get(&golden, full);
}

/* The loss of the case, and its gradient, with weights or with NULL for none. */
static double loss_of(int number, bool weighted, float *dlogits)
{
    const fixture_array *logits = array_of(number, "logits"), *weights = array_of(number, "pos_weights");
    uint8_t targets[CELLS_MAX];
    double pos_weights[64];
    int64_t n_records = logits->shape[0], K = logits->count / n_records;
    LEX_ASSERT(logits->count <= CELLS_MAX && K <= 64);
    for (int64_t i = 0; i < logits->count; i++)
        targets[i] = array_of(number, "targets")->values[i] > 0;
    for (int64_t k = 0; k < K; k++)
        pos_weights[k] = weighted ? (double)weights->values[k] : 1;
    lex_loss_options options = {.weights = pos_weights};
    return lex_loss(LEX_TASK_MULTI, logits->values, n_records, K, NULL, targets, &options, 1.0 / (double)n_records,
                    dlogits);
}

static void test_reference(int number)
{
    float dlogits[CELLS_MAX];
    double want = (double)array_of(number, "loss")->values[0], got = loss_of(number, true, dlogits), worst = 0;
    const fixture_array *gradient = array_of(number, "dlogits");
    CHECK_NEAR(got, want, 1e-6 * fmax(1, want));
    for (int64_t i = 0; i < gradient->count; i++)
        worst = fmax(worst, fabs((double)dlogits[i] - (double)gradient->values[i]));
    CHECK(worst <= 1e-6);
    printf("  case %d: loss differs by %.2g, the gradient by %.2g at most\n", number, fabs(got - want), worst);
}

/* Weights of one are no weights, bit for bit. */
static void test_ones(int number)
{
    const fixture_array *logits = array_of(number, "logits");
    float with[CELLS_MAX], without[CELLS_MAX];
    uint8_t targets[CELLS_MAX];
    int64_t n_records = logits->shape[0], K = logits->count / n_records;
    for (int64_t i = 0; i < logits->count; i++)
        targets[i] = array_of(number, "targets")->values[i] > 0;
    double plain = lex_loss(LEX_TASK_MULTI, logits->values, n_records, K, NULL, targets, NULL, 1.0 / (double)n_records,
                            without);
    CHECK(loss_of(number, false, with) == plain);
    CHECK(memcmp(with, without, (size_t)logits->count * sizeof *with) == 0);
}

static void test_cross_entropy(char kind, int number)
{
    char name[40];
    const fixture_array *arrays[9] = {NULL};
    static const char *const names[] = {"logits", "labels", "weights", "smoothing", "loss", "dlogits", "gamma", "teacher", "share"};
    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "%c%d.%s", kind, number, names[i]);
        arrays[i] = i < 6 ? fixture_get(&golden, name) : fixture_find(&golden, "", name);
    }
    CHECK((arrays[6] != NULL) == (kind == 'f') && (arrays[7] && arrays[8]) == (kind == 't'));
    int64_t n_records = arrays[0]->shape[0], K = arrays[0]->count / n_records;
    int32_t labels[64];
    double weights[64], total = 0, worst = 0;
    float dlogits[CELLS_MAX];
    for (int64_t k = 0; k < K; k++)
        weights[k] = (double)arrays[2]->values[k];
    for (int64_t r = 0; r < n_records; r++) {
        labels[r] = (int32_t)arrays[1]->values[r];
        total += weights[labels[r]];
    }
    lex_loss_options options = {.weights = weights, .label_smoothing = (double)arrays[3]->values[0],
                                .focal = arrays[6] ? (double)arrays[6]->values[0] : 0,
                                .distill = arrays[8] ? (double)arrays[8]->values[0] : 0,
                                .teacher = arrays[7] ? arrays[7]->values : NULL};
    double got = lex_loss(LEX_TASK_SINGLE, arrays[0]->values, n_records, K, labels, NULL, &options, 1 / total, dlogits);
    double want = (double)arrays[4]->values[0];
    for (int64_t i = 0; i < arrays[5]->count; i++)
        worst = fmax(worst, fabs((double)dlogits[i] - (double)arrays[5]->values[i]));
    CHECK_NEAR(got, want, 1e-6 * fmax(1, want));
    CHECK(worst <= 1e-6);
    printf("  cross-entropy %c%d: loss differs by %.2g, the gradient by %.2g at most\n", kind, number, fabs(got - want), worst);
}

static void test_focal_sigmoid(int number)
{
    char name[40];
    const fixture_array *arrays[6];
    static const char *const names[] = {"logits", "targets", "pos_weights", "gamma", "loss", "dlogits"};
    uint8_t targets[CELLS_MAX];
    double weights[64], worst = 0;
    float dlogits[CELLS_MAX];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "g%d.%s", number, names[i]);
        arrays[i] = fixture_get(&golden, name);
    }
    int64_t n_records = arrays[0]->shape[0], K = arrays[0]->count / n_records;
    for (int64_t i = 0; i < arrays[0]->count; i++)
        targets[i] = arrays[1]->values[i] > 0;
    for (int64_t k = 0; k < K; k++)
        weights[k] = (double)arrays[2]->values[k];
    lex_loss_options options = {.weights = weights, .focal = (double)arrays[3]->values[0]};
    double want = (double)arrays[4]->values[0];
    double got = lex_loss(LEX_TASK_MULTI, arrays[0]->values, n_records, K, NULL, targets, &options,
                          1 / (double)n_records, dlogits);
    for (int64_t i = 0; i < arrays[5]->count; i++)
        worst = fmax(worst, fabs((double)dlogits[i] - (double)arrays[5]->values[i]));
    printf("  focal sigmoid %d: loss differs by %.2g, the gradient by %.2g at most\n", number, fabs(got - want), worst);
    CHECK_NEAR(got, want, 1e-6 * fmax(1, want));
    CHECK(worst <= 1e-6);
}

/* Certainty has no slope, whatever gamma: neither infinite nor not a number. */
static void test_focal_ends(void)
{
    float logits[] = {200, -200, 0}, dlogits[3];
    uint8_t targets[] = {1, 0, 0};
    int32_t label = 0;
    for (double gamma = 0.5; gamma <= 2; gamma *= 2) {
        lex_loss_options options = {.focal = gamma};
        double loss = lex_loss(LEX_TASK_SINGLE, logits, 1, 3, &label, NULL, &options, 1, dlogits);
        CHECK(loss >= 0 && loss < 1e-20 && dlogits[0] == 0 && dlogits[1] == 0);
        label = 1;
        CHECK_NEAR(lex_loss(LEX_TASK_SINGLE, logits, 1, 3, &label, NULL, &options, 1, dlogits), 400, 1e-3);
        CHECK_NEAR(dlogits[1], -1, 1e-6);
        label = 0;
        loss = lex_loss(LEX_TASK_MULTI, logits, 1, 3, NULL, targets, &options, 1, dlogits);
        CHECK_NEAR(loss, pow(0.5, gamma) * log(2) / 3, 1e-9);
        CHECK(dlogits[0] == 0 && dlogits[1] == 0);
    }
}

static void test_divergence(int number, lex_task task)
{
    char name[40];
    const fixture_array *arrays[5];
    static const char *const names[] = {"a", "b", "loss", "da", "db"};
    float gradients[2][CELLS_MAX] = {{0}};
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "d%d.%s.%s", number, task == LEX_TASK_SINGLE ? "single" : "multi", names[i]);
        arrays[i] = fixture_get(&golden, name);
    }
    int64_t n_records = arrays[0]->shape[0], K = arrays[0]->count / n_records;
    double want = (double)arrays[2]->values[0], worst = 0;
    double got = lex_divergence(task, arrays[0]->values, arrays[1]->values, n_records, K, 1 / (double)n_records,
                                gradients[0], gradients[1]);
    for (int side = 0; side < 2; side++)
        for (int64_t i = 0; i < arrays[0]->count; i++)
            worst = fmax(worst, fabs((double)gradients[side][i] - (double)arrays[3 + side]->values[i]));
    printf("  divergence %d: differs by %.2g, the gradients by %.2g at most\n", number, fabs(got - want), worst);
    CHECK_NEAR(got, want, 1e-6 * fmax(1, want));
    CHECK(worst <= 1e-6);
}

static void test_schedules(void)
{
    static const char *const names[] = {"linear", "constant", "cosine", "inverse_sqrt"}; /* in the order of the type */
    for (int s = 0; s < 4; s++) {
        for (int warmup = 0; warmup <= 7; warmup += 7) {
            lex_schedule_options schedule = {.shape = (lex_schedule)s};
            char name[60];
            snprintf(name, sizeof name, "schedule.%s.%d", names[s], warmup);
            const fixture_array *want = fixture_get(&golden, name);
            CHECK_INT(want->count, 50);
            for (int64_t step = 0; step < want->count; step++)
                CHECK_NEAR(lex_schedule_factor(&schedule, step, 50, warmup), (double)want->values[step], 1e-6);
        }
    }
}

static void test_polynomial(void)
{
    lex_schedule_options schedule = {LEX_SCHEDULE_POLYNOMIAL, 2, 0.1};
    for (int warmup = 0; warmup <= 7; warmup += 7) {
        char name[60];
        snprintf(name, sizeof name, "polynomial.%d", warmup);
        const fixture_array *want = fixture_get(&golden, name);
        for (int64_t step = 0; step < want->count; step++)
            CHECK_NEAR(lex_schedule_factor(&schedule, step, 50, warmup), (double)want->values[step], 1e-6);
        CHECK_NEAR(lex_schedule_factor(&schedule, 60, 50, warmup), 0.1, 1e-12);
    }
}

int main(void)
{
    fixture_open(&golden, "golden/loss/loss");
    for (int number = 0; number < 5; number++) {
        test_reference(number);
        test_ones(number);
    }
    for (int number = 0; number < 3; number++)
        test_cross_entropy('c', number);
    for (int number = 0; number < 3; number++)
        test_cross_entropy('t', number);
    for (int number = 0; number < 3; number++) {
        test_cross_entropy('f', number);
        test_focal_sigmoid(number);
    }
    test_focal_ends();
    for (int number = 0; number < 2; number++) {
        test_divergence(number, LEX_TASK_SINGLE);
        test_divergence(number, LEX_TASK_MULTI);
    }
    test_schedules();
    test_polynomial();
    fixture_close(&golden);
    return check_report("loss");
}
