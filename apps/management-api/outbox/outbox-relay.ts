/**
 * In: committed changes, from the outbox. Out: the same on Kafka. Holds: in commit order, each at least once; a row is
 * removed only after Kafka acknowledged it, so a crash at any moment repeats and never loses; of all processes one
 * relays, and one that lost the lead while it was writing puts the present state behind what it wrote.
 */
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import { RecordRefusedError } from '../../../libs/kafka/producer/append-error.ts';
import type { RecordSink } from '../../../libs/kafka/producer/record-sink.ts';
import type { OutboxLead, OutboxRecord, OutboxStore } from '../../../libs/postgres/outbox/outbox-store.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { sayChange } from './change-line.ts';
import { LookPace } from './look-pace.ts';
import { WakeUp } from './wake-up.ts';

export interface OutboxRelayOptions {
  readonly store: Pick<OutboxStore, 'lead' | 'republish'>;
  readonly sink: Pick<RecordSink, 'append'>;
  readonly encode: (row: OutboxRecord) => OutgoingRecord;
  readonly logger: Logger;
  /** Under which this process comes back after a restart; null: as a new one. Default: null. */
  readonly instanceId?: string | null;
  /** How often another process is asked whether it still leads. */
  readonly followMs?: number;
}

const rowsMax = 200;
const stopMs = 2_000;

export class OutboxRelay {
  private readonly options: Required<OutboxRelayOptions>;
  private readonly wake = new WakeUp();
  private state: string | null = 'not started';
  private stopping = false;
  private lost = false;
  private readonly stopped = new WakeUp();
  /** Written when another process may have led already: what is true of them now has to follow. */
  private doubtful: OutboxRecord[] = [];

  constructor(options: OutboxRelayOptions) {
    this.options = { followMs: 500, instanceId: null, ...options };
  }

  start(): void {
    void this.run().finally(() => {
      this.stopped.now();
    });
  }

  /** Resolves when what is being written is written, or when that takes too long: then it is written again later. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake.now();
    await this.stopped.within(stopMs);
  }

  /** Null when this process relays, or another one does. */
  problem(): string | null {
    return this.state;
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      try {
        await this.leadOnce();
      } catch (error) {
        const problem = `begins again: ${error instanceof Error ? error.message : String(error)}`;
        // Once per trouble: a database that is away is asked twice a second.
        const isNew = problem !== this.state;
        this.state = problem;
        if (isNew && !this.isStopping()) this.options.logger.warn(errorFields(error), 'the outbox relay begins again');
      }
      if (!this.isStopping()) await this.wake.within(this.options.followMs);
    }
  }

  private async leadOnce(): Promise<void> {
    this.lost = false;
    await this.settleDoubt();
    const pace = new LookPace();
    const listener = {
      onMore: () => {
        this.wake.now();
      },
      onDeaf: () => {
        pace.missed();
      },
      onLost: () => {
        this.lost = true;
        this.wake.now();
      },
    };
    const lead = await this.options.store.lead(listener, this.options.instanceId);
    this.state = null;
    if (lead === null) return;
    this.options.logger.info({}, 'relaying the outbox');
    try {
      // What is there at first tells nothing of notices.
      let isTold: boolean | null = null;
      while (!this.isStopping() && !this.isLost()) {
        const isFound = await this.relaySome(lead);
        if (isFound && isTold === false) pace.missed();
        if (isFound) continue;
        isTold = await this.wake.within(pace.waitMs);
        if (isTold) pace.heard();
      }
    } finally {
      lead.end();
    }
    if (this.isLost()) throw new Error('the lead of the outbox relay ended');
  }

  /** False when there was nothing. */
  private async relaySome(lead: OutboxLead): Promise<boolean> {
    const rows = await lead.read(rowsMax);
    const last = rows.at(-1);
    if (last === undefined) return false;
    await this.publish(rows);
    try {
      if (this.isLost()) throw new Error('the lead of the outbox relay ended');
      await lead.remove(last.id);
    } catch (error) {
      this.doubtful.push(...rows);
      throw error;
    }
    return true;
  }

  private async settleDoubt(): Promise<void> {
    if (this.doubtful.length === 0) return;
    await this.options.store.republish(this.doubtful, new Date());
    this.doubtful = [];
  }

  private async publish(rows: readonly OutboxRecord[]): Promise<void> {
    const records = rows.flatMap((row) => this.encoded(row));
    try {
      // However long: what its other topics took of it would be written to them again.
      await this.options.sink.append(records, { whenUnwritable: 'wait' });
      for (const row of rows) sayChange(this.options.logger, row);
    } catch (error) {
      if (!(error instanceof RecordRefusedError) || rows.length === 1) {
        this.leaveOut(error, rows);
        return;
      }
      for (const row of rows) await this.publish([row]);
    }
  }

  /** A row that cannot be published must not hold up all that follow: it is left out, loudly. */
  private encoded(row: OutboxRecord): OutgoingRecord[] {
    try {
      return [this.options.encode(row)];
    } catch (error) {
      this.options.logger.error(
        { outboxId: row.id, topic: row.topic, objectId: row.key, ...errorFields(error) },
        unpublishable,
      );
      return [];
    }
  }

  private leaveOut(error: unknown, rows: readonly OutboxRecord[]): void {
    if (!(error instanceof RecordRefusedError)) throw error;
    for (const { id, topic, key } of rows) {
      this.options.logger.error({ outboxId: id, topic, objectId: key, ...errorFields(error) }, unpublishable);
    }
  }

  // Methods, so that every look is a new one.

  private isStopping(): boolean {
    return this.stopping;
  }

  private isLost(): boolean {
    return this.lost;
  }
}

const unpublishable = 'a row of the outbox cannot be published and is left out';
