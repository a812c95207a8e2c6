/* test_cuda_rows.c - the kernels of the CUDA plugin against layer normalisation in double, on the CPU (cuda_on_cpu.h) and, where
 * there is a device, on it; what is done with a plugin that fails, or that does not agree with libtorch; and the plugin that
 * was built. */
#include <dlfcn.h>

#include "cuda_on_cpu.h"
#include "numbers.h"

enum { ROWS = 6, TABLE_ROWS = 9 };

static const struct {
    lex_precision precision;
    const char *name;
    double tolerance; /* of the largest value */
} precisions[] = {{LEX_PRECISION_FP32, "fp32", 1e-6}, {LEX_PRECISION_BF16, "bf16", 0x1p-8}, {LEX_PRECISION_FP16, "fp16", 0x1p-11}};

static lex_runtime *open_runtime(const char *device)
{
    lex_err err = {0};
    lex_runtime *runtime = NULL;
    if (lex_runtime_open(&runtime, device, 1, &err) != LEX_OK)
        return NULL;
    lex_runtime_by_library(runtime);
    return runtime;
}

static lex_tensor *random_tensor(lex_scope *scope, int64_t rows, int64_t columns, uint64_t stream, double spread)
{
    float *values = random_floats(rows * columns, stream, spread);
    int64_t sizes[2] = {rows, columns};
    lex_tensor *tensor = rows > 1 ? lex_tensor_from(scope, LEX_F32, 2, sizes, values) : lex_tensor_from(scope, LEX_F32, 1, sizes + 1, values);
    free(values);
    return tensor;
}

/* sums (n, columns), in place; the largest value. */
static double norm_in_double(double *sums, int64_t n, int64_t columns, const float *weight, const float *bias, double eps)
{
    double largest = 0;
    for (int64_t t = 0; t < n; t++) {
        double *row = sums + t * columns, mean = 0, variance = 0;
        for (int64_t c = 0; c < columns; c++)
            mean += row[c] / (double)columns;
        for (int64_t c = 0; c < columns; c++)
            variance += (row[c] - mean) * (row[c] - mean) / (double)columns;
        for (int64_t c = 0; c < columns; c++) {
            row[c] = (row[c] - mean) / sqrt(variance + eps) * (double)weight[c] + (double)bias[c];
            largest = fmax(largest, fabs(row[c]));
        }
    }
    return largest;
}

static double apart(const float *got, const double *want, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = isnan(got[i]) ? INFINITY : fmax(largest, fabs((double)got[i] - want[i]));
    return largest;
}

/* Everything rounded to the precision first. */
static double check_add_norm(lex_runtime *runtime, const lex_cuda_table *table, int64_t columns, double tolerance)
{
    const double eps = 1e-12;
    char why[LEX_CUDA_WHY_BYTES] = "";
    lex_err err = {0};
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *x = lex_for_products(scope, random_tensor(scope, ROWS, columns, 1, 2));
    lex_tensor *beside = lex_for_products(scope, random_tensor(scope, ROWS, columns, 2, 1));
    lex_tensor *weight = lex_for_products(scope, random_tensor(scope, 1, columns, 3, 1));
    lex_tensor *bias = lex_for_products(scope, random_tensor(scope, 1, columns, 4, 0.5));
    lex_tensor *y = lex_tensor_clone(scope, x);
    const lex_cuda_rows rows = {runtime->device, x->t.dtype, ROWS, columns, (float)eps};
    float *of_x = values_of(scope, x), *of_beside = values_of(scope, beside);
    float *of_weight = values_of(scope, weight), *of_bias = values_of(scope, bias);
    double *want = lex_alloc_array((size_t)(ROWS * columns), sizeof *want);
    for (int64_t i = 0; i < ROWS * columns; i++)
        want[i] = (double)of_x[i] + (double)of_beside[i];
    double largest = norm_in_double(want, ROWS, columns, of_weight, of_bias, eps);
    lex_tensor_zero(scope, y);
    CHECK(table->add_norm(&rows, x->t.data, beside->t.data, weight->t.data, bias->t.data, y->t.data, why));
    float *got = values_of(scope, y);
    double error = apart(got, want, ROWS * columns) / largest;
    CHECK(error <= tolerance);
    CHECK(table->add_norm(&rows, x->t.data, beside->t.data, weight->t.data, bias->t.data, x->t.data, why)); /* in place */
    float *again = values_of(scope, x);
    CHECK(memcmp(got, again, (size_t)(ROWS * columns) * sizeof *got) == 0);
    CHECK_INT(lex_scope_status(scope, &err), LEX_OK);
    free(of_x);
    free(of_beside);
    free(of_weight);
    free(of_bias);
    free(want);
    free(got);
    free(again);
    lex_scope_free(scope);
    return error;
}

