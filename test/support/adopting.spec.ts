/** docs/adopting.md is followed: its mapping files, and the records that its producer writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commands } from '../../cli/commands.ts';
import { mappedCloudEvent } from '../../libs/domain/event/cloud-event.ts';
import { parseMappings } from '../../libs/wire/mapping/mapping-file.ts';
import type { MappableRecord } from '../../libs/wire/mapping/mapping-input.ts';
import { Mappings } from '../../libs/wire/mapping/mappings.ts';
import { protobufJson } from '../../libs/wire/protobuf-json.ts';
import { ProtobufSchema } from '../../libs/wire/protobuf-schema.ts';
import { repositoryRoot } from './source-tree.ts';

const text = (path: string) => readFileSync(join(repositoryRoot, 'docs', path), 'utf8');
const document = text('adopting.md');
const known = commands.map(({ name }) => name);

function record(topic: string, value: object, headers: Readonly<Record<string, string>> = {}): MappableRecord {
  return {
    ...{ topic, partition: 0, offset: 1, timestampMs: 1_796_000_000_000, key: null },
    value: Buffer.from(JSON.stringify(value)),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  };
}

async function mapped(file: string, of: MappableRecord) {
  const mapping = new Mappings(parseMappings(file), '').find(of.topic);
  const json = of.value?.toString() ?? '';
  const result =
    mapping?.isAsynchronous === true ? await mapping.mapLater(of, json, null) : mapping?.map(of, json, null);
  if (result?.kind !== 'event') return result;
  const parsed = mappedCloudEvent(of, result.event);
  return parsed.ok ? parsed.event : parsed;
}

test('every command of it names files that are there, and commands that there are', () => {
  const lines = [...document.matchAll(/^(?:npx deeperhub-webhooks|node|PLATFORM_MAPPINGS=\S+) .*$/gm)].map(
    ([line]) => line,
  );
  expect(lines.length).toBeGreaterThan(6);
  const called = [...document.matchAll(/npx deeperhub-webhooks ([^`\n]+)/g)].map(([, words = '']) => words);
  expect(called.length).toBeGreaterThan(6);
  expect(called.filter((words) => !known.some((name) => `${words} `.startsWith(`${name} `)))).toEqual([]);
  for (const path of document.match(/docs\/examples\/[\w.]+/g) ?? [])
    expect(text(path.replace('docs/', ''))).not.toBe('');
});

describe('docs/examples/mappings.yaml', () => {
  const file = text('examples/mappings.yaml');
  const source = { connector: 'postgresql', name: 'shop', table: 'customers', lsn: 101, ts_ms: 1_796_000_000_000 };

  test('adopts a table of Debezium', async () => {
    const after = { id: 1, tenant_id: 'acme', name: 'Ada' };
    const topic = 'shop.public.customers';
    expect(await mapped(file, record(topic, { before: null, after, source, op: 'c' }))).toMatchObject({
      ...{ type: 'customers.created', source: '/debezium/postgresql/shop', clientId: 'acme', data: after },
    });
    expect(await mapped(file, record(topic, { before: null, after, source, op: 'r' }))).toEqual({ kind: 'skipped' });
    expect(await mapped(file, record(topic, { before: null, after: { id: 1 }, source, op: 'c' }))).toEqual({
      kind: 'misfit',
      reason: 'mapping_failed',
      detail: 'client: ${row.tenant_id} is not there: row has no tenant_id',
    });
    expect(document).toContain('client: ${row.tenant_id} is not there: row has no tenant_id');
  });

  test('adopts an outbox', async () => {
    const headers = { id: 'u-1', eventType: 'order.placed', tenant: 'acme' };
    expect(await mapped(file, record('outbox.event.order', { orderId: 'o-17' }, headers))).toMatchObject({
      ...{
        id: 'u-1',
        type: 'order.placed',
        source: '/outbox.event.order',
        clientId: 'acme',
        data: { orderId: 'o-17' },
      },
    });
  });
});

test('its topic of Protobuf, as the registry has it, is adopted', async () => {
  const [, proto = ''] = /const parcelProto = `([^`]*)`/.exec(text('examples/produce.mjs')) ?? [];
  const message = new ProtobufSchema(proto, []).byIndexes([0]);
  const parcel = { parcel_id: '9007199254740993', tenant: 'acme', state: 1, changed_at: { seconds: 1_796_000_000 } };
  const bytes = Buffer.from(message?.encode(message.fromObject(parcel)).finish() ?? []);
  const json = message === null ? '' : protobufJson(message, bytes);
  const file = text('examples/mappings.yaml');
  expect(await mapped(file, { ...record('shipping.parcels', {}), value: Buffer.from(json) })).toMatchObject({
    ...{ id: '9007199254740993-SENT', type: 'parcel.sent', source: '/shipping', clientId: 'acme' },
    dataText: { text: expect.stringContaining('"parcel_id":9007199254740993') },
  });
});

test('the mapping that the page shows is one', async () => {
  const [, file = ''] = /```yaml\n(mappings:[^]*?)```/.exec(document) ?? [];
  const lines = [
    { sku: 'a', price: 2, quantity: 3 },
    { sku: 'b', price: 1, quantity: 1 },
  ];
  const order = { number: 'N1', revision: 2, tenant: 'acme', lines };
  const value = { order, state: 'paid', changedAt: '2026-11-29T10:15:06Z' };
  expect(await mapped(file, record('legacy.orders', value))).toMatchObject({
    ...{ id: 'N1-2', type: 'order.paid', source: '/legacy/orders', subject: 'N1', clientId: 'acme' },
    data: { number: 'N1', total: 7, skus: ['a', 'b'] },
  });
  expect(await mapped(file, record('legacy.orders', value, { internal: '1' }))).toEqual({ kind: 'skipped' });
  const test = { ...value, order: { ...order, number: 'TEST1' } };
  expect(await mapped(file, record('legacy.orders', test))).toEqual({ kind: 'skipped' });
});
