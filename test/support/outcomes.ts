/** What a system writes to Kafka, as a data team reads it: a plain Kafka client, and the registry's public client. */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { System } from './app-harness.ts';

/** Fields that tests look at; docs and types of all are in the schema. */
export interface ReadOutcome {
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly clientId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly kind: string;
  readonly trigger: string;
  readonly round: string;
  readonly attempt: number;
  readonly status: string;
  readonly reason: string | null;
  readonly responseCode: number | null;
  readonly responseBodySample: Buffer | null;
  readonly responseBodyTruncated: boolean;
  readonly latencyMs: number | null;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
}

/** All outcomes so far, in the order of each webhook. */
export function readOutcomes(system: System): Promise<ReadOutcome[]> {
  return readValues<ReadOutcome>(system, 'webhook.delivery-outcomes');
}

/** All values of a topic (named without prefix) that has a schema of ours, in the order of each partition. */
export async function readValues<T>(system: System, topic: string): Promise<T[]> {
  const registry = new SchemaRegistry({ host: system.env['SCHEMA_REGISTRY_URL'] ?? '' });
  const values = [];
  for (const { value } of await system.records(topic)) {
    if (value !== null) values.push((await registry.decode(value)) as T);
  }
  return values;
}
