# an encoder that cannot be trained is named with what is supported; nothing is made
tiny_model good
clauses 20 >train.csv
refused() {
    refuses 3 "$1" lexclf train --encoder encoder --train train.csv --out out
    missing out
}
from() {
    rm -rf encoder
    cp -r good encoder
    [ $# = 0 ] || sed -i "$@"
}
from 's/"model_type": "bert"/"model_type": "big_bird"/' encoder/config.json
refused "encoder/config.json: encoder type 'big_bird' is not supported (supported: bert, roberta, "
from 's/"hidden_act": "gelu"/"hidden_act": "silu"/' encoder/config.json
refused "encoder/config.json: 'hidden_act' is 'silu', supported are 'gelu', 'gelu_new' and 'relu'"
from 's/"type_vocab_size": 2/"position_embedding_type": "relative_key", "type_vocab_size": 2/' encoder/config.json
refused "encoder/config.json: 'position_embedding_type' is 'relative_key', supported is 'absolute'"
from 's/"type_vocab_size": 2/"is_decoder": true, "type_vocab_size": 2/' encoder/config.json
refused "encoder/config.json: 'is_decoder' is true"
from 's/"vocab_size": 44/"vocab_size": 1e99/' encoder/config.json
refused "encoder/config.json: 'vocab_size' is not a whole number between 1 and "
from 's/"num_attention_heads": 2/"num_attention_heads": 0/' encoder/config.json
refused "encoder/config.json: 'num_attention_heads' is not a whole number between 1 and 32"
from '/embeddings/!d' encoder/vocab.txt
refused "encoder/vocab.txt: "
from
head -c 50000 good/model.safetensors >encoder/model.safetensors
refused "encoder/model.safetensors: "
from
LC_ALL=C sed -i 's/encoder.layer.1.output.dense.bias/encoder.layer.1.output.dense.bios/' encoder/model.safetensors
refused "encoder/model.safetensors: 'bert.encoder.layer.1.output.dense.bias' is missing (expected [32])"
expect 2 lexclf train --encoder good --train train.csv --out out --max-length 65
stderr_has '--max-length 65 is more than the 64 positions of the model in good'
missing out
for verb in "eval --data train.csv" "predict train.csv" "tokenize train.csv"; do
    tiny_model plain A B
    # shellcheck disable=SC2086
    expect 2 lexclf $verb --model plain --max-length 65
    stdout_empty
    stderr_has '--max-length 65 is more than the 64 positions of the model in plain'
done
