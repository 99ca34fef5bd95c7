/**
 * What the code says of itself, as rows of tables: the other side of docs/reference.md. A row is its cells as plain
 * text.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../cli/commands.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { capabilities } from '../../libs/domain/access/capabilities.ts';
import { publicationWarnings } from '../../libs/api-contract/events.ts';
import { allOperations } from '../../libs/api-contract/operations.ts';
import { problemCodes } from '../../libs/api-contract/problem-codes.ts';
import { rejectionReasons } from '../../libs/domain/event/rejection.ts';
import * as configKeys from '../../libs/runtime/config-keys.ts';
import type { ConfigSpec } from '../../libs/runtime/config.ts';
import { dispatchKeys } from '../../libs/runtime/dispatch-keys.ts';
import { egressKeys } from '../../libs/runtime/egress-keys.ts';
import { egressProxyKeys } from '../../libs/runtime/egress-proxy-keys.ts';
import { operationsKeys } from '../../libs/runtime/operations-keys.ts';
import { operatorOidcKeys } from '../../libs/runtime/oidc-keys.ts';
import { platformKafkaKeys } from '../../libs/runtime/platform-kafka-keys.ts';
import { portalKeys } from '../../libs/runtime/portal-keys.ts';
import { retryKeys } from '../../libs/runtime/retry-keys.ts';
import { tracingKeys } from '../../libs/runtime/tracing-keys.ts';
import { verificationKeys } from '../../libs/runtime/verification-keys.ts';
import { webhookLimitKeys } from '../../libs/runtime/webhook-limit-keys.ts';
import { allTopics } from '../../libs/wire/topics.ts';
import { areas } from '../../libs/domain/system/finding.ts';
import { setupConfig } from '../../stack/setup-config.ts';
import { importsOf, repositoryRoot, sourceFiles, type SourceFile } from './source-tree.ts';
import { dayMs } from '../../libs/domain/day.ts';

export type Row = readonly string[];

export function topicRows(): readonly Row[] {
  return allTopics.map((topic) => [
    topic.name,
    topic.schema === null ? '—' : `${topic.schema}.avsc`,
    topic.compacted ? 'compacted' : `${topic.retentionMs / dayMs} days`,
  ]);
}

interface AvroField {
  readonly name: string;
  readonly doc?: string;
  readonly type: AvroType;
}
type AvroType =
  | string
  | readonly AvroType[]
  | {
      readonly type: AvroType;
      readonly logicalType?: string;
      readonly items?: AvroType;
      readonly values?: AvroType;
      readonly name?: string;
      readonly fields?: readonly AvroField[];
    };

export interface Schema {
  readonly name: string;
  readonly doc: string;
  readonly rows: readonly Row[];
}

export function schemas(): readonly Schema[] {
  const folder = join(repositoryRoot, 'schemas');
  const files = readdirSync(folder).filter((name) => name.endsWith('.avsc'));
  return files.map((file) => {
    const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { doc: string; fields: AvroField[] };
    return { name: file.replace(/\.avsc$/, ''), doc: schema.doc, rows: fieldRows(schema.fields, '') };
  });
}

/** One row a field; the fields of a record inside follow it, with its name in front. */
function fieldRows(fields: readonly AvroField[], prefix: string): readonly Row[] {
  return fields.flatMap((field) => {
    const name = `${prefix}${field.name}`;
    const inside = recordInside(field.type);
    const own = [name, typeText(field.type), field.doc ?? ''];
    return [own, ...fieldRows(inside?.fields ?? [], `${name}${inside?.isList === true ? '[]' : ''}.`)];
  });
}

function recordInside(type: AvroType): { fields: readonly AvroField[]; isList: boolean } | null {
  if (typeof type === 'string') return null;
  if ('fields' in type) return { fields: type.fields, isList: false };
  if (!('items' in type)) return null;
  const items = recordInside(type.items);
  return items === null ? null : { ...items, isList: true };
}

function typeText(type: AvroType): string {
  if (typeof type === 'string') return type;
  if (isUnion(type)) return type.map(typeText).join(' or ');
  if (type.logicalType !== undefined) return type.logicalType;
  if (type.items !== undefined) return `array of ${typeText(type.items)}`;
  if (type.values !== undefined) return `map of ${typeText(type.values)}`;
  return type.name ?? typeText(type.type);
}

function isUnion(type: AvroType): type is readonly AvroType[] {
  return Array.isArray(type);
}

const apps = ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'management-api', 'monitor'];

/** Every configuration key, with the apps whose config.ts names it, and the setup step. */
export async function configRows(): Promise<readonly Row[]> {
  const readers = new Map<string, string[]>();
  for (const app of apps) {
    for (const name of Object.keys(await appConfig(app))) readers.set(name, [...(readers.get(name) ?? []), app]);
  }
  const groups = Object.values(configKeys).filter(
    (value): value is ConfigSpec & typeof value => typeof value === 'object',
  );
  const more = [
    dispatchKeys,
    egressKeys,
    egressProxyKeys,
    operationsKeys,
    operatorOidcKeys(capabilities),
    platformKafkaKeys,
    portalKeys,
    retryKeys,
    tracingKeys,
    verificationKeys,
    webhookLimitKeys,
  ];
  return [...groups, ...more].flatMap((group) =>
    Object.entries(group as ConfigSpec).map(([name, key]) => [
      name,
      key.default === null ? 'required' : key.default === '' ? '(empty)' : key.default,
      key.unit,
      key.description + (key.secret ? ' (secret)' : ''),
      readersText(readers.get(name) ?? [], name in setupConfig),
    ]),
  );
}

