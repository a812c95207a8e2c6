# inspect tells what a folder is and whether train and predict would take it; what it says of them is what they say
GOLDEN=$ROOT/tests/golden/torch
from() {
    rm -rf model
    cp -r "$GOLDEN/common" model
    [ "$1" = common ] || { rm model/model.safetensors && cp "$GOLDEN/$1"/* model/; }
}
printf 'text,label\nrent,A\nyear,B\npay,A\nrents,B\n' >rows.csv

from common
expect 0 lexclf inspect model
stdout_is <<'END'
kind         encoder
family       bert (BertForSequenceClassification)
sizes        layers 1, width 8, heads 2, inner_width 12, vocabulary 16, positions 16, segments 2
parameters   919
weights      model.safetensors, 0.0 MB
tensors      F32 25
tokenizer    WordPiece, 16 tokens, lower case
max length   16
task         single
labels       3: LABEL_0, LABEL_1, LABEL_2
pooling      cls
temperature  1
train        yes
predict      yes
END
stderr_empty
expect 0 lexclf inspect --json model
[ "$(wc -l <"$STDOUT")" = 1 ]
stdout_has '{"schema":1,"kind":"encoder","lexclf":false,"family":"bert"'
stdout_has '"labels":["LABEL_0","LABEL_1","LABEL_2"]'
stdout_has '"train":{"takes":true,"missing":[]},"predict":{"takes":true,"missing":[]}'
from sharded-bin
expect 0 lexclf inspect model
stdout_has 'pytorch_model.bin.index.json, 3 files'
from bf16
expect 0 lexclf inspect model
stdout_has 'BF16 25'

# an encoder alone is for train; of the weights a new head is made
tiny_model encoder
expect 0 lexclf inspect encoder
stdout_has 'yes, with new weights for classifier.weight, classifier.bias'
stdout_has 'no: encoder: has no classification head: it is an encoder only'

# what the verbs say of a folder that is no good, inspect says; exit 3, and the report is there all the same
agrees() {
    code=0
    lexclf inspect --json model >"$STDOUT" 2>"$STDERR" || code=$?
    [ $code = 3 ] || fail "inspect: exit code $code"
    cp "$STDERR" said
    stdout_has '"train":{"takes":false,"reason":"'
    stdout_has "$1"
    expect 3 lexclf train --encoder model --train rows.csv --out no
    grep '^lexclf: model' "$STDERR" >said-by-train
    grep '^lexclf: model' said | diff - said-by-train
}
from other-family
agrees "holds weights of type 'roberta', and config.json says 'bert'"
stderr_has 'pytorch_model.bin'
sed -i 's/"model_type": "bert"/"model_type": "big_bird"/' model/config.json
agrees '"family":"big_bird"'
expect 3 lexclf inspect model
stdout_has 'layers 1, width 8'
stdout_has "no: model/config.json: encoder type 'big_bird' is not supported (supported: bert, roberta, "
stderr_has "lexclf: model/config.json: encoder type 'big_bird' is not supported (supported: bert, roberta, "
from common && rm model/model.safetensors
agrees 'model/model.safetensors: no such file'
from evil-system
agrees "it names 'os.system'"
missing was-run
from common && rm model/vocab.txt
agrees 'model: no tokenizer: neither tokenizer.json nor vocab.txt'
from common && sed -i 's/"num_hidden_layers": 1/"num_hidden_layers": 2/' model/config.json
agrees '"missing":["bert.encoder.layer.1.attention.self.query.weight",'
expect 3 lexclf inspect model
stdout_has 'bert.encoder.layer.1.attention.self.query.weight'
from common && echo '{' >model/config.json
refuses 3 'model/config.json: line ' lexclf inspect model
refuses 3 'nosuch: no such model folder' lexclf inspect nosuch
refuses 3 'rows.csv: is a file, not a model folder' lexclf inspect rows.csv
mkdir empty
refuses 3 'empty: not a model folder: config.json is missing' lexclf inspect empty
refuses 2 'no folder given' lexclf inspect
expect 2 lexclf inspect model model
expect 2 lexclf inspect model --encoding UTF-8

# folders of ours: how they were trained; a linear one; a damaged one
rm rows.csv && clauses 20 >rows.csv
trained ours
expect 0 lexclf inspect ours
stdout_has 'trained by lexclf  '
stdout_has '4: BUY, LEASE, RENT, SALE'
expect 0 lexclf inspect ours --json
stdout_has '"lexclf":true'
stdout_has '"run":{'
expect 0 lexclf train --kind linear --train rows.csv --out linear
expect 0 lexclf inspect linear
stdout_has 'linear'
stdout_has 'n-grams'
stdout_has 'no: linear: is a linear model, not an encoder'
[ "$(tail -n 1 "$STDOUT" | tr -s ' ')" = 'predict yes' ]
printf x | dd of=ours/vocab.txt bs=1 seek=3 conv=notrunc status=none
expect 3 lexclf inspect ours
stdout_has 'ours/vocab.txt: damaged or changed'
