/* backward.h - what is done to each row on the way back, and layer normalisation that keeps what it needs for it. */

/* Phi(x) + x phi(x), with gelu_of()'s Q for Phi. */
INLINE vec gelu_slope(vec x)
{
    const vec zero = {0};
    vec a = choose(x < 0.0f, -x, x);
    vec e = exp_of(a * a * -0.5f);
    vec q = upper_tail(a, e);
    return choose(x < zero, q, 1.0f - q) + x * e * 0.398942280401432678f; /* 1 / sqrt(2 pi) */
}

static void gelu_backward(float *dx, const float *dy, const float *x, int64_t n)
{
    for (int64_t j = 0; j < n; j += V)
        store_up_to(dx + j, load_up_to(dy + j, n - j) * gelu_slope(load_up_to(x + j, n - j)), n - j);
}

static void norm_forward(const lex_norm_forward_work *w)
{
    const int64_t n = w->width;
    for (int64_t r = 0; r < w->n_rows; r++) {
        row_moments moments = norm_row(w->y + r * n, w->x + r * n, n, w->weight, w->bias, w->eps);
        w->mean[r] = moments.mean;
        w->rstd[r] = moments.rstd;
    }
}

/* dx = rstd (g - mean(g) - x^ mean(g x^)), g = dy weight, x^ = (x - mean) rstd. */
static void norm_backward(const lex_norm_backward_work *w)
{
    const int64_t n = w->width;
    for (int64_t r = 0; r < w->n_rows; r++) {
        const float *x = w->x + r * n, *dy = w->dy + r * n;
        const float mean = w->mean[r], rstd = w->rstd[r];
        vec sum = {0}, along = {0};
        for (int64_t j = 0; j < n; j += V) {
            vec g = load_up_to(dy + j, n - j) * load_up_to(w->weight + j, n - j);
            sum += g;
            along += g * ((load_up_to(x + j, n - j) - mean) * rstd);
        }
        const float of_g = lanes_sum(sum) / (float)n, of_both = lanes_sum(along) / (float)n;
        for (int64_t j = 0; j < n; j += V) {
            vec g = load_up_to(dy + j, n - j) * load_up_to(w->weight + j, n - j);
            vec hat = (load_up_to(x + j, n - j) - mean) * rstd;
            store_up_to(w->dx + r * n + j, (g - of_g - hat * of_both) * rstd, n - j);
        }
    }
}

static void norm_backward_sums(const lex_norm_backward_work *w, int64_t first, int64_t end)
{
    const int64_t n = w->width;
    for (int64_t c = first; c < end; c += V) {
        int64_t left = end - c;
        vec dweight = {0}, dbias = {0};
        for (int64_t r = 0; r < w->n_rows; r++) {
            vec dy = load_up_to(w->dy + r * n + c, left);
            dweight += dy * ((load_up_to(w->x + r * n + c, left) - w->mean[r]) * w->rstd[r]);
            dbias += dy;
        }
        store_up_to(w->dweight + c, load_up_to(w->dweight + c, left) + dweight, left);
        store_up_to(w->dbias + c, load_up_to(w->dbias + c, left) + dbias, left);
    }
}
