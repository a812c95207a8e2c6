# eval --compare: a model folder and a report, paired tests, --max-drop
trained model
expect 0 lexclf train --encoder encoder --train train.csv --out other --epochs 12 --lr 1e-2 --dev train.csv --quiet
eval=(eval --data train.csv --quiet --json)

# a model beside itself
expect 0 lexclf "${eval[@]}" --model model --compare model --max-drop macro_f1=0 --max-drop loss=0
stdout_has '"only_this_right":0,"only_other_right":0,"accuracy_difference":0,"p_exact":1,"p_mid":1,'
stdout_has '"kind":"max_drop"'

# a folder and a report of it say the same
expect 0 lexclf "${eval[@]}" --model other --report other.json
expect 0 lexclf "${eval[@]}" --model model --report model.json
expect 0 lexclf "${eval[@]}" --model model --compare other
grep -o '"comparison":.*' "$STDOUT" | sed 's/"with":"[^"]*","kind":"[a-z]*"//' >folder
expect 0 lexclf "${eval[@]}" --model model --compare other.json
grep -o '"comparison":.*' "$STDOUT" | sed 's/"with":"[^"]*","kind":"[a-z]*"//' >report
same folder report
grep -q '"paired":{"only_this_right":' folder || fail 'no paired test'

# without every record's answer: numbers, no test
sed '/"records":/,$d' other.json | sed '$ s/,$//' >short.json
echo '}' >>short.json
expect 0 lexclf eval --data train.csv --model model --compare short.json
stderr_has 'no paired test'
stderr_has 'macro_f1'

# the better model against the worse, and the other way round
expect 0 lexclf "${eval[@]}" --model other --compare model.json --max-drop accuracy=0 --max-drop macro_f1=0
expect 1 lexclf "${eval[@]}" --model model --compare other.json --max-drop accuracy=0 --max-drop macro_f1=1
stderr_has 'gate not met: accuracy is '
stderr_has 'worse than'
[ "$(grep -c 'gate not met' "$STDERR")" = 1 ] || fail 'not one gate'

# what cannot be compared
clauses 8 >fewer.csv
refuses 3 'other.json: is a report on other data' lexclf eval --data fewer.csv --model model --compare other.json --report new.json
missing new.json
refuses 3 'nosuch: no such model folder or report' lexclf "${eval[@]}" --model model --compare nosuch
refuses 3 'encoder: has no classification head' lexclf "${eval[@]}" --model model --compare encoder
echo '{"schema": 1}' >half.json
refuses 3 "half.json: is no report of 'lexclf eval'" lexclf "${eval[@]}" --model model --compare half.json
echo '{' >broken.json
refuses 3 'broken.json' lexclf "${eval[@]}" --model model --compare broken.json
sed 's/"known":.*/"known": 99,/' other.json >wrong.json
refuses 3 "wrong.json: 'records' is not what eval writes" lexclf "${eval[@]}" --model model --compare wrong.json
refuses 2 "'-', standard input, can only be read once" lexclf eval --model model --data - --format csv --compare other
expect 0 bash -c '"$LEXCLF" eval --model model --data - --format csv --compare other.json --errors e.jsonl --quiet <train.csv'

# labels that only one of the two knows
clauses 20 | sed 's/BUY/PURCHASE/' >renamed.csv
expect 0 lexclf train --encoder encoder --train renamed.csv --epochs 1 --out renamed --quiet
expect 0 lexclf eval --model model --compare renamed --data train.csv --json
stdout_has '"PURCHASE":{"value":null,"other":0,'
stdout_has '"BUY":{"value":'
