/** The database and what it alone knows: migrations, what waits, what is sealed with which key, whose URL is refused. */
import { Resolver } from 'node:dns/promises';
import { dayMs } from '../../libs/domain/day.ts';
import { partitionKey } from '../../libs/kafka/cluster/cluster-link.ts';
import { KafkaClient, kafkaConnection } from '../../libs/kafka/cluster/kafka-client.ts';
import { positionMove, type PositionMove } from '../../libs/kafka/consumer/position-check.ts';
import { TopicAdmin } from '../../libs/kafka/cluster/topic-admin.ts';
import { within } from '../../libs/kafka/within.ts';
import { DatabaseDiagnosis, type StoredOffset } from '../../libs/postgres/server/diagnosis.ts';
import { createLogger } from '../../libs/runtime/logger.ts';
import type { AddressGuard } from '../../libs/sender/address-guard.ts';
import { guardFromConfig } from '../../libs/sender/guard-from-config.ts';
import { topicName, topics } from '../../libs/wire/topics.ts';
import { compareDefinitions } from '../definitions-comparison.ts';
import { sentenceOf } from '../failure.ts';
import type { DoctorConfig } from './examination.ts';
import { judgeDatabaseTrouble, judgeNewer, judgeWritability } from './database-trouble.ts';
import { judgeDefinitions, judgePositions } from './kept.ts';
import { ok, trouble, type Area, type Finding } from '../../libs/domain/system/finding.ts';
import {
  judgeDaysAhead,
  judgeGroup,
  judgeIndexes,
  judgeOutbox,
  judgeSweeps,
} from '../../libs/domain/system/judgements.ts';
import { judgeClocks, judgeEgress, judgeKeys, judgeRejected } from './judgements.ts';

/** Whether the other servers answer: what is kept twice can only be compared then. */
export interface OthersThere {
  readonly kafka: boolean;
  readonly registry: boolean;
}

const answerMs = 6_000;

/** @param others awaited when the database itself was looked at */
export async function examineDatabase(config: DoctorConfig, others: Promise<OthersThere>): Promise<readonly Finding[]> {
  const database = new DatabaseDiagnosis(config.DATABASE_URL);
  try {
    const asked = database.version();
    if (!(await within(answerMs, asked))) throw new Error(`timeout: no answer within ${answerMs / 1_000} s`);
    return await examineContents(database, await asked, config, others);
  } catch (error) {
    return [judgeDatabaseTrouble(error, config.DATABASE_URL)];
  } finally {
    await within(closeMs, database.close());
  }
}

const closeMs = 1_000;

async function examineContents(
  database: DatabaseDiagnosis,
  version: string,
  config: DoctorConfig,
  others: Promise<OthersThere>,
): Promise<readonly Finding[]> {
  const pending = await database.pendingMigrations();
  const clock = judgeClocks([{ what: 'PostgreSQL', aheadMs: await database.clockAheadMs(), errorMs: 0 }]);
  const answers = ok('database', `PostgreSQL ${version} answers`);
  const written = judgeWritability(await database.writability());
  if (pending.length > 0) {
    const says = `migrations that did not run: ${pending.join(', ')}`;
    return [...written, trouble('database', 'error', says, 'npm run setup runs them'), answers, ...clock];
  }
  const newer = judgeNewer(await database.unknownMigrations());
  const there = await others;
  return [
    ...written,
    ...newer,
    answers,
    ...clock,
    ...(await examineWaiting(database)),
    ...(there.kafka
      ? await examineReaders(database, config)
      : [unread('lag', 'how far projector and monitor are behind')]),
    ...(there.kafka && there.registry
      ? await examineDefinitions(database, config)
      : [unread('definitions', 'whether the definitions on Kafka are those of the database')]),
    ...judgeRejected(await database.rejectedSince(new Date(Date.now() - dayMs))),
    ...judgeKeys(config.ENCRYPTION_KEYS, await database.sealedValues()),
    ...(await examineEgress(database, config)),
  ];
}

function unread(area: Area, what: string): Finding {
  return trouble(area, 'notice', `not looked at: ${what}`, 'mend what is said of Kafka and of the schemas first');
}

