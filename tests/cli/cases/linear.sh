# a linear model: trained without an encoder, the same bytes in any number of threads, answers without libtorch
clauses 40 >train.csv
clauses 8 >dev.csv
clauses 12 >test.csv
expect 0 lexclf train --kind linear --train train.csv --dev dev.csv --test test.csv --out model --threads 1
stdout_empty
stderr_has '4 labels, '
stderr_has 'saved to '
stderr_has 'test records:'
stderr_lacks epoch
nothing_left
[ "$(ls model | sort | tr '\n' ' ')" = 'lexclf.json model.safetensors vocabulary.bin ' ] || fail "other files: $(ls model)"
grep -q '"kind": "linear"' model/lexclf.json
expect 0 lexclf train --kind linear --train train.csv --dev dev.csv --test test.csv --out again --threads 3 --json --quiet
stderr_empty
stdout_has '"features":'
diff -r model again || fail 'other threads, other bytes'

# answers, and nothing of libtorch on the way
expect 0 env LD_DEBUG=files LD_DEBUG_OUTPUT="$CASE_DIR/loaded" "$LEXCLF" predict --model model \
    --text 'the tenant shall pay rent monthly' --scores all --logits
stdout_has '"label":"RENT","score":0.'
stdout_has '"n_tokens":6,"truncated":false'
stdout_has '"logits":[-'
cat "$CASE_DIR"/loaded* >"$CASE_DIR/all-loaded"
grep -q libc.so "$CASE_DIR/all-loaded" || skip 'this loader does not say what it loads'
! grep -q libtorch "$CASE_DIR/all-loaded" || fail 'libtorch was loaded'
expect 0 lexclf predict --model model dev.csv --out answers.jsonl
[ "$(grep -c '"label":"' answers.jsonl)" = 8 ] || fail 'not eight answers'
expect 0 lexclf eval --model model --data dev.csv --json
stdout_has '"accuracy":1,'
stdout_has "\"model_sha256\":\"$(sha256sum model/model.safetensors | cut -d' ' -f1)\""

# texts of nothing that is known, and of nothing at all
printf 'text\n""\n甲乙丙\n"! ?"\n' >odd.csv
expect 0 lexclf predict --model model odd.csv
[ "$(grep -c '"label":"' "$STDOUT")" = 3 ] || fail 'not three answers'

# many labels, none among them; yes or no
cat >many.jsonl <<'END'
{"text": "the tenant shall pay rent monthly", "labels": ["RENT"]}
{"text": "the tenant of the lease shall pay rent", "labels": ["LEASE", "RENT"]}
{"text": "the lease of land is for a year", "labels": ["LEASE"]}
{"text": "the buyer shall be silent", "labels": []}
{"text": "silent night", "labels": []}
END
expect 0 lexclf train --kind linear --train many.jsonl --dev-fraction 0 --min-df 1 --out many
stderr_lacks warning
expect 0 lexclf predict --model many many.jsonl --no-passthrough
stdout_has '{"id":2,"labels":["LEASE","RENT"],'
stdout_has '{"id":5,"labels":[],"scores":[],"n_tokens":2,'
expect 0 lexclf eval --model many --data many.jsonl --threshold RENT=1 --json
sed 's/BUY$/NO/; s/SALE$/NO/; s/LEASE$/NO/; s/RENT$/YES/' train.csv >yes.csv
expect 0 lexclf train --kind linear --task binary --positive-label YES --train yes.csv --out yes --word-ngrams 1-1 --char-ngrams off
expect 0 lexclf predict --model yes --text 'the tenant shall pay rent monthly'
stdout_has '"label":"YES"'
expect 0 lexclf predict --model yes --text 'the tenant shall pay rent monthly' --threshold 1
stdout_has '"label":"NO"'

printf '{"text": "silent", "labels": []}\n{"text": "", "labels": []}\n' >none.jsonl
expect 0 lexclf train --kind linear --train many.jsonl --dev none.jsonl --min-df 1 --out none --quiet
expect 0 lexclf eval --model none --data none.jsonl --json
stdout_has '"accuracy":1,'

# beside an encoder
trained encoder-model
expect 0 lexclf eval --model encoder-model --compare model --data dev.csv --json --device cpu
stdout_has '"comparison":{"with":"model","kind":"model",'
stdout_has '"paired":{"only_this_right":'
stderr_has 'macro_f1'
expect 0 lexclf eval --model model --compare encoder-model --data dev.csv --quiet --html page.html
stderr_empty
grep -q 'encoder-model' page.html || fail 'the page lacks the other model'
