import { expect, test } from '@jest/globals';
import { definitionLeaseMs } from '../../../libs/domain/webhook/definition-lease.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { DefinitionsInForce } from './definitions-in-force.ts';

function setup(waitMsMax = 5_000) {
  const waiting = new Map<string, { oldest: number; newest: number }>();
  const asked: (readonly string[])[] = [];
  const state = { isAway: false };
  const waitingOf = (_topic: string, ids: readonly string[]) => {
    asked.push(ids);
    if (state.isAway) return Promise.reject(new Error('away'));
    return Promise.resolve(new Map([...waiting].filter(([id]) => ids.includes(id))));
  };
  const logger = createLogger('test', 'silent');
  const definitions = new DefinitionsInForce({ outbox: { waitingOf }, waitMsMax, logger, lookAgainMs: 5 });
  return { definitions, waiting, asked, state };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a change counts a lease after Kafka has it', async () => {
  const { definitions, waiting } = setup();
  waiting.set('w', { oldest: 1, newest: 1 });
  const isInForce = definitions.isInForce('w');
  await pause(30);
  const relayedAt = monotonicMs();
  waiting.delete('w');
  expect(await isInForce).toBe(true);
  expect(monotonicMs() - relayedAt).toBeGreaterThanOrEqual(definitionLeaseMs);
});

test('what Kafka does not take in time is said so, and holds nobody longer', async () => {
  const { definitions, waiting } = setup(40);
  waiting.set('w', { oldest: 1, newest: 1 });
  const [late, other] = await Promise.all([definitions.isInForce('w'), definitions.isInForce('other')]);
  expect([late, other]).toEqual([false, true]);
});

test('a database that is away says nothing of what waits', async () => {
  const { definitions, state } = setup(40);
  state.isAway = true;
  expect(await definitions.isInForce('w')).toBe(false);
});

test('nobody waits for a database that does not answer', async () => {
  const logger = createLogger('test', 'silent');
  const outbox = { waitingOf: () => new Promise<never>(() => undefined) };
  const definitions = new DefinitionsInForce({ outbox, waitMsMax: 40, logger });
  expect(await Promise.all([definitions.isInForce('w'), definitions.isInForce('other')])).toEqual([false, false]);
});

test('a webhook that is changed all the time is in force once its own change is relayed', async () => {
  const { definitions, waiting } = setup(2_000);
  waiting.set('w', { oldest: 3, newest: 4 });
  let isSettled = false;
  const isInForce = definitions.isInForce('w').finally(() => {
    isSettled = true;
  });
  for (const [oldest, newest] of [
    [4, 5],
    [4, 9],
  ] as const) {
    await pause(40);
    waiting.set('w', { oldest, newest });
  }
  await pause(40);
  expect(isSettled).toBe(false);
  waiting.set('w', { oldest: 5, newest: 12 });
  expect(await isInForce).toBe(true);
});

test('many changes at once are one question', async () => {
  const { definitions, asked } = setup();
  const all = Array.from({ length: 500 }, (_, no) => `w-${no}`);
  const answers = await Promise.all(all.map((id) => definitions.isInForce(id)));
  expect(answers).not.toContain(false);
  expect(asked.length).toBeLessThan(5);
});

test('nobody waits where that is switched off', async () => {
  const { definitions, asked } = setup(0);
  expect(await definitions.isInForce('w')).toBe(true);
  expect(asked).toEqual([]);
});
