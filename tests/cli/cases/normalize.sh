# typographic variants made plain: the ids of the plain text with the places of the text as given; the setting lies in
# the folder, is obeyed by every verb, belongs to the run, and is refused where it cannot be
tiny_model encoder
fancy='“The　ｌｅａｓｅ’s ﬁne” —１０％' plain="\"The lease's fine\" -10%" half="\"The lease's ﬁne\" -10%"
ids_of() { printf '%s\n' "$1" | lexclf tokenize --model "$2" --format txt - "${@:3}"; }
[ "$(ids_of "$fancy" encoder --normalize nfkc)" = "$(ids_of "$plain" encoder)" ] || fail 'nfkc is not the plain text'
[ "$(ids_of "$fancy" encoder --normalize punct)" = "$(ids_of "$half" encoder)" ] || fail 'punct is not the plain text'
[ "$(ids_of "$fancy" encoder)" != "$(ids_of "$plain" encoder)" ] || fail 'nothing to normalize'
[ "$(ids_of "$fancy" encoder --normalize off)" = "$(ids_of "$fancy" encoder)" ] || fail 'off does something'
printf '“the”　lease\n' >marks.txt # bytes: “ 0-3, the 3-6, ” 6-9, space 9-12, lease 12-17
expect 0 lexclf tokenize --model encoder --offsets --normalize nfkc marks.txt
stdout_has '"offsets":[[0,0],[0,3],[3,6],[6,9],[12,17],[0,0]]'
expect 0 lexclf tokenize --model encoder --offsets --normalize nfkc --format txt - <<<'①②' # each character for itself
stdout_has '[0,0]]}'

for i in {1..8}; do
    printf '{"text": "the ｌｅａｓｅ of the land", "label": "A"}\n{"text": "pay the ｐｒｉｃｅ", "label": "B"}\n'
done >train.jsonl
train=(train --encoder encoder --train train.jsonl --dev train.jsonl --max-length 16 --epochs 2 --lr 1e-2 --batch-size 4 --threads 1)
expect 0 lexclf "${train[@]}" --normalize punct --out punct --json
stdout_has '"normalize":"punct"'
sed 's/ｌｅａｓｅ/lease/; s/ｐｒｉｃｅ/price/' train.jsonl >ascii.jsonl
expect 0 lexclf predict --model punct train.jsonl --logits --no-passthrough
cp "$STDOUT" fancy.jsonl
expect 0 lexclf predict --model punct ascii.jsonl --logits --no-passthrough
same "$STDOUT" fancy.jsonl
opens punct
expect 0 lexclf inspect punct
stdout_has 'normalize'
# a folder's own setting goes on with it, and may be changed
expect 0 lexclf train --encoder punct --train train.jsonl --dev train.jsonl --max-length 16 --epochs 1 --threads 1 --out again --json
stdout_has '"normalize":"punct"'
expect 0 lexclf train --encoder punct --train train.jsonl --dev train.jsonl --max-length 16 --epochs 1 --threads 1 --out off --json --normalize off
stdout_lacks '"normalize"'

refuses 2 "option '--normalize': 'nfd' is not one of auto|off|punct|nfkc" lexclf "${train[@]}" --normalize nfd --out x
refuses 2 "option '--normalize' has no meaning with '--kind linear'" lexclf train --kind linear --train train.jsonl --out x --normalize punct
sed -i 's/"normalize": "punct"/"normalize": "nfx"/' punct/lexclf.json
refuses 3 "punct/lexclf.json" lexclf predict --model punct train.jsonl
