# JSON that is allowed and odd, and JSON that is not: duplicate keys, deep nesting, lone surrogates, numbers as labels
clauses 20 >train.csv
expect 0 lexclf train --kind linear --train train.csv --dev-fraction 0 --out model
refused() {
    printf '{"text":"fine","label":"BUY"}\n%s\n' "$1" >bad.jsonl
    refuses 3 "bad.jsonl:2: $2" lexclf train --kind linear --train bad.jsonl --out out
    missing out
    refuses 3 "bad.jsonl:2: $2" lexclf eval --model model --data bad.jsonl --report report.json
    missing report.json
    refuses 3 "bad.jsonl:2: $2" lexclf predict --model model bad.jsonl --out answers.jsonl
    missing answers.jsonl
    expect 0 lexclf eval --model model --data bad.jsonl --skip-bad-rows --json
    stderr_has "warning: bad.jsonl:2: $2"
    stderr_has '; the row is left out'
    stdout_has '"n":1,'
}
nested() { printf "%0$1d" 0 | sed "s/0/$2/g"; }
refused '{"text":"a","label":"A","text":"b"}' "two fields are named 'text'"
refused '{"text":"a","label":"A","l\u0061bel":"B"}' "two fields are named 'label'"
refused "{\"text\":\"a\",\"label\":\"A\",\"m\":$(nested 2000 '[')$(nested 2000 ']')}" 'column 540: nested too deep'
refused "{\"text\":\"a\",\"label\":\"A\",\"m\":$(nested 200000 '[')" 'column 540: nested too deep'
refused "{\"text\":\"a\",\"label\":\"A\",\"m\":$(nested 2000 '{"a":')1$(nested 2000 '}')}" 'column '
refused '{"text":"a","label":"A","n":NaN}' 'column 29: not a JSON value'
refused '{"text":"a","label":"A","n":01}' 'column '
refused '{"text":"a\x","label":"A"}' 'column '
refused '{"text":"a\ud83","label":"A"}' 'column '
refused $'{"text":"a\tb","label":"A"}' 'column '
refused '{"text":"a","label":"A"' 'column '
refused '{"text":["a"],"label":"A"}' "field 'text' is an array, not a string"

# what labels cannot be concerns those who read them
unlabelled() {
    printf '{"text":"fine","label":"BUY"}\n%s\n' "$1" >bad.jsonl
    refuses 3 "bad.jsonl:2: $2" lexclf eval --model model --data bad.jsonl
    expect 0 lexclf predict --model model bad.jsonl
}
unlabelled '{"text":"a","label":["A",["B"]]}' "a label in field 'label' is an array"
unlabelled '{"text":"a","label":{"A":1}}' "field 'label' is an object"
unlabelled '{"text":"a","label":""}' "field 'label' is empty"

# allowed, and carried over as it was written: half a surrogate pair (a U+FFFD where text is needed), duplicate keys inside a
# value, large numbers, escapes, U+0000 in a text
deep="$(nested 400 '[')$(nested 400 ']')"
cat >odd.jsonl <<'JSON'
{"text":"the rent \ud83d ends","label":"BUY","half":"\udc00"}
{"text":"the rent","label":"\ud800","meta":{"a":1,"a":2}}
{"text":"the \u0000 rent","label":"BUY","n":100000000000000000000000000000001,"e":1e999,"s":"\u00e9\/"}
JSON
echo "{\"text\":\"deep\",\"label\":\"BUY\",\"m\":$deep}" >>odd.jsonl
expect 0 lexclf predict --model model odd.jsonl
stdout_has '"text":"the rent \ud83d ends","input_label":"BUY","half":"\udc00","label":'
stdout_has '"input_label":"\ud800","meta":{"a":1,"a":2},'
stdout_has '"text":"the \u0000 rent","input_label":"BUY","n":100000000000000000000000000000001,"e":1e999,"s":"\u00e9\/",'
stdout_has "\"m\":$deep,"
refuses 3 "odd.jsonl:3: field 'text' holds U+0000, which a cell cannot" lexclf predict --model model odd.jsonl --out odd.csv
missing odd.csv
sed -i 's/the .u0000 rent/the rent/' odd.jsonl
expect 0 lexclf predict --model model odd.jsonl --out-format csv
stdout_has $'the rent \xef\xbf\xbd ends'
expect 0 lexclf eval --model model --data odd.jsonl --json
stdout_has $'"labels_only_in_data":["\xef\xbf\xbd"]'

# numbers and truth values as labels: their text, said once
for i in 1 2 3 4 5 6; do printf '{"text":"the rent","label":1}\n{"text":"the lease","label":2.50}\n{"text":"the buyer","label":true}\n'; done >numbers.jsonl
expect 0 lexclf train --kind linear --train numbers.jsonl --dev-fraction 0 --out numbers
[ "$(grep -c 'counts as its text' "$STDERR")" = 1 ] || fail 'not said once'
stderr_has 'numbers.jsonl:1: a label that is a number counts as its text, "1"'
expect 0 lexclf predict --model numbers --text 'the lease' --scores all
stdout_has '"label":"2.50"'
stdout_has '"true":'
expect 0 lexclf eval --model numbers --data numbers.jsonl --json
[ "$(grep -c 'counts as its text' "$STDERR")" = 1 ] || fail 'not said once'
stdout_has '"accuracy":1,'
stdout_has '"labels_only_in_data":[]'
expect 0 lexclf predict --model numbers numbers.jsonl
stderr_lacks 'counts as its text'
stdout_has '"input_label":2.50,"label":"2.50",'
