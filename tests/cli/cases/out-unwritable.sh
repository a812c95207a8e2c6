# an output that cannot be written: said before the work where that can be known, and nothing is made
trained model
remember model train.csv encoder
refuses 4 '/proc/out.partial.next: cannot be made: ' lexclf train --encoder encoder --train train.csv --out /proc/out
refuses 4 '/proc/answers.jsonl: cannot be written: ' lexclf predict --model model train.csv --out /proc/answers.jsonl
refuses 4 '/proc/report.json: cannot be written: ' lexclf eval --model model --data train.csv --report /proc/report.json
refuses 4 'train.csv: cannot be made: Not a directory' lexclf train --encoder encoder --train train.csv --out train.csv/out
refuses 4 'nosuch/answers.jsonl: cannot be written: No such file or directory' lexclf predict --model model train.csv --out nosuch/answers.jsonl
long=$(printf 'a%.0s' $(seq 300))
refuses 4 "$long" lexclf train --encoder encoder --train train.csv --out "$long"
refuses 4 "$long" lexclf predict --model model train.csv --out "$long"
unchanged model train.csv encoder

# as a user who may not; root drops to nobody
mkdir -m 555 closed
if [ "$(id -u)" = 0 ]; then
    command -v setpriv >/dev/null || skip 'root, and no setpriv'
    chmod -R a+rX . "$CASE_DIR/.."
    setpriv --reuid 65534 --regid 65534 --clear-groups "$LEXCLF" --version >/dev/null 2>&1 || skip 'nobody may not run the binary'
    as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$LEXCLF" "$@"; }
else
    as_user() { "$LEXCLF" "$@"; }
fi
refuses 4 'closed/out.partial.next: cannot be made: Permission denied' as_user train --encoder encoder --train train.csv --out closed/out
refuses 4 'closed/answers.jsonl: cannot be written: Permission denied' as_user predict --model model train.csv --out closed/answers.jsonl
cp -r model closed/model 2>/dev/null || { chmod 755 closed; cp -r model closed/model; chmod 555 closed; }
refuses 4 'closed/model.partial.next: cannot be made: Permission denied' as_user train --encoder encoder --train train.csv --out closed/model --overwrite
diff -r model closed/model || fail 'the older model has changed'
