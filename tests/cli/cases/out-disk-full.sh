# a full disk: exit 4 and a sentence, every older file is as it was, nothing half written is left
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip 'no mount namespaces for this user'
trained model
clauses 20000 >many.csv
remember model
disk() { # disk KIB COMMAND...: with a disk of that size at ./disk that holds the model and an older file
    local size=$1
    shift
    unshare -m bash -c '
        size=$1; shift
        mount -t tmpfs -o size="${size}k" none disk && cp -r model disk/model && echo older >disk/answers.jsonl || exit 90
        code=0
        "$@" || code=$?
        diff -r model disk/model >&2 || exit 91
        [ "$(cat disk/answers.jsonl)" = older ] || exit 92
        [ "$(find disk -mindepth 1 -maxdepth 1 | wc -l)" = 2 ] || { ls disk >&2; exit 93; }
        exit $code' disk "$size" "$@"
}
mkdir disk
train=("$LEXCLF" train --encoder encoder --train train.csv --epochs 1 --out)
for size in 116 160 200; do
    expect 4 disk $size "${train[@]}" disk/model --overwrite
    stderr_has 'No space left on device'
    stdout_empty
    expect 4 disk $size "${train[@]}" disk/new
    stderr_has 'No space left on device'
done
expect 4 disk 400 "$LEXCLF" predict --model disk/model many.csv --out disk/answers.jsonl
stderr_has 'lexclf: disk/answers.jsonl: writing failed: No space left on device'
stdout_empty
