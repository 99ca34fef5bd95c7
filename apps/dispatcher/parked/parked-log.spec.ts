import { hash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ParkedLog } from './parked-log.ts';
import { decodeParkedState, encodeParkedState, metadataCharactersMax } from './parked-state.ts';

/** A partition of the parked topic and a member that reads it, completes, commits, crashes. */
class Simulation {
  readonly log: string[] = [];
  readonly done = new Set<number>();
  readonly drained: string[] = [];
  duplicates = 0;
  capacity: Record<string, number> = {};
  committed: { offset: number; metadata: string } | null = null;
  queues = new Map<string, number[]>();
  /** What lies from here on was diverted in this life. */
  ownFrom = 0;
  parked: ParkedLog;
  capacityOf = (webhookId: string): number => this.capacity[webhookId] ?? 100;

  constructor() {
    this.parked = this.assign();
  }

  assign(): ParkedLog {
    this.queues = new Map();
    this.ownFrom = this.log.length;
    return new ParkedLog({
      committed: this.committed,
      startOffset: 0,
      endOffset: this.log.length,
      capacity: (webhookId) => this.capacityOf(webhookId),
      drained: (webhookId) => {
        this.drained.push(webhookId);
        expect(this.log.every((owner, offset) => owner !== webhookId || this.done.has(offset))).toBe(true);
      },
    });
  }

  divert(webhookId: string): void {
    this.parked.diverting(webhookId);
    this.log.push(webhookId);
  }

  read(count: number): void {
    const { offset } = this.parked.plan();
    const end = Math.min(offset + count, this.log.length);
    const records = this.log.slice(offset, end).map((webhookId, index) => {
      const at = offset + index;
      return { webhookId, offset: at, isOwn: at >= this.ownFrom };
    });
    for (const record of this.parked.read(records, Math.max(end, offset))) this.takeInOrder(record);
  }

  takeInOrder({ webhookId, offset }: { webhookId: string; offset: number }): void {
    const queue = this.queues.get(webhookId) ?? [];
    const missed = this.log.findIndex(
      (owner, at) => owner === webhookId && at < offset && !this.done.has(at) && !queue.includes(at),
    );
    expect({ offset, missed }).toEqual({ offset, missed: -1 });
    expect(queue.includes(offset)).toBe(false);
    if (this.done.has(offset)) this.duplicates += 1;
    queue.push(offset);
    this.queues.set(webhookId, queue);
  }

  /** @param at which of those that are under way */
  complete(webhookId: string, at = 0): void {
    const queue = this.queues.get(webhookId) ?? [];
    const [offset] = queue.splice(Math.min(at, queue.length - 1), 1);
    if (offset === undefined) return;
    this.done.add(offset);
    this.parked.complete(webhookId, offset);
  }

  giveBack(webhookId: string, keep: number): void {
    const queue = this.queues.get(webhookId) ?? [];
    this.parked.giveBack(webhookId, queue.splice(keep));
  }

  commit(): void {
    this.committed = this.parked.commit();
    expect(this.committed.metadata.length).toBeLessThanOrEqual(metadataCharactersMax);
    const firstOpen = this.log.findIndex((_, offset) => !this.done.has(offset));
    if (firstOpen !== -1) expect(this.committed.offset).toBeLessThanOrEqual(firstOpen);
    if (this.parked.isDiscovering) return;
    const open = this.log.filter((_, offset) => !this.done.has(offset)).length;
    expect(this.parked.recordsAtMost).toBeGreaterThanOrEqual(open);
  }

  finish(): void {
    this.capacity = {};
    for (let round = 0; round < this.log.length * 4 + 50; round += 1) {
      this.read(50);
      for (const webhookId of new Set(this.log))
        while ((this.queues.get(webhookId)?.length ?? 0) > 0) this.complete(webhookId);
    }
  }
}

