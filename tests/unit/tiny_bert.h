/* tiny_bert.h - what the tests of the encoder share: the tiny BERT of golden/encoder, its weights and sequences. */
#ifndef LEXCLF_TESTS_TINY_BERT_H
#define LEXCLF_TESTS_TINY_BERT_H

#include <math.h>

#include "check.h"
#include "fixture.h"
#include "lexclf/encoder.h"

enum { TINY_OUTPUTS = 5, TINY_SEQUENCE_MAX = 160 };

static inline void stop_on(lex_status st, const lex_err *err)
{
    if (st != LEX_OK) {
        fprintf(stderr, "stopped: %s\n", err->message);
        exit(1);
    }
}

/* Whether blocks are libtorch's operations, as CUDA would run them: a second run of some tests. Its dropout draws masks in the
 * order of the work, so that there the same batch has the same masks, and another one others. */
static inline bool tiny_by_library(void)
{
    return getenv("LEXCLF_TEST_LIBRARY") != NULL;
}

static inline lex_runtime *tiny_runtime(int n_threads)
{
    lex_err err = {0};
    lex_runtime *runtime = NULL;
    stop_on(lex_runtime_open(&runtime, "cpu", n_threads, &err), &err);
    if (tiny_by_library())
        lex_runtime_by_library(runtime);
    return runtime;
}

/* The fixture's weights of every parameter, in the encoder's order; freed by the caller. A head under our own name has
 * the classifier's. */
static inline const float **tiny_weights(const lex_encoder *encoder, const fixture *f)
{
    int64_t n_params;
    const lex_param *params = lex_encoder_params(encoder, &n_params);
    const float **values = lex_alloc_array((size_t)n_params, sizeof *values);
    for (int64_t i = 0; i < n_params; i++) {
        const fixture_array *array = fixture_find(f, "weight.", params[i].name);
        if (!array)
            array = fixture_get(f, strstr(params[i].name, ".weight") ? "weight.classifier.weight"
                                                                       : "weight.classifier.bias");
        if (array->count != params[i].count || array->shape[0] != params[i].shape[0])
            fixture_stop(params[i].name);
        values[i] = array->values;
    }
    return values;
}

/* n_frozen: blocks, of a flat one. */
static inline lex_encoder *tiny_encoder_frozen(lex_runtime *runtime, const fixture *f, lex_pooling pooling, bool flat,
                                               int64_t n_frozen)
{
    lex_err err = {0};
    lex_json *json = NULL;
    lex_encoder_config config;
    lex_encoder *encoder = NULL;
    stop_on(lex_json_read(&json, LEX_TESTS_DIR "/golden/encoder/config.json", 1 << 16, &err), &err);
    stop_on(lex_encoder_config_read(&config, json, &err), &err);
    lex_json_free(json);
    stop_on(lex_encoder_new(&encoder, runtime, &config, pooling, TINY_OUTPUTS, &err), &err);
    const float **values = tiny_weights(encoder, f);
    lex_encoder_freeze(encoder, n_frozen);
    stop_on(flat ? lex_encoder_bind_flat(encoder, values, &err) : lex_encoder_bind(encoder, values, &err), &err);
    free(values);
    return encoder;
}

static inline lex_encoder *tiny_encoder(lex_runtime *runtime, const fixture *f, lex_pooling pooling, bool flat)
{
    return tiny_encoder_frozen(runtime, f, pooling, flat, 0);
}

/* Adds sequence `row` of the fixture's "ids" and "lengths", or `n` ids of it from `begin` where n > 0. */
static inline void tiny_add(lex_batch *batch, const fixture *f, int64_t row, int64_t begin, int64_t n, bool new_record)
{
    const float *lengths = fixture_get(f, "lengths")->values, *ids = fixture_get(f, "ids")->values;
    int32_t sequence[TINY_SEQUENCE_MAX];
    for (int64_t i = 0; i < row; i++)
        ids += (int64_t)lengths[i];
    n = n > 0 ? n : (int64_t)lengths[row];
    for (int64_t i = 0; i < n; i++)
        sequence[i] = (int32_t)ids[begin + i];
    lex_batch_add(batch, sequence, n, (uint32_t)row, new_record);
}

static inline double largest_difference(const float *a, const float *b, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double difference = fabs((double)a[i] - (double)b[i]);
        largest = difference > largest || isnan(difference) ? difference : largest;
    }
    return largest;
}

static inline double largest_of(const float *a, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fabs((double)a[i]) > largest ? fabs((double)a[i]) : largest;
    return largest;
}

#endif
