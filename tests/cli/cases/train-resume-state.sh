# train --resume with all that an optimizer can keep: killed at several moments, it comes to the bytes of an unkilled run
tiny_model encoder
clauses 40 >train.csv
echo '{"RENT": 2}' >weights.json
base=(train --encoder encoder --train train.csv --epochs 3 --batch-size 8 --checkpoint-steps 2)
round=0
comes_to_the_same() {
    local n at=again$round whole=whole$round
    round=$((round + 1))
    expect 0 lexclf "${base[@]}" "$@" --out $whole
    for n in 45 30 70 25 60; do
        expect 0 killed with_fault kill $n "${base[@]}" "$@" --out $at --resume
        [ ! -e $at ] || break
    done
    [ "$n" != 45 ] || fail "$*: no kill was survived"
    expect 0 lexclf "${base[@]}" "$@" --out $at --resume
    expect 0 diff -r -x metrics.jsonl $whole $at
    missing $at.partial
}
# dropout (the tiny encoder's own), accumulation, the moving average, both second passes, augmented texts
comes_to_the_same --lr 1e-2 --batch-tokens 32 --ema 0.9 --fgm 0.5 --r-drop 1 --augment mask=0.1,delete=0.1,swap=0.2
comes_to_the_same --lr 1e-2 --optimizer adafactor --freeze embeddings --ema 0.99
comes_to_the_same --lr 1e-1 --optimizer sgd --freeze-layers 1 --focal 2 --class-weights weights.json --schedule polynomial
comes_to_the_same --lr 1e-1 --optimizer sgd --momentum 0
comes_to_the_same --lr 1e-2 --batch-tokens 32 --ema 0.9 --dtype bf16
comes_to_the_same --lr 1e-2 --windows mean --max-length 8 --fgm 0.5 --r-drop 1 --ema 0.9 --augment delete=0.1 --freeze none

# a checkpoint holds what is trained and kept, and no more
size() { stat -c %s "$1.partial/last"; }
checkpoint_of() {
    rm -rf run run.partial
    expect 0 killed with_fault kill 75 "${base[@]}" "$@" --out run
    [ "$(fate)" = killed ] || fail 'not killed'
    cp run.partial/last last
}
checkpoint_of --lr 1e-2
full=$(stat -c %s last)
checkpoint_of --lr 1e-2 --freeze-layers 2
[ $((3 * $(stat -c %s last))) -lt "$full" ] || fail "frozen layers take room: $(stat -c %s last) of $full bytes"
checkpoint_of --lr 1e-2 --optimizer sgd --momentum 0
[ $((2 * $(stat -c %s last))) -lt "$full" ] || fail 'plain SGD takes room'

# other options are another run, also where the arrays would do
expect 2 lexclf "${base[@]}" --lr 1e-2 --optimizer sgd --momentum 0 --ema 0.9 --out run --resume
stderr_has 'options.ema absent then, 0.9 now'
expect 3 lexclf "${base[@]}" --lr 1e-2 --optimizer sgd --momentum 0 --ema 0.9 --out run --resume --resume-anyway
stderr_has "does not hold 'average' of this encoder and optimizer"
