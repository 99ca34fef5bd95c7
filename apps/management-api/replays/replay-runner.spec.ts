import { expect, test } from '@jest/globals';
import { replayStart } from '../../../libs/domain/delivery/replay.ts';
import type { ReplayJob } from '../../../libs/postgres/replays/replay-job.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { until } from '../../../test/support/until.ts';
import { ProblemError } from '../http/problem-error.ts';
import { ReplayRunner, type ReplayRunnerOptions } from './replay-runner.ts';

const job: ReplayJob = {
  id: 'rp_1',
  range: { clientId: 'acme', filter: {}, before: new Date(0) },
  targetWebhookId: null,
  pacePerSecond: 10,
  position: replayStart,
};

/** A runner over one replay, of which each batch is in doubt or not. */
function runnerOver({ waiting = 0, isInDoubt = false }: { waiting?: number; isInDoubt?: boolean }) {
  const seen = { renewed: 0, advanced: 0, doubts: [] as boolean[] };
  const store = {
    claims: { renew: () => Promise.resolve(void (seen.renewed += 1)) },
    countNext: () => Promise.resolve(false),
    dueInMs: () => Promise.resolve(0),
    async advance(
      _now: Date,
      work: (job: ReplayJob, run: unknown) => Promise<unknown>,
      isDoubted: (job: ReplayJob) => boolean,
    ): Promise<boolean> {
      seen.advanced += 1;
      await work(job, null).catch(() => undefined);
      seen.doubts.push(isDoubted(job));
      throw new ProblemError('kafka_unavailable');
    },
  };
  const runner = new ReplayRunner({
    store: store as unknown as ReplayRunnerOptions['store'],
    batches: {
      next: () => Promise.reject(new ProblemError('kafka_unavailable')),
      isInDoubt: ({ id }: ReplayJob) => isInDoubt && id === job.id,
    } as unknown as ReplayRunnerOptions['batches'],
    sink: { waiting: { records: waiting, bytes: 0 } },
    reserved: { cancel: () => Promise.resolve() },
    counter: { inc: () => undefined } as unknown as ReplayRunnerOptions['counter'],
    logger: createLogger('test', 'silent'),
  });
  return { runner, seen };
}

test.each([true, false])('a claim is kept while its batch is in doubt: %s', async (isInDoubt) => {
  const { runner, seen } = runnerOver({ isInDoubt });
  runner.start();
  await until(() => seen.doubts.length > 0, { timeoutMs: 30_000 });
  await runner.stop();
  expect(new Set(seen.doubts)).toEqual(new Set([isInDoubt]));
});

test('claims are renewed also while live requests go first', async () => {
  const { runner, seen } = runnerOver({ waiting: 10_000 });
  runner.start();
  await until(() => seen.renewed > 0, { timeoutMs: 30_000 });
  await runner.stop();
  expect(seen.advanced).toBe(0);
});
