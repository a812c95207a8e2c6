# lint reads what the other verbs read: folders, gz, encodings, delimiters, labels in cells and columns, no header
mkdir data
clauses 8 >data/a.csv
clauses 4 | gzip >data/b.csv.gz
echo '{"text": "the landlord lets the house", "label": "RENT"}' >data/c.jsonl
echo nothing >data/picture.png
expect 0 lexclf lint data
stderr_has "data/picture.png"
stdout_has 'data/a.csv        8  ASCII     LF'
stdout_has 'data/b.csv.gz     4  UTF-8'
stdout_has 'data/c.jsonl      1  ASCII     LF'

# the same rows in each encoding, and what is said of it
printf 'text,label\n租金应当按月支付。,租赁\n货物已经交付。,买卖\n' >utf8.csv
iconv -f UTF-8 -t GB18030 utf8.csv >gb.csv
{ printf '\377\376'; iconv -f UTF-8 -t UTF-16LE utf8.csv; } >utf16.csv
{ printf '\357\273\277'; cat utf8.csv; } >mark.csv
for file in utf8 gb utf16 mark; do
    expect 0 lexclf lint $file.csv --json
    stdout_has '"label":"租赁","rows":1'
    stdout_has '"unit":"words","total":14,'
done
stdout_has '"encoding":"UTF-8","byte_order_mark":true'
expect 0 lexclf lint gb.csv utf16.csv utf8.csv
stdout_has 'note [encoding] 2 files are not UTF-8'
stdout_has 'gb.csv        2  GB18030'
stdout_has 'utf16.csv     2  UTF-16LE'
iconv -f UTF-8 -t EUC-KR >korean.csv <<'END'
text
임대차
END
expect 0 lexclf lint --encoding EUC-KR korean.csv
stdout_has 'korean.csv     1  EUC-KR'

# delimiter, no header, many labels in a cell, a column a label
printf 'text;label\none, two;A\nthree;B\n' >semicolon.csv
expect 0 lexclf lint semicolon.csv
stdout_has '2 labels'
printf 'one,A|B\ntwo,B\nthree,\n' >cells.csv
expect 0 lexclf lint --no-header --text-column 1 --label-column 2 --label-separator '|' cells.csv
stdout_has '2 labels, any number a row'
stdout_has '(none)     1    33.3%'
printf 'text,A,B\none,1,0\ntwo,1,1\nthree,0,0\n' >columns.csv
expect 0 lexclf lint --label-columns A,B columns.csv
stdout_has 'A          2    66.7%'
stdout_has '(none)     1    33.3%'
refuses 3 "columns.csv: no column 'C'" lexclf lint --label-columns A,C columns.csv
