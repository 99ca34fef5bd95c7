/** What the store of webhooks is asked to do, and what can come of it. */
import type { VersionCondition } from '../../domain/access/entity-tag.ts';
import type { DisabledBy, SignatureAlgorithm } from '../../domain/webhook/webhook.ts';
import type { WebhookSettings } from '../../domain/webhook/webhook-settings.ts';
import type { NewReplay, Replay } from '../replays/new-replay.ts';
import type { PauseRefusal } from './webhook-pause.ts';
import type { ShownWebhook } from './webhook-view.ts';

export interface NewWebhook {
  readonly id: string;
  readonly clientId: string;
  readonly settings: WebhookSettings;
  readonly isActive: boolean;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly secret: NewSecret;
  /** What the history has is delivered first; left out: it begins with what comes. */
  readonly rewind?: NewReplay;
}

export interface NewSecret {
  readonly id: string;
  /** As libs/domain/signature/secret-form.ts reads it. */
  readonly text: string;
}

export type Created =
  | { readonly kind: 'created'; readonly webhook: ShownWebhook }
  | { readonly kind: 'too_many_replays' }
  | { readonly kind: 'no_client' }
  /** The client has as many as it may. */
  | { readonly kind: 'too_many' }
  /** The client is. */
  | { readonly kind: 'suspended' };

/** A secret that takes the place of the newest one. */
export interface Rotation {
  readonly secret: (algorithm: SignatureAlgorithm) => NewSecret;
  /** No older one signs after it. */
  readonly previousEndAt: Date;
  /** How many may sign at once. */
  readonly liveMax: number;
}

/** What becomes of the settings. `activity` and `rotation` undefined: stay as they are. */
export type SettingsChange<Refusal> =
  | {
      readonly kind: 'change';
      readonly settings: WebhookSettings;
      readonly activity?: Activity | undefined;
      readonly rotation?: Rotation | undefined;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Activity =
  { readonly isActive: true } | { readonly isActive: false; readonly by: DisabledBy; readonly reason: string | null };

/** What is meant: of whom, and in which version. */
export interface WebhookTarget {
  readonly id: string;
  /** Only this client's; null: whoever's. */
  readonly scope: string | null;
  readonly isMeant: VersionCondition;
}

/** `stale`: it is there, but not in the version that is meant. */
export type Missed = { readonly kind: 'missing' } | { readonly kind: 'stale' };

export type Updated<Refusal> =
  | { readonly kind: 'updated'; readonly webhook: ShownWebhook }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** As many secrets sign as may. */
  | { readonly kind: 'too_many' }
  /** It cannot be enabled: its client is. */
  | { readonly kind: 'suspended' }
  /** It was to be enabled, and is not before its endpoint has proven that it wants deliveries. */
  | { readonly kind: 'unverified' }
  | Missed;

export type Rotated = { readonly kind: 'rotated'; readonly secret: NewSecret } | { readonly kind: 'too_many' } | Missed;

/** Until when; null: as long as may be. */
export interface WantedPause {
  readonly until: Date | null;
  /** DELIVERY_MAX_AGE_HOURS, in milliseconds. */
  readonly deliveryAgeMs: number;
}

export type Held =
  | { readonly kind: 'held'; readonly webhook: ShownWebhook }
  | { readonly kind: 'disabled' }
  /** Its client is: it holds its webhooks. */
  | { readonly kind: 'suspended' }
  | PauseRefusal
  | Missed;

/** `rewinding`: it is being rewound. */
export type Rewound =
  | { readonly kind: 'rewound'; readonly replay: Replay }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'unverified' }
  | { readonly kind: 'rewinding' }
  | { readonly kind: 'too_many_replays' }
  | Missed;

export type Removed = { readonly kind: 'removed' } | Missed;

/** `newest`: the one that is not to be ended. */
export type SecretEnded = { readonly kind: 'ended' } | { readonly kind: 'newest' } | Missed;
