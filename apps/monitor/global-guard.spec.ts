import { expect, test } from '@jest/globals';
import type { GuardVerdict } from '../../libs/domain/health/global-guard.ts';
import { anOutcome } from '../../test/adapters/postgres/history-factory.ts';
import { GlobalGuard, type KnownVote } from './global-guard.ts';

const start = Date.parse('2026-03-10T12:00:00Z');
const minuteMs = 60_000;

/** A client and a host for each webhook. */
const ownEndpoint = (id: string) => ({ clientId: `client of ${id}`, host: `${id}.example`, targetVersion: 1 });

function setup(known: Record<string, KnownVote> = {}, endpointOf = ownEndpoint) {
  const changes: GuardVerdict[] = [];
  let asked = 0;
  const clock = { ms: 0 };
  const guard = new GlobalGuard({
    votesSince: () => {
      asked += 1;
      return Promise.resolve(new Map(Object.entries(known)));
    },
    endpointsOf: (ids) => Promise.resolve(new Map(ids.map((id) => [id, endpointOf(id)]))),
    onChange: (verdict) => changes.push(verdict),
    clock: () => clock.ms,
  });
  const see = (minute: number, isWell: boolean, webhooks: number, changed = {}) => {
    clock.ms = minute * minuteMs;
    return guard.see(
      Array.from({ length: webhooks }, (_, index) =>
        anOutcome({
          webhookId: `wh-${index}`,
          startedAt: start + minute * minuteMs,
          status: isWell ? 'delivered' : 'failed_retryable',
          ...changed,
        }),
      ),
      start + minute * minuteMs,
    );
  };
  return { guard, changes, clock, see, asked: () => asked };
}

test('an outage of ours pauses disabling, and its end goes on with it, each said once', async () => {
  const { guard, changes, see } = setup();
  await see(0, true, 10);
  await see(5, false, 5);
  expect(guard.isPaused).toBe(false);
  await see(6, false, 6);
  await see(7, false, 10);
  expect(guard.isPaused).toBe(true);
  await see(12, true, 6);
  expect(guard.isPaused).toBe(false);
  expect(changes).toEqual([
    { voters: 10, failing: 6, isPaused: true },
    { voters: 10, failing: 4, isPaused: false },
  ]);
});

test('a client with many webhooks at one host that fails pauses nothing', async () => {
  const { guard, see } = setup({}, () => ({ clientId: 'acme', host: 'hooks.acme.example', targetVersion: 1 }));
  await see(0, true, 1_000);
  await see(5, false, 1_000);
  expect(guard.isPaused).toBe(false);
});

test('a webhook with another URL has a say once that one worked; late answers of the old one have none', async () => {
  let targetVersion = 1;
  const { guard, see } = setup({}, (id) => ({ ...ownEndpoint(id), targetVersion }));
  await see(0, true, 10);
  targetVersion = 4;
  await see(1, false, 10, { targetVersion: 4 });
  expect(guard.isPaused).toBe(false);
  await see(2, true, 10, { targetVersion: 4 });
  await see(3, false, 10, { targetVersion: 1 });
  expect(guard.isPaused).toBe(false);
  await see(4, false, 10, { targetVersion: 4 });
  expect(guard.isPaused).toBe(true);
});

test('pings and what was not posted say nothing', async () => {
  const { guard, see } = setup();
  await see(0, true, 10);
  await see(5, false, 10, { kind: 'ping' });
  await see(6, false, 10, { latencyMs: null });
  expect(guard.isPaused).toBe(false);
});

test('after a restart it knows how endpoints did before', async () => {
  const vote = { attemptedAt: start - minuteMs, lastSuccessAt: start - 5 * minuteMs, isFailing: true };
  const ids = Array.from({ length: 6 }, (_, index) => `wh-${index}`);
  const known = Object.fromEntries(ids.map((id) => [id, { ...ownEndpoint(id), ...vote }]));
  const { guard, see, asked } = setup(known);
  await see(0, false, 1);
  expect(guard.isPaused).toBe(true);
  await see(1, false, 1);
  expect(asked()).toBe(1);
});

test('when nothing is tried any more, the pause ends by itself', async () => {
  const { guard, clock, see } = setup();
  await see(0, true, 10);
  await see(1, false, 10);
  expect(guard.isPaused).toBe(true);
  clock.ms = 5 * minuteMs;
  guard.tick(start + 5 * minuteMs);
  expect(guard.isPaused).toBe(true);
  clock.ms = 30 * minuteMs;
  guard.tick(start + 30 * minuteMs);
  expect(guard.isPaused).toBe(false);
});

test('a clock that is set back does not hold the pause up', async () => {
  const { guard, clock, see } = setup();
  await see(0, true, 10);
  await see(1, false, 10);
  clock.ms = 12 * minuteMs;
  guard.tick(start - 48 * minuteMs);
  expect(guard.isPaused).toBe(false);
});

test('while the database is away it does not guess', async () => {
  const guard = new GlobalGuard({
    votesSince: () => Promise.reject(new Error('away')),
    endpointsOf: () => Promise.resolve(new Map()),
    onChange: () => undefined,
  });
  await expect(guard.see([], start)).rejects.toThrow('away');
});
