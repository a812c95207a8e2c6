# a line of 100 MB is refused by its limit, and memory stays bounded
trained model
remember model
{ printf 'text,label\na,A\n'; head -c 100000000 /dev/zero | tr '\0' a; printf ',B\nc,C\n'; } >long.csv
{ printf '{"text":"a","label":"A"}\n{"text":"'; head -c 100000000 /dev/zero | tr '\0' a; printf '","label":"B"}\n'; } >long.jsonl
{ printf 'text,label\na,A\n"'; yes 'the tenant shall pay' | head -c 100000000; } >quote.csv
refuses 3 'long.csv:3: longer than 64 MiB, the limit for one record' lexclf train --encoder encoder --train long.csv --out out
missing out
for file in long.csv:3 long.jsonl:2 quote.csv:3; do
    refuses 3 "$file: longer than 64 MiB, the limit for one record" lexclf eval --model model --data "${file%:*}"
    refuses 3 "$file: longer than 64 MiB, the limit for one record" lexclf predict --model model "${file%:*}" --out answers.jsonl
    missing answers.jsonl
done
stderr_has 'hint: a quote that opens in line 3 may not be closed'
unchanged model
