# lint --json and --report: one object, the same in both, with places that can be followed
cat >train.jsonl <<'END'
{"id": 1, "text": "The Tenant shall pay the rent.", "labels": ["RENT", "PAY"]}
{"id": 2, "text": "The Seller conveys the goods.", "labels": []}
{"id": 3, "text": "The Tenant shall pay  the rent.", "labels": ["PAY"]}
END
expect 0 lexclf lint --train train.jsonl --json --report report.json --min-examples 1
stderr_empty
[ "$(wc -l <"$STDOUT")" -eq 1 ] || fail 'the object is not one line'
stdout_has '{"schema":1,"rows":3,"levels":{"error":0,"warning":2,"note":0},"findings":['
stdout_has '{"level":"warning","code":"label-conflict","count":1,"message":"1 text has rows with different labels: no model can get them all right; decide for one","examples":[{"file":"train.jsonl","line":3,"other":{"file":"train.jsonl","line":1},"detail":"'"'PAY' | 'RENT', 'PAY'"'"}]}'
stdout_has '"files":[{"file":"train.jsonl","set":"train","rows":3,"bad_rows":0,"labelled":true,"bytes":216,"encoding":"ASCII","byte_order_mark":false,"line_ends":{"lf":3,"crlf":0,"cr":0}}]'
stdout_has '"labels":[{"label":"PAY","rows":2,"share":0.6666666666666666,"train":2,"dev":0,"test":0},{"label":"RENT","rows":1,'
stdout_has '"lengths":{"unit":"words","total":17,"min":5,"median":6,"p90":6,"p95":6,"p99":6,"max":6,"histogram":[{"from":4,"to":5,"rows":1},{"from":6,"to":7,"rows":2}],"max_length":null,"rows_cut":0,'
stdout_has '"unknown":null'
stdout_has '"twins":{"duplicates":1,"near_duplicates":0,"leaks":0,"near_leaks":0}'
tr -d ' \n' <"$STDOUT" >one
tr -d ' \n' <report.json >other
same one other

# with a tokenizer: lengths in tokens, what is cut, and the characters that are not known
tiny_encoder encoder
printf 'text\nThe tenants pay rent.\n租 the rent 租金\n' >zh.csv
expect 0 lexclf lint --encoder encoder --max-length 6 --json zh.csv
stdout_has '"unit":"tokens","total":16,"min":7,'
stdout_has '"max_length":6,"rows_cut":2,"rows_cut_share":1,"lost":4,'
stdout_has '"unknown":{"tokens":3,"share":0.25,"rows":1,"of_known_characters":0,"different_characters":2,"characters":[{"character":"租","code_point":"U+79DF","n":2},{"character":"金","code_point":"U+91D1","n":1}]}'
expect 0 lexclf lint --encoder encoder zh.csv
stdout_has '租  U+79DF  2'

# as many columns as asked for; ids by another name
printf 'no,a,b,kind\n7,one,two,X\n7,three,four,Y\n' >columns.csv
expect 0 lexclf lint --text-column a --text-column b --label-column kind --id-column no columns.csv --json
stdout_has '"code":"duplicate-id","count":1,'
stdout_has '"labels":[{"label":"X",'
expect 0 lexclf lint --text-column a --unlabelled columns.csv --json
stdout_has '"labelled":false'
stdout_has '"labels":[]'
