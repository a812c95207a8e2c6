# --dtype fp16: learns what fp32 learns; the loss scale is in the log, the description and the checkpoint; what overflows is left
# out, and a run that is killed comes to the same bytes
tiny_model encoder
clauses 60 >train.csv
train=(train --encoder encoder --train train.csv --dev train.csv --recipe classic --epochs 6 --lr 1e-2 --batch-size 8 --threads 1 --json)
loss_of() { sed -E 's/.*"best_value":([0-9.]+).*/\1/' "$STDOUT"; }
expect 0 lexclf "${train[@]}" --metric loss --out full --dtype fp32
full=$(loss_of)
expect 0 lexclf "${train[@]}" --metric loss --out half --dtype fp16
half=$(loss_of)
stderr_has "warning: fp16 is computed with this processor's instructions for fp32: '--dtype fp32' is faster and exact"
stdout_has '"dtype":"fp16"'
stdout_has '"loss_scale":{"last":65536,"overflows":0}'
! cmp -s full/model.safetensors half/model.safetensors || fail 'fp16 is fp32'
awk -v a="$full" -v b="$half" 'BEGIN { exit !(a - b < 0.02 && b - a < 0.02 && a < 1) }' || fail "dev loss $half, in fp32 $full"
[ "$(grep -c '"loss_scale":65536,"tokens"' half/metrics.jsonl)" = 48 ] || fail 'the scale is not in the log'
! grep -q loss_scale full/metrics.jsonl || fail 'fp32 has a scale'
expect 0 lexclf eval --model half --data train.csv --quiet --json --device cpu

# gradients that float16 does not hold at first: the scale falls until it does, and the weights have not moved till then
for i in {1..30}; do printf '{"text": "the tenant shall pay rent %s", "labels": ["A", "B"]}\n{"text": "the price", "labels": []}\n' "$i"; done >many.jsonl
many=(train --encoder encoder --train many.jsonl --dev many.jsonl --epochs 3 --batch-size 4 --lr 1e-3 --dtype fp16
    --checkpoint-steps 2 --ema 0.9 --fgm 0.5 --r-drop 1000 --batch-tokens 32 --threads 1)
expect 0 lexclf "${many[@]}" --out whole --json
n=$(grep -c '"overflow":true' whole/metrics.jsonl)
[ "$n" -gt 0 ] || fail 'nothing overflows'
stderr_has "left out, since fp16 did not hold the gradients; the loss scale is "
stdout_has "\"overflows\":$n}"
grep -q '^{"step":1,"epoch":1,"loss":[0-9.]*,"lr":[0-9.e-]*,"grad_norm":null,"loss_scale":65536,"tokens":[0-9]*,"overflow":true}$' whole/metrics.jsonl ||
    fail 'the first step'
! grep -q left_out whole/metrics.jsonl || fail 'an overflow is told as a divergence'
survived=0
for moment in 30 21 45 26 60 35; do
    expect 0 killed with_fault kill $moment "${many[@]}" --out again --resume
    [ ! -f again.partial/last ] || grep -aq '"loss_scale":' again.partial/last || fail 'the scale is not in the checkpoint'
    [ ! -f again.partial/last ] || survived=1
    [ ! -e again ] || break
done
[ $survived = 1 ] || fail 'no checkpoint was ever there'
expect 0 lexclf "${many[@]}" --out again --resume
expect 0 diff -r whole again

# a loss that is no number is no overflow
poison_token encoder 34
sed '2,$s/^.*,/the tenant shall accept the premises,/' train.csv >bad.csv
expect 4 lexclf train --encoder encoder --train bad.csv --dev train.csv --epochs 1 --batch-size 8 --dtype fp16 --out x
stderr_has 'the loss is not a number in step 1'

# for training alone
expect 2 lexclf predict --model half --dtype fp16 --text a
stderr_has "option '--dtype': 'fp16' is not one of auto|fp32|bf16|int8"
missing x
