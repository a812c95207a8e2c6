/* internal.h - what the files of this module share. */
#ifndef LEXCLF_MODEL_INTERNAL_H
#define LEXCLF_MODEL_INTERNAL_H

#include "lexclf/model.h"
#include "safetensors.h"
#include "weight_files.h"

#define LEX_CONFIG_JSON_MAX (64u << 20)
#define LEX_WEIGHTS_FILE "model.safetensors"
#define LEX_VOCABULARY_FILE "vocabulary.bin"
#define LEX_LINEAR_FILE "linear.safetensors" /* of a fused model; a linear one has its weights in model.safetensors */
#define LEX_FUSED_HEAD "lexclf.fused_classifier" /* stands for "classifier" in a fused model's weights */
#define LEX_LOG_FILE "metrics.jsonl" /* of its training: no part of the model, and in no list of checksums */
#define LEX_FUSION_FEATURE "linear-fusion"
#define LEX_INT8_FEATURE "int8-weights"
#define LEX_INT8_SUFFIX ".int8" /* behind the name of a parameter: its integers ... */
#define LEX_INT8_SCALE "_scale" /* ... and behind that: their scales */
#define LEX_DAMAGED_HINT "copy the folder again, or train again"

struct lex_model_files {
    lex_json *config;        /* config.json as it came */
    lex_json *lexclf;        /* lexclf.json, or NULL */
    lex_safetensors weights; /* empty for LEX_MODEL_TOKENIZER */
    lex_safetensors linear;  /* of a fused model */
    void **owned;            /* converted or fresh values */
    int64_t n_owned, owned_capacity;
};

