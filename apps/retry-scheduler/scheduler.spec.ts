import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { retryTiers, tierFor, type RetryTierName } from '../../libs/domain/delivery/retry.ts';
import type { KafkaRecord, PartitionLease, RecordBatch } from '../../libs/kafka/record.ts';
import { DueQueue } from '../../libs/runtime/due-queue.ts';
import { Scheduler } from './scheduler.ts';
import type { SchedulerLimits, SchedulerOptions, WaitingRetry } from './scheduler-options.ts';
import { dayMs } from '../../libs/domain/day.ts';

const fetchRecordsMax = 20;
const fetchMs = 40;
const roomy: SchedulerLimits = { heldRecordsMax: 10_000, heldBytesMax: 1e9, offsetsBehindMax: 8_000 };

interface Retry {
  readonly id: number;
  readonly notBefore: number;
}

/** One partition of a tier: its log, what is complete, and the stay of its reader. */
class TierLog {
  readonly records: KafkaRecord[] = [];
  readonly completed = new Set<number>();
  readonly topic: string;
  private next = 0;
  private stay = 0;
  private paused = false;
  lease: PartitionLease;
  /** Told when there is something to fetch. */
  onReadable: () => void = () => undefined;

  private readonly spanMax: number;
  private lowestIncomplete = 0;
  private isSpanned = false;

  constructor(topic: string, spanMax: number) {
    this.topic = topic;
    this.spanMax = spanMax;
    this.lease = this.begin();
  }

  append(value: Buffer, timestampMs: number): void {
    const at = { topic: this.topic, partition: 0, offset: this.records.length };
    this.records.push({ ...at, timestampMs, key: Buffer.from('w'), value, headers: {} });
    this.onReadable();
  }

  /** A new stay: read again from the first that is not complete. */
  begin(): PartitionLease {
    this.stay += 1;
    this.next = 0;
    this.paused = false;
    const { stay, completed, topic } = this;
    const isCurrent = () => stay === this.stay;
    const readSoFar = () => this.next;
    this.lease = {
      topic,
      partition: 0,
      epoch: stay,
      get isHeld() {
        return isCurrent();
      },
      get incomplete() {
        return readSoFar() - completed.size;
      },
      complete: (offset) => {
        if (!isCurrent()) return;
        completed.add(offset);
        while (completed.has(this.lowestIncomplete)) this.lowestIncomplete += 1;
        this.onReadable();
      },
      pause: () => {
        if (isCurrent()) this.paused = true;
      },
      resume: () => {
        if (!isCurrent()) return;
        this.paused = false;
        this.onReadable();
      },
    };
    return this.lease;
  }

  fetch(): RecordBatch | null {
    const span = this.next - this.lowestIncomplete;
    this.isSpanned = span > this.spanMax || (this.isSpanned && span >= this.spanMax / 2);
    if (this.paused || this.isSpanned || this.next === this.records.length) return null;
    const fetchedOffset = this.next;
    const fetched = this.records.slice(fetchedOffset, fetchedOffset + fetchRecordsMax);
    this.next += fetched.length;
    const records = fetched.filter(({ offset }) => !this.completed.has(offset));
    return { lease: this.lease, records, fetchedOffset, nextOffset: this.next, highWatermark: this.records.length };
  }
}

class Simulation {
  /** True time; what a clock of the machine says is this and `clockOffMs`. */
  now = Date.UTC(2026, 0, 1);
  clockOffMs = 0;
  readonly startedAt = this.now;
  readonly putBack: { readonly id: number; readonly at: number }[] = [];
  readonly setAside: number[] = [];
  readonly failures: unknown[] = [];
  heldMax = 0;
  waitingMax = 0;
  hops = 0;
  private readonly dueAt = new Map<number, number>();
  private readonly events = new DueQueue<() => void>();
  private readonly logs: ReadonlyMap<RetryTierName, TierLog>;
  private scheduler: Scheduler | null = null;
  private run = 0;
  private readonly limits: SchedulerLimits;

