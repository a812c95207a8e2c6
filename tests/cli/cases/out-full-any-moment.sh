# the disk gets full at one moment after another while a model is saved over an older one: that one stays
trained model
remember model
# One call may be libtorch's own, which does without: the end is reached when two in a row come to an end.
whole=0
for ((n = 1; ; n++)); do
    expect_code=0
    with_fault full $n train --encoder encoder --train train.csv --seed 2 --dev-fraction 0 --epochs 1 --out model --overwrite \
        >"$STDOUT" 2>"$STDERR" || expect_code=$?
    if [ $expect_code = 0 ] && grep -q 'warning: .*No space left on device' "$STDERR"; then
        opens model # a log or the best epoch so far could not be written: training went on
        nothing_left
        rm -rf model && cp -a "$CASE_DIR/kept/model" model
        whole=0
        continue
    fi
    if [ $expect_code = 0 ]; then
        whole=$((whole + 1))
        [ $whole -lt 2 ] || break
        rm -rf model && cp -a "$CASE_DIR/kept/model" model
        continue
    fi
    whole=0
    STEP="the disk is full at moment $n"
    [ $expect_code = 4 ] || fail "exit code $expect_code"
    stderr_has 'No space left on device'
    stderr_lacks Sanitizer
    unchanged model
    [ ! -e model.partial/best ] || stderr_has "is kept in 'model.partial/best'"
    [ ! -e model.partial/best ] || opens model.partial/best
    rm -rf model.partial
    nothing_left
done
STEP="after $n moments"
[ $expect_code = 0 ] || fail "exit code $expect_code"
[ $n -gt 20 ] || fail "too few moments ($n): the faults are not seen"
opens model
nothing_left
cmp -s "$CASE_DIR/kept/model/lexclf.json" model/lexclf.json && fail 'the new model is not in place'
for ((n = 1; ; n++)); do
    echo older >answers.jsonl
    expect_code=0
    with_fault full $n predict --model model train.csv --out answers.jsonl >"$STDOUT" 2>"$STDERR" || expect_code=$?
    [ $expect_code = 4 ] || break
    STEP="the disk is full at moment $n of predict"
    stdout_empty
    stderr_has 'No space left on device'
    [ "$(cat answers.jsonl)" = older ] || fail 'the older answers are lost'
    nothing_left
done
[ $expect_code = 0 ] && [ $n -gt 3 ] || fail "predict: exit code $expect_code after $n moments"
