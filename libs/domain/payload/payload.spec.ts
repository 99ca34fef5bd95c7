import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { binaryData } from '../event/event-data.ts';
import { payloadShaper, shapePayload, type PayloadEvent } from './payload.ts';
import { prepareSigningKey, signStandardWebhooks } from '../signature/signature.ts';

const event: PayloadEvent = {
  eventId: 'evt "1"',
  eventType: 'order.created',
  source: '/shop',
  subject: 'order/7',
  time: Date.UTC(2026, 2, 1, 12, 0, 0, 5),
  data: Buffer.from('{"b": 1.50, "a": 12345678901234567890, "ü": [true, null, {"2": "x&y <z>", "1": ""}], "e": []}'),
};
const target = { webhookId: 'wh-1', deliveryId: 'd-1', clientId: 'acme' };

test('json carries the data text as it is', () => {
  const { contentType, body } = shapePayload(event, target, 'json');
  expect(contentType).toBe('application/json');
  expect(body.toString()).toBe(
    '{"id":"evt \\"1\\"","type":"order.created","timestamp":"2026-03-01T12:00:00.005Z","data":' +
      event.data.toString() +
      ',"metadata":{"webhookId":"wh-1","deliveryId":"d-1","clientId":"acme"}}',
  );
});

test('cloudevents is a structured CloudEvent 1.0', () => {
  const { contentType, body } = shapePayload(event, target, 'cloudevents');
  expect(contentType).toBe('application/cloudevents+json; charset=utf-8');
  expect(body.toString()).toContain(event.data.toString());
  expect(JSON.parse(body.toString())).toMatchObject({
    specversion: '1.0',
    id: 'evt "1"',
    source: '/shop',
    type: 'order.created',
    time: '2026-03-01T12:00:00.005Z',
    subject: 'order/7',
    datacontenttype: 'application/json',
    clientid: 'acme',
    webhookid: 'wh-1',
    deliveryid: 'd-1',
  });
});

test('cloudevents has a source and no subject where the event has neither', () => {
  const parsed: unknown = JSON.parse(
    shapePayload({ ...event, source: null, subject: null }, target, 'cloudevents').body.toString(),
  );
  expect(parsed).toHaveProperty('source', '/');
  expect(parsed).not.toHaveProperty('subject');
});

test('#48 json names no charset, since JSON has none to choose', () => {
  expect(shapePayload(event, target, 'json').contentType).toBe('application/json');
});

test('form spells every value out', () => {
  const { contentType, body } = shapePayload(event, target, 'form');
  expect(contentType).toBe('application/x-www-form-urlencoded');
  expect([...new URLSearchParams(body.toString())]).toEqual([
    ['id', 'evt "1"'],
    ['type', 'order.created'],
    ['timestamp', '2026-03-01T12:00:00.005Z'],
    ['data[b]', '1.5'],
    ['data[a]', '12345678901234567890'],
    ['data[ü][0]', 'true'],
    ['data[ü][1]', ''],
    ['data[ü][2][1]', ''],
    ['data[ü][2][2]', 'x&y <z>'],
    ['data[e]', ''],
    ['metadata[webhookId]', 'wh-1'],
    ['metadata[deliveryId]', 'd-1'],
    ['metadata[clientId]', 'acme'],
  ]);
});

test('no two members have the same name in form', () => {
  const data = '{"a][b":1,"a":{"b":2,"]":{"[c":3}},"a.b":4,"a][":{"[c":5},"a%5D%5Bb":6,"50%":7}';
  const fields = [
    ...new URLSearchParams(shapePayload({ ...event, data: Buffer.from(data) }, target, 'form').body.toString()),
  ];
  expect(fields.filter(([name]) => name.startsWith('data'))).toEqual([
    ['data[a%5D%5Bb]', '1'],
    ['data[a][b]', '2'],
    ['data[a][%5D][%5Bc]', '3'],
    ['data[a.b]', '4'],
    ['data[a%5D%5B][%5Bc]', '5'],
    ['data[a%255D%255Bb]', '6'],
    ['data[50%25]', '7'],
  ]);
  const readBack = fields.map(([name]) =>
    name
      .split(/[[\]]+/)
      .map(decodeURIComponent)
      .join('\0'),
  );
  expect(new Set(readBack).size).toBe(fields.length);
});

test('names with half of a surrogate pair are told apart in form', () => {
  const data = String.raw`{"\ud800":1,"\udc00":2,"\ufffd":3,"%uD800":4,"[\udbff":5,"\ud83d\ude00":6}`;
  const fields = [
    ...new URLSearchParams(shapePayload({ ...event, data: Buffer.from(data) }, target, 'form').body.toString()),
  ];
  expect(fields.filter(([name]) => name.startsWith('data')).map(([name]) => name)).toEqual([
    'data[%uD800]',
    'data[%uDC00]',
    'data[\ufffd]',
    'data[%25uD800]',
    'data[%5B%uDBFF]',
    'data[\u{1f600}]',
  ]);
});

