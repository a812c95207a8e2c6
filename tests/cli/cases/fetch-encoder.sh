# fetch-encoder: from a folder, a mirror and a plain server; hashes kept and compared, downloads resumed, no half folder
command -v curl >/dev/null && command -v python3 >/dev/null || skip 'curl and python3 are not both here'
FETCH=$ROOT/scripts/fetch-encoder
unset HF_ENDPOINT http_proxy HTTP_PROXY all_proxy ALL_PROXY
export no_proxy=127.0.0.1
COMMIT=0123456789abcdef0123456789abcdef01234567
servers=()
trap 'for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || :; done' EXIT
# serve COMMAND...: starts it, and sets url once its log, the file `log`, has the port
serve() {
    rm -f log
    "$@" >/dev/null 2>server-said &
    servers+=($!)
    for _ in $(seq 100); do
        port=$(grep -oE '^[0-9]+$' log 2>/dev/null | head -n 1) && [ -n "$port" ] && break
        sleep 0.1
    done
    [ -n "$port" ] || fail "no server: $(cat server-said)"
    url=http://127.0.0.1:$port
}
fails() { # CODE MESSAGE ARGUMENT...
    local code=$1 message=$2
    shift 2
    expect "$code" "$FETCH" "$@"
    stdout_empty
    stderr_has "fetch-encoder: $message"
}

# the command line
expect 0 "$FETCH" --list
stdout_has 'bert-base-chinese         Apache-2.0      412  bert'
stdout_has 'ModernBERT-base           Apache-2.0      600  modernbert'
stdout_has 'mdeberta-v3-base          MIT             580  deberta-v2'
stdout_lacks 'does not read it yet'
# what lexclf reads is what the script believes that it reads
for type in $(sed -n "s/^readonly supported=' \(.*\) '.*/\1/p" "$ROOT/scripts/fetch-encoder"); do
    family_model $type $type
    expect 0 lexclf inspect $type
done
expect 0 "$FETCH" --help
fails 2 'no encoder given'
fails 2 "'nosuch' is no folder, and not in the list" nosuch
fails 2 "unknown option '--nosuch'" --nosuch
fails 2 "option '--to' lacks its value" x --to
fails 2 "option '--mirror': 'x' is no http address" bert-base-uncased --mirror x
fails 2 "option '--revision': that of 'bert-base-uncased' is pinned" bert-base-uncased --revision main

# a folder
tiny_model source
expect 0 "$FETCH" source --to a/encoder
for file in config.json vocab.txt tokenizer_config.json model.safetensors; do same source/$file a/encoder/$file; done
missing a/encoder.partial
[ -z "$(find a/encoder -name '.*')" ]
grep -q "^$(sha256sum <source/vocab.txt | cut -c 1-64) $(wc -c <source/vocab.txt) vocab.txt$" a/encoder.fetched
expect 0 lexclf inspect a/encoder
expect 0 "$FETCH" source --to a/encoder
stderr_has 'is in place, as it was fetched first'
echo more >>a/encoder/vocab.txt
expect 0 "$FETCH" source --to a/encoder
stderr_has "'vocab.txt' has"
same source/vocab.txt a/encoder/vocab.txt
# what has changed at its source is not taken for the same; the folder that is there stays
echo more >>source/vocab.txt
rm -r a/encoder
fails 3 "'$PWD/source': 'vocab.txt' has" source --to a/encoder
missing a/encoder
missing a/encoder.partial
rm a/encoder.fetched
expect 0 "$FETCH" source --to a/encoder --quiet
stderr_empty
mkdir mine
fails 2 "'mine' is there, and was not made by fetch-encoder" source --to mine
mkdir none && echo '{}' >none/config.json
fails 3 "'$PWD/none' has neither model.safetensors nor pytorch_model.bin" none --to b
missing b
rm none/config.json
fails 3 "'$PWD/none' has no config.json" none --to b

# a mirror; main becomes the commit; weights in parts come with their index
mkdir -p hub/google-bert hub/owner
cp -r source hub/owner/tiny
cp -r "$ROOT/tests/golden/torch/common" hub/owner/parts
rm hub/owner/parts/model.safetensors && cp "$ROOT"/tests/golden/torch/sharded-bin/* hub/owner/parts/
serve python3 "$ROOT/tests/tools/hub_server.py" hub log model.safetensors 5000
# the connection breaks: what is there is kept, and the next run goes on from it
fails 4 "cannot fetch '" owner/tiny --mirror "$url" --to c/tiny
missing c/tiny
missing c/tiny.fetched
[ "$(wc -c <c/tiny.partial/model.safetensors.part)" = 5000 ]
expect 0 "$FETCH" owner/tiny --mirror "$url" --to c/tiny
grep -q "^GET /owner/tiny/resolve/$COMMIT/model.safetensors bytes=5000-$" log
same hub/owner/tiny/model.safetensors c/tiny/model.safetensors
missing c/tiny.partial
grep -qx "# revision $COMMIT" c/tiny.fetched
expect 0 "$FETCH" "$url/owner/parts/tree/main" --to c/parts
for file in hub/owner/parts/*; do same "$file" "c/parts/${file##*/}"; done
expect 0 lexclf inspect c/parts
fails 3 "'c/tiny' was fetched as revision $COMMIT, not other" owner/tiny --mirror "$url" --revision other --to c/tiny
# another file under the same commit
rm -r c/tiny
printf x | dd of=hub/owner/tiny/model.safetensors bs=1 seek=9000 conv=notrunc status=none
fails 3 "'$url/owner/tiny': 'model.safetensors' has another SHA-256 than the one fetched first" owner/tiny --mirror "$url" --to c/tiny
missing c/tiny
# an index that names a file elsewhere
sed -i 's|pytorch_model-00001-of-00003|../../tiny/pytorch_model|' hub/owner/parts/pytorch_model.bin.index.json
fails 3 "'pytorch_model.bin.index.json' names '../../tiny/pytorch_model.bin', which is no file of this folder" owner/parts --mirror "$url" --to d
missing d
fails 4 "'$url/google-bert/bert-base-uncased' has no revision 86b5e0934494bd15c9632b12f734a8a67f723594" bert-base-uncased --mirror "$url" --to d
fails 3 "'$url/owner/nosuch' has no config.json" owner/nosuch --mirror "$url" --to d
missing d

# a server of files, which knows no ranges
echo 'import http.server as h, sys
s = h.ThreadingHTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler)
print(s.server_port, file=open("log", "w"), flush=True)
s.serve_forever()' >plain.py
serve python3 plain.py
expect 0 "$FETCH" "$url/source" --to e/source
same source/model.safetensors e/source/model.safetensors
expect 0 "$FETCH" "$url/source" --to e/source
stderr_has 'is in place'
kill "${servers[@]}"
rm -r e/source
fails 4 "cannot reach '$url/source'" "$url/source" --to e/source
missing e/source
