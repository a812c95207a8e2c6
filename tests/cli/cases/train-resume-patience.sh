# resume with --patience and dev records judged now and then: killed anywhere, it comes to the bytes of a run in one go
tiny_model encoder
clauses 40 >train.csv
base=(train --encoder encoder --train train.csv --dev train.csv --epochs 9 --lr 3e-3 --metric loss --dev-every 2 --patience 1
    --batch-size 8 --checkpoint-steps 12)
expect 0 lexclf "${base[@]}" --out whole
for n in $(seq 20 7 200); do
    rm -rf again again.partial
    expect 0 killed with_fault kill $n "${base[@]}" --out again
    [ "$(fate)" = killed ] || break
    expect 0 lexclf "${base[@]}" --out again --resume
    diff -r -x metrics.jsonl whole again >/dev/null || fail "killed at call $n, it comes to another model"
done
[ $n -gt 60 ] || fail 'the run ended before it was killed often enough'
