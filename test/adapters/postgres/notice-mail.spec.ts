/** Mails with notices, from their rows to a real SMTP server. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Mailer } from '../../../apps/monitor/mailer.ts';
import { MailSender } from '../../../apps/monitor/mail-sender.ts';
import { noticeOf, type NoticeType } from '../../../libs/domain/health/notice.ts';
import { announce } from '../../../libs/postgres/outbox/notice-writer.ts';
import { NoticeMailStore } from '../../../libs/postgres/outbox/notice-mail-store.ts';
import { createLogger } from '../../../libs/runtime/logger.ts';
import { until } from '../../support/until.ts';
import { startSmtpReceiver, type ReceivedMail, type SmtpReceiver } from '../../support/receivers/smtp-receiver.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { noon } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const rules = { gatherMs: 30_000, quietMs: 1_800_000 };
let database: TestDatabase;
let server: SmtpReceiver;
let sender: MailSender;
let isRefusing: boolean;
let codes: Record<string, number>;
let before: number;
let results: string[];

beforeAll(async () => {
  database = await migratedDatabase();
  await storeWebhook(database.em, 'wh-1');
  await storeWebhook(database.em, 'wh-2');
  server = await startSmtpReceiver(
    () => isRefusing,
    (address) => codes[address],
  );
  sender = new MailSender({ url: server.url, from: 'hooks@operator.example' });
});
afterAll(async () => {
  sender.close();
  await server.close();
  await database.close();
});
beforeEach(async () => {
  isRefusing = false;
  codes = {};
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

async function sendAt(atS: number, by: Pick<MailSender, 'send'> = sender): Promise<void> {
  const mailer = new Mailer({
    store: new NoticeMailStore(database.em),
    sender: by,
    rules,
    everyMs: 1,
    metrics: { mailed: (result) => results.push(result) },
    logger: createLogger('test', 'silent'),
    now: () => Promise.resolve(new Date(noon + atS * 1_000)),
  });
  await mailer.run(new AbortController().signal);
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

test('#57 an address that is refused for now gets its mail later, and the others not once more', async () => {
  codes = { 'boss@acme.example': 451 };
  await say('webhook.disabled', 'wh-1', 0);
  await sendAt(31);
  expect(received().map(({ to }) => to)).toEqual([['ops@acme.example']]);
  // Another notice of the same state meanwhile goes to nobody before half an hour is over.
  await say('webhook.disabled', 'wh-1', 40);
  await sendAt(75);
  codes = {};
  await sendAt(400);
  expect(received().map(({ to }) => to)).toEqual([['ops@acme.example'], ['boss@acme.example']]);
  expect(results).toEqual(['failed', 'sent', 'sent']);
  await sendAt(2_300);
  expect(received().slice(2)).toHaveLength(2);
});

test('an address that will never take it is left out, and said so', async () => {
  codes = { 'boss@acme.example': 550 };
  await say('webhook.disabled', 'wh-1', 0);
  await sendAt(31);
  await sendAt(400);
  expect(received().map(({ to }) => to)).toEqual([['ops@acme.example']]);
  expect(results).toEqual(['refused', 'sent']);
  expect(await database.rows('select 1 from notice_mail where sent_at is null')).toEqual([]);
});

test('while a slow server has one mail, another monitor takes the next and not the same', async () => {
  await database.rows(`insert into client (id, name, created_at, notice_emails)
    values ('client-2', 'Other', now(), '["ops@other.example"]') on conflict do nothing`);
  await say('webhook.disabled', 'wh-1', 0);
  await database.rows(`insert into notice_mail (client_id, webhook_id, type, notice, created_at, next_try_at)
    select 'client-2', 'wh-9', type, notice, created_at, next_try_at from notice_mail`);
  const sent: string[] = [];
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const told = (addresses: readonly string[]) =>
    new Map(addresses.map((address) => [address, { kind: 'sent' } as const]));
  const first = sendAt(31, {
    send: async (addresses) => {
      sent.push(...addresses);
      await slow;
      return told(addresses);
    },
  });
  await until(() => sent.length === 2, { timeoutMs: 5_000 });
  await sendAt(200, {
    send: (addresses) => {
      sent.push(...addresses);
      return Promise.resolve(told(addresses));
    },
  });
  release();
  await first;
  expect(sent.sort()).toEqual(['boss@acme.example', 'ops@acme.example', 'ops@other.example']);
});

test('user and password go to no server without TLS, unless that is asked for', async () => {
  const mail = { subject: 's', text: 't' };
  const logins = server.logins.length;
  // Not the name of a loopback, though it leads there.
  const elsewhere = server.url.replace('127.0.0.1', '0.0.0.0');
  const send = async (url: string) => {
    const own = new MailSender({ url, from: 'hooks@operator.example' });
    const sendings = await own.send(['ops@acme.example'], mail);
    own.close();
    return sendings.get('ops@acme.example')?.kind;
  };
  expect(await send(elsewhere)).toBe('failed');
  expect(server.logins.length).toBe(logins);
  expect(await send(`${elsewhere}/?requireTLS=false`)).toBe('sent');
  expect(server.logins.length).toBe(logins + 1);
});

test('a server that takes its time is given up, and the mail is tried again', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const own = new MailSender({ url: `smtp://127.0.0.1:${port}`, from: 'hooks@operator.example', mailMsMax: 50 });
  const sendings = await own.send(['ops@acme.example'], { subject: 's', text: 't' });
  expect(sendings.get('ops@acme.example')).toMatchObject({ kind: 'failed' });
  own.close();
  for (const socket of sockets) socket.destroy();
  silent.close();
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
