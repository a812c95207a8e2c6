# tokenize with the files of other families; what is missing, cut short or not known is named
golden=$ROOT/tests/golden/tokenizer
tiny_encoder model
sed -i 's/"vocab_size": *[0-9]*/"vocab_size": 500/' model/config.json
printf 'id,text\n1,The rent\n' >rows.csv
files() { # of the golden that is named
    rm -f model/*.txt model/vocab.json model/tokenizer* model/*.model
    cp "$golden/$1"/* model/
}
refused() { refuses 3 "$1" lexclf tokenize --model model rows.csv; }

files bytes
expect 0 lexclf tokenize --model model --offsets rows.csv
stdout_is <<'END'
{"ids":[0,344,225,394,2],"offsets":[[0,0],[0,3],[4,4],[4,8],[0,0]]}
END
files roberta
expect 0 lexclf tokenize --model model --offsets rows.csv
stdout_is <<'END'
{"ids":[0,225,344,225,394,2],"offsets":[[0,0],[0,0],[0,3],[4,4],[4,8],[0,0]]}
END
files xlm-roberta
expect 0 lexclf tokenize --model model --offsets --max-length 5 rows.csv
stdout_is <<'END'
{"ids":[0,4,50,38,2],"offsets":[[0,0],[0,1],[0,1],[1,3],[0,0]]}
END

head -c 500 "$golden/xlm-roberta/sentencepiece.bpe.model" >model/sentencepiece.bpe.model
refused 'model/sentencepiece.bpe.model: not a sentencepiece model, or cut short'
files roberta && rm model/merges.txt
refused 'model: vocab.json is there without merges.txt'
files roberta && cp "$golden/bytes/tokenizer.json" model/vocab.json
refused 'model/vocab.json: the id of token '
files roberta && echo 'nosuch piece' >>model/merges.txt
refused "model/merges.txt: merge "
files bytes && sed -i 's/"ByteLevel"/"NewLevel"/' model/tokenizer.json
refused "model/tokenizer.json: the pre-tokenizer is of type 'NewLevel', which is not known here"
files bytes && head -c 3000 "$golden/bytes/tokenizer.json" >model/tokenizer.json
refused 'model/tokenizer.json: line '
