# every family is told, trained, answers in each way, is saved as it came, and is quantised; what cannot be is named
families="roberta camembert xlm-roberta distilbert electra mpnet albert modernbert deberta-v2"
for i in {1..8}; do printf 'rent,A\nlease rent,B\n'; done | sed '1i text,label' >rows.csv
for family in $families; do
    family_model $family $family
    expect 0 lexclf inspect $family
    stdout_has "family       $family"
    stdout_has 'train        yes'
    stdout_has 'predict      yes'
    expect 0 lexclf predict --model $family rows.csv --logits --dtype int8
    expect 0 lexclf predict --model $family rows.csv --logits --dtype fp32
    stdout_has '"logits":['
    cp "$STDOUT" before
    expect 0 lexclf train --encoder $family --train rows.csv --out $family-out --epochs 2 --lr 1e-2 --pooling cls --max-length 3 \
        --dev-fraction 0 --warmup-ratio 0
    expect 0 lexclf predict --model $family-out rows.csv --logits --dtype fp32
    stdout_has '"logits":['
    ! cmp -s "$STDOUT" before || fail "$family: nothing was learned"
    grep -q 'ForSequenceClassification"' $family-out/config.json || fail "$family: config.json does not say what it is"
    # the same names as transformers' own, all of them and no others
    names() { head -c 20000 "$1/model.safetensors" | grep -ao '"[a-z][^"]*\(weight\|bias\)"' | sort; }
    names $family >a && names $family-out >b && same a b
    expect 0 lexclf quantize --model $family-out --data rows.csv --out $family-int8 --max-drop 1
    expect 0 lexclf predict --model $family-int8 rows.csv
    # a fresh head over the mean; windows; weights that stay
    expect 0 lexclf train --encoder $family --train rows.csv --out $family-mean --epochs 1 --pooling mean --max-length 3 \
        --windows attention --freeze embeddings
    expect 0 lexclf predict --model $family-mean rows.csv
    grep -qa 'lexclf.mean_classifier.weight' $family-mean/model.safetensors || fail "$family: no head for the mean"
done
grep -q '"CamembertForSequenceClassification"' camembert-out/config.json || fail 'camembert is not called so'

# an encoder without a head, and without its prefix
for family in roberta electra; do
    cp -r $family bare
    LC_ALL=C sed -i "s/\"classifier/\"klassifier/g; s/\"$family\.\([a-z]\)/\"\1/g" bare/model.safetensors
    head=$(head -c 20000 bare/model.safetensors | tail -c +9 | grep -ao '^{.*}}')
    # the header is shorter now: filled up with spaces
    was=$(head -c 8 $family/model.safetensors | od -An -t u8 | tr -d ' ')
    { head -c 8 $family/model.safetensors && printf '%-*s' "$was" "$head" && tail -c +$((was + 9)) $family/model.safetensors; } >bare/model.safetensors
    refuses 3 'bare: has no classification head' lexclf predict --model bare rows.csv
    expect 0 lexclf inspect bare
    stdout_has 'yes, with new weights for classifier.dense.weight, classifier.dense.bias, classifier.out_proj.weight, classifier.out_proj.bias'
    expect 0 lexclf train --encoder bare --train rows.csv --out bare-out --epochs 1 --max-length 3
    expect 0 lexclf predict --model bare-out rows.csv
    rm -r bare bare-out
done

# positions: RoBERTa's five rows hold four tokens; ALBERT's layers share weights
expect 2 lexclf predict --model roberta rows.csv --max-length 5
stderr_has '--max-length 5 is more than the 4 positions of the model in roberta'
expect 0 lexclf predict --model electra rows.csv --max-length 5
expect 2 lexclf predict --model mpnet rows.csv --max-length 4
stderr_has 'more than the 3 positions'
sed 's/"num_hidden_layers": 1/"num_hidden_layers": 3/' -i albert/config.json
expect 2 lexclf train --encoder albert --train rows.csv --out no --max-length 3 --freeze-layers 1
stderr_has '1 layers are to be frozen, but they share their weights with others of the 3'
expect 0 lexclf train --encoder albert --train rows.csv --out shared --max-length 3 --freeze-layers 3 --epochs 1
missing no

