import { afterEach, expect, jest, test } from '@jest/globals';
import { SinkClosedError } from '../../libs/kafka/producer/append-error.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { Partition } from './partition.ts';

const acknowledgements = new Acknowledgements(createLogger('test', 'silent'));

afterEach(() => {
  jest.restoreAllMocks();
});

/** How the process ended, and what was done, after an append that ended so. */
async function followed(acknowledged: Promise<void>) {
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const seen: string[] = [];
  const partition = { opened: () => seen.push('opened'), settled: () => seen.push('settled') } as unknown as Partition;
  acknowledgements.follow(partition, acknowledged, () => seen.push('done'));
  await new Promise(setImmediate);
  return { seen, exits: exit.mock.calls };
}

test('what the closing producer gives back is left for the next start, and the stop goes on', async () => {
  const { seen, exits } = await followed(Promise.reject(new SinkClosedError('closed')));
  expect(seen).toEqual(['opened', 'settled']);
  expect(exits).toEqual([]);
});

test('an error that nobody expects ends the process, and nothing is complete', async () => {
  const { seen, exits } = await followed(Promise.reject(new Error('a mistake')));
  expect(seen).toEqual(['opened', 'settled']);
  expect(exits).toEqual([[1]]);
});
