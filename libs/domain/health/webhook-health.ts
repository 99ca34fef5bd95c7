/** What is known of a webhook's health, what its own row says, and the rules by which both are judged (health.ts). */
import type { DisableRules } from './disable-rules.ts';
import type { RateWindow } from './failure-rate.ts';
import type { LateAttempts } from './falling-behind.ts';
import type { HealthWindows } from './health-window.ts';
import type { DisabledBy } from '../webhook/webhook.ts';
import type { Pause } from '../webhook/pause.ts';

/** `failing`: the latest attempt failed. `disabled`, `unverified`, `recovering` and `paused` are said by the webhook itself. */
export const healthStates = ['healthy', 'failing', 'disabled', 'recovering', 'paused', 'unverified'] as const;
export type HealthState = (typeof healthStates)[number];

export interface WebhookHealth {
  readonly state: HealthState;
  readonly consecutiveFailures: number;
  /** Begin of the first attempt of the run of failures, Unix milliseconds; null when there is none. */
  readonly failingSince: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  /** Unix milliseconds: attempts that began before do not count towards disabling. */
  readonly countedFrom: number | null;
  readonly lastPingAt: number | null;
  readonly lastPingDelivered: boolean | null;
  /** Pings in a row that arrived since it was disabled by failures. */
  readonly goodPings: number;
  /** The same of those that failed; those that were refused as events were are in both. */
  readonly failedPings: number;
  /** The client was told of this run of failures. */
  readonly isFailureTold: boolean;
  /** The endpoint's word that it is gone, as long as nothing has come of it. */
  readonly gone: GoneAnswer | null;
  /** What the last attempt that failed was answered; null: nothing. */
  readonly lastFailureCode: number | null;
  /** Null when its attempts begin in time. */
  readonly late: LateAttempts | null;
  /** Of the URL that all this is about ({@link WatchedWebhook.targetVersion}); null: not known, so of the present one. */
  readonly targetVersion: number | null;
  /** Attempts that count towards the rate of failures. */
  readonly rate: RateWindow;
  readonly windows: HealthWindows;
}

export interface GoneAnswer {
  /** Unix milliseconds at which the attempt began. */
  readonly at: number;
  readonly deliveryId: string;
  /** Answers of 410 in a row, without a success between; {@link goneAnswersMax} for a word that needs no other. */
  readonly answers: number;
}

/** What the webhook's own row says. */
export interface WatchedWebhook extends Partial<Pause> {
  readonly isActive: boolean;
  readonly disabledBy: DisabledBy | null;
  /** Unix milliseconds. */
  readonly disabledAt: number | null;
  /** Unix milliseconds at which a recovery ends; null when it does not recover. */
  readonly recoveringUntil: number | null;
  readonly autoHeal: boolean;
  /** Also when its endpoint said that it is gone. */
  readonly autoHealGone: boolean;
  /** The version in which it got its present URL. */
  readonly targetVersion: number;
  /** Its endpoint has not proven yet that it wants deliveries. Default: false */
  readonly isVerificationPending?: boolean;
}

export interface HealthRules extends DisableRules {
  /** True while most webhooks fail at once: then none is disabled for it. */
  readonly isPaused: boolean;
  /** Good pings in a row after which a webhook that failures disabled recovers; null: it never does by itself. */
  readonly goodPingsToHeal: number | null;
  /** How old the newest outcome that is known may be compared with those that there are, in milliseconds. */
  readonly behindMs: number;
}
