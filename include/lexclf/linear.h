/* linear.h - the classic baseline: texts as weighted n-grams, and one linear classifier a label.
 *
 * Features are those of scikit-learn's TfidfVectorizer with sublinear_tf=True, lower case, smoothed idf and L2 norm:
 * word n-grams (token_pattern r"(?u)\b\w\w+\b") and character n-grams inside words (analyzer="char_wb"), either or both;
 * both stand side by side as in a FeatureUnion, each part with a norm of its own. A term t of a text weighs
 *
 *     (1 + ln tf) * idf,   idf = ln((1 + n) / (1 + df)) + 1       Manning, Raghavan and Schuetze, "Introduction to
 *                                                                 Information Retrieval", 2008, section 6.4
 *
 * where tf counts it in the text and df counts the n training texts that have it. The vocabulary is exact: no hashing
 * trick, so no two terms share a weight.
 *
 * The classifier is a support vector machine with squared hinge loss and an L2 penalty, one label against the rest:
 * scikit-learn's LinearSVC. For one label, with y = 1 where a text has it and -1 elsewhere, it minimises
 *
 *     |w|^2 / 2 + b^2 / 2 + C * sum_i max(0, 1 - y_i (w x_i + b))^2
 *
 * by coordinate descent in the dual (Hsieh, Chang, Lin, Keerthi and Sundararajan, "A Dual Coordinate Descent Method for
 * Large-scale Linear SVM", ICML 2008, algorithms 1 and 3). LIBLINEAR, by the same authors, would do this too; what the
 * distributions pack draws from the process's one rand(), prints on stdout, does not look at what malloc() returns,
 * cannot be interrupted and takes 16 bytes a value, where eight suffice here and labels are trained side by side with
 * the same result in any number of threads.
 *
 * Shapes: N texts, F features, K labels.
 *
 *     lex_terms *terms = lex_terms_new(&ngrams);
 *     LEX_TRY(lex_terms_add(terms, text, &n_words, err));                       // text by text
 *     LEX_TRY(lex_vectorizer_learn(&vectorizer, terms, rows, n_rows, 2, err));  // from some of them
 *     lex_vectorizer_weigh(vectorizer, terms, rows, n_rows, &x);                // (N, F), sparse
 *     LEX_TRY(lex_svm_train(&svm, &x, &labels, F, K, &options, &n_unfinished, err));
 *     lex_vectorizer_apply(vectorizer, LEX_STR("quiet enjoyment"), &row);       // a text that was not counted
 *     lex_svm_margins(&svm, &row, margins);
 */
#ifndef LEXCLF_LINEAR_H
#define LEXCLF_LINEAR_H

#include <signal.h>

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_NGRAM_MAX_BYTES 1000    /* a longer n-gram is passed over */
#define LEX_NGRAM_MAX 10            /* words or characters in one */
#define LEX_TERMS_MAX (1 << 27)     /* different n-grams while counting */
#define LEX_LINEAR_WEIGHTS_MAX (INT64_C(1) << 31) /* F * K */

/* Which n-grams: from low to high words or characters, both from 1 to LEX_NGRAM_MAX; 0, 0 for none of the kind. */
typedef struct {
    int word_low, word_high;
    int char_low, char_high;
} lex_ngrams;

/* Rows of a matrix (N, F) whose zeros are left out. */
typedef struct {
    int64_t *starts; /* (n_rows + 1): where each row begins in the other two */
    int64_t n_rows, row_capacity;
    int32_t *columns; /* ascending in a row */
    float *values;
    int64_t n, column_capacity, value_capacity;
} lex_sparse;
void lex_sparse_init(lex_sparse *matrix);
void lex_sparse_release(lex_sparse *matrix);
void lex_sparse_clear(lex_sparse *matrix); /* no rows; memory kept */

/* ---- counting ---- */

/* Texts as counts of their n-grams; the texts are not kept. Takes eight bytes for each different n-gram of a text, and
 * some forty for each different one of them all. */
typedef struct lex_terms lex_terms;
lex_terms *lex_terms_new(const lex_ngrams *ngrams);
void lex_terms_free(lex_terms *terms);
/* Counts a text (valid UTF-8), which becomes number lex_terms_n_texts() - 1. *n_words, unless NULL: its words of two or
 * more characters. LEX_ERR_INPUT beyond LEX_TERMS_MAX. */
