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
expect 0 diff -r -x metrics.jsonl whole again
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
expect 0 diff -r -x metrics.jsonl other older
expect 0 lexclf "${train[@]}" --seed 2 --out older --overwrite --resume --json
stdout_has '"out":"older"'
expect 0 diff -r -x metrics.jsonl other older

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
expect 0 diff -r -x metrics.jsonl whole run
partly
expect 0 bash -c 'printf "\377" | dd of=run.partial/last bs=1 seek=4000 conv=notrunc status=none'
expect 0 lexclf "${train[@]}" --out run --resume
stderr_has 'run.partial/last: is damaged'
expect 0 diff -r -x metrics.jsonl whole run
partly
: >run.partial/last
: >run.partial/last.previous
expect 3 lexclf "${train[@]}" --out run --resume
stderr_has 'run.partial: has no whole checkpoint to go on from'
[ -d run.partial/best ] || fail 'the best epoch is gone'

# a disk that is full when a checkpoint is due: training goes on, and says so
told=0
for n in $(seq 2 9); do
    rm -rf run run.partial
    code=0
    with_fault full $n "${train[@]}" --out run 2>said.txt || code=$?
    grep -q 'warning: no checkpoint: run.partial/last' said.txt || continue
    told=$((told + 1))
    [ $code = 0 ] || fail "full at $n: exit code $code"
    expect 0 diff -r -x metrics.jsonl whole run
done
[ $told -gt 0 ] || fail 'no checkpoint failed'

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
