# the table of eval: columns line up under long, Chinese and odd names; confusions; intervals
tiny_model encoder
long=$(printf 'x%.0s' {1..60})
for i in {1..10}; do
    echo "{\"text\": \"the tenant shall pay rent\", \"label\": \"租赁合同\"}"
    echo "{\"text\": \"the buyer shall pay the price\", \"label\": \"$long\"}"
    echo "{\"text\": \"nothing\", \"label\": \"a\\u001b[31m\\nb\"}"
done >rows.jsonl
expect 0 lexclf train --encoder encoder --train rows.jsonl --dev-fraction 0 --epochs 1 --out model --quiet
expect 0 lexclf eval --model model --data rows.jsonl --json
cp "$STDERR" table
grep -q '^ *precision  recall      f1    aupr  records$' table || fail 'no head line'
grep -qF "$(printf 'x%.0s' {1..39})…  " table || fail 'the long name is not cut to 40 columns'
grep -qF "$long" table && fail 'the long name is there in full'
grep -qF 'a\x1b[31m b  ' table || fail 'control characters, or a broken line'
# where the numbers begin, in bytes: the ellipsis has two more than columns, the Chinese name four
at() { grep -m 1 "^$1" table | LC_ALL=C awk '{match($0, / [01]\.[0-9][0-9][0-9][0-9] /); print RSTART}'; }
plain=$(at 'a\\x1b')
[ "$(at xxx)" = $((plain + 2)) ] && [ "$(at 租赁)" = $((plain + 4)) ] || fail 'columns do not line up'
stderr_has 'most often confused: truth'
stderr_has '  macro F1 '
grep -qE 'accuracy [01]\.[0-9]{4} \([01]\.[0-9]{4} to [01]\.[0-9]{4}\)' table || fail 'no interval'
stdout_has '"intervals":{"accuracy":['
stdout_has '"resamples":1000,"seed":1}'
stdout_has '"confusion_pairs":[{"truth":'
stdout_has '"precision_at_recall_80_macro":'
stdout_has '"roc_auc":'
cp "$STDOUT" first
expect 0 lexclf eval --model model --data rows.jsonl --json
sed 's/"seconds":[^,]*//' first >a
sed 's/"seconds":[^,]*//' "$STDOUT" >b
same a b
