/**
 * In: partitions that are taken over with work of which no commit tells. Out: which of it is settled, as the last outcomes
 * on Kafka say: a process that was killed had reported it and could not commit it any more.
 * Holds: what is read is bounded in records and by a deadline; what is not read by then is sent again, as it would be without.
 */
import type { ClusterLink, TopicPartition } from '../../../libs/kafka/cluster/cluster-link.ts';
import { partitionKey } from '../../../libs/kafka/cluster/cluster-link.ts';
import type { KafkaClient } from '../../../libs/kafka/cluster/kafka-client.ts';
import type { AssignedLease, KafkaRecord } from '../../../libs/kafka/record.ts';
import { TopicTail } from '../../../libs/kafka/tail/topic-tail.ts';
import { troubleFields } from '../../../libs/kafka/trouble.ts';
import { within } from '../../../libs/kafka/within.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import type { Logger } from '../../../libs/runtime/logger.ts';
import { SettledRecords, settlesHeader } from './settled-records.ts';

export interface SettledReaderOptions {
  readonly client: KafkaClient;
  /** Of outcomes. */
  readonly topic: string;
  /** Of deliveries: a webhook has the same partition number in both while they have as many. */
  readonly deliveriesTopic: string;
  readonly logger: Logger;
  /** Default: {@link readMsMaxDefault} */
  readonly readMsMax?: number;
}

/** A start or a rebalance waits for it so long. */
const readMsMaxDefault = 1_500;
/**
 * No commit tells of what was settled in its last moments. However long ago that was, its outcomes are the last ones of their
 * partition, but for those of attempts that take long.
 */
const recentMs = 15_000;
const recordsMin = 300;
const recordsMax = 3_000;

export class SettledReader {
  private readonly options: Required<SettledReaderOptions>;

  constructor(options: SettledReaderOptions) {
    this.options = { readMsMax: readMsMaxDefault, ...options };
  }

  /** Never rejects. */
  async read(leases: readonly AssignedLease[]): Promise<SettledRecords> {
    const { readMsMax, logger } = this.options;
    const settled = new SettledRecords();
    const behind = new Set(leases.filter(hasUncommitted).map(({ partition }) => partition));
    if (behind.size === 0) return settled;
    const begin = monotonicMs();
    try {
      const isRead = await within(readMsMax, this.readInto(settled, behind, begin + readMsMax));
      const fields = { partitions: behind.size, records: settled.size, tookMs: Math.round(monotonicMs() - begin) };
      if (isRead) logger.debug(fields, 'read which deliveries were settled and not committed');
      else logger.warn(fields, 'not all is known of what was settled and not committed: some may be sent again');
    } catch (error) {
      logger.warn(troubleFields(error), 'what was settled and not committed is not known: some may be sent again');
    }
    return settled;
  }

  private async readInto(settled: SettledRecords, behind: ReadonlySet<number>, until: number): Promise<void> {
    const { client, topic, logger } = this.options;
    const tail = new TopicTail(
      client,
      {
        topics: [topic],
        from: await this.begin(behind),
        onRecord: ({ headers }: KafkaRecord) => {
          const name = headers[settlesHeader];
          if (name !== undefined) settled.add(name);
        },
        // What is not read is not known: no reason to leave.
        exit: () => undefined,
        paceMs: () => 0,
      },
      logger,
    );
    try {
      await within(Math.max(0, until - monotonicMs()), tail.start());
    } finally {
      await tail.stop();
    }
  }

  /** Of each partition of outcomes where to begin; of those that nothing is wanted of, its end. */
  private async begin(behind: ReadonlySet<number>): Promise<ReadonlyMap<number, number>> {
    const { client, topic, deliveriesTopic } = this.options;
    const link = client.link();
    try {
      await link.connect([topic, deliveriesTopic]);
      const partitions = link.partitionsOf(topic).map((partition) => ({ topic, partition }));
      const isAlike = partitions.length === link.partitionsOf(deliveriesTopic).length;
      const wanted = ({ partition }: TopicPartition) => !isAlike || behind.has(partition);
      return await this.beginsOf(link, partitions, wanted);
    } finally {
      await link.close();
    }
  }

  private async beginsOf(
    link: ClusterLink,
    partitions: readonly TopicPartition[],
    wanted: (one: TopicPartition) => boolean,
  ): Promise<ReadonlyMap<number, number>> {
    const [ranges, since] = await Promise.all([
      link.offsetRanges(partitions),
      link.offsetsSince(partitions, Date.now() - recentMs),
    ]);
    return new Map(
      partitions.map((one) => {
        const { start, end } = ranges.get(partitionKey(one)) ?? { start: 0, end: 0 };
        const recent = Math.min(since.get(partitionKey(one)) ?? end, end - recordsMin);
        return [one.partition, wanted(one) ? Math.max(start, end - recordsMax, recent) : end];
      }),
    );
  }
}

function hasUncommitted({ committed, startOffset, endOffset }: AssignedLease): boolean {
  return (committed?.offset ?? startOffset) < endOffset;
}
