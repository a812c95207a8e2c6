# train --fuse-linear: one folder of both, whose logits are the encoder's and the weighted margins; it resumes, and is used like any other
tiny_model encoder
clauses 80 >train.csv
cat >>train.csv <<'END2'
the tenant shall sell the goods,RENT
the seller shall pay rent monthly,SALE
the lease of the goods is for a year,BUY
the buyer shall let the premises,LEASE
END2
{ # some dev labels that no text tells of
    echo text,label
    tail -n +20 train.csv
    echo the tenant shall pay rent monthly,SALE
    echo the lease of land is for a term of a year,BUY
} >dev.csv
with=(--train train.csv --dev dev.csv --threads 1)
train=(train --encoder encoder "${with[@]}" --recipe classic --epochs 2 --lr 1e-3)
expect 0 lexclf "${train[@]}" --out both --fuse-linear --test dev.csv --json
stderr_has 'lexclf: encoder alone  dev: accuracy '
stderr_has 'lexclf: linear alone   dev: accuracy '
stderr_has 'lexclf: both, x '
stdout_has '"fuse_linear":{"word_ngrams":[1,3],"char_ngrams":[2,5],"min_df":2,"C":3}'
stdout_has '"fusion":{"features":'
stdout_has '"parts":{"encoder":{"dev":{"loss":'
[ "$(ls both | sort | tr '\n' ' ')" = 'config.json lexclf.json linear.safetensors metrics.jsonl model.safetensors tokenizer_config.json vocab.txt vocabulary.bin ' ] ||
    fail "other files: $(ls both)"
grep -q '"linear-fusion"' both/lexclf.json
nothing_left

# the parts by themselves, and their sum
expect 0 lexclf "${train[@]}" --out alone --quiet
expect 0 lexclf train --kind linear "${with[@]}" --out linear --quiet
best() { grep -o '"best_epoch": [0-9]*' "$1/lexclf.json"; }
weight=$(grep -A1 '"fusion": {' both/lexclf.json | grep -o '"weight": [0-9.]*' | head -1 | cut -d' ' -f2)
[ -n "$weight" ] || fail 'no weight'
logits() { expect 0 lexclf predict --model "$1" dev.csv --logits --no-passthrough --device cpu --threads "${2:-2}" && sed 's/.*"logits":\[//; s/\].*//' "$STDOUT"; }
if [ "$(best both)" = "$(best alone)" ]; then
    logits alone | tr ',' '\n' >a
    logits linear | tr ',' '\n' >b
    logits both | tr ',' '\n' >c
    paste a b c | awk -v w="$weight" '{ d = $1 + w * $2 - $3; if (d < 0) d = -d; if (d > 1e-4) bad++ } END { exit bad || NR < 40 }' ||
        fail 'the logits are not the sum'
else
    fail 'another epoch was kept: the case must be mended'
fi
logits both 1 >c1
logits both 2 >c2
same c1 c2

# it opens wherever a model does
expect 0 lexclf eval --model both --data dev.csv --json --device cpu
stdout_has '"n":'
expect 0 lexclf eval --model both --compare linear --data dev.csv --quiet --html page.html --device cpu
expect 0 lexclf calibrate --model both --data dev.csv --out calibrated --device cpu
[ -f calibrated/linear.safetensors ] && [ -f calibrated/vocabulary.bin ] || fail 'the copy is not whole'
expect 0 lexclf predict --model calibrated --text 'the tenant shall pay rent monthly'
expect 0 lexclf tokenize --model both train.csv
expect 0 lexclf train --encoder both --train train.csv --dev dev.csv --epochs 1 --threads 1 --out onwards
! grep -q fusion onwards/lexclf.json || fail 'an encoder keeps its linear model'

# a part that is gone, changed or contradicts
broken() { rm -rf broken && cp -r both broken; }
broken && rm broken/linear.safetensors
refuses 3 'broken/linear.safetensors: no such file' lexclf predict --model broken --text rent
broken && printf 'x' | dd of=broken/linear.safetensors bs=1 seek=400 conv=notrunc status=none
refuses 3 'broken/linear.safetensors: damaged or changed' lexclf predict --model broken --text rent
broken && printf 'x' | dd of=broken/vocabulary.bin bs=1 seek=40 conv=notrunc status=none
refuses 3 'broken/vocabulary.bin: damaged or changed' lexclf predict --model broken --text rent

# many labels; yes or no; no dev records
sed 's/\(.*\),\(.*\)/\1,\2;ANY/; 1s/.*/text,label/' train.csv >many.csv
expect 0 lexclf train --encoder encoder --fuse-linear --train many.csv --label-separator ';' --epochs 1 --threads 1 --out many --pos-weight auto
expect 0 lexclf predict --model many --text 'the tenant shall pay rent monthly' --scores all
sed 's/,[BLS][A-Z]*$/,NO/; s/,RENT$/,YES/' train.csv >yes.csv
expect 0 lexclf train --encoder encoder --fuse-linear --train yes.csv --task binary --epochs 1 --threads 1 --out yes --pooling mean --word-ngrams 1-1 --char-ngrams off
stdout_empty
expect 0 lexclf predict --model yes --text 'the tenant shall pay rent monthly'
stdout_has '"label":"YES"'
expect 0 lexclf train --encoder encoder --fuse-linear --train train.csv --dev-fraction 0 --epochs 1 --threads 1 --out nodev
stderr_has 'warning: without dev records the linear model counts 2'
expect 2 lexclf train --encoder encoder --train train.csv --out x --min-df 1
stderr_has "needs '--kind linear', '--fuse-linear' or '--distill-linear'"
expect 2 lexclf train --kind linear --fuse-linear --train train.csv --out x

# killed at one moment after another, it comes to the same bytes
killed_comes_to_the_same "${train[@]}" --fuse-linear --checkpoint-steps 3
expect 2 lexclf "${train[@]}" --fuse-linear --C 1 --out again --overwrite --resume-anyway
