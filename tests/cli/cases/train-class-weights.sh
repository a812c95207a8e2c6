# train --class-weights FILE: a JSON object or a table; what is not named counts 1, what is not known is refused by name
tiny_model encoder
clauses 40 >train.csv
long=(train --encoder encoder --train train.csv --epochs 3 --lr 1e-3 --quiet --checkpoint-steps 2 --out run)
train=(train --encoder encoder --train train.csv --epochs 1 --lr 1e-3 --quiet --json)
printf '{\n  "RENT": 4,\n  "BUY": 0.5\n}\n' >weights.json
expect 0 lexclf "${train[@]}" --out json --class-weights weights.json
stdout_has '"class_weights":{"BUY":0.5,"LEASE":1,"RENT":4,"SALE":1}'
printf 'label,weight\nRENT,4\nBUY,0.5\n' >weights.csv
expect 0 lexclf "${train[@]}" --out csv --class-weights weights.csv
same json/model.safetensors csv/model.safetensors
printf '\357\273\277weight\tlabel\r\n4.0\tRENT\r\n5e-1\tBUY\r\n' >weights.tsv
expect 0 lexclf "${train[@]}" --out tsv --class-weights weights.tsv
same json/model.safetensors tsv/model.safetensors
expect 0 lexclf "${train[@]}" --out plain
! cmp -s json/model.safetensors plain/model.safetensors || fail 'the file changes nothing'
echo '{}' >none.json
expect 0 lexclf "${train[@]}" --out same --class-weights none.json
same same/model.safetensors plain/model.safetensors

# refused, by file, line and label; nothing is left behind
refused() {
    refuses 3 "$1" lexclf "${train[@]}" --out x --class-weights "$2"
    missing x
}
printf '{\n  "RENT": 4,\n  "RENTS": 2\n}\n' >wrong.json
refused "wrong.json:3: label 'RENTS' does not occur in the training rows" wrong.json
printf 'label,weight\nRENT,4\nlease,1\n' >wrong.csv
refused "wrong.csv:3: label 'lease' does not occur in the training rows" wrong.csv
printf '{"RENT": 4,\n"RENT": 2}' >wrong.json
refused "wrong.json:2: label 'RENT' has a weight already" wrong.json
for weight in '"2"' 0 -1 null 1e7 '[1]'; do
    printf '{"RENT": %s}' "$weight" >wrong.json
    refused "wrong.json:1: label 'RENT': the weight '$weight' is not a number above 0" wrong.json
done
printf 'label,weight\nRENT,x\n' >wrong.csv
refused "wrong.csv:2: label 'RENT': the weight 'x' is not a number above 0" wrong.csv
printf 'label,weight\nRENT,\n' >wrong.csv
refused 'wrong.csv:2: ' wrong.csv
printf 'label,count\nRENT,1\n' >wrong.csv
refused "wrong.csv: no column 'weight'" wrong.csv
stderr_has 'a table of weights has the columns label and weight'
printf '{"RENT": 4,\n "BUY": }\n' >wrong.json
refused 'wrong.json:2: ' wrong.json
printf '["RENT"]' >wrong.json
refused 'wrong.json:1: not a JSON object' wrong.json
: >wrong.json
refused 'wrong.json:1: not a JSON object' wrong.json
refused 'absent.json: no such file' absent.json
printf '{"text": "a", "labels": ["A", "B"]}\n{"text": "b", "labels": ["A"]}\n' >many.jsonl
expect 2 lexclf train --encoder encoder --train many.jsonl --dev many.jsonl --out many --class-weights weights.json
stderr_has '--class-weights is for one label a record'

# a run goes on with the same weights alone, wherever they are written
expect 0 killed with_fault kill 60 "${long[@]}" --class-weights weights.json
[ "$(fate)" = killed ] || fail 'not killed'
expect 2 lexclf "${long[@]}" --class-weights none.json --resume
stderr_has 'options.class_weights.BUY 0.5 then, 1 now'
expect 0 lexclf "${long[@]}" --class-weights weights.csv --resume
