# families.sh - a classifier of any family, as small as can be: the weights that tests/fuzz/make_weights.py wrote.
# family_model DIR MODEL_TYPE [WEIGHTS]: five tokens, two labels, five rows of positions; the weights of another family, if named
family_model() {
    local weights=${3:-$2}
    case $weights in camembert | xlm-roberta) weights=roberta ;; bert) weights=floats ;; esac
    local further='"embedding_size": 2, "type_vocab_size": 1'
    [ "$2" != deberta-v2 ] || further='"type_vocab_size": 0, "relative_attention": true, "share_att_key": true, "position_buckets": 2,
 "pos_att_type": "p2c|c2p", "norm_rel_ebd": "layer_norm", "position_biased_input": false, "conv_kernel_size": 5'
    mkdir "$1"
    tail -c +2 "$ROOT/tests/fuzz/corpus/weights/$weights" >"$1/model.safetensors"
    printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\nrent\n' >"$1/vocab.txt"
    printf '{"tokenizer_class": "BertTokenizer", "do_lower_case": true}\n' >"$1/tokenizer_config.json"
    cat >"$1/config.json" <<END
{"model_type": "$2", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
 "intermediate_size": 6, "max_position_embeddings": 5, "pad_token_id": 0, $further,
 "id2label": {"0": "A", "1": "B"}}
END
}