/** What is kept in step with the entries is what would be made from them anew. */
function expectInStep(parked: ParkedLog): void {
  const { entries, turns, byHash, onTheirWay } = parked as unknown as Derived;
  for (const entry of entries.values()) {
    expect(turns.offsetOf(entry)).toBe(entry.lastSeen >= entry.next ? entry.next : null);
  }
  const sum = (count: (entry: DerivedFrom) => number) =>
    [...entries.values()].reduce((total, entry) => total + count(entry), 0);
  expect(turns.offsets.size).toBe(sum(({ lastSeen, next }) => (lastSeen >= next ? 1 : 0)));
  expect([...turns.blocks.values()].reduce((total, block) => total + block.size, 0)).toBe(turns.offsets.size);
  expect(turns.awaitingEnd).toBe(sum(({ pending, lastSeen, next }) => (pending > 0 && lastSeen < next ? 1 : 0)));
  expect(onTheirWay).toBe(sum(({ pending }) => pending));
  expect(new Set(byHash.all)).toEqual(new Set(entries.values()));
  const kept = parked.commit();
  parked['lastCommit'] = null;
  expect(parked.commit()).toEqual(kept);
}

interface DerivedFrom {
  readonly lastSeen: number;
  readonly next: number;
  readonly pending: number;
}

interface Derived {
  readonly entries: ReadonlyMap<string, DerivedFrom>;
  readonly turns: {
    offsetOf(entry: DerivedFrom): number | null;
    readonly offsets: ReadonlyMap<DerivedFrom, number>;
    readonly blocks: ReadonlyMap<number, ReadonlySet<DerivedFrom>>;
    readonly awaitingEnd: number;
  };
  readonly byHash: { readonly all: readonly DerivedFrom[] };
  readonly onTheirWay: number;
}

