/** Scripts with which a shell completes commands and options. Pure: in go the commands, out comes the text. */
import { commonOptions, type Command } from './command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const program = 'deeperhub-webhooks';

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      // zsh runs bash completions: one script is one truth.
      return `#compdef ${program}\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
    case 'fish':
      return fishScript(commands);
  }
}

/** The words that may stand first, and behind each those that may stand second. */
function wordsOf(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    const behind = words.get(first) ?? [];
    if (second !== undefined) behind.push(second);
    words.set(first, behind);
  }
  return words;
}

function optionNames({ options }: Command): readonly string[] {
  return Object.keys({ ...options, ...commonOptions }).map((name) => `--${name}`);
}

function bashScript(commands: readonly Command[]): string {
  const words = wordsOf(commands);
  const cases = [
    ...commands.map((command) => `    '${command.name}'*) words='${optionNames(command).join(' ')}' ;;`),
    ...[...words]
      .filter(([, seconds]) => seconds.length > 0)
      .map(([first, seconds]) => `    '${first}') words='${seconds.join(' ')}' ;;`),
  ];
  return `_deeperhub_webhooks() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=''
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
    '') words='${[...words.keys(), 'help', '--version', '--help'].join(' ')}' ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _deeperhub_webhooks ${program}
`;
}

function fishScript(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => {
    const [first = '', second] = command.name.split(' ');
    const summary = quoted(command.summary);
    const seen =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`;
    const name =
      second === undefined
        ? [`complete -c ${program} -f -n __fish_use_subcommand -a ${first} -d ${summary}`]
        : [
            `complete -c ${program} -f -n __fish_use_subcommand -a ${first}`,
            `complete -c ${program} -f -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${summary}`,
          ];
    const options = Object.entries({ ...command.options, ...commonOptions }).map(
      ([option, { takes, text }]) =>
        `complete -c ${program} -n '${seen}' -l ${option}${takes === null ? '' : ' -r'} -d ${quoted(text)}`,
    );
    return [...name, ...options];
  });
  return `${[...new Set(lines)].join('\n')}\n`;
}
