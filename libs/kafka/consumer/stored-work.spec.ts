import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AssignedLease, KafkaRecord, PartitionLease, RecordBatch } from '../record.ts';
import type { PositionMove } from './position-check.ts';
import type { Position, PositionStep } from './stored-positions.ts';
import { StoredWork, type WriteResult } from './stored-work.ts';

type Fault = 'away' | 'committed, then away' | 'rival';

/** A store that applies items and positions together, and fails when told to. */
class FakeStore {
  readonly applied: string[] = [];
  position = 0;
  topicId: string | null = null;
  faults: Fault[] = [];

  positions(): Promise<Position[]> {
    return Promise.resolve([this.at()]);
  }

  move(moves: readonly PositionMove[]): Promise<void> {
    for (const { from, to, topicId } of moves) {
      if (from !== this.position) continue;
      this.position = to;
      this.topicId = topicId;
    }
    return Promise.resolve();
  }

  write(items: readonly string[], steps: readonly PositionStep[]): Promise<WriteResult> {
    const fault = this.faults.shift();
    if (fault === 'away') return Promise.resolve({ kind: 'away', error: new Error('no route') });
    const [step] = steps;
    if (fault === 'rival' && step?.from === this.position) this.applyFirst(items, step.from);
    if (step?.from !== this.position) return Promise.resolve({ kind: 'moved', stored: [this.at()] });
    if (items.some((item) => item.includes('unstorable'))) {
      return Promise.resolve({ kind: 'unstorable', error: new Error('too long') });
    }
    this.apply(items, step.to);
    const result: WriteResult =
      fault === undefined ? { kind: 'written' } : { kind: 'away', error: new Error('reset after commit') };
    return Promise.resolve(result);
  }

  /** As another member would, a moment before. Values end in their offset. */
  private applyFirst(items: readonly string[], offset: number): void {
    this.apply(
      items.filter((item) => item.startsWith('good') && item.endsWith(`-${offset}`)),
      offset + 1,
    );
  }

  private apply(items: readonly string[], position: number): void {
    this.applied.push(...items);
    this.position = position;
  }

  private at(): Position {
    return { topic: 't', partition: 0, nextOffset: this.position, topicId: this.topicId };
  }
}

class FakeLease implements AssignedLease {
  readonly topic = 't';
  startOffset = 0;
  endOffset = Infinity;
  topicId: string | null = null;
  readonly committed = null;
  readonly partition = 0;
  readonly epoch = 1;
  isHeld = true;
  readonly completed: number[] = [];
  readonly incomplete = 0;

  complete(offset: number): void {
    this.completed.push(offset);
  }
  pause(): void {
    throw new Error('not paused here');
  }
  resume(): void {
    throw new Error('not paused here');
  }
  looks = 0;
  lookAgain(): Promise<void> {
    this.looks += 1;
    return Promise.resolve();
  }
}

function batch(lease: PartitionLease, values: readonly string[], first = 0): RecordBatch {
  const records = values.map((value, index): KafkaRecord => ({
    topic: 't',
    partition: 0,
    offset: first + index,
    timestampMs: 0,
    key: null,
    value: Buffer.from(value),
    headers: {},
  }));
  const end = first + values.length;
  return { lease, records, fetchedOffset: first, nextOffset: end, highWatermark: end };
}

async function workOver(store: FakeStore, lease = new FakeLease()) {
  const moved: string[] = [];
  const aside: number[] = [];
  const away: unknown[] = [];
  const work = new StoredWork<string>({
    positions: () => store.positions(),
    move: (moves) => store.move(moves),
    onMoved: ({ reason }) => moved.push(reason),
    decode: (record) => {
      const value = record.value?.toString() ?? '';
      return Promise.resolve(
        value.includes('garbage') ? { kind: 'undecodable', error: new Error(value) } : { kind: 'value', value },
      );
    },
    write: (items, steps) => store.write(items, steps),
    setAside: ({ offset }) => aside.push(offset),
    onAway: (error) => away.push(error),
    rest: { ms: 0, belowRecords: 0 },
    betweenLooksMs: 1,
  });
  const starts = await work.assigned([lease]);
  return { work, lease, aside, away, moved, starts };
}

