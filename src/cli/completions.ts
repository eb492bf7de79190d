import type { Command } from 'commander';

/** What a shell completes, made from the commands themselves: names of commands, and flags of the one that is typed. */
export function completionScript(program: Command, shell: 'bash' | 'zsh'): string {
  const lines = wordsOf(program, '').map(([typed, words]) => `    "${typed}") words="${words.join(' ')}" ;;`);
  const body = [
    '_muster() {',
    '  local typed="" words="" word',
    // zsh wants the length as an expression of its own.
    '  for word in "${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do',
    '    case "$word" in -*) ;; *) typed="${typed:+$typed }$word" ;; esac',
    '  done',
    '  case "$typed" in',
    ...lines,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _muster muster',
  ];
  return [...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []), ...body].join('\n');
}

/** Each command by what is typed for it, and what may come next. */
function wordsOf(command: Command, typed: string): [string, string[]][] {
  const subcommands = command.commands.filter((one) => !one.name().startsWith('help'));
  const flags = command.options.flatMap(({ long, hidden }) =>
    long === undefined || hidden ? [] : [long ?? ''],
  );
  return [
    [typed, [...subcommands.map((one) => one.name()), ...flags]],
    ...subcommands.flatMap((one) => wordsOf(one, typed === '' ? one.name() : `${typed} ${one.name()}`)),
  ];
}
