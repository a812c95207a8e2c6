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
