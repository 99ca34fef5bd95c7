import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '../../../libs/domain/delivery/outcome.ts';
import { inTransaction } from '../../../libs/postgres/bulk.ts';
import { ConsumerOffsetStore, OffsetMismatchError } from '../../../libs/postgres/consumer-offset-store.ts';
import { AuditEntryRow } from '../../../libs/postgres/entities/audit-entry.ts';
import { OutboxRow } from '../../../libs/postgres/entities/outbox.ts';
import { WebhookHealthRow } from '../../../libs/postgres/entities/webhook-health.ts';
import { WebhookRow } from '../../../libs/postgres/entities/webhook.ts';
import { HealthStore, type HealthPolicy } from '../../../libs/postgres/health/health-store.ts';
import { HealthView } from '../../../libs/postgres/health/health-view.ts';
import { RecoveryStore } from '../../../libs/postgres/health/recovery-store.ts';
import { WebhookStore } from '../../../libs/postgres/webhooks/webhook-store.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { anOutcome, noon } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const partition = { topic: 'webhook.delivery-outcomes', partition: 0 };
const policy: HealthPolicy = {
  disable: { isEnabled: true, failureThreshold: 3, minMs: 60_000, rate: null },
  isPaused: false,
  goodPingsToHeal: 2,
  recoveryMs: 900_000,
  areMailed: true,
};
const now = new Date(noon + 600_000);
let database: TestDatabase;
let offsets: ConsumerOffsetStore;
let store: HealthStore;
let position: number;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  for (const table of ['webhook', 'webhook_health', 'outbox', 'consumer_offset']) {
    await database.rows(`delete from ${table}`);
  }
  offsets = new ConsumerOffsetStore(database.em, 'monitor');
  store = new HealthStore(database.em, offsets);
  await offsets.positions([partition]);
  position = 0;
  await storeWebhook(database.em, 'wh-1');
});

async function observe(...outcomes: DeliveryOutcome[]) {
  return (await apply(outcomes)).disabled;
}

function apply(outcomes: readonly DeliveryOutcome[], changes: Partial<HealthPolicy> = {}, at = now) {
  const from = position;
  position += outcomes.length;
  return store.apply({ outcomes, offsets: [{ ...partition, from, to: position }] }, { ...policy, ...changes }, at);
}

function failure(atMinute: number, changes: Partial<DeliveryOutcome> = {}): DeliveryOutcome {
  return anOutcome({
    status: 'failed_retryable',
    reason: 'http',
    responseCode: 500,
    startedAt: noon + atMinute * 60_000,
    ...changes,
  });
}

function webhook(): Promise<WebhookRow> {
  return database.em.fork().findOneOrFail(WebhookRow, { id: 'wh-1' });
}

function health(): Promise<WebhookHealthRow> {
  return database.em.fork().findOneOrFail(WebhookHealthRow, { webhookId: 'wh-1' });
}

test('a run of failures is counted over restarts of the monitor, none twice', async () => {
  await observe(failure(0), failure(0.2));
  store = new HealthStore(database.em, offsets);
  const [stored] = await offsets.positions([partition]);
  expect(stored?.nextOffset).toBe(2);
  const again = store.apply({ outcomes: [failure(0)], offsets: [{ ...partition, from: 0, to: 1 }] }, policy, now);
  await expect(again).rejects.toBeInstanceOf(OffsetMismatchError);
  expect(await health()).toMatchObject({
    state: 'failing',
    consecutiveFailures: 2,
    failingSince: new Date(noon),
    lastFailureAt: new Date(noon + 12_000),
  });
  await observe(anOutcome({ startedAt: noon + 70_000 }));
  expect(await health()).toMatchObject({
    state: 'healthy',
    consecutiveFailures: 0,
    failingSince: null,
    lastSuccessAt: new Date(noon + 70_000),
  });
});

