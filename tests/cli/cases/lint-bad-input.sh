# lint goes on after bad rows where it can, and refuses what is no data at all
clauses 8 >good.csv
printf 'text,label\nfine,A\nfine too,B\n"never closed,A\nlost,B\n' >quote.csv
expect 0 lexclf lint quote.csv good.csv
stdout_has 'error [bad-row] 1 row cannot be read'
stdout_has 'quote.csv:4  a quote that opens here is never closed'
stdout_has 'good.csv'
expect 1 lexclf lint quote.csv --strict=error
stdout_has 'quote.csv     3'
{
    echo text,label
    for i in $(seq 25); do printf 'fine %s,A\nbad %s\n' "$i" "$i"; done
} >ragged.csv
expect 0 lexclf lint ragged.csv
stdout_has 'error [bad-row] 25 rows cannot be read'
stdout_has 'ragged.csv:3   1 field, but the header has 2'
stdout_has 'and 15 more'
expect 0 lexclf lint ragged.csv --json
stdout_has '"rows":25,"bad_rows":25,'

printf 'text,label\nfine,A\n,\n' >empty-label.csv
expect 0 lexclf lint empty-label.csv
stdout_has "empty-label.csv:3  column 'label' is empty"
printf '{"text": "a", "label": "A"}\n{"text": 5, "label": "A"}\n' >number.jsonl
expect 0 lexclf lint number.jsonl
stdout_has "number.jsonl:2  field 'text' is a number, not a string"
printf 'text\n\nfine\nbroken \xff\n' >broken.csv
expect 0 lexclf lint broken.csv
stdout_has 'error [bad-row]'

# labels that are texts, in many and in few rows; control characters do not reach the terminal
{
    echo text,label
    for i in $(seq 60); do printf 'row %s,"the tenant shall \033[31mpay number %s"\n' "$i" "$i"; done
} >texts.csv
expect 0 lexclf lint texts.csv
stdout_has 'warning [label-text] 60 different labels in 60 rows'
stdout_has '\x1b[31m'
! grep -q "$(printf '\033')" "$STDOUT" || fail 'an escape sequence reached the terminal'
printf 'text\na\n' >unlabelled.csv
expect 0 lexclf lint unlabelled.csv
stdout_lacks ' label'
printf 'text,label\n' >no-rows.csv
expect 1 lexclf lint no-rows.csv --strict
stdout_has 'error [no-rows]'

# a row of a megabyte, and many small ones
{
    echo text
    head -c 1000000 /dev/zero | tr '\0' 'x'
    echo
    yes 'the tenant shall pay' | head -n 30000
} >long.csv
expect 0 lexclf lint long.csv
stdout_has 'warning [duplicate] 29999 rows repeat'

# refusals
refuses 3 "nosuch.csv: no such file" lexclf lint good.csv nosuch.csv
mkdir nothing
refuses 3 "nothing: no data file is in it" lexclf lint nothing
cp good.csv good.data
refuses 3 "good.data: the name does not tell the format" lexclf lint good.data
: >empty.csv
refuses 3 "empty.csv: empty, without a header row" lexclf lint empty.csv
refuses 3 "good.csv: no column 'kind'" lexclf lint --label-column kind good.csv
refuses 3 "good.csv: no column 'body'" lexclf lint --text-column body good.csv
refuses 2 "no file is named" lexclf lint
refuses 2 "standard input needs '--format'" lexclf lint -
refuses 2 "option '--report' would replace 'good.csv', which is read" lexclf lint good.csv --report good.csv
refuses 2 "option '--near': '0.2' is not a number from 0.7 to 1" lexclf lint good.csv --near 0.2
refuses 2 "options '--unlabelled' and '--label-column' exclude each other" lexclf lint good.csv --unlabelled --label-column x
refuses 3 "nosuch" lexclf lint good.csv --encoder nosuch
refuses 4 "" lexclf lint good.csv --report nosuch/report.json

# streams: what cannot be read twice is taken for labelled
from() { "$LEXCLF" lint "${@:2}" - <"$1"; }
expect 0 from good.csv --format csv
stdout_has 'standard input     8'
expect 3 from unlabelled.csv --format csv
stderr_has "standard input: no column 'label'"
expect 0 from unlabelled.csv --format csv --unlabelled
mkfifo fifo
cat good.csv >fifo &
expect 0 lexclf lint --format csv fifo
stdout_has 'fifo     8'
