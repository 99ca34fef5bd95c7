import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { JsonText } from '../domain/payload/json-text.ts';
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
    for (const [a, b] of [
      ['x', 9],
      ['y', 9],
      ['z', 8],
      ['', 9],
    ] as const) {
      expect(extend(base.encode({ a }), { b })).toEqual(codec.encode({ a, b }));
    }
    // What another version wrote has to be decoded.
    expect(extend(new AvroCodec<{ a: string }>(v1, 3, source({})).encode({ a: 'x' }), { b: 9 })).toBeNull();
    expect(extend(Buffer.from('no'), { b: 9 })).toBeNull();
    expect(() => codec.extension(new AvroCodec(unrelated, 4, source({})))).toThrow('begin alike');
  });

  test('#19 reads values without some of their fields, also of a writer that had fewer', async () => {
    interface Wide {
      readonly a: string;
      readonly m: Readonly<Record<string, string>>;
      readonly n: Buffer | null;
      readonly l: readonly string[];
      readonly z: string;
    }
    const fields = [
      { name: 'a', type: 'string' },
      { name: 'm', type: { type: 'map', values: 'string' } },
      { name: 'n', type: ['null', 'bytes'], default: null },
      { name: 'l', type: { type: 'array', items: 'string' } },
      { name: 'z', type: 'string' },
    ];
    const whole = { type: 'record', name: 'W', fields };
    const older = { ...whole, fields: fields.filter(({ name }) => name !== 'n') };
    const codec = new AvroCodec<Wide>(whole, 1, source({ 2: older }));
    const narrow = codec.without(['m', 'n', 'l']);
    const value = { a: 'x', m: { p: 'q', __proto: 'r' }, n: Buffer.from('n'), l: ['s', 't'], z: 'y' };
    expect(narrow.decode(codec.encode(value))).toEqual({ a: 'x', z: 'y' });
    expect(() => narrow.decode(codec.encode(value).subarray(0, -1))).toThrow(AvroDecodeError);
    const written = new AvroCodec<Omit<Wide, 'n'>>(older, 2, source({})).encode(value);
    expect(narrow.knows(written)).toBe(false);
    expect(await narrow.decodeAsync(written)).toEqual({ a: 'x', z: 'y' });
  });

  test('#19 reads maps of texts as the JSON of them, and as objects where that would be another text', async () => {
    interface Mapped {
      readonly m: Readonly<Record<string, string>>;
      readonly z: string;
    }
    const map = { name: 'm', type: { type: 'map', values: 'string' } };
    const schema = { type: 'record', name: 'M', fields: [map, { name: 'z', type: 'string' }] };
    const grown = { ...schema, fields: [...schema.fields, { name: 'n', type: 'int', default: 1 }] };
    const codec = new AvroCodec<Mapped>(schema, 1, source({ 2: grown }));
    const reader = codec.withJsonMaps();
    const plain: Record<string, string>[] = [{}, { a: 'b' }, { 'content-type': '', '': 'x', ['__proto__']: 'p' }];
    for (const m of plain) {
      const { m: read, z } = (await reader.decodeAsync(codec.encode({ m, z: 'z' }))) as { m: unknown; z: string };
      expect(read).toEqual(new JsonText(JSON.stringify(m)));
      expect(z).toBe('z');
    }
    const odd = ['"', '\\', 'é', '\n', '\u007f', '\0', 'x'.repeat(20_000)];
    for (const value of odd) {
      for (const m of [
        { a: 'b', c: value },
        { [value]: 'd', e: 'f' },
      ]) {
        expect(reader.decode(codec.encode({ m, z: 'z' }))).toEqual({ m, z: 'z' });
      }
    }
    const written = new AvroCodec<Mapped & { n: number }>(grown, 2, source({})).encode({ m: { a: 'b' }, z: 'z', n: 2 });
    expect((await reader.decodeAsync(written)).m).toEqual(new JsonText('{"a":"b"}'));
    const other = new AvroCodec<Mapped & { n: number }>(grown, 2, source({})).encode({ m: { a: 'é' }, z: 'z', n: 2 });
    expect((await reader.decodeAsync(other)).m).toEqual({ a: 'é' });
    const whole = codec.encode({ m: { a: 'b' }, z: 'z' });
    for (let end = 5; end < whole.length; end += 1) {
      expect(() => reader.decode(whole.subarray(0, end))).toThrow(AvroDecodeError);
    }
    // A count that its bytes do not hold.
    expect(() => reader.decode(Buffer.from('0000000001feffffff0f', 'hex'))).toThrow(AvroDecodeError);
  });

  test('#19 reads bytes as a part of what holds them', async () => {
    interface Held {
      readonly b: Buffer;
      readonly n: Buffer | null;
      readonly z: string;
    }
    const bytes = [
      { name: 'b', type: 'bytes' },
      { name: 'n', type: ['null', 'bytes'] },
    ];
    const schema = { type: 'record', name: 'H', fields: [...bytes, { name: 'z', type: 'string' }] };
    const grown = { ...schema, fields: [...schema.fields, { name: 'm', type: 'int', default: 1 }] };
    const codec = new AvroCodec<Held>(schema, 1, source({ 2: grown })).withViews();
    for (const value of [
      { b: Buffer.from('body'), n: Buffer.from('n'), z: 'z' },
      { b: Buffer.alloc(0), n: null, z: '' },
      { b: Buffer.alloc(20_000, 'x'), n: null, z: 'z' },
    ]) {
      const framed = codec.encode(value);
      expect(codec.decode(framed)).toEqual(value);
      expect(codec.decode(framed)?.b.buffer).toBe(framed.buffer);
      for (let end = 5; end < Math.min(framed.length, 100); end += 1) {
        expect(() => codec.decode(framed.subarray(0, end))).toThrow(AvroDecodeError);
      }
    }
    expect(() => codec.decode(Buffer.from('000000000101', 'hex'))).toThrow(AvroDecodeError);
    const written = new AvroCodec<Held & { m: number }>(grown, 2, source({})).encode({
      ...{ b: Buffer.from('body'), n: Buffer.from('n'), z: 'z' },
      m: 3,
    });
    expect(await codec.decodeAsync(written)).toEqual({ b: Buffer.from('body'), n: Buffer.from('n'), z: 'z' });
  });

  test('#19 writes texts of every length and kind as avsc does, wherever they end', () => {
    const map = { name: 'm', type: { type: 'map', values: 'string' } };
    const fields = [{ name: 'b', type: 'bytes' }, ...v1.fields, { name: 'n', type: ['null', 'string'] }, map];
    const schema = { type: 'record', name: 'T', fields };
    const codec = new AvroCodec<object>(schema, 1, source({}));
    const plain = avsc.Type.forSchema(schema as avsc.Schema);
    const texts = [
      '',
      'a',
      'x'.repeat(63),
      'x'.repeat(64),
      'x'.repeat(65),
      'aé',
      '\u0000',
      '\ud83d\ude00',
      '日本',
      '\u007f\u0080',
    ];
    for (const text of texts) {
      const value = { b: Buffer.alloc(3), a: text, n: text, m: { [text]: text, other: 'x' } };
      expect(codec.encode(value).subarray(5).equals(plain.toBuffer(value))).toBe(true);
    }
    for (let size = 16_250; size < 16_400; size += 1) {
      const value = { b: Buffer.alloc(size), a: 'x'.repeat(size % 70), n: null, m: { k: 'v'.repeat(size % 67) } };
      expect(codec.encode(value).subarray(5).equals(plain.toBuffer(value))).toBe(true);
    }
    expect(() => codec.encode({ b: Buffer.alloc(0), a: 1, n: null, m: {} })).toThrow('invalid "string"');
    expect(() => codec.encode({ b: Buffer.alloc(0), a: '', n: null, m: null })).toThrow('invalid');
    expect(() => codec.encode({ b: Buffer.alloc(0), a: '', n: null, m: { x: 1 } })).toThrow('invalid "string"');
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

  test('of a thousand schemas that nobody has the old verdicts are forgotten, and no schema that there is', async () => {
    let now = 0;
    const framed = (id: number) => {
      const frame = new AvroCodec<{ a: string }>(v1, 1, source({})).encode({ a: 'x' });
      frame.writeInt32BE(id, 1);
      return frame;
    };
    const codec = new AvroCodec<{ a: string }>(v2, 2, source({ 1: v1 }), () => now);
    const learn = async (from: number, to: number) => {
      for (let id = from; id < to; id += 1) await codec.learn(framed(id));
    };
    await learn(1, 900);
    now = 31_000;
    await learn(900, 999);
    expect(() => codec.decode(framed(8))).toThrow('no schema 8');
    await learn(999, 1_003);
    expect(codec.decode(framed(8))).toBeNull();
    expect(() => codec.decode(framed(900))).toThrow('no schema 900');
    expect(codec.decode(framed(1))).toEqual({ a: 'x', b: 7 });
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
