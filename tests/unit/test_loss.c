/* test_loss.c - binary cross-entropy with weights for true labels, and its gradient, against torch (golden/loss). */
#include "check.h"
#include "fixture.h"
#include "lexclf/encoder.h"

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
    return lex_loss(LEX_TASK_MULTI, logits->values, n_records, K, NULL, targets, pos_weights, 1.0 / (double)n_records,
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

int main(void)
{
    fixture_open(&golden, "golden/loss/loss");
    for (int number = 0; number < 5; number++) {
        test_reference(number);
        test_ones(number);
    }
    fixture_close(&golden);
    return check_report("loss");
}
