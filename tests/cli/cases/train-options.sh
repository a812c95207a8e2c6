# options of training: what each does is seen in the run, what it cannot do is refused
tiny_model encoder
clauses 40 >train.csv
train=(train --encoder encoder --train train.csv --epochs 2 --lr 1e-3 --quiet --json)

# every one of them changes the weights, and stands in the run's description
expect 0 lexclf "${train[@]}" --out plain
for option in '--schedule cosine' '--schedule inverse-sqrt' '--warmup-steps 3' '--head-lr 1e-2' '--layer-decay 0.5' \
    '--label-smoothing 0.1'; do
    # shellcheck disable=SC2086  # two words
    expect 0 lexclf "${train[@]}" --out other --overwrite $option
    ! cmp -s plain/model.safetensors other/model.safetensors || fail "$option: changes nothing"
    name=${option%% *} name=${name#--}
    stdout_has "\"${name//-/_}\":"
done

# classes that are equally frequent weigh the same; others do not
expect 0 lexclf "${train[@]}" --out other --overwrite --class-weights balanced --dev-fraction 0
expect 0 lexclf "${train[@]}" --out same --dev-fraction 0
same same/model.safetensors other/model.safetensors
clauses 30 >rare.csv
expect 0 lexclf train --encoder encoder --train rare.csv --epochs 2 --quiet --out rare1 --class-weights 0.5
expect 0 lexclf train --encoder encoder --train rare.csv --epochs 2 --quiet --out rare2
! cmp -s rare1/model.safetensors rare2/model.safetensors || fail '--class-weights changes nothing'

# patience: at a rate that learns nothing no epoch is better than the first
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 50 --lr 1e-9 --metric accuracy --patience 2 --out early
stderr_has 'no better epoch than 1 in 2 epochs: training ends'
stderr_lacks 'epoch 4/'
expect 0 lexclf train --encoder encoder --train train.csv --dev train.csv --epochs 3 --lr 1e-2 --metric loss --min-delta 1 --patience 1 --out delta
stderr_has 'no better epoch than 1 in 1 epochs: training ends'

# a recipe fills in what is not given; with many labels its class weights are off
expect 0 lexclf train --encoder encoder --train rare.csv --recipe contracts --epochs 1 --max-length 16 --quiet --json --out recipe
stdout_has '"lr":0.0003,'
stdout_has '"epochs":1,'
stdout_has '"head_lr":0.003,'
stdout_has '"class_weights":{"BUY":'
printf '{"text": "a", "labels": ["A", "B"]}\n{"text": "b", "labels": ["A"]}\n' >many.jsonl
expect 0 lexclf train --encoder encoder --train many.jsonl --dev many.jsonl --recipe contracts --epochs 1 --max-length 16 --quiet --json --out recipe2
stdout_lacks '"class_weights"'
expect 2 lexclf "${train[@]}" --out x --recipe best
stderr_has "option '--recipe': 'best' is not classic or contracts"

# refused
many=(train --encoder encoder --train many.jsonl --dev many.jsonl --out many)
expect 2 lexclf "${many[@]}" --class-weights balanced
stderr_has '--class-weights is for one label a record'
expect 2 lexclf "${many[@]}" --label-smoothing 0.1
stderr_has '--label-smoothing is for one label a record'
expect 2 lexclf "${train[@]}" --out x --warmup-steps 3 --warmup-ratio 0.1
expect 2 lexclf "${train[@]}" --out x --class-weights 1.5
stderr_has "option '--class-weights': '1.5' is not off, auto, balanced or a power from 0 to 1"
missing many
