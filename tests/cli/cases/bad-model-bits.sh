# a flipped byte is found: in a folder of ours wherever it is, in a plain one where it breaks the header
trained ours
tiny_model plain A B C
echo text >none.csv
flip() {
    local file=$1 at=$2 byte
    byte=$(od -An -tu1 -j "$at" -N 1 "$file")
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x $((byte ^ $3)))" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
}
for file in config.json lexclf.json model.safetensors tokenizer_config.json vocab.txt; do
    size=$(wc -c <ours/$file)
    for part in 0 1 2 3 4 5 6 7 8 9 10 11; do
        at=$((part * (size - 1) / 11))
        for bit in 1 128; do
            cp ours/$file kept
            flip ours/$file $at $bit
            refuses 3 'ours' lexclf predict --model ours none.csv
            mv kept ours/$file
        done
    done
done
opens ours

# where the format itself shows the damage, a plain folder is refused; where it does not, nothing crashes
size=$(od -An -tu8 -N 8 plain/model.safetensors | tr -d ' ')
for at in 0 1 2 3 4 5 6 7 8 $((8 + size / 7)) $((8 + size / 5)) $((8 + size / 3)) $((8 + size / 2)) $((7 + size)); do
    cp plain/model.safetensors kept
    flip plain/model.safetensors $at 255
    refuses 3 'plain/model.safetensors: ' lexclf predict --model plain --text rent
    mv kept plain/model.safetensors
done
n=0
for ((at = 8; at < 8 + size; at += 41)); do
    cp plain/model.safetensors kept
    flip plain/model.safetensors $at 1
    code=0
    lexclf predict --model plain none.csv >"$STDOUT" 2>"$STDERR" || code=$?
    [ $code = 0 ] || [ $code = 3 ] || fail "byte $at: exit code $code"
    n=$((n + (code == 3)))
    mv kept plain/model.safetensors
done
[ $n -gt 20 ] || fail "only $n flipped bytes of the header were found"

# weights that are no numbers give no label
cp plain/model.safetensors kept
bytes=$(wc -c <kept)
printf '\0\0\300\177' | dd of=plain/model.safetensors bs=1 seek=$((bytes - 4)) conv=notrunc status=none
refuses 3 'plain: the outputs are not numbers' lexclf predict --model plain --text rent
