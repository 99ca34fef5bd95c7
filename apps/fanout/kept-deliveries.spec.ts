import { expect, test } from '@jest/globals';
import type { RewindHold } from '../../libs/domain/webhook/webhook.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { until } from '../../test/support/until.ts';
import { KeptDeliveries } from './kept-deliveries.ts';

function keptOver(bytesMax?: number) {
  const state: { rewind: RewindHold | null; isActive: boolean } = { rewind: 'joining', isActive: true };
  const written: string[][] = [];
  let isFailing = false;
  const subscription = () => ({
    ...{ webhookId: 'wh_1', clientId: 'acme', eventTypes: ['*'], format: 'json', filter: null },
    ...state,
  });
  const kept = new KeptDeliveries({
    table: { find: () => subscription() as never },
    logger: createLogger('test', 'silent'),
    ...(bytesMax !== undefined && { bytesMax }),
  }).writeTo({
    append: (records: readonly OutgoingRecord[]) => {
      if (isFailing) return Promise.reject(new Error('away'));
      written.push(records.map(({ key, value }) => `${String(key)} ${String(value)}`));
      return Promise.resolve();
    },
  });
  const keep = (name: string) => {
    kept.keep('wh_1', {
      delivery: { topic: 'deliveries', key: 'wh_1', value: Buffer.from(name) },
      event: { topic: 'events', key: name, value: Buffer.from('matched') },
    });
  };
  const fail = () => (isFailing = true);
  return { kept, keep, state, written, fail, isKept: () => kept.isKept(subscription()) };
}

test('what is kept is written in its order once the webhook is joined, deliveries before decisions', async () => {
  const { keep, state, written, isKept } = keptOver();
  for (const name of ['a', 'b']) keep(name);
  expect([isKept(), written]).toEqual([true, []]);
  state.rewind = null;
  // Its next one has its place behind them.
  expect(isKept()).toBe(true);
  keep('c');
  await until(() => !isKept(), { timeoutMs: 5_000, everyMs: 5 });
  expect(written).toEqual([
    ['wh_1 a', 'wh_1 b', 'wh_1 c'],
    ['a matched', 'b matched', 'c matched'],
  ]);
});

test.each([
  ['held again', { rewind: 'holding', isActive: true }],
  ['disabled', { rewind: null, isActive: false }],
] as const)('of a webhook that is %s nothing is written: the rewind has it', async (_, change) => {
  const { kept, keep, state, written } = keptOver();
  keep('a');
  Object.assign(state, change);
  await until(() => !kept.isKept({ webhookId: 'wh_1', rewind: null }), { timeoutMs: 5_000, everyMs: 5 });
  expect(written).toEqual([]);
});

test('what cannot be written is left to the rewind', async () => {
  const { kept, keep, state, written, fail, isKept } = keptOver();
  for (const name of ['a', 'b']) keep(name);
  fail();
  state.rewind = null;
  await until(() => !isKept(), { timeoutMs: 5_000, everyMs: 5 });
  expect(written).toEqual([]);
  await kept.stop();
});

test('what there is no room for is left to the rewind', async () => {
  const { keep, state, written, isKept } = keptOver(10);
  for (const name of ['a', 'b']) keep(name);
  state.rewind = null;
  await until(() => !isKept(), { timeoutMs: 5_000, everyMs: 5 });
  expect(written).toEqual([['wh_1 a'], ['a matched']]);
});