test('the rate of failures is counted over restarts of the monitor too', async () => {
  const rate = { part: 0.75, attemptsMin: 8, windowMs: 7_200_000 };
  const rated = { disable: { ...policy.disable, failureThreshold: 8, rate } };
  const success = (atMinute: number) => anOutcome({ startedAt: noon + atMinute * 60_000 });
  const before = await apply([failure(0), failure(2), success(4), failure(6)], rated);
  store = new HealthStore(database.em, offsets);
  const after = await apply([failure(8), success(10), failure(12), failure(14)], rated);
  expect([before.disabled, after.disabled]).toMatchObject([
    [],
    [{ webhookId: 'wh-1', by: 'failures', reason: '6 of 8 attempts failed within 120 minutes.' }],
  ]);
});

test('disabling comes as row, audit entry, definition and notice together', async () => {
  const disabled = await observe(failure(0), failure(0.5), failure(1));
  expect(disabled).toMatchObject([{ webhookId: 'wh-1', clientId: 'client-1', by: 'failures', consecutiveFailures: 3 }]);
  const reason = '3 consecutive attempts failed since 2026-03-10T12:00:00.000Z.';
  expect(await webhook()).toMatchObject({
    isActive: false,
    disabledBy: 'failures',
    disabledReason: reason,
    disabledAt: now,
    version: 4,
  });
  const [audit] = await database.em.fork().find(AuditEntryRow, {}, { orderBy: { id: 'desc' }, limit: 1 });
  expect(audit).toMatchObject({
    actorKind: 'system',
    actorId: 'monitor',
    action: 'webhook.disabled',
    objectId: 'wh-1',
  });
  const [definition, notice, ...more] = await database.em.fork().find(OutboxRow, {}, { orderBy: { id: 'asc' } });
  expect(more).toEqual([]);
  expect(definition).toMatchObject({
    topic: 'webhook.definitions',
    key: 'wh-1',
    value: { id: 'wh-1', isActive: false, disabledBy: 'failures', version: 4, secrets: [{ id: 'wh-1-secret' }] },
  });
  expect(notice).toMatchObject({
    topic: 'webhook.notices',
    key: 'client-1',
    value: {
      specversion: '1.0',
      type: 'webhook.disabled',
      subject: 'wh-1',
      clientid: 'client-1',
      data: { webhookId: 'wh-1', url: 'https://acme.example/hooks', disabledBy: 'failures', consecutiveFailures: 3 },
    },
  });
});

test('when one part of it fails, none of it happened, and the same batch works later', async () => {
  await database.rows('alter table outbox rename to outbox_away');
  const batch = [failure(0), failure(0.5), failure(1)];
  await expect(observe(...batch)).rejects.toThrow('outbox');
  await database.rows('alter table outbox_away rename to outbox');
  expect(await webhook()).toMatchObject({ isActive: true, version: 3 });
  expect(await database.em.fork().count(WebhookHealthRow)).toBe(0);
  expect(await offsets.positions([partition])).toMatchObject([{ nextOffset: 0 }]);
  position = 0;
  expect(await observe(...batch)).toHaveLength(1);
});

test('failures within less than the least time do not disable', async () => {
  expect(await observe(failure(0), failure(0.3), failure(0.6), failure(0.9))).toEqual([]);
  expect(await webhook()).toMatchObject({ isActive: true });
});

test('#17 an endpoint that is gone is disabled at its third answer in a row, over restarts too', async () => {
  const said = { status: 'failed_permanent', reason: 'gone', responseCode: 410, disableWebhook: 'gone' } as const;
  expect(await observe(failure(0, said))).toEqual([]);
  expect(await health()).toMatchObject({ goneAnswers: 1, lastFailureCode: 410 });
  expect(await observe(failure(1, said))).toEqual([]);
  expect(await observe(failure(2, said))).toMatchObject([{ by: 'gone' }]);
  expect(await webhook()).toMatchObject({ isActive: false, disabledBy: 'gone' });
});

test('a webhook that is disabled already is left as it is', async () => {
  await database.rows("update webhook set is_active = false, disabled_by = 'client'");
  expect(await observe(failure(0), failure(1), failure(2), failure(3))).toEqual([]);
  expect(await webhook()).toMatchObject({ disabledBy: 'client', version: 3 });
  expect(await database.em.fork().count(OutboxRow)).toBe(0);
});

