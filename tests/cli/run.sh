#!/usr/bin/env bash
# run.sh - runs the real binary, case by case.
#
#   tests/cli/run.sh build/lexclf              all cases
#   tests/cli/run.sh build/lexclf no-verb      some of them
#
# A case is one file, cases/NAME.sh: its first line says what it shows, the rest are the steps below. It runs in an
# empty folder of its own. A step that fails ends its case. The binary may also come from the environment: LEXCLF.
#
#   expect CODE COMMAND...      runs it, keeps what it prints, compares the exit code. A crash, a sanitizer's report and
#                               a hang never pass. `lexclf` is the binary under test; in pipes write "$LEXCLF".
#   stdout_is <<'END'           exactly these lines
#   stdout_has TEXT, stdout_lacks TEXT, stdout_empty; the same for stderr
#   same FILE FILE              byte for byte
#   missing PATH                nothing stands there
#   skip WHY                    ends the case without a verdict: what it needs is not on this machine
#
# lib/ holds steps that several cases share.
# $STDOUT and $STDERR are the files that hold what the last step printed, $ROOT is the source tree, $TOOLS holds the
# programs of tests/tools: LEXCLF_TOOLS, or the folder tests beside the binary.
# Exit code: 0 when every case passed or was skipped, 77 when none was run for it. LEXCLF_NO_SKIP=1 makes a skip a
# failure.
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ $# -gt 0 ]; then
    LEXCLF=$1
    shift
fi
LEXCLF=$(realpath -e -- "${LEXCLF:?which binary? run.sh PATH-OF-LEXCLF [CASE...]}") || exit 2
if [ ! -x "$LEXCLF" ] || [ ! -f "$LEXCLF" ]; then
    echo "run.sh: '$LEXCLF' is not a program" >&2
    exit 2
fi
TOOLS=${LEXCLF_TOOLS:-$(dirname "$LEXCLF")/tests}
export ROOT LEXCLF TOOLS

# The same surroundings everywhere. A sanitizer's exit code is none that a case could expect.
export LC_ALL=C.UTF-8 TERM=dumb
unset LEXCLF_CONFIG NO_COLOR
export ASAN_OPTIONS="exitcode=99:abort_on_error=0:detect_leaks=${LEXCLF_LEAKS:-1}"
export LSAN_OPTIONS=${LSAN_OPTIONS:-intercept_tls_get_addr=0} # tests/CMakeLists.txt says why
export UBSAN_OPTIONS="halt_on_error=1:exitcode=99:print_stacktrace=1"
readonly STEP_SECONDS=${LEXCLF_STEP_SECONDS:-300}

fail() {
    echo "    $1"
    if [ -s "$STDERR" ]; then
        echo "    stderr:"
        head -c 2000 "$STDERR" | sed 's/^/      /'
    fi
    exit 1
}

skip() {
    echo "    skipped: $1"
    exit 77
}

lexclf() {
    timeout --foreground -k 5 "$STEP_SECONDS" "$LEXCLF" "$@"
}

expect() {
    local want=$1 got
    shift
    got=0
    STEP="$*"
    "$@" >"$STDOUT" 2>"$STDERR" </dev/null || got=$?
    if grep -qE 'AddressSanitizer|LeakSanitizer|runtime error:|assertion failed' "$STDERR"; then
        fail "$STEP: reported by a sanitizer or an assertion"
    fi
    [ "$got" -ne 124 ] || fail "$STEP: did not end in $STEP_SECONDS s"
    case $got in
    130 | 141 | 143) ;;
    *) [ "$got" -lt 126 ] || fail "$STEP: died with $got" ;;
    esac
    [ "$got" -eq "$want" ] || fail "$STEP: exit code $got, not $want"
}

has() {
    grep -qF -- "$2" "$CASE_DIR/$1" || fail "$STEP: $1 lacks: $2"
}

lacks() {
    ! grep -qF -- "$2" "$CASE_DIR/$1" || fail "$STEP: $1 has: $2"
}

is() {
    cat >"$CASE_DIR/wanted"
    if diff "$CASE_DIR/wanted" "$CASE_DIR/$1" >"$CASE_DIR/diff"; then return; fi
    sed 's/^/      /' "$CASE_DIR/diff" | head -40
    fail "$STEP: $1 is not as expected ('>' is what came)"
}

empty() {
    if [ ! -s "$CASE_DIR/$1" ]; then return; fi
    head -c 500 "$CASE_DIR/$1" | sed 's/^/      /'
    fail "$STEP: $1 is not empty"
}

stdout_is() { is stdout; }
stderr_is() { is stderr; }
stdout_has() { has stdout "$1"; }
stderr_has() { has stderr "$1"; }
stdout_lacks() { lacks stdout "$1"; }
stderr_lacks() { lacks stderr "$1"; }
stdout_empty() { empty stdout; }
stderr_empty() { empty stderr; }
same() { cmp -s -- "$1" "$2" || fail "'$1' and '$2' differ"; }
missing() { if [ -e "$1" ] || [ -L "$1" ]; then fail "'$1' should not be there"; fi; }

for file in "$ROOT"/tests/cli/lib/*.sh; do
    # shellcheck disable=SC1090
    . "$file"
done

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/lexclf-cli-XXXXXX") || exit 2
trap 'chmod -R u+rwX "$SCRATCH" 2>/dev/null; rm -rf "$SCRATCH"' EXIT

n_passed=0 n_failed=0 n_skipped=0
run_case() {
    local file=$1 name code
    name=$(basename "$file" .sh)
    [ -f "$file" ] || { echo "run.sh: no case '$name'" >&2; exit 2; }
    CASE_DIR=$SCRATCH/$name.log
    STDOUT=$CASE_DIR/stdout STDERR=$CASE_DIR/stderr
    mkdir -p "$CASE_DIR" "$SCRATCH/$name"
    # shellcheck disable=SC1090
    (
        set -eE # what is not a step must succeed too
        trap 'echo "    line $LINENO: $BASH_COMMAND"' ERR
        cd "$SCRATCH/$name"
        STEP='(no step yet)'
        . "$file"
    ) >"$CASE_DIR/said" 2>&1
    code=$?
    case $code in
    0) n_passed=$((n_passed + 1)) ;;
    77)
        n_skipped=$((n_skipped + 1))
        echo "skipped $name"
        [ -z "${LEXCLF_NO_SKIP:-}" ] || n_failed=$((n_failed + 1))
        ;;
    *)
        n_failed=$((n_failed + 1))
        echo "FAILED $name: $(sed -n '1s/^# *//p' "$file")"
        cat "$CASE_DIR/said"
        ;;
    esac
    chmod -R u+rwX "$SCRATCH/$name" 2>/dev/null
    rm -rf "${SCRATCH:?}/$name"
}

if [ $# -eq 0 ]; then
    for file in "$ROOT"/tests/cli/cases/*.sh; do run_case "$file"; done
else
    for name; do run_case "$ROOT/tests/cli/cases/$name.sh"; done
fi
echo "cli: $n_passed passed, $n_failed failed, $n_skipped skipped"
[ "$n_failed" -eq 0 ] || exit 1
[ "$n_passed" -gt 0 ] || exit 77
