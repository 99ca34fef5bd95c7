/** An entry of the catalogue of event types. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Audience, SchemaMode } from '../../domain/event/event-type.ts';

export const EventTypeRow = defineEntity({
  name: 'EventType',
  tableName: 'event_type',
  properties: {
    type: p.text().primary(),
    description: p.text().nullable(),
    audience: p.text().$type<Audience>(),
    /** JSON text, as it was given. */
    jsonSchema: p.text().nullable(),
    schemaMode: p.text().$type<SchemaMode>(),
    /** JSON text, as it was given. */
    example: p.text().nullable(),
    sensitivePaths: p.json<string[]>(),
    deprecated: p.boolean(),
    /** Ids of clients; null: everybody. */
    visibleTo: p.array().nullable(),
    /** How long the history keeps its events; null: as long as everything. */
    retentionDays: p.integer().nullable(),
    /** Counts changes from 1. */
    version: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type EventTypeRow = InferEntity<typeof EventTypeRow>;
