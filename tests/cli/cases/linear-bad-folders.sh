# a linear folder that is damaged, cut short or mixed up is named when it is opened
clauses 20 >train.csv
echo text >none.csv
train=(train --kind linear --train train.csv --out)
expect 0 lexclf "${train[@]}" ours
expect 0 lexclf "${train[@]}" other --word-ngrams 1-1
flip() {
    local file=$1 at=$2 byte
    byte=$(od -An -tu1 -j "$at" -N 1 "$file")
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x $((byte ^ $3)))" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
}
for file in lexclf.json model.safetensors vocabulary.bin; do
    size=$(wc -c <ours/$file)
    cp ours/$file kept
    for part in 0 1 2 3 4 5 6 7 8 9; do
        for bit in 1 128; do
            flip ours/$file $((part * (size - 1) / 9)) $bit
            refuses 3 'ours/' lexclf predict --model ours none.csv
            cp kept ours/$file
        done
    done
    for bytes in 0 1 8 20 $((size / 2)) $((size - 1)); do
        head -c $bytes kept >ours/$file
        refuses 3 'ours/' lexclf predict --model ours none.csv
    done
    rm ours/$file
    refuses 3 'ours' lexclf predict --model ours none.csv
    cp other/$file ours/$file
    refuses 3 'ours/' lexclf predict --model ours none.csv
    cp kept ours/$file
done
expect 0 lexclf predict --model ours none.csv
