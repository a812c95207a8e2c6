# a wrong configuration file is bad input: it is named, and so is what is wrong in it
refused() {
    local json=$1 message=$2
    printf '%s' "$json" >c.json
    expect 3 lexclf train --config c.json --encoder nosuch --train nosuch.csv --out out
    stdout_empty
    stderr_has "lexclf: c.json: $message"
    missing out
}
refused '{"epoch": 5}' "unknown option 'epoch'"
stderr_has "did you mean 'epochs'?"
refused '{"offsets": true}' "'offsets' is not an option of this verb"
refused '{"epochs": "5"}' "option 'epochs' must be a number"
refused '{"epochs": -1}' "option '--epochs': '-1' is not a whole number from 1 to 1000"
refused '{"quiet": "yes"}' "option 'quiet' must be true or false"
refused '[1]' 'not a JSON object'
refused '{"epochs": 5' ''
refused '{"epochs": 5} x' ''
refused '{"epochs": 5, "epochs": 6}' ''
refused '' ''
expect 3 lexclf train --config nosuch.json --encoder nosuch --train nosuch.csv --out out
stderr_has 'nosuch.json'
expect 3 lexclf train --config . --encoder nosuch --train nosuch.csv --out out