test('once enabled again, what failed before is forgiven', async () => {
  await observe(failure(0), failure(0.5), failure(1));
  const enabledAt = new Date(noon + 120_000);
  await database.em
    .fork()
    .nativeUpdate(WebhookRow, { id: 'wh-1' }, { isActive: true, disabledBy: null, disabledReason: null, enabledAt });
  // An attempt that was under way when the webhook was enabled, and two after.
  expect(await observe(failure(1.9), failure(2.5), failure(9))).toEqual([]);
  expect(await health()).toMatchObject({ consecutiveFailures: 2, countedFrom: enabledAt });
  expect(await observe(failure(10))).toHaveLength(1);
});

test('outcomes of a webhook that was deleted move the position and nothing else', async () => {
  expect(await observe(failure(0, { webhookId: 'wh-gone' }))).toEqual([]);
  expect(await database.em.fork().count(WebhookHealthRow)).toBe(0);
  expect(await offsets.positions([partition])).toMatchObject([{ nextOffset: 1 }]);
});

test('the rules of a client are stronger than those for everybody', async () => {
  await database.rows(`update client set auto_disable = '{"failureThreshold": 5, "minMinutes": 0}'`);
  try {
    expect(await observe(failure(0), failure(0.1), failure(0.2), failure(0.3))).toEqual([]);
    expect(await observe(failure(0.4))).toMatchObject([{ consecutiveFailures: 5 }]);
  } finally {
    await database.rows(`update client set auto_disable = '{}'`);
  }
});

test('while most webhooks fail none is disabled; once they do not, the next failure disables', async () => {
  const failures = [failure(0), failure(1), failure(2)];
  expect(await apply(failures, { isPaused: true })).toMatchObject({ disabled: [], held: ['wh-1'] });
  expect(await webhook()).toMatchObject({ isActive: true, version: 3 });
  expect((await apply([failure(3)])).disabled).toMatchObject([{ by: 'failures', consecutiveFailures: 4 }]);
});

test('what each endpoint did last is there for the guard', async () => {
  await observe(anOutcome({ startedAt: noon }), failure(5));
  const votes = await store.votes(new Date(noon));
  const endpoint = { clientId: 'client-1', host: 'acme.example', targetVersion: 1 };
  expect(votes.get('wh-1')).toEqual({ ...endpoint, attemptedAt: noon + 300_000, lastSuccessAt: noon, isFailing: true });
  expect((await store.votes(new Date(noon + 300_001))).size).toBe(0);
  expect(await store.endpoints(['wh-1', 'wh-none'])).toEqual(new Map([['wh-1', endpoint]]));
});

test('what a monitor that lags reads disables nobody; the next failure does once it does not lag', async () => {
  const lagging = (outcomes: readonly DeliveryOutcome[]) => {
    const from = position;
    position += outcomes.length;
    const offsets = [{ ...partition, from, to: position }];
    return store.apply({ outcomes, offsets, behindMs: new Map([['wh-1', 61_000]]) }, policy, now);
  };
  const failures = Array.from({ length: 25 }, (_, at) => failure(at));
  expect(await lagging(failures)).toMatchObject({ disabled: [], deferred: ['wh-1'], noticed: [] });
  const gone = failure(26, { status: 'failed_permanent', reason: 'gone', disableWebhook: 'gone' });
  expect(await lagging([gone])).toMatchObject({ disabled: [], deferred: ['wh-1'] });
  expect(await health()).toMatchObject({ consecutiveFailures: 26, goneDeliveryId: gone.deliveryId });
  expect((await apply([anOutcome({ startedAt: noon + 27 * 60_000 })])).disabled).toEqual([]);
  expect(await health()).toMatchObject({ consecutiveFailures: 0, goneAt: null });
  await lagging([gone, failure(28)]);
  expect((await apply([failure(29)])).disabled).toMatchObject([{ by: 'gone', deliveryId: gone.deliveryId }]);
});