const webhooks = ['a', 'b', 'c', 'd'];
/** So many of theirs are under way at a time, and end in any order. */
const underWayMax = 3;
const parallel = ['c', 'd'];
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('divert' as const), webhook: fc.constantFrom(...webhooks) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('complete' as const),
      webhook: fc.constantFrom(...webhooks),
      at: fc.nat(underWayMax - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('capacity' as const),
      webhook: fc.constantFrom(...webhooks),
      records: fc.constantFrom(0, 1, 3, 70, 100),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('giveBack' as const),
      webhook: fc.constantFrom(...webhooks),
      keep: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

function apply(
  simulation: Simulation,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): void {
  for (const action of steps) {
    if (action.kind === 'divert') simulation.divert(action.webhook);
    else if (action.kind === 'read') simulation.read(action.count);
    else if (action.kind === 'complete') {
      simulation.complete(action.webhook, parallel.includes(action.webhook) ? action.at : 0);
    } else if (action.kind === 'capacity') simulation.capacity[action.webhook] = action.records;
    else if (action.kind === 'giveBack') simulation.giveBack(action.webhook, action.keep);
    else if (action.kind === 'commit') simulation.commit();
    else {
      if (action.kind === 'restart') simulation.commit();
      simulation.parked = simulation.assign();
    }
    expectInStep(simulation.parked);
  }
}

describe('parked log', () => {
  test('takes every record in order per webhook, once, whatever the room, the crashes and the restarts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const simulation = new Simulation();
        apply(simulation, steps);
        simulation.finish();
        expect(simulation.done.size).toBe(simulation.log.length);
        expect(simulation.parked.parkedWebhooks).toBe(0);
        expect(simulation.parked.commit().offset).toBe(simulation.log.length);
      }),
      { numRuns: 500 },
    );
  });

  test('repeats nothing when every completion was committed before the member left', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const simulation = new Simulation();
        apply(
          simulation,
          steps.map((action) => (action.kind === 'crash' ? { kind: 'restart' as const } : action)),
        );
        simulation.finish();
        expect(simulation.duplicates).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('repeats nothing of a webhook that is parked anew after a restart, while the log is read for another', () => {
    const simulation = new Simulation();
    simulation.divert('a');
    simulation.divert('b');
    simulation.read(2);
    simulation.complete('b');
    simulation.commit();
    simulation.parked = simulation.assign();
    simulation.divert('b');
    simulation.finish();
    expect(simulation.duplicates).toBe(0);
  });

  test('repeats nothing that a parallel webhook completed behind one that hangs', () => {
    const simulation = new Simulation();
    for (let index = 0; index < 40; index += 1) for (const webhook of ['hanging', 'other']) simulation.divert(webhook);
    simulation.read(60);
    // All but the first, and one in the middle.
    for (let times = 0; times < 10; times += 1) simulation.complete('hanging', 1);
    for (let times = 0; times < 10; times += 1) simulation.complete('hanging', 2);
    // Killed before what was known is read again, too.
    for (let lives = 0; lives < 3; lives += 1) {
      simulation.commit();
      simulation.parked = simulation.assign();
      simulation.read(10 * lives);
      // Past everything that was known, and over to the next.
      if (lives === 1) simulation.read(80);
    }
    simulation.finish();
    expect(simulation.done.size).toBe(80);
    expect(simulation.duplicates).toBe(0);
  });

  test('a head that is given back while its successors are under way is neither lost nor taken over', () => {
    const simulation = new Simulation();
    for (let index = 0; index < 6; index += 1) simulation.divert('turned');
    simulation.read(6);
    // Of 0 to 5, all under way: 2 ends, then 0 is to wait in the log.
    simulation.complete('turned', 2);
    simulation.parked.noteHead('turned', { attempt: 3, notBefore: 7 });
    simulation.queues.get('turned')?.shift();
    simulation.parked.giveBack('turned', [0]);
    simulation.complete('turned', 0);
    simulation.commit();
    expect(simulation.committed?.offset).toBe(0);
    const { committed } = simulation;
    simulation.read(6);
    // In this life only the head itself is taken again, and it knows its attempts.
    expect(simulation.queues.get('turned')).toEqual([3, 4, 5, 0]);
    expect(simulation.parked.headAt('turned', 0)).toEqual({ attempt: 3, notBefore: 7 });
    // In the next one what is not complete.
    simulation.committed = committed;
    simulation.parked = simulation.assign();
    simulation.read(6);
    expect(simulation.queues.get('turned')).toEqual([0, 3, 4, 5]);
    simulation.finish();
    expect(simulation.done.size).toBe(6);
    expect(simulation.duplicates).toBe(0);
  });

  test('of far more webhooks than a commit can list, hardly anything is repeated after a restart', () => {
    const simulation = new Simulation();
    const many = Array.from({ length: 450 }, (_, index) => `many-${index}`);
    // Twelve of each; some webhooks get through all of theirs, the others through half.
    for (let round = 0; round < 12; round += 1) for (const webhook of many) simulation.divert(webhook);
    while (simulation.parked.nextPosition < simulation.log.length) simulation.read(500);
    for (const [index, webhook] of many.entries()) {
      for (let times = 0; times < (index % 5 === 0 ? 12 : 6); times += 1) simulation.complete(webhook);
    }
    const completed = simulation.done.size;
    simulation.commit();
    simulation.parked = simulation.assign();
    simulation.finish();
    expect(simulation.done.size).toBe(simulation.log.length);
    expect(completed).toBe(360 * 6 + 90 * 12);
    expect(simulation.duplicates).toBeLessThan(completed / 50);
  });

  test('of far more webhooks than a commit can list, none is lost, whatever happens in between', () => {
    const many = Array.from({ length: 320 }, (_, index) => `many-${index}`);
    const some = fc.array(fc.record({ at: fc.nat(319), times: fc.nat(3) }), { maxLength: 40 });
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('complete' as const), some }),
      fc.record({ kind: fc.constantFrom('read' as const, 'commit' as const, 'crash' as const, 'restart' as const) }),
      fc.record({ kind: fc.constant('divert' as const), some }),
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 25 }), (happenings) => {
        const simulation = new Simulation();
        for (let round = 0; round < 3; round += 1) for (const webhook of many) simulation.divert(webhook);
        for (const one of happenings) {
          if (one.kind === 'read') simulation.read(700);
          else if (one.kind === 'complete') {
            for (const { at, times } of one.some) for (let n = 0; n < times; n += 1) simulation.complete(`many-${at}`);
          } else if (one.kind === 'divert') for (const { at } of one.some) simulation.divert(`many-${at}`);
          else {
            if (one.kind !== 'crash') simulation.commit();
            if (one.kind !== 'commit') simulation.parked = simulation.assign();
          }
        }
        simulation.finish();
        expect(simulation.done.size).toBe(simulation.log.length);
        expect(simulation.parked.parkedWebhooks).toBe(0);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('a webhook without room keeps its records in the log and out of the way of the others', () => {
    const simulation = new Simulation();
    simulation.capacity = { a: 0 };
    for (let index = 0; index < 1_000; index += 1) simulation.divert('a');
    simulation.divert('b');
    for (let index = 0; index < 30; index += 1) simulation.read(50);
    expect(simulation.queues.get('a')).toBeUndefined();
    expect(simulation.queues.get('b')).toEqual([1_000]);
  });

  test('a small capacity is read for as well', () => {
    const simulation = new Simulation();
    simulation.capacity = { a: 3 };
    for (let index = 0; index < 20; index += 1) simulation.divert('a');
    for (let round = 0; round < 20; round += 1) {
      simulation.read(50);
      while ((simulation.queues.get('a')?.length ?? 0) > 0) simulation.complete('a');
    }
    expect(simulation.done.size).toBe(20);
  });

  test('the main lane waits only for what was parked before the assignment', () => {
    const simulation = new Simulation();
    for (let index = 0; index < 10; index += 1) simulation.divert('a');
    simulation.parked = simulation.assign();
    expect(simulation.parked.isDiscovering).toBe(true);
    simulation.read(10);
    expect(simulation.parked.isDiscovering).toBe(false);
    expect(simulation.parked.isParked('a')).toBe(true);
    expect(simulation.parked.isParked('b')).toBe(false);
  });
});

