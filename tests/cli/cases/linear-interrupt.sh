# a signal ends the training of a linear model, while rows are read as while labels are learned; nothing is left
clauses 20000 >train.csv
awk -F'"' 'NR == 1 { print; next } { sub(/,[A-Z]*$/, ""); gsub(/"/, ""); print "\"" $0 " number " NR " of " NR % 997 "\",L" NR % 300 }' train.csv >many.csv
ends_after() {
    local code=0
    "$LEXCLF" train --kind linear --train many.csv --out out --char-ngrams 1-8 --threads 2 &
    local pid=$!
    sleep "$1"
    kill -TERM $pid
    wait $pid || code=$?
    return $code
}
for s in 0.3 1 2; do
    expect 143 ends_after $s
    stderr_has 'interrupted'
    stderr_has 'nothing is kept'
    missing out
    nothing_left
done