async function examineWaiting(database: DatabaseDiagnosis): Promise<readonly Finding[]> {
  const now = Date.now();
  const daysAhead = await database.backlog.daysAhead(now);
  const outboxAt = await database.outbox.oldestAt();
  const { pending, retrying } = await database.backlog.read();
  const findings = [ok('database', `migrated; ${pending} deliveries pending, ${retrying} to be tried again`)];
  findings.push(
    ...judgeDaysAhead(daysAhead),
    ...judgeIndexes(await database.unfinishedIndexes()),
    ...judgeSweeps(await database.sweeps()),
    ...judgeOutbox(outboxAt === null ? null : now - outboxAt),
  );
  return findings;
}

/** Projector and monitor keep their positions here; what they are behind of is in Kafka. */
async function examineReaders(database: DatabaseDiagnosis, config: DoctorConfig): Promise<readonly Finding[]> {
  const client = new KafkaClient(kafkaConnection(config, 'doctor'), createLogger('doctor', 'silent'));
  const admin = new TopicAdmin(client);
  const read = {
    projector: [topics.webhookEvents, topics.outcomes, topics.platformEventsRejected],
    monitor: [topics.outcomes],
  } as const;
  try {
    const findings: Finding[] = [];
    for (const app of ['projector', 'monitor'] as const) {
      const groupId = config.TOPIC_PREFIX + app;
      const stored = await database.offsetsOf(groupId);
      let lag = 0;
      for (const topic of read[app].map((spec) => topicName(config.TOPIC_PREFIX, spec))) {
        const next = stored.filter((offset) => offset.topic === topic);
        lag += await admin.lagBehind(topic, new Map(next.map(({ partition, nextOffset }) => [partition, nextOffset])));
      }
      const members = (await admin.memberCounts([groupId])).get(groupId) ?? 0;
      findings.push(judgeGroup({ app, members, lag }), ...judgePositions(app, await impossible(client, stored)));
    }
    return findings;
  } catch (error) {
    const says = `how far projector and monitor are behind was not read: ${sentenceOf(error)}`;
    return [trouble('lag', 'notice', says, 'see what is said of Kafka')];
  } finally {
    await admin.close();
  }
}

/** Positions that cannot be ones of the logs that are there. */
async function impossible(client: KafkaClient, stored: readonly StoredOffset[]): Promise<readonly PositionMove[]> {
  const link = client.link();
  try {
    const names = [...new Set(stored.map(({ topic }) => topic))];
    await link.connect(names);
    const [ranges, ids] = [await link.offsetRanges(stored), await link.topicIds(names)];
    return stored.flatMap((kept) => {
      const range = ranges.get(partitionKey(kept));
      if (range === undefined) return [];
      const log = { ...kept, startOffset: range.start, endOffset: range.end, topicId: ids.get(kept.topic) ?? null };
      return positionMove(kept, log) ?? [];
    });
  } finally {
    await link.close();
  }
}

/** What fan-out and dispatcher know comes from Kafka; what is true is in the database. */
async function examineDefinitions(database: DatabaseDiagnosis, config: DoctorConfig): Promise<readonly Finding[]> {
  try {
    const waiting = await database.outbox.count();
    return judgeDefinitions(await compareDefinitions(config, database.current, new Date()), waiting);
  } catch (error) {
    const says = `the definitions on Kafka were not read: ${sentenceOf(error)}`;
    return [trouble('definitions', 'notice', says, 'see what is said of Kafka and of the schemas')];
  }
}

async function examineEgress(database: DatabaseDiagnosis, config: DoctorConfig): Promise<readonly Finding[]> {
  const webhooks = await database.activeWebhooks();
  const guard = guardFromConfig(config);
  const refused = webhooks.flatMap(({ id, url }) => {
    const refusal = guard.checkUrl(url);
    return refusal === null ? [] : [{ webhookId: id, message: refusal.message }];
  });
  return judgeEgress({
    schemes: config.ALLOWED_URL_SCHEMES,
    ports: config.ALLOWED_PORTS,
    allowed: config.EGRESS_ALLOW,
    refused,
    active: webhooks.length,
    refusedTranslation: await refusedTranslation(guard),
  });
}

/** Only DNS64 knows an IPv6 address of this name (RFC 7050). */
async function refusedTranslation(guard: AddressGuard): Promise<string | null> {
  const found = await new Resolver({ timeout: 500, tries: 1 }).resolve6('ipv4only.arpa').catch((): string[] => []);
  return found.find((address) => guard.checkAddress(address)?.includes('NAT64 for local use') === true) ?? null;
}
