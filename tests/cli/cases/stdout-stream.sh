# many answers into a pipe whose reader goes, and into a full disk
tiny_encoder model
for _ in $(seq 20000); do echo '{"text":"the tenant pays rent"}'; done >rows.jsonl
expect 0 lexclf tokenize --model model rows.jsonl
[ "$(wc -l <"$STDOUT")" = 20000 ] || fail "lines are missing"
first() { { "$LEXCLF" tokenize --model model rows.jsonl; echo $? >code; } | head -n 1; }
expect 0 first
stderr_empty
stdout_is <<'END'
[2,5,6,7,8,9,10,3]
END
[ "$(cat code)" = 141 ] || fail "exit code $(cat code), not 141"
[ -w /dev/full ] || skip 'no /dev/full'
to_full() { "$LEXCLF" tokenize --model model rows.jsonl >/dev/full; }
expect 4 to_full
stderr_is <<'END'
lexclf: cannot write to standard output: No space left on device
END
