/** Mails with notices, from their rows to a real SMTP server. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Mailer } from '../../../apps/monitor/mailer.ts';
import { MailSender } from '../../../apps/monitor/mail-sender.ts';
import { noticeOf, type NoticeType } from '../../../libs/domain/notice.ts';
import { announce } from '../../../libs/postgres/notice-writer.ts';
import { NoticeMailStore } from '../../../libs/postgres/notice-mail-store.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { startSmtpReceiver, type ReceivedMail, type SmtpReceiver } from '../../support/receivers/smtp-receiver.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { noon } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const rules = { gatherMs: 30_000, quietMs: 1_800_000 };
let database: TestDatabase;
let server: SmtpReceiver;
let sender: MailSender;
let isRefusing: boolean;
let before: number;
let results: string[];

beforeAll(async () => {
  database = await migratedDatabase();
  await storeWebhook(database.em, 'wh-1');
  await storeWebhook(database.em, 'wh-2');
  server = await startSmtpReceiver(() => isRefusing);
  sender = new MailSender({ url: server.url, from: 'hooks@operator.example' });
});
afterAll(async () => {
  sender.close();
  await server.close();
  await database.close();
});
beforeEach(async () => {
  isRefusing = false;
  before = server.received.length;
  results = [];
  await database.rows(`update client set notice_emails = '["ops@acme.example", "boss@acme.example"]'`);
});
afterEach(async () => {
  await database.rows('delete from notice_mail');
});

/** In this test. */
function received(): readonly ReceivedMail[] {
  return server.received.slice(before);
}

async function say(type: NoticeType, webhookId: string, atS: number): Promise<void> {
  const webhook = {
    id: webhookId,
    clientId: 'client-1',
    url: `https://acme.example/${webhookId}?t=hidden`,
    version: 1,
  };
  const at = new Date(noon + atS * 1_000);
  const notice = noticeOf(type, webhook, at.getTime(), { reason: 'because' });
  await database.em.fork().transactional((em) => announce(em, [{ definition: null, notice }], true, at));
}

async function sendAt(atS: number): Promise<void> {
  const mailer = new Mailer({
    store: new NoticeMailStore(database.em),
    sender,
    rules,
    everyMs: 1,
    metrics: { mailed: (result) => results.push(result) },
    logger: createLogger('test', 'silent'),
    now: () => new Date(noon + atS * 1_000),
  });
  await mailer.run();
}

test('what happens within half a minute goes in one mail, to each address its own', async () => {
  await say('webhook.failing', 'wh-1', 0);
  await sendAt(5);
  expect(received()).toEqual([]);
  await say('webhook.disabled', 'wh-2', 20);
  await say('webhook.failing', 'wh-1', 25);
  await sendAt(31);
  expect(
    received()
      .map(({ to }) => to)
      .sort(),
  ).toEqual([['boss@acme.example'], ['ops@acme.example']]);
  for (const { text } of received()) {
    expect(text).toMatch(/^Subject: \[Webhooks\] 2 notices about 2 webhooks\r$/m);
    expect(text).toMatch(/^From: hooks@operator\.example\r$/m);
    expect(text).toContain('https://acme.example/wh-1 fails (told 2 times since the last mail)');
    expect(text).toContain('https://acme.example/wh-2 was disabled');
    expect(text).not.toContain('hidden');
  }
  await sendAt(60);
  expect(received()).toHaveLength(2);
});

test('of a webhook and a state there is one mail in half an hour, other states do not wait for it', async () => {
  await say('webhook.failing', 'wh-1', 0);
  await sendAt(31);
  for (const atS of [100, 200, 300]) await say('webhook.failing', 'wh-1', atS);
  await say('webhook.recovered', 'wh-1', 300);
  await sendAt(400);
  expect(received()).toHaveLength(4);
  expect(received().at(-1)?.text).toMatch(/Subject: .*wh-1 works again/);
  await sendAt(31 + 1_799);
  expect(received()).toHaveLength(4);
  await sendAt(31 + 1_801);
  expect(received()).toHaveLength(6);
  expect(received().at(-1)?.text).toContain('told 3 times');
});

test('a mail that the server does not take is sent later, once', async () => {
  isRefusing = true;
  await say('webhook.disabled', 'wh-1', 0);
  await sendAt(31);
  isRefusing = false;
  await sendAt(60);
  expect(received()).toEqual([]);
  await sendAt(92);
  await sendAt(200);
  expect(received()).toHaveLength(2);
  expect(results).toEqual(['failed', 'sent']);
});

test('two monitors that look at the same time send it once', async () => {
  await say('webhook.disabled', 'wh-1', 0);
  await Promise.all([sendAt(31), sendAt(31)]);
  expect(received()).toHaveLength(2);
});

test('a client without addresses gets no mail', async () => {
  await database.rows(`update client set notice_emails = '[]'`);
  await say('webhook.disabled', 'wh-1', 0);
  await sendAt(31);
  expect(await database.rows('select 1 from notice_mail')).toEqual([]);
});
