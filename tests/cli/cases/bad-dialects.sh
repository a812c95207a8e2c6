# a mistake of a dialect is named with the physical line it is in, and with what to do about it
tiny_model model A B
mistake() { # mistake FILE MESSAGE HINT [OPTION...]
    local file=$1 message=$2 hint=$3
    shift 3
    for verb in "eval --model model --data $file" "predict --model model $file --out answers"; do
        # shellcheck disable=SC2086
        refuses 3 "$file$message" lexclf $verb "$@"
        stderr_has "  hint: $hint"
        missing answers
    done
}
twice='a quote inside a field is written twice, and the field in quotes'
printf 'text,label\r\n\r\n"a\r\nb",A\r\n"b,B\r\nc,C\r\n' >open.csv
mistake open.csv ':5: a quote that opens here is never closed' "$twice"
printf 'text,label\n\n"a\nb",A\nb "c" d,B\n' >stray.csv
mistake stray.csv ':5: a quote inside a field without quotes' "$twice"
printf 'text,label\na,A\nb, "c"\n' >blank.csv
mistake blank.csv ':3: a quote inside a field without quotes' "$twice"
printf 'text,label\n"say \\"no\\"",B\n' >backslash.csv
mistake backslash.csv ':2: something follows a closing quote' "$twice"
printf 'text,label\n"a\n" b,B\n' >late.csv
mistake late.csv ':2: something follows a closing quote in line 3 of this row' 'a quote that opens in line 2 may not be closed where it should'
printf "text,label\n'b, c',B\n" >apostrophe.csv
mistake apostrophe.csv ':2: 3 fields, but the header has 2' 'a field that holds the separator must stand in double quotes'
printf 'text,label\n"a\nb",A\none\ntwo,B\n' >broken.csv
mistake broken.csv ':4: 1 field, but the header has 2' 'an empty field keeps its separator, and a field with a line break stands in double quotes'
printf 'text,label\na\0b,B\n' >nul.csv
mistake nul.csv ':2: a NUL byte, at byte 12' 'the file is damaged, no text, or in an encoding that is to be named with --encoding'
printf 'text,label\na,A\n' | iconv -t UTF-16LE >utf16.csv
mistake utf16.csv ':1: a NUL byte, at byte 1' 'UTF-16 without a byte order mark is read with --encoding UTF-16LE or UTF-16BE'
printf 'text,label\na,A\n\xff,B\n' >latin.csv
mistake latin.csv ':3: invalid UTF-8 at byte 15' 'name the encoding with --encoding'

# headers
none=": no column 'text' (found: "
printf 'Text,Label\na,A\n' >case.csv
mistake case.csv "$none'Text', 'Label')" "is column 1 meant? name it with --text-column 'Text'"
printf 'label, text\na,A\n' >space.csv
mistake space.csv "$none'label', ' text')" "is column 2 meant? name it with --text-column ' text'"
printf 'sep=;\ntext;label\na;A\n' >sep.csv
mistake sep.csv "$none'sep=', '')" 'the first line tells spreadsheets the separator and is no header: remove it'
printf 'text;label\na;A\n' >semicolon.csv
mistake semicolon.csv "$none'text;label')" "are the fields separated by ';'? say --delimiter ';'" --delimiter ,
printf 'text,label\na,A\n' >comma.tsv
mistake comma.tsv "$none'text,label')" "are the fields separated by ','? say --delimiter ','"
printf 'text\tlabel\na\tA\n' >tab.csv
mistake tab.csv "$none'text\x09label')" 'are the fields separated by tabs? say --delimiter tab' --delimiter '|'
printf 'a,A\nb,B\n' >bare.csv
mistake bare.csv "$none'a', 'A')" 'name the column with --text-column; a file without a header row needs --no-header'
printf 'text,label,text\na,A,b\n' >again.csv
mistake again.csv ": two columns are named 'text'" 'give each column a name of its own'
refuses 3 "bare.csv: no column '3' (found: 'column1', 'column2')" \
    lexclf predict --model model bare.csv --no-header --text-column 3
stderr_has 'hint: without a header columns have numbers: --text-column 1'

# lines of JSON
printf '[\n{"text":"a","label":"A"},\n{"text":"b","label":"A"}\n]\n' >array.jsonl
mistake array.jsonl ':1: column 1: not a JSON object' 'JSON lines are one object a line, not an array'
printf '\n{"text":"a","label":"A"},\n{"text":"b","label":"A"}\n' >comma.jsonl
mistake comma.jsonl ':2: column 25: something follows the JSON object' 'nothing stands between one line and the next'
printf '\n\n{\n "text":"a",\n "label":"A"\n}\n' >pretty.jsonl
mistake pretty.jsonl ':3: column 3: a key in double quotes is missing' 'an object stands in one line'
printf "{'text':'a','label':'A'}\n" >python.jsonl
mistake python.jsonl ':1: column 2: a key in double quotes is missing' 'names and texts stand in double quotes in JSON'
# what is no mistake: blank lines, white space, a last line without its end
printf '\n \t\r\n  {"text" : "rent", "label":\t"A"} \r\n\n{"text":"rent","label":"B"}' >fine.jsonl
expect 0 lexclf predict --model model fine.jsonl
[ "$(wc -l <"$STDOUT")" = 2 ] || fail 'not two records'
