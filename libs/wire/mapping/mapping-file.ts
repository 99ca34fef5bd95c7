/**
 * In: the text of a mapping file, YAML or JSON. Out: its mappings.
 * All problems are told at once, each with its line and the path to its place.
 */
import { LineCounter, parseDocument, type Document } from 'yaml';
import { patternIn } from '../topics.ts';
import { parseCondition } from './condition.ts';
import { parseExpression, type Expression } from './expression.ts';
import { isObject } from './mapping-input.ts';
import { presetNames, presets, type PartName, type PresetName } from './presets.ts';
import { TopicMapping } from './topic-mapping.ts';

type Path = readonly (string | number)[];
type Tell = (path: Path, problem: string) => void;

const partNames: readonly PartName[] = ['id', 'type', 'source', 'subject', 'client', 'time', 'data'];
const known = new Set<string>(['topic', 'preset', 'skip', ...partNames]);
/** Kafka's own rule. */
const topicName = /^[A-Za-z0-9._-]{1,249}$/;
const mappingsMax = 1_000;
const charsMax = 1024 * 1024;

/** What nothing else says. The source makes ids unique that are so in one topic. */
const usual: Readonly<Partial<Record<PartName, Expression>>> = {
  id: parseExpression('${partition}-${offset}'),
  source: parseExpression('/${topic}'),
  data: parseExpression('${value}'),
};

/** @throws Error naming every problem, one a line */
export function parseMappings(text: string): readonly TopicMapping[] {
  if (text.length > charsMax) throw new Error(`has more than ${charsMax} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, maxAliasCount: 0 } as object);
  const problems: string[] = document.errors.map(
    ({ pos: [at], message }) => `line ${lines.linePos(at).line}: ${message}`,
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const mappings = mappingsIn(document.toJS({ maxAliasCount: 100 }), (path, problem) => {
    problems.push(`line ${lineOf(document, lines, path)}, ${shownPath(path)}: ${problem}`);
  });
  const found = problems.join('\n');
  if (found !== '') throw new Error(found);
  return mappings;
}

function mappingsIn(root: unknown, tell: Tell): readonly TopicMapping[] {
  const list = isObject(root) ? root['mappings'] : undefined;
  if (!isObject(root) || !Array.isArray(list) || list.length === 0) {
    tell([], 'must be an object with a list: mappings');
    return [];
  }
  for (const name of Object.keys(root)) if (name !== 'mappings') tell([name], 'is not known: there is mappings');
  if (list.length > mappingsMax) tell(['mappings'], `has more than ${mappingsMax} items`);
  return list.slice(0, mappingsMax).flatMap((item, index) => mappingOf(item, ['mappings', index], tell) ?? []);
}

function mappingOf(item: unknown, path: Path, tell: Tell): TopicMapping | null {
  if (!isObject(item)) {
    tell(path, `must be an object with ${[...known].join(', ')}`);
    return null;
  }
  for (const name of Object.keys(item)) {
    if (!known.has(name)) tell([...path, name], `is not known: there are ${[...known].join(', ')}`);
  }
  const topic = topicOf(item['topic'], [...path, 'topic'], tell);
  const preset = presetOf(item['preset'], [...path, 'preset'], tell);
  const parts: Partial<Record<PartName, Expression>> = { ...usual, ...preset?.parts };
  for (const name of partNames) {
    const written = item[name];
    if (written === undefined) continue;
    const part = read(parseExpression, written, [...path, name], tell);
    if (part !== null) parts[name] = part;
  }
  if (item['type'] === undefined && preset === null) tell(path, 'needs a type, or a preset that has one');
  const written = item['skip'];
  const skip = written === undefined ? preset?.skip : read(parseCondition, written, [...path, 'skip'], tell);
  return topic === null ? null : new TopicMapping({ topic, parts, preset, skip: skip ?? parseCondition(false) });
}

function topicOf(topic: unknown, path: Path, tell: Tell): string | null {
  const pattern = typeof topic === 'string' ? patternIn(topic) : undefined;
  if (pattern !== undefined) {
    try {
      new RegExp(pattern);
      return topic as string;
    } catch {
      tell(path, 'is a regular expression that cannot be read');
      return null;
    }
  }
  if (typeof topic === 'string' && topicName.test(topic)) return topic;
  tell(path, 'must be the name of a topic, or a regular expression between slashes');
  return null;
}

function presetOf(name: unknown, path: Path, tell: Tell) {
  if (name === undefined) return null;
  const found = presetNames.find((preset): preset is PresetName => preset === name);
  if (found !== undefined) return presets[found];
  tell(path, `must be one of ${presetNames.join(', ')}`);
  return null;
}

function read<T>(parse: (written: unknown) => T, written: unknown, path: Path, tell: Tell): T | null {
  try {
    return parse(written);
  } catch (error) {
    tell(path, error instanceof Error ? error.message : String(error));
    return null;
  }
}

/** Of the nearest place that is in the file. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined;
    if (node?.range?.[0] !== undefined) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function shownPath(path: Path): string {
  if (path.length === 0) return 'the file';
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
