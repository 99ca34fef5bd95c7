/** The mappings of a file, found by the topic of a record. The first that fits counts. */
import { readFileSync } from 'node:fs';
import { ownTopics, patternIn } from '../topics.ts';
import { parseMappings } from './mapping-file.ts';
import type { TopicMapping } from './topic-mapping.ts';

/** @throws Error naming every problem of the file, or why it cannot be read */
export function readMappings(path: string): readonly TopicMapping[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new Error(`names a file that cannot be read (${String(code)})`, { cause: error });
  }
  let mappings: readonly TopicMapping[];
  try {
    mappings = parseMappings(text);
  } catch (error) {
    const lines = error instanceof Error ? error.message.replaceAll('\n', '\n    ') : String(error);
    throw new Error(`names a file with problems:\n    ${lines}`, { cause: error });
  }
  const own = mappings.find(({ topic }) => ownNames.has(topic));
  if (own !== undefined) throw new Error(`names a file with a mapping for ${own.topic}, a topic of this system's own`);
  return mappings;
}

const ownNames = new Set(ownTopics.map(({ name }) => name));

export class Mappings {
  private readonly mappings: readonly { readonly mapping: TopicMapping; readonly fits: (topic: string) => boolean }[];
  private readonly own: ReadonlySet<string>;
  private readonly found = new Map<string, TopicMapping | null>();

  /** @param prefix goes before names of topics, as everywhere, and not before regular expressions */
  constructor(mappings: readonly TopicMapping[], prefix: string) {
    this.own = new Set([...ownNames].map((name) => prefix + name));
    this.mappings = mappings.map((mapping) => ({ mapping, fits: fitting(mapping.topic, prefix) }));
  }

  /** Some of them have JSONata. */
  get isAsynchronous(): boolean {
    return this.mappings.some(({ mapping }) => mapping.isAsynchronous);
  }

  get isEmpty(): boolean {
    return this.mappings.length === 0;
  }

  find(topic: string): TopicMapping | null {
    const known = this.found.get(topic);
    if (known !== undefined) return known;
    const found = this.own.has(topic) ? null : (this.mappings.find(({ fits }) => fits(topic))?.mapping ?? null);
    // Names come from Kafka, and in headers of records that are sent again.
    if (this.found.size < topicsMax) this.found.set(topic, found);
    return found;
  }
}

const topicsMax = 10_000;

function fitting(item: string, prefix: string): (topic: string) => boolean {
  const pattern = patternIn(item);
  if (pattern === undefined) return (topic) => topic === prefix + item;
  const expression = new RegExp(pattern);
  return (topic) => expression.test(topic);
}
