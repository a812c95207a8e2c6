# help goes to stdout, for the whole and for each verb, in lines that fit a terminal
expect 0 lexclf --help
stderr_empty
stdout_has 'Usage: lexclf VERB'
cp "$STDOUT" help
expect 0 lexclf help
same help "$STDOUT"
expect 0 lexclf -h
same help "$STDOUT"
for verb in train eval predict tokenize lint; do
    grep -q "^  $verb " help || fail "'$verb' is not in the list of verbs"
    expect 0 lexclf help $verb
    stderr_empty
    stdout_has "Usage: lexclf $verb "
    stdout_has 'Examples:'
    [ "$(wc -L <"$STDOUT")" -le 80 ] || fail "help $verb: a line is longer than 80 columns"
    cp "$STDOUT" help-verb
    expect 0 lexclf $verb --help
    same help-verb "$STDOUT"
    expect 0 lexclf $verb -h --nonsense
    same help-verb "$STDOUT"
done
expect 2 lexclf help nosuch
stdout_empty
stderr_has "unknown verb 'nosuch'"
expect 2 lexclf help train more
