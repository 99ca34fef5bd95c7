/**
 * The same of what came later: forms of CloudEvents, mappings, values of a registry, explanations, hints, and what people paste.
 * What is asynchronous is read by parts that are not.
 */
import { expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { cloudEventFormOf, readCloudEvents } from '../../apps/management-api/events/http-cloud-events.ts';
import { networkOf } from '../../apps/management-api/http/client-network.ts';
import { malformedJson } from '../../apps/management-api/http/malformed-json.ts';
import { TakenTypes } from '../../apps/management-api/http/taken-types.ts';
import { withWholeType } from '../../apps/management-api/http/whole-type.ts';
import { headersIn } from '../../cli/header-lines.ts';
import { ErasedSubject } from '../../libs/domain/access/erasure.ts';
import { closestWord } from '../../libs/domain/closest-word.ts';
import { countRangeOf } from '../../libs/domain/delivery/delivery-traits.ts';
import { eventTimeOf } from '../../libs/domain/event/event-time.ts';
import { misspeltTypes } from '../../libs/domain/event/subscribed-types.ts';
import { parseFilter } from '../../libs/domain/filter/filter.ts';
import { brokenJsonHint } from '../../libs/domain/payload/broken-json.ts';
import { jsonErrorAt } from '../../libs/domain/payload/json-error.ts';
import { elementTexts } from '../../libs/domain/payload/json-list.ts';
import { SensitiveNames } from '../../libs/domain/payload/mask.ts';
import { maskedSample } from '../../libs/domain/payload/masked-sample.ts';
import { withoutEchoes } from '../../libs/sender/echoed-headers.ts';
import { parseMappings } from '../../libs/wire/mapping/mapping-file.ts';
import { protobufJson } from '../../libs/wire/protobuf-json.ts';
import { ProtobufSchema } from '../../libs/wire/protobuf-schema.ts';
import { prettyJson } from '../../portal/delivery/pretty-json.ts';
import { visibleText } from '../../portal/elements/visible-text.ts';
import { schemaFields } from '../../portal/screens/event-types/schema-fields.ts';
import { pastedHeaders } from '../../portal/screens/verify/pasted-request.ts';
import { groupsOf } from '../../portal/webhook-form/filter-rows.ts';
import { fill, jsonTexts, members } from './hostile-texts.ts';
import { fasterThanLinear, type Prepared } from './linear-time.ts';

const names = new SensitiveNames(['password', 'n1']);
const [debezium] = parseMappings('mappings:\n  - topic: t\n    preset: debezium\n    type: t\n    client: ${row.k1}\n');
const parts =
  'mappings:\n  - topic: t\n    id: ${value.k1}\n    type: t\n    client: ${value.data}\n    data: ${value}\n';
const [mapping] = parseMappings(parts);
const record = (text: string) => ({
  ...{ topic: 't', partition: 0, offset: 0, timestampMs: 1, key: null, headers: {} },
  value: Buffer.from(text),
});

const jsonReaders: Readonly<Record<string, (text: string) => Prepared>> = {
  'the place of an error': (text) => () => jsonErrorAt(text.slice(0, -1)),
  'why it is broken': (text) => () => brokenJsonHint(`{"a":${text}`),
  'the elements of a list': (text) => () => [...elementTexts(`[${text},${text}]`)],
  'a mapping of places': (text) => () => mapping?.map(record(text), text, null),
  'a mapping of Debezium': (text) => () => debezium?.map(record(text), text, null),
  'an explained filter': (text) => {
    const filter = parseFilter({ 'data.k1': { $in: ['a', 1] }, $not: { 'data.n.k': { $prefix: 'x' } } });
    const event = { id: '', type: '', source: null, subject: null, time: '', data: JSON.parse(text) as unknown };
    return () => filter.ok && filter.explain(event);
  },
  'the beginning of an answer': (text) => () => maskedSample(text.slice(0, -1), 'application/json', names),
  'JSON on several lines': (text) => () => prettyJson(text),
  'a filter as rows': (text) => () => groupsOf(JSON.parse(text)),
  'headers as JSON': (text) => () => [headersIn([text]), pastedHeaders(text)],
};

test.each(Object.keys(jsonReaders))('%s takes time in proportion to a JSON text, whatever is in it', (reader) => {
  const slow = Object.entries(jsonTexts).flatMap(([name, textOf]) => {
    const growth = fasterThanLinear((size) => jsonReaders[reader]?.(textOf(size)) ?? (() => undefined));
    return growth === null ? [] : [{ name, ...growth }];
  });
  expect(slow).toEqual([]);
});

const order = new ProtobufSchema(
  `syntax = "proto3"; message Order { Order inner = 1; repeated Order all = 2; map<string, Order> by = 3; string text = 4;
  repeated int64 numbers = 5; oneof one { ${Array.from({ length: 900 }, (_, at) => `bool b${at} = ${at + 6};`).join(' ')} } }`,
  [],
).byName('Order') as protobuf.Type;

/** Field number, wire type 2, and bytes. */
const field = (id: number, bytes: Uint8Array) =>
  protobuf.Writer.create()
    .uint32(id * 8 + 2)
    .bytes(bytes)
    .finish();
const repeated = (bytes: Uint8Array, size: number) => Buffer.alloc(size - (size % bytes.length), bytes);

const protobufs: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'messages in messages': (size) => {
    let bytes: Uint8Array = field(4, Buffer.alloc(size, 'a'));
    for (let depth = 0; depth < 90; depth += 1) bytes = field(1, bytes);
    return bytes;
  },
  'a message in many pieces': (size) => repeated(field(1, field(4, Buffer.from('a'))), size),
  'pieces in pieces': (size) => repeated(field(1, repeated(field(1, field(4, Buffer.from('a'))), 60)), size),
  'entries of one name': (size) => repeated(field(3, field(1, Buffer.from('a'))), size),
  'numbers in packs': (size) => field(5, Buffer.alloc(size, 1)),
  'one of many, again and again': (size) => repeated(Uint8Array.of(48, 1, 56, 1), size),
  'fields that nobody knows': (size) => repeated(Uint8Array.of(0xf8, 0x7f, 1), size),
};

