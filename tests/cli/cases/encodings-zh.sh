# 499 rows of Chinese contract forms in five encodings: the same answers, byte for byte
data=${LEXCLF_SHARED_DATA:-$ROOT/../shared/data}/zh/contracts_test.csv
[ -f "$data" ] || skip "no $data"
trained model
for name in UTF-16LE UTF-16BE GB18030; do iconv -f UTF-8 -t $name "$data" >$name; done
cp "$data" utf8.csv
{ printf '\xef\xbb\xbf'; cat "$data"; } >bom.csv
{ printf '\xff\xfe'; cat UTF-16LE; } >le.csv
{ printf '\xfe\xff'; cat UTF-16BE; } >be.csv
mv GB18030 gb.csv
for name in utf8 bom le be gb; do
    expect 0 lexclf predict --model "${LEXCLF_ZH_MODEL:-model}" $name.csv --out $name.jsonl --scores all --logits
    [ "$(wc -l <$name.jsonl)" = 499 ] || fail "$name: not 499 rows"
    same utf8.jsonl $name.jsonl
done
stderr_has 'gb.csv: read as GB18030'