/* Of two tables, and of three; float32 in, the precision out. Rounding is libtorch's, bit for bit. */
static double check_embed_norm(lex_runtime *runtime, const lex_cuda_table *table, int64_t columns, int n_tables, double tolerance)
{
    static const int64_t ids[LEX_CUDA_TABLES][ROWS] = {{8, 0, 3, 3, 7, 1}, {0, 1, 2, 3, 4, 5}, {1, 0, 0, 1, 1, 0}};
    const double eps = 1e-5;
    const int64_t n_rows = ROWS;
    char why[LEX_CUDA_WHY_BYTES] = "";
    lex_err err = {0};
    lex_scope *scope = lex_scope_new(runtime);
    const float *tables[LEX_CUDA_TABLES] = {NULL};
    const int64_t *chosen[LEX_CUDA_TABLES] = {NULL};
    double *want = lex_alloc_zeroed((size_t)(ROWS * columns), sizeof *want);
    for (int i = 0; i < n_tables; i++) {
        lex_tensor *values = random_tensor(scope, TABLE_ROWS, columns, (uint64_t)(10 + i), 1);
        float *read = values_of(scope, values);
        for (int64_t j = 0; j < ROWS * columns; j++)
            want[j] += (double)read[ids[i][j / columns] * columns + j % columns];
        free(read);
        tables[i] = values->t.data;
        chosen[i] = lex_tensor_from(scope, LEX_I64, 1, &n_rows, ids[i])->t.data;
    }
    lex_tensor *weight = random_tensor(scope, 1, columns, 20, 1), *bias = random_tensor(scope, 1, columns, 21, 0.5);
    float *of_weight = values_of(scope, weight), *of_bias = values_of(scope, bias);
    double largest = norm_in_double(want, ROWS, columns, of_weight, of_bias, eps);
    lex_tensor *plain = lex_tensor_zeros(scope, LEX_F32, 2, (int64_t[]){ROWS, columns});
    lex_tensor *rounded = lex_tensor_zeros(scope, runtime->library_products, 2, (int64_t[]){ROWS, columns});
    lex_cuda_rows rows = {runtime->device, plain->t.dtype, ROWS, columns, (float)eps};
    CHECK(table->embed_norm(&rows, tables, chosen, weight->t.data, bias->t.data, plain->t.data, why));
    rows.dtype = rounded->t.dtype;
    CHECK(table->embed_norm(&rows, tables, chosen, weight->t.data, bias->t.data, rounded->t.data, why));
    float *got = values_of(scope, rounded), *library = values_of(scope, lex_for_products(scope, plain));
    double error = apart(got, want, ROWS * columns) / largest;
    CHECK(error <= tolerance);
    CHECK(memcmp(got, library, (size_t)(ROWS * columns) * sizeof *got) == 0);
    CHECK_INT(lex_scope_status(scope, &err), LEX_OK);
    free(want);
    free(of_weight);
    free(of_bias);
    free(got);
    free(library);
    lex_scope_free(scope);
    return error;
}