describe('a webhook whose URL changes', () => {
  const change = async () => {
    const secretBox = new SecretBox([`k:${Buffer.alloc(32, 1).toString('base64')}`]);
    const shown = { maskHeaders: () => ({}), showTls: () => ({ ca: null, cert: null, key: null }) };
    const webhooks = new WebhookStore({
      em: database.em,
      secretBox,
      ...shown,
      perClientMax: () => Promise.resolve(10),
    });
    const actor = { kind: 'system', id: 'test', name: null, address: null, requestId: null } as const;
    const updated = await webhooks.update(
      { id: 'wh-1', scope: null, isMeant: () => true },
      (settings) => ({ kind: 'change', settings: { ...settings, url: 'https://new.example/hooks' } }),
      actor,
      now,
    );
    expect(updated.kind).toBe('updated');
  };
  const ofOld = { targetVersion: 1 };
  const ofNew = { targetVersion: 4 };

  test('begins anew, and late answers of the old one disable nothing', async () => {
    await observe(failure(0, ofOld), failure(5, ofOld));
    await change();
    expect(await webhook()).toMatchObject({ version: 4, targetVersion: 4 });
    const [definition] = await database.em.fork().find(OutboxRow, { topic: 'webhook.definitions' });
    expect(definition?.value).toMatchObject({ targetVersion: 4 });
    const late = failure(6, { ...ofOld, status: 'failed_permanent', reason: 'gone', disableWebhook: 'gone' });
    expect(await observe(late, failure(7, ofNew), failure(8, ofNew))).toEqual([]);
    expect(await health()).toMatchObject({ consecutiveFailures: 2, targetVersion: 4, lastSuccessAt: null });
    expect(await observe(failure(9, ofNew))).toMatchObject([{ by: 'failures', consecutiveFailures: 3 }]);
  });

  test('is not failing in the view before its first answer, and has no say that another URL earned', async () => {
    await observe(anOutcome({ startedAt: noon, ...ofOld }), failure(5, ofOld));
    await change();
    expect((await new HealthView(database.em).find('wh-1', null))?.health).toMatchObject({
      state: 'healthy',
      lastFailureAt: null,
    });
    expect((await store.votes(new Date(noon))).size).toBe(0);
    expect((await store.endpoints(['wh-1'])).get('wh-1')).toMatchObject({ host: 'new.example', targetVersion: 4 });
  });

  test('is pinged at the first interval again', async () => {
    const recovery = new RecoveryStore(database.em);
    const rules = { intervalMs: 15 * 60_000, giveUpMs: 30 * 86_400_000 };
    const at = (minutes: number) => new Date(noon + minutes * 60_000);
    await apply([failure(0, ofOld), failure(0.5, ofOld), failure(1, ofOld)], {}, at(1));
    const bad = { kind: 'ping', status: 'failed_permanent', ...ofOld } as const;
    await apply([failure(16, bad), failure(17, bad), failure(18, bad)]);
    expect(await recovery.takeDuePings(rules, at(19))).toHaveLength(1);
    expect(await recovery.takeDuePings(rules, at(60))).toEqual([]);
    await change();
    expect(await recovery.takeDuePings(rules, at(60))).toHaveLength(1);
    expect(await recovery.takeDuePings(rules, at(74))).toEqual([]);
    expect(await recovery.takeDuePings(rules, at(75))).toHaveLength(1);
  });
});

