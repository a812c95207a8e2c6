# a closed pipe ends quietly, like any filter
reader_gone() { { sleep 0.2; "$LEXCLF" "$@"; echo $? >code; } | true; }
expect 0 reader_gone help train
stderr_empty
[ "$(cat code)" = 141 ] || fail "exit code $(cat code), not 141"
first_line() { "$LEXCLF" help train | head -n 1; }
expect 0 first_line
stderr_empty
stdout_has 'Usage:'
