# options that exclude each other are refused before anything is read or made
refused() {
    local message=$1
    shift
    expect 2 lexclf "$@"
    stdout_empty
    stderr_has "lexclf: $message"
    missing out
}
train=(train --encoder nosuch --train nosuch.csv --out out)
refused "options '--dev' and '--dev-fraction' exclude each other" "${train[@]}" --dev d.csv --dev-fraction 0.2
refused "options '--quiet' and '--verbose' exclude each other" "${train[@]}" -qv
refused "option '--text' and the file 'a.csv' exclude each other" predict --model m --text hello a.csv
refused "options '--text' and '--format' exclude each other" predict --model m --text hello --format csv
