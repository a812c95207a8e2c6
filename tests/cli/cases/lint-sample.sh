# lint finds no fault in the sample's labels and splits, and counts what MiniLM does to its Chinese
sample=$ROOT/data/sample
expect 0 lexclf lint --train "$sample/train.csv" --dev "$sample/dev.csv" --test "$sample/test.csv" --strict=note
stdout_has 'LEASE     78   13    13  104    25.0%'
stdout_has 'shortest 9, median 44,'
stdout_has '0 errors, 0 warnings, 0 notes in 416 rows'
expect 0 lexclf lint "$sample/unlabelled.jsonl" --strict=note
stdout_has '0 errors, 0 warnings, 0 notes in 12 rows'

encoder=$ROOT/models/all-MiniLM-L6-v2
[ -f "$encoder/tokenizer.json" ] || skip "no encoder $encoder"
expect 0 lexclf lint --train "$sample/train.csv" --dev "$sample/dev.csv" --test "$sample/test.csv" --encoder "$encoder"
stdout_has '12 rows (2.9%) are longer than 128'
stdout_has 'Unknown to the vocabulary: 4305 of 23812 tokens (18.08%), in 112 rows'
