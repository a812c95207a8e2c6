# --latency: an answer for each record before the next one comes, the same answers as for a file; not with what counts blocks
[ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
tiny_model model BUY LEASE
clauses 30 >file.csv
tail -n +2 file.csv | sed 's/^"\{0,1\}\(.*[^"]\)"\{0,1\},[A-Z]*$/{"text":"\1"}/' >lines.jsonl
expect 0 lexclf predict --model model lines.jsonl --out want.jsonl
coproc ASKED { "$LEXCLF" predict --model model --latency --threads 3 --format jsonl --quiet -; }
exec 8>&"${ASKED[1]}" 9<&"${ASKED[0]}"
eval "exec ${ASKED[1]}>&- ${ASKED[0]}<&-"
pid=$ASKED_PID
n=0
while read -r line; do
    printf '%s\n' "$line" >&8
    read -r -t 60 answer <&9 || fail "no answer to line $((n + 1))"
    printf '%s\n' "$answer" >>got.jsonl
    n=$((n + 1))
done <lines.jsonl
exec 8>&-
wait "$pid" || fail 'it did not end well'
[ $n = 30 ] || fail "$n lines"
same want.jsonl got.jsonl

# a file, the same; linear models, too
expect 0 lexclf predict --model model --latency lines.jsonl --out other.jsonl
same want.jsonl other.jsonl
expect 0 lexclf train --kind linear --train file.csv --dev file.csv --out linear --quiet
expect 0 lexclf predict --model linear lines.jsonl --out want.jsonl
expect 0 lexclf predict --model linear --latency lines.jsonl --out got.jsonl
same want.jsonl got.jsonl

expect 2 lexclf predict --model model --latency lines.jsonl --out a.jsonl --resume
stderr_has "options '--latency' and '--resume' exclude each other"
expect 2 lexclf predict --model model --latency lines.jsonl --shard 0/2
missing a.jsonl
