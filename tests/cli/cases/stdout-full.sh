# a failed write to stdout is a failure, and says so
[ -w /dev/full ] || skip 'no /dev/full'
to_full() { "$LEXCLF" "$@" >/dev/full; }
closed() { "$LEXCLF" "$@" >&-; }
for words in --help --version 'help train' 'train --help'; do
    # shellcheck disable=SC2086
    expect 4 to_full $words
    stderr_is <<'END'
lexclf: cannot write to standard output: No space left on device
END
    # shellcheck disable=SC2086
    expect 4 closed $words
    stderr_has 'lexclf: cannot write to standard output'
done
