import { describe, expect, test } from '@jest/globals';
import { eventKeyOf } from '../ids.ts';
import {
  isForRewound,
  nextPortion,
  rewindPositionOf,
  rewindPositionText,
  type PastEventRow,
  type RewindPosition,
} from './rewind.ts';

const now = Date.UTC(2026, 2, 14);
const webhook = { id: 'wh_1', clientId: 'acme', eventTypes: ['order.*', 'parcel.sent'] };
const event: PastEventRow = {
  eventKey: eventKeyOf(now, 'acme', 'e1'),
  eventType: 'order.created',
  clientId: 'acme',
  kind: 'event',
  subject: null,
  isNotice: false,
  receivedAtMs: now,
  sourceTopic: 'platform.events',
  sourcePartition: 0,
  sourceOffset: 0,
  bytes: 10,
  decision: null,
  isHeld: false,
};

test.each<RewindPosition>([
  { phase: 'begin', batch: 0 },
  { phase: 'past', after: null },
  { phase: 'past', after: event.eventKey },
  { phase: 'held', upTo: null, batch: 3 },
  { phase: 'held', upTo: '12345678901234567890', batch: 3 },
  { phase: 'joining', since: now },
  { phase: 'rest', batch: 2 },
  { phase: 'last', batch: 1 },
])('a position is what was written of it: %j', (position) => {
  expect(rewindPositionOf(rewindPositionText(position))).toEqual(position);
});

test('without a position it is at its begin', () => {
  expect(rewindPositionOf(null)).toEqual({ phase: 'begin', batch: 0 });
});

describe('an event of the history is for the webhook', () => {
  test.each<[string, Partial<PastEventRow>, boolean]>([
    ['of its client and one of its types', {}, true],
    ['for everybody', { clientId: null }, true],
    ['of another client', { clientId: 'other' }, false],
    ['of another type', { eventType: 'orders.created' }, false],
    ['a test', { kind: 'test' }, false],
    ['that it got', { decision: 'matched' }, true],
    ['that was filtered, as the filter is asked anew', { decision: 'filtered' }, true],
    ['that came while it was disabled', { decision: 'disabled' }, true],
    ['that an earlier rewind held and did not send', { decision: 'held' }, true],
    ['that waits in the queue', { decision: 'held', isHeld: true }, false],
    ['a copy', { decision: 'copy' }, false],
    ['a notice that it asked for', { isNotice: true, subject: 'wh_2' }, true],
    ['a notice about itself', { isNotice: true, subject: 'wh_1' }, false],
  ])('%s', (_, change, isFor) => {
    expect(isForRewound({ ...event, ...change }, webhook)).toBe(isFor);
  });

  test('`*` brings events, and no notices', () => {
    const all = { ...webhook, eventTypes: ['*'] };
    expect(isForRewound(event, all)).toBe(true);
    expect(isForRewound({ ...event, isNotice: true }, all)).toBe(false);
  });
});

describe('a portion', () => {
  const rowAt = (ms: number, offset: number, bytes = 10) => ({
    ...event,
    eventKey: eventKeyOf(now + ms, 'acme', `e${ms}-${offset}`),
    sourceOffset: offset,
    bytes,
  });
  const inKeyOrder = (rows: readonly PastEventRow[]) => rows.toSorted((a, b) => (a.eventKey < b.eventKey ? -1 : 1));
  const offsets = (rows: readonly PastEventRow[]) => rows.map(({ sourceOffset }) => sourceOffset);

  test('has the events of a millisecond in the order of arrival, and all of them', () => {
    const rows = inKeyOrder([0, 1, 2, 3, 4, 5, 6, 7].map((offset) => rowAt(Math.floor(offset / 4), offset)));
    const portion = nextPortion(rows, 2, 1_000);
    expect(offsets(portion.rows)).toEqual([0, 1, 2, 3]);
    const rest = rows.filter(({ eventKey }) => eventKey > (portion.upTo ?? ''));
    expect(offsets(nextPortion(rest, 100, 1_000).rows)).toEqual([4, 5, 6, 7]);
  });

  test('ends at its bounds, and has one event at least', () => {
    const rows = inKeyOrder([0, 1, 2, 3].map((offset) => rowAt(offset, offset)));
    expect(offsets(nextPortion(rows, 3, 1_000).rows)).toEqual([0, 1, 2]);
    expect(offsets(nextPortion(rows, 100, 25).rows)).toEqual([0, 1]);
    expect(offsets(nextPortion([rowAt(0, 9, 5_000), ...rows], 100, 25).rows)).toEqual([9]);
    expect(nextPortion([], 100, 25)).toEqual({ rows: [], upTo: null });
  });

  test('takes a millisecond of too many events in pieces, each event once', () => {
    const rows = inKeyOrder(Array.from({ length: 450 }, (_, offset) => rowAt(0, offset)));
    const taken: PastEventRow[] = [];
    for (let rest: readonly PastEventRow[] = rows; rest.length > 0;) {
      const { rows: next, upTo } = nextPortion(rest, 100, 100_000);
      expect(next.length).toBeLessThanOrEqual(200);
      taken.push(...next);
      rest = rest.filter(({ eventKey }) => eventKey > (upTo ?? ''));
    }
    expect(offsets(taken).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from(rows.keys()));
  });
});
