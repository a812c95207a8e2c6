# the disk gets full, or the process is killed, at one moment after another while a linear model is saved over an older
# one: a whole model stands there, always
clauses 20 >train.csv
train=(train --kind linear --train train.csv --out model)
expect 0 lexclf "${train[@]}"
remember model
moments() { # moments KIND: leaves in n the first moment that is none
    for ((n = 1; ; n++)); do
        expect 0 survived "$1" "${train[@]}" --C 2 --overwrite
        STEP="$1 at moment $n"
        opens model
        [ "$(cat "$CASE_DIR/survived")" = no ] || return 0
        if [ "$1" = full ]; then
            unchanged model
            [ ! -e model.partial ] || opens model.partial
            rm -rf model.partial
            nothing_left
        fi
        rm -rf model && cp -a "$CASE_DIR/kept/model" model
    done
}
survived() {
    local kind=$1 code=0
    shift
    with_fault "$kind" "$n" "$@" || code=$?
    case $code in
    0) echo yes >"$CASE_DIR/survived" ;;
    4 | 137) echo no >"$CASE_DIR/survived" ;;
    *) return $code ;;
    esac
}
for kind in full kill; do
    moments $kind
    [ $n -gt 10 ] || fail "$kind: only $n moments: the faults are not seen"
    cmp -s "$CASE_DIR/kept/model/lexclf.json" model/lexclf.json && fail 'the new model is not in place'
    rm -rf model model.partial* && cp -a "$CASE_DIR/kept/model" model
done