test('what cannot be decoded or stored is set aside, and everything else is applied in order', async () => {
  const store = new FakeStore();
  const { work, lease, aside } = await workOver(store);
  await work.work([batch(lease, ['a', 'garbage', 'b', 'unstorable', 'c', 'unstorable', 'garbage'])]);
  expect(store.applied).toEqual(['a', 'b', 'c']);
  expect(aside.sort()).toEqual([1, 3, 5, 6]);
  expect(store.position).toBe(7);
  expect(lease.completed).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('while the store is away the same records are tried again, and readiness says so meanwhile', async () => {
  const store = new FakeStore();
  store.faults = ['away', 'away'];
  const { work, lease, away } = await workOver(store);
  const worked = work.work([batch(lease, ['a', 'b'])]);
  await new Promise(setImmediate);
  expect(work.problem()).toBe('waits for what is away: no route');
  await worked;
  expect(work.problem()).toBeNull();
  expect(away).toHaveLength(2);
  expect(store.applied).toEqual(['a', 'b']);
});

test('a commit whose answer was lost is not applied twice', async () => {
  const store = new FakeStore();
  store.faults = ['committed, then away'];
  const { work, lease } = await workOver(store);
  await work.work([batch(lease, ['a', 'b'])]);
  expect(store.applied).toEqual(['a', 'b']);
});

test('what another member applied in between is left to it', async () => {
  const store = new FakeStore();
  store.faults = ['rival'];
  const { work, lease } = await workOver(store);
  await work.work([batch(lease, ['good-0', 'good-1', 'good-2'])]);
  expect(store.applied).toEqual(['good-0', 'good-1', 'good-2']);
});

test('records of a partition that was lost are dropped', async () => {
  const store = new FakeStore();
  const { work, lease } = await workOver(store);
  lease.isHeld = false;
  await work.work([batch(lease, ['a'])]);
  expect(store.applied).toEqual([]);
  expect(lease.completed).toEqual([]);
});

test('a position of 0 is left to Kafka, another one is where to begin', async () => {
  expect((await workOver(new FakeStore())).starts).toEqual([]);
  const store = new FakeStore();
  store.position = 12;
  expect((await workOver(store)).starts).toEqual([{ topic: 't', partition: 0, offset: 12 }]);
});

describe('at a stop', () => {
  test('what is in memory is written when the store is there', async () => {
    const store = new FakeStore();
    const { work, lease } = await workOver(store);
    work.beginStop();
    await work.work([batch(lease, ['a'])]);
    expect(store.applied).toEqual(['a']);
  });

  test('it does not wait for a store that is away, and writes nothing behind what it left out', async () => {
    const store = new FakeStore();
    store.faults = ['away', 'away'];
    const { work, lease } = await workOver(store);
    const waiting = work.work([batch(lease, ['a'])]);
    await new Promise(setImmediate);
    work.beginStop();
    await waiting;
    store.faults = [];
    await work.work([batch(lease, ['b'], 1)]);
    expect(store.applied).toEqual([]);
    expect(store.position).toBe(0);
    expect(lease.completed).toEqual([]);
  });
});

test('whatever goes wrong, each good record is applied once and in order', async () => {
  const anyFaults = fc.array(fc.constantFrom<Fault>('committed, then away', 'rival'), { maxLength: 6 });
  const anyValues = fc.array(fc.constantFrom('good', 'garbage', 'unstorable'), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyValues, { minLength: 1, maxLength: 3 }), anyFaults, async (batches, faults) => {
      const store = new FakeStore();
      const { work, lease } = await workOver(store);
      store.faults = [...faults];
      let offset = 0;
      const expected: string[] = [];
      for (const values of batches) {
        const named = values.map((value, index) => `${value}-${offset + index}`);
        expected.push(...named.filter((value) => value.startsWith('good')));
        await work.work([batch(lease, named, offset)]);
        offset += values.length;
      }
      expect(store.applied.filter((value) => value.startsWith('good'))).toEqual(expected);
      expect(store.position).toBe(offset);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('a topic that was made anew is read from its beginning, though it has grown past the position', async () => {
  const store = new FakeStore();
  store.position = 5_000;
  store.topicId = 'old';
  const made = Object.assign(new FakeLease(), { endOffset: 6_000, topicId: 'new' });
  const { work, lease, moved } = await workOver(store, made);
  await work.work([batch(lease, ['a', 'b'])]);
  expect(store.applied).toEqual(['a', 'b']);
  expect(store).toMatchObject({ position: 2, topicId: 'new' });
  expect(moved).toEqual(['other_topic']);
});

describe('a log that seems to end before what is stored', () => {
  async function assignedWith(endsLater: number | null) {
    const store = new FakeStore();
    store.position = 50;
    store.topicId = 'id';
    const lease = Object.assign(new FakeLease(), { endOffset: 40, topicId: 'id' });
    lease.lookAgain = () => {
      lease.looks += 1;
      if (endsLater !== null && lease.looks === 2) lease.endOffset = endsLater;
      return Promise.resolve();
    };
    const { starts, moved } = await workOver(store, lease);
    return { offset: starts[0]?.offset, moved, looks: lease.looks };
  }

  test('is looked at again: a leader of before may not know that it is none', async () => {
    expect(await assignedWith(60)).toEqual({ offset: 50, moved: [], looks: 2 });
  });

  test('is believed when it goes on ending there', async () => {
    expect(await assignedWith(null)).toEqual({ offset: 40, moved: ['beyond_end'], looks: 5 });
  });
});

describe('a write of a stay that is over, answered during the next', () => {
  /** The first write waits for the test, before the store does it or before it answers. */
  function holdWrite(store: FakeStore, when: 'before' | 'after'): () => void {
    const write = store.write.bind(store);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    store.write = async (items, steps) => {
      store.write = write;
      if (when === 'before') await released;
      const result = await write(items, steps);
      await released;
      return result;
    };
    return release;
  }

  /** `before`: where the store is when the write begins. `between`: what happens until the next stay is assigned. */
  async function overtaken(
    store: FakeStore,
    values: readonly string[],
    change: { hold: 'before' | 'after'; next: FakeLease; before?: number; between?: number },
  ) {
    const first = store.position;
    const release = holdWrite(store, change.hold);
    const { work, lease } = await workOver(store, Object.assign(new FakeLease(), { topicId: store.topicId }));
    store.position = change.before ?? store.position;
    const ended = work.work([batch(lease, values, first)]);
    await new Promise(setImmediate);
    lease.isHeld = false;
    store.position = change.between ?? store.position;
    await work.assigned([change.next]);
    release();
    await ended;
    return work;
  }

  test('moves no position of a topic that was made anew', async () => {
    const store = new FakeStore();
    const next = new FakeLease();
    const work = await overtaken(store, ['a', 'b', 'c'], { hold: 'after', next, between: 0 });
    await work.work([batch(next, ['d', 'e'])]);
    expect(store.applied).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(store.position).toBe(2);
  });

  test('ends no process for a position that the store had then', async () => {
    const store = new FakeStore();
    const next = new FakeLease();
    const work = await overtaken(store, ['a', 'b', 'c'], { hold: 'after', next, before: 5, between: 8 });
    await work.work([batch(next, ['d'], 8)]);
    expect(store.applied).toEqual(['d']);
    expect(store.position).toBe(9);
  });

  test('ends no process for a log that the next one found cut', async () => {
    const store = new FakeStore();
    Object.assign(store, { position: 5, topicId: 'id' });
    const next = Object.assign(new FakeLease(), { endOffset: 1, topicId: 'id' });
    const work = await overtaken(store, ['a'], { hold: 'before', next });
    await work.work([batch(next, ['d'], 1)]);
    expect(store.applied).toEqual(['d']);
    expect(store.position).toBe(2);
  });
});

test('the id of a topic is learned without a word, and then nothing moves', async () => {
  const store = new FakeStore();
  store.position = 7;
  const known = Object.assign(new FakeLease(), { endOffset: 9, topicId: 'id' });
  for (let times = 0; times < 2; times += 1) {
    const { moved, starts } = await workOver(store, known);
    expect(starts).toEqual([{ topic: 't', partition: 0, offset: 7 }]);
    expect(moved).toEqual([]);
  }
  expect(store).toMatchObject({ position: 7, topicId: 'id' });
});
