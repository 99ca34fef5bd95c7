/** Schemas of platform services: how they are named in their records, and what a registry has of them. */
import type { SchemaRef } from '../domain/event/registry-frame.ts';
import type { ProtoFile } from './protobuf-schema.ts';

export interface ForeignSchema {
  readonly type: 'AVRO' | 'PROTOBUF' | 'JSON';
  readonly text: string;
  /** All that it refers to, what others need first. */
  readonly references: readonly ProtoFile[];
}

export interface ForeignSchemaSource {
  /**
   * Null only when the registry is well and has none.
   * @throws UnreadableSchemaError for one that cannot be used; whatever else is thrown: ask again
   */
  foreignSchema(ref: SchemaRef): Promise<ForeignSchema | null>;
}

/** A verdict: asking again soon brings nothing else. */
export class UnreadableSchemaError extends Error {
  readonly code = 'unreadable_schema';
  readonly retryable = false;
}
