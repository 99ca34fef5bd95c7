import { expect, test } from '@jest/globals';
import { createLogger } from '../../runtime/logger.ts';
import { TableConfirmation, type AskedLink } from './table-confirmation.ts';

function setup() {
  const positions = [
    { topic: 'definitions', partition: 0, next: 5 },
    { topic: 'definitions', partition: 1, next: 0 },
  ];
  const log = { ends: new Map([['definitions-0', 5] as const, ['definitions-1', 0] as const]) as Map<string, number> };
  const clock = { nowMs: 1_000 };
  const asked = { connects: 0, questions: 0, refreshes: 0, tookMs: 0, problem: null as Error | null };
  const link: AskedLink = {
    connect: () => {
      asked.connects += 1;
      return Promise.resolve();
    },
    offsets: () => {
      asked.questions += 1;
      clock.nowMs += asked.tookMs;
      return asked.problem === null ? Promise.resolve(new Map(log.ends)) : Promise.reject(asked.problem);
    },
    close: () => Promise.resolve(),
    cluster: {
      refreshMetadata: () => {
        asked.refreshes += 1;
        return Promise.resolve();
      },
    },
  };
  const logger = createLogger('test', 'silent');
  const tail = { reading: () => positions };
  const confirmation = new TableConfirmation(link, ['definitions'], tail, logger, () => clock.nowMs);
  return { confirmation, positions, log, clock, asked };
}

const aTurn = () => new Promise((resolve) => setTimeout(resolve, 20));

test('tables are confirmed as of the moment at which Kafka was asked, not of the answer', async () => {
  const { confirmation, asked, clock } = setup();
  expect(confirmation.confirmedAt).toBe(-Infinity);
  asked.tookMs = 30;
  await confirmation.confirm();
  expect([confirmation.confirmedAt, clock.nowMs]).toEqual([1_000, 1_030]);
});

test('what lies before the end is waited for', async () => {
  const { confirmation, positions, log } = setup();
  log.ends.set('definitions-0', 6);
  const confirmed = confirmation.confirm();
  await aTurn();
  expect(confirmation.confirmedAt).toBe(-Infinity);
  (positions[0] as { next: number }).next = 6;
  await confirmed;
  expect(confirmation.confirmedAt).toBe(1_000);
});

test('many who ask at once are one question', async () => {
  const { confirmation, asked } = setup();
  await Promise.all([confirmation.confirm(), confirmation.confirm(), confirmation.confirm()]);
  await confirmation.confirm();
  expect(asked).toMatchObject({ connects: 1, questions: 2 });
});

test('a partition whose leader says nothing confirms nothing, and its leader is looked for', async () => {
  const { confirmation, log, asked } = setup();
  log.ends.delete('definitions-1');
  await confirmation.confirm();
  expect([confirmation.confirmedAt, asked.refreshes]).toEqual([-Infinity, 1]);
  log.ends.set('definitions-1', 0);
  await confirmation.confirm();
  expect(confirmation.confirmedAt).toBe(1_000);
});

test('a tail that comes no further confirms nothing', async () => {
  const { confirmation, log, clock } = setup();
  log.ends.set('definitions-0', 6);
  const asking = confirmation.confirm();
  await aTurn();
  clock.nowMs += 2_000;
  await asking;
  expect(confirmation.confirmedAt).toBe(-Infinity);
});

test('a question that fails is none, and the leaders are looked for before the next', async () => {
  const { confirmation, asked } = setup();
  asked.problem = new Error('not the leader');
  await confirmation.confirm();
  expect([confirmation.confirmedAt, asked.refreshes]).toEqual([-Infinity, 1]);
  asked.problem = null;
  await confirmation.confirm();
  expect(confirmation.confirmedAt).toBe(1_000);
});

test('a stop ends the wait', async () => {
  const { confirmation, log } = setup();
  log.ends.set('definitions-0', 6);
  const asking = confirmation.confirm();
  await aTurn();
  await confirmation.stop();
  await asking;
  expect(confirmation.confirmedAt).toBe(-Infinity);
});