describe('recovery', () => {
  const minute = (at: number) => new Date(noon + at * 60_000);
  const disabledAt = minute(1);
  const ping = (atMinute: number, isDelivered = true) =>
    anOutcome({
      kind: 'ping',
      startedAt: noon + atMinute * 60_000,
      ...(isDelivered ? {} : { status: 'failed_permanent', reason: 'exhausted', responseCode: 500 }),
    });
  const outboxTypes = async () =>
    (await database.rows<{ type: string | null }>(`select value ->> 'type' as type from outbox order by id`)).map(
      ({ type }) => type,
    );
  let recovery: RecoveryStore;

  beforeEach(async () => {
    recovery = new RecoveryStore(database.em);
    await apply([failure(0), failure(0.5), failure(1)], {}, disabledAt);
    await database.rows('delete from outbox');
  });

  test('pings come each interval, later after each that failed, and not for ever', async () => {
    const rules = { intervalMs: 15 * 60_000, giveUpMs: 30 * 86_400_000 };
    const due = (at: number) => recovery.takeDuePings(rules, minute(at));
    expect(await due(15)).toEqual([]);
    expect(await due(16)).toEqual([{ id: 'wh-1', clientId: 'client-1', format: 'json' }]);
    expect(await due(16.5)).toEqual([]);
    await apply([ping(16, false)]);
    expect(await due(31)).toHaveLength(1);
    // The second came after one that failed: the third comes after twice the interval.
    expect(await due(60)).toEqual([]);
    expect(await due(61)).toHaveLength(1);
    await database.rows('update webhook set auto_heal = false');
    expect(await due(1_000)).toEqual([]);
    await database.rows('update webhook set auto_heal = true');
    expect(await due(40_000)).toHaveLength(1);
    expect(await due(31 * 1_440)).toEqual([]);
  });

  test('good pings enable it to recover; when that is over without a failure, its client is told', async () => {
    expect((await apply([ping(16)], {}, minute(16))).healed).toEqual([]);
    expect((await apply([ping(31)], {}, minute(31))).healed).toEqual(['wh-1']);
    expect(await webhook()).toMatchObject({
      isActive: true,
      disabledBy: null,
      enabledAt: minute(31),
      recoveringSince: minute(31),
      recoveringUntil: minute(46),
      version: 5,
    });
    const [definition] = await database.em.fork().find(OutboxRow, {}, { orderBy: { id: 'asc' } });
    expect(definition?.value).toMatchObject({
      isActive: true,
      recoveringSince: minute(31).getTime(),
      recoveringUntil: minute(46).getTime(),
    });
    expect(await recovery.endRecoveries(true, minute(45))).toEqual([]);
    await apply([failure(46)]);
    expect(await recovery.endRecoveries(true, minute(47))).toEqual([]);
    await apply([anOutcome({ startedAt: noon + 47 * 60_000 })]);
    expect(await recovery.endRecoveries(true, minute(48))).toEqual(['wh-1']);
    expect(await recovery.endRecoveries(true, minute(49))).toEqual([]);
    expect(await webhook()).toMatchObject({ isActive: true, recoveringSince: null, recoveringUntil: null, version: 6 });
    expect(await outboxTypes()).toEqual([null, 'webhook.updated', null, 'webhook.recovered']);
    const notices = await database.em.fork().find(OutboxRow, { topic: 'webhook.notices' }, { orderBy: { id: 'desc' } });
    expect(notices[0]?.value).toMatchObject({
      data: {
        from: 'recovering',
        missed: {
          from: disabledAt.toISOString(),
          to: minute(31).toISOString(),
          // Since it was enabled the last time before: what waited when it was disabled is older than that moment.
          replay: { filter: { webhookId: 'wh-1', missedWhileDisabled: true, missedSince: '2026-03-01T00:00:00.000Z' } },
        },
      },
    });
  });

  test('failures while it recovers disable it again, and pings begin anew', async () => {
    await apply([ping(16), ping(31)], {}, minute(31));
    const relapse = await apply([failure(32), failure(32.1), failure(32.2)], {}, minute(33));
    expect(relapse.disabled).toMatchObject([{ reason: '3 attempts failed while it recovered.' }]);
    expect(await webhook()).toMatchObject({ isActive: false, recoveringSince: null, recoveringUntil: null });
    expect(await health()).toMatchObject({ goodPings: 0, failedPings: 0 });
    const rules = { intervalMs: 15 * 60_000, giveUpMs: 30 * 86_400_000 };
    expect(await recovery.takeDuePings(rules, minute(47))).toEqual([]);
    expect(await recovery.takeDuePings(rules, minute(48))).toHaveLength(1);
  });

  test('the end of an old secret is told once, in the last quarter of its overlap', async () => {
    await database.rows(
      `insert into webhook_secret (id, webhook_id, sealed, created_at) values ('new', 'wh-1', 'x', $1)`,
      [minute(0)],
    );
    await database.rows(`update webhook_secret set expires_at = $1 where id = 'wh-1-secret'`, [minute(400)]);
    expect(await recovery.tellExpiringSecrets(true, minute(299))).toBe(0);
    expect(await recovery.tellExpiringSecrets(true, minute(301))).toBe(1);
    expect(await recovery.tellExpiringSecrets(true, minute(302))).toBe(0);
    const [notice] = await database.em.fork().find(OutboxRow, {});
    expect(notice?.value).toMatchObject({
      type: 'webhook.secret.expiring',
      data: { webhookId: 'wh-1', secretId: 'wh-1-secret', expiresAt: minute(400).toISOString() },
    });
  });
});

