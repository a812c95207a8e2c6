# Ctrl-C while answers are written: whole lines only, exit 130; a file that was to be written does not appear
trained model
clauses 200000 >many.csv
interrupted() { # interrupted FILE OPTION...: as soon as FILE has something in it
    local file=$1 pid code=0 i
    : >lines
    shift
    env --default-signal=INT "$LEXCLF" predict --model model many.csv "$@" >lines &
    pid=$!
    for ((i = 0; i < 3000; i++)); do
        # shellcheck disable=SC2086
        [ -n "$(find . -path "$file" -size +0)" ] && break
        sleep 0.02
    done
    kill -INT $pid
    wait $pid || code=$?
    return $code
}
expect 130 interrupted ./lines
stderr_has 'lexclf: interrupted after '
[ -s lines ] || fail 'no answers'
[ "$(tail -c 1 lines | od -An -tx1)" = ' 0a' ] || fail 'the last line is cut'
n=$(wc -l <lines)
[ $((n % 512)) = 0 ] && [ "$n" -lt 200000 ] || fail "$n lines"
grep -vq '^{"id":[0-9]*,.*,"truncated":false}$' lines && fail 'a line is damaged'
stderr_has "interrupted after $n records"
echo older >answers.jsonl
expect 130 interrupted './answers.jsonl.tmp-*' --out answers.jsonl
[ "$(cat answers.jsonl)" = older ] || fail 'the older answers are lost'
nothing_left
