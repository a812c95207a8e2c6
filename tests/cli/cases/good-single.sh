# one label a row, end to end: what train says and leaves, what eval reports, what predict answers; twice the same bytes
tiny_model encoder
clauses 40 >train.csv
{ echo text,label; for i in 1 2; do clauses 4 | tail -n 3; done; } >dev.csv
clauses 6 >test.csv
train() { lexclf train --encoder encoder --train train.csv --dev dev.csv --test test.csv --epochs 2 --lr 1e-3 --threads 2 --out "$@"; }
expect 0 train model --json
stderr_has 'lexclf: a new head of 4 outputs is drawn by seed 1'
stderr_has 'epoch 1/2  loss '
stderr_has 'epoch 2/2  loss '
stderr_has '(best so far)'
stderr_has 'lexclf: saved epoch '
stdout_has '"best_epoch":'
stdout_has '"macro_f1":'
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'not one object'
for file in config.json model.safetensors lexclf.json vocab.txt; do [ -s model/$file ] || fail "no $file"; done
missing model.partial
grep -q '"id2label"' model/config.json || fail 'config.json has no id2label'
expect 0 train again --quiet
stderr_empty
stdout_empty
diff -r model again >"$CASE_DIR/diff" || fail 'the same command made another folder'
expect 0 train other --quiet --seed 2
cmp -s model/model.safetensors other/model.safetensors && fail 'the seed makes no difference'

expect 0 lexclf eval --model model --data test.csv --json --report report.json
for key in '"schema":1,' '"n":6,' '"accuracy":' '"micro_f1":' '"macro_f1":' '"weighted_f1":' '"loss":' '"ece":' '"aupr_macro":' \
    '"per_label":{"BUY":{"precision":' '"support":' '"confusion":{"labels":["BUY","LEASE","RENT","SALE"],"rows":[[' \
    "\"model_sha256\":\"$(sha256sum <model/model.safetensors | cut -c 1-64)\"" \
    "\"data_sha256\":\"$(sha256sum <test.csv | cut -c 1-64)\"" '"tokens":'; do
    stdout_has "$key"
done
stderr_has 'precision'
[ -s report.json ] || fail 'no report'

# every field comes back as it was, ours beside it
cat >rows.jsonl <<'END_OF_ROWS'
{"id": 90071992547409931, "text": "the tenant shall pay rent monthly", "nested": {"b": [1, 2.50], "a": null}, "label": "x", "n": 1e400}
{"text": "", "id": null}

{"id": "z", "text": "\u0000 \ud83d\ude00 the lease", "score": 7}
END_OF_ROWS
expect 0 lexclf predict --model model rows.jsonl --scores all --logits --quiet
[ "$(wc -l <"$STDOUT")" = 3 ] || fail 'not three answers'
stdout_has '{"id":90071992547409931,"text":"the tenant shall pay rent monthly","nested":{"b": [1, 2.50], "a": null},"input_label":"x","n":1e400,"label":"'
stdout_has '"id":2,"text":"",'
stdout_has '"n_tokens":2,"truncated":false}'
stdout_has '{"id":"z","text":"\u0000 \ud83d\ude00 the lease","input_score":7,"label":"'
stdout_has '"scores":{"BUY":'
[ "$(grep -cE '"logits":\[[-0-9.e+]+,[-0-9.e+]+,[-0-9.e+]+,[-0-9.e+]+\]' "$STDOUT")" = 3 ] || fail 'not four logits a row'
cp "$STDOUT" first
expect 0 lexclf predict --model model rows.jsonl --scores all --logits --quiet --out second
same first second
expect 0 lexclf predict --model model --text 'the tenant shall pay rent monthly' --max-length 4
stdout_has '"truncated":true}'
echo 'the buyer shall pay' >clause.txt
expect 0 lexclf predict --model model clause.txt rows.jsonl --no-passthrough
stdout_has '{"id":1,"source":"clause.txt","label":"'
stdout_has '"source":"rows.jsonl"'
stdout_lacks nested
stderr_has 'lexclf: 4 records, '