/** What reads a header, a parameter, a value or what somebody pastes. */
const readings: Readonly<Record<string, (size: number) => Prepared>> = {
  'lines of JSON': (size) => {
    const text = fill('[\n1,\n', size);
    return () => malformedJson(text, text.length);
  },
  'a word that is nearly another': (size) => {
    const known = Array.from({ length: size / 16 }, (_, at) => `${'a'.repeat(240)}${at}`);
    return () => closestWord(`${'a'.repeat(240)}x`, known);
  },
  'the form of a request': (size) => {
    const headers = { 'content-type': `${' '.repeat(size)}a${fill(';', size)}`, [fill('ce-', size)]: 'a' };
    return () => cloudEventFormOf(headers);
  },
  'the address of a caller': (size) => {
    const text = fill('0:', size);
    return () => networkOf(text);
  },
  'the name of an event type in a path': (size) => {
    const text = `/v1/event-types/${fill('a/', size)}`;
    return () => withWholeType(text);
  },
  'a range of counts': (size) => {
    const text = fill('1..', size);
    return () => countRangeOf(text);
  },
  'a time of an event': (size) => {
    const text = `2026-03-14 09:26${' '.repeat(size)}[${'a'.repeat(size)}`;
    return () => eventTimeOf(text);
  },
  'a subject that is erased': (size) => {
    const subject = new ErasedSubject('ann');
    const text = `${fill('ann.+_-', size)}${fill('ann', size)}`;
    return () => subject.replacedIn(text);
  },
  'an answer with the headers of a client in it': (size) => {
    const body = { bodySample: Buffer.alloc(size, 'aaaab'), headers: { a: fill('aaaab', size) } };
    const answer = { kind: 'answer', status: 200, ...body } as unknown as Parameters<typeof withoutEchoes>[0];
    return () => withoutEchoes(answer, { one: 'aaaa', other: 'aaab' });
  },
  'a form that was answered': (size) => {
    const text = fill('password=%41&', size);
    return () => maskedSample(text, 'application/x-www-form-urlencoded', names);
  },
  'stars before a header that is pasted': (size) => {
    const text = `${'*'.repeat(size)}:${'\t'.repeat(size)}\u2028x`;
    return () => [headersIn([text]), pastedHeaders(text)];
  },
  'blanks in a header that is pasted': (size) => {
    const text = `a:${' '.repeat(size)}x${' '.repeat(size)}\\y`;
    return () => [headersIn([text]), pastedHeaders(text)];
  },
  'text that hides': (size) => {
    const text = fill('\ufe0f\u202e', size);
    return () => visibleText(text);
  },
  'a schema that holds itself': (size) => {
    const properties = JSON.parse(members(size, '{"$ref":"#"}')) as object;
    return () => schemaFields({ properties });
  },
  ...Object.fromEntries(
    Object.entries(protobufs).map(([name, bytesOf]) => [
      `Protobuf: ${name}`,
      (size: number) => {
        const bytes = Buffer.from(bytesOf(size));
        return () => protobufJson(order, bytes);
      },
    ]),
  ),
};

test.each(Object.keys(readings))('%s takes time in proportion to its length', (name) => {
  expect(fasterThanLinear((size) => readings[name]?.(size) ?? (() => undefined))).toBeNull();
});

const alike = (count: number, letter: string) =>
  Array.from({ length: count }, (_, at) => `${letter}${'a'.repeat(240)}${1_000 + at}.${letter.repeat(8)}`);

test('hints about misspelt types cost no more than other parts of a request, whatever was written', async () => {
  const taken = new TakenTypes({
    webhooks: { typesTaken: () => Promise.resolve(new Map([['acme', alike(50, 'b')]])) },
    waitMsMax: 60_000,
  });
  const catalogue = alike(2_000, 'b');
  const costOf = async (written: readonly string[]) => {
    const before = process.threadCpuUsage();
    misspeltTypes(written, catalogue);
    await taken.meant(written.map((type) => ({ clientId: 'acme', type })));
    return process.threadCpuUsage(before).user;
  };
  await costOf(alike(100, 'd'));
  const some = await costOf(alike(100, 'c'));
  // Beyond the bound of steps no more is compared: sixteen times as many cost little more.
  expect(await costOf(alike(1_600, 'c'))).toBeLessThan(4 * some);
});

test('a batch of CloudEvents takes no longer than eight of an eighth', async () => {
  const timeOf = async (size: number, times: number) => {
    const body = Buffer.from(`[${fill('{"id":"1","type":"t"},', size).slice(0, -1)}]`);
    const parts = { form: 'batch', contentType: 'application/cloudevents-batch+json', rawHeaders: [], body } as const;
    const before = process.threadCpuUsage();
    for (let time = 0; time < times; time += 1) await readCloudEvents(parts).catch(() => undefined);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
  await timeOf(8_192, 1);
  const small = await timeOf(1_024, 8);
  expect(await timeOf(8_192, 1)).toBeLessThan(Math.max(3 * small, 25));
});
