/**
 * Positions of consumers that keep them with their effects. In: what was read so far and where the consumer
 * stands now. What must hold: effects and position commit together, and only if nobody else moved the position
 * since it was read; two members that hold the same partition for a moment never both apply a record.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordset, type Run } from './bulk.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `nextOffset` is the first offset not applied yet; 0 when nothing ever was. */
export interface StoredPosition extends TopicPartition {
  readonly nextOffset: number;
  /** Of the topic, as the cluster named it when the position was last held against it; null before. */
  readonly topicId: string | null;
}

/** A position that was impossible in the log that is there, or whose topic was not known. */
export interface Move extends TopicPartition {
  readonly from: number;
  readonly to: number;
  readonly topicId: string | null;
}

export interface Advance extends TopicPartition {
  /** What the position must be now. */
  readonly from: number;
  readonly to: number;
}

/** Somebody else moved a position. `stored` says where they are now. Nothing was applied. */
export class OffsetMismatchError extends Error {
  readonly code = 'offset_mismatch';
  readonly retryable = false;
  readonly stored: readonly StoredPosition[];

  constructor(stored: readonly StoredPosition[]) {
    super('another member moved the position of a partition');
    this.stored = stored;
  }
}

interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: string;
  readonly topic_id: string | null;
}

export class ConsumerOffsetStore {
  private readonly em: EntityManager;
  private readonly groupId: string;

  constructor(em: EntityManager, groupId: string) {
    this.em = em;
    this.groupId = groupId;
  }

  /** Where to go on. Makes a partition that is new known, so that {@link advance} finds it. */
  async positions(partitions: readonly TopicPartition[]): Promise<StoredPosition[]> {
    const pool = await this.em.getConnection().getNativeClient();
    const names = recordset(partitions.map(({ topic, partition }) => ({ topic, partition })));
    await pool.query(insertMissing, [this.groupId, names]);
    const { rows } = await pool.query<PositionRow>(selectPositions, [this.groupId, names]);
    return rows.map(positionOf);
  }

  /** Each only where the position is still `from`. */
  async move(moves: readonly Move[]): Promise<void> {
    const pool = await this.em.getConnection().getNativeClient();
    await pool.query(movePositions, [this.groupId, recordset(moves)]);
  }

  /** Moves positions within a transaction. @throws OffsetMismatchError when one is not where `from` says */
  async advance(run: Run, advances: readonly Advance[]): Promise<void> {
    const input = recordset(advances);
    const stored = (await run<PositionRow>(`${selectPositions} for update of o`, [this.groupId, input])).map(
      positionOf,
    );
    const isSame = advances.every(({ topic, partition, from }) =>
      stored.some((at) => at.topic === topic && at.partition === partition && at.nextOffset === from),
    );
    if (!isSame) throw new OffsetMismatchError(stored);
    await run(updatePositions, [this.groupId, input]);
  }
}

function positionOf(row: PositionRow): StoredPosition {
  return { topic: row.topic, partition: row.partition, nextOffset: Number(row.next_offset), topicId: row.topic_id };
}

const insertMissing = `
insert into consumer_offset (group_id, topic, partition, next_offset, updated_at)
select $1, topic, partition, 0, now() from json_to_recordset($2::json) as i(topic text, partition int)
order by topic, partition
on conflict do nothing`;

// Always locked in the same order, so two members wait for each other but never in a circle.
const selectPositions = `
select o.topic, o.partition, o.next_offset::text, o.topic_id
from consumer_offset o
join json_to_recordset($2::json) as i(topic text, partition int) using (topic, partition)
where o.group_id = $1
order by o.topic, o.partition`;

const movePositions = `
update consumer_offset o set next_offset = i."to", topic_id = i."topicId", updated_at = now()
from json_to_recordset($2::json) as i(topic text, partition int, "from" bigint, "to" bigint, "topicId" text)
where o.group_id = $1 and o.topic = i.topic and o.partition = i.partition and o.next_offset = i."from"`;

const updatePositions = `
update consumer_offset o set next_offset = i."to", updated_at = now()
from json_to_recordset($2::json) as i(topic text, partition int, "to" bigint)
where o.group_id = $1 and o.topic = i.topic and o.partition = i.partition`;