describe('a parked log of thousands of webhooks without room', () => {
  const count = 2_000;
  let simulation: Simulation;
  let asked: number;

  beforeEach(() => {
    simulation = new Simulation();
    asked = 0;
    simulation.capacityOf = (webhookId) => {
      asked += 1;
      return simulation.capacity[webhookId] ?? 0;
    };
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < count; index += 1) simulation.divert(`w-${index}`);
    }
    while (simulation.parked.nextPosition < simulation.log.length) simulation.read(500);
    for (let round = 0; round < count; round += 1) simulation.parked.plan();
    asked = 0;
  });

  test('costs nothing to commit while nothing changes', () => {
    const commit = simulation.parked.commit();
    for (let round = 0; round < 10; round += 1) simulation.parked.plan();
    expect(simulation.parked.commit()).toBe(commit);
    simulation.divert('w-1');
    simulation.read(1);
    expect(simulation.parked.commit()).not.toBe(commit);
  });

  test('asks a few of them for their room at each plan, and at each read only those that are read', () => {
    for (let round = 0; round < 100; round += 1) simulation.parked.plan();
    expect(asked).toBeLessThanOrEqual(100 * 8);
    asked = 0;
    simulation.divert('w-1');
    simulation.read(1);
    expect(asked).toBeLessThanOrEqual(8 + 1);
  });

  test('reads at once for the one whose room has grown, and for the others as before', () => {
    simulation.capacity = { 'w-1500': 10 };
    simulation.parked.mayHaveRoom('w-1500');
    expect(simulation.parked.plan()).toEqual({ offset: 1_500, isSeek: true });
    // A fetch takes longer than a sweep: nobody else's turn moves it before anything was read.
    simulation.capacity = { 'w-1500': 10, 'w-7': 10 };
    simulation.parked.mayHaveRoom('w-7');
    expect(simulation.parked.plan()).toEqual({ offset: 1_500, isSeek: false });
    simulation.read(1);
    expect(simulation.queues.get('w-1500')).toEqual([1_500]);
    expect(simulation.parked.plan()).toEqual({ offset: 1_501, isSeek: false });
    expect(simulation.parked.plan()).toEqual({ offset: 7, isSeek: true });
  });

  test('finds room that nobody told of', () => {
    simulation.capacity = { 'w-1500': 10 };
    for (let round = 0; round < count; round += 1) simulation.read(10);
    expect(simulation.queues.get('w-1500')).toEqual([1_500, 3_500, 5_500]);
  });
});

