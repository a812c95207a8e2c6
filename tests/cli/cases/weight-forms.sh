# weights as people have them: pytorch_model.bin, parts with an index, 16 and 64 bits; hostile ones are refused, nothing is run
GOLDEN=$ROOT/tests/golden/torch
# from NAME: ./model, the tiny classifier with the weights of that fixture
from() {
    rm -rf model
    cp -r "$GOLDEN/common" model
    [ "$1" = common ] || { rm model/model.safetensors && cp "$GOLDEN/$1"/* model/; }
}
answers() { expect 0 lexclf predict --model model --logits --dtype fp32 --no-passthrough rows.csv; }
printf 'text\nthe tenant shall pay rent.\n租金\n""\na year of rents\n' >rows.csv

# the same values in any form give the same bytes
from common && answers && cp "$STDOUT" wanted
[ "$(wc -l <wanted)" = 4 ]
for name in plain parameters protocol4 views sharded-bin sharded tied; do
    from $name
    answers
    same "$STDOUT" wanted
done
for type in half bf16 double; do
    from $type-st && answers && cp "$STDOUT" wanted-$type
    from $type && answers
    same "$STDOUT" wanted-$type
done
! cmp -s wanted wanted-bf16 || fail 'bf16 weights gave the answers of fp32'

# they train; what comes out is model.safetensors; what is not used is told to --verbose
printf 'text,label\nthe tenant shall pay,A\nrent,B\na year,A\nrents,B\n' >train.csv
from sharded-bin
expect 0 lexclf train --encoder model --train train.csv --dev-fraction 0 --epochs 1 --out trained
[ -f trained/model.safetensors ] && [ ! -e trained/pytorch_model.bin.index.json ]
opens trained
from views
expect 0 lexclf predict --model model --text rent --verbose
stderr_has "'again' in the model's weights is not used"
from tied
expect 0 lexclf predict --model model --text rent --verbose
stderr_has "'cls.predictions.bias' in the model's weights is not used"
stderr_lacks 'decoder.weight'

# a calibrated copy takes all files along, and knows them by their checksums
printf 'text,label\nthe tenant shall pay,LABEL_0\nrent,LABEL_1\na year,LABEL_2\n' >labelled.csv
from sharded-bin
expect 0 lexclf calibrate --model model --data labelled.csv --out copy
for file in model/*; do same "$file" "copy/${file#model/}"; done
opens copy
printf 'x' | dd of=copy/pytorch_model-00002-of-00003.bin bs=1 seek=300 conv=notrunc status=none
refuses 3 'copy/pytorch_model-00002-of-00003.bin: damaged or changed' lexclf predict --model copy --text rent

# an index that does not fit
bad_index() { refuses 3 "model/model.safetensors.index.json: $1" lexclf predict --model model --text rent; }
from sharded && rm model/model-00002-of-00003.safetensors
bad_index "part 'model-00002-of-00003.safetensors' is missing"
from sharded && cp model/model-00001-of-00003.safetensors model/model-00002-of-00003.safetensors
bad_index "tensor '"
stderr_has "is in 'model-00001-of-00003.safetensors' and in 'model-00002-of-00003.safetensors'"
from sharded && cp model/model-00001-of-00003.safetensors outside.safetensors
sed -i 's|model-00001-of-00003|../outside|' model/model.safetensors.index.json
bad_index "tensor 'bert.embeddings.word_embeddings.weight': '../outside.safetensors' is not the name of a file in this folder"
from sharded && sed -i 's|"model-00001-of-00003.safetensors"|7|' model/model.safetensors.index.json
bad_index "tensor 'bert.embeddings.word_embeddings.weight': '(not a string)' is not the name of a file in this folder"
from sharded && sed -i '0,/model-00001/s//model-00002/' model/model.safetensors.index.json
bad_index "tensor 'bert.embeddings.word_embeddings.weight' is not in 'model-00002-of-00003.safetensors'"
from sharded && echo '{"weight_map": {}}' >model/model.safetensors.index.json
bad_index "'weight_map' is missing or empty"
from sharded && echo '{' >model/model.safetensors.index.json
bad_index 'line '
from sharded && head -c 300 "$GOLDEN/sharded/model-00003-of-00003.safetensors" >model/model-00003-of-00003.safetensors
bad_index 'model/model-00003-of-00003.safetensors: '

# pickles that would run something, and what else a hostile file holds: refused as encoder and as model
for name in "$GOLDEN"/evil-* "$GOLDEN/old" "$GOLDEN/script"; do
    from "$(basename "$name")"
    refuses 3 'model/pytorch_model.bin: ' lexclf predict --model model --text rent
    refuses 3 'model/pytorch_model.bin: ' lexclf train --encoder model --train train.csv --out no
    missing was-run
    missing no
done
from evil-system
refuses 3 "model/pytorch_model.bin: data.pkl: byte 2: it names 'os.system', which is no part of weights" \
    lexclf predict --model model --text rent
stderr_has 'hint: a pickle can run programs; nothing of this one was executed'
from old
refuses 3 'model/pytorch_model.bin: is of the format before PyTorch 1.6' lexclf predict --model model --text rent
stderr_has 'hint: save it anew: python3 -c '

# other weights than those: named
from common && rm model/model.safetensors && : >model/tf_model.h5
refuses 3 'model/model.safetensors: no such file' lexclf predict --model model --text rent
stderr_has "hint: 'tf_model.h5' is not read: open it with transformers"
from common && printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 438000000\n' >model/model.safetensors
refuses 3 'model/model.safetensors: is a pointer of Git LFS, not the weights' lexclf predict --model model --text rent

# a BERT by another name is taken for what it is; RoBERTa's weights under BERT's name are not
for type in '"model_type": "roberta"' '"model_type": "xlm-roberta"' '"old_config": true'; do
    from plain && sed -i "s/\"model_type\": \"bert\"/$type/; s/BertFor/RobertaFor/" model/config.json
    answers
    same "$STDOUT" wanted
    expect 0 lexclf train --encoder model --train train.csv --dev-fraction 0 --epochs 1 --out trained --overwrite
    grep -q '"model_type": "bert"' trained/config.json || grep -q '"model_type":	"bert"' trained/config.json
done
from other-family
refuses 3 "model/pytorch_model.bin: holds weights of type 'roberta', and config.json says 'bert'" \
    lexclf predict --model model --text rent

# settings of config.json that mean nothing here are told to --verbose alone; vocab.txt with CRLF is read
from common && sed -i 's/^{/{"directionality": "bidi", "pooler_fc_size": 768,/; ' model/config.json && sed -i 's/$/\r/' model/vocab.txt
answers
same "$STDOUT" wanted
stderr_lacks directionality
expect 0 lexclf predict --model model --text rent --verbose
stderr_has "'directionality' in the model's config.json is not known here and has no effect"
stderr_lacks initializer_range
