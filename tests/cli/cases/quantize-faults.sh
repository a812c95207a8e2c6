# quantize: a full disk or a kill at any moment leaves no folder or a whole one; a cut or flipped byte of it is named
tiny_model encoder
clauses 40 >train.csv
expect 0 lexclf train --encoder encoder --train train.csv --out model --epochs 1 --threads 1 --quiet
quantize=(quantize --model model --data train.csv --max-drop 1 --threads 1 --quiet --out small)
n_none=0
for kind in full kill; do
    for at in 1 2 3 4 6 9 12 15 18; do
        rm -rf small
        if [ $kind = kill ]; then
            expect 0 killed with_fault kill $at "${quantize[@]}"
        else
            with_fault full $at "${quantize[@]}" >"$STDOUT" 2>"$STDERR" </dev/null || [ $? = 4 ] || fail "a full disk at $at: not exit code 4"
            nothing_left
        fi
        if [ -e small ]; then opens small; else n_none=$((n_none + 1)); fi
    done
done
[ $n_none -ge 6 ] || fail "only $n_none faults came before the folder stood"
rm -rf small
expect 0 lexclf "${quantize[@]}" # over what a kill has left
nothing_left
opens small

size=$(stat -c %s small/model.safetensors)
for byte in 3000 $((size / 2)) $((size - 1)); do
    rm -rf broken && cp -r small broken
    printf '\125' | dd of=broken/model.safetensors bs=1 seek="$byte" conv=notrunc status=none
    cmp -s small/model.safetensors broken/model.safetensors && continue
    refuses 3 'broken/model.safetensors: ' lexclf predict --model broken --text rent
done
rm -rf broken && cp -r small broken
truncate -s $((size - 100)) broken/model.safetensors
refuses 3 'broken/model.safetensors: cut short' lexclf predict --model broken --text rent
rm -rf broken && cp -r small broken
sed -i 's/"int8-weights"/"int4-weights"/' broken/lexclf.json
refuses 3 "broken/lexclf.json: requires 'int4-weights', which this program does not know" lexclf predict --model broken --text rent
