# tiny_model DIR [LABEL...]: 2 layers of random weights as transformers would save them; with labels it has a head.
tiny_model() {
    [ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
    "$TOOLS/make_tiny_model" "$@"
}

# clauses N: a header and N labelled rows, four labels in turn.
clauses() {
    local i
    echo text,label
    for ((i = 0; i < $1; i += 4)); do
        echo "the tenant shall pay rent monthly,RENT"
        echo "the lease of land is for a term of a year,LEASE"
        echo "the buyer shall pay the purchase price,BUY"
        echo "\"the seller shall sell the goods, and deliver title\",SALE"
    done | head -n "$1"
}

# trained DIR [OPTION...]: a small model at DIR, its encoder at ./encoder, its rows in ./train.csv.
trained() {
    local dir=$1
    shift
    [ -d encoder ] || tiny_model encoder
    [ -f train.csv ] || clauses 20 >train.csv
    expect 0 lexclf train --encoder encoder --train train.csv --out "$dir" --epochs 1 --lr 1e-3 "$@"
}

# opens DIR: every file of the model is there and whole (needs no libtorch: no row is computed).
opens() {
    echo text >no-rows.csv
    expect 0 lexclf predict --model "$1" no-rows.csv
}

# remember PATH..., unchanged PATH...: what stood there stands there still, byte for byte, and nothing beside it.
remember() {
    local path
    for path; do
        rm -rf "$CASE_DIR/kept/$path"
        mkdir -p "$CASE_DIR/kept/$(dirname "$path")"
        cp -a "$path" "$CASE_DIR/kept/$path"
    done
}
unchanged() {
    local path
    for path; do diff -r "$CASE_DIR/kept/$path" "$path" >"$CASE_DIR/diff" 2>&1 || fail "$STEP: '$path' has changed"; done
}

# nothing_left [PATTERN]: no file or folder in the making.
nothing_left() {
    local found
    found=$(find . -name '*.tmp-*' -o -name '*.partial' -o -name '*.partial.*' -o -name '*.older-*')
    [ -z "$found" ] || fail "$STEP: left behind: $found"
}

# refuses CODE MESSAGE COMMAND...: it fails with the code and the message, prints no data and leaves nothing behind.
refuses() {
    local code=$1 message=$2
    shift 2
    expect "$code" "$@"
    stdout_empty
    stderr_has "lexclf: $message"
    nothing_left
}

# poison_token DIR ID: the weights of tiny_model hold what is no number where token ID is looked up; "accept" is 34.
poison_token() {
    local file=$1/model.safetensors header begin
    header=$(od -An -t u8 -N 8 "$file" | tr -d ' ')
    begin=$(head -c $((8 + header)) "$file" | grep -ao 'word_embeddings.weight":{[^}]*}' | grep -o 'offsets":\[[0-9]*' | grep -o '[0-9]*$')
    head -c 128 /dev/zero | tr '\0' '\377' |
        dd of="$file" bs=1 seek=$((8 + header + begin + 128 * $2)) conv=notrunc status=none
}
