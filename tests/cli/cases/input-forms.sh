# the same rows however they are written: compressed, encoded, delimited, without a header, by a pipe: the same answers
trained model
{
    echo id,text,label
    for i in $(seq 700); do
        echo "r$i,\"租赁合同 $i, \"\"rent\"\" 模
the lease; é€ 😀\",LEASE"
    done
} >plain.csv
answers() { "$LEXCLF" predict --model model --no-passthrough --out "$1" "${@:2}" 2>"$CASE_DIR/stderr"; }
answers plain plain.csv
[ "$(wc -l <plain)" = 700 ] || fail 'rows are missing'
[ ! -s "$CASE_DIR/stderr" ] || ! grep -q encoding "$CASE_DIR/stderr" || fail 'UTF-8 is nothing to talk of'
try() {
    STEP=$*
    answers got "$@" || fail "$STEP: failed"
    same plain got
}
{ printf '\xef\xbb\xbf'; cat plain.csv; } >bom.csv
try bom.csv
for name in UTF-16LE UTF-16BE GB18030; do iconv -f UTF-8 -t $name plain.csv >$name.csv; done
{ printf '\xff\xfe'; cat UTF-16LE.csv; } >le.csv
{ printf '\xfe\xff'; cat UTF-16BE.csv; } >be.csv
try le.csv
try be.csv
try GB18030.csv
grep -q "GB18030.csv: read as GB18030, since byte .* is not valid UTF-8 (--encoding)" "$CASE_DIR/stderr" || fail 'no word of GB18030'
try UTF-16LE.csv --encoding UTF-16LE
try GB18030.csv --encoding gb18030
! grep -q GB18030 "$CASE_DIR/stderr" || fail 'what was said needs no saying'
gzip -k plain.csv GB18030.csv
try plain.csv.gz
try GB18030.csv.gz
piped() { STEP="pipe $*"; answers got --format csv "$@" - || fail "$STEP"; same plain got; }
cat plain.csv | piped
cat GB18030.csv | piped
cat le.csv | piped
piped <GB18030.csv
mkfifo fifo.csv
cat GB18030.csv >fifo.csv &
try fifo.csv
for c in ';' '|' $'\t'; do
    sed "1s/,/$c/g; s/^\(r[0-9]*\),\"/\1$c\"/; s/\",LEASE/\"${c}LEASE/" plain.csv >other.csv
    try other.csv
    grep -q 'other.csv: fields are separated by' "$CASE_DIR/stderr" || fail 'no word of the delimiter'
done
cp other.csv other.tsv
try other.tsv
try other.csv --delimiter tab
sed '1d' plain.csv >bare.csv
try bare.csv --no-header --text-column 2 --id-column 1
try plain.csv --text-column 2 --id-column 1
sed 's/$/\r/' plain.csv | sed 's/模\r/模/' >crlf.csv
try crlf.csv

expect 0 lexclf predict --model model --no-header --text-column 2 bare.csv
stdout_has '{"id":1,"column1":"r1","column2":"租赁合同 1, \"rent\" 模\nthe lease; é€ 😀","column3":"LEASE","label":'
expect 2 lexclf predict --model model --format jsonl --no-header plain.csv
stderr_has "option '--no-header' is for CSV and TSV"
expect 2 lexclf predict --model model --delimiter ab plain.csv
expect 3 lexclf predict --model model --no-header bare.csv
stderr_has "bare.csv: no column 'text' (found: 'column1', 'column2', 'column3')"
stderr_has 'hint: without a header columns have numbers: --text-column 1'
expect 3 lexclf predict --model model --encoding UTF-8 GB18030.csv
stderr_has 'GB18030.csv:2: invalid UTF-8 at byte '
head -c 3000 plain.csv.gz >cut.csv.gz
expect 3 lexclf predict --model model cut.csv.gz --out cut --skip-bad-rows
stderr_has 'cut.csv.gz: compressed data is cut short'
missing cut

# data_sha256 is that of the bytes on disk
expect 0 lexclf eval --model model --data plain.csv.gz --json
stdout_has "\"data_sha256\":\"$(sha256sum <plain.csv.gz | cut -c-64)\""
expect 0 lexclf eval --model model --data GB18030.csv --data plain.csv.gz --json
stdout_has "\"data_sha256\":\"$(cat GB18030.csv plain.csv.gz | sha256sum | cut -c-64)\""
