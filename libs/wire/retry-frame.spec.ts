import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Delivery, RetryDelivery } from '../domain/delivery/delivery.ts';
import { AvroCodec } from './avro-codec.ts';
import { RetryFrames } from './retry-frame.ts';
import { schemaFile } from './schema-files.ts';

const source = { schemaById: () => Promise.resolve(null) };
const retries = new AvroCodec<RetryDelivery>(schemaFile('webhook.retry'), 70_001, source);
const deliveries = new AvroCodec<Delivery>(schemaFile('webhook.deliveries'), 70_002, source);
const frames = new RetryFrames({ retry: retries.schemaId, delivery: deliveries.schemaId });

const retry: fc.Arbitrary<RetryDelivery> = fc.record({
  deliveryId: fc.string({ maxLength: 80 }),
  webhookId: fc.string({ unit: 'binary', maxLength: 200 }),
  clientId: fc.string(),
  eventId: fc.string(),
  eventType: fc.string(),
  kind: fc.constant('event' as const),
  trigger: fc.constant('retry' as const),
  round: fc.string(),
  attempt: fc.nat(20),
  contentType: fc.string(),
  body: fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
  createdAt: fc.nat(),
  traceparent: fc.option(fc.string()),
  eventTime: fc.option(fc.integer({ min: 0, max: Date.UTC(2100) })),
  notBefore: fc.integer({ min: Date.UTC(1971), max: Date.UTC(2039) }),
});

interface Field {
  readonly name: string;
  readonly type: unknown;
}

function fieldsOf(name: 'webhook.retry' | 'webhook.deliveries'): { name: string; type: unknown }[] {
  const { fields } = schemaFile(name) as { fields: readonly Field[] };
  return fields.map((field) => ({ name: field.name, type: field.type }));
}

test('a delivery is a retry without its last field: what reading by place rests on', () => {
  const [last, ...others] = fieldsOf('webhook.retry').reverse();
  expect(last?.name).toBe('notBefore');
  expect(others.reverse()).toEqual(fieldsOf('webhook.deliveries'));
  expect(others.slice(0, 2).map(({ name }) => name)).toEqual(['deliveryId', 'webhookId']);
});

describe('a retry in our schema', () => {
  test('is the same by place as by decoding', () => {
    fc.assert(
      fc.property(retry, (value) => {
        const framed = retries.encode(value);
        const { notBefore, ...delivery } = value;
        expect(frames.notBeforeOf(framed)).toBe(notBefore);
        const expected = deliveries.encode(delivery);
        expect(frames.toDelivery(framed)).toEqual({ webhookId: value.webhookId, value: expected });
      }),
    );
  });

  test.each([0, 1, Date.UTC(1970, 5), Date.UTC(2040), -1])('due at %i is left to the decoder', (notBefore) => {
    const [value] = fc.sample(retry, 1) as [RetryDelivery];
    const framed = retries.encode({ ...value, eventTime: null, notBefore });
    expect(frames.notBeforeOf(framed)).toBeNull();
    expect(frames.toDelivery(framed)).toBeNull();
    expect(retries.decode(framed)?.notBefore).toBe(notBefore);
  });
});

test('any bytes are told apart or read, and never run out of', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isOurs) => {
      const id = isOurs ? retries.schemaId : 3;
      const header = Buffer.from([0, 0, id >> 16, (id >> 8) & 0xff, id & 0xff]);
      const framed = Buffer.concat([header, bytes]);
      const found = frames.toDelivery(framed);
      if (!isOurs) expect(found).toBeNull();
    }),
  );
});