  constructor(limits: SchedulerLimits = roomy, spanMax = 24_000) {
    this.limits = limits;
    this.logs = new Map(retryTiers.map(({ name }) => [name, new TierLog(name, spanMax)]));
  }

  /** A dispatcher schedules a retry in `inMs`, for `delayMs` later. */
  schedule(id: number, inMs: number, delayMs: number): void {
    this.at(this.startedAt + inMs, () => {
      this.write({ id, notBefore: this.wallNow + delayMs }, tierFor(delayMs).name, this.wallNow);
      this.dueAt.set(id, this.now + delayMs);
    });
  }

  write(retry: Retry, tier: RetryTierName, timestampMs: number): void {
    this.log(tier).append(Buffer.from(JSON.stringify(retry)), timestampMs);
  }

  garbage(inMs: number, tier: RetryTierName): void {
    this.at(this.startedAt + inMs, () => {
      this.log(tier).append(Buffer.from('garbage'), this.wallNow);
    });
  }

  start(): void {
    const run = this.run;
    this.scheduler = this.makeScheduler(run);
    for (const log of this.logs.values()) {
      log.begin();
      const poll = () => {
        if (run !== this.run || this.scheduler === null) return;
        const batch = log.fetch();
        if (batch === null) return;
        this.scheduler.take(batch);
        this.heldMax = Math.max(this.heldMax, this.scheduler.waiting.held);
        this.waitingMax = Math.max(this.waitingMax, this.scheduler.waiting.all);
        log.onReadable();
      };
      log.onReadable = () => {
        this.at(this.now + fetchMs, poll);
      };
      log.onReadable();
    }
  }

  /** The process is gone from one moment to the next: nothing of it happens any more. */
  kill(): void {
    this.run += 1;
    this.scheduler?.close();
    this.scheduler = null;
    for (const log of this.logs.values()) log.begin();
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const { nextAt } = this.events;
      if (nextAt === null || nextAt > end) break;
      this.now = Math.max(this.now, nextAt);
      this.events.popDue(this.now)?.();
      // Let promises that were resolved by this event run before the clock goes on.
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
    }
    this.now = end;
  }

  get wallNow(): number {
    return this.now + this.clockOffMs;
  }

  get pastDueMs(): number {
    return this.scheduler?.pastDueMs ?? 0;
  }

  get incomplete(): number {
    return [...this.logs.values()].reduce((sum, log) => sum + log.records.length - log.completed.size, 0);
  }

  at(time: number, run: () => void): void {
    this.events.push(time, run);
  }

  private log(name: RetryTierName): TierLog {
    const log = this.logs.get(name);
    if (log === undefined) throw new Error(`no tier ${name}`);
    return log;
  }

  private makeScheduler(run: number): Scheduler {
    return new Scheduler({
      limits: this.limits,
      tierOf: (topic) => retryTiers.find(({ name }) => name === topic) ?? retryTiers[0],
      notBeforeOf: (value) => (JSON.parse(value.toString()) as Retry).notBefore,
      passOn: async (passed, written) => {
        await this.acknowledged(run, () => {
          this.written(passed);
        });
        for (const index of passed.keys()) written(index);
      },
      setAside: ({ offset }) => this.acknowledged(run, () => this.setAside.push(offset)),
      mayWrite: () => true,
      onFailed: (error) => this.failures.push(error),
      now: () => this.now - this.startedAt,
      wallNow: () => this.wallNow,
      after: (delayMs, callback) => {
        let isOff = false;
        this.at(this.now + delayMs, () => {
          if (!isOff && run === this.run) callback();
        });
        return () => {
          isOff = true;
        };
      },
    });
  }

  /** Kafka has it at once and says so a little later: a process that dies in between repeats it. */
  private acknowledged(run: number, effect: () => void): Promise<void> {
    effect();
    return new Promise((resolve) => {
      this.at(this.now + 10, () => {
        if (run === this.run) resolve();
      });
    });
  }

  private written(passed: readonly WaitingRetry[]): void {
    for (const { value, tier, ...passedOn } of passed) {
      const { id, notBefore } = JSON.parse(value.toString()) as Retry;
      if (tier === null) {
        const earlyMs = Math.min((this.dueAt.get(id) ?? 0) - this.now, notBefore - this.wallNow);
        if (earlyMs > 0) throw new Error(`retry ${id} was put back ${earlyMs} ms early`);
        this.putBack.push({ id, at: this.now });
      } else {
        this.hops += 1;
        this.write({ id, notBefore: passedOn.notBefore ?? notBefore }, tier, this.wallNow);
      }
    }
  }
}

