# gates of eval: --require, --max-drop, --junit; what cannot be is refused before anything is computed
tiny_model encoder
for i in 1 2 3 4 5 6; do
    echo '{"text": "the tenant shall pay rent monthly", "label": "per.label>=1, a"}'
    echo '{"text": "the buyer shall pay the purchase price", "label": "BUY <&\"'"'"'>"}'
    echo '{"text": "the lease of land is for a term of a year", "label": "租赁 \u0001"}'
done >rows.jsonl
expect 0 lexclf train --encoder encoder --train rows.jsonl --dev rows.jsonl --epochs 1 --out model --quiet
eval=(eval --model model --data rows.jsonl)
remember model rows.jsonl encoder

expect 0 lexclf "${eval[@]}" --require 'accuracy>=0' --require 'loss > 0' --require 'per_label.per.label>=1, a.support==6' \
    --require 'per_label.BUY <&"'"'"'>.recall<=1' --require ' ece <= 1 ' --json --quiet
stdout_has '"gates":[{"gate":"accuracy>=0","kind":"require","metric":"accuracy","label":null,"operator":">=","bound":0,"value":'
stdout_has '"label":"per.label>=1, a","operator":"==","bound":6,"value":6,"held":true}'
stderr_empty

# unmet: named with its value, exit 1, everything is written
expect 1 lexclf "${eval[@]}" --require 'accuracy>=1' --require 'accuracy>=0' --require 'per_label.租赁 '$'\x01''.support>6' --quiet \
    --report r.json --junit g.xml --html p.html --errors e.jsonl --json
stderr_has 'lexclf: gate not met: accuracy is 0.'
stderr_has ', not >= 1'
stderr_has "lexclf: gate not met: support of '租赁 \\x01' is 6, not > 6"
[ "$(grep -c 'gate not met' "$STDERR")" = 2 ] || fail 'not two gates'
stdout_has '"held":false'
for file in r.json g.xml p.html e.jsonl; do [ -s $file ] || fail "no $file"; done
grep -q '<testsuite name="lexclf eval" tests="3" failures="2"' g.xml || fail 'the suite does not count'
grep -qF 'name="accuracy&gt;=1" time="0">' g.xml || fail 'no case'
LC_ALL=C grep -q $'\x01' g.xml p.html && fail 'a control character in XML'
[ "$(grep -c '"truth":"' e.jsonl)" = "$(wc -l <e.jsonl)" ] || fail 'a wrong record without truth'
if command -v python3 >/dev/null; then
    python3 -c 'import xml.dom.minidom as m; s = m.parse("g.xml"); assert len(s.getElementsByTagName("failure")) == 2' || fail 'no XML'
fi

remember r.json g.xml p.html e.jsonl
refused() {
    local message=$1
    shift
    refuses 2 "$message" lexclf "${eval[@]}" --report r.json --html p.html "$@"
    unchanged model rows.jsonl encoder r.json p.html
}
refused "option '--require': there is no number 'nosuch'" --require 'nosuch>=0.5'
refused "option '--require': there is no number ''" --require '>=0.5'
refused "option '--require': there is no number 'per_label.BUY'" --require 'per_label.BUY>=0.5'
refused "option '--require': there is no number 'per_label..recall'" --require 'per_label..recall>=0.5'
refused "option '--require': there is no number 'per_label.BUY.nosuch'" --require 'per_label.BUY.nosuch>=0.5'
refused "option '--require': accuracy >= 1.01 cannot be" --require 'accuracy>=1.01'
refused "option '--require': accuracy > 1 cannot be" --require 'accuracy>1'
refused "option '--require': loss < 0 cannot be" --require 'loss<0'
refused "option '--require': macro_f1 >= -0.1 cannot be" --require 'macro_f1>=-0.1'
refused "option '--require': 'x' is not a number" --require 'macro_f1>=x'
refused "option '--require': 'nan' is not a number" --require 'macro_f1>=nan'
refused "option '--require': 'macro_f1=0.5' is not of the form NAME>=NUMBER" --require 'macro_f1=0.5'
refused "option '--require': 'macro_f1' is not of the form NAME>=NUMBER" --require macro_f1
refused "option '--require': the model in model has no label 'GIFT'" --require 'per_label.GIFT.recall>=0.5'
refused "option '--max-drop' needs '--compare'" --max-drop macro_f1=0.01
refused "option '--junit' needs '--require' or '--max-drop'" --junit new.xml
refused "option '--max-drop': macro_f1 <= 2 cannot be" --compare model --max-drop macro_f1=2
refused "option '--max-drop': 'macro_f1' is not of the form NAME=NUMBER" --compare model --max-drop macro_f1
missing new.xml
