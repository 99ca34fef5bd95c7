/**
 * A great many webhooks, put straight onto webhook.definitions as the outbox would: through the API they would take
 * minutes. A hundred to a client, each with a type of its own; the API and its database do not know them.
 */
import { randomBytes } from 'node:crypto';
import { KafkaClient, kafkaConnection } from '../libs/kafka/cluster/kafka-client.ts';
import { RecordSink } from '../libs/kafka/producer/record-sink.ts';
import { registryConfig } from '../libs/kafka/registry-config.ts';
import { secretFrom } from '../libs/domain/signature/signature.ts';
import { noAnswerCodes } from '../libs/domain/delivery/answer-codes.ts';
import type { WebhookDefinition } from '../libs/domain/webhook/webhook.ts';
import { connectionKeys, registryKeys, signatureKeys } from '../libs/runtime/config-keys.ts';
import { readConfig } from '../libs/runtime/config.ts';
import { createLogger } from '../libs/runtime/logger.ts';
import { SecretBox } from '../libs/runtime/secret-box.ts';
import { Registry } from '../libs/wire/registry.ts';
import { topicName, topics } from '../libs/wire/topics.ts';
import { Stopped } from '../stack/failure.ts';
import { startStep } from '../stack/terminal.ts';
import { ownType, untilKnown } from './endpoints.ts';
import type { Target } from './processes/load-questions.ts';
import type { Range } from './processes/receiver-questions.ts';
import type { Harness } from './harness.ts';

/** Every one of them subscribed to it. */
export const broadcastType = 'bench.broadcast';

const perClient = 100;
const atATime = 1_000;
const knownDeadlineMs = 60_000;

/** The event that is for this webhook alone. */
export function targetOf(number: number): Target {
  return { clientId: `bench-${Math.floor(number / perClient)}`, type: ownType(number % perClient) };
}

/** Adds the webhooks with these numbers; resolves when all apps know them. @throws StackFailure, Stopped */
export async function addWebhooks(harness: Harness, { from, to }: Range): Promise<void> {
  const config = readConfig({ ...connectionKeys, ...registryKeys, ...signatureKeys }, harness.system.env);
  const prefix = config.TOPIC_PREFIX;
  const logger = createLogger('bench', 'error');
  const sink = new RecordSink(new KafkaClient(kafkaConnection(config, 'bench'), logger), logger);
  const registry = new Registry(registryConfig(config));
  const box = new SecretBox(config.ENCRYPTION_KEYS);
  const step = startStep(`${to} webhooks`);
  try {
    await sink.connect();
    const codec = await registry.codec(topics.definitions);
    const topic = topicName(prefix, topics.definitions);
    for (let start = from; start < to; start += atATime) {
      if (harness.signal.aborted) throw new Stopped();
      step.progress(`${start} are there`);
      const numbers = Array.from({ length: Math.min(atATime, to - start) }, (_, index) => start + index);
      await sink.append(
        numbers.map((number) => {
          const definition = definitionOf(number, harness.origin, box);
          return { topic, key: definition.id, value: codec.encode(definition) };
        }),
      );
    }
    await untilKnown(harness, to, knownDeadlineMs);
    step.done('known to all apps');
  } catch (error) {
    step.fail();
    throw error;
  } finally {
    await sink.close();
  }
}

function definitionOf(number: number, origin: string, box: SecretBox): WebhookDefinition {
  const { clientId, type } = targetOf(number);
  const id = `wh_bench_${number}`;
  const sealed = box.seal(secretFrom('hmac-sha256', randomBytes(32)));
  return {
    id,
    clientId,
    url: `${origin}/w${number}`,
    eventTypes: [type, broadcastType],
    isActive: true,
    disabledBy: null,
    disabledReason: null,
    filter: null,
    format: 'json',
    ordering: 'inOrder',
    maxInFlight: 1,
    rateLimitPerSecond: null,
    timeoutMs: 5_000,
    retryPolicy: { maxAttempts: 6, baseDelayMs: 5_000, maxDelayMs: 86_400_000, backoffFactor: 12, jitter: 0.2 },
    ...noAnswerCodes,
    signatureAlgorithm: 'hmac-sha256',
    secrets: [{ id: `sec_bench_${number}`, sealed, expiresAt: null }],
    sealedHeaders: null,
    sealedTls: null,
    targetVersion: 1,
    recoveringSince: null,
    recoveringUntil: null,
    pausedSince: null,
    pausedUntil: null,
    version: 1,
    updatedAt: Date.now(),
  };
}
