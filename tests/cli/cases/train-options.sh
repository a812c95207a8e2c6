# options of training: what each does is seen in the run, what it cannot do is refused
tiny_model encoder
clauses 40 >train.csv
train=(train --encoder encoder --train train.csv --recipe classic --epochs 2 --lr 1e-3 --quiet --json)

# every one of them changes the weights, and stands in the run's description
expect 0 lexclf "${train[@]}" --out plain
for option in '--schedule cosine' '--schedule inverse-sqrt' '--warmup-steps 3' '--head-lr 1e-2' '--layer-decay 0.5' \
    '--label-smoothing 0.1' '--ema 0.9' '--fgm 0.5' '--r-drop 1' '--focal 2' '--augment mask=0.2,delete=0.1' \
    '--augment swap=0.3' '--optimizer adafactor' '--optimizer sgd' '--freeze embeddings' '--freeze-layers 1'; do
    # shellcheck disable=SC2086  # two words
    expect 0 lexclf "${train[@]}" --out other --overwrite $option
    ! cmp -s plain/model.safetensors other/model.safetensors || fail "$option: changes nothing"
    name=${option%% *} name=${name#--}
    case $name in freeze*) name=frozen_blocks ;; esac
    stdout_has "\"${name//-/_}\":"
done
expect 0 lexclf "${train[@]}" --out other --overwrite --schedule polynomial --schedule-power 2 --lr-end 1e-5
! cmp -s plain/model.safetensors other/model.safetensors || fail 'polynomial: changes nothing'
stdout_has '"schedule":"polynomial","schedule_power":2,"lr_end":1e-05'
expect 0 lexclf "${train[@]}" --out momentum --optimizer sgd --momentum 0.5
expect 0 lexclf "${train[@]}" --out other --overwrite --optimizer sgd
! cmp -s momentum/model.safetensors other/model.safetensors || fail '--momentum changes nothing'
# what is off is nothing
expect 0 lexclf "${train[@]}" --out other --overwrite --ema 0 --fgm 0 --r-drop 0 --focal 0 --augment mask=0 --freeze none \
    --freeze-layers 0 --optimizer adamw
same plain/model.safetensors other/model.safetensors
same plain/lexclf.json other/lexclf.json

# classes that are equally frequent weigh the same; others do not
expect 0 lexclf "${train[@]}" --out other --overwrite --class-weights balanced --dev-fraction 0
expect 0 lexclf "${train[@]}" --out same --dev-fraction 0
same same/model.safetensors other/model.safetensors
clauses 30 >rare.csv
expect 0 lexclf train --encoder encoder --train rare.csv --recipe classic --epochs 2 --quiet --out rare1 --class-weights 0.5
expect 0 lexclf train --encoder encoder --train rare.csv --recipe classic --epochs 2 --quiet --out rare2 --class-weights off
! cmp -s rare1/model.safetensors rare2/model.safetensors || fail '--class-weights changes nothing'

# patience: at a rate that learns nothing no epoch is better than the first
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 50 --lr 1e-9 --metric accuracy --patience 2 --out early
stderr_has 'no better epoch than 1 in 2 epochs: training ends'
stderr_lacks 'epoch 4/'
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 3 --lr 1e-2 --metric loss --min-delta 1 --patience 1 --out delta
stderr_has 'no better epoch than 1 in 1 epochs: training ends'
refuses 2 "--patience waits for a better epoch, and '--metric last' knows none" lexclf train --encoder encoder --train train.csv --metric last --patience 1 --out x
# --dev-every: epochs 2, 4 and the last are judged, patience counts those, and the model is the same
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 5 --quiet --out all
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 5 --dev-every 2 --out every --json
same all/model.safetensors every/model.safetensors
stdout_has '"dev_every":2,'
[ "$(grep -o '"epoch":[0-9]*,"train_loss":[0-9.e-]*,"dev":' "$STDOUT" | cut -d: -f2 | cut -d, -f1 | tr '\n' ' ')" = '2 4 5 ' ] ||
    fail 'other epochs were judged'
