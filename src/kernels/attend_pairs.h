/* attend_pairs.h - attend.h's attention in bfloat16: queries, keys, probabilities and values are rounded, and multiplied two
 * at a time into float32 sums. Probabilities are rounded before they are divided by their sum, which is not. */

/* n floats to pairs, up to whole registers of pairs; what follows them is 0. */
INLINE void round_pairs(part *to, const float *from, int64_t n)
{
    for (int64_t i = 0; i < n; i += 2 * V) {
        __m512 low = (__m512)load_up_to(from + i, n - i);
        __m512 high = n - i > V ? (__m512)load_up_to(from + i + V, n - i - V) : _mm512_setzero_ps();
        __m512bh two = _mm512_cvtne2ps_pbh(high, low);
        memcpy(to + i / 2, &two, sizeof two);
    }
}

/* 16 rows of 16 words each, turned. */
INLINE void turn_words(__m512i *x)
{
    __m512i y[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
        x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
        x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
        x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    /* x[4 g + c]: of rows 4 g to 4 g + 3 columns c, c + 4, c + 8, c + 12, a quarter of a register each */
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
        __m512i low01 = _mm512_shuffle_i32x4(x[c], x[4 + c], 0x44), high01 = _mm512_shuffle_i32x4(x[c], x[4 + c], 0xEE);
        __m512i low23 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0x44), high23 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0xEE);
        y[c] = _mm512_shuffle_i32x4(low01, low23, 0x88);
        y[4 + c] = _mm512_shuffle_i32x4(low01, low23, 0xDD);
        y[8 + c] = _mm512_shuffle_i32x4(high01, high23, 0x88);
        y[12 + c] = _mm512_shuffle_i32x4(high01, high23, 0xDD);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        x[i] = y[i];
}

/* k (n, d) to panels (pairs of d, PANEL) of keys beside each other, filled up with zeros. */
static void turn_key_pairs(part *out, const float *k, int64_t stride, int64_t n, int64_t d)
{
    const int64_t depth = (d + 1) / 2;
    for (int64_t first = 0; first < n; first += V) {
        part *panel = out + first / PANEL * depth * PANEL + first % PANEL;
        for (int64_t c = 0; c < d; c += 2 * V) {
            __m512i words[V];
            for (int64_t j = 0; j < V; j++) {
                part pairs[V] = {0};
                if (first + j < n)
                    round_pairs(pairs, k + (first + j) * stride + c, d - c < 2 * V ? d - c : 2 * V);
                memcpy(&words[j], pairs, sizeof words[j]);
            }
            turn_words(words);
            for (int64_t i = 0; i < V && c / 2 + i < depth; i++)
                _mm512_storeu_si512(panel + (c / 2 + i) * PANEL, words[i]);
        }
    }
    if ((n - 1) % PANEL < V) /* half of the last panel is empty */
        for (int64_t c = 0; c < depth; c++)
            _mm512_storeu_si512(out + ((n - 1) / PANEL * depth + c) * PANEL + V, _mm512_setzero_si512());
}

/* v (n, d) to panels (pairs of n, PANEL) of columns, filled up with zeros. */
static void pair_values(part *out, const float *v, int64_t stride, int64_t n, int64_t d)
{
    const int64_t pairs = (n + 1) / 2;
    for (int64_t column = 0; column < d; column += V) {
        part *panel = out + column / PANEL * pairs * PANEL + column % PANEL;
        const int64_t left = d - column;
        for (int64_t j = 0; j < n; j += 2) {
            const float *row = v + j * stride + column;
            vec second = j + 1 < n ? load_up_to(row + stride, left) : (vec){0};
            _mm512_storeu_si512(panel + j / 2 * PANEL, pairs_of_rows(load_up_to(row, left), second));
        }
    }
}

typedef struct {
    part *keys, *values, *queries, *weights;
    float *scores;
    int64_t width, depth, pairs; /* keys up to a whole panel; pairs of d; of n */
} pair_room;

/* lex_attend_scratch() reckons with this. */
static pair_room lay_out(float *scratch, int64_t n, int64_t d)
{
    pair_room room = {.width = up_to(n, PANEL), .depth = (d + 1) / 2, .pairs = (n + 1) / 2};
    room.scores = scratch;
    room.keys = (part *)(void *)(room.scores + ROWS * room.width);
    room.values = room.keys + room.depth * room.width;
    room.queries = room.values + up_to(d, PANEL) * room.pairs;
    room.weights = room.queries + ROWS * up_to(room.depth, V);
    return room;
}

/* 2^(factor (s - highest)) of n scores, in pairs, and what follows up to a whole register of them; returns 1 / their sum. */
static float weigh(part *out, float *s, int64_t n, float factor)
{
    const int64_t end = up_to(n, PANEL);
    for (int64_t j = n; j < end; j++)
        s[j] = -INFINITY;
    const float highest = highest_of(s, end);
    vec sums[2] = {{0}, {0}};
    for (int64_t j = 0; j < end; j += 2 * V) {
        vec low = rough_exp2((load(s + j) - highest) * factor), high = rough_exp2((load(s + j + V) - highest) * factor);
        __m512bh two = _mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
        memcpy(out + j / 2, &two, sizeof two);
        sums[0] += low;
        sums[1] += high;
    }
    return 1.0f / lanes_sum(sums[0] + sums[1]);
}

/* Probabilities of up to ROWS queries, in pairs; before they are divided by their sums, of which factors are one over. */
static void weigh_pairs(const lex_attend_work *w, const pair_room *room, int64_t query, int64_t rows, float *factors)
{
    const int64_t stride = up_to(room->depth, V), p_stride = up_to(room->pairs, V);
    const float scale = scale_of(w);
    tile t;
    for (int64_t r = 0; r < rows; r++)
        round_pairs(room->queries + r * stride, w->q + (query + r) * w->q_stride, w->d);
    for (int64_t j = 0; j < w->n; j += PANEL) {
        any_pair_tile(&t, rows, w->n - j > V, room->queries, stride, room->keys + j * room->depth, room->depth);
        put_scores(room->scores + j, room->width, &t, rows, w->n - j);
    }
    for (int64_t r = 0; r < rows; r++) {
        float *s = room->scores + r * room->width;
        if (w->bias)
            add_bias(s, w->n, scale, w->bias + (query + r) * w->bias_stride);
        factors[r] = weigh(room->weights + r * p_stride, s, w->n, 1.44269504f * (w->bias ? 1.0f : scale)); /* log2(e) */
    }
}

static void attend(const lex_attend_work *w)
{
    const pair_room room = lay_out(w->scratch, w->n, w->d);
    const row_split split = split_rows(w->n_queries);
    float factors[ROWS];
    tile t;
    turn_key_pairs(room.keys, w->k, w->kv_stride, w->n, w->d);
    pair_values(room.values, w->v, w->kv_stride, w->n, w->d);
    for (int64_t i = 0; i < split.tiles; i++) {
        const int64_t query = split_at(&split, i), rows = split_at(&split, i + 1) - query;
        weigh_pairs(w, &room, query, rows, factors);
        for (int64_t column = 0; column < w->d; column += PANEL) {
            const int64_t left = w->d - column;
            any_pair_tile(&t, rows, left > V, room.weights, up_to(room.pairs, V), room.values + column * room.pairs, room.pairs);
            put_values(w, query, rows, &t, factors, column);
        }
    }
}
