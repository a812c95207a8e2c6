# the length that lint measures by, where nobody says one, is the one that train then chooses: from the training rows alone
encoder=$ROOT/models/all-MiniLM-L6-v2
[ -f "$encoder/model.safetensors" ] || skip "no encoder $encoder"
words() { # words N: a text of so many
    printf 'rent %.0s' $(seq "$1")
}
rows() { # rows N WORDS: labelled ones
    local i
    echo text,label
    for ((i = 0; i < $1; i++)); do echo "$(words "$2") $i,$((i % 2))"; done
}
said() { sed -nE 's/.*"max_length":([0-9]+).*/\1/p' "$STDOUT" | head -n 1; }
rows 4 400 >dev.csv
for n in 20 100 150 300; do
    rows 8 $n >train.csv
    echo "$(words 480),0" >>train.csv # one alone, which loses more than a twentieth where the others are short
    expect 0 lexclf lint --train train.csv --dev dev.csv --encoder "$encoder" --json
    length=$(said)
    expect 0 lexclf train --encoder "$encoder" --train train.csv --dev-fraction 0 --freeze-layers 6 --epochs 1 --out model --overwrite
    stderr_has "up to $length tokens"
    echo "$length"
done >lengths
[ "$(sort -u lengths | wc -l)" -gt 1 ] || fail "one length for all: $(cat lengths)"
rows 8 20 >train.csv
expect 0 lexclf lint --train train.csv --dev dev.csv --encoder "$encoder"
stdout_has 'are longer than 64, which train'
expect 0 lexclf lint --train dev.csv --dev train.csv --encoder "$encoder" --json
[ "$(said)" = 384 ] || fail "$(said) for rows of 403 tokens, which lose less than a twentieth"
expect 0 lexclf lint --train train.csv --encoder "$encoder" --max-length 100 --json
[ "$(said)" = 100 ] || fail 'what is said does not count'
