#!/usr/bin/env bash
#
# check-headers.sh: every header in include/lexclf compiles alone, and twice over, as C11 and as C++17 with warnings as
# errors; and lexclf.h lists them all, each after those that it includes. CC and CXX name the compilers (cc, c++).

set -euo pipefail
export LC_ALL=C

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../include"
failed=0
flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only -I.)

# compiles HEADER LANGUAGE COMPILER...
compiles() {
    local header=$1 language=$2
    shift 2
    printf '#include "%s"\n#include "%s"\nextern int not_empty;\n' "$header" "$header" | "$@" "${flags[@]}" - ||
        { echo "check-headers: '$header' does not compile alone as $language" && failed=1; }
}

mapfile -t listed < <(sed -n 's/^#include "\(lexclf\/[a-z0-9_]*\.h\)".*/\1/p' lexclf/lexclf.h)
read -ra cc <<<"${CC:-cc}"   # a compiler may come with options
read -ra cxx <<<"${CXX:-c++}"

for header in lexclf/*.h; do
    compiles "$header" C11 "${cc[@]}" -std=c11 -x c
    compiles "$header" C++17 "${cxx[@]}" -std=c++17 -x c++
    if [[ $header != lexclf/lexclf.h && " ${listed[*]} " != *" $header "* ]]; then
        echo "check-headers: lexclf/lexclf.h does not list '$header'"
        failed=1
    fi
done

before=' '
for header in "${listed[@]}"; do
    while read -r needed; do
        if [[ $before != *" $needed "* ]]; then
            echo "check-headers: lexclf/lexclf.h lists '$header' before '$needed', which it includes"
            failed=1
        fi
    done < <(sed -n 's/^#include "\(lexclf\/[a-z0-9_]*\.h\)".*/\1/p' "$header")
    before+="$header "
done

[[ $failed == 1 ]] || echo "${#listed[@]} headers compile alone, as C11 and as C++17"
exit "$failed"
