import { expect, test } from '@jest/globals';
import { replayDraft } from './replay-draft.ts';

const draft = (text: string) => {
  const said = new URLSearchParams(text);
  return replayDraft((name) => said.get(name) ?? '');
};

test('an address that says nothing means what failed', () => {
  expect(draft('')).toEqual({ filter: { status: ['failed_permanent'] }, refused: [] });
});

test('all that a list of deliveries filters by is in the filter', () => {
  const text =
    'webhook=wh_1&status=failed_retryable&type=order.created&reason=http&code=5xx&kind=test&from=2026-03-14T00:00:00.000Z&to=2026-03-15T00:00:00.000Z';
  expect(draft(text)).toEqual({
    filter: {
      webhookId: 'wh_1',
      status: ['failed_retryable'],
      eventType: 'order.created',
      reason: ['http'],
      responseCode: ['5xx'],
      kind: ['test'],
      from: '2026-03-14T00:00:00.000Z',
      to: '2026-03-15T00:00:00.000Z',
    },
    refused: [],
  });
});

test('wherever they stand is asked for, never meant', () => {
  expect(draft('status=any').filter.status).toHaveLength(4);
});

test('what was missed has no status', () => {
  expect(draft('webhook=wh_1&missed=true&status=delivered')).toEqual({
    filter: { webhookId: 'wh_1', missedWhileDisabled: true },
    refused: [],
  });
});

test.each([
  ['event=e-1', ['event']],
  ['missed=true&reason=http&code=404&kind=event', ['reason', 'code', 'kind']],
  ['status=unheard', ['status']],
  ['kind=ping', ['kind']],
])('%s is more than a replay can look for', (text, refused) => {
  expect(draft(text).refused).toEqual(refused);
});
