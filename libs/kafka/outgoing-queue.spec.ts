import { describe, expect, test } from '@jest/globals';
import { bytesOf, OutgoingQueue } from './outgoing-queue.ts';
import { splitByAnswer } from './producer-session.ts';
import type { OutgoingRecord } from './record.ts';

function record(text: string): OutgoingRecord {
  return { topic: 't', key: null, value: Buffer.from(text) };
}

function texts(records: readonly { message: { value: Buffer | null } }[]): string[] {
  return records.map(({ message }) => message.value?.toString() ?? '');
}

/** Sizes are the lengths of the texts. */
function append(queue: OutgoingQueue, ...values: string[]): Promise<string> {
  const appended = queue.append(
    values.map(record),
    values.map((value) => value.length),
  );
  return appended.then(
    () => 'resolved',
    (error: unknown) => (error as Error).message,
  );
}

const all = { bytesMax: Infinity, recordsMax: Infinity };

describe('what waits to be sent', () => {
  test('comes in the order of the appends, bounded in records and in bytes', () => {
    const queue = new OutgoingQueue();
    void append(queue, 'a', 'bb');
    void append(queue, 'ccc');
    void append(queue, 'dddd', 'e');
    expect(queue.waiting).toEqual({ records: 5, bytes: 11 });
    expect(texts(queue.take({ bytesMax: 6, recordsMax: 2 }))).toEqual(['a', 'bb']);
    expect(texts(queue.take({ bytesMax: 6, recordsMax: 2 }))).toEqual(['ccc']);
    expect(texts(queue.take({ bytesMax: 3, recordsMax: 2 }))).toEqual(['dddd']);
    expect(texts(queue.take({ bytesMax: 3, recordsMax: 2 }))).toEqual(['e']);
    expect(queue.take(all)).toEqual([]);
    expect(queue.waiting.records).toBe(5);
  });

  test('answers an append when all of its records are acknowledged', async () => {
    const queue = new OutgoingQueue();
    const first = append(queue, 'a', 'b');
    const second = append(queue, 'c');
    const [a, b, c] = queue.take(all);
    const answers: string[] = [];
    void first.then(() => answers.push('first'));
    void second.then(() => answers.push('second'));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were appended');
    queue.acknowledge([a, c]);
    await second;
    expect(answers).toEqual(['second']);
    queue.acknowledge([b]);
    expect(await first).toBe('resolved');
    expect(queue.waiting).toEqual({ records: 0, bytes: 0 });
  });

  test('of an append of which a record was refused is not sent any more', async () => {
    const queue = new OutgoingQueue();
    const refused = append(queue, 'a', 'b', 'c');
    const other = append(queue, 'd');
    const [a] = queue.take({ ...all, recordsMax: 1 });
    if (a !== undefined) queue.refuse(a, new Error('too large'));
    const rest = queue.take(all);
    expect(texts(rest)).toEqual(['d']);
    queue.acknowledge(rest);
    expect(await Promise.all([refused, other])).toEqual(['too large', 'resolved']);
    expect(queue.waiting).toEqual({ records: 0, bytes: 0 });
  });

  test('says how long its oldest append has been without an answer, by a clock that never goes back', async () => {
    let now = 1_000;
    const queue = new OutgoingQueue(() => now);
    expect(queue.oldestMs).toBe(0);
    const first = append(queue, 'a', 'b');
    now += 300;
    const second = append(queue, 'c');
    now += 100;
    expect(queue.oldestMs).toBe(400);
    const [a, b, c] = queue.take(all);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were appended');
    queue.acknowledge([a, c]);
    expect(queue.oldestMs).toBe(400);
    const third = append(queue, 'd');
    now += 50;
    queue.refuse(b, new Error('too large'));
    expect(queue.oldestMs).toBe(50);
    queue.acknowledge(queue.take(all));
    expect(queue.oldestMs).toBe(0);
    expect(await Promise.all([first, second, third])).toEqual(['too large', 'resolved', 'resolved']);
  });

  test('is refused altogether in the end', async () => {
    const queue = new OutgoingQueue();
    const appends = [append(queue, 'a', 'b'), append(queue, 'c')];
    queue.refuseAll(new Error('closed'));
    expect(await Promise.all(appends)).toEqual(['closed', 'closed']);
    expect(queue).toMatchObject({ isEmpty: true, waiting: { records: 0, bytes: 0 } });
  });

  test('stays in order over many rounds', () => {
    const queue = new OutgoingQueue();
    const taken: string[] = [];
    for (let round = 0; round < 3_000; round += 1) {
      void append(queue, ...Array.from({ length: 10 }, (_, index) => String(round * 10 + index)));
      taken.push(...texts(queue.take({ bytesMax: Infinity, recordsMax: round % 2 === 0 ? 3 : 12 })));
    }
    taken.push(...texts(queue.take(all)));
    expect(taken).toEqual(Array.from({ length: 30_000 }, (_, index) => String(index)));
  });
});

test('the size of a record counts everything that travels', () => {
  const bare = bytesOf({ topic: 't', key: null, value: null });
  expect(bytesOf({ topic: 't', key: 'ü', value: Buffer.alloc(10) }) - bare).toBe(12);
  expect(bytesOf({ topic: 't', key: null, value: null, headers: { ab: 'c' } }) - bare).toBeGreaterThan(3);
});

test('what no broker answered for is still to be sent', () => {
  const queue = new OutgoingQueue();
  for (const [topic, partition] of [
    ['a', 0],
    ['a', 1],
    ['b', 0],
    ['a', 1],
  ] as const) {
    void queue.append([{ topic, partition, key: null, value: Buffer.from(`${topic}${partition}`) }], [1]);
  }
  const sent = queue.take(all);
  const { taken, rest } = splitByAnswer(sent, [
    { topicName: 'a', partition: 0 },
    { topicName: 'b', partition: 0 },
  ]);
  expect(texts(taken)).toEqual(['a0', 'b0']);
  expect(texts(rest)).toEqual(['a1', 'a1']);
});
