# dev or test rows that are the training rows make scores too good: said, not refused
tiny_model encoder
clauses 20 >train.csv
cp train.csv copy.csv
train=(train --encoder encoder --train train.csv --out out --epochs 1 --overwrite)
expect 0 lexclf "${train[@]}" --dev copy.csv
stderr_has 'lexclf: warning: copy.csv holds the same bytes as train.csv: the dev scores will be too good'
expect 0 lexclf "${train[@]}" --test copy.csv --quiet
stderr_has 'lexclf: warning: copy.csv holds the same bytes as train.csv: the test scores will be too good'
clauses 8 >dev.csv
expect 0 lexclf "${train[@]}" --dev dev.csv --test dev.csv
stderr_has 'lexclf: warning: dev.csv holds the same bytes as dev.csv: the test scores will be too good'
clauses 12 >test.csv
expect 0 lexclf "${train[@]}" --dev dev.csv --test test.csv
stderr_lacks warning
