import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DisableRules } from '../../../libs/domain/health.ts';
import type { DeliveryOutcome } from '../../../libs/domain/outcome.ts';
import { ConsumerOffsetStore, OffsetMismatchError } from '../../../libs/postgres/consumer-offset-store.ts';
import { AuditEntryRow } from '../../../libs/postgres/entities/audit-entry.ts';
import { OutboxRow } from '../../../libs/postgres/entities/outbox.ts';
import { WebhookHealthRow } from '../../../libs/postgres/entities/webhook-health.ts';
import { WebhookRow } from '../../../libs/postgres/entities/webhook.ts';
import { HealthStore } from '../../../libs/postgres/health-store.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { anOutcome, noon } from './history-factory.ts';
import { storeWebhook } from './webhook-factory.ts';

const partition = { topic: 'webhook.delivery-outcomes', partition: 0 };
const rules: DisableRules = { isEnabled: true, failureThreshold: 3, minMs: 60_000 };
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

function observe(...outcomes: DeliveryOutcome[]) {
  const from = position;
  position += outcomes.length;
  return store.apply({ outcomes, offsets: [{ ...partition, from, to: position }] }, rules, now);
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
  const again = store.apply({ outcomes: [failure(0)], offsets: [{ ...partition, from: 0, to: 1 }] }, rules, now);
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
  const [definition, notice] = await database.em.fork().find(OutboxRow, {}, { orderBy: { id: 'asc' } });
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

test('an endpoint that is gone is disabled at its first answer', async () => {
  const gone = failure(0, { status: 'failed_permanent', reason: 'gone', responseCode: 410, disableWebhook: 'gone' });
  expect(await observe(gone)).toMatchObject([{ by: 'gone' }]);
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
