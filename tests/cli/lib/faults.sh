# with_fault KIND N COMMAND...: the N-th change to the file system finds the disk full (full), or kills (kill).
with_fault() {
    local kind=$1 at=$2
    shift 2
    [ -f "$TOOLS/libfaults.so" ] || skip "no library $TOOLS/libfaults.so"
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" timeout --foreground "$STEP_SECONDS" \
        env LD_PRELOAD="$TOOLS/libfaults.so" LEX_FAULT="$kind" LEX_FAULT_AT="$at" "$LEXCLF" "$@"
}

# killed COMMAND...: succeeds when the command was killed and when it came to its end; `fate` tells which: killed, done.
killed() {
    local code=0
    "$@" || code=$?
    case $code in
    137) echo killed >"$CASE_DIR/fate" ;;
    0) echo done >"$CASE_DIR/fate" ;;
    *) return $code ;;
    esac
}
fate() { cat "$CASE_DIR/fate"; }

# killed_comes_to_the_same TRAIN...: the command, given --out and --resume here, is killed at one moment after another and comes to
# the folder `again` that is that of `whole`, for which nothing was killed.
killed_comes_to_the_same() {
    local kills=0 n
    expect 0 lexclf "$@" --out whole
    for n in 20 9 45 14 30; do
        expect 0 killed with_fault kill $n "$@" --out again --resume
        [ "$(fate)" = killed ] || break
        kills=$((kills + 1))
    done
    [ $kills -gt 1 ] || fail 'it was not killed'
    expect 0 lexclf "$@" --out again --resume
    expect 0 diff -r whole again
}
