import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { offsetsCovered } from './completed-offsets.ts';
import { OffsetTracker } from './offset-tracker.ts';

function tracking(...offsets: number[]): OffsetTracker {
  const tracker = new OffsetTracker(offsets[0] ?? 0, null);
  for (const offset of offsets) tracker.add(offset);
  return tracker;
}

describe('what may be committed', () => {
  test('is the position before anything was read', () => {
    expect(new OffsetTracker(7, null)).toMatchObject({ committable: 7, incomplete: 0, spread: 0 });
  });

  test('is the lowest offset that is not complete, in whatever order they complete', () => {
    const tracker = tracking(10, 11, 12, 13);
    tracker.complete(12);
    tracker.complete(11);
    expect(tracker).toMatchObject({ committable: 10, incomplete: 2, spread: 4 });
    tracker.complete(10);
    expect(tracker).toMatchObject({ committable: 13, incomplete: 1 });
    tracker.complete(13);
    expect(tracker).toMatchObject({ committable: 14, incomplete: 0, spread: 0 });
  });

  test('passes gaps, within and at the end of what was read', () => {
    const tracker = tracking(5, 9, 1_000_000_000);
    tracker.advanceTo(1_000_000_007);
    tracker.complete(5);
    expect(tracker.committable).toBe(9);
    tracker.complete(1_000_000_000);
    tracker.complete(9);
    expect(tracker.committable).toBe(1_000_000_007);
  });

  test('does not move for an offset completed twice, or never handed out', () => {
    const tracker = tracking(1, 3);
    const { version } = tracker;
    tracker.complete(2);
    tracker.complete(0);
    tracker.complete(99);
    expect(tracker).toMatchObject({ version, incomplete: 2 });
    tracker.complete(3);
    tracker.complete(3);
    expect(tracker).toMatchObject({ version: version + 1, incomplete: 1, committable: 1 });
  });
});

describe('a restart', () => {
  test('hands out again only what was not complete', () => {
    const before = tracking(0, 1, 2, 3);
    before.complete(1);
    before.complete(3);
    const after = new OffsetTracker(before.committable, before.commitMetadata());
    expect([0, 1, 2, 3, 4].filter((offset) => after.add(offset))).toEqual([0, 2, 4]);
  });

  test('keeps what it did not read again yet in the next commit', () => {
    const before = tracking(0, 1, 2);
    before.complete(2);
    const after = new OffsetTracker(before.committable, before.commitMetadata());
    after.add(0);
    const third = new OffsetTracker(after.committable, after.commitMetadata());
    expect([0, 1, 2].filter((offset) => third.add(offset))).toEqual([0, 1]);
  });

  test.each([null, '', 'some text', 'c1:', 'c1:%%%', 'c2:AAAA'])(
    'reads everything with the metadata %j',
    (metadata) => {
      expect(new OffsetTracker(0, metadata).add(0)).toBe(true);
    },
  );
});

test('metadata is at most 4,000 characters, and covers 23,976 offsets whichever of them are complete', () => {
  const tracker = new OffsetTracker(50, null);
  const all = Array.from({ length: 40_000 }, (_, n) => 50 + n);
  for (const offset of all) tracker.add(offset);
  const completed = all.filter((offset) => offset % 2 === 1);
  for (const offset of completed) tracker.complete(offset);
  expect(tracker.commitMetadata().length).toBeLessThanOrEqual(4_000);
  expect(offsetsCovered).toBe(23_976);
  const after = new OffsetTracker(50, tracker.commitMetadata());
  const again = all.filter((offset) => after.add(offset));
  expect(again).toEqual(all.filter((offset) => offset % 2 === 0 || offset >= 50 + offsetsCovered));
});

test('a hundred thousand records in, in the worst order, out', () => {
  const tracker = new OffsetTracker(0, null);
  const count = 100_000;
  for (let offset = 0; offset < count; offset += 1) tracker.add(offset);
  for (let offset = count - 1; offset >= 0; offset -= 1) tracker.complete(offset);
  expect(tracker).toMatchObject({ committable: count, incomplete: 0 });
});

