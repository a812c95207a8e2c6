# input that keeps predict waiting: whole blocks come out before it ends, a reader that goes and Ctrl-C end the waiting
[ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
tiny_model model BUY LEASE
mkfifo pipe
waits_for() { # waits_for COMMAND...: until it succeeds
    local i
    for ((i = 0; i < 3000; i++)); do
        ! "$@" || return 0
        sleep 0.02
    done
    return 1
}
has_lines() { [ -e "$2" ] && [ "$(wc -l <"$2")" -ge "$1" ]; }
feeds() { # feeds ROWS: they come, and nothing after them, until file descriptor 9 is closed
    exec 9<>pipe
    clauses "$1" >&9
}

# 512 answers are there while the input is open; Ctrl-C, and the rows of the block that was not full are not answered
feeds 600
env --default-signal=INT "$LEXCLF" predict --model model --format csv --quiet - <pipe >lines 2>said &
pid=$!
waits_for has_lines 512 lines || fail 'no answers while the input is open'
kill -INT $pid
code=0
wait $pid || code=$?
[ $code = 130 ] || fail "exit code $code, not 130"
[ "$(wc -l <lines)" = 512 ] || fail "$(wc -l <lines) answers, not 512"
grep -q '^lexclf: interrupted after 512 records$' said || fail "$(cat said)"
exec 9>&-

# the same where the pipe has a name
feeds 600
env --default-signal=TERM "$LEXCLF" predict --model model --format csv --quiet pipe >lines 2>said &
pid=$!
waits_for has_lines 512 lines || fail 'no answers while the pipe is open'
kill -TERM $pid
code=0
wait $pid || code=$?
[ $code = 143 ] || fail "exit code $code, not 143"
exec 9>&-

# whoever reads the answers has gone
feeds 1100
{ "$LEXCLF" predict --model model --format csv --quiet - <pipe || echo $? >code; } | head -n 1 >lines
[ "$(cat code)" = 141 ] && [ "$(wc -l <lines)" = 1 ] || fail "exit code $(cat code), not 141"
exec 9>&-
