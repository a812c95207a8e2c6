#!/usr/bin/env bash
#
# check-layers.sh [TREE]: fails on an #include that runs the wrong way among the modules of TREE (this repository), on a
# library's header outside the files that may see it, on printing or exiting outside the command line, and on files that
# have grown too long. Each finding is one line, FILE:LINE: WHAT.
#
# The tables below are the whole of the rules. Comments and strings do not count. A header in src/ belongs to its module
# alone: what modules share lies in include/lexclf/.

set -euo pipefail
export LC_ALL=C

root=$(cd -- "${1-$(dirname -- "${BASH_SOURCE[0]}")/..}" && pwd)
cd -- "$root"

# module: what it may include, its own headers aside
uses='
base:
tensor:    kernels base
text:      base
tokenizer: base
metrics:   base
linear:    base
kernels:   base
lint:      text tokenizer base
encoder:   tensor kernels base
model:     text linear tokenizer metrics encoder tensor kernels base
trainer:   model text linear tokenizer metrics encoder tensor base
predictor: model text linear tokenizer metrics encoder tensor kernels base
report:    predictor model text linear tokenizer metrics encoder tensor base
cli:       trainer report predictor lint model text linear tokenizer metrics encoder tensor base
'

# header in include/lexclf: its module; where none is named here, the module has the header's name
owners='
err memory file partial json unicode hash random profile team task: base
answers: predictor
tuning: metrics
inference windows: encoder
calibration inspect: model
int8: kernels
calibration quantise: model
wrong compare: predictor
gates: report
'

# third-party header (a beginning of its name): the files that may see it
libraries='
cjson/     src/base/json_tree.c
xxhash.h   src/base/hash.c
openssl/   src/base/hash.c
csv.h      src/text/csv.c
zlib.h     src/text/gzip.c
iconv.h    src/text/decode.c
utf8proc.h src/base/unicode.c
ATen/      src/tensor/torch_shim.cc
c10/       src/tensor/torch_shim.cc src/tensor/torch_memory.cc
torch/     src/tensor/torch_shim.cc
cuda_fp16.h src/tensor/cuda_plugin.cu
'

# The language's and the system's own headers, open to all.
system='
assert ctype errno fenv float inttypes limits locale math setjmp signal stdarg stdatomic stdbool stddef stdint stdio stdlib string
time wchar cpuid dirent dlfcn fcntl fnmatch getopt immintrin langinfo malloc poll pthread sched strings termios unistd
sys/file sys/ioctl sys/mman sys/random sys/resource sys/stat sys/statvfs sys/time sys/types sys/wait
'

# What only src/cli does, and who else may, with the reason.
talking='exit _exit _Exit quick_exit abort printf vprintf fprintf vfprintf dprintf vdprintf puts fputs putchar putc fputc perror psignal'
may_talk='
src/base/err.c    a broken invariant ends the process, and says which
src/base/memory.c exhausted memory ends the process, and says so
'

# Files that may be long, with the reason.
lines_max=600
may_be_long='
src/tokenizer/unicode_tables.c made by scripts/make-unicode-tables
src/tokenizer/family_tables.c made by scripts/make-unicode-tables
'

[[ -d src && -d include/lexclf ]] || { echo "check-layers: '$root' holds no src and include/lexclf" >&2 && exit 2; }
mapfile -d '' files < <(find src include/lexclf -type f \( -name '*.c' -o -name '*.cc' -o -name '*.cu' -o -name '*.h' \) -print0 | sort -z)

# shellcheck disable=SC2016  # awk's $, not the shell's
exec awk -v uses="$uses" -v owners="$owners" -v libraries="$libraries" -v system_headers="$system" \
    -v talking="$talking" -v may_talk="$may_talk" -v may_be_long="$may_be_long" -v lines_max="$lines_max" '
function say(what) {
    print FILENAME ":" FNR ": " what
    failed = 1
}

# The module that "lexclf/NAME.h" belongs to.
function owner_of(name) {
    sub(/\.h$/, "", name)
    return name in owner ? owner[name] : name
}

