/** Further events as producers of the world write them: read as they mean it, or refused in words that name the cause. */
import { describe, expect, test } from '@jest/globals';
import { parseCloudEvent, type ParsedEvent } from './cloud-event.ts';

const whole = { specversion: '1.0', id: 'e-1', source: '/orders', type: 'order.created', clientid: 'acme' };
const binary = (changes: Readonly<Record<string, string>> = {}) => ({
  ...Object.fromEntries(Object.entries(whole).map(([name, value]) => [`ce_${name}`, value])),
  'content-type': 'application/json',
  ...changes,
});

function parsed(value: string | Buffer, headers: Readonly<Record<string, string>> = {}): ParsedEvent {
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return parseCloudEvent({ value: Buffer.from(value as string), headers: Object.fromEntries(bytes) });
}

const structured = (changes: object) => JSON.stringify({ ...whole, data: { a: 1 }, ...changes });
const event = structured({});

describe('is read', () => {
  test.each([1, 1.1, '1', '1.0.2'])('the version %j', (specversion) => {
    expect(parsed(structured({ specversion }))).toMatchObject({ ok: true, event: { id: 'e-1', clientId: 'acme' } });
  });

  test.each(['cloudEvents:', 'cloudEvents_', 'cloudevents-', 'CE:'])('attributes behind %s', (prefix) => {
    const headers = Object.fromEntries(Object.entries(whole).map(([name, value]) => [prefix + name, value]));
    expect(parsed('{"a":1}', headers)).toMatchObject({ ok: true, event: { ...ids, data: { a: 1 } } });
  });
  const ids = { id: 'e-1', source: '/orders', type: 'order.created', clientId: 'acme' };

  test.each(['json', 'JSON; charset=utf-8', 'text/json'])('JSON under the type %s', (type) => {
    expect(parsed('{"a":1}', binary({ 'content-type': type }))).toMatchObject({ ok: true, event: { data: { a: 1 } } });
  });

  test.each(['-_8=', '-_8', '+/8='])('base64 as %s', (base64) => {
    const text = structured({ data: undefined, data_base64: base64, datacontenttype: 'application/octet-stream' });
    expect(parsed(text)).toMatchObject({ ok: true, event: { data: '+/8=' } });
  });

  test('what is there twice with one value', () => {
    expect(parsed(event.replace('{', '{"clientid":"acme",'))).toMatchObject({ ok: true, event: { clientId: 'acme' } });
  });
});

describe('is refused', () => {
  test.each([
    [event.replace('{', '{"clientid":"beta",'), 'clientid is there twice, with different values'],
    [event.replace('{', '{"client\\u0069d":"beta",'), 'clientid is there twice, with different values'],
    [
      event.replace('{', '{"clientId":"beta",').replace('"clientid"', '"clientId"'),
      'clientId is there twice, with different values',
    ],
    [
      structured({ clientid: undefined, extensions: { clientId: 'acme' } }),
      'extensions.clientId is not an attribute that is read: call it clientid',
    ],
  ])('%s about its tenant', (text, detail) => {
    expect(parsed(text)).toEqual({ ok: false, rejection: { reason: 'invalid_attribute', detail } });
  });

  test.each<[string, string | Buffer, string]>([
    ['NaN of Python', event.replace('1}', 'NaN}'), 'NaN and Infinity are not JSON: write null or text)'],
    ['-Infinity', event.replace('1}', '-Infinity}'), 'NaN and Infinity are not JSON: write null or text)'],
    ['a dict of Python', "{'specversion': '1.0'}", '(line 1, column 2: looks like Python or JavaScript'],
    ['True of Python', event.replace('1}', 'True}'), 'looks like Python: use json.dumps)'],
    ['an object of JavaScript', '{specversion: "1.0"}', 'JSON has its names in double quotes)'],
    ['a comment', event.replace('{', '{/* an event */'), '(line 1, column 2: JSON has no comments)'],
    ['a comma too many', event.replace('1}', '1,}'), 'JSON has no comma behind the last item)'],
    ['a zero too many', event.replace('1}', '01}'), 'numbers begin with no zero)'],
    ['lines of JSON', `${event}\n${event}`, '(line 2, column 1: several JSON texts in one record: produce each'],
    ['half an event', event.slice(0, -2), '(it ends too early)'],
    ['UTF-16 without a mark', Buffer.from(event, 'utf16le'), 'looks like UTF-16: produce UTF-8'],
    ['the same, big end first', Buffer.from(event, 'utf16le').swap16(), 'looks like UTF-16: produce UTF-8'],
    ['Latin-1', Buffer.from(event.replace('1}', '"São"}'), 'latin1'), 'looks like ISO-8859-1 or Windows-1252'],
    ['a pickle', Buffer.from([0x80, 4, 0x95, 0, 0]), 'looks like a pickled Python object: write JSON'],
    ['MessagePack', Buffer.from([0x86, 0xab, 0x73]), 'the value is not UTF-8'],
  ])('%s, and the detail says why', (_what, value, detail) => {
    const result = parsed(value);
    expect(result).toMatchObject({ ok: false, rejection: { reason: 'unparsable' } });
    expect(!result.ok && result.rejection.detail).toContain(detail);
  });

  test('nothing of what is refused is repeated', () => {
    const result = parsed('{"password": hunter2, "cardNumber": 4111}');
    expect(JSON.stringify(result)).not.toMatch(/hunter2|password|4111/);
  });
});