/** The simplest thing that could be right: sets. */
interface Model {
  /** Completed at some time: these need not be handed out again. */
  readonly ever: Set<number>;
  /** Completed as far as this run knows. */
  known: Set<number>;
  commit: { offset: number; metadata: string; known: Set<number> };
  /** How many of the log were read. */
  read: number;
}

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('complete' as const), pick: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  ),
  { maxLength: 120 },
);

test('never commits past what is incomplete, and after a restart never hands out what a commit knew as complete', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 }), steps, (gaps, script) => {
      const log = gaps.map((_, index) => gaps.slice(0, index).reduce((sum, gap) => sum + gap, 100));
      const model: Model = {
        ever: new Set(),
        known: new Set(),
        commit: { offset: 100, metadata: '', known: new Set() },
        read: 0,
      };
      let tracker = new OffsetTracker(100, null);
      let handedOut: number[] = [];
      for (const step of script) {
        if (step.do === 'read') {
          for (const offset of log.slice(model.read, model.read + step.count)) {
            const isNew = tracker.add(offset);
            expect(isNew).toBe(!model.known.has(offset));
            if (isNew) handedOut.push(offset);
          }
          model.read = Math.min(model.read + step.count, log.length);
        } else if (step.do === 'complete') {
          const offset = handedOut[step.pick % Math.max(handedOut.length, 1)];
          if (offset === undefined) continue;
          tracker.complete(offset);
          model.ever.add(offset);
          model.known.add(offset);
          handedOut = handedOut.filter((other) => other !== offset);
        } else if (step.do === 'commit') {
          model.commit = {
            offset: tracker.committable,
            metadata: tracker.commitMetadata(),
            known: new Set(model.known),
          };
        } else {
          tracker = new OffsetTracker(model.commit.offset, model.commit.metadata);
          handedOut = [];
          model.known = new Set(model.commit.known);
          model.read = log.findIndex((offset) => offset >= model.commit.offset);
          if (model.read === -1) model.read = log.length;
        }
        expect(tracker.incomplete).toBe(handedOut.length);
        const belowCommit = log.filter((offset) => offset < tracker.committable);
        expect(belowCommit.every((offset) => model.ever.has(offset))).toBe(true);
        const lowest = handedOut.length === 0 ? null : Math.min(...handedOut);
        if (lowest !== null) expect(tracker.committable).toBe(lowest);
      }
    }),
    { numRuns: 500 },
  );
});

