# a file of no rows is an error for train and eval, and no answers for predict and tokenize
trained model
echo text,label >none.csv
: >none.jsonl
printf '\n \n' >blank.jsonl
for file in none.csv none.jsonl blank.jsonl; do
    refuses 3 "$file: has no rows" lexclf train --encoder encoder --train $file --out out
    refuses 3 "$file: has no rows" lexclf train --encoder encoder --train train.csv --dev $file --out out
    refuses 3 "$file: has no rows" lexclf train --encoder encoder --train train.csv --test $file --out out
    missing out
    refuses 3 "$file: has no rows" lexclf eval --model model --data $file --json --report report.json
    missing report.json
    expect 0 lexclf predict --model model $file
    stdout_empty
    stderr_has '0 records'
    expect 0 lexclf predict --model model $file --out answers.jsonl
    stdout_empty
    [ -f answers.jsonl ] && [ ! -s answers.jsonl ] || fail "$file: answers.jsonl is not an empty file"
    rm answers.jsonl
    expect 0 lexclf tokenize --model model $file
    stdout_empty
done
