# the version is one line
expect 0 lexclf --version
stderr_empty
grep -qxE 'lexclf [0-9]+\.[0-9]+\.[0-9]+' "$STDOUT" || fail "not a version"
expect 2 lexclf --version more
stderr_has "unexpected 'more'"
