/** Whether the API answers: what the banner of the page says. */
import { ObservedValue } from '../session/observed-value.ts';

export interface Connection {
  /** Unix milliseconds; null: it answers. */
  readonly awaySince: number | null;
  readonly triedAt: number | null;
}

export const connection = new ObservedValue<Connection>({ awaySince: null, triedAt: null });

export function noteAnswer(): void {
  if (connection.get().awaySince !== null) connection.set({ awaySince: null, triedAt: null });
}

export function noteSilence(now: number): void {
  connection.set({ awaySince: connection.get().awaySince ?? now, triedAt: now });
}
