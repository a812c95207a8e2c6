# --profile: a table for people, seconds for scripts, and the same answers
trained model
clauses 700 >some.csv
expect 0 lexclf predict --model model some.csv --out plain.jsonl
expect 0 lexclf predict --model model some.csv --out answers.jsonl --profile --json
same plain.jsonl answers.jsonl
for stage in load read tokenize embed linear attention norm head write 'all threads'; do
    grep -Eq "^$stage +[0-9]+\.[0-9]{3} +[0-9.]+ % +[0-9.]+$" "$STDERR" || fail "no row of $stage"
    stage=${stage/all threads/wall}
    grep -Eq "\"$stage\":(0\.0*[1-9]|[1-9])" "$STDOUT" || fail "no seconds of $stage"
done
grep -Eq '^[0-9.]+ s from start to end, [0-9]+ tokens/s$' "$STDERR" || fail 'no line of the whole'
expect 0 lexclf eval --model model --data some.csv --profile --json
stdout_has '"profile":{"load":'
stdout_lacks '"margins"'
stderr_has 'all threads'
expect 0 lexclf eval --model model --data some.csv --json
stdout_lacks '"profile"'
stderr_lacks 'all threads'
expect 0 lexclf train --kind linear --train some.csv --dev some.csv --out linear --quiet
expect 0 lexclf predict --model linear some.csv --profile
grep -q '^margins ' "$STDERR" || fail 'no row of margins'
! grep -q '^attention ' "$STDERR" || fail 'a linear model has no attention'
expect 0 lexclf tokenize --model model some.csv
cp "$STDOUT" plain
expect 0 lexclf tokenize --model model some.csv --profile
same plain "$STDOUT"
for stage in load read tokenize write 'all threads'; do
    grep -q "^$stage " "$STDERR" || fail "no row of $stage"
done
