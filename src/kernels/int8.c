/* int8.c - weights to integers and back, tables of them, and int8.h's blocks in plain C, which the others are compared
 * with. Nothing here is contracted to fused multiply-adds but where it says so: the bits are the same everywhere. */
#include <string.h>

#include "int8_rows.h"

bool lex_int8_runs_here(const lex_int8_kernels *set)
{
    __builtin_cpu_init();
    if (set == &lex_int8_reference)
        return true;
    if (set == &lex_int8_avx512_vnni)
        return lex_kernels_run_here(&lex_kernels_avx512) && __builtin_cpu_supports("avx512vnni");
    return lex_kernels_run_here(&lex_kernels_avx2);
}

const lex_int8_kernels *lex_int8_choose(void)
{
    const lex_int8_kernels *const sets[] = {&lex_int8_avx512_vnni, &lex_int8_avx2};
    for (int i = 0; i < 2; i++)
        if (lex_int8_runs_here(sets[i]))
            return sets[i];
    return NULL;
}

bool lex_int8_attends_rounded(const lex_int8_kernels *set)
{
    return set == &lex_int8_avx512_vnni && lex_kernels_run_here(&lex_kernels_avx512_bf16);
}

static int64_t groups_of(int64_t in)
{
    return (in + LEX_INT8_GROUP - 1) / LEX_INT8_GROUP;
}

size_t lex_int8_bytes(int64_t in, int64_t out)
{
    int64_t panels = (out + LEX_INT8_PANEL - 1) / LEX_INT8_PANEL;
    return (size_t)(panels * LEX_INT8_PANEL * groups_of(in) * LEX_INT8_GROUP);
}

/* For blocks of the widest elements, and for each row its lex_int8_row. */
size_t lex_int8_scratch(int64_t in)
{
    int64_t row_bytes = lex_int8_row_bytes(in, sizeof(int16_t)), least = LEX_INT8_BLOCK_ROWS_MIN * row_bytes;
    int64_t block = least > LEX_LINEAR_BLOCK_BYTES ? least : LEX_LINEAR_BLOCK_BYTES;
    return (size_t)block + LEX_INT8_BLOCK_ROWS_MAX * sizeof(lex_int8_row);
}

/* Where the integer of an output and an input lies. */
static int64_t place(int64_t groups, int64_t o, int64_t i)
{
    int64_t panel = o / LEX_INT8_PANEL * groups + i / LEX_INT8_GROUP;
    return (panel * LEX_INT8_PANEL + o % LEX_INT8_PANEL) * LEX_INT8_GROUP + i % LEX_INT8_GROUP;
}

/* The scale by which n numbers become integers. */
static float scale_of(const float *values, int64_t n)
{
    float largest = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            return NAN;
        largest = fabsf(values[i]) > largest ? fabsf(values[i]) : largest;
    }
    return largest / 127.0f;
}

static int8_t integer_of(float value, float scale)
{
    float q = value / scale;
    return q >= -127.0f && q <= 127.0f ? (int8_t)lrintf(q) : q > 127.0f ? 127 : q < -127.0f ? -127 : 0;
}

void lex_int8_pack(int8_t *values, float *scales, const float *weight, int64_t in, int64_t out)
{
    const int64_t groups = groups_of(in);
    memset(values, 0, lex_int8_bytes(in, out));
    for (int64_t o = 0; o < out; o++) {
        scales[o] = scale_of(weight + o * in, in);
        for (int64_t i = 0; i < in; i++)
            values[place(groups, o, i)] = integer_of(weight[o * in + i], scales[o]);
    }
}

void lex_int8_unpack(float *weight, const int8_t *values, const float *scales, int64_t in, int64_t out)
{
    const int64_t groups = groups_of(in);
    for (int64_t o = 0; o < out; o++)
        for (int64_t i = 0; i < in; i++)
            weight[o * in + i] = scales[o] * (float)values[place(groups, o, i)];
}

