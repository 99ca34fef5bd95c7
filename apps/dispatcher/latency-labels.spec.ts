import { expect, test } from '@jest/globals';
import { LatencyLabels } from './latency-labels.ts';

const webhook = (no: number) => `wh_0000000000${String(no).padStart(4, '0')}`;

test('a latency has its webhook, masked, and its event type', () => {
  const labels = new LatencyLabels();
  const one = labels.of({ webhookId: webhook(1), eventType: 'order.paid' });
  expect(one).toEqual({ webhook_id_masked: 'wh_0…0001', event_type: 'order.paid' });
  expect(labels.of({ webhookId: webhook(1), eventType: 'order.paid' })).toBe(one);
});

test('however many webhooks and types there are, label sets are 255 at most', () => {
  const labels = new LatencyLabels();
  const sets = new Set<string>();
  for (let no = 0; no < 20_000; no += 1) {
    sets.add(JSON.stringify(labels.of({ webhookId: webhook(no % 1_000), eventType: `type.${no % 97}` })));
  }
  expect(sets.size).toBe(51 * 5);
  expect(labels.of({ webhookId: 'other', eventType: 'x' })).toEqual({
    webhook_id_masked: 'other',
    event_type: 'other',
  });
});