/* description.c: whether this program can read lexclf.json at all: format, requirements, kind, which it sets. */
lex_status lex_description_check_format(lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* lexclf.json and the labels of config.json into `model`. */
lex_status lex_description_read(lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* checksums.c: compares lexclf.json, whose bytes are `lexclf_text`, and the files that it lists with their checksums;
 * the weights are left to the second, which compares them where they are mapped. */
lex_status lex_checksums_verify_documents(const lex_model *model, lex_str lexclf_text, lex_err *err) LEX_MUST_CHECK;
lex_status lex_checksums_verify_weights(const lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* The text of a finished lexclf.json, with the checksums of itself and of the files `names`. */
lex_status lex_checksums_seal(lex_buf *out, lex_json *doc, const char *dir, const char *const *names, int n_names,
                              lex_err *err) LEX_MUST_CHECK;
/* The same for one whose list of files is in place already. */
void lex_checksums_reseal(lex_buf *out, lex_json *doc);
/* save.c: what lexclf.json says of the model, without the run. */
lex_json *lex_model_describe(const lex_model *model, const lex_model_save_options *options);
/* Temperature, shift, thresholds and the features that they ask for, put into lexclf.json in place of older ones. */
void lex_model_describe_calibration(lex_json *doc, const lex_model *model);
/* The files of the model's folder beside lexclf.json, those of the tokenizer last; room for LEX_MODEL_FILES_MAX names. */
enum { LEX_MODEL_FILES_MAX = 16 };
int lex_model_file_names(const char *names[LEX_MODEL_FILES_MAX], const lex_model *model);
/* How many of them, the first, are not copied as they came. */
int lex_model_n_own_files(const lex_model *model);
/* Copies one of them. */
lex_status lex_model_copy_file(const char *from_dir, const char *to_dir, const char *name, lex_err *err) LEX_MUST_CHECK;
/* linear.c: the vocabulary and the weights of a linear model, whose description has been read. */
lex_status lex_linear_open(lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* The same of what stands beside a fused model's encoder. */
lex_status lex_linear_open_fused(lex_model *model, lex_err *err) LEX_MUST_CHECK;
/* Writes both files; the weights under the name `weights`. */
lex_status lex_linear_write(const lex_model *model, const char *dir, const char *weights, lex_err *err) LEX_MUST_CHECK;
/* model.c: LEX_ERR_INPUT unless it is a folder. */
lex_status lex_model_check_folder(const char *dir, lex_err *err) LEX_MUST_CHECK;
/* family.c: the model_type by whose names most tensors go; NULL where they tell none. */
const char *lex_family_of_weights(const lex_safetensors *weights);
/* Whether they go by another one's. */
bool lex_family_differs(const char *model_type, const lex_safetensors *weights);
/* Sets config's model_type where it is missing, or says RoBERTa of weights in `dir` that are BERT's. */
void lex_family_settle(lex_json *config, const char *dir);
/* Settings of config.json that this program does not know. */
void lex_family_list_unknown(lex_strings *out, const lex_json *config);
/* weights.c: LEX_OK when every parameter has its tensor, of its shape and a type that is read, or may be fresh and has none. */
lex_status lex_weights_check(const lex_model *model, const lex_encoder *encoder, bool may_be_fresh,
                             lex_err *err) LEX_MUST_CHECK;
/* The parameters that no tensor is there for. */
void lex_weights_list_missing(lex_strings *out, const lex_model *model, const lex_encoder *encoder);
/* One pointer a parameter of `encoder`, in its order; seed is used when may_be_fresh. What is stored in int8 is
 * made floats where int8 is NULL; else it stands there, as it is mapped. Both arrays are the caller's to free. */
lex_status lex_weights_collect(const float ***values, lex_int8_weight **int8, lex_model *model,
                               const lex_encoder *encoder, bool may_be_fresh, uint64_t seed, lex_err *err) LEX_MUST_CHECK;
/* Memory of `size` bytes that is freed with the model. */
void *lex_model_own(lex_model *model, size_t size);
/* A tensor's floats, where they are mapped or in a copy. */
const float *lex_stored_values(lex_model *model, lex_stored_tensor *tensor);
/* "[3, 4]" */
void lex_shape_text(char out[80], int n_dims, const int64_t *shape);
/* What make_encoder() and lex_model_inference() go by. */
lex_encoder_config lex_model_config(const lex_model *model);
/* int8.c: the integers of a parameter in the file of a model with int8 weights; or NULL. */
lex_stored_tensor *lex_int8_find(const lex_model *model, const lex_param *param);
/* NULL when they and their scales fit the parameter; else why not, in `out`. */
enum { LEX_REASON_MAX = 600 };
const char *lex_int8_misfit(char out[LEX_REASON_MAX], const lex_model *model, const lex_stored_tensor *values,
                            const lex_param *param);
/* Fills `out` and returns NULL; or, where that is NULL, makes floats of them. */
const float *lex_int8_take(lex_int8_weight *out, lex_model *model, lex_stored_tensor *values, const lex_param *param);
/* The shape in which a parameter's integers are stored, as it is or in panels; returns the number of dimensions. */
int lex_int8_shape(int64_t shape[4], const lex_param *param);
size_t lex_int8_stored_bytes(const lex_param *param);
/* Integers in that form, and scales (shape[0]). */
void lex_int8_of_floats(int8_t *values, float *scales, const float *floats, const lex_param *param);
/* Integers in place of the parameters' floats, for those that may be and for which `which` is true (NULL: all). */
void lex_quantise_values(lex_int8_weight *int8, const float **values, lex_model *model, const lex_encoder *encoder,
                         const bool *which);
/* Mapped floats of which there is a copy need not stay in memory, too. */
void lex_model_forget(void *model, const float *values, int64_t n);
/* The name under which a parameter is stored. In a fused model "classifier" has another, which transformers does not know:
 * what it would compute with that head is not what the folder answers. `out` is used where that is so. */
enum { LEX_STORED_NAME_MAX = 256 };
const char *lex_stored_name(char out[LEX_STORED_NAME_MAX], const lex_model *model, const char *name);
/* A parameter's name without what names of its family begin with. */
const char *lex_bare_name(const lex_model *model, const char *name);
/* Whether a classifier is among the weights: transformers' or one of ours. */
bool lex_weights_have_head(const lex_model *model);

#endif
