# tiny_encoder DIR: a folder with a tokenizer of a dozen tokens and the description of an encoder; no weights.
tiny_encoder() {
    mkdir -p "$1"
    cat >"$1/config.json" <<'END'
{"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 8, "num_hidden_layers": 1,
 "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 32, "type_vocab_size": 2,
 "vocab_size": 12, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1,
 "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02}
END
    printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' the ten '##ant' pay '##s' rent . >"$1/vocab.txt"
    echo '{"do_lower_case": true, "model_max_length": 16}' >"$1/tokenizer_config.json"
}
