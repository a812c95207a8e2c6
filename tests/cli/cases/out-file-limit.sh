# a limit on the size of files (ulimit -f) is a failed write, not a kill
trained model
clauses 2000 >many.csv
remember model
limited() { # messages go through a pipe, which has no such limit
    { (ulimit -f "$1"; shift; "$@") 2>&1 >&3 | cat >&2; return "${PIPESTATUS[0]}"; } 3>&1
}
for blocks in 0 1 64; do # of 1,024 bytes
    refuses 4 'model.partial.next/' limited $blocks lexclf train --encoder encoder --train train.csv --out model --overwrite
    stderr_has 'File too large'
    unchanged model
done
echo older >answers.jsonl
refuses 4 'answers.jsonl: writing failed: File too large' limited 10 lexclf predict --model model many.csv --out answers.jsonl
[ "$(cat answers.jsonl)" = older ] || fail 'the older answers are lost'
refuses 4 'report.json: writing failed: File too large' limited 0 lexclf eval --model model --data train.csv --report report.json
missing report.json
refuses 4 'errors.jsonl: cannot be written: File too large' limited 0 lexclf eval --model model --data train.csv --errors errors.jsonl
refuses 4 'page.html: writing failed: File too large' limited 1 lexclf eval --model model --data train.csv --html page.html
refuses 4 'gates.xml: writing failed: File too large' limited 0 lexclf eval --model model --data train.csv --require 'accuracy>=1' --junit gates.xml
for file in errors.jsonl page.html gates.xml; do missing $file; done