static void test_kernels(lex_runtime *runtime, const lex_cuda_table *table)
{
    static const int64_t columns[] = {4, 64, 384, 516, 768, 1024, 1536, 2048};
    lex_err err = {0};
    for (size_t p = 0; p < sizeof precisions / sizeof *precisions; p++) {
        double worst = 0;
        CHECK_INT(lex_runtime_use(runtime, precisions[p].precision, &err), LEX_OK);
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
            worst = fmax(worst, check_add_norm(runtime, table, columns[i], precisions[p].tolerance));
            worst = fmax(worst, check_embed_norm(runtime, table, columns[i], 2 + (int)(i % 2), precisions[p].tolerance));
        }
        printf("  %s, %s: %.2g of the largest value from double\n", lex_runtime_device(runtime), precisions[p].name, worst);
    }
    char why[LEX_CUDA_WHY_BYTES] = "";
    float nothing = 0;
    for (int64_t i = 6; i <= LEX_CUDA_COLUMNS_MAX + 4; i += LEX_CUDA_COLUMNS_MAX - 2) { /* 6, 2052 */
        const lex_cuda_rows rows = {runtime->device, LEX_CUDA_F32, 1, i, 0};
        CHECK(!table->add_norm(&rows, &nothing, &nothing, &nothing, &nothing, &nothing, why));
    }
}

/* ---- what is done with it ---- */

static int n_calls;

static bool lies(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias, void *y, char *why)
{
    n_calls++;
    bool done = lex_cuda_on_cpu.add_norm(rows, x, beside, weight, bias, y, why);
    ((float *)y)[rows->n_columns] += 20; /* in its second row */
    return done;
}

static bool fails(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias, void *y, char *why)
{
    (void)rows, (void)x, (void)beside, (void)weight, (void)bias, (void)y;
    n_calls++;
    snprintf(why, LEX_CUDA_WHY_BYTES, "no such device");
    return false;
}

static bool works(const lex_cuda_rows *rows, const void *x, const void *beside, const void *weight, const void *bias, void *y, char *why)
{
    n_calls++;
    return lex_cuda_on_cpu.add_norm(rows, x, beside, weight, bias, y, why);
}

static bool embeds(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids, const float *weight,
                   const float *bias, void *y, char *why)
{
    n_calls++;
    return lex_cuda_on_cpu.embed_norm(rows, tables, ids, weight, bias, y, why);
}

static bool embeds_wrongly(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids, const float *weight,
                           const float *bias, void *y, char *why)
{
    const int64_t *swapped[LEX_CUDA_TABLES] = {ids[1], ids[0], ids[2]};
    n_calls++;
    return lex_cuda_on_cpu.embed_norm(rows, tables, swapped, weight, bias, y, why);
}

static bool fails_to_embed(const lex_cuda_rows *rows, const float *const *tables, const int64_t *const *ids, const float *weight,
                           const float *bias, void *y, char *why)
{
    (void)tables, (void)ids;
    return fails(rows, NULL, NULL, weight, bias, y, why);
}

/* How far two tensors are apart. */
static double compared(lex_scope *scope, lex_tensor *a, lex_tensor *b)
{
    lex_err err = {0};
    double largest = 0;
    float *x = values_of(scope, a), *y = values_of(scope, b);
    for (int64_t i = 0; i < lex_tensor_count(a); i++)
        largest = isnan(x[i]) ? INFINITY : fmax(largest, fabs((double)(x[i] - y[i])));
    CHECK_INT(lex_scope_status(scope, &err), LEX_OK);
    free(x);
    free(y);
    return largest;
}

enum { C = 64 };

static double sum_once(lex_runtime *runtime)
{
    lex_scope *scope = lex_scope_new(runtime);
    lex_tensor *x = random_tensor(scope, ROWS, C, 1, 1), *beside = random_tensor(scope, ROWS, C, 2, 1);
    lex_tensor *weight = random_tensor(scope, 1, C, 3, 1), *bias = random_tensor(scope, 1, C, 4, 1);
    lex_layer_norm_saved saved;
    lex_tensor *want = lex_add_layer_norm(scope, lex_tensor_clone(scope, x), beside, weight, bias, 1e-5, &saved); /* not by it */
    double apart = compared(scope, lex_add_layer_norm(scope, x, beside, weight, bias, 1e-5, NULL), want);
    lex_scope_free(scope);
    return apart;
}

