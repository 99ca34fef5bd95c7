/** The outcomes of a system as a data team reads them: a plain Kafka client, and the registry's public client. */
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
export async function readOutcomes(system: System): Promise<ReadOutcome[]> {
  const registry = new SchemaRegistry({ host: system.env['SCHEMA_REGISTRY_URL'] ?? '' });
  const records = await system.records('webhook.delivery-outcomes');
  const outcomes = [];
  for (const { value } of records) {
    if (value !== null) outcomes.push((await registry.decode(value)) as ReadOutcome);
  }
  return outcomes;
}
