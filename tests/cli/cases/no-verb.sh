# without a verb, or with a wrong one, the command line is wrong
expect 2 lexclf
stdout_empty
stderr_has 'Usage: lexclf VERB'
stderr_has 'lexclf: no verb given'
expect 2 lexclf trian
stdout_empty
stderr_is <<'END'
lexclf: unknown verb 'trian'
  hint: did you mean 'train'?
END
expect 2 lexclf ''
expect 2 lexclf --quiet train
stderr_has "unknown option '--quiet'"
stderr_has 'options follow the verb'
