/**
 * In: a rewind and how far it is. Out: what it sends next, and what is kept with that.
 * Holds: what the history has of the webhook comes first, then what was held meanwhile, then what fan-out kept; of no event that came meanwhile
 * nothing becomes: it is in the queue until Kafka has its delivery. A step that is made twice sends the same deliveries.
 *
 * New events are held by fan-out: it decides `held`, and the projector puts them into a queue (libs/postgres/replays/held-events.ts). When little is left
 * there, fan-out keeps what comes in memory as well (`joining`), the queue is emptied, and the webhook's definition says that fan-out goes on by itself:
 * it writes first what it kept. What is left in the queue then was written by it, or, if its process died, is sent here.
 */
import {
  missedDelivery,
  replayBatchSize,
  replayPauseMs,
  type MissedDelivery,
} from '../../../libs/domain/delivery/replay.ts';
import { nextPortion, type RewindPosition } from '../../../libs/domain/delivery/rewind.ts';
import type { Run } from '../../../libs/postgres/bulk.ts';
import {
  countHeld,
  matchedOf,
  newestHeld,
  nextHeld,
  removeHeld,
  settledHeld,
  type HeldEvent,
} from '../../../libs/postgres/replays/held-events.ts';
import { pastEventsAfter } from '../../../libs/postgres/replays/past-events.ts';
import { eventsOf } from '../../../libs/postgres/replays/replay-events.ts';
import type { ReplayJob, ReplayStep } from '../../../libs/postgres/replays/replay-job.ts';
import {
  isDefinitionOut,
  rewindTarget,
  type RewindTarget,
  type RewindTurns,
} from '../../../libs/postgres/replays/rewind-turns.ts';
import type { HistoryFence } from './history-fence.ts';

export interface RewindStepsOptions {
  readonly turns: Pick<RewindTurns, 'turn'>;
  readonly fence: Pick<HistoryFence, 'isPassed' | 'noted' | 'forget'>;
}

/** Null: passed over. */
export interface RewindBatch {
  readonly made: readonly (MissedDelivery | null)[];
  readonly step: Omit<ReplayStep, 'sent' | 'skipped'>;
}

const waitMs = 200;
/** A definition that Kafka has is in force everywhere by then. */
const inForceMs = 500;
/** Fan-out has written what it kept by then, unless Kafka keeps it. */
const writtenMs = 1_500;
/** Longest time in which fan-out keeps what comes. */
const joiningMsMax = 20_000;
/** With no more than so many in the queue it is joined. */
const fewHeld = 1_000;
/** Of what came meanwhile, in one batch: it is live traffic that waited. */
const heldBatchMax = 100;
const batchBytesMax = 4 * 1_048_576;

export class RewindSteps {
  private readonly options: RewindStepsOptions;

  constructor(options: RewindStepsOptions) {
    this.options = options;
  }

  async next(job: ReplayJob, position: RewindPosition, run: Run, now: number): Promise<RewindBatch> {
    const webhook = await rewindTarget(run, job.range.filter.webhookId ?? '', job.id);
    if (webhook === null) return failed(position);
    switch (position.phase) {
      case 'begin':
        return this.begin(job, webhook, run);
      case 'past':
        return this.past(job, webhook, position.after, run, now);
      case 'held':
        return position.upTo === null
          ? this.beginRound(job, webhook, position.batch, run)
          : this.held(job, webhook, { ...position, upTo: position.upTo }, run, now);
      case 'joining':
        return this.joining(job, webhook, position.since, run, now);
      case 'rest':
        return this.rest(job, webhook, position.batch, run, now);
      case 'last':
        return this.last(job, webhook, position.batch, run, now);
    }
  }

  /** Until new events are held, and the history has all from before that. */
  private async begin({ id }: ReplayJob, webhook: RewindTarget, run: Run): Promise<RewindBatch> {
    if (!(await isDefinitionOut(run, webhook.id))) return waiting({ phase: 'begin', batch: 0 });
    if (!(await this.options.fence.isPassed(`${id} begin`, run, inForceMs)))
      return waiting({ phase: 'begin', batch: 0 });
    return going({ phase: 'past', after: null });
  }

  private async past(
    job: ReplayJob,
    webhook: RewindTarget,
    after: string | null,
    run: Run,
    now: number,
  ): Promise<RewindBatch> {
    const { range, pacePerSecond } = job;
    const from = new Date(range.filter.rewindTo ?? range.before);
    const { rows, upTo } = await pastEventsAfter(run, webhook, { from, before: range.before }, after);
    const portion = nextPortion(rows, replayBatchSize(pacePerSecond), batchBytesMax);
    const isAll = portion.rows.length === rows.length;
    const end = isAll ? upTo : portion.upTo;
    const made = await deliveriesOf(job, webhook, portion.rows, run, now);
    const position: RewindPosition =
      end === null ? { phase: 'held', upTo: null, batch: 0 } : { phase: 'past', after: end };
    return { made, step: { position, isEnd: false, pauseMs: replayPauseMs(sentOf(made), pacePerSecond) } };
  }

  /** A round takes what was in the queue at its begin, once nothing from before that can be missing. */
  private async beginRound({ id }: ReplayJob, webhook: RewindTarget, batch: number, run: Run): Promise<RewindBatch> {
    const { fence } = this.options;
    const key = `${id} held ${batch}`;
    const upTo = await fence.noted(key, () => newestHeld(run, webhook.id));
    if (!(await fence.isPassed(key, run))) return waiting({ phase: 'held', upTo: null, batch });
    return going({ phase: 'held', upTo, batch: batch + 1 });
  }

