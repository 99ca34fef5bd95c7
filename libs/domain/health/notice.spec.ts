import { expect, test } from '@jest/globals';
import { noticeOf } from './notice.ts';

const webhook = { id: 'wh-1', clientId: 'client-1', url: 'https://acme.example/hooks?token=hidden#part', version: 4 };
const now = Date.parse('2026-03-10T12:00:00Z');

test('a notice is a CloudEvent for the client of the webhook, without the query of its URL', () => {
  expect(noticeOf('webhook.disabled', webhook, now, { disabledBy: 'failures' })).toEqual({
    specversion: '1.0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    source: '/webhooks',
    type: 'webhook.disabled',
    subject: 'wh-1',
    time: '2026-03-10T12:00:00.000Z',
    datacontenttype: 'application/json',
    clientid: 'client-1',
    data: { webhookId: 'wh-1', url: 'https://acme.example/hooks', disabledBy: 'failures' },
  });
});

test('said twice it is one notice, said of another version it is another', () => {
  const { id } = noticeOf('webhook.disabled', webhook, now, {});
  expect(noticeOf('webhook.disabled', webhook, now, {}).id).toBe(id);
  expect(noticeOf('webhook.disabled', { ...webhook, version: 5 }, now, {}).id).not.toBe(id);
  expect(noticeOf('webhook.recovered', webhook, now, {}).id).not.toBe(id);
});
