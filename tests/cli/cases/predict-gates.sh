# --fail-on, --abstain-below, and the summary that counts labels
[ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
tiny_model model BUY LEASE 'SA=LE'
clauses 700 >rows.csv
expect 0 lexclf predict --model model rows.csv --out all.jsonl --json --quiet
count() { grep -c "\"label\":\"$1" all.jsonl || true; }
n_buy=$(count BUY) n_lease=$(count LEASE) n_sale=$(count SA=LE)
[ $((n_buy + n_lease + n_sale)) = 700 ] || fail 'labels are missing'
stdout_has "{\"n\":700,\"labels\":{\"BUY\":$n_buy,\"LEASE\":$n_lease,\"SA=LE\":$n_sale},\"truncated\":"
# one that is given and, if there is such a one, one that is not
given='' absent=''
for label in BUY LEASE SA=LE; do
    if [ "$(count $label)" -gt 0 ]; then given=$label; else absent=$label; fi
done
n_given=$(count $given)
expect 1 lexclf predict --model model rows.csv ${absent:+--fail-on "$absent"} --fail-on $given
stderr_has "lexclf: warning: --fail-on: $n_given of 700 records have label '$given'"
cmp "$STDOUT" all.jsonl || fail 'not all are answered'
expect 1 lexclf predict --model model rows.csv --out out.jsonl --fail-on $given --json --quiet
stdout_has '{"n":700,'
same out.jsonl all.jsonl
[ -z "$absent" ] || expect 0 lexclf predict --model model rows.csv --fail-on "$absent" --quiet
rm out.jsonl
refuses 2 "option '--fail-on': the model in model has no label 'RENT'" lexclf predict --model model rows.csv --fail-on RENT --out out.jsonl
missing out.jsonl

expect 0 lexclf predict --model model rows.csv --abstain-below 0 --quiet
[ "$(grep -c '"abstain":false' "$STDOUT")" = 700 ] || fail 'abstains below 0'
expect 0 lexclf predict --model model rows.csv --abstain-below 1 --out out.jsonl --json --quiet
[ "$(grep -c '"abstain":true' out.jsonl)" = 700 ] || fail 'does not abstain below 1'
stdout_has '"abstained":700,'
stderr_lacks '"abstain"'
expect 0 lexclf predict --model model rows.csv --quiet
stdout_lacks abstain
refuses 2 "option '--abstain-below': '1.5' is not a number from 0 to 1" lexclf predict --model model rows.csv --abstain-below 1.5
