import { describe, expect, test } from '@jest/globals';
import { drainAfter, earlierPausesMax, pausedMsBetween } from '../../domain/webhook/pause.ts';
import { newPause, resumedPause } from './webhook-pause.ts';

const start = Date.parse('2026-03-10T12:00:00Z');
const hourMs = 3_600_000;
const at = (hour: number) => new Date(start + Math.round(hour * hourMs));
type Columns = Exclude<ReturnType<typeof newPause>, null | { readonly kind: string }>;

function paused(row: Partial<Columns>, begin: number, end: number | null, ageHours = 72): Columns {
  const wanted = { until: end === null ? null : at(end), deliveryAgeMs: ageHours * hourMs };
  const made = newPause(row, wanted, at(begin));
  if (made === null || 'kind' in made) throw new Error(JSON.stringify(made));
  return made;
}

const timesOf = ({ pausedSince, pausedUntil, earlierPauses }: Columns) => ({
  pausedSince: pausedSince.getTime(),
  pausedUntil: pausedUntil.getTime(),
  earlierPauses,
});
const heldHours = (row: Columns, from: number, to: number) =>
  pausedMsBetween(timesOf(row), at(from).getTime(), at(to).getTime()) / hourMs;

describe('#232 a pause after another', () => {
  test('leaves what waits through both as old as it was', () => {
    const second = paused(paused({}, 1, 61), 62, 63);
    expect(heldHours(second, 0, 64)).toBe(61);
    expect(heldHours(paused(second, 70, 71), 0, 72)).toBe(62);
  });

  test('begins anew right after one of full length', () => {
    const first = paused({}, 0, null);
    expect(first.holdsUntil).toEqual(at(72));
    expect(paused(first, 72, null)).toMatchObject({ pausedSince: at(72), pausedUntil: at(144), holdsUntil: at(144) });
  });

  test('forgets one of which nothing can wait, and no other', () => {
    const two = paused(paused({}, 0, 10), 20, 30);
    expect(paused(two, 91, 92).earlierPauses).toHaveLength(2);
    expect(paused(two, 93, 94).earlierPauses).toHaveLength(1);
    expect(paused(two, 103, 104).earlierPauses).toEqual([]);
  });

  test('cannot begin when Kafka would forget what waits, and says when it can', () => {
    const long = paused({}, 0, null, 500);
    const refusal = newPause(long, { until: null, deliveryAgeMs: 500 * hourMs }, at(200));
    expect(long.pausedUntil).toEqual(at(196));
    expect(refusal).toEqual({ kind: 'out_of_range', latest: at(200), notBefore: at(696) });
    expect(paused(long, 697, null, 500).pausedUntil).toEqual(at(893));
  });

  test('keeps few of them, and nothing that waits grows older by that', () => {
    let row: Partial<Columns> = {};
    for (let hour = 0; hour < 40; hour += 1) row = paused(row, hour, hour + 0.5);
    expect(row.earlierPauses).toHaveLength(earlierPausesMax);
    expect(heldHours(row as Columns, 0, 40)).toBeGreaterThanOrEqual(20);
  });

  test('drains for as long as both were, when the first still drained', () => {
    const first = paused({}, 0, 60);
    const drainMs = (row: Columns) => {
      const { recoveringSince, recoveringUntil } = drainAfter(timesOf(row));
      return (recoveringUntil ?? 0) - (recoveringSince ?? 0);
    };
    expect(drainMs(paused(first, 60.1, 60.11))).toBe(600_000);
    expect(drainMs(paused(first, 61, 61.01))).toBe(36_000);
  });

  test('that is the same one gets another end, and what was before it stays', () => {
    const second = paused(paused({}, 0, 10), 20, 30);
    const longer = paused(second, 25, 40);
    expect(longer).toMatchObject({ pausedSince: at(20), pausedUntil: at(40), earlierPauses: second.earlierPauses });
    expect(newPause(longer, { until: at(40), deliveryAgeMs: 72 * hourMs }, at(26))).toBeNull();
    expect(resumedPause(longer, at(28))).toEqual({ pausedSince: at(20), pausedUntil: at(28) });
  });
});