lex_status lex_terms_add(lex_terms *terms, lex_str text, int64_t *n_words, lex_err *err) LEX_MUST_CHECK;
int64_t lex_terms_n_texts(const lex_terms *terms);
/* About the memory that it holds. */
int64_t lex_terms_bytes(const lex_terms *terms);

/* ---- features ---- */

typedef struct lex_vectorizer lex_vectorizer;
/* The terms that at least min_df of the texts `rows` have, words before characters, each kind by code point. `terms`
 * must outlive lex_vectorizer_weigh() only. LEX_ERR_INPUT when none is left. */
lex_status lex_vectorizer_learn(lex_vectorizer **out, const lex_terms *terms, const int64_t *rows, int64_t n_rows,
                                int64_t min_df, lex_err *err) LEX_MUST_CHECK;
void lex_vectorizer_free(lex_vectorizer *vectorizer);
int64_t lex_vectorizer_n_features(const lex_vectorizer *vectorizer);
/* The n-gram of a feature, borrowed, and whether it is one of characters. */
lex_str lex_vectorizer_feature(const lex_vectorizer *vectorizer, int64_t feature, bool *of_characters);
const float *lex_vectorizer_idf(const lex_vectorizer *vectorizer); /* (F), borrowed */

/* Adds rows: of texts that were counted by the `terms` it was learned from, or of any text (valid UTF-8). The second
 * returns the text's words of two or more characters; it uses memory of the vectorizer's, so one thread at a time. */
void lex_vectorizer_weigh(const lex_vectorizer *vectorizer, const lex_terms *terms, const int64_t *rows,
                          int64_t n_rows, lex_sparse *out);
int64_t lex_vectorizer_apply(lex_vectorizer *vectorizer, lex_str text, lex_sparse *out);

/* The vocabulary as bytes (src/linear/vocabulary.c has the format), and back. Reading trusts nothing: LEX_ERR_INPUT
 * says what is wrong. The idf, which is no part of it, is 1 after reading, until it is set. */
void lex_vectorizer_write(lex_buf *out, const lex_vectorizer *vectorizer);
lex_status lex_vectorizer_read(lex_vectorizer **out, const void *bytes, size_t len, lex_err *err) LEX_MUST_CHECK;
void lex_vectorizer_set_idf(lex_vectorizer *vectorizer, const float *idf); /* (F), copied */

/* ---- the classifier ---- */

typedef struct {
    const float *weights; /* (F, K) */
    const float *bias;    /* (K) */
    int64_t n_features, n_labels;
    float *owned; /* both of them, when it was trained here; NULL when they lie elsewhere */
} lex_svm;

/* The labels of N rows, as indices below K. */
typedef struct {
    const int64_t *starts; /* (N + 1) */
    const int32_t *labels;
} lex_row_labels;

typedef struct {
    double C;          /* the weight of errors; larger fits the training rows more closely */
    double tolerance;  /* stop when no dual variable's gradient is off by more; LinearSVC's `tol` */
    int64_t max_passes; /* over the rows, a label */
    uint64_t seed;     /* of the order of rows in a pass */
    int threads;
    const volatile sig_atomic_t *stop;                       /* set to stop soon; or NULL */
    void (*progress)(void *context, int64_t done, int64_t K); /* labels; from any thread, one at a time; or NULL */
    void *context;
} lex_svm_options;
lex_svm_options lex_svm_options_default(void); /* C 1, tolerance 1e-4, 1000 passes, one thread: LinearSVC's */

/* Trains K labels on x (N, F). *n_unfinished: labels that came to max_passes first. The result depends neither on
 * threads nor on time. LEX_ERR_INPUT when F * K is beyond LEX_LINEAR_WEIGHTS_MAX, LEX_ERR_INTERRUPTED after *stop. The
 * caller releases `out` whatever is returned. */
lex_status lex_svm_train(lex_svm *out, const lex_sparse *x, const lex_row_labels *labels, int64_t n_features,
                         int64_t n_labels, const lex_svm_options *options, int64_t *n_unfinished,
                         lex_err *err) LEX_MUST_CHECK;
void lex_svm_release(lex_svm *svm);
/* Margins (rows, K): w x + b; positive means that the label is given. They are no probabilities: calibration.h makes such
 * of them. */
void lex_svm_margins(const lex_svm *svm, const lex_sparse *x, float *margins);
/* The same of rows [first, end) of x alone, to their places in `margins` (rows, K). */
void lex_svm_margins_of(const lex_svm *svm, const lex_sparse *x, int64_t first, int64_t end, float *margins);

#ifdef __cplusplus
}
#endif
#endif
