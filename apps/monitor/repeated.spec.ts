import { expect, test } from '@jest/globals';
import { Repeated, type RepeatedJob } from './repeated.ts';

const never = new Promise<number>(() => undefined);

test('a stop tells the run that is under way, and waits for it', async () => {
  let heard = '';
  const job: RepeatedJob = {
    run: (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          setImmediate(() => {
            heard = 'in time';
            resolve(1);
          });
        });
      }),
    failed: () => 1,
  };
  const repeated = new Repeated(job, 10_000);
  repeated.start();
  await repeated.stop();
  expect(heard).toBe('in time');
});

test('a run that hears nothing, as one that waits for a slow server, does not hold up a stop', async () => {
  let runs = 0;
  const repeated = new Repeated({ run: () => ((runs += 1), never), failed: () => 1 }, 20);
  repeated.start();
  await repeated.stop();
  repeated.start();
  expect(runs).toBe(1);
});
