export const SHELLS = ['bash', 'zsh'] as const

/** Shell → a script that asks smapiv3 for the words that may come next. SHELL tells yargs which form to answer in. */
export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# bash completion for smapiv3
_smapiv3() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  mapfile -t words < <(SHELL=bash smapiv3 --complete "\${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
  COMPREPLY=()
  local word
  for word in "\${words[@]}"; do
    if [[ "$word" == "$current"* ]]; then COMPREPLY+=("$(printf '%q' "$word")"); fi
  done
}
complete -o bashdefault -o default -F _smapiv3 smapiv3
`,
  zsh: `#compdef smapiv3
_smapiv3() {
  local -a reply
  reply=("\${(@f)$(SHELL=zsh smapiv3 --complete "\${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if (( \${#reply} )) && [[ -n "\${reply[1]}" ]]; then _describe 'smapiv3' reply; else _default; fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then _smapiv3 "$@"; else compdef _smapiv3 smapiv3; fi
`,
}
