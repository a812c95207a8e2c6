# Ctrl-C in the middle of training: exit 130, what is said to be kept opens, else nothing is left; TERM likewise
tiny_model encoder
clauses 4000 >train.csv
clauses 20 >small.csv
trained older
remember older
interrupted() { # interrupted SIGNAL LINE OPTION...: sends it when stderr has the line
    local signal=$1 line=$2 pid code=0 i
    : >said.txt # an earlier run said the same
    shift 2
    env --default-signal=INT "$LEXCLF" train --encoder encoder --train train.csv "$@" 2>said.txt &
    pid=$!
    for ((i = 0; i < 3000; i++)); do
        ! grep -q "$line" said.txt 2>/dev/null || break
        kill -0 $pid 2>/dev/null || break
        sleep 0.02
    done
    kill "-$signal" $pid
    wait $pid || code=$?
    cat said.txt >&2
    return $code
}
expect 130 interrupted INT 'a new head' --out new --epochs 100 --dev small.csv
stdout_empty
stderr_has 'lexclf: interrupted in epoch '
missing new
missing new.partial.next
stderr_has 'the same command with --resume goes on after step '
[ -f new.partial/last ] || fail 'no checkpoint'
if [ -e new.partial/best ]; then
    stderr_has "is kept in 'new.partial/best'"
    opens new.partial/best
fi
rm -rf new.partial

expect 130 interrupted INT 'epoch 1/' --out new --epochs 1000 --dev small.csv --json
stdout_empty
stderr_has 'lexclf: interrupted in epoch '
stderr_has 'hint: epoch '
stderr_has "the best so far, is kept in 'new.partial/best'"
missing new
missing new.partial.next
expect 0 lexclf eval --model new.partial/best --data small.csv

expect 143 interrupted TERM 'epoch 1/' --out older --overwrite --epochs 1000 --dev small.csv
stderr_has "is kept in 'older.partial/best'"
unchanged older
expect 0 lexclf predict --model older.partial/best --text rent

# the next run replaces what was left
expect 0 lexclf train --encoder encoder --train small.csv --out new --epochs 1
stderr_has 'new.partial of an earlier run is replaced'
opens new
missing new.partial
