# what else may be wrong with input and names: compressed data that is damaged, ids that stand twice, thresholds, gates and
# labels that are not there, reports onto what is read, a table that is interrupted
clauses 40 >train.csv
expect 0 lexclf train --kind linear --train train.csv --dev-fraction 0 --out model
{ echo id,text; for ((i = 0; i < 3000; i++)); do echo "$i,the tenant shall pay rent $i"; done; } >plain.csv
gzip -nk plain.csv

# compressed: cut at any place, a damaged end, something behind it, a pipe that is cut
size=$(stat -c %s plain.csv.gz)
damaged() {
    refuses 3 "$1" lexclf predict --model model bad.csv.gz --out answers.jsonl
    missing answers.jsonl
    refuses 3 "$1" lexclf predict --model model bad.csv.gz --out answers.jsonl --skip-bad-rows
    missing answers.jsonl
    refuses 3 "$1" lexclf eval --model model --data bad.csv.gz --text-column text --label-column id
}
for ((at = 10; at < size; at += size / 7)); do
    head -c $at plain.csv.gz >bad.csv.gz
    damaged 'bad.csv.gz: compressed data is cut short'
done
head -c $((size - 1)) plain.csv.gz >bad.csv.gz
damaged 'bad.csv.gz: compressed data is cut short'
{ head -c $((size - 8)) plain.csv.gz; printf '\0\0\0\0'; tail -c 4 plain.csv.gz; } >bad.csv.gz
damaged 'bad.csv.gz: compressed data is damaged'
{ cat plain.csv.gz; echo behind; } >bad.csv.gz
damaged 'bad.csv.gz: something follows the compressed data'
mkfifo pipe.csv.gz
cut() {
    head -c $((size / 2)) plain.csv.gz >pipe.csv.gz &
    "$LEXCLF" predict --model model pipe.csv.gz --quiet
}
expect 3 cut
stderr_has 'lexclf: pipe.csv.gz: compressed data is cut short'
[ "$(tail -c 1 "$STDOUT" | od -An -tx1)" = ' 0a' ] || fail 'the last line is cut'
compressed() { "$LEXCLF" predict --model model --format csv --quiet - <plain.csv.gz; }
expect 3 compressed
stderr_has 'lexclf: standard input: is gzip-compressed'
stderr_has 'hint: give it a name that ends in .gz'
cat plain.csv.gz plain.csv.gz >two.csv.gz # two members are one file
expect 3 lexclf predict --model model two.csv.gz --no-header --out answers.jsonl
stderr_has "no column 'text'"
expect 0 lexclf predict --model model two.csv.gz --out answers.jsonl
[ "$(wc -l <answers.jsonl)" = 6001 ] || fail 'not both members'

# ids: twice is allowed, and warned of once
printf 'id,text,label\na,the rent,RENT\nb,the lease,LEASE\na,the buyer,BUY\nb,the seller,SALE\n,the rent,RENT\n,the rent,RENT\n' >ids.csv
for verb in 'predict --model model ids.csv' 'eval --model model --data ids.csv --report report.json'; do
    # shellcheck disable=SC2086
    expect 0 lexclf $verb
    [ "$(grep -c 'stands there a second time' "$STDERR")" = 1 ] || fail 'not warned of once'
    stderr_has 'warning: ids.csv:4: id a stands there a second time'
done
expect 0 lexclf predict --model model ids.csv --no-passthrough --quiet
[ "$(sed 's/{"id":\([^,]*\),.*/\1/' "$STDOUT" | tr '\n' ' ')" = '"a" "b" "a" "b" 5 6 ' ] || fail 'other ids'

# names that are not there, before anything is written: gates, thresholds, labels to fail on
expect 0 lexclf train --kind linear --task multi --train train.csv --dev-fraction 0 --out many
refuses 2 "option '--require': there is no number 'macro_f2'" lexclf eval --model many --data train.csv --require 'macro_f2>=0.5' --report new.json
stderr_has 'hint: numbers are accuracy, macro_f1'
refuses 2 "option '--require': the model in many has no label 'RENTS'" lexclf eval --model many --data train.csv --require 'per_label.RENTS.f1>=0.5' --report new.json
for verb in 'eval --data train.csv --report new.json' 'predict train.csv --out new.json'; do
    # shellcheck disable=SC2086
    refuses 2 "option '--threshold': the model in many has no output 'RENTS'" lexclf $verb --model many --threshold RENTS=0.5
done
refuses 2 "option '--fail-on': the model in many has no label 'RENTS'" lexclf predict --model many train.csv --fail-on RENTS --out new.json
missing new.json

# labels that differ between model and data, both ways
printf 'text,label\nthe rent,RENT\nthe gift,GIFT\nthe will,"WILL, last"\n' >other.csv
expect 0 lexclf eval --model model --data other.csv --json
stderr_has "warning: the model does not know 2 of the data's labels: 'GIFT', 'WILL, last'"
stderr_has "warning: no record has 3 of the model's labels: 'BUY', 'LEASE', 'SALE'"
stdout_has '"labels_only_in_model":["BUY","LEASE","SALE"],"labels_only_in_data":["GIFT","WILL, last"]'

# no report onto what is read, by whatever name it goes
ln -s train.csv link.csv
ln train.csv hard.csv
echo '{"quiet": true}' >config.json
remember train.csv config.json model
for option in report errors html junit; do
    gate=()
    [ $option != junit ] || gate=(--require 'accuracy>=0')
    for name in train.csv ./train.csv "$PWD/train.csv" link.csv hard.csv; do
        refuses 2 "option '--$option' would replace '" lexclf eval --model model --data train.csv "--$option" "$name" "${gate[@]}"
    done
    refuses 2 "option '--$option' would replace 'config.json', which is read" lexclf eval --model model --data train.csv --config config.json "--$option" config.json "${gate[@]}"
    refuses 2 "option '--$option' would replace 'lexclf.json' of the model in model" lexclf eval --model model --data train.csv "--$option" model/lexclf.json "${gate[@]}"
done
for name in train.csv link.csv hard.csv; do
    refuses 2 "option '--out' would replace '" lexclf predict --model model train.csv --out $name
    refuses 2 "option '--report' would replace '" lexclf lint train.csv --report $name
done
unchanged train.csv config.json model

# Ctrl-C while a table is written whose cells have line breaks: whole records
{ echo id,text; for ((i = 0; i < 60000; i++)); do printf '%s,"the tenant\nshall pay ""rent"""\n' $i; done; } >big.csv
interrupted() {
    local pid code=0 i
    env --default-signal=INT "$LEXCLF" predict --model model big.csv --out-format csv --quiet >table &
    pid=$!
    for ((i = 0; i < 3000; i++)); do
        [ ! -s table ] || break
        sleep 0.005
    done
    kill -INT $pid
    wait $pid || code=$?
    return $code
}
: >table
code=0
interrupted 2>said || code=$?
[ $code = 130 ] || [ $code = 0 ] || fail "exit code $code"
if [ $code = 130 ]; then
    grep -q 'lexclf: interrupted after ' said || fail 'nothing is said'
    n=$(($(wc -l <table) - 1)) # two lines a record
    [ $((n % 1024)) = 0 ] && [ $n -gt 0 ] || fail "$n lines are not whole blocks"
    tail -n 1 table | grep -qE '^shall pay ""rent""",[A-Z]+,[0-9.]+,[0-9]+,(true|false)$' || fail 'the last record is cut'
fi
