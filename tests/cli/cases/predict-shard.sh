# --shard: the parts together are the whole, row by row; numbers from the command line and from schedulers
[ -x "$TOOLS/make_tiny_model" ] || skip "no program $TOOLS/make_tiny_model"
tiny_model model BUY LEASE
clauses 2000 >a.csv
clauses 700 | sed 's/$/,more/; 1s/more/note/' >b.csv
for form in jsonl csv; do
    files=(a.csv)
    [ $form = csv ] || files=(a.csv b.csv) # a.csv lacks a column of b.csv
    expect 0 lexclf predict --model model "${files[@]}" --out whole.$form --quiet
    for ((i = 0; i < 3; i++)); do
        expect 0 lexclf predict --model model "${files[@]}" --out part$i.$form --shard $i/3 --quiet
        [ $form = jsonl ] || { cmp <(head -n 1 part$i.csv) <(head -n 1 whole.csv) && sed -i 1d part$i.csv; }
    done
    [ $form = jsonl ] || sed -i 1d whole.csv
    cat part[012].$form | sort | cmp - <(sort whole.$form) || fail "the parts are not the whole ($form)"
    # in turn 512 of each: the order of the input
    for ((at = 1; at <= 2000; at += 512)); do
        for ((i = 0; i < 3; i++)); do sed -n "$at,$((at + 511))p" part$i.$form; done
    done >joined
    cmp <(head -n 2000 joined) <(head -n 2000 whole.$form) || fail "blocks are not dealt in turn ($form)"
done
head -n 513 a.csv >block.csv
expect 0 lexclf predict --model model block.csv --shard 1/2 --out-format csv --quiet
stdout_is <<'END'
id,text,input_label,label,score,n_tokens,truncated
END
expect 0 lexclf predict --model model block.csv --shard 0/1 --quiet
[ "$(wc -l <"$STDOUT")" = 512 ] || fail 'one of one is not all'

auto() { env "$@" "$LEXCLF" predict --model model a.csv --shard auto --quiet; }
auto SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_STEP=2 >got
auto JOB_COMPLETION_INDEX=2 JOB_COMPLETIONS=3 >got2
"$LEXCLF" predict --model model a.csv --shard 2/3 --quiet >wanted
same got wanted
same got2 wanted
expect 2 auto SLURM_ARRAY_TASK_ID=5
stderr_has "option '--shard auto': 'SLURM_ARRAY_TASK_COUNT' is not in the environment"
expect 2 auto SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1
stderr_has 'task 9 is not one of 3 in a row from 1'
expect 2 auto JOB_COMPLETION_INDEX=2
stderr_has "'JOB_COMPLETIONS' is not in the environment"
expect 2 auto JOB_COMPLETION_INDEX=3 JOB_COMPLETIONS=3
expect 2 auto JOB_COMPLETION_INDEX=-1 JOB_COMPLETIONS=3
expect 2 auto A=b
stderr_has 'neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is in the environment'
for wrong in 3/3 -1/3 1 1/ /3 1/3x 0/0 x; do
    refuses 2 "option '--shard': '$wrong' is not auto or I/N" lexclf predict --model model a.csv --shard=$wrong
done
refuses 2 "options '--text' and '--shard' exclude each other" lexclf predict --model model --text rent --shard 0/2
