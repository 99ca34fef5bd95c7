import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { AvroCodec, AvroDecodeError } from './avro-codec.ts';
import { schemaFile } from './schema-files.ts';
import { allTopics } from './topics.ts';

const v1 = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] };
const v2 = { type: 'record', name: 'R', fields: [...v1.fields, { name: 'b', type: 'int', default: 7 }] };
const unrelated = { type: 'record', name: 'R', fields: [{ name: 'z', type: 'bytes' }] };

function source(schemas: Record<number, object>) {
  const asked: number[] = [];
  return {
    asked,
    schemaById: (id: number) => {
      asked.push(id);
      return Promise.resolve(schemas[id] ?? null);
    },
  };
}

describe('codec', () => {
  test('frames values with the id of their schema', () => {
    const codec = new AvroCodec<{ a: string }>(v1, 258, source({}));
    const framed = codec.encode({ a: 'x' });
    expect([...framed.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2]);
    expect(codec.decode(framed)).toEqual({ a: 'x' });
  });

  test('#19 writes values of every size as avsc does, and reads each of them once', () => {
    const schema = { type: 'record', name: 'B', fields: [{ name: 'b', type: 'bytes' }, ...v1.fields] };
    const codec = new AvroCodec<{ b: Buffer; a: string }>(schema, 1, source({}));
    const plain = avsc.Type.forSchema(schema as avsc.Schema);
    const sizes = [0, 1_000, 1_024, 5_000, 16_370, 16_384, 20_000, 300_000, 600_000, 7];
    for (const size of [...sizes, ...sizes]) {
      const b = Buffer.alloc(size, size);
      const framed = codec.encode({ b, a: 'é'.repeat(size % 100) });
      expect(framed.subarray(5).equals(plain.toBuffer({ b, a: 'é'.repeat(size % 100) }))).toBe(true);
    }
    let reads = 0;
    const value = {
      get b() {
        reads += 1;
        return Buffer.alloc(5_000);
      },
      a: 'x',
    };
    codec.encode(value);
    expect(reads).toBe(1);
  });

  test('extends a value of a type that it begins with, byte for byte as if it was encoded', () => {
    const base = new AvroCodec<{ a: string }>(v1, 1, source({}));
    const codec = new AvroCodec<{ a: string; b: number }>(v2, 2, source({}));
    const extend = codec.extension(base);
    expect(extend(base.encode({ a: 'x' }), { b: 9 })).toEqual(codec.encode({ a: 'x', b: 9 }));
    // What another version wrote has to be decoded.
    expect(extend(new AvroCodec<{ a: string }>(v1, 3, source({})).encode({ a: 'x' }), { b: 9 })).toBeNull();
    expect(extend(Buffer.from('no'), { b: 9 })).toBeNull();
    expect(() => codec.extension(new AvroCodec(unrelated, 4, source({})))).toThrow('begin alike');
  });

  test('learns an older writer once, then reads it at once', async () => {
    const registry = source({ 1: v1 });
    const older = new AvroCodec<{ a: string }>(v1, 1, source({})).encode({ a: 'x' });
    const codec = new AvroCodec<{ a: string; b: number }>(v2, 2, registry);
    expect(codec.knows(older)).toBe(false);
    expect(codec.decode(older)).toBeNull();
    await codec.learn(older);
    expect(codec.decode(older)).toEqual({ a: 'x', b: 7 });
    await codec.learn(older);
    expect(registry.asked).toEqual([1]);
  });

  test.each([
    ['a schema that the registry does not have', 9],
    ['a schema that cannot be read as ours', 3],
  ])('%s makes its records unreadable, not the stream', async (_, id) => {
    const record = new AvroCodec<{ z: Buffer }>(unrelated, id, source({})).encode({ z: Buffer.from('z') });
    const codec = new AvroCodec<{ a: string }>(v1, 1, source({ 3: unrelated }));
    await codec.learn(record);
    expect(codec.knows(record)).toBe(true);
    expect(() => codec.decode(record)).toThrow(AvroDecodeError);
  });

  test.each([Buffer.from(''), Buffer.from('{}'), Buffer.from([0, 0, 0, 0]), Buffer.from([1, 0, 0, 0, 1, 2])])(
    'bytes %j are no frame',
    (bytes) => {
      expect(() => new AvroCodec(v1, 1, source({})).decode(bytes)).toThrow('wire format');
    },
  );

  test('a registry that is away is not remembered as having nothing', async () => {
    let isAway = true;
    const codec = new AvroCodec<{ a: string; b: number }>(v2, 2, {
      schemaById: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(v1)),
    });
    const older = new AvroCodec<{ a: string }>(v1, 1, source({})).encode({ a: 'x' });
    await expect(codec.learn(older)).rejects.toThrow('away');
    isAway = false;
    await expect(codec.decodeAsync(older)).resolves.toEqual({ a: 'x', b: 7 });
  });
});

test.each(allTopics.filter((topic) => topic.schema !== null).map((topic) => [topic.name, topic.schema]))(
  '%s has its schema, and every field of it says what it means',
  (_, name) => {
    const schema = schemaFile(String(name)) as { doc?: string; fields: { name: string; doc?: string }[] };
    expect(schema.doc).toBeTruthy();
    expect(schema.fields.filter((field) => (field.doc ?? '').length < 8).map((field) => field.name)).toEqual([]);
  },
);
