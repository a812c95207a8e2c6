# train --distill-linear: the encoder learns from what a linear model says of records that it has not seen
tiny_model encoder
clauses 80 >train.csv
cat >>train.csv <<'END2'
the tenant shall sell the goods,RENT
the seller shall pay rent monthly,SALE
the lease of the goods is for a year,BUY
the buyer shall let the premises,LEASE
END2
train=(train --encoder encoder --train train.csv --recipe classic --epochs 2 --lr 1e-3 --metric last --threads 1)
expect 0 lexclf "${train[@]}" --out plain
stderr_lacks 'teaches'
expect 0 lexclf "${train[@]}" --out taught --distill-linear 0.5 --json
stderr_has ' features teaches, with 0.5 of the target'
stdout_has '"distill_linear":{"word_ngrams":[1,3],"char_ngrams":[2,5],"min_df":2,"C":3,"share":0.5}'
! cmp -s plain/model.safetensors taught/model.safetensors || fail 'it changes nothing'
# the folder is one of an encoder alone
[ "$(cd taught && ls)" = "$(cd plain && ls)" ] || fail "other files: $(ls taught)"
expect 0 lexclf predict --model taught train.csv
expect 0 lexclf "${train[@]}" --out other --distill-linear 0.9
! cmp -s other/model.safetensors taught/model.safetensors || fail 'the share changes nothing'
expect 0 lexclf "${train[@]}" --out other --overwrite --distill-linear 0.5 --char-ngrams off --C 1
! cmp -s other/model.safetensors taught/model.safetensors || fail 'options of the linear model change nothing'
expect 0 lexclf "${train[@]}" --out off --distill-linear 0
same plain/model.safetensors off/model.safetensors
same plain/lexclf.json off/lexclf.json

# with --fuse-linear, which changes no step; with windows and twins
expect 0 lexclf "${train[@]}" --out both --distill-linear 0.5 --fuse-linear
steps() { grep '^{"step":' "$1/metrics.jsonl"; }
steps taught >a && steps both >b && same a b
expect 0 lexclf "${train[@]}" --out windows --distill-linear 0.5 --windows mean --max-length 5 --r-drop 1
expect 0 lexclf "${train[@]}" --out one --windows mean --max-length 5 --r-drop 1
! cmp -s one/model.safetensors windows/model.safetensors || fail 'it changes nothing of documents'

# too few records to say how sure it may be: said, and the run goes on
head -20 train.csv >few.csv
expect 0 lexclf train --encoder encoder --train few.csv --epochs 1 --out few --distill-linear 0.5
stderr_has 'warning: few.csv: no linear model teaches: too few records to tell how sure it may be'
! grep -q distill few/lexclf.json || fail 'it says that it was taught'
expect 3 lexclf "${train[@]}" --out x --distill-linear 0.5 --min-df 1000
stderr_has 'a smaller --min-df takes rarer ones'
missing x

# the recipe has a teacher of its own, where there can be one: not for many labels, nor for few records, which is no warning
sed 's/,\([A-Z]*\)$/,"\1;SALE"/; 1s/.*/text,label/; s/"SALE;SALE"/SALE/' train.csv >many.csv
own=(train --encoder encoder --epochs 1 --threads 1)
expect 0 lexclf "${own[@]}" --train train.csv --out own --json
stderr_has ' features teaches, with 0.5 of the target'
stdout_has '"share":0.5}'
expect 0 lexclf "${own[@]}" --train train.csv --out none --json --distill-linear 0
stderr_lacks 'teaches'
expect 0 lexclf "${own[@]}" --train many.csv --label-separator ';' --out many --json
stdout_lacks '"distill_linear"'
expect 0 lexclf "${own[@]}" --train few.csv --out few --overwrite --json
stderr_lacks 'teaches'
stdout_lacks '"distill_linear"'
expect 0 lexclf "${own[@]}" --train few.csv --out few --overwrite --verbose
stderr_has 'few.csv: no linear model teaches: too few records'
printf 'text,label\nrent,A\nsale,B\nlease,A\nbuy,B\n' >strangers.csv # no term stands in two of them
expect 0 lexclf "${own[@]}" --train strangers.csv --out few --overwrite --verbose
stderr_has 'strangers.csv: no linear model teaches: '
expect 2 lexclf "${own[@]}" --train train.csv --out x --distill-linear 0 --C 1
stderr_has "option '--C' needs '--kind linear', '--fuse-linear' or '--distill-linear'"

# killed at one moment after another, it comes to the same bytes
killed_comes_to_the_same "${train[@]}" --distill-linear 0.5 --checkpoint-steps 3
