# a loss that is not a number: the run ends with the step, the rate and what is kept, or the step is left out; memory that is short
tiny_model encoder
poison_token encoder 34
clauses 44 >train.csv
clauses 8 >dev.csv
echo 'the tenant shall accept the premises,RENT' >>train.csv
train=(train --encoder encoder --train train.csv --dev dev.csv --epochs 3 --batch-size 4 --lr 1e-3 --threads 1)
expect 4 lexclf "${train[@]}" --out stopped
stdout_empty
grep -qE 'lexclf: training diverged: the loss is not a number in step [0-9]+ of 36, epoch 1, at a learning rate of [0-9.e-]+$' "$STDERR" ||
    fail 'neither step nor rate'
stderr_has 'hint: there is no checkpoint; a smaller --lr, a longer --warmup-ratio or --on-nan skip may help'
nothing_left
step=$(grep -o 'in step [0-9]*' "$STDERR" | grep -o '[0-9]*')
[ "$step" -gt 1 ] || fail 'the first step: the case must be mended'
expect 4 lexclf "${train[@]}" --out stopped --checkpoint-steps 1
stderr_has "the last good checkpoint, after step $((step - 1)), is 'stopped.partial/last'"
[ -f stopped.partial/last ] || fail 'no checkpoint'
[ "$(wc -l <stopped.partial/metrics.jsonl)" = $((step - 1)) ] || fail 'the log has other steps'

# left out: it goes on from there
expect 0 lexclf "${train[@]}" --out stopped --checkpoint-steps 1 --resume --on-nan skip
stderr_has "warning: training diverged: the loss is not a number in step $step, at a learning rate of "
stderr_has 'warning: 3 steps were left out'
[ "$(grep -c '"left_out":true' stopped/metrics.jsonl)" = 3 ] || fail 'the log does not tell'
grep -q "\"step\":$step,\"epoch\":1,\"loss\":null" stopped/metrics.jsonl || fail 'the step is not in the log'
grep -q '"steps_left_out": 3' stopped/lexclf.json || fail 'lexclf.json does not tell'
expect 0 lexclf predict --model stopped --text 'the tenant shall pay rent monthly' --device cpu
expect 0 lexclf "${train[@]}" --out skipped --on-nan skip --json
stdout_has '"steps_left_out":3'
expect 0 diff -r skipped stopped

# too many in a row
sed '2,$s/^.*,/the tenant shall accept the premises,/' train.csv >bad.csv
expect 4 lexclf train --encoder encoder --train bad.csv --dev dev.csv --epochs 3 --batch-size 4 --out all --on-nan skip --threads 1
stderr_has 'lexclf: 10 steps in a row are left out: training diverged: the loss is not a number in step 10 of 36, epoch 1'
expect 2 lexclf "${train[@]}" --out x --on-nan maybe
stderr_has "option '--on-nan'"

# memory that is short: what was tried, and what helps
[ -f "$TOOLS/libfaults.so" ] || skip 'no libfaults.so'
clauses 400 >large.csv
large=(train --encoder encoder --train large.csv --dev dev.csv --epochs 1 --out large --threads 1)
expect 4 with_fault memory 300000 "${large[@]}" --batch-size 256
stderr_has 'lexclf: step 1: 256 records, at most 2'
stderr_has 'out of memory'
stderr_has 'hint: a smaller --batch-tokens (now 2048) or --max-length (now 64) needs less memory'
expect 4 with_fault memory 120000 "${large[@]}" --batch-size 64
stderr_has 'hint: a smaller --batch-tokens (now 2048), --batch-size or --max-length (now 64) needs less memory'
expect 0 with_fault memory 300000 "${large[@]}" --batch-size 256 --batch-tokens 512
