import { expect, test } from '@jest/globals';
import { guardVerdict, voteMs, workedMs, type EndpointVote } from './global-guard.ts';

const now = Date.parse('2026-03-10T12:00:00Z');
const vote = (name: string, changes: Partial<EndpointVote> = {}): EndpointVote => ({
  clientId: `client of ${name}`,
  host: `${name}.example`,
  attemptedAt: now - 1_000,
  lastSuccessAt: now - 60_000,
  isFailing: true,
  ...changes,
});
const votes = (count: number, changes: Partial<EndpointVote> = {}) =>
  Array.from({ length: count }, (_, index) => vote(`${String(changes.isFailing)} ${index}`, changes));
const acme = { clientId: 'acme' };
const oneHost = { ...acme, host: 'hooks.acme.example' };
const well = { isFailing: false };

test.each<[string, EndpointVote[], boolean]>([
  ['nobody', [], false],
  ['most of many', [...votes(6), ...votes(5, { isFailing: false })], true],
  ['half of many', [...votes(6), ...votes(6, { isFailing: false })], false],
  ['all of a few', votes(4), false],
  ['all of five', votes(5), true],
  ['those that have not worked for a day', votes(50, { lastSuccessAt: now - workedMs - 1 }), false],
  ['those that never worked', votes(50, { lastSuccessAt: null }), false],
  ['those that were not tried just now', votes(50, { attemptedAt: now - voteMs - 1 }), false],
  [
    'broken ones at night, when nearly nobody else has traffic',
    [...votes(10, { lastSuccessAt: now - workedMs * 3 }), ...votes(2, { isFailing: false })],
    false,
  ],
  ['all webhooks of one client at one host', votes(1_000, oneHost), false],
  ['those of one client at one host, and a few others', [...votes(6, oneHost), ...votes(5, well)], false],
  ['one client, wherever it is, when others are well', [...votes(1_000, acme), ...votes(5, well)], false],
  ['one client alone, at many hosts', votes(6, acme), true],
  ['one client at many hosts, and most of the others', [...votes(6, acme), ...votes(3), ...votes(2, well)], true],
  ['some webhooks of each host', [...votes(6), ...votes(6), ...votes(6).map((one) => ({ ...one, ...well }))], true],
  ['few webhooks of each host', [...votes(6), ...votes(6).map((one) => ({ ...one, ...well }))], false],
])('failing: %s', (_name, given, isPaused) => {
  expect(guardVerdict(given, now).isPaused).toBe(isPaused);
});
