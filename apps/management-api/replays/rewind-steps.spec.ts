import { describe, expect, test } from '@jest/globals';
import { eventKeyOf } from '../../../libs/domain/ids.ts';
import type { RewindPosition } from '../../../libs/domain/delivery/rewind.ts';
import { replayStart } from '../../../libs/domain/delivery/replay.ts';
import type { Run } from '../../../libs/postgres/bulk.ts';
import type { ReplayJob } from '../../../libs/postgres/replays/replay-job.ts';
import { RewindSteps } from './rewind-steps.ts';

const now = Date.UTC(2026, 2, 14);

interface Held {
  readonly n: number;
  readonly seq: number;
  readonly isKept?: boolean;
}

/** A database in which one webhook is rewound, by what is asked of it. */
class World {
  past: number[] = [];
  held: Held[] = [];
  /** Fan-out has written their deliveries. */
  written: number[] = [];
  turned: (string | null)[] = [];
  sent: number[] = [];
  isThere = true;
  isPassed = true;
  position: RewindPosition = { phase: 'begin', batch: 0 };
  private readonly steps: RewindSteps;
  private readonly notes = new Map<string, string>();

  constructor() {
    this.steps = new RewindSteps({
      turns: { turn: (_, rewind) => Promise.resolve(void this.turned.push(rewind)) },
      fence: {
        isPassed: () => Promise.resolve(this.isPassed),
        noted: async (key, ask) => {
          const note = this.notes.get(key) ?? (await ask());
          this.notes.set(key, note);
          return note;
        },
        forget: () => undefined,
      },
    });
  }

  /** @returns whether it ended */
  async step(at = now) {
    const filter = { webhookId: 'wh_1', rewindTo: new Date(now).toISOString() };
    const range = { clientId: 'acme', filter, before: new Date(now) };
    const job: ReplayJob = { id: 'rp_1', range, targetWebhookId: null, pacePerSecond: 10, position: replayStart };
    const { made, step } = await this.steps.next(job, this.position, this.run, at);
    this.sent.push(...made.flatMap((one) => (one === null ? [] : [Number(one.event.eventId)])));
    await step.apply?.(this.run);
    this.position = step.position as RewindPosition;
    return step;
  }

  async until(phase: RewindPosition['phase']): Promise<void> {
    for (let steps = 0; this.position.phase !== phase; steps += 1) {
      if (steps > 100) throw new Error(`in ${this.position.phase} for ever`);
      await this.step();
    }
  }

  readonly statements: string[] = [];
  private readonly run: Run = <Row>(sql: string, values: readonly unknown[] = []) => {
    const answer = (rows: readonly object[]) => Promise.resolve(rows as unknown as Row[]);
    const rows = this.held.map(({ n, seq }) => ({ ...rowOf(n), seq: String(seq) }));
    this.statements.push(sql);
    if (sql.includes('rewind_id = $2 and is_active')) return answer(this.isThere ? [webhook] : []);
    if (sql.includes('from outbox')) return answer([{ is: true }]);
    if (sql.includes('max(seq)')) return answer([{ seq: rows.at(-1)?.seq ?? null }]);
    if (sql.includes('count(*)')) return answer([{ count: rows.length }]);
    if (sql.includes('union all')) {
      return answer(
        this.past.map(rowOf).filter(({ eventKey }) => !values.includes(eventKey) && this.isAfter(eventKey)),
      );
    }
    if (sql.includes('jsonb_path_exists')) return answer(this.written.map(rowOf));
    if (sql.startsWith('delete from held_event')) {
      this.held = this.held.filter(({ n }) => !(values[1] as string[]).includes(rowOf(n).eventKey));
      return answer([]);
    }
    if (sql.includes('from held_event')) {
      return answer(rows.filter((_, index) => !sql.includes('not is_kept') || this.held[index]?.isKept !== true));
    }
    if (sql.startsWith('select event_key')) {
      const keys = values[0] as string[];
      return answer(
        [...this.past, ...this.held.map(({ n }) => n)].map(rowOf).filter(({ eventKey }) => keys.includes(eventKey)),
      );
    }
    return answer([]);
  };

  private isAfter(eventKey: string): boolean {
    return this.position.phase !== 'past' || eventKey > (this.position.after ?? '');
  }
}

const webhook = { id: 'wh_1', clientId: 'acme', isActive: true, format: 'json', filter: null, eventTypes: ['*'] };

function rowOf(n: number) {
  return {
    ...{ eventKey: eventKeyOf(now + n, 'acme', String(n)), eventId: String(n), eventType: 'a', clientId: 'acme' },
    ...{ kind: 'event', subject: null, source: null, isNotice: false, isHeld: false, isOfType: true, decision: null },
    ...{ receivedAtMs: now + n, sourceTopic: 't', sourcePartition: 0, sourceOffset: n, bytes: 2, traceparent: null },
    data: Buffer.from('{}'),
  };
}

describe('a rewind', () => {
  test('sends the history, then what was held, then lets fan-out go on, and leaves nothing in the queue', async () => {
    const world = new World();
    world.past = [0, 1, 2, 3, 4, 5, 6];
    await world.until('held');
    expect(world.sent).toEqual([0, 1, 2, 3, 4, 5, 6]);
    world.held = [7, 8, 9].map((n) => ({ n, seq: n }));
    await world.until('joining');
    expect([world.sent.slice(7), world.turned, world.held]).toEqual([[7, 8, 9], ['joining'], []]);
    world.held = [
      { n: 10, seq: 10 },
      { n: 11, seq: 11, isKept: true },
      { n: 12, seq: 12, isKept: true },
    ];
    await world.until('last');
    expect([world.sent.slice(10), world.turned]).toEqual([[10], ['joining', null]]);
    // One is lost with the process that kept it.
    world.written = [11];
    let isEnd = false;
    for (let steps = 0; steps < 10 && !isEnd; steps += 1) ({ isEnd } = await world.step());
    expect(isEnd).toBe(true);
    expect(world.statements.filter((sql) => sql.includes('set rewind_id = null'))).toHaveLength(1);
    expect([world.sent.slice(11), world.held]).toEqual([[12], []]);
  });

  test('waits while the history may lack something', async () => {
    const world = new World();
    world.past = [0];
    world.isPassed = false;
    await world.step();
    expect([world.position.phase, world.sent]).toEqual(['begin', []]);
    world.position = { phase: 'held', upTo: null, batch: 0 };
    world.held = [{ n: 1, seq: 1 }];
    await world.step();
    expect([world.position, world.sent]).toEqual([{ phase: 'held', upTo: null, batch: 0 }, []]);
  });

  test('holds new events again when joining takes too long', async () => {
    const world = new World();
    world.isPassed = false;
    world.position = { phase: 'joining', since: now };
    await world.step(now + 1_000);
    expect([world.position.phase, world.turned]).toEqual(['joining', []]);
    await world.step(now + 21_000);
    expect([world.position.phase, world.turned]).toEqual(['held', ['holding']]);
  });

  test('ends as failed when its webhook is disabled or deleted', async () => {
    const world = new World();
    world.isThere = false;
    expect(await world.step()).toMatchObject({ isEnd: true, failure: expect.stringContaining('disabled or deleted') });
  });
});
