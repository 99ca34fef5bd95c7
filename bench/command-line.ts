/** Words after `npm run bench --`. Pure. */
import { appNames, type AppName } from '../stack/apps.ts';
import type { Work } from './work.ts';

export type BenchCommandLine =
  | { readonly kind: 'run'; readonly works: readonly Work[]; readonly profiled: readonly AppName[] }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly sentence: string };

export function parseBenchCommandLine(words: readonly string[], works: readonly Work[]): BenchCommandLine {
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help', text: helpOf(works) };
  const wanted: Work[] = [];
  const profiled: AppName[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--profile') {
      const name = words[(index += 1)] ?? '';
      const app = appNames.find((candidate) => candidate === name);
      if (app === undefined) return refusal(`--profile takes one of ${appNames.join(', ')}, not '${name}'.`);
      profiled.push(app);
      continue;
    }
    const work = works.find(({ name }) => name === word);
    if (work === undefined) {
      const known = works.map(({ name }) => name).join(', ');
      return refusal(`There is no work '${word}': use ${known}, or options --profile APP, --help.`);
    }
    wanted.push(work);
  }
  return { kind: 'run', works: wanted.length === 0 ? works : wanted, profiled };
}

function refusal(sentence: string): BenchCommandLine {
  return { kind: 'refused', sentence };
}

function helpOf(works: readonly Work[]): string {
  return [
    'npm run bench [-- WORK… --profile APP…]',
    '',
    'Measures the system on an embedded stack of its own: without a name every work, one after another.',
    'The load and the receivers are processes of their own on the same machine; figures are in docs/performance.md.',
    '',
    ...works.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`),
    '',
    `  --profile APP  keeps a CPU profile of that app, of the measured time, in .data/bench/profiles; as often as wanted`,
    '  --help         this text',
    '',
    'KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL each replace the embedded part, as with npm start: the run then has',
    'topics under a prefix and a database of its own there, and removes them.',
    'Results are kept in bench/results/, with a plot of all runs of a work. Nothing is left running, also after Ctrl-C.',
  ].join('\n');
}