test('what was complete elsewhere is not handed out, and the next commit speaks of it', () => {
  const tracker = new OffsetTracker(100, null);
  tracker.add(100);
  // One that was handed out already, some that come, one below and one too far for a commit to speak of.
  for (const offset of [100, 103, 140, 99, 100 + offsetsCovered]) tracker.restore({ from: offset, to: offset + 1 });
  expect(tracker.committable).toBe(101);
  expect([101, 102, 103, 104].map((offset) => tracker.add(offset))).toEqual([true, true, false, true]);
  const next = new OffsetTracker(tracker.committable, tracker.commitMetadata());
  expect([101, 102, 103, 139, 140].map((offset) => next.add(offset))).toEqual([true, true, false, true, false]);
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Shape {
  /** Shares of records: with a gap behind them, and that take long. */
  readonly gaps: number;
  readonly slow: number;
  /** How likely it is in a step that one of the latter is over. */
  readonly ends: number;
}

/** A partition in which some records take very long, read only as far as the tracker lets it. */
class LongRun {
  tracker = new OffsetTracker(1_000, null);
  readonly forms = new Set<string>();
  spreadMax = 0;
  private readonly random: () => number;
  private readonly shape: Shape;
  private readonly log: number[] = [];
  private read = 0;
  /** Complete, as far as this life knows. */
  private known = new Set<number>();
  private quick: number[] = [];
  private slow: number[] = [];
  private commit = { offset: 1_000, metadata: '', known: new Set<number>() };

  constructor(seed: number, records: number, shape: Shape) {
    this.random = randomOf(seed);
    this.shape = shape;
    let offset = 1_000;
    for (let index = 0; index < records; index += 1) {
      this.log.push(offset);
      offset += this.random() < shape.gaps ? 1 + this.upTo(40) : 1;
    }
  }

  get isOver(): boolean {
    return this.read === this.log.length && this.quick.length + this.slow.length === 0;
  }

  step(): void {
    const dice = this.random();
    if (dice < 0.45) this.readSome();
    else if (dice < 0.95) this.completeSome(this.quick, 60);
    else if (dice < 0.955) this.checkCommit();
    else if (dice < 0.9553) this.restart();
    if (this.random() < this.shape.ends) this.completeSome(this.slow, 1);
  }

  private readSome(): void {
    for (let count = this.upTo(60); count > 0; count -= 1) {
      const offset = this.log[this.read];
      if (offset === undefined) return;
      if (!this.tracker.mayAdd(offset)) {
        // It goes on when what takes long is over.
        if (this.quick.length === 0) this.completeSome(this.slow, 10);
        return;
      }
      this.read += 1;
      const isNew = this.tracker.add(offset);
      if (isNew === this.known.has(offset)) throw new Error(`${offset} was ${isNew ? '' : 'not '}handed out`);
      if (isNew) (this.random() < this.shape.slow ? this.slow : this.quick).push(offset);
    }
  }

  private completeSome(open: number[], most: number): void {
    for (let count = this.upTo(most); count > 0 && open.length > 0; count -= 1) {
      const at = this.upTo(open.length) - 1;
      const offset = open[at] ?? NaN;
      open[at] = open.at(-1) ?? NaN;
      open.pop();
      this.tracker.complete(offset);
      this.known.add(offset);
    }
  }

  /** Exactly what is complete is said. */
  private checkCommit(): void {
    const { committable, spread } = this.tracker;
    const metadata = this.tracker.commitMetadata();
    expect(metadata.length).toBeLessThanOrEqual(4_000);
    this.forms.add(metadata.slice(0, 3));
    this.spreadMax = Math.max(this.spreadMax, spread);
    this.commit = { offset: committable, metadata, known: new Set(this.known) };
    const after = new OffsetTracker(committable, metadata);
    const first = this.log.findIndex((offset) => offset >= committable);
    const unsaid = this.log.slice(first === -1 ? this.log.length : first, this.read).filter((offset) => {
      return after.add(offset) === this.known.has(offset);
    });
    expect(unsaid).toEqual([]);
  }

  /** Killed, or the same process goes on from the commit with what it remembers. */
  private restart(): void {
    const { offset, metadata, known } = this.commit;
    const before = this.tracker;
    this.tracker = new OffsetTracker(offset, metadata);
    if (this.random() < 0.5) for (const run of before.completedFrom(offset)) this.tracker.restore(run);
    else this.known = new Set(known);
    this.read = this.log.findIndex((one) => one >= offset);
    if (this.read === -1) this.read = this.log.length;
    this.quick = [];
    this.slow = [];
  }

  private upTo(most: number): number {
    return 1 + Math.floor(this.random() * most);
  }
}

test.each([
  [1, { gaps: 0, slow: 0.002, ends: 0.005 }],
  [2, { gaps: 0.02, slow: 0.005, ends: 0.01 }],
  [3, { gaps: 0.5, slow: 0.001, ends: 0.005 }],
  [4, { gaps: 0, slow: 0.02, ends: 0.05 }],
  [5, { gaps: 0.001, slow: 0.004, ends: 0.004 }],
])('a commit says all that is complete, however far it lies apart: seed %d', (seed, shape) => {
  const run = new LongRun(seed, 50_000, shape);
  for (let step = 0; step < 40_000 && !run.isOver; step += 1) run.step();
  expect(run.isOver).toBe(true);
  expect(run.tracker).toMatchObject({ incomplete: 0, spread: 0 });
  expect(run.forms).toContain('c1:');
  expect(run.forms).toContain('c2:');
  expect(run.spreadMax).toBeGreaterThan(offsetsCovered);
});
