# labels that cannot be: only in dev, only one, two in a row; and those that only the test file has
tiny_model encoder
clauses 20 >train.csv
train=(train --encoder encoder --out out --epochs 1)
{ clauses 4; echo 'the home,GIFT'; } >gift.csv
refuses 3 "gift.csv:6: label 'GIFT' does not occur in train.csv" lexclf "${train[@]}" --train train.csv --dev gift.csv
stderr_has 'hint: correct the label'
printf 'text,label\na,A\nb,A\nc,A\n' >one.csv
refuses 3 "one.csv: all 3 rows have the label 'A'; a classifier needs two" lexclf "${train[@]}" --train one.csv
refuses 3 "one.csv: all 3 rows have the label 'A'; a classifier needs two" lexclf "${train[@]}" --train one.csv --task binary
printf '{"text":"a","labels":[]}\n{"text":"b","labels":[]}\n' >none.jsonl
refuses 3 'none.jsonl: no row has a label' lexclf "${train[@]}" --train none.jsonl
printf '{"text":"a","labels":["A"]}\n{"text":"b","labels":["A","B"]}\n' >two.jsonl
refuses 3 "two.jsonl:2: 2 labels, but task 'single' takes one a row" lexclf "${train[@]}" --train two.jsonl --task single
stderr_has 'hint: use --task multi'
refuses 3 "two.jsonl:2: 2 labels, but task 'binary' takes one a row" lexclf "${train[@]}" --train two.jsonl --task binary
refuses 3 "train.csv: task 'binary' takes two labels, the file has 4" lexclf "${train[@]}" --train train.csv --task binary
printf 'text,label\na,A\nb,B\na,A\nb,B\n' >ab.csv
refuses 3 "ab.csv: no row has the positive label 'C' (found: 'A', 'B')" lexclf "${train[@]}" --train ab.csv --task binary --positive-label C
printf '{"text":"a","label":"A\\u0000B"}\n{"text":"b","label":"A"}\n' >nul.jsonl
refuses 3 'nul.jsonl:1: a label holds U+0000' lexclf "${train[@]}" --train nul.jsonl
missing out

# in a test or eval file an unknown label is a class of its own, never predicted
expect 0 lexclf "${train[@]}" --train train.csv --test gift.csv
stderr_has "warning: gift.csv:6: label 'GIFT' does not occur in train.csv: it counts as never predicted"
expect 0 lexclf eval --model out --data gift.csv --json
stdout_has '"GIFT":{"precision":0,"recall":0,"f1":0,"support":1,'
stdout_has '"confusion":{"labels":["BUY","LEASE","RENT","SALE","GIFT"],'
printf 'text,label\na,X\nb,Y\n' >unknown.csv
expect 0 lexclf eval --model out --data unknown.csv --json
stdout_has '"accuracy":0,'
stdout_has '"loss":null'
refuses 3 'two.jsonl:2: 2 labels, but the model gives one a row' lexclf eval --model out --data two.jsonl --report report.json
missing report.json
