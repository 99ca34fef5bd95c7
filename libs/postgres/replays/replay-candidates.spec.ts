import { expect, test } from '@jest/globals';
import type { Run } from '../bulk.ts';
import { countCandidates, countScanMax, replayCountMax } from './replay-candidates.ts';

const range = { clientId: 'ann', filter: { webhookId: 'wh_1', missedWhileDisabled: true }, before: new Date() };
const key = '01900000-0000-7000-8000-000000000001';

/** Answers each question with the next of these. */
function answering(...answers: readonly { readonly wanted: number; readonly looked: number }[]) {
  const asked: string[] = [];
  const run = ((sql: string) => {
    const answer = answers[asked.length];
    asked.push(/from (delivery|event)/.exec(sql)?.[1] ?? '');
    return Promise.resolve([{ last: key, ...answer }]);
  }) as Run;
  return { run, asked };
}

test('all that is missed is counted, stretch by stretch: deliveries, then events', async () => {
  const full = { wanted: 10, looked: countScanMax };
  const { run, asked } = answering(full, full, { wanted: 1, looked: 4 }, full, { wanted: 2, looked: 0 });
  expect(await countCandidates(run, range, () => false)).toBe(33);
  expect(asked).toEqual(['delivery', 'delivery', 'delivery', 'event', 'event']);
});

test('what is not counted in time has no number, and no further question', async () => {
  const full = { wanted: 10, looked: countScanMax };
  const { run, asked } = answering(full, full, full);
  expect(await countCandidates(run, range, () => asked.length === 2)).toBeNull();
  expect(asked).toHaveLength(2);
});

test('more than so many are not counted', async () => {
  const { run, asked } = answering({ wanted: replayCountMax + 1, looked: countScanMax });
  expect(await countCandidates(run, range, () => false)).toBe(replayCountMax);
  expect(asked).toHaveLength(1);
});
