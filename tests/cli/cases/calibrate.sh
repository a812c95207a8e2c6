# calibrate: temperature and thresholds on later data, in place or as a copy; weights and arg-max stay
clauses 80 >later.csv
trained model
stderr_has 'lexclf: temperature stays at 1: 2 records are too few to fit one'
remember model
expect 0 lexclf predict --model model later.csv --logits --quiet
cp "$STDOUT" before
expect 0 lexclf calibrate --model model --data later.csv --out copy --json
stdout_has '"temperature_fit":"fitted"'
stdout_has '"before":{"loss":'
stderr_has 'lexclf: temperature '
stderr_has "lexclf: written to 'copy'"
unchanged model
same model/model.safetensors copy/model.safetensors
diff -r --exclude=lexclf.json model copy >"$CASE_DIR/diff" || fail 'more than lexclf.json differs'
nothing_left
tr -d ' \n\t' <copy/lexclf.json | grep -qF '"requires":["temperature"]' || fail 'temperature is not required'

expect 0 lexclf calibrate --model model --data later.csv
same model/lexclf.json copy/lexclf.json
nothing_left
expect 0 lexclf predict --model model later.csv --logits --quiet
cp "$STDOUT" after
fields() { sed "s/.*\"label\":\"\([A-Z]*\)\".*\"logits\":\(\[.*\]\).*/\1 \2/" "$1"; }
fields before >labels-before
fields after >labels-after
same labels-before labels-after
cmp -s before after && fail 'no probability changed'
expect 0 lexclf eval --model model --data later.csv --json --quiet
loss=$(grep -o '"loss":[^,]*' "$STDOUT")
expect 0 lexclf calibrate --model model --data later.csv --json --quiet
stdout_has "\"before\":{$loss"
temperature() { grep '^  "temperature":' "$1"; }
[ "$(temperature model/lexclf.json)" = "$(temperature copy/lexclf.json)" ] || fail 'another temperature on the same data'
expect 0 lexclf calibrate --model model --data later.csv --calibrate off --quiet
expect 0 lexclf predict --model model later.csv --logits --quiet
same before "$STDOUT"

# a plain transformers folder gets a lexclf.json
tiny_model plain A B C D
sed 's/,BUY$/,A/; s/,SALE$/,B/; s/,LEASE$/,C/; s/,RENT$/,D/' later.csv >abcd.csv
missing plain/lexclf.json
expect 0 lexclf calibrate --model plain --data abcd.csv --quiet
opens plain

# refusals
remember model copy
refuses 2 "option '--out': 'copy' exists" lexclf calibrate --model model --data later.csv --out copy
refuses 2 "option '--out': 'model' is the model's own folder" lexclf calibrate --model model --data later.csv --out model --overwrite
refuses 2 "option '--overwrite' needs '--out'" lexclf calibrate --model model --data later.csv --overwrite
refuses 2 "option '--tune-thresholds': the model in model gives the most probable label" \
    lexclf calibrate --model model --data later.csv --tune-thresholds f1
refuses 2 "option '--tune-thresholds': 'recall@2' is not f1, precision@R, recall@P" \
    lexclf calibrate --model model --data later.csv --tune-thresholds recall@2
refuses 3 'none.csv: no such file' lexclf calibrate --model model --data none.csv
echo text,label >empty.csv
refuses 3 'empty.csv: has no rows' lexclf calibrate --model model --data empty.csv
unchanged model copy
expect 0 lexclf calibrate --model model --data later.csv --out copy --overwrite
nothing_left
