# calibrate in place: whenever the disk is full or the process dies, lexclf.json is the older one or the new one, whole
clauses 60 >later.csv
trained model
cp -r model older
cp -r model newer
expect 0 lexclf calibrate --model newer --data later.csv --quiet
cmp -s older/lexclf.json newer/lexclf.json && fail 'calibrating changed nothing'
n_kept=0
for kind in full kill; do
    for at in 1 2 3 4 5 6 7 8; do
        cp older/lexclf.json model/lexclf.json
        if [ $kind = kill ]; then
            expect 0 killed with_fault kill $at calibrate --model model --data later.csv --quiet
        else
            with_fault full $at calibrate --model model --data later.csv --quiet >"$STDOUT" 2>"$STDERR" </dev/null || [ $? = 4 ] ||
                fail "a full disk at $at: not exit code 4"
        fi
        rm -f model/lexclf.json.tmp-*
        if cmp -s model/lexclf.json older/lexclf.json; then n_kept=$((n_kept + 1)); else same model/lexclf.json newer/lexclf.json; fi
        opens model
    done
done
[ $n_kept -ge 4 ] || fail "only $n_kept faults came before the new file stood"
