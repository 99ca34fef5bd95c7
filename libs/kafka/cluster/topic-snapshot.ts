/** In: a compacted topic. Out: the newest value of each key, as it is now. Tombstones leave nothing. */
import type { Logger } from '../../runtime/logger.ts';
import type { KafkaClient } from './kafka-client.ts';
import { TopicTail } from '../tail/topic-tail.ts';
import { within } from '../within.ts';

/** @throws when Kafka does not serve it in time */
export async function topicSnapshot(
  client: KafkaClient,
  topic: string,
  logger: Logger,
  deadlineMs: number,
): Promise<ReadonlyMap<string, Buffer>> {
  const values = new Map<string, Buffer>();
  const tail = new TopicTail(
    client,
    {
      topics: [topic],
      from: 'beginning',
      onRecord: ({ key, value }) => {
        const name = key?.toString('utf8') ?? '';
        if (value === null) values.delete(name);
        // A copy: the value is a slice of the whole fetched response and would keep all of it in memory.
        else values.set(name, Buffer.from(value));
      },
    },
    logger,
  );
  try {
    if (!(await within(deadlineMs, tail.start()))) {
      throw new Error(`${topic} was not read to its end in ${deadlineMs / 1_000} s: ${tail.problem() ?? 'too slow'}`);
    }
    return values;
  } finally {
    await tail.stop();
  }
}
