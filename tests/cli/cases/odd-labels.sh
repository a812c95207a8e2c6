# labels with commas, quotes, line breaks, emoji, right-to-left text and 1,000 characters: through train, eval, predict as
# lines and as tables, errors, gates, JUnit and the page, for one label a row and for many
long=$(printf 'x%.0s' $(seq 1000))
labels=('x, y; z' 'say "no"' $'two\nlines' '😀👩‍⚖️' 'עברית, "אבג"' "$long" '租赁 合同' "<b>&amp;'" '=1+1' ' blank ' $'tab\tin it' 'per_label.A')
texts=('alpha apple' 'beta berry' 'gamma grape' 'delta date' 'epsilon elder' 'zeta zest' 'eta egg' 'theta tea' 'iota ice' 'kappa kale' 'lambda lime' 'mu mint')
cell() { printf '"%s"' "${1//\"/\"\"}"; }
json() {
    local s=${1//\\/\\\\}
    s=${s//\"/\\\"} s=${s//$'\n'/\\n} s=${s//$'\t'/\\t}
    printf '"%s"' "$s"
}
echo text,label >one.csv
: >one.jsonl
: >many.jsonl
for ((round = 0; round < 6; round++)); do
    for i in "${!labels[@]}"; do
        printf '%s,%s\n' "${texts[i]}" "$(cell "${labels[i]}")" >>one.csv
        printf '{"text":"%s","label":%s}\n' "${texts[i]}" "$(json "${labels[i]}")" >>one.jsonl
        printf '{"text":"%s","labels":[%s]}\n' "${texts[i]}" "$(json "${labels[i]}")" >>many.jsonl
    done
    echo '{"text":"nothing at all","labels":[]}' >>many.jsonl
done
train=(train --kind linear --dev-fraction 0)
expect 0 lexclf "${train[@]}" --train one.csv --out one
expect 0 lexclf "${train[@]}" --train one.jsonl --out again
same one/model.safetensors again/model.safetensors
expect 0 lexclf "${train[@]}" --train many.jsonl --out many

# as lines: every label is the answer to its own text
expect 0 lexclf predict --model one one.jsonl --quiet --out one.answers.jsonl
[ "$(wc -l <one.answers.jsonl)" = 72 ] || fail 'not a line a row'
expect 0 lexclf predict --model many many.jsonl --quiet --out many.answers.jsonl
for label in "${labels[@]}"; do
    key=$(json "$label")
    [ "$(grep -cF "\"input_label\":$key,\"label\":$key," one.answers.jsonl)" = 6 ] || fail "not six answers $key"
    [ "$(grep -cF "\"input_labels\":[$key],\"labels\":[$key]," many.answers.jsonl)" = 6 ] || fail "not six answers [$key]"
done
[ "$(grep -cF '"input_labels":[],"labels":[],' many.answers.jsonl)" = 6 ] || fail 'not six without a label'

# as tables, read again by another program; a formula is guarded where that is asked for
expect 0 lexclf predict --model one one.csv --quiet --scores all --out one.table.csv
expect 0 lexclf predict --model many many.jsonl --quiet --label-separator '|' --scores all --out many.table.csv
expect 0 lexclf predict --model one one.csv --quiet --safe-csv --out safe.csv
grep -q ",'=1+1,0\\." safe.csv || fail 'a formula as a label is not guarded'
if command -v python3 >/dev/null; then
    printf '%s\0' "${labels[@]}" >labels
    python3 - <<'PYTHON' || fail 'the tables are not what they should be'
import csv
labels = [x.decode() for x in open("labels", "rb").read().split(b"\0")[:-1]]
rows = list(csv.DictReader(open("one.table.csv", encoding="utf-8-sig", newline="")))
assert [r["label"] for r in rows] == labels * 6 == [r["input_label"] for r in rows]
assert all(set("score:" + x for x in labels) <= set(r) for r in rows)
assert all(float(r["score"]) == float(r["score:" + r["label"]]) for r in rows)
rows = list(csv.DictReader(open("many.table.csv", encoding="utf-8-sig", newline="")))
assert [r["labels"] for r in rows] == (labels + [""]) * 6
PYTHON
    # and what the table says is data again
    expect 0 lexclf eval --model one --data one.table.csv --json --quiet
    stdout_has '"n":72,"accuracy":1,'
fi

# eval: report, gates by such names, errors, JUnit, the page
sed 's/"text":"alpha apple"/"text":"beta berry"/; s/"text":"mu mint"/"text":"iota ice"/' one.jsonl >wrong.jsonl
gates=()
for label in "${labels[@]}"; do gates+=(--require "per_label.$label.support==6"); done
expect 0 lexclf eval --model one --data wrong.jsonl --json --quiet "${gates[@]}" --junit junit.xml --errors errors.jsonl --html page.html
for label in "${labels[@]}"; do stdout_has "$(json "$label"):{\"precision\":"; done
stdout_has '"n":72,"accuracy":0.8333333333333334,'
[ "$(grep -cF '"truth":"x, y; z","answer":"say \"no\"",' errors.jsonl)" = 6 ] || fail 'errors'
[ "$(grep -cF '"truth":"per_label.A","answer":"=1+1",' errors.jsonl)" = 6 ] || fail 'errors'
grep -q 'tests="12" failures="0"' junit.xml || fail 'JUnit does not count'
grep -qF '&lt;b&gt;&amp;amp;&#39;' page.html || fail 'a label is not escaped in the page'
grep -qF '<b>&amp;'"'" page.html && fail 'a label is markup'
grep -qF '<bdi>עברית, ' page.html || fail 'a label from right to left is not kept apart'
grep -qF "$(printf 'x%.0s' $(seq 200))" page.html || fail 'the long label is nowhere in whole'
expect 0 lexclf eval --model many --data many.jsonl --json --quiet --html many.html
stdout_has '"accuracy":1,'
for label in "${labels[@]}"; do
    expect 1 lexclf predict --model one one.csv --out none.jsonl --fail-on "$label" --quiet
    expect 0 lexclf predict --model many many.jsonl --threshold 1 --threshold "$label=0" --quiet --no-passthrough
    [ "$(grep -cF "\"labels\":[$(json "$label")]," "$STDOUT")" = 78 ] || fail "the threshold of $label"
done
refuses 2 "option '--fail-on': the model in one has no label 'x,y'" lexclf predict --model one one.csv --fail-on 'x,y'
for verb in "predict --model many many.jsonl" "eval --model many --data many.jsonl"; do
    # shellcheck disable=SC2086
    expect 2 lexclf $verb --threshold 'x, y=0.5'
    stderr_has "has no output 'x, y'"
done

# the table for people lines up: wide, cut, without control characters
expect 0 lexclf eval --model one --data one.csv
LC_ALL=C grep -q $'\t' "$STDERR" && fail 'a tab in the table'
awk '/^ *macro / { seen = 1 } END { exit !seen }' "$STDERR" || fail 'no table'
