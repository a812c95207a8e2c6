# quantize: a small copy that answers like its model, refused where it does not; what is quantised answers everywhere, and is trained no more
tiny_model encoder
clauses 80 >train.csv
expect 0 lexclf train --encoder encoder --train train.csv --out model --epochs 8 --lr 1e-2 --threads 1 --quiet
{ # texts on the border between labels, with what the model says of them: rounding turns many, whatever is kept
    echo text
    awk 'BEGIN { n = split("the a of to and shall is tenant land pay rent monthly lease premises term year buyer seller sell purchase price title goods deliver accept home let", w, " ")
        srand(7); for (i = 0; i < 3000; i++) { s = w[1 + i % n]; for (j = 0; j < 2 + int(rand() * 12); j++) s = s " " w[1 + int(rand() * n)]; print s } }'
} >texts.csv
expect 0 lexclf predict --model model texts.csv --dtype fp32 --logits --quiet
sed 's/.*"text":"\([^"]*\)".*"label":"\([A-Z]*\)".*"logits":\[\(.*\)\].*/\1,\2,\3/' "$STDOUT" |
    awk -F, '{ best = next_best = -1e9; for (i = 3; i <= NF; i++) if ($i > best) { next_best = best; best = $i } else if ($i > next_best) next_best = $i
        printf "%.6f,%s,%s\n", best - next_best, $1, $2 }' | sort -n | head -n 40 | cut -d, -f2- >border
{ echo text,label && cat border; } >hard.csv
[ "$(grep -c ',[A-Z]*$' hard.csv)" = 40 ] || fail 'the texts are not labelled'
remember model

quantize=(quantize --model model --threads 1)
expect 0 lexclf "${quantize[@]}" --data train.csv --out small --json
stdout_has '"n":80,"before":{"accuracy":'
stdout_has '"kept":[],"written":true'
stderr_has 'lexclf: fp32  accuracy '
stderr_has 'lexclf: int8  accuracy '
stderr_has "lexclf: written to 'small'"
nothing_left
unchanged model
[ "$(ls small | sort | tr '\n' ' ')" = 'config.json lexclf.json model.safetensors tokenizer_config.json vocab.txt ' ] || fail "other files: $(ls small)"
tr -d ' \n' <small/lexclf.json | grep -qF '"requires":["int8-weights"]' || fail 'int8 is not required'
grep -q 'word_embeddings.weight.int8"' small/model.safetensors || fail 'no table in int8'
expect 0 lexclf "${quantize[@]}" --data train.csv --out again --quiet
diff -r small again >"$CASE_DIR/diff" || fail 'not the same bytes again'

# the folder, and weights rounded at load: one answer, in any number of threads and batches
expect 0 lexclf predict --model small texts.csv --logits --quiet --threads 1
cp "$STDOUT" of-folder
expect 0 lexclf predict --model small texts.csv --logits --quiet --threads 2 --batch-tokens 100 --dtype int8
same of-folder "$STDOUT"
expect 0 lexclf predict --model model texts.csv --logits --dtype int8
same of-folder "$STDOUT"
[ "$(grep -c 'rounded to int8 now' "$STDERR")" = 1 ] || fail 'rounding is not said once'
expect 0 lexclf eval --model model --compare model --data train.csv --dtype int8
[ "$(grep -c 'rounded to int8 now' "$STDERR")" = 1 ] || fail 'rounding is not said once'
for dtype in fp32 bf16; do
    expect 0 lexclf eval --model small --data train.csv --dtype $dtype --json --quiet
    stdout_has '"n":80'
done
expect 0 lexclf eval --model small --compare model --data train.csv --quiet
expect 0 lexclf predict --model small --windows mean --max-length 8 texts.csv --quiet
expect 0 lexclf tokenize --model small texts.csv
expect 0 lexclf calibrate --model small --data hard.csv --out warm --quiet
tr -d ' \n' <warm/lexclf.json | grep -q '"requires":\[[^]]*"int8-weights"\]' || fail 'calibrating forgets int8'
same small/model.safetensors warm/model.safetensors
opens warm

# too much worse: nothing is left, and an older folder stays
remember small
expect 1 lexclf "${quantize[@]}" --data hard.csv --out worse --max-drop 0
stderr_has 'lexclf: warning: not written: macro F1 falls by 0.'
stderr_has 'more than --max-drop 0'
stderr_has 'kept in bf16: '
missing worse
nothing_left
expect 1 lexclf "${quantize[@]}" --data hard.csv --out small --overwrite --max-drop 0 --json
stdout_has '"written":false'
unchanged small
nothing_left
expect 0 lexclf "${quantize[@]}" --data hard.csv --out small --overwrite --max-drop 1 --quiet
opens small

# bfloat16
expect 0 lexclf "${quantize[@]}" --data train.csv --out half --dtype bf16
stderr_has 'lexclf: bf16  accuracy '
tr -d ' \n' <half/lexclf.json | grep -qF '"requires":[]' || fail 'bf16 requires something'
expect 0 lexclf eval --model half --data train.csv --quiet

# refusals
remember small half model
refuses 3 'small: is quantised already' lexclf quantize --model small --data train.csv --out no
refuses 3 'half: is quantised already' lexclf quantize --model half --data train.csv --out no
for dir in small half; do
    refuses 3 "$dir: is quantised: its weights are rounded, and cannot be trained" \
        lexclf train --encoder $dir --train train.csv --out no
done
refuses 3 'encoder: has no classification head' lexclf quantize --model encoder --data train.csv --out no
expect 0 lexclf train --kind linear --train train.csv --out linear --quiet
refuses 3 'linear: is a linear model, which has no encoder to quantise' lexclf quantize --model linear --data train.csv --out no
refuses 2 "option '--out': 'small' exists" lexclf "${quantize[@]}" --data train.csv --out small
refuses 2 "option '--out': 'model' is the model's own folder" lexclf "${quantize[@]}" --data train.csv --out model --overwrite
refuses 2 "'-', standard input, can only be read once" lexclf "${quantize[@]}" --data - --format csv --out no
refuses 2 "option '--max-drop'" lexclf "${quantize[@]}" --data train.csv --out no --max-drop 2
refuses 2 "option '--dtype'" lexclf "${quantize[@]}" --data train.csv --out no --dtype fp32
refuses 3 'none.csv: no such file' lexclf "${quantize[@]}" --data none.csv --out no
echo text,label >empty.csv
refuses 3 'empty.csv: has no rows' lexclf "${quantize[@]}" --data empty.csv --out no
missing no
unchanged small half model

# with a linear model beside the encoder
expect 0 lexclf train --encoder encoder --train train.csv --fuse-linear --epochs 1 --threads 1 --out both --quiet
expect 0 lexclf quantize --model both --data train.csv --out both-small --max-drop 1 --quiet
[ -f both-small/linear.safetensors ] && [ -f both-small/vocabulary.bin ] || fail 'the linear model is not there'
expect 0 lexclf eval --model both-small --data train.csv --quiet