void lex_int8_sums(int32_t *sums, const int8_t *values, int64_t in, int64_t out)
{
    const int64_t groups = groups_of(in);
    memset(sums, 0, (size_t)out * sizeof *sums);
    for (int64_t first = 0; first < out; first += LEX_INT8_PANEL) {
        int64_t n = out - first < LEX_INT8_PANEL ? out - first : LEX_INT8_PANEL;
        for (int64_t g = 0; g < groups; g++, values += LEX_INT8_PANEL * LEX_INT8_GROUP)
            for (int64_t o = 0; o < n; o++)
                for (int64_t i = 0; i < LEX_INT8_GROUP; i++)
                    sums[first + o] += values[o * LEX_INT8_GROUP + i];
    }
}

void lex_int8_pack_rows(int8_t *values, float *scales, const float *table, int64_t n, int64_t width)
{
    for (int64_t r = 0; r < n; r++) {
        scales[r] = scale_of(table + r * width, width);
        for (int64_t c = 0; c < width; c++)
            values[r * width + c] = integer_of(table[r * width + c], scales[r]);
    }
}

void lex_int8_unpack_rows(float *table, const int8_t *values, const float *scales, int64_t n, int64_t width)
{
    for (int64_t r = 0; r < n; r++)
        for (int64_t c = 0; c < width; c++)
            table[r * width + c] = scales[r] * (float)values[r * width + c];
}

void lex_int8_look_up(const lex_int8_table *table, const int64_t *ids, int64_t n_rows, int64_t width, bool add, float *y,
                       int64_t y_stride)
{
    for (int64_t r = 0; r < n_rows; r++, y += y_stride) {
        const int64_t at = ids[r] * width;
        if (!add)
            memset(y, 0, (size_t)width * sizeof *y);
        if (table->floats) {
            for (int64_t c = 0; c < width; c++)
                y[c] += table->floats[at + c];
        } else {
            const float scale = table->scales[ids[r]];
            for (int64_t c = 0; c < width; c++)
                y[c] += scale * (float)table->values[at + c];
        }
    }
}

/* ---- the reference ---- */

static lex_int8_row quantise(uint8_t *out, const float *x, int64_t n)
{
    float low = 0, high = 0;
    bool finite = true;
    for (int64_t i = 0; i < n; i++) {
        finite = finite && isfinite(x[i]);
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    lex_int8_row row = lex_int8_row_of(low, high, finite);
    for (int64_t i = 0; i < n; i++) {
        int32_t u = isfinite(row.scale) ? (int32_t)lrintf(x[i] * row.inverse) + row.zero : 0;
        out[i] = (uint8_t)(u < 0 ? 0 : u > 255 ? 255 : u);
    }
    return row;
}

static float after(float y, lex_after what, float before)
{
    double x = (double)y;
    switch (what) {
    case LEX_AFTER_GELU:
        return (float)(0.5 * x * erfc(-x / sqrt(2.0)));
    case LEX_AFTER_GELU_TANH:
        return (float)(0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))));
    case LEX_AFTER_RELU:
        return y < 0.0f ? 0.0f : y;
    default:
        return what == LEX_AFTER_ADD ? y + before : y;
    }
}

static void row_of_part(const lex_int8_part *part, const uint8_t *u, const lex_int8_row *row, int64_t in, lex_after what,
                        float *y)
{
    const int64_t groups = groups_of(in);
    for (int64_t o = 0; o < part->out; o++) {
        int32_t sum = -row->zero * part->sums[o];
        for (int64_t i = 0; i < in; i++)
            sum += u[i] * part->values[place(groups, o, i)];
        float value = fmaf((float)sum, row->scale * part->scales[o], part->bias ? part->bias[o] : 0.0f);
        y[o] = after(value, what, y[o]);
    }
}

static void linear(const lex_int8_work *w)
{
    uint8_t *u = w->scratch;
    for (int64_t r = 0; r < w->n_rows; r++) {
        lex_int8_row row = quantise(u, w->x + r * w->x_stride, w->in);
        float *y = w->y + r * w->y_stride;
        for (int p = 0; p < w->n_parts; p++) {
            row_of_part(&w->parts[p], u, &row, w->in, w->after, y);
            y += w->parts[p].out;
        }
    }
}

const lex_int8_kernels lex_int8_reference = {"reference", linear};
