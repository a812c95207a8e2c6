# many labels a row, rows without any; and yes or no: thresholds decide
tiny_model encoder
for i in 1 2 3 4; do
    echo '{"text": "the tenant shall pay rent monthly", "labels": ["PAY", "RENT"]}'
    echo '{"text": "the buyer shall pay the purchase price", "labels": ["PAY"]}'
    echo '{"text": "the lease of land", "labels": ["租赁, \"lease\""]}'
    echo '{"text": "nothing", "labels": []}'
done >many.jsonl
expect 0 lexclf train --encoder encoder --train many.jsonl --dev many.jsonl --epochs 2 --lr 1e-3 --out many
grep -q multi_label_classification many/config.json || fail 'config.json does not say many labels'
expect 0 lexclf predict --model many many.jsonl --threshold 0 --quiet
[ "$(grep -cF '"input_labels":[],"labels":["PAY","RENT","租赁, \"lease\""],"scores":[' "$STDOUT")" = 4 ] || fail 'not all labels at threshold 0'
expect 0 lexclf predict --model many many.jsonl --threshold 1 --quiet
[ "$(grep -cF '"labels":[],"scores":[],' "$STDOUT")" = 16 ] || fail 'a label at threshold 1'
expect 0 lexclf predict --model many many.jsonl --threshold 1 --threshold RENT=0 --quiet
[ "$(grep -cF '"labels":["RENT"],' "$STDOUT")" = 16 ] || fail 'the threshold of one label is not used'
expect 0 lexclf eval --model many --data many.jsonl --threshold 0 --json --quiet
stdout_has '"n":16,'
stdout_has '"PAY":{"precision":0.5,"recall":1,"f1":0.666666'
stdout_lacks '"confusion"'
expect 2 lexclf predict --model many many.jsonl --threshold NONE=0.5
stderr_has "has no output 'NONE'"

clauses 40 | sed 's/,BUY$/,no/; s/,SALE$/,no/; s/,LEASE$/,no/; s/,RENT$/,yes/' >yes.csv
expect 0 lexclf train --encoder encoder --train yes.csv --dev yes.csv --task binary --epochs 1 --out yes
expect 0 lexclf predict --model yes yes.csv --threshold 0 --scores all --quiet
[ "$(grep -cE '"input_label":"(yes|no)","label":"yes","score":[01]\.[0-9]{6},"scores":\{"yes":[01]\.[0-9]{6},"no":[01]\.[0-9]{6}\}' "$STDOUT")" = 40 ] || fail 'not yes at threshold 0'
expect 0 lexclf predict --model yes yes.csv --threshold 1 --quiet
[ "$(grep -c '"label":"no"' "$STDOUT")" = 40 ] || fail 'not no at threshold 1'
expect 0 lexclf eval --model yes --data yes.csv --threshold 0 --json --quiet
stdout_has '"accuracy":0.25,'
expect 0 lexclf train --encoder encoder --train yes.csv --dev yes.csv --task binary --positive-label no --epochs 1 --out no
expect 0 lexclf predict --model no yes.csv --threshold 0 --quiet
[ "$(grep -c '"label":"no"' "$STDOUT")" = 40 ] || fail 'the positive label is not no'