test('the end of a secret whose webhook somebody changes at that moment is told the next time', async () => {
  const recovery = new RecoveryStore(database.em);
  await database.rows(
    `insert into webhook_secret (id, webhook_id, sealed, created_at) values ('new', 'wh-1', 'x', $1)`,
    [new Date(noon)],
  );
  await database.rows(`update webhook_secret set expires_at = $1 where id = 'wh-1-secret'`, [
    new Date(noon + 1_200_000),
  ]);
  const at = new Date(noon + 1_000_000);
  await inTransaction(database.em, async (run) => {
    await run("select 1 from webhook where id = 'wh-1' for update");
    expect(await recovery.tellExpiringSecrets(true, at)).toBe(0);
  });
  expect(await recovery.tellExpiringSecrets(true, at)).toBe(1);
  expect(await recovery.tellExpiringSecrets(true, at)).toBe(0);
});

test('a webhook to which nothing was sent for a day is pinged once a day, and what becomes of that disables nobody', async () => {
  const recovery = new RecoveryStore(database.em);
  const dayMs = 86_400_000;
  const silentAt = async (hours: number) => {
    const silent = await recovery.takeSilent(dayMs, new Date(noon + hours * 3_600_000));
    return silent.map(({ id }) => id);
  };
  await storeWebhook(database.em, 'wh-new', { createdAt: new Date(noon) });
  await storeWebhook(database.em, 'wh-enabled', { enabledAt: new Date(noon) });
  await storeWebhook(database.em, 'wh-off', { isActive: false, disabledBy: 'client' });
  await storeWebhook(database.em, 'wh-left-alone', { autoHeal: false });
  const later = new Date(noon + 900 * 3_600_000);
  await storeWebhook(database.em, 'wh-recovering', { recoveringUntil: later });
  await storeWebhook(database.em, 'wh-paused', { pausedSince: new Date(noon), pausedUntil: later });
  await apply([anOutcome({ startedAt: noon }), failure(60)]);
  expect(await silentAt(23.9)).toEqual([]);
  expect(await silentAt(24)).toEqual(['wh-enabled', 'wh-new']);
  expect(await silentAt(24.1)).toEqual([]);
  expect(await silentAt(25)).toEqual(['wh-1']);
  // Whether the ping arrived or not: the next one comes a day later, and the run of failures is what it was.
  const policyOfOne = { disable: { ...policy.disable, failureThreshold: 2, minMs: 0 } };
  const { disabled } = await apply([failure(1_500, { kind: 'ping' }), failure(1_501, { kind: 'ping' })], policyOfOne);
  expect(disabled).toEqual([]);
  expect(await health()).toMatchObject({ consecutiveFailures: 1, lastPingDelivered: false });
  expect(await silentAt(48.9)).toEqual(['wh-enabled', 'wh-new']);
  // wh-1 was pinged at the hour 25.02.
  expect(await silentAt(49.01)).toEqual([]);
  expect(await silentAt(49.02)).toEqual(['wh-1']);
});

test('notices go with the batch that they tell of, and wait as mails where there are addresses', async () => {
  const half = [failure(0), failure(0.6)];
  expect((await apply(half)).noticed).toEqual(['webhook.failing']);
  expect(await database.rows('select 1 from notice_mail')).toEqual([]);
  await database.rows(`update client set notice_emails = '["ops@acme.example"]'`);
  try {
    const end = [
      anOutcome({ startedAt: noon + 50_000 }),
      failure(2, { status: 'failed_permanent', reason: 'exhausted' }),
    ];
    expect((await apply(end)).noticed).toEqual(['webhook.delivery.exhausted']);
    expect((await apply([anOutcome({ startedAt: noon + 200_000 })])).noticed).toEqual(['webhook.recovered']);
    expect(await database.rows('select type from notice_mail order by id')).toEqual([
      { type: 'webhook.delivery.exhausted' },
      { type: 'webhook.recovered' },
    ]);
    await apply(half, { areMailed: false });
    expect(await database.rows('select type from notice_mail')).toHaveLength(2);
  } finally {
    await database.rows(`update client set notice_emails = '[]'`);
    await database.rows('delete from notice_mail');
  }
});
