/* rows.h - what is done to each row by itself: layer normalisation, embeddings. */

static float row_sum(const float *x, int64_t n)
{
    vec sum = {0};
    for (int64_t j = 0; j < n; j += V)
        sum += load_up_to(x + j, n - j);
    return lanes_sum(sum);
}

/* The sum of (x - mean)^2: a second pass, which does not subtract large numbers as a sum of squares would. */
static float row_spread(const float *x, int64_t n, float mean)
{
    vec sum = {0};
    int64_t j = 0;
    for (; j + V <= n; j += V) {
        vec d = load(x + j) - mean;
        sum += d * d;
    }
    float total = lanes_sum(sum);
    for (; j < n; j++)
        total += (x[j] - mean) * (x[j] - mean);
    return total;
}

typedef struct {
    float mean, rstd;
} row_moments;

/* y may be x. */
static row_moments norm_row(float *y, const float *x, int64_t n, const float *weight, const float *bias, double eps)
{
    const float mean = row_sum(x, n) / (float)n;
    const float rstd = (float)(1.0 / sqrt((double)row_spread(x, n, mean) / (double)n + eps));
    for (int64_t j = 0; j < n; j += V) {
        int64_t left = n - j;
        vec hat = (load_up_to(x + j, left) - mean) * rstd;
        store_up_to(y + j, hat * load_up_to(weight + j, left) + load_up_to(bias + j, left), left);
    }
    return (row_moments){mean, rstd};
}

static void norm(const lex_norm_work *w)
{
    for (int64_t r = 0; r < w->n_rows; r++) {
        float *y = w->y + r * w->y_stride;
        norm_row(y, y, w->width, w->weight, w->bias, w->eps);
    }
}

static void embed(const lex_embed_work *w)
{
    const int64_t n = w->width;
    for (int64_t r = 0; r < w->n_rows; r++) {
        const float *word = w->words + w->word_ids[r] * n, *position = w->positions + w->position_ids[r] * n;
        const float *segment = w->segments + w->segment_ids[r] * n;
        float *y = w->y + r * w->y_stride;
        for (int64_t j = 0; j < n; j++)
            y[j] = word[j] + segment[j] + position[j];
        norm_row(y, y, n, w->weight, w->bias, w->eps);
    }
}
