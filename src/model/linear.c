/* linear.c - a linear model's own files: weights, bias and idf as float32 in model.safetensors, or beside an encoder in
 * linear.safetensors, used where they are mapped, and the vocabulary that says what the rows of the weights stand for.
 * Weights are (F, K), a row a feature: a text touches few of them, and each as a whole. */
#include "internal.h"

#include <stdlib.h>

/* A float32 tensor of one or two dimensions, which begins where floats may. */
static lex_status find_tensor(const float **out, const lex_model *model, const char *name, int64_t n_rows,
                              int64_t n_columns, lex_err *err)
{
    const char *path = model->is_fused ? LEX_LINEAR_FILE : LEX_WEIGHTS_FILE;
    lex_stored_tensor *tensor =
        lex_safetensors_find(model->is_fused ? &model->files->linear : &model->files->weights, name);
    if (!tensor)
        return lex_err_set(err, LEX_ERR_INPUT, "%s/%s: '%s' is missing", model->dir, path, name);
    bool fits = tensor->n_dims == (n_columns ? 2 : 1) && tensor->shape[0] == n_rows &&
                (!n_columns || tensor->shape[1] == n_columns);
    if (!fits || tensor->dtype != LEX_STORED_F32 || (uintptr_t)tensor->data % sizeof(float) != 0)
        return lex_err_set(err, LEX_ERR_INPUT, "%s/%s: '%s' is not F32 of the shape that vocabulary and labels give it",
                           model->dir, path, name);
    tensor->used = true;
    *out = (const float *)(const void *)tensor->data;
    return LEX_OK;
}

static lex_status open_vocabulary(lex_model *model, lex_err *err)
{
    lex_map map;
    char *path = lex_path_join(model->dir, LEX_VOCABULARY_FILE);
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK) {
        st = lex_vectorizer_read(&model->vectorizer, map.ptr, map.len, err);
        if (st != LEX_OK)
            lex_err_at(err, "%s", path);
        lex_map_close(&map);
    }
    free(path);
    return st;
}

lex_status lex_linear_open(lex_model *model, lex_err *err)
{
    lex_status st = LEX_OK;
    const float *idf;
    LEX_TRY(open_vocabulary(model, err));
    int64_t F = lex_vectorizer_n_features(model->vectorizer), K = model->n_outputs;
    model->svm = (lex_svm){.n_features = F, .n_labels = K};
    LEX_TRY(find_tensor(&model->svm.weights, model, "weight", F, K, err)); /* (F, K) */
    LEX_TRY(find_tensor(&model->svm.bias, model, "bias", K, 0, err));
    LEX_TRY(find_tensor(&idf, model, "idf", F, 0, err));
    lex_vectorizer_set_idf(model->vectorizer, idf);
    model->has_head = true;
done:
    return st;
}

lex_status lex_linear_open_fused(lex_model *model, lex_err *err)
{
    char *path = lex_path_join(model->dir, LEX_LINEAR_FILE);
    lex_status st = lex_safetensors_open(&model->files->linear, path, err);
    free(path);
    return st == LEX_OK ? lex_linear_open(model, err) : st;
}

lex_status lex_linear_write(const lex_model *model, const char *dir, const char *weights_file, lex_err *err)
{
    lex_status st = LEX_OK;
    const lex_svm *svm = &model->svm;
    const int64_t shape[] = {svm->n_features, svm->n_labels};
    const lex_tensor_to_store tensors[] = {
        {"weight", 2, shape, svm->weights, svm->n_features * svm->n_labels, LEX_STORED_F32},
        {"bias", 1, shape + 1, svm->bias, svm->n_labels, LEX_STORED_F32},
        {"idf", 1, shape, lex_vectorizer_idf(model->vectorizer), svm->n_features, LEX_STORED_F32},
    };
    char *weights = lex_path_join(dir, weights_file), *vocabulary = lex_path_join(dir, LEX_VOCABULARY_FILE);
    lex_buf bytes;
    lex_buf_init(&bytes);
    lex_vectorizer_write(&bytes, model->vectorizer);
    LEX_TRY(lex_safetensors_write(weights, tensors, sizeof tensors / sizeof *tensors, err));
    st = lex_file_write(vocabulary, lex_buf_str(&bytes), err);
done:
    lex_buf_release(&bytes);
    free(weights);
    free(vocabulary);
    return st;
}
