/** A record's value, at once where its schema is known. */
import { expect, test } from '@jest/globals';
import { AvroCodec } from '../../wire/avro-codec.ts';
import { decodeRecord } from './decode-record.ts';

const v1 = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] };
const v2 = { type: 'record', name: 'R', fields: [...v1.fields, { name: 'b', type: 'int', default: 7 }] };
const older = new AvroCodec<{ a: string }>(v1, 1, { schemaById: () => Promise.resolve(null) });

function record(value: Buffer | null) {
  return { topic: 't', partition: 0, offset: 0, timestampMs: 0, key: null, value, headers: {} };
}

function codecOver(schemaById: (id: number) => Promise<object | null>) {
  return new AvroCodec<{ a: string; b: number }>(v2, 2, { schemaById });
}

test('#19 a value of a known schema takes no promise, nor does what can never be read', () => {
  const codec = codecOver(() => Promise.resolve(null));
  const asItem = (value: { a: string; b: number }) => ({ item: value });
  const known = decodeRecord(codec, record(codec.encode({ a: 'x', b: 1 })), asItem);
  expect(known).toEqual({ kind: 'value', value: { item: { a: 'x', b: 1 } } });
  expect(decodeRecord(codec, record(null), asItem)).toMatchObject({ kind: 'undecodable' });
  expect(decodeRecord(codec, record(Buffer.from('no')), asItem)).toMatchObject({ kind: 'undecodable' });
});

test('a new schema is asked for, a registry that is away rejects, and one that has none ends the record', async () => {
  const written = record(older.encode({ a: 'x' }));
  const read = (codec: AvroCodec<{ a: string; b: number }>) => decodeRecord(codec, written, ({ b }) => b);
  expect(await read(codecOver(() => Promise.resolve(v1)))).toEqual({ kind: 'value', value: 7 });
  expect(await read(codecOver(() => Promise.resolve(null)))).toMatchObject({ kind: 'undecodable' });
  await expect(read(codecOver(() => Promise.reject(new Error('away'))))).rejects.toThrow('away');
});
