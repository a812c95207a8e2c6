# a signal ends the waiting for standard input; what was answered before stays whole
tiny_encoder model
mkfifo pipe
ends_with() {
    local code=0
    "$LEXCLF" tokenize --model model --format jsonl - <pipe &
    local pid=$!
    exec 9>pipe
    printf '{"text":"the rent"}\n{"text":"pay"}\n{"te' >&9
    sleep 0.5
    kill "-$1" $pid
    wait $pid || code=$?
    exec 9>&-
    return $code
}
expect 143 ends_with TERM
stderr_is <<'END'
lexclf: interrupted
END
stdout_is <<'END'
[2,5,10,3]
[2,8,3]
END
exec 9<>pipe
printf '{"text":"pay"}\n' >&9
on_ctrl_c() { timeout --foreground --preserve-status -s INT 0.5 "$LEXCLF" tokenize --model model --format jsonl <pipe; }
expect 130 on_ctrl_c
stdout_is <<'END'
[2,8,3]
END
