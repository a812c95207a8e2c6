# killed at one moment after another while a model is saved over an older one: a whole model stands there, always
trained model
remember model
for ((n = 1; ; n++)); do
    expect 0 killed with_fault kill $n train --encoder encoder --train train.csv --seed 2 --dev-fraction 0 --epochs 1 --out model --overwrite
    [ "$(fate)" = killed ] || break
    opens model
    rm -rf model
    cp -a "$CASE_DIR/kept/model" model # what the kill has left beside it stays
done
[ $n -gt 20 ] || fail "only $n moments: the faults are not seen"
opens model
nothing_left
cmp -s "$CASE_DIR/kept/model/lexclf.json" model/lexclf.json && fail 'the new model is not in place'
expect 0 lexclf eval --model model --data train.csv
