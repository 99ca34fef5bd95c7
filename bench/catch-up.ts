/** Is everything that was delivered in the history too? Compares the ends of topics with the positions in the database. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { KafkaClient, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { TopicAdmin } from '../libs/kafka/cluster/topic-admin.ts';
import { connectionKeys, databaseKeys } from '../libs/runtime/config-keys.ts';
import { readConfig, type Environment } from '../libs/runtime/config.ts';
import { createLogger } from '../libs/runtime/logger.ts';
import { topicName, topics } from '../libs/wire/topics.ts';
import { Stopped } from '../stack/failure.ts';

const everyMs = 200;
/** Projector of two topics, monitor of one. */
const positionsMin = 3;

interface PositionRow {
  readonly topic: string;
  readonly applied: string;
}

export class CatchUp {
  private readonly admin: TopicAdmin;
  private readonly database: pg.Pool;
  private readonly outcomesTopic: string;

  constructor(env: Environment) {
    const config = readConfig({ ...connectionKeys, DATABASE_URL: databaseKeys.DATABASE_URL }, env);
    this.admin = new TopicAdmin(new KafkaClient(kafkaConnection(config, 'bench'), createLogger('bench', 'error')));
    this.database = new pg.Pool({ connectionString: config.DATABASE_URL, max: 1 });
    // A connection that breaks when the system stops is no error of ours.
    this.database.on('error', () => undefined);
    this.outcomesTopic = topicName(config.TOPIC_PREFIX, topics.outcomes);
  }

  /** Outcomes on Kafka so far. */
  outcomes(): Promise<number> {
    return this.endOf(this.outcomesTopic);
  }

  /**
   * Resolves with true when there are so many outcomes, and projector and monitor have applied all there are; with
   * false at the deadline. @throws Stopped
   */
  async until(outcomes: number, deadlineMs: number, signal: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + deadlineMs;
    while (!(await this.isReached(outcomes))) {
      if (signal.aborted) throw new Stopped();
      if (Date.now() > deadline) return false;
      await pause(everyMs);
    }
    return true;
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<readonly Row[]> {
    return (await this.database.query<Row>(sql, values)).rows;
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.admin.close(), this.database.end()]);
  }

  private async isReached(outcomes: number): Promise<boolean> {
    if ((await this.outcomes()) < outcomes) return false;
    const positions = await this.query<PositionRow>(
      'select topic, sum(next_offset)::text as applied from consumer_offset group by group_id, topic',
    );
    if (positions.length < positionsMin) return false;
    for (const { topic, applied } of positions) if ((await this.endOf(topic)) > Number(applied)) return false;
    return true;
  }

  private async endOf(topic: string): Promise<number> {
    const ends = await this.admin.endOffsets(topic);
    return [...ends.values()].reduce((sum, end) => sum + end, 0);
  }
}
