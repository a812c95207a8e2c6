# train --resume: killed at one moment after another, with dropout, it comes to the bytes of a run that was never killed
tiny_model encoder
clauses 60 >train.csv
train=(train --encoder encoder --train train.csv --epochs 3 --batch-size 8 --lr 1e-2 --checkpoint-steps 4)
expect 0 lexclf "${train[@]}" --out whole
for n in 3 5 8 13 21 34 7 55 11 90 17 4 29 2 47 23 6 70 38 10; do
    expect 0 killed with_fault kill $n "${train[@]}" --out again --resume
    [ ! -e again ] || break
done
kills=$n
expect 0 lexclf "${train[@]}" --out again --resume
expect 0 diff -r whole again
[ "$kills" != 3 ] || fail 'no kill was survived'
missing again.partial
missing again.partial.next

# complete: nothing is done, whatever is asked for
remember again
expect 0 lexclf "${train[@]}" --out again --resume --json
stdout_has '"out":"again"'
unchanged again
expect 0 lexclf train --encoder encoder --train train.csv --out again --resume
stderr_has "'again' is complete: nothing is left to do"
expect 2 lexclf "${train[@]}" --out again
stderr_has "option '--out': 'again' exists"

# over an older model
cp -r again older
expect 0 killed with_fault kill 60 "${train[@]}" --seed 2 --out older --overwrite
[ "$(fate)" = killed ] || fail 'not killed'
expect 0 lexclf "${train[@]}" --seed 2 --out older --overwrite --resume
expect 0 lexclf "${train[@]}" --seed 2 --out other
expect 0 diff -r other older
expect 0 lexclf "${train[@]}" --seed 2 --out older --overwrite --resume --json
stdout_has '"out":"older"'
expect 0 diff -r other older

# a checkpoint that is cut short or has a flipped bit: the one before it; both: nothing is believed
partly() {
    rm -rf run run.partial
    expect 0 killed with_fault kill 75 "${train[@]}" --out run
    [ "$(fate)" = killed ] && [ -f run.partial/last ] && [ -f run.partial/last.previous ] || fail 'not two checkpoints'
}
partly
expect 0 truncate -s -1 run.partial/last
expect 0 lexclf "${train[@]}" --out run --resume
stderr_has 'run.partial/last: is damaged, or no checkpoint; the one before it is looked for'
expect 0 diff -r whole run
partly
expect 0 bash -c 'printf "\377" | dd of=run.partial/last bs=1 seek=4000 conv=notrunc status=none'
expect 0 lexclf "${train[@]}" --out run --resume
stderr_has 'run.partial/last: is damaged'
expect 0 diff -r whole run
partly
: >run.partial/last
: >run.partial/last.previous
expect 3 lexclf "${train[@]}" --out run --resume
stderr_has 'run.partial: has no whole checkpoint to go on from'
[ -d run.partial/best ] || fail 'the best epoch is gone'

# a disk that is full when a checkpoint is due, or the best epoch's folder: training goes on, and says so
told=0 in_memory=0
for n in $(seq 2 16); do
    rm -rf run run.partial
    code=0
    with_fault full $n "${train[@]}" --out run 2>said.txt || code=$?
    grep -q 'warning: no checkpoint: \|is in memory alone: ' said.txt || continue
    told=$((told + 1))
    ! grep -q 'is in memory alone' said.txt || in_memory=$((in_memory + 1))
    [ $code = 0 ] || fail "full at $n: exit code $code"
    expect 0 diff -r whole run
done
[ $told -gt 2 ] && [ $in_memory -gt 0 ] || fail "$told failed, $in_memory of them the best epoch's"
# the best epoch is written before the next checkpoint: stopped after that, it comes to the same bytes
long=(train --encoder encoder --train train.csv --epochs 40 --batch-size 4 --lr 1e-2 --metric loss)
expect 0 lexclf "${long[@]}" --out long
stopped=0
for n in $(seq 2 16); do
    rm -rf run run.partial
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" LD_PRELOAD="$TOOLS/libfaults.so" LEX_FAULT=full LEX_FAULT_AT=$n \
        "$LEXCLF" "${long[@]}" --out run 2>said.txt &
    pid=$!
    while kill -0 $pid 2>/dev/null && ! grep -q 'is in memory alone\|epoch 40/40' said.txt; do sleep 0.01; done
    kill -TERM $pid 2>/dev/null || true
    code=0
    wait $pid || code=$?
    [ $code = 143 ] && grep -q 'is in memory alone' said.txt || continue
    stopped=1
    [ -d run.partial/best ] && [ -f run.partial/last ] || fail 'the best epoch or the checkpoint is not there'
    expect 0 lexclf "${long[@]}" --out run --resume
    expect 0 diff -r long run
    break
done
[ $stopped = 1 ] || fail 'it was never stopped with the best epoch in memory alone'

# other options or data: refused by name, unless asked for
partly
sed -n '1,57p' train.csv >fewer.csv
other=(train --encoder encoder --epochs 3 --batch-size 8 --checkpoint-steps 4 --out run)
expect 2 lexclf "${other[@]}" --train train.csv --lr 1e-3 --resume
stderr_has 'run.partial/last: is of another run: options.lr 0.01 then, 0.001 now'
stderr_has '--resume-anyway'
expect 2 lexclf "${other[@]}" --train fewer.csv --lr 1e-2 --resume
stderr_has 'data.train.sha256'
expect 0 lexclf "${other[@]}" --train train.csv --lr 1e-3 --resume --resume-anyway
stderr_has 'is of another run, which is passed over: options.lr'
expect 2 lexclf "${train[@]}" --out run2 --resume-anyway
stderr_has "option '--resume-anyway' needs '--resume'"
