import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { onePartitionCluster, onlyTopic, type OneLog } from '../../../test/support/one-partition-cluster.ts';
import { until } from '../../../test/support/until.ts';
import { TopicTail, type TopicTailOptions } from './topic-tail.ts';

const lookAgainMs = 50;
const soon = { timeoutMs: 20_000 };

/** On one topic, which a test may make anew. */
function tailOf(first: OneLog, options: Partial<TopicTailOptions> = {}) {
  const cluster = onePartitionCluster(first);
  const got: string[] = [];
  const exits: unknown[] = [];
  const tail = new TopicTail(
    cluster.client,
    {
      topics: [onlyTopic],
      from: 'beginning',
      onRecord: ({ value }) => got.push(String(value)),
      exit: (error) => exits.push(error),
      lookAgainMs,
      ...options,
    },
    pino({ enabled: false }),
  );
  return { tail, got, exits, cluster };
}

const someLooks = () => new Promise((resolve) => setTimeout(resolve, 6 * lookAgainMs));

test('a table whose topic was made anew holds nothing of both, waits until it has been filled, and begins anew', async () => {
  const { tail, got, exits, cluster } = tailOf({ id: 'one', start: 0, values: ['a', 'b'] });
  await tail.start();
  expect(tail.problem()).toBeNull();
  cluster.log = { id: 'two', start: 0, values: [] };
  await until(() => tail.problem() !== null, soon);
  await someLooks();
  expect(tail.problem()).toBe('t was made anew: it is read anew when it has been filled');
  expect(exits).toEqual([]);
  cluster.log.values.push('c', 'd', 'e');
  await until(() => exits.length > 0, soon);
  expect(exits).toHaveLength(1);
  expect(got).toEqual(['a', 'b']);
  await tail.stop();
});

test('a table whose topic was made anew and grew past what was read takes nothing of it', async () => {
  const { tail, got, exits, cluster } = tailOf({ id: 'one', start: 0, values: ['a', 'b'] }, { lookAgainMs: 1_000 });
  await tail.start();
  cluster.log = { id: 'two', start: 0, values: [] };
  await someLooks();
  cluster.log = { id: 'two', start: 0, values: ['c', 'd', 'e'] };
  await until(() => exits.length > 0, soon);
  expect(got).toEqual(['a', 'b']);
  await tail.stop();
});

test('a table whose log begins later than what was read of it is read anew', async () => {
  let held = 10;
  const { tail, got, exits, cluster } = tailOf({ id: null, start: 0, values: ['a', 'b'] }, { held: () => held });
  await tail.start();
  cluster.log = { id: null, start: 4, values: ['e'] };
  await until(() => tail.problem() === 't was cut: it is read anew when it has been filled', soon);
  await someLooks();
  expect(exits).toEqual([]);
  held = 5;
  await until(() => exits.length > 0, soon);
  expect(got).toEqual(['a', 'b']);
  await tail.stop();
});

test('a feed holds nothing, and begins anew at once', async () => {
  const { tail, exits, cluster } = tailOf({ id: 'one', start: 0, values: ['a', 'b'] }, { from: 'end' });
  await tail.start();
  cluster.log = { id: 'two', start: 0, values: [] };
  await until(() => exits.length > 0, soon);
  await tail.stop();
});

test('a topic that was empty is read on, whatever became of it', async () => {
  const { tail, got, exits, cluster } = tailOf({ id: 'one', start: 0, values: [] });
  await tail.start();
  cluster.log = { id: 'two', start: 0, values: [] };
  await someLooks();
  cluster.log.values.push('a');
  await until(() => got.length > 0, soon);
  await someLooks();
  expect(tail.problem()).toBeNull();
  expect(exits).toEqual([]);
  await tail.stop();
});
