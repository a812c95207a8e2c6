# a bad row that comes late: the rows before it are answered, then exit 3; a file is not half written
trained model
clauses 700 >rows.csv
printf 'x,y,z\n' >>rows.csv
clauses 4 | tail -n 3 >>rows.csv
expect 3 lexclf predict --model model rows.csv
stderr_is <<'END'
lexclf: rows.csv:702: 3 fields, but the header has 2
  hint: a field that holds the separator must stand in double quotes
END
[ "$(wc -l <"$STDOUT")" = 700 ] || fail "$(wc -l <"$STDOUT") answers, not 700"
[ "$(tail -n 1 "$STDOUT" | cut -c 1-9)" = '{"id":700' ] || fail 'the last answer is not that of row 700'
refuses 3 'rows.csv:702: 3 fields, but the header has 2' lexclf predict --model model rows.csv --out answers.jsonl
missing answers.jsonl
refuses 3 'rows.csv:702: 3 fields, but the header has 2' lexclf eval --model model --data rows.csv --json --report report.json
missing report.json
refuses 3 'rows.csv:702: 3 fields, but the header has 2' lexclf train --encoder encoder --train rows.csv --out out
missing out
expect 3 lexclf tokenize --model model rows.csv
[ "$(wc -l <"$STDOUT")" = 700 ] || fail "$(wc -l <"$STDOUT") lines of ids, not 700"
