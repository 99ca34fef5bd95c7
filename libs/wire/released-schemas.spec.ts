/** Apps of the last release read what these write, and the other way round: so going back and rolling out lose nothing. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { boundedType } from './bounded-avro.ts';
import { schemaFile } from './schema-files.ts';
import { allTopics } from './topics.ts';

const folder = join(import.meta.dirname, '..', '..', 'schemas', 'released');
const released = globSync('*.avsc', { cwd: folder }).map((name) => basename(name, '.avsc'));

function parsed(schema: object): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema, { typeHook: boundedType });
}

/** Why values of the one cannot be read as the other; null: they can. */
function obstacle(writer: object, reader: object): string | null {
  try {
    parsed(reader).createResolver(parsed(writer));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe.each(released.sort())('%s', (name) => {
  const before = JSON.parse(readFileSync(join(folder, `${name}.avsc`), 'utf8')) as object;

  test('as the last release wrote it is read by these apps', () => {
    expect(obstacle(before, schemaFile(name))).toBeNull();
  });

  test('as these apps write it is read by the last release', () => {
    expect(obstacle(schemaFile(name), before)).toBeNull();
  });
});

test('no schema of the last release is missing', () => {
  const names = new Set(allTopics.flatMap(({ schema }) => (schema === null ? [] : [schema])));
  expect(released.filter((name) => !names.has(name))).toEqual([]);
  expect(released.length).toBeGreaterThanOrEqual(8);
});

describe('what an app of before cannot read is found', () => {
  const kind = (symbols: string[]) => ({ type: 'enum', name: 'Kind', symbols });
  const record = (...fields: object[]) => ({ type: 'record', name: 'Value', fields });
  const id = { name: 'id', type: 'string' };
  test.each([
    ['a new symbol', record({ name: 'kind', type: kind(['a', 'b']) }), record({ name: 'kind', type: kind(['a']) })],
    [
      'a new branch',
      record({ name: 'x', type: ['null', 'string', 'long'] }),
      record({ name: 'x', type: ['null', 'string'] }),
    ],
    ['a field that is gone', record(id), record(id, { name: 'old', type: 'string' })],
    ['another type', record({ name: 'id', type: 'long' }), record(id)],
  ])('%s', (_what, now, before) => {
    expect(obstacle(now, before)).not.toBeNull();
  });

  test('a new field with a default is none, nor is one that is gone and had a default', () => {
    const more = record(id, { name: 'more', type: ['null', 'string'], default: null });
    expect([obstacle(more, record(id)), obstacle(record(id), more)]).toEqual([null, null]);
  });
});
