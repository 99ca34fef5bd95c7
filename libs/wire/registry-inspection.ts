/** How a registry stands to our schemas. Asks only, and registers nothing. */
import { saysMissing } from './registry-answers.ts';
import { askRegistry } from './registry-access.ts';
import type { RegistryConfig } from './registry.ts';
import { schemaFile } from './schema-files.ts';
import { topicName, type TopicSpec } from './topics.ts';

export type SchemaStanding =
  | { readonly kind: 'current' }
  /** A later version is in force: somebody runs a newer release, or registered by hand. */
  | { readonly kind: 'older'; readonly latest: number }
  /** Others are registered, ours is not; null: the registry does not say whether it would take it. */
  | { readonly kind: 'unregistered'; readonly latest: number; readonly isCompatible: boolean | null }
  | { readonly kind: 'missing' };

export interface SubjectInspection {
  readonly subject: string;
  readonly standing: SchemaStanding;
  /** Such as BACKWARD_TRANSITIVE; null when the registry does not say. */
  readonly compatibility: string | null;
}

/** What answers at its address says another status than a registry would. */
export class RegistryRefusal extends Error {
  readonly code = 'registry_refusal';
  readonly status: number;

  constructor(path: string, status: number, addition = '') {
    super(`${path} is answered ${status}${addition}`);
    this.status = status;
  }
}

/** @throws RegistryRefusal; what askHttp says when there is no answer */
export async function inspectSubject(
  config: RegistryConfig,
  topic: TopicSpec & { schema: string },
): Promise<SubjectInspection> {
  const subject = `${topicName(config.topicPrefix, topic)}-value`;
  const path = `/subjects/${encodeURIComponent(subject)}`;
  const schema = { schema: JSON.stringify(schemaFile(topic.schema)) };
  const ours = await ask<{ version: number }>(config, path, schema);
  const latest = await ask<{ version: number }>(config, `${path}/versions/latest`);
  const level = await ask<{ compatibilityLevel?: string }>(config, `/config/${encodeURIComponent(subject)}`);
  const compatibility = level?.compatibilityLevel ?? null;
  if (latest === null) return { subject, standing: { kind: ours === null ? 'missing' : 'current' }, compatibility };
  if (ours === null) {
    const said = await ask<{ is_compatible?: boolean }>(config, `/compatibility${path}/versions/latest`, schema);
    const isCompatible = said?.is_compatible ?? null;
    return { subject, standing: { kind: 'unregistered', latest: latest.version, isCompatible }, compatibility };
  }
  const isCurrent = latest.version === ours.version;
  return {
    subject,
    standing: isCurrent ? { kind: 'current' } : { kind: 'older', latest: latest.version },
    compatibility,
  };
}

/** Null for what the registry does not have. */
async function ask<T>(config: RegistryConfig, path: string, body?: object): Promise<T | null> {
  const { status, body: text } = await askRegistry(config, path, body);
  if (status === 404) {
    if (saysMissing({ status, body: text })) return null;
    throw new RegistryRefusal(path, status, ', and not as a schema registry says it');
  }
  if (status !== 200) throw new RegistryRefusal(path, status);
  return JSON.parse(text) as T;
}