describe('parked state', () => {
  test('survives its own encoding', () => {
    const cursors = [
      { hash: 'AAAAAAAAAAA', offset: 1_000, attempt: 0, notBefore: 0 },
      { hash: 'BBBBBBBBBBB', offset: 1_000_000, attempt: 3, notBefore: 1_700_000_000_000 },
    ];
    const metadata = encodeParkedState({ knownEnd: 2_000_000, base: 1_000, cursors });
    expect(decodeParkedState(metadata)).toEqual({ knownEnd: 2_000_000, floors: null, cursors });
  });

  test('has floors for all and a list of heads when not every webhook fits', () => {
    const cursors = Array.from({ length: 1_000 }, (_, index) => ({
      hash: hash('sha256', `w-${index}`, 'base64url').slice(0, 11),
      offset: index * 100,
      attempt: index % 300 === 0 ? 2 : 0,
      notBefore: index % 300 === 0 ? 1_700_000_000_000 : 0,
    }));
    const metadata = encodeParkedState({ knownEnd: 100_000, base: 0, cursors });
    expect(metadata.length).toBeLessThanOrEqual(metadataCharactersMax);
    const state = decodeParkedState(metadata);
    expect(state?.cursors).toEqual(cursors.filter(({ attempt }) => attempt > 0));
    for (const { hash: key, offset } of cursors) expect(state?.floors?.floorOf(key)).toBeLessThanOrEqual(offset);
  });

  test.each(['', 'nonsense', 'AAAA'])('is null for %j', (metadata) => {
    expect(decodeParkedState(metadata)).toBeNull();
  });
});

/** A log of one webhook's records, of which the first are complete in the commit. */
function loggedTo(end: number, committed: { offset: number; metadata: string } | null): ParkedLog {
  return new ParkedLog({
    committed,
    startOffset: 0,
    endOffset: end,
    capacity: () => 100,
    drained: () => undefined,
  });
}

function offsets(from: number, to: number, isOwn: boolean) {
  return Array.from({ length: to - from }, (_, index) => ({ webhookId: 'w', offset: from + index, isOwn }));
}

describe('a parked log that ends before what was committed of it', () => {
  const committed = { offset: 6, metadata: encodeParkedState({ knownEnd: 10, base: 6, cursors: [] }) };

  test.each([
    ['made anew', 0, 'all', 0],
    ['made anew and written again', 4, 'all', 0],
    ['cut at its end', 8, 'end', 8],
    ['whole', 10, null, 10],
  ] as const)('%s', (_name, end, lost, position) => {
    const log = loggedTo(end, committed);
    expect([log.lost, log.nextPosition, log.isDiscovering]).toEqual([lost, position, position < end]);
    expect(log.read(offsets(position, 12, false), 12)).toHaveLength(12 - position);
    expect(log.isDiscovering).toBe(false);
  });

  test('takes what is written where other records were, whatever floors say of them', () => {
    const cursors = Array.from({ length: 400 }, (_, index) => ({
      hash: hash('sha256', `other-${index}`, 'base64url').slice(0, 11),
      offset: index,
      attempt: 0,
      notBefore: 0,
    }));
    const log = loggedTo(500, { offset: 0, metadata: encodeParkedState({ knownEnd: 900, base: 0, cursors }) });
    expect(log.lost).toBe('end');
    const taken = log.read(offsets(0, 600, false), 600);
    expect(taken.map(({ offset }) => offset)).toEqual(offsets(500, 600, false).map(({ offset }) => offset));
  });
});

describe('a partition that comes back', () => {
  test('goes on where it was while the commit is one of its own', () => {
    const log = loggedTo(0, null);
    for (let index = 0; index < 3; index += 1) log.diverting('w');
    log.read(offsets(0, 3, true), 3);
    const early = log.commit();
    log.complete('w', 0);
    const later = log.commit();
    log.giveBack('w', [2]);
    for (const committed of [null, early, later]) {
      expect(log.goesOn({ committed, startOffset: 0, endOffset: 3 })).toBe(true);
    }
    log.plan();
    expect(log.read(offsets(2, 3, true), 3).map(({ offset }) => offset)).toEqual([2]);
    log.complete('w', 1);
    log.complete('w', 2);
    expect(log.isParked('w')).toBe(false);
  });

  test.each([
    ['somebody else has committed', { committed: { offset: 1, metadata: '' }, startOffset: 0, endOffset: 3 }],
    ['the log is shorter than what was read of it', { committed: null, startOffset: 0, endOffset: 2 }],
  ])('begins anew when %s', (_name, range) => {
    const log = loggedTo(0, null);
    log.read(offsets(0, 3, false), 3);
    expect(log.goesOn(range)).toBe(false);
  });
});
