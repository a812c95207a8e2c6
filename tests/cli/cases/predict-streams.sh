# predict in pipes: a reader that goes, a full disk behind stdout, a closed stdout, input that ends early
trained model
clauses 4000 >many.csv
first() { { "$LEXCLF" predict --model model many.csv --quiet; echo $? >code; } | head -n 1; }
expect 0 first
stderr_empty
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'not one line'
[ "$(cat code)" = 141 ] || fail "exit code $(cat code), not 141"
closed() { "$LEXCLF" "$@" >&-; }
if [ -w /dev/full ]; then
    to_full() { "$LEXCLF" "$@" >/dev/full; }
    for how in to_full closed; do
        expect 4 $how predict --model model many.csv
        stderr_has 'lexclf: cannot write to standard output: '
        expect 4 $how predict --model model --text rent
        stderr_has 'lexclf: cannot write to standard output: '
        expect 4 $how eval --model model --data train.csv --json
        stderr_has 'lexclf: cannot write to standard output: '
        expect 4 $how train --encoder encoder --train train.csv --epochs 1 --out out --json
        stderr_has 'lexclf: cannot write to standard output: '
        opens out # the work is done all the same
        rm -r out
    done
fi
# what needs no stdout does without
expect 0 closed predict --model model train.csv --out answers.jsonl
[ "$(wc -l <answers.jsonl)" = 20 ] || fail 'answers are missing'
expect 0 closed eval --model model --data train.csv --report report.json
no_stderr() { "$LEXCLF" "$@" 2>&-; }
expect 0 no_stderr predict --model model --text rent
stdout_has '"label":'
expect 0 no_stderr train --encoder encoder --train train.csv --epochs 1 --out out
opens out

early() { printf '%b' "$1" | "$LEXCLF" predict --model model --format "$2" --quiet -; }
expect 0 early '' jsonl
stdout_empty
expect 3 early '' csv
stderr_has 'lexclf: standard input: empty, without a header row'
expect 0 early '{"text":"rent"}' jsonl
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'not one line'
expect 3 early '{"text":"rent"}\n{"te' jsonl
stderr_has 'lexclf: standard input:2: column '
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'the whole row is not answered'
expect 3 early 'text\nrent\n"the tenant' csv
stderr_has 'lexclf: standard input:3: a quote that opens here is never closed'
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'the whole row is not answered'
no_stdin() { "$LEXCLF" predict --model model --format csv - <&-; }
expect 4 no_stdin
stderr_has 'lexclf: standard input: reading failed: '
mkfifo pipe.jsonl
from_fifo() {
    printf '{"text":"rent"}\n{"text":"pa' >pipe.jsonl &
    "$LEXCLF" predict --model model pipe.jsonl --quiet
}
expect 3 from_fifo
stderr_has 'lexclf: pipe.jsonl:2: column '
[ "$(wc -l <"$STDOUT")" = 1 ] || fail 'the whole row is not answered'

# an output that is no file is written to, not replaced
expect 0 lexclf predict --model model train.csv --out /dev/null
[ -c /dev/null ] || fail '/dev/null has been replaced'
expect 0 lexclf predict --model model train.csv --out /dev/stdout --quiet
piped() { lexclf predict --model model train.csv --out /dev/stdout --quiet | cat; }
expect 0 piped
[ "$(wc -l <"$STDOUT")" = 20 ] || fail 'answers are missing'
mkfifo out.fifo
to_fifo() {
    cat out.fifo >read &
    "$LEXCLF" predict --model model train.csv --out out.fifo --quiet
    wait
}
expect 0 to_fifo
[ "$(wc -l <read)" = 20 ] && [ -p out.fifo ] || fail 'the pipe was not written to'
echo older >real.jsonl
ln -s real.jsonl link.jsonl
expect 0 lexclf predict --model model train.csv --out link.jsonl
[ -L link.jsonl ] && [ "$(wc -l <real.jsonl)" = 20 ] || fail 'the link was not followed'
nothing_left
