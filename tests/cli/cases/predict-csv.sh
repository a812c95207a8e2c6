# answers as a table: by name or by --out-format, columns, byte order mark, formulas, fields that find no column
[ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
tiny_model model BUY LEASE
mark=$'\xef\xbb\xbf'
first() { head -n 1 "$1"; }

cat >in.jsonl <<'END'
{"id":9007199254740993,"text":"rent, \"paid\"","label":"X","meta":{"a":[1]}}
{"text":"the\nlease","more":true,"f":"=1+1"}
END
expect 0 lexclf predict --model model in.jsonl --out out.csv --quiet
[ "$(sed 's/,[A-Z]*,0\.[0-9]*,/,L,P,/' out.csv)" = 'id,text,input_label,meta,more,f,label,score,n_tokens,truncated
9007199254740993,"rent, ""paid""",X,"{""a"":[1]}",,,L,P,7,false
2,"the
lease",,,true,=1+1,L,P,4,false' ] || fail "$(cat out.csv)"
expect 0 lexclf predict --model model in.jsonl --out-format csv --quiet
same out.csv "$STDOUT"
expect 0 lexclf predict --model model in.jsonl --out OUT.CSV --safe-csv --quiet
grep -q "^lease\",,,true,'=1+1," OUT.CSV || fail 'a formula is not guarded'
expect 0 lexclf predict --model model in.jsonl --out out.tsv --no-passthrough --scores all --abstain-below 1 --quiet
[ "$(first out.tsv)" = "$(printf 'id\tlabel\tscore\tscore:BUY\tscore:LEASE\tabstain\tn_tokens\ttruncated')" ] || fail "$(first out.tsv)"
expect 0 lexclf predict --model model in.jsonl --out lines.csv --out-format jsonl --quiet
grep -q '^{"id":9007199254740993,' lines.csv || fail '--out-format does not win over the name'
expect 0 lexclf predict --model model --text rent --out-format csv
stdout_has 'id,label,score,n_tokens,truncated'
echo text >none.csv
expect 0 lexclf predict --model model none.csv --out-format csv
stdout_is <<'END'
id,label,score,n_tokens,truncated
END

# what answers in lines of JSON say is what the table says
clauses 1300 >many.csv
expect 0 lexclf predict --model model many.csv --out many.jsonl --no-passthrough --quiet
expect 0 lexclf predict --model model many.csv --out again.csv --no-passthrough --quiet
sed 's/^{"id":\([0-9]*\),"label":"\([A-Z]*\)","score":\([0-9.]*\),"n_tokens":\([0-9]*\),"truncated":\([a-z]*\)}$/\1,\2,\3,\4,\5/' many.jsonl >wanted
sed 1d again.csv | cmp - wanted || fail 'the table says something else'

# a mark where there is text beyond ASCII, wherever it comes, unless it is not wanted
[ "$(head -c 2 out.csv)" = id ] || fail 'a mark before ASCII'
printf 'text\nrent 租金\n' >zh.csv
expect 0 lexclf predict --model model zh.csv --out zh.out.csv --quiet
[ "$(head -c 3 zh.out.csv)" = "$mark" ] || fail 'no mark'
expect 0 lexclf predict --model model zh.csv --out zh.out.csv --no-bom --quiet
[ "$(head -c 2 zh.out.csv)" = id ] || fail 'a mark in spite of --no-bom'
expect 0 lexclf predict --model model zh.csv --quiet
[ "$(head -c 1 "$STDOUT")" = '{' ] || fail 'a mark before JSON'
(echo text; for ((i = 0; i < 1500; i++)); do echo rent; done; echo 租金) >late.csv
expect 0 lexclf predict --model model late.csv --out late.out.csv
stderr_lacks warning
[ "$(head -c 3 late.out.csv)" = "$mark" ] && [ "$(wc -l <late.out.csv)" = 1502 ] || fail 'the late mark'
expect 0 lexclf predict --model model late.csv --out-format csv
stderr_has 'warning: text beyond ASCII came after the first block'
tail -c +4 late.out.csv | cmp - "$STDOUT" || fail 'the mark is not the only difference'
expect 0 lexclf predict --model model late.csv --out late.out.csv --resume # complete
rm late.out.csv
expect 0 lexclf predict --model model late.csv --out late.out.csv --resume
[ "$(head -c 3 late.out.csv)" = "$mark" ] && [ "$(wc -l <late.out.csv)" = 1502 ] || fail 'the late mark with --resume'
nothing_left

# a field that comes after the first block has no column: an error, not a loss
(for ((i = 0; i < 600; i++)); do echo '{"text":"rent"}'; done; echo '{"text":"rent","late":1}') >fields.jsonl
refuses 3 "fields.jsonl:601: field 'late' has no column" lexclf predict --model model fields.jsonl --out fields.csv
stderr_has '--out-format jsonl'
missing fields.csv
expect 3 lexclf predict --model model fields.jsonl --out-format csv
[ "$(wc -l <"$STDOUT")" = 601 ] || fail 'the rows before it are not answered'
expect 0 lexclf predict --model model fields.jsonl --no-passthrough --out fields.csv
printf 'note,text\na,rent\n' >other.csv
expect 0 lexclf predict --model model zh.csv other.csv --out-format jsonl
refuses 3 "other.csv:2: field 'note' has no column" lexclf predict --model model zh.csv other.csv --out both.csv
expect 0 lexclf predict --model model other.csv zh.csv --out both.csv --quiet
[ "$(head -c 3 both.csv)" = "$mark" ] && sed 1d both.csv | cut -d , -f 1-4 | cmp - <(printf '1,a,rent,other.csv\n1,,rent 租金,zh.csv\n') ||
    fail "$(cat both.csv)"

# options of tables without one
for option in --safe-csv --no-bom '--label-separator=|'; do
    refuses 2 "option '${option%%=*}' is for tables, but the answers are lines of JSON" lexclf predict --model model in.jsonl "$option"
done

# many labels in one cell
cat >multi.jsonl <<'END'
{"text":"the buyer","labels":["A","B;b"]}
{"text":"rent","labels":[]}
END
tiny_model encoder
expect 0 lexclf train --encoder encoder --train multi.jsonl --dev-fraction 0 --epochs 1 --out multi
refuses 2 "label 'B;b' of the model in multi holds ';'" lexclf predict --model multi multi.jsonl --out multi.csv
expect 0 lexclf predict --model multi multi.jsonl --threshold 0 --threshold A=1 --label-separator ' + ' --out multi.csv
[ "$(first multi.csv)" = 'id,text,input_labels,labels,score:A,score:B;b,n_tokens,truncated' ] || fail "$(first multi.csv)"
grep -q '^2,rent,\[\],B;b,,0\.[0-9]*,3,false$' multi.csv || fail "$(cat multi.csv)"
