import { expect, test } from '@jest/globals';
import { AppendWithdrawnError } from '../../libs/kafka/producer/append-error.ts';
import type { OutgoingRecord } from '../../libs/kafka/record.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import { until } from '../../test/support/until.ts';
import { ScheduledChecks, type ScheduledChecksParts } from './scheduled-checks.ts';

/** What waits for Kafka; `isUnderWay`: nothing of it can be withdrawn. */
class FakeSink {
  isAway = false;
  isUnderWay = false;
  /** In its queue, as Kafka would get it. */
  readonly queued: (readonly OutgoingRecord[])[] = [];
  private readonly takes: (() => void)[] = [];

  append(records: readonly OutgoingRecord[], { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.queued.push(records);
    if (!this.isAway) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.takes.push(resolve);
      signal?.addEventListener('abort', () => {
        if (this.isUnderWay) return;
        this.queued.splice(this.queued.indexOf(records), 1);
        reject(new AppendWithdrawnError('withdrawn'));
      });
    });
  }

  takeAll(): void {
    this.isAway = false;
    for (const take of this.takes.splice(0)) take();
  }
}

interface Pinged {
  cause: string;
  count: number;
}

/** The checks over a webhook that failures disabled, and one that is silent; both are due whenever they are asked for. */
function checksOver(sink: FakeSink, more: Partial<ScheduledChecksParts> = {}) {
  const pinged: Pinged[] = [];
  const taken = { disabled: 0, silent: 0 };
  const webhook = (id: string) => ({ id, clientId: 'acme', format: 'json' as const });
  const store = {
    endRecoveries: () => Promise.resolve([]),
    tellExpiringSecrets: () => Promise.resolve(0),
    takeDuePings: () => Promise.resolve([webhook(`wh_disabled_${(taken.disabled += 1)}`)]),
    takeSilent: () => Promise.resolve([webhook(`wh_silent_${(taken.silent += 1)}`)]),
  };
  const scheduledChecks = new ScheduledChecks({
    store: store as unknown as ScheduledChecksParts['store'],
    guard: { isPaused: false, tick: () => undefined } as unknown as ScheduledChecksParts['guard'],
    pings: { intervalMs: 60_000, giveUpMs: 3_600_000 },
    silence: { silentMs: 3_600_000, intervalMs: 0 },
    areMailed: false,
    everyMs: 1_000,
    now: () => Promise.resolve(new Date()),
    deliveriesTopic: 'webhook.deliveries',
    encode: () => Buffer.from('ping'),
    append: (records, options) => sink.append(records, options),
    acknowledgeMs: 5,
    metrics: {
      pinged: (cause: string, count: number) => pinged.push({ cause, count }),
      noticed: () => undefined,
      turned: () => undefined,
    } as unknown as ScheduledChecksParts['metrics'],
    logger: createLogger('test', 'silent'),
    ...more,
  });
  const run = () => scheduledChecks.run(new AbortController().signal);
  return { scheduledChecks, run, pinged, taken };
}

const soon = (condition: () => boolean) => until(condition, { timeoutMs: 30_000, everyMs: 2 });
const keysOf = ({ queued }: FakeSink) => queued.flat().map(({ key }) => key);

test('a round pings what is disabled and what is silent', async () => {
  const sink = new FakeSink();
  const { run, pinged } = checksOver(sink);
  expect(await run()).toBe(1_000);
  expect(keysOf(sink)).toEqual(['wh_disabled_1', 'wh_silent_1']);
  expect(sink.queued[0]?.[0]).toMatchObject({ topic: 'webhook.deliveries', headers: { kind: 'ping' } });
  await soon(() => pinged.length === 2);
  expect(Object.fromEntries(pinged.map(({ cause, count }) => [cause, count]))).toEqual({ disabled: 1, silent: 1 });
});

test('while Kafka is away pings to what is disabled are withdrawn, so that no two of them go out together', async () => {
  const sink = new FakeSink();
  sink.isAway = true;
  const { run, taken } = checksOver(sink, { silence: null });
  for (let round = 0; round < 5; round += 1) {
    await run();
    await soon(() => sink.queued.length === 0);
  }
  await run();
  expect(taken.disabled).toBe(6);
  expect(keysOf(sink)).toEqual(['wh_disabled_6']);
});

test('while Kafka is away one batch of pings to silent webhooks waits for it', async () => {
  const sink = new FakeSink();
  sink.isAway = true;
  const { run, pinged } = checksOver(sink, { pings: null });
  for (let round = 0; round < 10; round += 1) expect(await run()).toBe(1_000);
  expect(keysOf(sink)).toEqual(['wh_silent_1']);
  sink.takeAll();
  await soon(() => pinged.length === 1);
  await run();
  expect(keysOf(sink)).toEqual(['wh_silent_1', 'wh_silent_2']);
});

test('pings that are sent and not acknowledged are the last until they are', async () => {
  const sink = new FakeSink();
  sink.isAway = true;
  sink.isUnderWay = true;
  const { run, pinged } = checksOver(sink, { silence: null });
  for (let round = 0; round < 10; round += 1) expect(await run()).toBe(1_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await run();
  expect(keysOf(sink)).toEqual(['wh_disabled_1']);
  sink.takeAll();
  await soon(() => pinged.length === 1);
  await run();
  expect(keysOf(sink)).toEqual(['wh_disabled_1', 'wh_disabled_2']);
});

test('a stop withdraws what waits for Kafka', async () => {
  const sink = new FakeSink();
  sink.isAway = true;
  const { scheduledChecks } = checksOver(sink, { acknowledgeMs: 3_600_000 });
  const stopping = new AbortController();
  await scheduledChecks.run(stopping.signal);
  expect(sink.queued).toHaveLength(2);
  stopping.abort();
  expect(sink.queued).toEqual([]);
  await scheduledChecks.run(stopping.signal);
  expect(sink.queued).toEqual([]);
});

test('pings that Kafka refuses fail no round, and are not counted', async () => {
  const { run, pinged, taken } = checksOver(new FakeSink(), { append: () => Promise.reject(new Error('refused')) });
  for (let round = 0; round < 2; round += 1) {
    expect(await run()).toBe(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(pinged).toEqual([]);
  expect(taken).toEqual({ disabled: 2, silent: 2 });
});

test('a round goes by the clock that it is given, and does nothing while that cannot be read', async () => {
  const times: unknown[] = [];
  const seen = (_areMailed: unknown, now: Date) => {
    times.push(now.getTime());
    return Promise.resolve([]);
  };
  const store = {
    endRecoveries: seen,
    tellExpiringSecrets: seen,
    takeDuePings: seen,
    takeSilent: seen,
  };
  const clock = { now: Date.parse('2026-03-10T12:00:00Z') as number | null };
  const { scheduledChecks } = checksOver(new FakeSink(), {
    store: store as unknown as ScheduledChecksParts['store'],
    guard: {
      isPaused: false,
      tick: (now: number) => times.push(now),
    } as unknown as ScheduledChecksParts['guard'],
    now: () => (clock.now === null ? Promise.reject(new Error('away')) : Promise.resolve(new Date(clock.now))),
  });
  await scheduledChecks.run(new AbortController().signal);
  expect(times).toEqual(Array(5).fill(clock.now));
  clock.now = null;
  await expect(scheduledChecks.run(new AbortController().signal)).rejects.toThrow('away');
  expect(times).toHaveLength(5);
});
