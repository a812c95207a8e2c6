# the same from outside: SIGKILL after ever longer times
trained model
remember model
at_time() { timeout --foreground -s KILL "$1" "$LEXCLF" train --encoder encoder --train train.csv --seed 2 --dev train.csv --epochs 3 --out model --overwrite; }
for ms in 050 150 250 300 350 400 450 500 600 800; do
    expect 0 killed at_time 0.$ms
    opens model
    expect 0 lexclf predict --model model --text rent
done
expect 0 lexclf train --encoder encoder --train train.csv --epochs 1 --out model --overwrite
opens model
nothing_left
