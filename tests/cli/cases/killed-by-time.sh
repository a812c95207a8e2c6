# the same from outside: SIGKILL after ever longer times
trained model
remember model
at_time() {
    "$LEXCLF" train --encoder encoder --train train.csv --seed 2 --dev train.csv --epochs 3 --out model --overwrite &
    sleep "$1"
    kill -KILL $! || true # it may have come to its end
    wait $!
}
for ms in 050 150 250 300 350 400 450 500 600 800; do
    expect 0 killed at_time 0.$ms
    opens model
    expect 0 lexclf predict --model model --text rent
done
expect 0 lexclf train --encoder encoder --train train.csv --epochs 1 --out model --overwrite
opens model
nothing_left
