# options of one kind of model are refused with the other, and before anything is touched
clauses 20 >train.csv
train=(train --train train.csv --out out)
refused() {
    local message=$1
    shift
    refuses 2 "$message" lexclf "$@"
    missing out
}
for option in '--encoder x' '--lr 1e-3' '--epochs 2' '--schedule constant' '--warmup-ratio 0' '--batch-size 4' \
    '--weight-decay 0' '--clip 1' '--dropout 0' '--pooling mean' '--max-length 64' '--metric accuracy' \
    '--batch-tokens 64' '--device cpu' '--dtype fp32'; do
    # shellcheck disable=SC2086
    refused "option '${option%% *}' has no meaning with '--kind linear'" "${train[@]}" --kind linear $option
done
for option in '--C 1' '--min-df 1' '--word-ngrams 1-2' '--char-ngrams off'; do
    # shellcheck disable=SC2086
    refused "option '${option%% *}' needs '--kind linear', '--fuse-linear' or '--distill-linear'" "${train[@]}" --encoder nosuch $option
done
refused "an option is missing: '--encoder DIR'" "${train[@]}"
refused "option '--kind': 'forest' is not one of encoder|linear" "${train[@]}" --kind forest
for bad in 0-3 3-1 1 1- -3 1-11 1-3x ' 1-3' on '' 1-2-3; do
    refused "option '--word-ngrams': '$bad' is not two lengths" "${train[@]}" --kind linear "--word-ngrams=$bad"
done
refused "option '--C': '0' is not a number above 0" "${train[@]}" --kind linear --C 0
refused "option '--min-df': '0' is not" "${train[@]}" --kind linear --min-df 0
refused "options '--word-ngrams off' and '--char-ngrams off' exclude each other" "${train[@]}" --kind linear \
    --word-ngrams off --char-ngrams off

# a configuration file may serve both kinds; one that contradicts itself is bad input
echo '{"encoder": "nosuch", "lr": 0.001, "C": 2, "min-df": 1}' >both.json
expect 0 lexclf "${train[@]}" --kind linear --config both.json
grep -q '"C": 2' out/lexclf.json || fail 'C of the configuration was not used'
refuses 3 'nosuch: no such model folder' lexclf "${train[@]}" --overwrite --config both.json
echo '{"kind": "linear", "lr": 0.001}' >wrong.json
refuses 3 "wrong.json: option '--lr' has no meaning with '--kind linear'" lexclf "${train[@]}" --overwrite --config wrong.json

# what a linear folder cannot do
refuses 3 'out: is a linear model, which has no tokenizer' lexclf tokenize --model out train.csv
refuses 3 'out: is a linear model, not an encoder' lexclf train --encoder out --train train.csv --out other
refuses 2 '--max-length: the model in out is linear' lexclf predict --model out train.csv --max-length 64
refuses 2 '--device cuda: the model in out is linear' lexclf predict --model out train.csv --device cuda
refuses 2 "option '--out': 'out' exists" lexclf "${train[@]}" --kind linear
expect 0 lexclf "${train[@]}" --kind linear --overwrite

# data that teaches nothing
printf 'text,label\nab,A\ncd,B\n' >little.csv
refuses 3 'little.csv: no n-gram stands in 2 or more of the 2 texts' lexclf train --kind linear --train little.csv --out other --dev-fraction 0
stderr_has '--min-df'