static double embed_once(lex_runtime *runtime)
{
    static const int64_t ids[2][ROWS] = {{8, 0, 3, 3, 7, 1}, {0, 1, 2, 3, 4, 5}};
    const int64_t n_rows = ROWS;
    lex_scope *scope = lex_scope_new(runtime);
    lex_embedded what = {.weight = random_tensor(scope, 1, C, 3, 1), .bias = random_tensor(scope, 1, C, 4, 1), .eps = 1e-5};
    lex_tensor *sum = NULL;
    for (int i = 0; i < 2; i++) {
        what.tables[i] = random_tensor(scope, TABLE_ROWS, C, (uint64_t)(10 + i), 1);
        what.ids[i] = lex_tensor_from(scope, LEX_I64, 1, &n_rows, ids[i]);
        lex_tensor *rows = lex_rows_take(scope, what.tables[i], what.ids[i]);
        sum = sum ? lex_add(scope, sum, rows) : rows;
    }
    lex_tensor *want = lex_layer_norm(scope, sum, what.weight, what.bias, 1e-5, NULL);
    double apart = compared(scope, lex_embed_norm(scope, &what, NULL), want);
    lex_scope_free(scope);
    return apart;
}

/* Three times the same; how far it is from libtorch's, and how often the plugin is called. */
static void check_use(lex_runtime *runtime, lex_cuda_table table, double (*once)(lex_runtime *runtime), int calls, double tolerance)
{
    n_calls = 0;
    lex_runtime_rows_by(runtime, &table);
    for (int i = 0; i < 3; i++)
        CHECK(once(runtime) <= tolerance);
    CHECK_INT(n_calls, calls);
    lex_runtime_rows_by(runtime, NULL);
}

static void test_trust(lex_runtime *runtime)
{
    lex_err err = {0};
    CHECK_INT(lex_runtime_use(runtime, LEX_PRECISION_FP32, &err), LEX_OK);
    check_use(runtime, (lex_cuda_table){works, NULL}, sum_once, 3, 1e-5);
    check_use(runtime, (lex_cuda_table){lies, NULL}, sum_once, 1, 0);
    check_use(runtime, (lex_cuda_table){fails, NULL}, sum_once, 1, 0);
    check_use(runtime, (lex_cuda_table){NULL, embeds}, embed_once, 3, 1e-5);
    check_use(runtime, (lex_cuda_table){NULL, embeds_wrongly}, embed_once, 1, 0);
    check_use(runtime, (lex_cuda_table){NULL, fails_to_embed}, embed_once, 1, 0);
}

/* On a device libtorch agrees with it. */
static void test_agreement(lex_runtime *cuda)
{
    lex_err err = {0};
    CHECK_INT(lex_runtime_use(cuda, LEX_PRECISION_FP32, &err), LEX_OK);
    CHECK(sum_once(cuda) <= 1e-4);
    CHECK(embed_once(cuda) <= 1e-4);
    for (int i = 0; i < 2; i++)
        CHECK_INT(cuda->by_plugin[i], LEX_FUSED_WORKS);
}

/* It opens without a driver, and says that there is none. */
static void test_plugin(bool has_device)
{
    void *plugin = dlopen("liblexclf_cuda.so", RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
        printf("  the plugin was not built\n");
        return;
    }
    void *symbol = dlsym(plugin, LEX_CUDA_SYMBOL);
    lex_cuda_table_fn get;
    memcpy(&get, &symbol, sizeof get);
    if (!CHECK(get && get(LEX_CUDA_VERSION)))
        return;
    CHECK(get(LEX_CUDA_VERSION + 1) == NULL);
    char why[LEX_CUDA_WHY_BYTES] = "";
    float nothing[4] = {0};
    const lex_cuda_rows rows = {0, LEX_CUDA_F32, 1, 4, 0};
    if (!has_device) {
        CHECK(!get(LEX_CUDA_VERSION)->add_norm(&rows, nothing, nothing, nothing, nothing, nothing, why));
        CHECK(strlen(why) > 0);
        printf("  the plugin without a device: %s\n", why);
    }
}

int main(void)
{
    lex_runtime *cpu = open_runtime("cpu"), *cuda = open_runtime("cuda");
    test_kernels(cpu, &lex_cuda_on_cpu);
    test_trust(cpu);
    test_plugin(cuda != NULL);
    if (cuda && cuda->cuda) {
        test_kernels(cuda, cuda->cuda);
        test_agreement(cuda);
    }
    lex_runtime_close(cpu);
    lex_runtime_close(cuda);
    return check_report("cuda_rows");
}
