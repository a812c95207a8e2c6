# tokenize prints what the encoder sees: ids with special tokens and truncation, and byte offsets
tiny_encoder model
cat >rows.csv <<'END'
id,text
1,The tenant pays rent.
2,
3,"pay, pay"
END
expect 0 lexclf tokenize --model model rows.csv
stderr_empty
stdout_is <<'END'
[2,5,6,7,8,9,10,11,3]
[2,3]
[2,8,1,8,3]
END
expect 0 lexclf tokenize --model model --offsets --max-length 4 rows.csv
stdout_is <<'END'
{"ids":[2,5,6,3],"offsets":[[0,0],[0,3],[4,7],[0,0]]}
{"ids":[2,3],"offsets":[[0,0],[0,0]]}
{"ids":[2,8,1,3],"offsets":[[0,0],[0,3],[3,4],[0,0]]}
END
from_pipe() { printf '%s' 'the rent' | "$LEXCLF" tokenize --model model "$@"; }
expect 0 from_pipe --format txt
stdout_is <<'END'
[2,5,10,3]
END
expect 0 from_pipe --format txt -
expect 2 from_pipe
stderr_has "standard input needs '--format'"
expect 2 from_pipe -
expect 0 lexclf tokenize --model model --text-column id rows.csv
echo '{"model": "model", "max-length": 3}' >c.json
expect 0 lexclf tokenize --config c.json rows.csv
grep -qx '\[2,5,3\]' "$STDOUT" || fail "--config was not followed"
expect 0 lexclf tokenize --config c.json --max-length 4 rows.csv
grep -qx '\[2,5,6,3\]' "$STDOUT" || fail "the command line did not win"

expect 2 lexclf tokenize --model model --max-length 33 rows.csv
stderr_has '--max-length 33'
expect 3 lexclf tokenize --model model nosuch.csv
stderr_has 'nosuch.csv: no such file'
expect 3 lexclf tokenize --model nosuch rows.csv
stderr_has 'nosuch: no such model folder'
expect 3 lexclf tokenize --model model --text-column nosuch rows.csv
stderr_has "no column 'nosuch' (found: 'id', 'text')"
