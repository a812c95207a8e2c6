#!/usr/bin/env bash
# readme.sh BUILD - runs the README's commands: every block of shell lines that stands below a line '<!-- test -->', as a
# reader would, but in a folder of its own that holds links to BUILD (the build folder), the data and the encoder. Then
# looks whether what the documents name is there: each link's file, and in `lexclf help VERB` each option shown with VERB.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd -- "${1:?which build folder?}" && pwd)
failed=0
fail() { echo "FAILED: $1" && failed=1; }

cd -- "$root"
mapfile -t documents < <(find README.md src include data models scripts tests third_party -name README.md -not -path '*/models/*/*')

# links: [text](path), those within this repository
for document in "${documents[@]}"; do
    while read -r link; do
        [[ -e $(dirname -- "$document")/$link ]] || fail "$document: there is no '$link'"
    done < <(grep -oE '\]\([^)#:]+\)' "$document" | sed 's/^](//; s/)$//')
done

# options: in whatever follows `lexclf VERB` up to the end of its code
for document in "${documents[@]}"; do
    while read -r verb options; do
        help=$("$build/lexclf" help "$verb" 2>&1) || { fail "$document: there is no verb '$verb'" && continue; }
        for option in $options; do
            grep -qE -- "(^|[ ,])$option([ =,]|\$)" <<<"$help" || fail "$document: 'lexclf $verb' has no option '$option'"
        done
    done < <(sed -e ':join' -e '/\\$/{N;s/\\\n/ /;bjoin' -e '}' "$document" |
        grep -oE '(^|[`/ ])lexclf (train|eval|predict|tokenize|lint|inspect)( [^`#]*|`|$)' |
        awk '{ sub(/`$/, ""); printf "%s", $2; while (match($0, /--[a-z][a-z-]*/)) { printf " %s", substr($0, RSTART, RLENGTH)
             $0 = substr($0, RSTART + RLENGTH) } print "" }')
done

# commands
encoder=models/all-MiniLM-L6-v2
if [[ ! -f $encoder/model.safetensors ]]; then
    echo "readme: commands skipped: '$encoder' is missing (scripts/setup)"
    exit $((failed ? 1 : 77))
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/lexclf-readme-XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
mkdir -- "$scratch/models"
ln -s -- "$build" "$scratch/build"
ln -s -- "$root/data" "$scratch/data"
ln -s -- "$root/$encoder" "$scratch/$encoder"
awk '/^<!-- test -->$/ { wanted = 1; next } /^```sh$/ && wanted { inside = 1; next }
     /^```$/ { inside = wanted = 0 } inside { print }' README.md >"$scratch/commands"
[[ -s $scratch/commands ]] || fail "README.md: no block of commands below '<!-- test -->'"
cd -- "$scratch"
bash -eu commands >said 2>&1 || fail "README.md: a command failed (exit code $?): $(tail -n 30 said)"
[[ $failed == 1 ]] || echo "readme: $(wc -l <commands) lines of commands run, ${#documents[@]} documents looked through"
exit "$failed"
