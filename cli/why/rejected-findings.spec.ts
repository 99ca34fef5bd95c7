import { expect, test } from '@jest/globals';
import type { RejectedRecord } from '../rejected-records.ts';
import { findingLines } from './finding.ts';
import { isAbout, rejectedFinding } from './rejected-findings.ts';

function rejected(value: unknown, headers: Record<string, string> = {}, key: string | null = null): RejectedRecord {
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    record: {
      ...{ topic: 'platform.events.rejected', partition: 3, offset: 7, timestampMs: 1_700_000_000_000 },
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      headers: Object.fromEntries(bytes),
    },
    at: '3@7',
    reason: 'missing_type',
    detail: 'type is missing or empty',
    origin: { topic: 'platform.events', partition: 1, offset: 42 } as RejectedRecord['origin'],
  };
}

test.each<[string, RejectedRecord, boolean]>([
  ['the id in its value', rejected({ id: 'evt-1' }), true],
  ['the id under another name', rejected({ eventId: 'evt-1' }), true],
  ['the id in its header', rejected('x', { ce_id: 'evt-1' }), true],
  ['the id as its key', rejected('x', {}, 'evt-1'), true],
  ['an id that begins so', rejected({ id: 'evt-11' }), false],
  ['another', rejected({ id: 'evt-2' }, { other: 'evt-1' }), false],
])('a record with %s', (_, record, is) => {
  expect(isAbout('evt-1', record)).toBe(is);
});

test('its place, its reason and what was meant are told', () => {
  const record = rejected({ id: 'evt-1', typ: 'order.created', client_id: 'acme', data: {} });
  const text = findingLines(rejectedFinding(record)).join('\n');
  expect(text).toContain('rejected: It was rejected as missing_type: type is missing or empty.');
  expect(text).toContain('platform.events-1@42');
  expect(text).toContain('no CloudEvent: no `specversion`, `source`, `type`');
  expect(text).toContain('`typ`: did you mean `type`?');
  expect(text).toContain('`client_id`: did you mean `clientid`?');
  expect(text).toContain('rejected list --at 3@7 --json');
});

test('an event in headers, and what is no JSON, have no such hints', () => {
  expect(rejectedFinding(rejected({ typ: 'x' }, { ce_id: 'evt-1' })).details).toHaveLength(1);
  expect(rejectedFinding(rejected('no JSON')).details).toHaveLength(1);
});
