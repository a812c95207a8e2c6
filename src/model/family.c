/* family.c - which architecture a folder holds, where config.json alone does not tell, and which settings of config.json
 * mean nothing here.
 *
 * Checkpoints go by names that are not their architecture's: chinese-roberta-wwm-ext is a BERT that was trained as RoBERTa
 * was, and copies of it say "roberta" where its weights are "bert.…". The names of the weights decide then, since by them
 * transformers finds what it loads. */
#include <string.h>

#include "internal.h"

/* Whether most tensors' names begin so. */
static bool most_begin(const lex_safetensors *weights, const char *prefix)
{
    int64_t n = 0;
    for (int64_t i = 0; i < weights->n_tensors; i++)
        n += strncmp(weights->tensors[i].name, prefix, strlen(prefix)) == 0;
    return 2 * n > weights->n_tensors;
}

const char *lex_family_of_weights(const lex_safetensors *weights)
{
    for (int i = 0; lex_encoder_family_at(i); i++)
        if (most_begin(weights, lex_encoder_family_prefix(lex_encoder_family_at(i))))
            return lex_encoder_family_name(lex_encoder_family_at(i));
    return NULL;
}

/* The type that weights of this name have for transformers: CamemBERT's and XLM-R's are named as RoBERTa's. */
static const char *named_as(const char *type)
{
    const lex_encoder_family *family = lex_encoder_family_of(type);
    return family ? lex_encoder_family_name(family) : type;
}

bool lex_family_differs(const char *model_type, const lex_safetensors *weights)
{
    const char *found = lex_family_of_weights(weights);
    return found && model_type && strcmp(found, named_as(model_type)) != 0;
}

/* "BertForMaskedLM", of a config.json from before model_type. */
static bool is_bert_by_architecture(const lex_json *config)
{
    const char *name = lex_json_string(lex_json_first(lex_json_get(config, "architectures")));
    return name && (strncmp(name, "BertFor", 7) == 0 || strcmp(name, "BertModel") == 0);
}

void lex_family_settle(lex_json *config, const char *dir)
{
    const char *type = lex_json_string(lex_json_get(config, "model_type"));
    if (type && strcmp(named_as(type), "roberta") != 0)
        return;
    lex_safetensors weights;
    lex_err ignored = {.code = LEX_OK}; /* whoever needs them opens them again and says what is wrong */
    if (lex_weight_files_open(&weights, dir, &ignored) != LEX_OK)
        memset(&weights, 0, sizeof weights);
    const char *found = lex_family_of_weights(&weights);
    if (found ? strcmp(found, "bert") == 0 : !type && is_bert_by_architecture(config))
        lex_json_put_string(config, "model_type", "bert");
    lex_safetensors_close(&weights);
}

/* Read here of all families, or without meaning for what is computed here. */
static const char *const known_settings[] = {
    /* read */
    "model_type", "architectures", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "intermediate_size", "max_position_embeddings", "type_vocab_size", "hidden_act", "position_embedding_type", "is_decoder",
    "layer_norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "initializer_range",
    "id2label", "label2id", "num_labels", "problem_type",
    /* of transformers, for its own use */
    "_name_or_path", "transformers_version", "torch_dtype", "dtype", "use_cache", "gradient_checkpointing", "pad_token_id",
    "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "mask_token_id", "decoder_start_token_id",
    "output_attentions", "output_hidden_states", "return_dict", "torchscript", "tie_word_embeddings", "add_cross_attention",
    "cross_attention_hidden_size", "chunk_size_feed_forward", "finetuning_task", "tokenizer_class", "prefix",
    "task_specific_params", "pruned_heads", "model_max_length",
};

void lex_family_list_unknown(lex_strings *out, const lex_json *config)
{
    const char *type = lex_json_string(lex_json_get(config, "model_type"));
    const lex_encoder_family *family = type ? lex_encoder_family_of(type) : NULL;
    for (const lex_json *node = lex_json_first(config); node; node = lex_json_next(node)) {
        bool known = family && lex_encoder_family_knows(family, lex_json_key(node));
        for (size_t i = 0; i < sizeof known_settings / sizeof *known_settings && !known; i++)
            known = strcmp(lex_json_key(node), known_settings[i]) == 0;
        if (!known)
            lex_strings_push(out, lex_str_of(lex_json_key(node)));
    }
}
