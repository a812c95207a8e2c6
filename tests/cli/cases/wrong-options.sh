# a wrong option is refused by name, value and range, before anything is read or made
refused() {
    local message=$1
    shift
    expect 2 lexclf "$@"
    stdout_empty
    stderr_has "lexclf: $message"
    missing out
}
train=(train --encoder nosuch --train nosuch.csv --out out)
refused "unknown option '--epoch'" "${train[@]}" --epoch 5
stderr_has "did you mean '--epochs'?"
refused "unknown option '--nosuchthing'" "${train[@]}" --nosuchthing
stderr_has "'lexclf train --help'"
refused "option '--lr': '0.1abc' is not a number above 0, at most 1" "${train[@]}" --lr 0.1abc
refused "option '--epochs': '-1' is not a whole number from 1 to 1000" "${train[@]}" --epochs -1
refused "option '--epochs': '1e9' is not a whole number from 1 to 1000" "${train[@]}" --epochs 1e9
refused "option '--schedule': 'cubic' is not one of linear|constant|cosine|inverse-sqrt" "${train[@]}" --schedule cubic
refused "option '--epochs' needs a value (N)" "${train[@]}" --epochs
refused "option '--epochs' is given twice" "${train[@]}" --epochs 5 --epochs=6
refused "option '--device': 'gpu' is not auto, cpu, cuda or cuda:N" "${train[@]}" --device gpu
refused "option '--overwrite' takes no value" "${train[@]}" --overwrite=1
refused "unexpected argument 'more'" "${train[@]}" more
refused "options are missing: '--train FILE', '--encoder DIR', '--out DIR'" train
refused "an option is missing: '--data FILE'" eval --model nosuch
refused "an option is missing: '--model DIR'" tokenize x.txt
