# lint finds leaks, twins, conflicts, rare labels and broken characters, and says where
cat >train.csv <<'END'
id,text,label
1,"The Tenant shall pay the rent on the first day of each month.",RENT
2,"The Seller conveys the goods free of all liens and charges.",SALE
3,"The Tenant   shall pay the rent on the first day of each month.",Rent
4,"承租人应当按照约定的期限支付租金和押金，逾期支付的应当向出租人承担违约责任。",RENT 租赁
4,"The caf Ã© on the ground floor is let for ten years.",LEASE
6,,LEASE
END
cat >test.csv <<'END'
id,text,label
1,"The Seller conveys the goods free of all liens and charges.",SALE
2,"承租人应当按照约定的期限支付租金和押金，逾期支付的应当向出租人承担违约赔偿责任。",RENT 租赁
3,"Buyer may reject.",BUY
END
expect 0 lexclf lint --train train.csv --test test.csv
stderr_empty
[ "$(wc -L <"$STDOUT")" -lt 80 ] || fail "a line has 80 columns or more"
stdout_is <<'END'
file       set    rows  encoding  line ends
train.csv  train     6  UTF-8     LF
test.csv   test      3  UTF-8     LF

6 labels
label      train  test  all  of rows
LEASE          2     0    2    22.2%
RENT 租赁      1     1    2    22.2%
SALE           1     1    2    22.2%
BUY            0     1    1    11.1%
RENT           1     0    1    11.1%
Rent           1     0    1    11.1%

Length in words: shortest 0, median 12, 90% up to 38, 99% up to 38, longest 38
 0  to   0  1  ##############
 1  to   1  0
 2  to   2  0
 3  to   3  1  ##############
 4  to   5  0
 6  to   7  0
 8  to  11  2  ###########################
12  to  15  3  ########################################
16  to  23  0
24  to  31  0
32  to  47  2  ###########################

error [unseen-label] 1 label is in dev or test, but not in train: no model can
  learn what it never sees; move rows to train
  test.csv:4  'BUY', 1 row

error [leak] 1 row of dev or test is in an earlier set too: take out one of
  each two, or the score measures memory
  test.csv:2  train.csv:3  The Seller conveys the goods free of all liens and …

warning [near-leak] 1 row of dev or test is nearly the same as one of an
  earlier set: keep such rows in one set
  test.csv:3  train.csv:5  0.84  承租人应当按照约定的期限支付租金和押金，

warning [label-conflict] 1 text has rows with different labels: no model can
  get them all right; decide for one
  train.csv:4  line 2  'Rent' | 'RENT'

warning [label-twin] 1 label looks like another but for case, width, spaces or
  hyphens: write them alike
  train.csv:4  line 2  'Rent' (1 row) | 'RENT' (1 row)

warning [few-examples] 5 labels have fewer than 10 rows in train: add some, or
  join it with another
  train.csv:2  'RENT', 1 row
  train.csv:3  'SALE', 1 row
  train.csv:4  'Rent', 1 row
  train.csv:5  'RENT 租赁', 1 row
  train.csv:6  'LEASE', 2 rows

warning [empty-text] 1 row has no text: fill in or take out; nothing is learned
  from nothing
  train.csv:7

warning [duplicate] 1 row repeats the text of an earlier one of its set: keep
  one of each, or it counts more than once
  train.csv:4  line 2  The Tenant shall pay the rent on the first day of each …

warning [duplicate-id] 1 row has the id of an earlier one of its file: answers
  are told apart by ids; make them unique
  train.csv:6  line 5  4

warning [mojibake] 1 row holds UTF-8 that was read as Windows-1252: convert the
  source again
  train.csv:6  The caf Ã© on the ground floor is let for ten

note [unmeasured-label] 3 labels are in train, but not in dev or test: nothing
  will tell whether they are learned; move some rows
  train.csv:2  'RENT', 1 row in train
  train.csv:4  'Rent', 1 row in train
  train.csv:6  'LEASE', 2 rows in train

2 errors, 8 warnings, 1 note in 9 rows
END

# --strict: the level and graver ones; alone it means warning, and a file may follow it
expect 1 lexclf lint --train train.csv --test test.csv --strict
expect 1 lexclf lint --strict train.csv
expect 1 lexclf lint --strict=error --train train.csv --test test.csv
expect 1 lexclf lint --strict error --train train.csv --test test.csv
expect 0 lexclf lint --strict error train.csv
expect 1 lexclf lint --strict note train.csv
expect 0 lexclf lint --strict never --train train.csv --test test.csv
echo '{"strict": true}' >strict.json
expect 1 lexclf lint --config strict.json train.csv
expect 0 lexclf lint --config strict.json --strict=never train.csv
echo '{"strict": "error"}' >strict.json
expect 0 lexclf lint --config strict.json train.csv

# --quiet leaves the tables and the notes out, and the numbers stay
expect 0 lexclf lint --train train.csv --test test.csv --quiet
stdout_lacks 'Length in words'
stdout_lacks 'note ['
stdout_has 'error [leak]'
stdout_has '1 note in 9 rows'

# no libtorch is loaded
LD_DEBUG=files lexclf lint train.csv >out 2>loaded
grep -q libcsv loaded || fail "the loader did not say what it loads"
! grep -q torch loaded || fail "libtorch is loaded"
