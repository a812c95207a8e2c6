# --skip-bad-rows: bad rows are counted, the first ten named, the others answered; without it the first one ends the run
trained model
{
    echo id,text,label
    echo '1,the rent,RENT'
    echo '2,too,many,RENT'
    echo '3,"never closed,RENT'
    echo '4,the lease,LEASE'
    printf '5,not \xff text,LEASE\n'
    echo '6,pays "the" rent,RENT'
    echo '7,without,'
    echo '8,the buyer,BUY'
    echo '8,the buyer again,BUY'
} >rows.csv
refuses 3 'rows.csv:3: 4 fields, but the header has 3' lexclf predict --model model rows.csv --out answers
expect 3 lexclf predict --model model rows.csv
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'the row before the bad one was not answered'
expect 0 lexclf predict --model model rows.csv --skip-bad-rows --out answers --json
[ "$(sed 's/{"id":"\(.\)".*/\1/' answers | tr -d '\n')" = 14788 ] || fail 'not the rows that are sound'
stderr_has 'warning: rows.csv:3: 4 fields, but the header has 3; the row is left out'
stderr_has 'warning: rows.csv:4: something follows a closing quote in line 7 of this row; the row is left out'
stderr_has 'warning: rows.csv:6: invalid UTF-8 at byte '
stderr_has 'warning: rows.csv:10: id 8 stands there a second time'
stdout_has '"bad_rows":4,"first_bad_rows":["rows.csv:3: 4 fields, but the header has 3","rows.csv:4: '
expect 0 lexclf eval --model model --data rows.csv --skip-bad-rows --report report.json --quiet
grep -q '"bad_rows": 5' report.json || fail 'the report does not count them'
grep -q '"n": 4' report.json || fail 'the report counts other rows'
stderr_has "warning: rows.csv:8: column 'label' is empty; the row is left out"
expect 0 lexclf train --encoder encoder --train rows.csv --dev-fraction 0 --out out --epochs 1 --skip-bad-rows --json
stdout_has '"data":{"train":{"rows":4,"truncated":0,"bad_rows":5,'
stdout_has '"first_bad_rows":["rows.csv:3: '
! grep -q 'rows\.csv' out/lexclf.json || fail 'a path in lexclf.json'

# rows that do not fit the task, and files of nothing else
printf '{"text":"a","labels":["A"]}\n{"text":"b","labels":["A","B"]}\n{"text":"c","labels":["B"]}\n' >two.jsonl
expect 0 lexclf train --encoder encoder --train two.jsonl --dev-fraction 0 --task single --out single --epochs 1 --skip-bad-rows
stderr_has "warning: two.jsonl:2: 2 labels, but task 'single' takes one a row; the row is left out"
expect 0 lexclf eval --model single --data two.jsonl --skip-bad-rows --json
stdout_has '"n":2,'
stdout_has '"bad_rows":1,'
# bad rows of both kinds are named in the order of the input, every time
for ((i = 1; i <= 3000; i++)); do
    case $((i % 300)) in
    100) echo '{"text":"a","labels":["A","B"]}' ;;
    200) echo '{"text":7,"labels":["A"]}' ;;
    *) echo '{"text":"the rent","labels":["A"]}' ;;
    esac
done >mixed.jsonl
for i in 1 2 3; do
    expect 0 lexclf eval --model single --data mixed.jsonl --skip-bad-rows --json --quiet
    stdout_has '"n":2980,'
    stdout_has '"bad_rows":20,'
    [ "$(grep -o 'mixed.jsonl:[0-9]*' "$STDERR" | cut -d : -f 2 | tr '\n' ' ')" = '100 200 400 500 700 800 1000 1100 1300 1400 ' ] ||
        fail 'not the first ten, or not in order'
done
refuses 3 'mixed.jsonl:100: 2 labels, but the model gives one a row' lexclf eval --model single --data mixed.jsonl
for i in $(seq 25); do echo '{"text":7}'; done >bad.jsonl
refuses 3 'bad.jsonl: has no rows but 25 bad ones' lexclf train --encoder encoder --train bad.jsonl --out none --skip-bad-rows
expect 0 lexclf predict --model model bad.jsonl --skip-bad-rows
stdout_empty
[ "$(grep -c 'the row is left out' "$STDERR")" = 10 ] || fail 'not the first ten'
stderr_has 'warning: 25 bad rows were left out; the first 10 are named above'
expect 3 lexclf predict --model model nosuch.csv --skip-bad-rows
printf 'clause\na\n' >column.csv
refuses 3 "column.csv: no column 'text'" lexclf predict --model model column.csv --skip-bad-rows