/** The app and the port on which it listens unless HTTP_PORT says otherwise. */
export async function portRows(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const app of apps) rows.push([app, (await appConfig(app))['HTTP_PORT']?.default ?? '']);
  return rows;
}

async function appConfig(app: string): Promise<ConfigSpec> {
  if (!existsSync(join(repositoryRoot, 'apps', app, 'config.ts'))) return {};
  const module = (await import(`../../apps/${app}/config.ts`)) as Record<string, unknown>;
  return Object.values(module).find((value) => typeof value === 'object') as ConfigSpec;
}

function readersText(names: readonly string[], isSetup: boolean): string {
  const readers = names.length === apps.length ? ['all'] : names;
  return [...readers, ...(isSetup ? ['setup'] : [])].join(', ') || '—';
}

export function doctorRows(): readonly Row[] {
  return Object.entries(areas);
}

const metricCall = /\b(counter|gauge|histogram)\(\s*(?=['"])/g;

/** Metrics as they are declared in apps and libs: name, kind, labels, help, apps. */
export function metricRows(): readonly Row[] {
  const found = new Map<string, { row: string[]; places: Set<string> }>();
  const sources = sourceFiles();
  for (const { path, text } of sources) {
    if (!/^(apps|libs)\//.test(path) || path.endsWith('.spec.ts') || path === 'libs/runtime/metrics.ts') continue;
    for (const call of text.matchAll(metricCall)) {
      const [name = '', help = '', ...rest] = argumentsAt(text, call.index + call[0].length);
      const kind = call[1] ?? '';
      const labels = [...(rest[kind === 'histogram' ? 1 : 0] ?? '').matchAll(/'([^']+)'/g)].map((match) => match[1]);
      const full = name.startsWith('webhooks_') ? name : `webhooks_${name}`;
      const row = [full, kind, labels.join(', '), help];
      const entry = found.get(full) ?? { row, places: new Set() };
      found.set(full, entry);
      for (const app of appsWith(path, sources)) entry.places.add(app);
    }
  }
  return [...found.values()].map(({ row, places }) => [
    ...row,
    places.size === apps.length ? 'all' : [...places].sort().join(', '),
  ]);
}

/** The app that a file belongs to; for a file of a library, the apps that import it. */
function appsWith(path: string, sources: readonly SourceFile[]): readonly string[] {
  const ownApp = /^apps\/([^/]+)/.exec(path)?.[1];
  if (ownApp !== undefined) return [ownApp];
  return apps.filter((app) =>
    sources.some(
      (source) =>
        source.path.startsWith(`apps/${app}/`) &&
        importsOf(source).some(({ specifier }) => specifier.endsWith(path) && !source.path.endsWith('.spec.ts')),
    ),
  );
}

/** The arguments of a call as they are written, quotes of plain strings taken off. `start` is behind the bracket. */
function argumentsAt(text: string, start: number): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let quote = '';
  let begin = start;
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote !== '') {
      if (character === quote && text.charAt(index - 1) !== '\\') quote = '';
    } else if ('\'"`'.includes(character)) quote = character;
    else if ('([{'.includes(character)) depth += 1;
    else if (depth > 0 && ')]}'.includes(character)) depth -= 1;
    else if (depth === 0 && (character === ',' || character === ')')) {
      found.push(
        text
          .slice(begin, index)
          .trim()
          .replace(/^(['"])(.*)\1$/s, '$2'),
      );
      begin = index + 1;
      if (character === ')') return found;
    }
  }
  return found;
}

export function operationRows(): readonly Row[] {
  return allOperations.map(({ method, path, summary, roles }) => [
    `${method.toUpperCase()} ${path}`,
    summary,
    roles.join(', '),
  ]);
}

export function commandRows(): readonly Row[] {
  return commands.map(({ name, operands, summary }) => [`${name} ${operands}`.trim(), summary]);
}

export function exitCodeRows(): readonly Row[] {
  return Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]);
}

export function problemRows(): readonly Row[] {
  return Object.entries(problemCodes).map(([code, { status, meaning }]) => [code, String(status), meaning]);
}

export function publicationWarningRows(): readonly Row[] {
  return Object.entries(publicationWarnings).map(([code, meaning]) => [code, meaning]);
}

export function rejectionRows(): readonly Row[] {
  return Object.entries(rejectionReasons).map(([reason, meaning]) => [reason, meaning]);
}

/** The members of a union of literals, as it is declared in a source file. */
export function unionMembers(path: string, type: string): readonly string[] {
  const text = readFileSync(join(repositoryRoot, path), 'utf8');
  const declaration = new RegExp(`^export type ${type} =([^;]*);`, 'm').exec(text)?.[1];
  if (declaration === undefined) throw new Error(`${path} declares no type ${type}`);
  const [, list] = /^ \(typeof (\w+)\)\[number\]$/.exec(declaration) ?? [];
  const words = list === undefined ? declaration : new RegExp(`^export const ${list} = ([^;]*);`, 'm').exec(text)?.[1];
  return [...(words ?? '').matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}
