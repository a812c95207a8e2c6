# a data file that is no good is named with its line and reason: train, eval and predict refuse it alike
trained model
remember model train.csv
everywhere() {
    local file=$1 message=$2
    refuses 3 "$message" lexclf train --encoder encoder --train "$file" --out out
    missing out
    refuses 3 "$message" lexclf train --encoder encoder --train train.csv --dev "$file" --out out
    missing out
    refuses 3 "$message" lexclf train --encoder encoder --train train.csv --test "$file" --out out
    missing out
    refuses 3 "$message" lexclf eval --model model --data "$file" --report report.json
    missing report.json
    refuses 3 "$message" lexclf predict --model model "$file" --out answers.jsonl
    missing answers.jsonl
    unchanged model train.csv
}
everywhere nosuch.csv 'nosuch.csv: no such file'
everywhere train.csv/x.csv 'train.csv/x.csv: no such file'
: >empty.csv
everywhere empty.csv 'empty.csv: empty, without a header row'
stderr_has 'hint: the first row names the columns: text,label'
printf '\n\n' >blank.csv
everywhere blank.csv 'blank.csv: empty, without a header row'
printf 'clause,label\na,A\n' >column.csv
everywhere column.csv "column.csv: no column 'text' (found: 'clause', 'label')"
stderr_has 'hint: name the column with --text-column'
printf 'text,label\na,A\n"b,B\nc,C\n' >quote.csv
everywhere quote.csv 'quote.csv:3: a quote that opens here is never closed'
printf 'text,label\na,A\nb "c" d,B\n' >stray.csv
everywhere stray.csv 'stray.csv:3: a quote inside a field without quotes'
printf 'text,label\na,A\nb\0c,B\n' >nul.csv
everywhere nul.csv 'nul.csv:3: a NUL byte, at byte 16'
printf 'text,label\na,A\nb\xff\xfec,B\n' >utf8.csv
everywhere utf8.csv 'utf8.csv:3: invalid UTF-8 at byte 16'
stderr_has 'hint: name the encoding with --encoding, or convert the file to UTF-8'
printf 'text,label\na,A\nb,B,C\n' >ragged.csv
everywhere ragged.csv 'ragged.csv:3: 3 fields, but the header has 2'
printf 'text,label,text\na,A,b\n' >twice.csv
everywhere twice.csv "twice.csv: two columns are named 'text'"
head -c 3000 "$LEXCLF" >binary.csv
everywhere binary.csv 'binary.csv:1: '
head -c 3000 encoder/model.safetensors >binary.jsonl
everywhere binary.jsonl 'binary.jsonl:1: '
cp train.csv data.xlsx
everywhere data.xlsx 'data.xlsx: the name does not tell the format'
printf '{"text":"a","label":"A"}\n{"text":7,"label":"B"}\n' >number.jsonl
everywhere number.jsonl "number.jsonl:2: field 'text' is a number, not a string"
printf '{"text":"a","label":"A"}\n{"text":"b","label":"B"\n' >open.jsonl
everywhere open.jsonl 'open.jsonl:2: column '
printf '{"text":"a","label":"A"}\n["b","B"]\n' >array.jsonl
everywhere array.jsonl 'array.jsonl:2: '

# labels are asked for by train and eval alone
judged() {
    local file=$1 message=$2
    refuses 3 "$message" lexclf train --encoder encoder --train "$file" --out out
    refuses 3 "$message" lexclf eval --model model --data "$file"
    missing out
}
printf 'text,kind\na,A\n' >label.csv
judged label.csv "label.csv: no column 'label' (found: 'text', 'kind')"
stderr_has 'hint: name the column with --label-column'
printf 'text,label\na,A\nb,\n' >unlabelled.csv
judged unlabelled.csv "unlabelled.csv:3: column 'label' is empty"
printf '{"text":"a","label":"A"}\n{"text":"b","label":null}\n' >null.jsonl
judged null.jsonl "null.jsonl:2: field 'label' is null"
printf '{"text":"a","label":"A","labels":["A"]}\n' >both.jsonl
judged both.jsonl "both.jsonl:1: both 'label' and 'labels' are there"
echo 'the tenant' >text.txt
refuses 3 'text.txt: a plain text file has no labels' lexclf eval --model model --data text.txt
if [ "$(id -u)" = 0 ]; then
    exit 0 # root reads everything
fi
chmod 0 train.csv
refuses 3 'train.csv: cannot be opened: Permission denied' lexclf eval --model model --data train.csv
