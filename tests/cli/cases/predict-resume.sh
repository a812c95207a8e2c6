# --resume: killed at one moment after another, interrupted, failed: the result is that of a run in one go
[ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
tiny_model model BUY LEASE
clauses 1200 >many.csv
sed '1101s/the/租金/' many.csv >zh.csv
predict=(lexclf predict --model model many.csv --quiet --threads 1)
resume=("${predict[@]}" --out out.jsonl --resume)
"${predict[@]}" --out whole.jsonl

# killed before one change to the file system after another
for ((n = 1; ; n++)); do
    rm -f out.*
    expect 0 killed with_fault kill $n "${resume[@]:1}"
    [ "$(fate)" = killed ] || break
    expect 0 "${resume[@]}"
    same out.jsonl whole.jsonl
    nothing_left
    missing out.jsonl.partial.state
done
[ $n -gt 4 ] || fail "only $n moments: the faults are not seen"
# the same moment again and again, and a table whose mark comes at the end
lexclf predict --model model zh.csv --quiet --threads 1 --out whole.csv
[ "$(head -c 3 whole.csv)" = $'\xef\xbb\xbf' ] || fail 'no mark'
for n in 3 5 7; do
    expect 0 killed with_fault kill $n predict --model model zh.csv --quiet --threads 1 --out out.csv --resume
done
expect 0 lexclf predict --model model zh.csv --quiet --threads 1 --out out.csv --resume
same out.csv whole.csv
nothing_left
# killed at every one of its moments: the copy that takes the mark is made anew, and goes
for ((n = 1; ; n++)); do
    rm -f out.csv*
    expect 0 killed with_fault kill $n predict --model model zh.csv --quiet --threads 1 --out out.csv --resume
    [ "$(fate)" = killed ] || break
    [ ! -e out.csv.partial.whole ] || copied=$n
    expect 0 lexclf predict --model model zh.csv --quiet --threads 1 --out out.csv --resume
    same out.csv whole.csv
    nothing_left
done
[ -n "${copied:-}" ] || fail 'no kill left a copy'
# killed between the last two steps
cp out.csv kept.csv
echo '{"bytes": 10, "state": {}}' >out.csv.partial.state
expect 0 lexclf predict --model model zh.csv --out out.csv --resume
stderr_has "lexclf: 'out.csv' is complete: nothing to do"
same out.csv kept.csv
missing out.csv.partial.state
missing out.csv.partial

# complete
expect 0 "${resume[@]}" --json
stdout_is <<'END'
{"already_complete":true}
END
expect 2 "${resume[@]}" --fail-on BUY
stderr_has "option '--fail-on': 'out.jsonl' is complete"
same out.jsonl whole.jsonl
rm out.jsonl

# Ctrl-C keeps what is whole; the sums of the summary are those of all runs
clauses 60000 >big.csv
interrupted() {
    local pid code=0 i
    env --default-signal=INT "$LEXCLF" predict --model model big.csv --threads 1 "$@" &
    pid=$!
    for ((i = 0; i < 3000; i++)); do
        [ -z "$(find . '(' -name '*.partial' -o -name 'new.jsonl.tmp-*' ')' -size +0)" ] || break
        sleep 0.02
    done
    kill -INT $pid
    wait $pid || code=$?
    return $code
}
expect 130 interrupted --out out.jsonl --resume
stderr_has 'lexclf: interrupted after '
stderr_has 'hint: the same command goes on from there'
missing out.jsonl
[ $(($(wc -l <out.jsonl.partial) % 512)) = 0 ] || fail 'not whole blocks'
kept=$(sed -n 's/.*"records":[[:space:]]*\([0-9]*\).*/\1/p' out.jsonl.partial.state)
[ "$kept" = "$(wc -l <out.jsonl.partial)" ] || fail "$kept records count"

# what must be the same is
cp out.jsonl.partial data; cp out.jsonl.partial.state state
big=(lexclf predict --model model big.csv --out out.jsonl --resume --quiet)
differs() {
    local code=$1 message=$2
    shift 2
    expect "$code" "$@"
    stdout_empty
    stderr_has "lexclf: $message"
    same out.jsonl.partial data
    same out.jsonl.partial.state state
}
other="out.jsonl.partial: was begun with another"
differs 2 "$other '--scores'" "${big[@]}" --scores all
differs 2 "$other '--batch-tokens'" "${big[@]}" --batch-tokens 4096
differs 2 "$other '--shard'" env SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=2 "$LEXCLF" predict --model model big.csv --out out.jsonl --resume --shard auto
differs 2 "$other number of input files" lexclf predict --model model big.csv many.csv --out out.jsonl --resume
cp -r model other
echo ' ' >>other/tokenizer_config.json
differs 3 "$other model" lexclf predict --model other big.csv --out out.jsonl --resume
sed '100s/pay/sell/' big.csv >changed.csv
differs 3 "changed.csv: not the input of the run to be continued: its first $kept records differ" lexclf predict --model model changed.csv --out out.jsonl --resume --quiet
head -n 100 big.csv >short.csv
differs 3 "not the input of the run to be continued: it has 99 records, but $kept were answered" lexclf predict --model model short.csv --out out.jsonl --resume --quiet
differs 2 "option '--resume': standard input cannot be read again" lexclf predict --model model --format csv - --out out.jsonl --resume
(exec 9<out.jsonl.partial && flock 9 && expect 4 "${big[@]}" && stderr_has 'out.jsonl.partial: another run is writing it')
echo '{"bytes": 1}' >out.jsonl.partial.state
expect 3 "${big[@]}"
stderr_has 'out.jsonl.partial.state: cannot be read as a state'
cp state out.jsonl.partial.state

# a bad row behind it, and mended; what did not change the answers may change
cp big.csv bad.csv
sed -i '40000s/$/,one too many/' bad.csv
expect 3 lexclf predict --model model bad.csv --out out.jsonl --resume --quiet --threads 1
stderr_has 'lexclf: bad.csv:40000: 3 fields, but the header has 2'
[ "$(wc -l <out.jsonl.partial)" = 39936 ] || fail "$(wc -l <out.jsonl.partial) rows before the bad one"
expect 0 lexclf predict --model model big.csv --out out.jsonl --resume --json --threads 1
stderr_has 'lexclf: continuing after 39936 records'
stdout_has '{"n":60000,'
expect 0 lexclf predict --model model big.csv --out whole.jsonl --quiet --threads 1
same out.jsonl whole.jsonl
nothing_left

# nothing is left of a run that did nothing, and one without --resume says what it could have kept
expect 3 lexclf predict --model nosuch many.csv --out new.jsonl --resume
nothing_left
expect 130 interrupted --out new.jsonl
nothing_left
stderr_has 'a run with --resume can be continued'
refuses 2 "option '--resume' needs '--out FILE'" lexclf predict --model model many.csv --resume
echo mine >notes.partial
expect 2 lexclf predict --model model many.csv --out notes --resume
stderr_has 'notes.partial: stands there, but is not of a run that can be continued'
[ "$(cat notes.partial)" = mine ] || fail 'a file of the user is gone'
