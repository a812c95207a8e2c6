/* family.h - what an architecture is described by: where config.json has its numbers, what its weights are called, and how
 * its embeddings, layers and head differ. A family is one file of families/ with one such struct and a line in family.c;
 * nothing else in this module knows a family by its name.
 *
 * Names are those of transformers. Names of weights come without ".weight" and ".bias"; NULL: there is none of it. */
#ifndef LEXCLF_ENCODER_FAMILY_H
#define LEXCLF_ENCODER_FAMILY_H

#include "lexclf/encoder.h"

enum { LEX_FAMILY_TYPES = 4 };

/* The classifier over the mean of all tokens: transformers would pool otherwise, and under this name it reports the head as
 * missing. */
#define LEX_MEAN_HEAD "lexclf.mean_classifier"

struct lex_encoder_family {
    struct {
        const char *model_type, *class_name; /* of config.json: 'model_type', and the classifier in 'architectures' */
    } types[LEX_FAMILY_TYPES];
    const char *prefix; /* before all names but the head's: "bert." */

    /* What config.json calls these, where it is not as with BERT. */
    struct {
        const char *layers, *width, *heads, *inner_width, *activation, *eps;
        const char *hidden_dropout, *attention_dropout, *head_dropout;
    } settings;
    /* Further settings that the family knows, for lists of unknown ones; ends with NULL. */
    const char *const *own_settings;

    struct {
        const char *words, *positions, *segments, *norm;
        bool may_lack_segments;
        const char *distances, *distances_norm; /* a table (2 config.distance_span, C) of what attention's further terms are of */
        const char *projection; /* from embeddings of E columns to C */
        const char *relative;   /* a table (buckets, H) of what attention adds to its scores (config.n_buckets) */
    } embedding;
    struct {
        const char *stack;                /* before a layer's number: "encoder.layer." */
        const char *within;               /* before its number in its group (ALBERT); NULL: no groups */
        const char *query, *key, *value;  /* the last two NULL: one weight (3C, C) */
        const char *attention, *attention_norm, *inner, *outer, *outer_norm;
    } layer;
    struct {
        const char *weights, *norm;
    } convolution; /* where config.convolution says so: norm(what the first layer gives + activation(it, of what that sees)) */
    const char *last_norm; /* after the last layer */
    bool norm_first;       /* normalisation is before attention and feed-forward, not after their sums; ...*/
    bool first_is_bare;    /* ... but not before the first layer's attention */
    bool is_gated;         /* inner is twice as wide: activation(first half) times the second (Shazeer 2020) */

    struct {
        const char *dense, *norm, *classifier;
        lex_activation activation; /* after dense */
        bool drops_first;          /* dropout before dense, too */
    } head;

    /* What else config.json says, after what all families have was read; NULL: nothing. */
    lex_status (*read)(lex_encoder_config *config, const lex_json *json, lex_err *err);
};

/* Names that several families have taken over: BERT's embeddings and layers, RoBERTa's head. */
#define LEX_EMBEDDINGS_OF_BERT                                                                                              \
    .words = "embeddings.word_embeddings", .positions = "embeddings.position_embeddings",                                   \
    .segments = "embeddings.token_type_embeddings", .norm = "embeddings.LayerNorm"
#define LEX_LAYER_OF_BERT                                                                                                   \
    .stack = "encoder.layer.", .query = "attention.self.query", .key = "attention.self.key",                                \
    .value = "attention.self.value", .attention = "attention.output.dense",                                                 \
    .attention_norm = "attention.output.LayerNorm", .inner = "intermediate.dense", .outer = "output.dense",                 \
    .outer_norm = "output.LayerNorm"
#define LEX_HEAD_OF_ROBERTA .dense = "classifier.dense", .classifier = "classifier.out_proj", .drops_first = true

/* config.c, for read(): a whole number, required; one that may be absent; a probability or a small number; a switch that
 * must be as given where it is there. */
lex_status lex_config_size(int64_t *out, const lex_json *config, const char *key, int64_t low, int64_t high,
                           lex_err *err) LEX_MUST_CHECK;
lex_status lex_config_size_or(int64_t *out, const lex_json *config, const char *key, int64_t absent, int64_t low, int64_t high,
                              lex_err *err) LEX_MUST_CHECK;
lex_status lex_config_fraction(double *out, const lex_json *config, const char *key, double absent,
                               lex_err *err) LEX_MUST_CHECK;
lex_status lex_config_must_be(const lex_json *config, const char *key, bool value, lex_err *err) LEX_MUST_CHECK;
lex_status lex_config_activation(lex_activation *out, const lex_json *config, const char *key, const char *absent,
                                 lex_err *err) LEX_MUST_CHECK;
/* The same, or tanh, which feed-forwards have no kernel for. */
lex_status lex_config_any_activation(lex_activation *out, const lex_json *config, const char *key, const char *absent,
                                     lex_err *err) LEX_MUST_CHECK;
/* RoBERTa's scheme of positions: they count from `pad` + 1 on, and padding that a text may hold has position `pad`. */
lex_status lex_config_positions_from(lex_encoder_config *config, int64_t pad, lex_err *err) LEX_MUST_CHECK;

/* family.c: all of them, in the order in which they are told. */
extern const lex_encoder_family *const lex_encoder_families[];
extern const int lex_n_encoder_families;

extern const lex_encoder_family lex_family_bert, lex_family_roberta, lex_family_distilbert, lex_family_electra,
    lex_family_mpnet, lex_family_albert, lex_family_modernbert, lex_family_deberta;

#endif
