# a model folder that is no good is named with what is wrong, before anything is computed or written
trained ours
clauses 8 >rows.csv
tiny_model plain A B C
everywhere() {
    local message=$1
    refuses 3 "$message" lexclf eval --model model --data rows.csv --report report.json
    missing report.json
    refuses 3 "$message" lexclf predict --model model rows.csv --out answers.jsonl
    missing answers.jsonl
}
from() {
    rm -rf model
    cp -r "$1" model
}
everywhere 'model: no such model folder'
echo >model
everywhere 'model: is a file, not a model folder'
rm model
mkdir model
everywhere 'model: not a model folder: config.json is missing'
from plain && rm model/config.json
everywhere 'model: not a model folder: config.json is missing'
from plain && : >model/config.json
everywhere 'model/config.json: line 1, column 1: '
from plain && head -c 200 plain/config.json >model/config.json
everywhere 'model/config.json: line '
from plain && sed -i 's/"hidden_size": 32/"hidden_size": 33/' model/config.json
everywhere "model/config.json: 'hidden_size' 33 is no multiple of 'num_attention_heads' 2"
from plain && sed -i '/"vocab_size"/d; s/^ "num_attention_heads.*//' model/config.json
everywhere "model/config.json: 'vocab_size' is missing"
from plain && sed -i 's/"1": "B"/"7": "B"/' model/config.json
everywhere "model/config.json: 'id2label' does not name every label from 0 on"

# weights: none, cut short anywhere, of other shapes
from plain && rm model/model.safetensors
everywhere 'model/model.safetensors: no such file'
from plain && mv model/model.safetensors model/pytorch_model.bin
everywhere 'model/pytorch_model.bin: is no file of torch.save(): it is no zip file'
size=$(wc -c <plain/model.safetensors)
for bytes in 0 1 7 8 9 1000 $((size / 2)) $((size - 1)); do
    from plain && head -c $bytes plain/model.safetensors >model/model.safetensors
    everywhere 'model/model.safetensors: '
    from ours && head -c $bytes ours/model.safetensors >model/model.safetensors
    everywhere 'model/model.safetensors: '
done
from plain && sed -i 's/"2": "C"/"2": "C", "3": "D"/' model/config.json
everywhere "model/model.safetensors: 'classifier.weight' is [3, 32], expected [4, 32]"
from plain && sed -i 's/"num_hidden_layers": 2/"num_hidden_layers": 3/' model/config.json
everywhere "model/model.safetensors: 'bert.encoder.layer.2.attention.self.query.weight' is missing (expected [32, 32])"
from plain && LC_ALL=C sed -i 's/"classifier.bias":{"dtype":"F32"/"classifier.bias":{"dtype":"I32"/' model/model.safetensors
everywhere "model/model.safetensors: 'classifier.bias' is of type I32, expected F32, F16, BF16 or F64"

# a tokenizer that is not there, or not this model's
from plain && rm model/vocab.txt
everywhere 'model: no tokenizer: neither tokenizer.json nor vocab.txt, '
from plain && echo more >>model/vocab.txt
everywhere 'model: the vocabulary has 45 tokens, the encoder 44 embeddings'
from plain && sed -i 's/^\[UNK\]$/unknown/' model/vocab.txt
everywhere "model/vocab.txt: the vocabulary lacks '[UNK]', the unknown token"
from plain && echo '{' >model/tokenizer.json
everywhere 'model/tokenizer.json: line '

# a folder of ours: damaged, of a newer format, of unknown needs
from ours && sed -i 's/"BUY"/"BYE"/' model/config.json
everywhere 'model'
from ours && echo more >>model/vocab.txt
everywhere 'model/vocab.txt: damaged or changed'
from ours && sed -i 's/"max_length": 64/"max_length": 32/' model/lexclf.json
everywhere 'model/lexclf.json: damaged or changed'
from ours && head -c 500 ours/lexclf.json >model/lexclf.json
everywhere 'model/lexclf.json: line '
from ours && sed -i 's/"format": 1/"format": 99/' model/lexclf.json
everywhere 'model/lexclf.json: '
from ours && rm model/lexclf.json
expect 0 lexclf predict --model model rows.csv
from ours && mkdir model/more && echo note >model/note.txt
expect 0 lexclf predict --model model rows.csv

# an encoder alone has no answers, but tokens
refuses 3 'encoder: has no classification head: it is an encoder only' lexclf eval --model encoder --data rows.csv
stderr_has 'hint: train a classifier with it: lexclf train --encoder encoder'
refuses 3 'encoder: has no classification head: it is an encoder only' lexclf predict --model encoder rows.csv
expect 0 lexclf tokenize --model encoder rows.csv
rm encoder/model.safetensors
expect 0 lexclf tokenize --model encoder rows.csv
