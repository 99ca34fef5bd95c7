/**
 * What of a mapping is known beforehand, for topics that are written in one way everywhere. Each part can be written anew in the file.
 * Source: Debezium 3, "Data change events" of each connector, and "Outbox Event Router".
 */
import { createHash } from 'node:crypto';
import { parseCondition, type Condition } from './condition.ts';
import { parseExpression, type Expression } from './expression.ts';
import { isEnvelope, isObject, type Found, type MappingInput } from './mapping-input.ts';
import { plainText } from './template.ts';

/** The attributes of an event, and its data. */
export type PartName = 'id' | 'type' | 'source' | 'subject' | 'client' | 'time' | 'data';
export type Parts = Readonly<Partial<Record<PartName, Expression>>>;

export interface Preset {
  readonly parts: Parts;
  readonly skip: Condition;
  /** Null: the value is no such record; says what it is instead. */
  readonly misfit: (value: unknown) => string | null;
  /** Whether the value has a row. */
  readonly hasRow: boolean;
}

export const presetNames = ['debezium', 'debezium-outbox'] as const;
export type PresetName = (typeof presetNames)[number];

/** What is read from a table as it is found says nothing that happened; neither do cut tables and messages of the log. */
const happensToNoRow = parseCondition({ of: '${value.op}', in: ['r', 't', 'm'] });

export const presets: Readonly<Record<PresetName, Preset>> = {
  debezium: {
    parts: {
      id: { kind: 'own', find: changeId },
      type: { kind: 'own', find: changeType },
      source: parseExpression('/debezium/${value.source.connector}/${value.source.name}'),
      time: parseExpression(['${value.source.ts_ms}', '${value.ts_ms}']),
      data: parseExpression('${row}'),
    },
    skip: happensToNoRow,
    misfit: (value) => (isChange(value) ? null : `the value is not a change event of Debezium${whatItIs(value)}`),
    hasRow: true,
  },
  'debezium-outbox': {
    parts: {
      id: parseExpression('${header.id}'),
      type: parseExpression(['${header.eventType}', '${header.type}']),
      source: parseExpression('/${topic}'),
      subject: parseExpression('${key}'),
      time: parseExpression('${timestamp}'),
      data: parseExpression({ json: '${value}' }),
    },
    skip: parseCondition(false),
    misfit: () => null,
    hasRow: false,
  },
};

const ops: Readonly<Record<string, string>> = { c: 'created', u: 'updated', d: 'deleted', r: 'read' };

function isChange(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && typeof value['op'] === 'string';
}

function whatItIs(value: unknown): string {
  if (isEnvelope(value)) return ': its payload is none';
  if (!isObject(value)) return '';
  if (Object.keys(value).some((name) => name.startsWith('__'))) {
    return ': it looks unwrapped (ExtractNewRecordState): leave the preset out, and name places such as ${value.__op}';
  }
  return ': it has no op';
}

/** The row that a change is about: as it is now, or, when it is deleted, as it was. Undefined: it has none. */
export function rowOf(value: unknown): { readonly row: unknown; readonly name: string } | null {
  if (!isObject(value)) return null;
  const name = isThere(value['after']) ? 'after' : 'before';
  return isThere(value[name]) ? { row: value[name], name } : null;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** `<table>.created`, `.updated`, `.deleted` or `.read`; a collection where there are no tables. */
function changeType({ value }: MappingInput): Found {
  const { source, op } = value as { source?: unknown; op: string };
  const table = isObject(source) ? (plainText(source['table']) ?? plainText(source['collection'])) : null;
  if (table === null) return { ok: false, gap: '${value.source.table} is not there' };
  const what = ops[op];
  return what === undefined
    ? { ok: false, gap: '${value.op} is none of c, u, d, r' }
    : { ok: true, value: `${table}.${what}` };
}

/** Where in the log of the database a change is, by the connectors of Debezium. Times and flags are no places. */
const places = [
  ...['db', 'schema', 'table', 'collection', 'keyspace_name', 'rs'],
  ...[
    'lsn',
    'txId',
    'gtid',
    'file',
    'pos',
    'row',
    'commit_lsn',
    'change_lsn',
    'event_serial_no',
    'scn',
    'ssn',
    'rs_id',
  ],
  ...['ord', 'lsid', 'txnNumber', 'vgtid', 'begin_lsn'],
];
const logPlaces = new Set(places.slice(6));

/**
 * A connector that is started again writes its last changes once more. So the id is of the change in the database's log, and of
 * its row: a change that came twice is one event. Without such a place it is of the record.
 */
function changeId({ value, record }: MappingInput): Found {
  const { source, op } = value as { source?: unknown; op: string };
  const known = isObject(source)
    ? places.flatMap((name) => {
        const text = plainText(source[name]);
        return text === null ? [] : [`${name}=${text}`];
      })
    : [];
  const isPlaced = isObject(source) && [...logPlaces].some((name) => isThere(source[name]));
  const place = isPlaced ? known : [record.topic, String(record.partition), String(record.offset)];
  const hash = createHash('sha256').update(JSON.stringify([place, op]));
  if (isPlaced) hash.update(record.key ?? '');
  return { ok: true, value: hash.digest('hex').slice(0, 32) };
}
