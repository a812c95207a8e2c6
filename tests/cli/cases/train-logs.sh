# metrics.jsonl and event files: a line a step and an epoch, none twice and none missing after kills; where they lie, what a full disk does
tiny_model encoder
clauses 60 >train.csv
train=(train --encoder encoder --train train.csv --epochs 3 --batch-size 8 --lr 1e-2 --checkpoint-steps 4 --threads 1)
expect 0 lexclf "${train[@]}" --out whole --json
stdout_has '"seconds":'
stdout_has '"tokens_per_s":'
stdout_has '"peak_memory_bytes":'
grep -qE 'lexclf: [0-9.]+ s, [0-9]+ tokens/s in training, [0-9]+ MiB of memory at most$' "$STDERR" || fail 'no closing line'
nothing_left
log=whole/metrics.jsonl
grep -qE '^\{"step":1,"epoch":1,"loss":[0-9.]+,"lr":0,"grad_norm":[0-9.]+,"tokens":[0-9]+\}$' $log || fail 'the first line'
grep -qE '^\{"epoch":1,"train_loss":[0-9.]+,"dev":\{"loss":[0-9.]+,"accuracy":.*"step":7,"best":true\}$' $log || fail 'the line of an epoch'

steps() { sed -nE 's/^\{"step":([0-9]+),.*/\1/p' "$1"; }
seq 21 >all-steps
steps $log >seen-steps
same all-steps seen-steps
[ "$(grep -c train_loss $log)" = 3 ] || fail 'not three epochs'

# while it runs it lies in OUT.partial, and goes on without a gap
for n in 25 33 9 41 18 60 12; do
    expect 0 killed with_fault kill $n "${train[@]}" --out again --resume
    [ "$(fate)" = killed ] || break
    [ -f again.partial/metrics.jsonl ] || [ ! -e again.partial/last ] || fail 'no log beside the checkpoint'
done
expect 0 lexclf "${train[@]}" --out again --resume
same $log again/metrics.jsonl
same whole/model.safetensors again/model.safetensors
missing again.partial

# an older checkpoint: cut back to its step
expect 0 killed with_fault kill 75 "${train[@]}" --out older
[ "$(fate)" = killed ] && [ -f older.partial/last.previous ] || fail 'no second checkpoint'
: >older.partial/last
printf '{"step":99,"ep' >>older.partial/metrics.jsonl
expect 0 lexclf "${train[@]}" --out older --resume
same $log older/metrics.jsonl

# a run that keeps nothing leaves nothing
expect 0 killed with_fault kill 5 "${train[@]}" --out early
expect 0 lexclf "${train[@]}" --out early
stderr_lacks 'of an earlier run'
same $log early/metrics.jsonl

# a model is the same without its log, and a copy has it
expect 0 lexclf calibrate --model whole --data train.csv --out copy --device cpu
same whole/metrics.jsonl copy/metrics.jsonl
expect 0 lexclf eval --model whole --data train.csv --html page.html --quiet --device cpu
grep -q 'Loss, step by step' page.html || fail 'the page has no curve'
rm whole/metrics.jsonl
expect 0 lexclf eval --model whole --data train.csv --html page.html --quiet --device cpu
! grep -q 'Loss, step by step' page.html || fail 'the page has a curve of nothing'
expect 0 lexclf train --kind linear --train train.csv --out linear
missing linear/metrics.jsonl

# TensorBoard
expect 0 lexclf "${train[@]}" --out board --tensorboard runs/one
[ "$(find runs/one -name 'events.out.tfevents.*' | wc -l)" = 1 ] || fail 'not one event file'
[ "$(head -c 12 runs/one/* | od -An -tx1 | tr -d ' \n')" = 1800000000000000a37f4b22 ] || fail 'not the beginning of an event file'
grep -qa 'train/grad_norm' runs/one/* && grep -qa 'dev_pr/RENT' runs/one/* && grep -qa '| batch_size | `8` |' runs/one/* || fail 'something is not in it'
same board/model.safetensors again/model.safetensors
expect 0 killed with_fault kill 60 "${train[@]}" --out more --tensorboard runs/two
expect 0 lexclf "${train[@]}" --out more --tensorboard runs/two --resume
[ "$(find runs/two -name 'events.out.tfevents.*' | wc -l)" = 2 ] || fail 'not an event file for each beginning'
expect 2 lexclf "${train[@]}" --out x --tensorboard x/runs
stderr_has "option '--tensorboard': 'x/runs' lies in 'x', which the run makes"
expect 2 lexclf "${train[@]}" --out x --tensorboard train.csv
stderr_has "option '--tensorboard': 'train.csv' is not a folder"
missing x
: >file
expect 4 lexclf "${train[@]}" --out x --tensorboard file/runs
missing x
