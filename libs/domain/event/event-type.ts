/** An entry of the catalogue of event types, as it travels on webhook.event-types. */

export type Audience = 'client' | 'broadcast';
export type SchemaMode = 'off' | 'warn' | 'enforce';

/** What of an event type decides for whom its events are. */
export interface AudienceRule {
  readonly audience: Audience;
  /** Null: everybody. */
  readonly visibleTo: ReadonlySet<string> | null;
}

export interface EventType {
  readonly type: string;
  readonly description: string | null;
  /** `client`: an event needs a clientid. `broadcast`: an event without one goes to every client. */
  readonly audience: Audience;
  /** JSON Schema of `data` as text. */
  readonly jsonSchema: string | null;
  readonly schemaMode: SchemaMode;
  /** An example of `data` as JSON text. */
  readonly example: string | null;
  /** Dotted paths inside `data` that are masked before anything leaves fan-out. */
  readonly sensitivePaths: readonly string[];
  readonly deprecated: boolean;
  /** Clients whose catalogue has it; null: everybody's. For all others it is a type that is not catalogued. */
  readonly visibleTo: readonly string[] | null;
  readonly version: number;
  readonly updatedAt: number;
}

export function audienceRuleOf({ audience, visibleTo }: Pick<EventType, 'audience' | 'visibleTo'>): AudienceRule {
  return { audience, visibleTo: visibleTo === null ? null : new Set(visibleTo) };
}

/** An operator, who asks for no client, sees every type. */
export function isVisibleTo({ visibleTo }: Pick<EventType, 'visibleTo'>, clientId: string | null): boolean {
  return visibleTo === null || clientId === null || visibleTo.includes(clientId);
}