# The line without comments and strings; `inside` remembers an open comment. An #include keeps its name.
function bare(line,    out, c, two, quote) {
    out = ""
    while (line != "") {
        two = substr(line, 1, 2)
        c = substr(line, 1, 1)
        if (inside) {
            c = index(line, "*/")
            if (!c)
                return out
            line = substr(line, c + 2)
            inside = 0
        } else if (two == "/*") {
            inside = 1
            line = substr(line, 3)
            out = out " "
        } else if (two == "//") {
            return out
        } else if (c == "\"" || c == "\047") {
            quote = c
            for (line = substr(line, 2); line != "" && substr(line, 1, 1) != quote; line = substr(line, 2))
                if (substr(line, 1, 1) == "\\")
                    line = substr(line, 2)
            line = substr(line, 2)
            out = out quote quote
        } else {
            # up to the next character that may begin one of these
            c = match(substr(line, 2), /[\/"\047]/) ? RSTART : length(line)
            out = out substr(line, 1, c)
            line = substr(line, c + 1)
        }
    }
    return out
}

function check_include(line,    name, other, folder, i, allowed) {
    name = line
    sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", name)
    sub(/[>"].*$/, "", name)
    if (name ~ /^lexclf\//) {
        sub(/^lexclf\//, "", name)
        other = owner_of(name)
        if (name == "lexclf.h")
            say("\"lexclf/lexclf.h\" is for users: include what is needed")
        else if (!(other in known))
            say("\"lexclf/" name "\" belongs to no module that check-layers.sh knows")
        else if (other != module && !((module, other) in may_use))
            say("module " module " may not include \"lexclf/" name "\" of module " other)
        return
    }
    if (line ~ /include[ \t]*"/) {
        folder = FILENAME
        sub(/[^\/]*$/, "", folder)
        if (name ~ /\// || (!((folder name) in present) && !(("src/" module "/" name) in present)))
            say("\"" name "\" is no header of module " module " (shared headers lie in include/lexclf)")
        return
    }
    for (i = 1; i <= n_libraries; i++)
        if (index(name, library[i]) == 1) {
            if (index(seen_by[i], " " FILENAME " ") == 0)
                say("<" name "> may be seen in" seen_by[i] "only")
            return
        }
    if (!(name in system_header) && !(FILENAME ~ /\.cc$/ && name !~ /[.\/]/))
        say("<" name "> is neither the system\047s nor a library that check-layers.sh knows")
}

BEGIN {
    n = split(uses, line, "\n")
    for (i = 1; i <= n; i++) {
        k = split(line[i], word, /[: ]+/)
        if (k)
            known[word[1]] = 1
        for (j = 2; j <= k; j++)
            may_use[word[1], word[j]] = 1
    }
    n = split(owners, line, "\n")
    for (i = 1; i <= n; i++) {
        if (split(line[i], side, ": *") == 2) {
            k = split(side[1], word, " ")
            for (j = 1; j <= k; j++)
                owner[word[j]] = side[2]
        }
    }
    n = split(libraries, line, "\n")
    for (i = 1; i <= n; i++)
        if (line[i] != "") {
            split(line[i], word, " ")
            library[++n_libraries] = word[1]
            seen_by[n_libraries] = line[i] " "
            sub(/^[^ ]+ +/, " ", seen_by[n_libraries])
        }
    n = split(system_headers, word)
    for (i = 1; i <= n; i++)
        system_header[word[i] ".h"] = 1
    n = split(talking, word)
    for (i = 1; i <= n; i++)
        talk[word[i]] = 1
    n = split(may_talk, line, "\n")
    for (i = 1; i <= n; i++)
        if (split(line[i], word))
            talker[word[1]] = 1
    n = split(may_be_long, line, "\n")
    for (i = 1; i <= n; i++)
        if (split(line[i], word))
            long_one[word[1]] = 1
    for (i = 1; i < ARGC; i++)
        present[ARGV[i]] = 1
}

FNR == 1 {
    inside = 0
    split(FILENAME, word, "/")
    module = word[1] == "include" ? owner_of(word[3]) : word[2]
    umbrella = FILENAME == "include/lexclf/lexclf.h"
    if (!umbrella && !(module in known))
        say("module " module " is not known to check-layers.sh")
    quiet = module != "cli" && !(FILENAME in talker)
}

FNR == lines_max + 1 && !(FILENAME in long_one) { say("more than " lines_max " lines: it holds two ideas") }

umbrella { next }

!inside && /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    check_include($0)
    next
}

{
    code = inside || /[\/"\047]/ ? bare($0) : $0
    if (!quiet || code !~ /[a-zA-Z]/)
        next
    while (match(code, /[A-Za-z_][A-Za-z0-9_]*/)) {
        word_is = substr(code, RSTART, RLENGTH)
        code = substr(code, RSTART + RLENGTH)
        if (word_is == "stdout" || word_is == "stderr")
            say(word_is " is for src/cli only")
        else if (word_is in talk && code ~ /^[ \t]*\(/)
            say(word_is "() is for src/cli only: return a status")
    }
}

END { exit failed }
' "${files[@]}"
