# many labels: thresholds tuned on dev after training, stored, used, told of; rows without labels; weights for rare ones
tiny_model encoder
for i in {1..20}; do
    echo '{"text": "the tenant shall pay rent monthly", "labels": ["PAY", "RENT"]}'
    echo '{"text": "the buyer shall pay the purchase price", "labels": ["PAY"]}'
    echo '{"text": "nothing", "labels": []}'
    echo '{"text": "the lease of land", "labels": []}'
done >many.jsonl
echo '{"text": "the lease of land", "labels": ["RARE"]}' >>many.jsonl
train=(train --encoder encoder --train many.jsonl --dev many.jsonl --recipe classic --epochs 2 --lr 1e-3 --overwrite)
expect 0 lexclf "${train[@]}" --out tuned --pos-weight auto --json
stderr_has 'lexclf: thresholds for f1 on 81 records: macro F1 '
stderr_has "1 label with fewer than 5 records leans on "
stderr_has "'RARE'"
stdout_has '"leaning_on_global":["RARE"]'
stdout_has '"pos_weight":{"PAY":1.'
grep -q '"logit-shift"' tuned/lexclf.json || fail 'the shift is not required'
expect 0 lexclf eval --model tuned --data many.jsonl --json --quiet
tuned=$(grep -o '"macro_f1":[0-9.]*' "$STDOUT" | head -n 1)
expect 0 lexclf eval --model tuned --data many.jsonl --threshold 0.5 --json --quiet
half=$(grep -o '"macro_f1":[0-9.]*' "$STDOUT" | head -n 1)
awk "BEGIN {exit !(${tuned#*:} > ${half#*:})}" || fail "tuned thresholds are no better on their own data: $tuned, $half"
# the epoch was judged by what is delivered
grep -o '"best_value": [0-9.]*' tuned/lexclf.json | tr -d ' ' | grep -qF "\"best_value\":${tuned#*:}" || fail 'another best value than eval gives'

expect 0 lexclf "${train[@]}" --out plain --tune-thresholds off --calibrate off
stderr_lacks thresholds
stderr_lacks temperature
grep -q '"PAY": 0.5' plain/lexclf.json || fail 'a threshold that was not asked for'
expect 0 lexclf "${train[@]}" --out strict --tune-thresholds precision@0.5
stderr_has 'thresholds for precision@0.5 on 81 records'

# later, on other data, too few rows change nothing
head -n 8 many.jsonl >few.jsonl
expect 0 lexclf calibrate --model plain --data few.jsonl
stderr_has 'thresholds stay as they are, not for f1: 8 records are too few'
grep -q '"PAY": 0.5' plain/lexclf.json || fail 'few rows moved a threshold'
expect 0 lexclf calibrate --model plain --data many.jsonl
stderr_has 'thresholds for f1 on 81 records'
grep -q '"tuned": true' plain/lexclf.json || fail 'no threshold was tuned'

# all rows without a label are nothing to tune by
for i in {1..60}; do echo '{"text": "nothing", "labels": []}'; done >none.jsonl
expect 0 lexclf calibrate --model plain --data none.jsonl
stderr_has 'too few'
expect 0 lexclf eval --model plain --data none.jsonl --json --quiet
stdout_has '"roc_auc_macro":null'

clauses 40 >one.csv
refuses 2 "--tune-thresholds is for tasks 'multi' and 'binary'" \
    lexclf train --encoder encoder --train one.csv --out one --tune-thresholds f1
refuses 2 "--pos-weight is for tasks 'multi' and 'binary'" \
    lexclf train --encoder encoder --train one.csv --out one --pos-weight auto
refuses 2 "option '--pos-weight': '-1' is not auto, off or a number" \
    lexclf train --encoder encoder --train one.csv --out one --pos-weight=-1
refuses 2 "option '--tune-thresholds' needs dev records" \
    lexclf train --encoder encoder --train many.jsonl --dev-fraction 0 --out one --tune-thresholds f1
expect 0 lexclf train --encoder encoder --train many.jsonl --dev-fraction 0 --epochs 1 --out undev --pos-weight 3
stderr_lacks temperature
opens undev

# yes or no stays at 0.5 unless asked
sed 's/,BUY$/,no/; s/,SALE$/,no/; s/,LEASE$/,no/; s/,RENT$/,yes/' one.csv >yes.csv
for i in 1 2; do cat yes.csv; done | awk 'NR == 1 || $0 != "text,label"' >more.csv
expect 0 lexclf train --encoder encoder --train more.csv --dev more.csv --task binary --epochs 1 --out yes
stderr_lacks thresholds
grep -q '"yes": 0.5' yes/lexclf.json || fail 'a threshold that was not asked for'
expect 0 lexclf calibrate --model yes --data more.csv --tune-thresholds f1 --calibrate keep
stderr_has 'thresholds for f1 on 80 records'
