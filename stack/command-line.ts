/** Options of the verbs. Pure: what comes in are the words after the verb, what goes out is what they mean. */

export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Flag, such as --no-demo, or --apps= where a value follows, to what it does. */
  readonly flags: Readonly<Record<string, string>>;
  /** Further lines of --help. */
  readonly notes?: readonly string[];
}

export type CommandLine =
  | { readonly kind: 'run'; readonly flags: ReadonlySet<string>; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly sentence: string };

export function parseCommandLine(verb: Verb, words: readonly string[]): CommandLine {
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help', text: helpOf(verb) };
  const values = new Map(words.flatMap((word) => valueIn(verb, word)));
  const flags = words.filter((word) => valueIn(verb, word).length === 0);
  const unknown = flags.find((word) => word.endsWith('=') || !Object.hasOwn(verb.flags, word));
  if (unknown === undefined) return { kind: 'run', flags: new Set(flags), values };
  const known = Object.keys(verb.flags).concat('--help').join(', ');
  return { kind: 'refused', sentence: `Unknown option '${unknown}' of ${commandOf(verb)}: it takes ${known}.` };
}

function valueIn(verb: Verb, word: string): readonly (readonly [flag: string, value: string])[] {
  const end = word.indexOf('=') + 1;
  const flag = word.slice(0, end);
  return end > 0 && end < word.length && Object.hasOwn(verb.flags, flag) ? [[flag, word.slice(end)]] : [];
}

function helpOf(verb: Verb): string {
  const flags = Object.entries({ ...verb.flags, '--help': 'this text' }).map(
    ([flag, text]) => `  ${flag.padEnd(12)} ${text}`,
  );
  return [
    `${commandOf(verb)} [-- options]`,
    '',
    verb.summary,
    '',
    ...flags,
    ...(verb.notes ?? []).flatMap((note) => ['', note]),
  ].join('\n');
}

function commandOf(verb: Verb): string {
  return verb.name === 'start' || verb.name === 'test' ? `npm ${verb.name}` : `npm run ${verb.name}`;
}
