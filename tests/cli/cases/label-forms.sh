# many labels however they are written give the same model; labels of any text; a row without one
tiny_model encoder
train() { expect 0 lexclf train --encoder encoder --dev-fraction 0 --epochs 1 --seed 3 "$@"; }
cat >array.jsonl <<'END'
{"text":"the rent","labels":["B","A, a"]}
{"text":"the lease","labels":[]}
{"text":"the buyer","labels":["B"]}
END
printf 'text,label\nthe rent,"B | A, a"\nthe lease,\nthe buyer,B|\n' >cells.csv
printf 'text,"A, a",B\nthe rent,1,true\nthe lease,0,\nthe buyer,FALSE,1\n' >columns.csv
train --train array.jsonl --out array
train --train cells.csv --label-separator '|' --out cells
train --train columns.csv --label-columns '"A, a",B' --out columns
same array/model.safetensors cells/model.safetensors
same array/model.safetensors columns/model.safetensors
same array/config.json columns/config.json
expect 0 lexclf predict --model columns --text 'the rent' --scores all
stdout_has '"scores":{"A, a":'
for data in array.jsonl 'cells.csv --label-separator |' 'columns.csv --label-columns "A, a",B'; do
    file=${data%% *}
    options=()
    [ "$data" = "$file" ] || options=("$(cut -d' ' -f2 <<<"$data")" "$(cut -d' ' -f3- <<<"$data")")
    lexclf eval --model array --data "$file" "${options[@]}" --json --quiet | sed 's/"data_sha256".*//' >"$file.json"
done
same array.jsonl.json cells.csv.json
same array.jsonl.json columns.csv.json

# the folder knows how its labels were written: asked for once, and files of another form are read by theirs
grep -q '"label_separator": "|"' cells/lexclf.json || fail 'the separator is not kept'
for model in cells columns; do
    for file in $model.csv array.jsonl; do
        lexclf eval --model $model --data $file --json --quiet | sed 's/"data_sha256".*//' >again.json
        same array.jsonl.json again.json
    done
done
expect 0 lexclf calibrate --model cells --data cells.csv --out calibrated
stderr_lacks warning
expect 0 lexclf eval --model calibrated --data cells.csv --json --quiet
stdout_has '"labels_only_in_data":[]'
expect 0 lexclf eval --model cells --data cells.csv --label-separator ', ' --json --quiet
stdout_has '"labels_only_in_data":["B | A","a","B|"]'
printf 'text,label,B\nthe rent,B,1\n' >some.csv
expect 0 lexclf eval --model columns --data some.csv --json --quiet
stdout_has '"labels_only_in_data":[]'
refuses 3 "some.csv: no column 'A, a' (found: 'text', 'label', 'B')" \
    lexclf eval --model columns --data some.csv --label-columns '"A, a",B'
expect 0 lexclf lint columns.csv --model columns
stdout_lacks 'no label'

# --task multi: an empty cell is a row without a label, and a cell one label
printf 'text,label\nthe rent,A;B\nthe lease,\nthe buyer,C\n' >one.csv
train --train one.csv --task multi --out one
expect 0 lexclf predict --model one --text 'the rent' --scores all
stdout_has '"scores":{"A;B":'
expect 0 lexclf eval --model one --data one.csv --json
stdout_has '"n":3,'
refuses 3 "one.csv:3: column 'label' is empty" lexclf train --encoder encoder --train one.csv --out none
refuses 3 "columns.csv:2: column 'text' is neither 0 nor 1" lexclf train --encoder encoder --train columns.csv --label-columns text --out none
printf '{"text":"a","label":1}\n{"text":"b","label":2}\n{"text":"c","label":1}\n' >numbers.jsonl
train --train numbers.jsonl --out numbers
[ "$(grep -c 'numbers.jsonl:1: a label that is a number counts as its text, "1"' "$STDERR")" = 1 ] || fail 'numbers: not said once'

# any text is a label: separators, quotes, line breaks, emoji, right to left, 1,000 characters
long=$(printf 'x%.0s' $(seq 1000))
{
    echo text,label
    printf 'a,"x, y"\nb,"say ""no"""\nc,"two\nlines"\nd,😀👩‍⚖️\ne,עברית\nf,%s\ng,租\n' "$long"
} >odd.csv
train --train odd.csv --out odd
expect 0 lexclf predict --model odd --text a --scores all
for label in '"x, y":' '"say \"no\"":' '"two\nlines":' '"😀👩‍⚖️":' '"עברית":' "\"$long\":" '"租":'; do stdout_has "$label"; done
expect 0 lexclf eval --model odd --data odd.csv --json
stdout_has '"n":7,'

# ten thousand of them
{
    echo text,label
    for i in $(seq 10000); do echo "the lease,label $i"; done
} >many.csv
train --train many.csv --out many --batch-size 1000
expect 0 lexclf predict --model many --text 'the lease' --scores all
[ "$(grep -o '"label [0-9]*":' "$STDOUT" | sort -u | wc -l)" = 10000 ] || fail 'labels are missing'