const delay = fc.oneof(
  fc.integer({ min: 0, max: 40_000 }),
  fc.integer({ min: 0, max: 20 * 60_000 }),
  fc.integer({ min: 0, max: dayMs }),
  fc.constantFrom(0, 1, 4_999, 5_000, 29_999, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, dayMs),
);
const retries = fc.array(fc.record({ inMs: fc.nat(90_000), delayMs: delay }), { minLength: 1, maxLength: 60 });

function dueOf(simulation: Simulation, retry: { inMs: number; delayMs: number }): number {
  return simulation.startedAt + retry.inMs + retry.delayMs;
}

describe('the retry scheduler', () => {
  test('puts every retry back once, within 250 ms of its moment and never before', async () => {
    await fc.assert(
      fc.asyncProperty(retries, async (list) => {
        const simulation = new Simulation();
        list.forEach(({ inMs, delayMs }, id) => {
          simulation.schedule(id, inMs, delayMs);
        });
        simulation.start();
        await simulation.advance(dayMs + 200_000);
        simulation.kill();
        expect(simulation.putBack.map(({ id }) => id).sort((a, b) => a - b)).toEqual(list.map((_, id) => id));
        for (const { id, at } of simulation.putBack) {
          const retry = list[id];
          if (retry === undefined) throw new Error('a retry that nobody scheduled');
          expect(at - dueOf(simulation, retry)).toBeLessThanOrEqual(250);
        }
        expect(simulation.incomplete).toBe(0);
        expect(simulation.failures).toEqual([]);
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test('loses and advances none over kills', async () => {
    const kills = fc.array(fc.record({ afterMs: fc.nat(1_500_000), downMs: fc.nat(60_000) }), {
      minLength: 1,
      maxLength: 4,
    });
    const short = fc.array(fc.record({ inMs: fc.nat(60_000), delayMs: fc.nat(1_200_000) }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(short, kills, async (list, stops) => {
        const simulation = new Simulation();
        list.forEach(({ inMs, delayMs }, id) => {
          simulation.schedule(id, inMs, delayMs);
        });
        const away: { from: number; to: number }[] = [];
        for (const { afterMs, downMs } of stops) {
          simulation.start();
          await simulation.advance(afterMs);
          simulation.kill();
          const from = simulation.now;
          await simulation.advance(downMs);
          away.push({ from, to: simulation.now });
        }
        simulation.start();
        await simulation.advance(1_500_000);
        simulation.kill();
        for (const [id, retry] of list.entries()) {
          const first = simulation.putBack.find((entry) => entry.id === id);
          const due = dueOf(simulation, retry);
          // While nobody was there, and for what it takes to come back, it could not be put back.
          const possible = away.reduce((at, { from, to }) => (at >= from - 250 && at <= to ? to : at), due);
          expect((first?.at ?? Infinity) - possible).toBeLessThanOrEqual(250);
        }
        expect(simulation.incomplete).toBe(0);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('keeps its bounds: what does not fit waits in Kafka, and is in time all the same', async () => {
    const simulation = new Simulation({ ...roomy, heldRecordsMax: 700 });
    // Ten a second for 30 s each is what the first tier has in memory at once: under half of the bound.
    for (let id = 0; id < 1_000; id += 1) simulation.schedule(id, id * 100, 45_000 + (id % 70) * 1_000);
    simulation.start();
    await simulation.advance(300_000);
    simulation.kill();
    expect(simulation.heldMax).toBeLessThanOrEqual(400);
    expect(simulation.hops).toBeGreaterThan(50);
    expect(simulation.putBack).toHaveLength(1_000);
    for (const { id, at } of simulation.putBack) {
      const due = simulation.startedAt + id * 100 + 45_000 + (id % 70) * 1_000;
      expect(at - due).toBeGreaterThanOrEqual(0);
      expect(at - due).toBeLessThanOrEqual(250);
    }
  });

  test('moves what waits in the way of its partition to the end of a log', async () => {
    const delayOf = (id: number) => (id % 2 === 0 ? 25_000 : 500);
    // Fifty a second for 25 s are more than the span: without moving, the reading would stop.
    const simulation = new Simulation({ ...roomy, offsetsBehindMax: 333 }, 1_000);
    for (let id = 0; id < 3_000; id += 1) simulation.schedule(id, id * 20, delayOf(id));
    simulation.start();
    await simulation.advance(100_000);
    simulation.kill();
    expect(simulation.putBack).toHaveLength(3_000);
    const lateMs = simulation.putBack.map(({ id, at }) => at - simulation.startedAt - id * 20 - delayOf(id));
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(250);
  });

  test('pauses the first tier when memory is full, and goes on', async () => {
    const simulation = new Simulation({ ...roomy, heldRecordsMax: 40 });
    for (let id = 0; id < 400; id += 1) simulation.schedule(id, 0, 3_000);
    simulation.start();
    await simulation.advance(120_000);
    simulation.kill();
    expect(simulation.heldMax).toBeLessThanOrEqual(40 + fetchRecordsMax);
    expect(new Set(simulation.putBack.map(({ id }) => id)).size).toBe(400);
  });

  test('sets aside what it cannot read, and goes on', async () => {
    const simulation = new Simulation();
    simulation.garbage(0, '5s');
    simulation.garbage(10, '6h');
    simulation.schedule(1, 20, 100);
    simulation.start();
    await simulation.advance(2_000);
    simulation.kill();
    expect(simulation.setAside).toEqual([0, 0]);
    expect(simulation.putBack.map(({ id }) => id)).toEqual([1]);
    expect(simulation.incomplete).toBe(0);
  });
});

describe('clocks', () => {
  const hourMs = 3_600_000;
  const delayOf = (id: number) => 500 + (id % 90) * 1_000;

  test.each([
    ['back', -hourMs],
    ['forward', hourMs],
  ])('may be set %s by an hour: what is in memory, and what comes later, is in time', async (_name, stepMs) => {
    const simulation = new Simulation();
    for (let id = 0; id < 900; id += 1) simulation.schedule(id, id * 200, delayOf(id));
    simulation.start();
    // Between two fetches of the first tier: what was written to it by then is in memory.
    await simulation.advance(60_190);
    simulation.clockOffMs = stepMs;
    await simulation.advance(300_000);
    simulation.kill();
    expect(simulation.putBack).toHaveLength(900);
    for (const { id, at } of simulation.putBack) {
      const lateMs = at - simulation.startedAt - id * 200 - delayOf(id);
      const isUntouched = delayOf(id) < 30_000 || id * 200 > 120_000;
      // What was in Kafka, unread, waits once more as long as its writer meant; it holds its tier up once.
      expect(lateMs).toBeLessThanOrEqual(isUntouched ? 250 : 60_000);
    }
    expect(simulation.pastDueMs).toBe(0);
  });

  test('of another host hold nothing up: a retry stamped six hours ahead waits its tier, those behind it are in time', async () => {
    const simulation = new Simulation();
    const aheadAt = simulation.now + 6 * hourMs;
    simulation.write({ id: 1_000, notBefore: aheadAt + 30_000 }, '30s', aheadAt);
    for (let id = 0; id < 100; id += 1) simulation.schedule(id, id * 100, 31_000);
    simulation.start();
    await simulation.advance(120_000);
    simulation.kill();
    const lateMs = simulation.putBack
      .filter(({ id }) => id < 1_000)
      .map(({ id, at }) => at - simulation.startedAt - id * 100 - 31_000);
    expect(lateMs).toHaveLength(100);
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(250);
    const skewed = simulation.putBack.find(({ id }) => id === 1_000);
    expect((skewed?.at ?? 0) - simulation.startedAt).toBeGreaterThanOrEqual(30_000);
    expect((skewed?.at ?? Infinity) - simulation.startedAt).toBeLessThanOrEqual(30_250);
  });
});

describe('a backlog in a long tier, after a time without a scheduler', () => {
  const hourMs = 3_600_000;
  const minuteMs = 60_000;
  const countMax = 200;

  /** One a minute, written for six hours later; `skewMs` is how wrong the clock of its host was. */
  function write(simulation: Simulation, id: number, skewMs = 0): void {
    const writtenAt = simulation.startedAt - 6 * hourMs + id * minuteMs + skewMs;
    simulation.write({ id, notBefore: writtenAt + 6 * hourMs }, '6h', writtenAt);
  }

  function lateMs(simulation: Simulation): number[] {
    return simulation.putBack
      .filter(({ id }) => id < 1_000)
      .map(({ id, at }) => at - simulation.startedAt - id * minuteMs);
  }

  test.each([
    ['first of all, six hours ahead', 0, 6 * hourMs],
    ['first of all, twelve hours ahead', 0, 12 * hourMs],
    ['first of all, twenty hours ahead', 0, 20 * hourMs],
    ['in the midst of a fetch, three hours ahead and in the past', 10, 3 * hourMs],
    ['last of a fetch, six hours ahead', 19, 6 * hourMs],
    ['last of a fetch, three hours ahead and in the past', 19, 3 * hourMs],
    ['in every fetch, twelve hours ahead', null, 12 * hourMs],
    ['a day behind', 10, -24 * hourMs],
  ])('is in time behind a retry that is stamped wrongly, %s', async (_name, place, skewMs) => {
    const simulation = new Simulation();
    for (let id = 0; id < countMax; id += 1) {
      if (place === null ? id % 7 === 0 : id === place) write(simulation, 1_000 + id, skewMs - 1_000 * minuteMs);
      write(simulation, id);
    }
    simulation.start();
    await simulation.advance(4 * hourMs);
    const pastDueMs = simulation.pastDueMs;
    expect(lateMs(simulation)).toHaveLength(countMax);
    expect(Math.max(...lateMs(simulation))).toBeLessThanOrEqual(1_000);
    expect(pastDueMs).toBe(0);
    await simulation.advance(36 * hourMs);
    simulation.kill();
    expect(simulation.incomplete).toBe(0);
  });

  test.each([
    ['in the future', 12 * hourMs],
    ['in the past', 3 * hourMs],
  ])('that is longer than commits speak of is in time too: stamped %s', async (_name, skewMs) => {
    const simulation = new Simulation(roomy, 100);
    write(simulation, 1_000, skewMs - 1_000 * minuteMs);
    for (let id = 0; id < countMax; id += 1) write(simulation, id);
    simulation.start();
    await simulation.advance(4 * hourMs);
    simulation.kill();
    expect(lateMs(simulation)).toHaveLength(countMax);
    expect(Math.max(...lateMs(simulation))).toBeLessThanOrEqual(1_000);
  });

  test('is not read at once because hosts differ: a fetch waits while what it has does', async () => {
    const simulation = new Simulation();
    for (let id = 0; id < countMax; id += 1) write(simulation, id, id % 3 === 0 ? -30_000 : 20_000);
    simulation.start();
    await simulation.advance(10_000);
    expect(simulation.waitingMax).toBeLessThanOrEqual(2 * fetchRecordsMax);
    simulation.kill();
  });
});

/** Options for one partition of the first tier. */
function ofOneTier(now: () => number): Omit<SchedulerOptions, 'passOn' | 'after'> {
  return {
    limits: roomy,
    tierOf: () => retryTiers[0],
    notBeforeOf: (value) => (JSON.parse(value.toString()) as Retry).notBefore,
    setAside: () => Promise.resolve(),
    mayWrite: () => true,
    onFailed: () => undefined,
    now,
    wallNow: now,
  };
}

test('partitions that are given up take what waits with them, and stop waits for what is being written', async () => {
  const log = new TierLog('5s', 24_000);
  const written: number[] = [];
  const acknowledge: (() => void)[] = [];
  let now = 1_000_000;
  const timers: (() => void)[] = [];
  const scheduler = new Scheduler({
    ...ofOneTier(() => now),
    passOn: async (passed, isWritten) => {
      await new Promise<void>((resolve) => {
        written.push(...passed.map(({ value }) => (JSON.parse(value.toString()) as Retry).id));
        acknowledge.push(resolve);
      });
      for (const index of passed.keys()) isWritten(index);
    },
    after: (_delay, run) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
  });
  log.append(Buffer.from(JSON.stringify({ id: 1, notBefore: now })), now);
  log.append(Buffer.from(JSON.stringify({ id: 2, notBefore: now + 100 })), now);
  const batch = log.fetch();
  if (batch !== null) scheduler.take(batch);
  expect(scheduler.waiting).toMatchObject({ all: 1, held: 1 });
  expect(scheduler.pastDueMs).toBe(0);
  now += 130;
  expect(scheduler.pastDueMs).toBe(30);
  now -= 130;
  let isReleased = false;
  const released = scheduler.release([log.lease]).then(() => {
    isReleased = true;
  });
  await Promise.resolve();
  expect(isReleased).toBe(false);
  for (const resolve of acknowledge) resolve();
  await released;
  expect(log.completed).toEqual(new Set([0]));
  now += 1_000;
  for (const run of timers.splice(0)) run();
  expect(written).toEqual([1]);
  expect(scheduler.waiting).toEqual({ all: 0, held: 0, heldBytes: 0 });
  scheduler.close();
});

test('what is being written when its partition is given up is written once, and complete in the stay that follows', async () => {
  const log = new TierLog('5s', 24_000);
  const written: number[] = [];
  let acknowledge = (): void => undefined;
  let now = 1_000_000;
  const scheduler = new Scheduler({
    ...ofOneTier(() => now),
    passOn: async (passed, isWritten) => {
      written.push(...passed.map(({ value }) => (JSON.parse(value.toString()) as Retry).id));
      await new Promise<void>((resolve) => (acknowledge = resolve));
      for (const index of passed.keys()) isWritten(index);
    },
    after: () => () => undefined,
  });
  const read = () => {
    const batch = log.fetch();
    if (batch !== null) scheduler.take(batch);
  };
  for (const id of [1, 2]) log.append(Buffer.from(JSON.stringify({ id, notBefore: now })), now + id);
  read();
  expect(written).toEqual([1, 2]);
  // Kafka is away for longer than the drain may take.
  const released = scheduler.release([log.lease]);
  log.begin();
  read();
  expect(written).toEqual([1, 2]);
  expect(log.completed.size).toBe(0);
  acknowledge();
  await released;
  expect(log.completed).toEqual(new Set([0, 1]));
  // Written between two stays, and read again: the log of this test knows nothing of what ended late.
  log.append(Buffer.from(JSON.stringify({ id: 3, notBefore: now })), now + 3);
  now += 100;
  read();
  expect(written).toEqual([1, 2, 3]);
  const releasedAgain = scheduler.release([log.lease]);
  log.begin();
  acknowledge();
  await releasedAgain;
  log.begin();
  read();
  expect(written).toEqual([1, 2, 3]);
  expect(log.completed).toEqual(new Set([0, 1, 2]));
  // A log that was made anew has another record there.
  log.completed.clear();
  log.records[0] = { ...(log.records[0] as KafkaRecord), timestampMs: now + 500 };
  now += 100;
  log.begin();
  read();
  expect(written).toEqual([1, 2, 3, 1, 2, 3]);
  scheduler.close();
});