  private async held(
    job: ReplayJob,
    webhook: RewindTarget,
    { upTo, batch }: { readonly upTo: string; readonly batch: number },
    run: Run,
    now: number,
  ): Promise<RewindBatch> {
    const rows = settledHeld(await nextHeld(run, webhook.id, true), upTo);
    if (rows.length > 0) return this.send(job, webhook, rows, { phase: 'held', upTo, batch: batch + 1 }, run, now);
    if ((await countHeld(run, webhook.id, fewHeld + 1)) > fewHeld)
      return going({ phase: 'held', upTo: null, batch: batch + 1 });
    await this.options.turns.turn(job.id, 'joining', new Date(now));
    return going({ phase: 'joining', since: now });
  }

  private async joining(
    job: ReplayJob,
    webhook: RewindTarget,
    since: number,
    run: Run,
    now: number,
  ): Promise<RewindBatch> {
    const { fence, turns } = this.options;
    const key = `${job.id} joining ${since}`;
    const isOut = await isDefinitionOut(run, webhook.id);
    if (isOut && (await fence.isPassed(key, run, inForceMs))) return going({ phase: 'rest', batch: 0 });
    if (Math.abs(now - since) < joiningMsMax) return waiting({ phase: 'joining', since });
    // The history is behind: fan-out must not keep more and more.
    await turns.turn(job.id, 'holding', new Date(now));
    return going({ phase: 'held', upTo: null, batch: since });
  }

  /** What was held before fan-out kept what comes; all of it is in the queue. */
  private async rest(
    job: ReplayJob,
    webhook: RewindTarget,
    batch: number,
    run: Run,
    now: number,
  ): Promise<RewindBatch> {
    const rows = await nextHeld(run, webhook.id, false);
    if (rows.length > 0) return this.send(job, webhook, rows, { phase: 'rest', batch: batch + 1 }, run, now);
    await this.options.turns.turn(job.id, null, new Date(now));
    return waiting({ phase: 'last', batch: 0 });
  }

  /** What fan-out wrote goes out of the queue; what it lost is sent late. */
  private async last(
    job: ReplayJob,
    webhook: RewindTarget,
    batch: number,
    run: Run,
    now: number,
  ): Promise<RewindBatch> {
    const isOut = batch > 0 || (await isDefinitionOut(run, webhook.id));
    const isPast = isOut && (batch > 0 || (await this.options.fence.isPassed(`${job.id} last`, run, writtenMs)));
    if (!isPast) return waiting({ phase: 'last', batch });
    const rows = await nextHeld(run, webhook.id, true);
    if (rows.length === 0) {
      this.options.fence.forget(job.id);
      return {
        made: [],
        step: { position: { phase: 'last', batch }, isEnd: true, pauseMs: 0, apply: ended(job, webhook.id) },
      };
    }
    const position = { phase: 'last', batch: batch + 1 } as const;
    const written = await matchedOf(run, webhook.id, keysOf(rows));
    const rest = rows.filter(({ eventKey }) => !written.has(eventKey));
    if (rest.length > 0) return this.send(job, webhook, rest, position, run, now);
    const apply = (own: Run) => removeHeld(own, webhook.id, keysOf(rows));
    return { made: [], step: { position, isEnd: false, pauseMs: 0, apply } };
  }

  private async send(
    job: ReplayJob,
    webhook: RewindTarget,
    rows: readonly HeldEvent[],
    position: RewindPosition,
    run: Run,
    now: number,
  ): Promise<RewindBatch> {
    const taken = rows.slice(0, heldBatchMax);
    const made = await deliveriesOf(job, webhook, taken, run, now);
    let bytes = 0;
    let count = 0;
    for (const one of made) {
      bytes += one?.event.data.length ?? 0;
      if (count > 0 && bytes > batchBytesMax) break;
      count += 1;
    }
    const keys = keysOf(taken.slice(0, count));
    return {
      made: made.slice(0, count),
      step: { position, isEnd: false, pauseMs: 0, apply: (own) => removeHeld(own, webhook.id, keys) },
    };
  }
}

/** In the order of the rows. */
async function deliveriesOf(
  { id }: ReplayJob,
  webhook: RewindTarget,
  rows: readonly { readonly eventKey: string }[],
  run: Run,
  now: number,
): Promise<(MissedDelivery | null)[]> {
  const events = new Map((await eventsOf(run, keysOf(rows))).map((event) => [event.eventKey, event]));
  return rows.map(({ eventKey }) => {
    const event = events.get(eventKey);
    return event === undefined ? null : missedDelivery(id, event, { webhookId: webhook.id }, webhook, now);
  });
}

function ended({ id }: ReplayJob, webhookId: string) {
  return async (run: Run) => {
    await run('update webhook set rewind_id = null, rewind_to = null where id = $1 and rewind_id = $2', [
      webhookId,
      id,
    ]);
  };
}

function sentOf(made: readonly (MissedDelivery | null)[]): number {
  return made.filter((one) => one !== null).length;
}

function keysOf(rows: readonly { readonly eventKey: string }[]): string[] {
  return rows.map(({ eventKey }) => eventKey);
}

function going(position: RewindPosition): RewindBatch {
  return { made: [], step: { position, isEnd: false, pauseMs: 0 } };
}

function waiting(position: RewindPosition): RewindBatch {
  return { made: [], step: { position, isEnd: false, pauseMs: waitMs } };
}

function failed(position: RewindPosition): RewindBatch {
  const failure =
    'The webhook was disabled or deleted. What was not sent is in the history: rewind it again, or replay what it missed.';
  return { made: [], step: { position, isEnd: true, pauseMs: 0, failure } };
}
