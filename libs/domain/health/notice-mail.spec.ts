import { expect, test } from '@jest/globals';
import { noticeMail } from './notice-mail.ts';
import { noticeOf, type NoticeType } from './notice.ts';

const now = Date.parse('2026-03-10T12:00:00Z');
const mailed = (type: NoticeType, id: string, data: Record<string, unknown> = {}, count = 1) => {
  const webhook = { id, clientId: 'client-1', url: `https://acme.example/${id}?token=hidden`, version: 1 };
  return { notice: noticeOf(type, webhook, now, data), count };
};

test('one notice is the subject, with what it says and without the query of a URL', () => {
  const { subject, text } = noticeMail('Acme', [
    mailed('webhook.disabled', 'wh-1', { disabledReason: '20 consecutive attempts failed.', replay: { filter: {} } }),
  ]);
  expect(subject).toBe('[Webhooks] https://acme.example/wh-1 was disabled');
  expect(text).toContain('disabledReason: 20 consecutive attempts failed.');
  expect(text).toContain('webhook: wh-1');
  expect(text).not.toMatch(/hidden|\[object/);
});

test('several are counted in the subject and listed in the text', () => {
  const { subject, text } = noticeMail('Acme', [
    mailed('webhook.failing', 'wh-1', {}, 4),
    mailed('webhook.disabled', 'wh-1'),
    mailed('webhook.failing', 'wh-2'),
  ]);
  expect(subject).toBe('[Webhooks] 3 notices about 2 webhooks');
  expect(text).toContain('https://acme.example/wh-1 fails (told 4 times since the last mail)');
  expect(text.match(/^\* /gm)).toHaveLength(3);
});

test('a line end in a value begins no header and no line', () => {
  const { subject, text } = noticeMail('Acme', [
    mailed('webhook.disabled', 'a\r\nBcc: everyone@example.com', { reason: 'x\r\ny' }),
  ]);
  expect(subject).not.toMatch(/[\r\n]/);
  expect(text).toContain('reason: x y');
});
