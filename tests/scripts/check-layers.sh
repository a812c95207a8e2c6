#!/usr/bin/env bash
# check-layers.sh - shows that scripts/check-layers.sh can fail: over a small made tree that is right, and then wrong in
# one way after the other, each to be named with file and line.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d "${TMPDIR:-/tmp}/lexclf layers XXXXXX")
trap 'rm -rf -- "$tree"' EXIT
failed=0

# a tree that keeps the rules, with what must not be taken for a breach
mkdir -p "$tree"/include/lexclf "$tree"/src/{base,tensor,text,model,trainer,cli}
cd -- "$tree"
echo '#include "lexclf/model.h"' >include/lexclf/lexclf.h
echo '#include <stddef.h>' >include/lexclf/err.h
echo '#include "lexclf/err.h"' >include/lexclf/text.h
printf '#include "lexclf/text.h"\n#include "lexclf/tensor.h"\n' >include/lexclf/model.h
echo '#include "lexclf/err.h"' >include/lexclf/tensor.h
echo '#include "lexclf/model.h"' >include/lexclf/trainer.h
echo 'int lex_private(void);' >src/base/private.h
echo '#include <torch/x.h>' >src/tensor/torch_shim.cc
printf '#include <stdio.h>\nint f(void) { printf("x"); }\n' >src/cli/main.c
cat >src/text/fine.c <<'END'
/* #include "lexclf/model.h"
#include "lexclf/trainer.h"
exit(1) */
#include "lexclf/text.h"
// printf("stderr")
const char *f(char *b) { snprintf(b, 9, "exit(1); stdout \" puts(\"/*"); return '"' ? "printf(" : b; }
END

finds_nothing() {
    if ! "$root/scripts/check-layers.sh" . >"$tree.out" 2>&1; then
        echo "FAILED: the right tree is refused"
        cat -- "$tree.out"
        failed=1
    fi
    rm -f -- "$tree.out"
}

# finds FILE LINE WORDS < what to add to FILE: exactly one finding, there, with these words
finds() {
    local said code=0 made=1
    [[ -e $1 ]] && made=0 && cp -- "$1" "$1.kept"
    cat >>"$1"
    said=$("$root/scripts/check-layers.sh" . 2>&1) || code=$?
    if [[ $code != 1 || $said != "$1:$2: "*"$3"* || $said == *$'\n'* ]]; then
        printf 'FAILED: %s:%s should be found (%s); exit code %d, said:\n%s\n' "$1" "$2" "$3" "$code" "$said"
        failed=1
    fi
    if [[ $made == 1 ]]; then rm -- "$1"; else mv -- "$1.kept" "$1"; fi
}

finds_nothing
finds src/base/up.c 1 'base may not include "lexclf/text.h" of module text' <<<'#include "lexclf/text.h"'
finds src/text/fine.c 7 'text may not include "lexclf/model.h"' <<<'#include "lexclf/model.h"'
finds src/text/aside.c 2 'text may not include "lexclf/tensor.h"' <<<$'\n  #  include "lexclf/tensor.h"'
finds include/lexclf/text.h 2 'text may not include "lexclf/trainer.h"' <<<'#include "lexclf/trainer.h"'
finds src/trainer/aside.c 1 'trainer may not include "lexclf/predictor.h"' <<<'#include "lexclf/predictor.h"'
finds src/text/all.c 1 'for users' <<<'#include "lexclf/lexclf.h"'
finds src/text/private.c 1 'no header of module text' <<<'#include "private.h"'
finds src/text/private.c 1 'no header of module text' <<<'#include "../base/private.h"'
finds src/text/unknown.c 1 'belongs to no module' <<<'#include "lexclf/nosuch.h"'
finds src/text/json.c 1 'may be seen in src/base/json_tree.c only' <<<'#include <cjson/cJSON.h>'
finds src/tensor/at.c 1 'may be seen in src/tensor/torch_shim.cc only' <<<'#include <ATen/ATen.h>'
finds src/text/zlib.c 1 'neither the system' <<<'#include <nosuch/library.h>'
finds src/text/print.c 2 'printf() is for src/cli only' <<<$'/* why\n not */ void f(void) { printf ("%d", 1); }'
finds src/text/print.c 1 'stderr is for src/cli only' <<<'void f(void) { g(stderr); }'
finds src/model/exit.c 1 'exit() is for src/cli only' <<<'void f(void) { exit(3); }'
finds src/text/long.c 601 'more than 600 lines' < <(yes ';' | head -n 700)
mkdir src/other
finds src/other/new.c 1 'module other is not known' <<<';'

[[ $failed == 0 ]] && echo "check-layers.sh: the right tree passes, 17 wrong ones are named"
exit "$failed"
