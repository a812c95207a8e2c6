# ten thousand labels: train, eval, predict as lines and as a table, the page; one a row and many a row
n=10000
{
    echo text,label
    for ((i = 1; i <= n; i++)); do echo "clause w$i v$((i % 100)),label $i"; done
} >one.csv
train=(train --kind linear --dev-fraction 0 --min-df 1 --word-ngrams 1-1 --char-ngrams off --C 0.01)
expect 0 lexclf "${train[@]}" --train one.csv --out one
expect 0 lexclf eval --model one --data one.csv --json --html page.html
stdout_has '"n":10000,"accuracy":1,'
stdout_lacks '"confusion":{"labels":["label 1","label 10",'
[ "$(grep -o '"label [0-9]*":{"precision"' "$STDOUT" | wc -l)" = $n ] || fail 'labels are missing in the report'
[ "$(wc -c <page.html)" -lt 1000000 ] || fail 'the page is endless'
grep -q '10,000\|10000 labels' page.html || fail 'the page does not say how many'
head -n 21 one.csv >few.csv
expect 0 lexclf predict --model one few.csv --scores all --quiet
[ "$(head -n 1 "$STDOUT" | grep -o '"label [0-9]*":' | wc -l)" = $n ] || fail 'scores are missing'
expect 0 lexclf predict --model one few.csv --quiet --out few.out.csv --scores all
[ "$(head -n 1 few.out.csv | tr , '\n' | grep -c '^score:label ')" = $n ] || fail 'columns are missing'
[ "$(wc -l <few.out.csv)" = 21 ] || fail 'rows are missing'
expect 0 lexclf predict --model one one.csv --quiet --no-passthrough
[ "$(sed 's/.*"label":"label \([0-9]*\)".*/\1/' "$STDOUT" | uniq | wc -l)" = $n ] || fail 'not every label is answered'

# many a row: each has its own and one of fifty
awk -F'[ ,]' 'NR > 1 { printf "{\"text\":\"%s %s %s\",\"labels\":[\"own %d\",\"shared %d\"]}\n", $1, $2, $3, NR - 1, NR % 50 }' one.csv |
    head -n 2000 >many.jsonl
expect 0 lexclf "${train[@]}" --train many.jsonl --out many
expect 0 lexclf eval --model many --data many.jsonl --json --quiet --html many.html
stdout_has '"n":2000,'
[ "$(grep -o '"\(own\|shared\) [0-9]*":{"precision"' "$STDOUT" | wc -l)" = 2050 ] || fail 'labels are missing in the report'
