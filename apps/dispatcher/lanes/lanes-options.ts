/** What lanes need to know and whom they tell. */
import type { ParkedReason } from '../../../libs/domain/delivery/delivery.ts';
import type { Admission } from '../gate/admission.ts';
import type { BufferBudget } from '../gate/buffer-budget.ts';
import type { HoldUpLimits } from '../gate/held-up.ts';
import type { Running } from './lane.ts';
import type { LaneItem } from './lane-item.ts';
import type { Partition } from '../partition.ts';

export interface LanesOptions extends HoldUpLimits {
  /** Attempts in flight in the whole process that are not slow. */
  readonly maxInFlight: number;
  /** Those that are. */
  readonly maxSlow: number;
  /** Attempts older than this count as slow: they have places of their own. */
  readonly slowAfterMs: number;
  readonly laneRecordsMax: number;
  readonly laneBytesMax: number;
  /** A main item that waits longer than this is diverted. */
  readonly divertAfterMs: number;
  readonly budget: BufferBudget;
  /** False stops new starts, and diversion for age, for the moment: what was done cannot be reported. */
  mayStart(): boolean;
  /** Whose webhook it is; empty while that is not known. */
  clientOf(webhookId: string): string;
  /** Most attempts of the webhook in flight, 1 or more. */
  limit(webhookId: string): number;
  /** Asked right before a start. `hold` lasts until {@link Lanes.wake}. */
  admit(webhookId: string, now: number): Admission;
  /** True when another attempt of this client at this origin may start. */
  hasRoom(origin: string, clientId: string): boolean;
  /** Why the webhook waits now; null when nothing but its own pace holds it. */
  waitsFor(webhookId: string, now: number): ParkedReason | null;
  start(item: LaneItem, webhookId: string, attempt: Running): void;
  /** Its turn came, and `admit` did not let it start. */
  heldBack(item: LaneItem, webhookId: string): void;
  /** Takes the items, in order, to the parked lane. Later ones of this webhook follow until {@link Lanes.undivert}. */
  divert(webhookId: string, items: readonly LaneItem[], reason: ParkedReason): void;
  /** Parked items of a webhook that may not send for a while leave memory: they are in the log. */
  giveBack(webhookId: string, items: readonly LaneItem[]): void;
  /** A webhook with parked deliveries may have more of them in memory than before. */
  roomGrew(webhookId: string, partition: Partition): void;
}