test('xml spells every value out', () => {
  const { contentType, body } = shapePayload(event, target, 'xml');
  expect(contentType).toBe('application/xml; charset=utf-8');
  expect(body.toString()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<event><id>evt &quot;1&quot;</id><type>order.created</type><timestamp>2026-03-01T12:00:00.005Z</timestamp>' +
      '<data><b>1.5</b><a>12345678901234567890</a><entry name="ü"><item>true</item><item null="true"/>' +
      '<item><entry name="1"></entry><entry name="2">x&amp;y &lt;z&gt;</entry></item></entry><e></e></data>' +
      '<metadata><webhookId>wh-1</webhookId><deliveryId>d-1</deliveryId><clientId>acme</clientId></metadata></event>',
  );
});

describe('text that a format has no place for', () => {
  const hostile = { ...event, data: Buffer.from('{"</data>":"]]>\\u0000\\ud800\\r\\n","xmlns":1,"a:b":2}') };
  test('is escaped or replaced in xml', () => {
    expect(shapePayload(hostile, target, 'xml').body.toString()).toContain(
      '<data><entry name="&lt;/data&gt;">]]&gt;\ufffd\ufffd&#13;&#10;</entry>' +
        '<entry name="xmlns">1</entry><entry name="a:b">2</entry></data>',
    );
  });
  test('is escaped or replaced in form', () => {
    const fields = new URLSearchParams(shapePayload(hostile, target, 'form').body.toString());
    expect(fields.get('data[</data>]')).toBe(']]>\0\ufffd\r\n');
  });
});

test('#43 cloudevents says JSON of what is JSON: text is a JSON string, bytes are their base64', () => {
  const of = (contentType: string, value: Buffer) => {
    const { span } = binaryData(value, contentType);
    const { body } = shapePayload({ ...event, data: Buffer.from(span.text) }, target, 'cloudevents');
    return JSON.parse(body.toString()) as Record<string, unknown>;
  };
  const xml = of('application/xml', Buffer.from('<a/>'));
  expect(xml).toMatchObject({ datacontenttype: 'application/json', data: '<a/>' });
  const bytes = Buffer.from([0x0a, 0x03, 0x01, 0x02, 0x03]);
  const protobuf = of('application/protobuf', bytes);
  expect(protobuf).toMatchObject({ datacontenttype: 'application/json', data: bytes.toString('base64') });
  expect([xml, protobuf].some((one) => 'data_base64' in one)).toBe(false);
});

test('#68 formats of one event are not mixed up, and each is signed as it is', () => {
  const shape = payloadShaper(event);
  const formats = ['json', 'cloudevents', 'form', 'xml', 'json'] as const;
  const secret = prepareSigningKey(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
  const webhook = new Webhook(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
  const timestampS = Math.floor(Date.now() / 1_000);
  for (let no = 0; no < 1_000; no += 1) {
    const made = formats.map((format, at) => ({
      format,
      ...shape({ ...target, webhookId: `wh-${no}-${at}` }, format),
    }));
    made.forEach(({ format, contentType, body }, at) => {
      expect(contentType).toBe(shapePayload(event, target, format).contentType);
      const text = body.toString();
      expect(text).toContain(`wh-${no}-${at}`);
      expect(text.startsWith({ json: '{"id"', cloudevents: '{"spec', form: 'id=', xml: '<?xml' }[format])).toBe(true);
      if (no > 0) return;
      const id = `d-${at}`;
      const signature = signStandardWebhooks({ id, timestampS, body, secrets: [secret] });
      const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': signature };
      const isJson = format === 'json' || format === 'cloudevents';
      if (isJson) expect(webhook.verify(body, headers)).toEqual(JSON.parse(text));
    });
  }
});

test('a shaper makes of one event what shapePayload makes for each target', () => {
  const shape = payloadShaper(event);
  for (const format of ['json', 'cloudevents', 'form', 'xml', 'json'] as const) {
    for (const webhookId of ['wh-1', 'wh-ü']) {
      const to = { ...target, webhookId };
      expect(shape(to, format)).toEqual(shapePayload(event, to, format));
    }
  }
});

test.each(['json', 'cloudevents', 'form', 'xml'] as const)('the data of an event is read once for %s', (format) => {
  let reads = 0;
  const data = Buffer.from(event.data);
  const counted = Object.defineProperty({ ...event }, 'data', {
    get: () => {
      reads += 1;
      return data;
    },
  });
  const shape = payloadShaper(counted);
  for (let count = 0; count < 10; count += 1) shape({ ...target, deliveryId: `d-${count}` }, format);
  expect(reads).toBe(1);
});

test('data that is no object goes as it is', () => {
  for (const data of ['null', '"text"', '5', '[]']) {
    const body = shapePayload({ ...event, data: Buffer.from(data) }, target, 'json').body.toString();
    expect(body).toContain(`"data":${data},"metadata"`);
  }
});
