/** Words after `npm run bench --`. Pure. */
import { appNames, type AppName } from '../stack/apps.ts';
import type { Scenario } from './scenario.ts';
import { freshParts, type FreshPart } from './scenarios/fresh.ts';

/** More would take longer to put there than to measure. */
const webhooksMax = 1_000_000;

export type BenchCommandLine =
  | {
      readonly kind: 'run';
      readonly scenarios: readonly Scenario[];
      readonly profiled: readonly AppName[];
      /** Sizes that `scale` is limited to, and the last one for `neighbours`; null: their own. */
      readonly sizes: readonly number[] | null;
      /** Parts that `fresh` is limited to; null: all of them. */
      readonly parts: readonly FreshPart[] | null;
      /** Of the history of `neighbours`; null: its own numbers. */
      readonly deliveries: number | null;
      readonly clients: number | null;
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly sentence: string };

export function parseBenchCommandLine(words: readonly string[], scenarios: readonly Scenario[]): BenchCommandLine {
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help', text: helpOf(scenarios) };
  const wanted: Scenario[] = [];
  const profiled: AppName[] = [];
  let sizes: readonly number[] | null = null;
  let parts: readonly FreshPart[] | null = null;
  const counts = { deliveries: null as number | null, clients: null as number | null };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--profile') {
      const name = words[(index += 1)] ?? '';
      const app = appNames.find((candidate) => candidate === name);
      if (app === undefined) return refusal(`--profile takes one of ${appNames.join(', ')}, not '${name}'.`);
      profiled.push(app);
      continue;
    }
    if (word === '--webhooks') {
      const text = words[(index += 1)] ?? '';
      sizes = sizesIn(text);
      if (sizes === null) return refusal(`--webhooks takes growing numbers such as 100,100000, not '${text}'.`);
      continue;
    }
    if (word === '--deliveries' || word === '--clients') {
      const { name, min, max } = countOptions[word];
      const text = words[(index += 1)] ?? '';
      const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      if (!(count >= min && count <= max))
        return refusal(`${word} takes a number from ${min} to ${max}, not '${text}'.`);
      counts[name] = count;
      continue;
    }
    if (word === '--parts') {
      const text = words[(index += 1)] ?? '';
      parts = partsIn(text);
      if (parts === null) return refusal(`--parts takes some of ${freshParts.join(',')}, not '${text}'.`);
      continue;
    }
    const scenario = scenarios.find(({ name }) => name === word);
    if (scenario === undefined) {
      const known = scenarios.map(({ name }) => name).join(', ');
      return refusal(
        `There is no scenario '${word}': use ${known}, or options --profile APP, --webhooks N,N, --deliveries N, --clients N, --parts PART,PART, --help.`,
      );
    }
    wanted.push(scenario);
  }
  return { kind: 'run', scenarios: wanted.length === 0 ? scenarios : wanted, profiled, sizes, parts, ...counts };
}

const countOptions = {
  '--deliveries': { name: 'deliveries', min: 1_000, max: 100_000_000 },
  '--clients': { name: 'clients', min: 20, max: 10_000 },
} as const;

/** Null when it is no list of growing numbers from 1 to a million. */
function sizesIn(text: string): readonly number[] | null {
  if (!/^\d{1,7}(,\d{1,7})*$/.test(text)) return null;
  const sizes = text.split(',').map(Number);
  const isGrowing = sizes.every((size, index) => size > (sizes[index - 1] ?? 0) && size <= webhooksMax);
  return isGrowing ? sizes : null;
}

/** Null when it names anything else, or nothing. */
function partsIn(text: string): readonly FreshPart[] | null {
  const names = text.split(',');
  const parts = freshParts.filter((part) => names.includes(part));
  return parts.length === names.length ? parts : null;
}

function refusal(sentence: string): BenchCommandLine {
  return { kind: 'refused', sentence };
}

function helpOf(scenarios: readonly Scenario[]): string {
  return [
    'npm run bench [-- SCENARIO… --profile APP… --webhooks N,N --deliveries N --clients N --parts PART,PART]',
    '',
    'Measures the system on an embedded stack of its own: without a name every scenario, one after another.',
    'The load and the receivers are processes of their own on the same machine; figures are in docs/performance.md.',
    '',
    ...scenarios.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`),
    '',
    `  --profile APP  keeps a CPU profile of that app, of the measured time, in .data/bench/profiles; as often as wanted`,
    '  --webhooks N,N only so many webhooks in the scenario scale, and not its dispatchers: 100,100000 compares the two;',
    '                 of neighbours the last number',
    '  --deliveries N deliveries in the history of neighbours and indexes',
    '  --clients N    clients that have them',
    `  --parts P,P    only these parts of the scenario fresh: ${freshParts.join(', ')}`,
    '  --help         this text',
    '',
    'KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL each replace the embedded part, as with npm start: the run then has',
    'topics under a prefix and a database of its own there, and removes them.',
    'Results are kept in bench/results/, with a plot of all runs of a scenario. Nothing is left running, also after Ctrl-C.',
  ].join('\n');
}
