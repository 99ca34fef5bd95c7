import { describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../libs/domain/delivery.ts';
import type { LaneItem } from './lanes.ts';
import { StrictHeads } from './strict-heads.ts';

const head = { deliveryId: 'd', webhookId: 'w', attempt: 1, trigger: 'first' } as Delivery;
const parkedItem = { source: 'parked', offset: 1, notBefore: 0, triedSince: 0 } as LaneItem;

describe('the head of a strict webhook', () => {
  test('is copied before its successors once, while it runs', () => {
    const heads = new StrictHeads();
    expect(heads.copyOf('w')).toBeNull();
    heads.started(head);
    expect(heads.copyOf('w')).toBe(head);
    expect(heads.copyOf('w')).toBeNull();
  });

  test('that was delivered makes its copy be skipped', () => {
    const heads = new StrictHeads();
    heads.started(head);
    heads.copyOf('w');
    expect(heads.ended(head, null)).toBe(true);
    expect(heads.resume(head, parkedItem, 0)).toEqual({ kind: 'done' });
  });

  test('that failed hands over to its copy, which waits and counts on', () => {
    const heads = new StrictHeads();
    heads.started(head);
    heads.copyOf('w');
    expect(heads.ended(head, 5_000)).toBe(true);
    const waiting = heads.resume(head, parkedItem, 1_000);
    expect(waiting).toMatchObject({ kind: 'wait', item: { triedSince: 1, notBefore: 5_000 } });
    const item = waiting.kind === 'wait' ? waiting.item : parkedItem;
    expect(heads.resume(head, item, 5_000)).toMatchObject({ kind: 'send', delivery: { attempt: 2, trigger: 'retry' } });
  });

  test('without a copy stays where it is', () => {
    const heads = new StrictHeads();
    heads.started(head);
    expect(heads.ended(head, 5_000)).toBe(false);
  });

  test('restored from a parked record waits for its time', () => {
    const parked = { ...head, attempt: 2, parkedAt: 0, parkedReason: 'blocked' as const, notBefore: 9_000 };
    expect(new StrictHeads().resume(parked, parkedItem, 1_000)).toMatchObject({
      kind: 'wait',
      item: { notBefore: 9_000 },
    });
    expect(new StrictHeads().resume(parked, parkedItem, 9_000)).toMatchObject({
      kind: 'send',
      delivery: { attempt: 2 },
    });
  });
});