# of another family, with a tensor missing, of another shape; settings that would be computed otherwise
refused() {
    local reason=$1 family=$2
    shift 2
    rm -rf bad && cp -r $family bad
    [ $# = 0 ] || LC_ALL=C sed -i "$@"
    refuses 3 "$reason" lexclf predict --model bad rows.csv
}
family_model mixed electra roberta
refuses 3 "mixed/model.safetensors: holds weights of type 'roberta', and config.json says 'electra'" \
    lexclf train --encoder mixed --train rows.csv --out no --max-length 3
refused "bad/model.safetensors: 'distilbert.transformer.layer.0.ffn.lin2.bias' is missing (expected [4])" distilbert \
    's/ffn.lin2.bias/ffn.lin3.bias/' bad/model.safetensors
refused "bad/model.safetensors: 'mpnet.encoder.relative_attention_bias.weight' is [32, 2], expected [40, 2]" mpnet \
    's/"pad_token_id": 0/"relative_attention_num_buckets": 40/' bad/config.json
refused "bad/config.json: 'relative_attention_num_buckets' is not a whole number between 32" mpnet \
    's/"pad_token_id": 0/"relative_attention_num_buckets": 16/' bad/config.json
refused "bad/config.json: 'pad_token_id' is not a whole number between 0 and 4" roberta 's/"pad_token_id": 0/"pad_token_id": 5/' bad/config.json
refused "bad/config.json: 'max_position_embeddings' 5 leaves none behind the padding's 4" roberta 's/"pad_token_id": 0/"pad_token_id": 4/' bad/config.json
refused "bad/config.json: 'embedding_size' is missing" albert '/"embedding_size"/s/"embedding_size": 2, //' bad/config.json
refused "bad/config.json: 'conv_kernel_size' 4 with 'conv_groups' 1: supported are odd sizes, and 1" deberta-v2 \
    's/"conv_kernel_size": 5/"conv_kernel_size": 4/' bad/config.json
refused "bad/config.json: 'conv_kernel_size' 5 with 'conv_groups' 2: supported are odd sizes, and 1" deberta-v2 \
    's/"conv_kernel_size": 5/"conv_kernel_size": 5, "conv_groups": 2/' bad/config.json
refused "bad/config.json: 'conv_act' is 'mish', supported are 'tanh', 'gelu', 'gelu_new' and 'relu'" deberta-v2 \
    's/"conv_kernel_size": 5/"conv_kernel_size": 5, "conv_act": "mish"/' bad/config.json
refused "bad/model.safetensors: 'deberta.encoder.conv.conv.weight' is [4, 4, 5], expected [4, 4, 3]" deberta-v2 \
    's/"conv_kernel_size": 5/"conv_kernel_size": 3/' bad/config.json
refused "bad/config.json: supported of DeBERTa are 'relative_attention' and 'share_att_key' true" deberta-v2 \
    's/"share_att_key": true/"share_att_key": false/' bad/config.json
refused "bad/config.json: 'position_buckets' 64 are too many for distances below 5" deberta-v2 \
    's/"position_buckets": 2/"position_buckets": 64/' bad/config.json
refused "bad/config.json: 'num_hidden_groups' is not a whole number between 1 and 3" albert 's/"pad_token_id": 0/"num_hidden_groups": 4/' bad/config.json
refused "bad/config.json: 'layer_types' is not full attention in every n-th layer" modernbert \
    's/"pad_token_id": 0/"layer_types": ["sliding_attention"]/' bad/config.json
refused "bad/config.json: scaled rotations" modernbert 's/"pad_token_id": 0/"rope_scaling": {"rope_type": "yarn"}/' bad/config.json
refused "bad/config.json: 'classifier_pooling' is 'max', supported are 'cls' and 'mean'" modernbert \
    's/"pad_token_id": 0/"classifier_pooling": "max"/' bad/config.json
refused "bad/config.json: 'activation' is 'silu', supported are 'gelu', 'gelu_new' and 'relu'" distilbert \
    's/"pad_token_id": 0/"activation": "silu"/' bad/config.json
refused 'bad: the vocabulary has 6 tokens, the encoder 5 embeddings' electra -e '$a lease' bad/vocab.txt
refused 'bad/vocab.txt: ' electra '/CLS/d' bad/vocab.txt
