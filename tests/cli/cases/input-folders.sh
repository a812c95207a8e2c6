# folders: their files in order, what is left out is named, links in circles do no harm, answers name their source
trained model
mkdir -p data/b/deep data/.hidden empty
clauses 4 >data/a.csv
clauses 8 | gzip >data/b/x.csv.gz
echo 'the rent' >data/b/deep/note.txt
echo '{"text":"the lease","label":"LEASE"}' >data/c.jsonl
cp data/a.csv data/.hidden/h.csv
cp data/a.csv data/.a.csv
echo x >data/scan.pdf
ln -s .. data/b/up
ln -s . data/self
expect 0 lexclf predict --model model data
stderr_has 'warning: data/scan.pdf: left out: the name does not tell the format'
sed 's/.*"source":"\([^"]*\)".*/\1/' "$STDOUT" | uniq -c | sed 's/^ *//' >sources
printf '4 data/a.csv\n8 data/b/x.csv.gz\n1 data/b/deep/note.txt\n1 data/c.jsonl\n' | sort -k2 | diff - sources || fail 'not the files, or not in order'
expect 0 lexclf predict --model model data/c.jsonl
stdout_lacks '"source"'
mkdir one
cp data/c.jsonl one
expect 0 lexclf predict --model model one
stdout_has '"source":"one/c.jsonl"'
expect 0 lexclf predict --model model data/c.jsonl data/a.csv
[ "$(grep -c '"source"' "$STDOUT")" = 5 ] || fail 'an answer without its source'
expect 0 lexclf tokenize --model model data/c.jsonl data/a.csv one
[ "$(wc -l <"$STDOUT")" = 6 ] || fail 'tokenize: not every row'

# no file at all: no rows, which train and eval need
expect 0 lexclf predict --model model empty </dev/null
stdout_empty
refuses 3 'empty: has no rows' lexclf eval --model model --data empty
refuses 3 'empty: has no rows' lexclf train --encoder encoder --train empty --out out

rm data/b/deep/note.txt
expect 0 lexclf eval --model model --data data --json --quiet
stdout_has '"n":13,'
stdout_has "\"data_sha256\":\"$(cat data/a.csv data/b/x.csv.gz data/c.jsonl | sha256sum | cut -c-64)\""
expect 0 lexclf train --encoder encoder --train data --dev data/a.csv --out out --epochs 1 --json --quiet
stdout_has '"train":{"rows":13,'
echo 'text,label' >data/d.csv
echo 'the lease,ODD' >>data/d.csv
refuses 3 "data/d.csv:2: label 'ODD' does not occur in train.csv" lexclf train --encoder encoder --train train.csv --dev data --out odd
expect 2 lexclf predict --model model data --out data/a.csv
stderr_has "option '--out' would replace 'data/a.csv', which is read"
[ "$(id -u)" = 0 ] && exit 0
mkdir shut
chmod 0 shut
refuses 3 'shut: cannot be read: Permission denied' lexclf predict --model model shut
