# what would be lost is refused before anything is read: exit 2, and all is as it was
mkdir encoder folder empty
echo '{}' >encoder/config.json
echo mine >folder/notes.txt
printf 'text,label\na,A\nb,B\n' >t.csv
cp t.csv before.csv
refused() {
    local message=$1
    shift
    expect 2 lexclf "$@"
    stdout_empty
    stderr_has "lexclf: $message"
    same t.csv before.csv
    [ "$(cat folder/notes.txt)" = mine ] || fail 'a file of the user is gone'
    missing folder.partial
}
train=(train --encoder encoder --train t.csv --out)
refused "option '--out': 'folder' exists" "${train[@]}" folder
stderr_has 'replace this one with --overwrite'
refused "option '--out': 'empty' exists" "${train[@]}" empty
refused "option '--overwrite': 'folder' is not a model folder" "${train[@]}" folder --overwrite
refused "option '--out': 't.csv' is not a folder" "${train[@]}" t.csv --overwrite
refused "option '--out': 'encoder/' is the encoder's own folder" "${train[@]}" encoder/ --overwrite
refused "option '--positive-label' needs '--task binary'" "${train[@]}" new --positive-label A
refused 'training reads files, not standard input' train --encoder encoder --train - --format csv --out new
refused "option '--out' would replace 't.csv', which is read" predict --model m t.csv --out ./t.csv
refused "option '--out': 'folder' is a folder, not a file" predict --model m t.csv --out folder
refused "option '--json' needs '--out FILE'" predict --model m t.csv --json
refused "option '--report' would replace 't.csv', which is read" eval --model m --data t.csv --report t.csv
refused "options '--quiet' and '--progress always' exclude each other" eval --model m --data t.csv -q --progress always
refused "standard input needs '--format'" eval --model m --data -
refused "'-', standard input, can only be read once" predict --model m --format csv - -
refused "option '--threshold': '1.5' is not a probability" predict --model m t.csv --threshold 1.5
refused "option '--threshold': 'A=x' is not a probability" predict --model m t.csv --threshold A=x
expect 3 lexclf "${train[@]}" new --dev nosuch.csv
stderr_has 'lexclf: nosuch.csv: no such file'
missing new