expect 0 lexclf eval --model every --data train.csv --html every.html
[ "$(grep -o 'class="line [a-z]*" d="[ML0-9. ]*"' every.html | head -4 | cut -d'"' -f4 | tr -cd 'ML\n' | tr '\n' ' ')" = 'MLLLL MLL MLL MLL ' ] ||
    fail 'the curves are not drawn through the epochs that were judged'
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 50 --lr 1e-9 --metric accuracy --dev-every 2 \
    --patience 2 --out early --overwrite
stderr_has 'no better epoch than 2 in 4 epochs: training ends'
stderr_lacks 'epoch 7/'
# the last epoch is kept, at a rate that comes down; a rate that does not, and patience, want the least loss
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 4 --lr 1 --out last --json
stdout_has '"metric":"last"'
stdout_has '"best_epoch":4,'
stderr_has "saved epoch 4 of 4 to 'last': dev loss "
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 1 --schedule constant --out constant --json
stdout_has '"metric":"loss"'
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 1 --patience 1 --out patient --json
stdout_has '"metric":"loss"'

# a recipe fills in what is not given; with many labels its class weights are off
expect 0 lexclf train --encoder encoder --train rare.csv --epochs 1 --max-length 16 --quiet --json --out recipe
stdout_has '"lr":0.0003,'
stdout_has '"epochs":1,'
stdout_has '"head_lr":0.003,'
stdout_has '"class_weights":{"BUY":'
printf '{"text": "a", "labels": ["A", "B"]}\n{"text": "b", "labels": ["A"]}\n' >many.jsonl
expect 0 lexclf train --encoder encoder --train many.jsonl --dev many.jsonl --recipe contracts --epochs 1 --max-length 16 --quiet --json --out recipe2
stdout_lacks '"class_weights"'
expect 2 lexclf train --encoder encoder --train train.csv --out x --recipe best
stderr_has "option '--recipe': 'best' is not one of contracts|classic"
# what depends on the records: passes for 1400 steps, 20 at most; the length at which little is lost; the folder's pooling
awk 'BEGIN { print "text,label"; for (i = 0; i < 20; i++) print "one two three " i "," (i % 2 ? "A" : "B") }' >short.csv
expect 0 lexclf train --encoder encoder --train short.csv --dev short.csv --out short --json
stdout_has '"options":{"epochs":20,'
stdout_has '"batch_size":32,'
stdout_has '"metric":"last"'
stderr_has '20 epochs of 20 records, 32 to a step; rate 0.0003, 0.003 for the head; up to 64 tokens, cls pooling (--recipe contracts)'
mkdir encoder/1_Pooling && printf '{"pooling_mode_mean_tokens": true}' >encoder/1_Pooling/config.json
expect 0 lexclf train --encoder encoder --train short.csv --dev short.csv --out longer --epochs 1 --json
stdout_has '"max_length":64,'
stderr_has 'up to 64 tokens, mean pooling'
expect 0 lexclf train --encoder encoder --train short.csv --dev short.csv --out longer --epochs 1 --json --overwrite --recipe classic
stdout_has '"lr":2e-05,'
stderr_has '16 to a step; rate 2e-05, 2e-05 for the head; up to 64 tokens, cls pooling (--recipe classic)'
rm -r encoder/1_Pooling

# one window, or layers computed again: the same adversary and twins, the same frozen parts
expect 0 lexclf "${train[@]}" --out other --overwrite --fgm 0.5 --r-drop 1 --max-length 32
expect 0 lexclf "${train[@]}" --out windows --fgm 0.5 --r-drop 1 --max-length 32 --windows mean
same windows/model.safetensors other/model.safetensors
expect 0 lexclf "${train[@]}" --out other --overwrite --freeze-layers 1 --ema 0.9
expect 0 lexclf "${train[@]}" --out again --freeze-layers 1 --ema 0.9 --checkpoint-activations
same again/model.safetensors other/model.safetensors

# refused: what is no value, and what has no meaning beside another option
for wrong in '--augment mask=1' '--augment mask=0.1,mask=0.1' '--augment none' '--augment mask=0.1,' '--ema 1' '--fgm -1' \
    '--freeze layers' '--optimizer adam' '--focal 11'; do
    # shellcheck disable=SC2086  # two words
    expect 2 lexclf "${train[@]}" --out x $wrong
    stderr_has "option '${wrong%% *}': '${wrong#* }' is not "
done
expect 2 lexclf "${train[@]}" --out x --momentum 0.5
stderr_has "option '--momentum' needs '--optimizer sgd'"
expect 2 lexclf "${train[@]}" --out x --lr-end 1e-6
stderr_has "option '--lr-end' needs '--schedule polynomial'"
expect 2 lexclf "${train[@]}" --out x --schedule polynomial --lr-end 1e-3
stderr_has "option '--lr-end': 0.001 is not below the learning rate, 0.001"
expect 2 lexclf "${train[@]}" --out x --fgm 1 --freeze embeddings
stderr_has "options '--fgm' and '--freeze' exclude each other"
expect 2 lexclf "${train[@]}" --out x --r-drop 1 --dropout 0
stderr_has "options '--r-drop' and '--dropout 0' exclude each other"
expect 2 lexclf "${train[@]}" --out x --freeze-layers 3
stderr_has '3 layers are to be frozen, but the encoder has 2'
cp -r encoder maskless
sed -i 's/\[MASK\]/[OTHER]/' maskless/vocab.txt
expect 2 lexclf train --encoder maskless --train train.csv --out x --augment mask=0.1
stderr_has "tokens cannot be masked: the encoder's tokenizer has no mask token"
missing x
many=(train --encoder encoder --train many.jsonl --dev many.jsonl --out many)
expect 2 lexclf "${many[@]}" --class-weights balanced
stderr_has '--class-weights is for one label a record'
expect 2 lexclf "${many[@]}" --label-smoothing 0.1
stderr_has '--label-smoothing is for one label a record'
expect 2 lexclf "${many[@]}" --distill-linear 0.5
stderr_has '--distill-linear is for one label a record'
expect 2 lexclf "${train[@]}" --out x --warmup-steps 3 --warmup-ratio 0.1
expect 2 lexclf "${train[@]}" --out x --class-weights 1.5
stderr_has "option '--class-weights': '1.5' is not off, auto, balanced, a power from 0 to 1 or a .json, .csv or .tsv file"
missing many
