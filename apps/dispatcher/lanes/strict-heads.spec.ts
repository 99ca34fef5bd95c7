import { describe, expect, test } from '@jest/globals';
import type { Delivery, ParkedDelivery } from '../../../libs/domain/delivery/delivery.ts';
import type { PartitionLease } from '../../../libs/kafka/record.ts';
import { settledHead } from '../parked/parked-state.ts';
import { dueAt, resume, StrictHeads } from './strict-heads.ts';

const head = { deliveryId: 'd', webhookId: 'w', attempt: 1, trigger: 'first' } as Delivery;
const lease = {} as PartitionLease;
const parked: ParkedDelivery = { ...head, parkedAt: 0, parkedReason: 'blocked', notBefore: null };

describe('the head of a strict webhook', () => {
  test('is copied before its successors once, while it runs', () => {
    const heads = new StrictHeads();
    expect(heads.copyOf('w')).toBeNull();
    heads.started(head, { offset: 7, lease, name: null });
    expect(heads.copyOf('w')).toMatchObject({ delivery: head, offset: 7 });
    expect(heads.copyOf('w')).toBeNull();
    expect(heads.ended('w')).toBe(true);
    expect(heads.copyOf('w')).toBeNull();
  });

  test('without successors to divert is not copied', () => {
    const heads = new StrictHeads();
    heads.started(head, { offset: 7, lease, name: null });
    expect(heads.ended('w')).toBe(false);
  });
});

describe('a parked delivery', () => {
  test('that nothing more is known of is sent as it is written', () => {
    expect(resume(parked, null, 1_000)).toEqual({ kind: 'send', delivery: parked });
  });

  test('whose original was settled meanwhile is passed over', () => {
    expect(resume(parked, { attempt: settledHead, notBefore: 0 }, 1_000)).toEqual({ kind: 'settled' });
  });

  test('that was tried since waits for its time, then counts on', () => {
    const tried = { attempt: 2, notBefore: 5_000 };
    expect(resume(parked, tried, 4_999)).toEqual({ kind: 'wait', until: 5_000 });
    expect(resume(parked, tried, 5_000)).toMatchObject({ kind: 'send', delivery: { attempt: 3, trigger: 'retry' } });
  });

  test('that was parked as a failed head waits for the time written in it', () => {
    expect(resume({ ...parked, attempt: 2, notBefore: 9_000 }, null, 1_000)).toEqual({ kind: 'wait', until: 9_000 });
  });
});

test.each([
  ['a moment ago', -5_000, 0],
  ['in ten seconds', 10_000, 10_000],
  ['in a year, says a clock that is wrong', 365 * 86_400_000, 86_400_000],
])('what is due %s waits no longer than a retry may', (_name, inMs, waitMs) => {
  const now = performance.now();
  expect(dueAt(Date.now() + inMs) - now).toBeGreaterThan(waitMs - 1_000);
  expect(dueAt(Date.now() + inMs) - now).toBeLessThan(waitMs + 1_000);
});
