# long documents: trained, judged and answered in windows; the setting lies in the folder and can be said otherwise; short
# texts are none the wiser; what cannot be is refused
tiny_model encoder
words='the tenant shall pay rent of the buyer and deliver title to'
long() { # long WORD N: a document of N lines, its word in the last
    local i
    for ((i = 0; i < $2; i++)); do printf '%s ' "$words"; done
    printf 'the %s' "$1"
}
for i in {1..10}; do
    printf '{"text": "%s", "label": "A"}\n{"text": "%s", "label": "B"}\n' "$(long lease $((i % 5 * 3)))" "$(long price $((i % 3 * 4)))"
done >train.jsonl
train=(train --encoder encoder --train train.jsonl --max-length 16 --epochs 2 --lr 1e-2 --batch-size 4 --batch-tokens 40 --threads 1)
expect 0 lexclf "${train[@]}" --out off --json
stderr_has 'are longer than 16 tokens and are cut (--max-length): '
stderr_has '--windows reads all of them'
stdout_has '"tokens_cut":'
for windows in mean max attention; do
    expect 0 lexclf "${train[@]}" --out $windows --windows $windows --json
    stderr_has 'windows in all, up to 13 a row; --train-windows 4 would learn from 4 a row each time, in a part of the time; cut there, '
    stdout_has "\"windows\":\"$windows\",\"stride\":11,"
    stdout_has '"truncated":0,"windows":'
    grep -A 2 '"windows": {' $windows/lexclf.json | tr -d ' \n' | grep -qF "\"windows\":{\"pooling\":\"$windows\",\"stride\":11" || fail "not in the folder: $windows"
    expect 0 lexclf predict --model $windows train.jsonl --logits
    stdout_lacks '"truncated":true'
    cp "$STDOUT" $windows.jsonl
    expect 0 lexclf eval --model $windows --data train.jsonl --json --html $windows.html
    stdout_has '"truncated":0'
    grep -qF "were read in windows ($windows)" $windows.html || fail 'the page does not say so'
    # in other batches, in more threads, by itself: the same bytes
    expect 0 lexclf predict --model $windows train.jsonl --logits --batch-tokens 16 --threads 3
    same "$STDOUT" $windows.jsonl
    sed -n 9p train.jsonl >one.jsonl
    expect 0 lexclf predict --model $windows one.jsonl --logits
    [ "$(sed 's/"id":1,/"id":9,/' "$STDOUT")" = "$(sed -n 9p $windows.jsonl)" ] || fail 'another answer by itself'
    opens $windows
done
# a head of one layer is the mean of the windows' heads, and no other: all three differ from one another and from the cut
expect 0 lexclf predict --model off train.jsonl --logits
cp "$STDOUT" off.jsonl
stdout_has '"truncated":true'
for windows in mean max; do
    expect 0 lexclf predict --model off train.jsonl --logits --windows $windows
    stdout_lacks '"truncated":true'
    ! cmp -s "$STDOUT" off.jsonl || fail "--windows $windows changes nothing"
    expect 0 lexclf predict --model $windows train.jsonl --logits --windows off
    stdout_has '"truncated":true'
    expect 0 lexclf predict --model $windows train.jsonl --logits --windows $windows --stride 11
    same "$STDOUT" $windows.jsonl
    expect 0 lexclf predict --model $windows train.jsonl --logits --stride 5
    ! cmp -s "$STDOUT" $windows.jsonl || fail '--stride changes nothing'
    expect 0 lexclf predict --model $windows train.jsonl --logits --max-length 24
    stdout_lacks '"truncated":true'
done
expect 0 lexclf predict --model attention train.jsonl --logits --windows mean
! cmp -s "$STDOUT" attention.jsonl || fail 'attention is the mean'

# texts that fit into a window: the same bytes with windows and without, an empty one too
printf '%s\n' '{"text": ""}' '{"text": "the tenant shall pay rent"}' >short.jsonl
for windows in mean max attention; do
    expect 0 lexclf predict --model $windows short.jsonl --logits --scores all
    cp "$STDOUT" with.jsonl
    expect 0 lexclf predict --model $windows short.jsonl --logits --scores all --windows off
    same "$STDOUT" with.jsonl
    expect 0 lexclf predict --model $windows --text 'the tenant shall pay rent' --logits
    cp "$STDOUT" with.jsonl
    expect 0 lexclf predict --model $windows --text 'the tenant shall pay rent' --logits --windows off
    same "$STDOUT" with.jsonl
done
clauses 20 >short.csv
expect 0 lexclf train --encoder encoder --train short.csv --max-length 32 --epochs 2 --out short1 --quiet
expect 0 lexclf train --encoder encoder --train short.csv --max-length 32 --epochs 2 --out short2 --quiet --windows max
same short1/model.safetensors short2/model.safetensors

