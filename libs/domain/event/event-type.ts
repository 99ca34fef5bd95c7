/** An entry of the catalogue of event types, as it travels on webhook.event-types. */

export type Audience = 'client' | 'broadcast';
export type SchemaMode = 'off' | 'warn' | 'enforce';

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
  readonly version: number;
  readonly updatedAt: number;
}
