# what eval writes: wrong records in order, a page that is the same every time, labels named; and where it may write
trained model
eval=(eval --model model --data train.csv)
expect 0 lexclf "${eval[@]}" --errors e.jsonl --html p.html --quiet
expect 0 lexclf "${eval[@]}" --errors again.jsonl --html again.html --quiet
same e.jsonl again.jsonl
same p.html again.html
wrong=$(wc -l <e.jsonl)
[ "$wrong" -gt 0 ] || fail 'nothing is wrong'
sed 's/.*"confidence":\([0-9.]*\),.*/\1/' e.jsonl >order
sort -c -r -n order || fail 'not in order'
head -n 1 e.jsonl >first
grep -qE '^\{"id":[0-9]+,"source":"train.csv","line":[0-9]+,"text":"the .*","truth":"[A-Z]+","answer":"[A-Z]+","confidence":[0-9.]+,"scores":\{"BUY":' first ||
    fail 'not such a line'
grep -q '<article class="case">' p.html || fail 'no wrong record in the page'
grep -qiE '<script|https?://|@import|url\(' p.html && fail 'the page is not by itself'

# every wrong record and no other: as predict answers them
expect 0 lexclf predict --model model train.csv --quiet
right=$(sed -E 's/.*"input_label":"([A-Z]+)","label":"([A-Z]+)".*/\1 \2/' "$STDOUT" | awk '$1 == $2' | wc -l)
[ $((right + wrong)) = 20 ] || fail "$right right and $wrong wrong are not 20"

# standard input will do, a pipe for an output too
expect 0 bash -c '"$LEXCLF" eval --model model --data - --format csv --errors /dev/stdout --quiet <train.csv >piped'
sed 's/"source":"-"/"source":"train.csv"/' piped >renamed
same renamed e.jsonl

# label sets that differ, both ways
printf 'text,label\nthe gift,GIFT\nthe lease,LEASE\nhello,"<script>alert(1)</script>"\n' >gift.csv
expect 0 lexclf eval --model model --data gift.csv --json --html gift.html
stderr_has "warning: the model does not know 2 of the data's labels: 'GIFT', '<script>alert(1)</script>'"
stderr_has "warning: no record has 3 of the model's labels: 'BUY', 'RENT', 'SALE'"
stdout_has '"labels_only_in_model":["BUY","RENT","SALE"],"labels_only_in_data":["GIFT","<script>alert(1)</script>"]'
grep -qi '<script' gift.html && fail 'markup of the data is markup of the page'
grep -q '&lt;script&gt;' gift.html || fail 'the label is not in the page'

# nothing that is read is replaced, no two outputs are one, none is a folder
mkdir folder
remember model train.csv
refuses 2 "option '--errors' would replace 'train.csv', which is read" lexclf "${eval[@]}" --errors ./train.csv
refuses 2 "option '--html' would replace 'train.csv', which is read" lexclf "${eval[@]}" --html train.csv
refuses 2 "option '--html': 'folder' is a folder, not a file" lexclf "${eval[@]}" --html folder
refuses 2 "options '--report' and '--errors' name the same file 'folder/../new'" lexclf "${eval[@]}" --report new --errors folder/../new
refuses 2 "options '--report' and '--html' name the same file 'e.jsonl'" lexclf "${eval[@]}" --html e.jsonl --report e.jsonl
refuses 2 "option '--report' would replace 'config.json' of the model in model" lexclf "${eval[@]}" --report model/config.json
expect 0 lexclf "${eval[@]}" --report r.json --quiet
refuses 2 "option '--report' would replace 'r.json', which is read" lexclf "${eval[@]}" --compare r.json --report r.json
refuses 4 'nosuch/p.html: cannot be written: No such file or directory' lexclf "${eval[@]}" --html nosuch/p.html
unchanged model train.csv
missing new
expect 0 lexclf "${eval[@]}" --report model/report.json --html model/page.html --quiet
opens model
nothing_left