# layers computed again on the way back: the same model
expect 0 lexclf "${train[@]}" --out again --windows max --checkpoint-activations
same again/model.safetensors max/model.safetensors

# many labels, and yes or no
sed 's/"label": "A"/"labels": ["A", "B"]/; s/"label": "B"/"labels": ["B"]/' train.jsonl >many.jsonl
many=(train --encoder encoder --threads 1 --max-length 16 --epochs 1 --lr 1e-2 --batch-size 4)
expect 0 lexclf "${many[@]}" --train many.jsonl --out many --windows max --overwrite
expect 0 lexclf eval --model many --data many.jsonl --json --quiet
expect 0 lexclf "${many[@]}" --train train.jsonl --task binary --out yes --windows attention
expect 0 lexclf eval --model yes --data train.jsonl --json --quiet
expect 0 lexclf calibrate --model yes --data train.jsonl --out yes2
grep -q '"pooling": "attention"' yes2/lexclf.json || fail 'the copy lost its windows'
expect 0 lexclf predict --model yes2 train.jsonl

# beside a linear model, which reads the whole text anyway
expect 0 lexclf "${train[@]}" --out fused --windows attention --fuse-linear
expect 0 lexclf predict --model fused train.jsonl --logits
cp "$STDOUT" fused.jsonl
expect 0 lexclf predict --model fused train.jsonl --logits --batch-tokens 16 --threads 2
same "$STDOUT" fused.jsonl
expect 0 lexclf eval --model fused --data train.jsonl --json --quiet

# learned from some windows of each document: fewer tokens, another model; from as many as there are: nothing changes
tokens_of() { sed 's/.*"tokens":\([0-9]*\),"tokens_per_s.*/\1/' "$1"; }
for n in 13 2; do
    expect 0 lexclf "${train[@]}" --out drawn$n --windows attention --train-windows $n --json
    stdout_has "\"train_windows\":$n,"
    stderr_has "up to 13 a row; learned from at most $n a row each time; cut there, "
    tokens_of "$STDOUT" >drawn$n.tokens
done
same drawn13/model.safetensors attention/model.safetensors
! cmp -s drawn2/model.safetensors attention/model.safetensors || fail '--train-windows changes nothing'
[ "$(cat drawn2.tokens)" -lt "$(cat drawn13.tokens)" ] || fail 'no fewer tokens'

# killed and resumed, to the same bytes: the windows of a step are drawn again
rest=("${train[@]}" --out killed --windows attention --checkpoint-steps 2)
some=("${rest[@]}" --train-windows 2)
for n in 12 18 24 30 40; do
    rm -rf killed.partial
    expect 0 killed with_fault kill $n "${some[@]}"
    [ "$(fate)" = killed ] || fail 'not killed'
    [ ! -f killed.partial/last ] || break
done
[ -f killed.partial/last ] || fail 'no checkpoint'
expect 2 lexclf "${some[@]}" --stride 7 --resume
stderr_has 'options.stride 11 then, 7 now'
expect 2 lexclf "${rest[@]}" --train-windows 3 --resume
stderr_has 'options.train_windows 2 then, 3 now'
expect 0 lexclf "${some[@]}" --resume
expect 0 diff -r -x metrics.jsonl drawn2 killed

# refused
expect 2 lexclf "${train[@]}" --out x --windows mean --stride 15
stderr_has "option '--stride': 15 would leave tokens out between windows of 14"
expect 2 lexclf "${train[@]}" --out x --stride 4
stderr_has "option '--stride': without windows there is none"
expect 2 lexclf "${train[@]}" --out x --train-windows 4
stderr_has "option '--train-windows': without windows there is none to draw"
expect 2 lexclf "${train[@]}" --out x --windows max --train-windows 1
stderr_has "option '--train-windows': 1 would always be the first with --windows max"
expect 2 lexclf "${train[@]}" --out x --windows average
stderr_has "option '--windows': 'average' is not one of off|mean|max|attention"
expect 2 lexclf "${train[@]}" --out x --windows mean --stride 0
expect 2 lexclf predict --model off --stride 4 train.jsonl
stderr_has "option '--stride': without windows there is none"
expect 2 lexclf predict --model max --windows off --stride 4 train.jsonl
expect 2 lexclf predict --model off --windows attention train.jsonl
stderr_has "option '--windows attention': the model in off was not trained with it"
expect 2 lexclf train --kind linear --train train.jsonl --out x --windows mean
expect 0 lexclf train --kind linear --train train.jsonl --out linear
expect 2 lexclf predict --model linear --windows mean train.jsonl
stderr_has '--windows: the model in linear is linear and reads whole texts'
expect 2 lexclf predict --model linear --stride 3 train.jsonl
missing x
