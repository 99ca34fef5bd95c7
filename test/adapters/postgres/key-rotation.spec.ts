import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KeyRotation } from '../../../libs/postgres/access/key-rotation.ts';
import { SecretBox } from '../../../libs/runtime/secret-box.ts';
import { rotateKeys } from '../../../stack/rotate-keys.ts';
import { migratedDatabase, type TestDatabase } from './history-database.ts';
import { storeWebhook } from './webhook-factory.ts';

const k1 = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const k2 = `k_2:${Buffer.alloc(32, 2).toString('base64')}`;
const lost = `lost:${Buffer.alloc(32, 3).toString('base64')}`;
const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const going = new AbortController().signal;

let database: TestDatabase;

beforeEach(async () => {
  database = await migratedDatabase();
});
afterEach(async () => {
  await database.close();
});

async function store(count: number, keys: readonly string[]): Promise<void> {
  const box = new SecretBox(keys);
  for (let index = 0; index < count; index += 1) {
    const id = `wh_${keys[0]?.split(':')[0] ?? ''}_${String(index).padStart(4, '0')}`;
    const sealedHeaders = box.seal('{"authorization":"Bearer x"}');
    await storeWebhook(database.em, id, { sealedHeaders, sealedTls: index === 0 ? box.seal('{"ca":"pem"}') : null });
    await database.rows('update webhook_secret set sealed = $2 where webhook_id = $1', [id, box.seal(secret)]);
  }
}

function rotate(
  keys: readonly string[],
  signal = going,
  onProgress: Parameters<typeof rotateKeys>[2] = () => undefined,
) {
  return rotateKeys({ DATABASE_URL: database.url, ENCRYPTION_KEYS: keys.join(',') }, signal, onProgress);
}

interface Sealed {
  readonly secret: string;
  readonly headers: string;
  readonly tls: string | null;
}
const sealed = () =>
  database.rows<Sealed & { version: number }>(
    `select s.sealed as secret, sealed_headers as headers, sealed_tls as tls, version
     from webhook w join webhook_secret s on s.webhook_id = w.id order by w.id`,
  );
const outbox = () =>
  database.rows<{ key: string; value: { secrets: { sealed: string }[] } }>('select key, value from outbox order by id');

test('all is sealed by the new key alone, is the same inside, and every definition goes out again', async () => {
  await store(3, [k1]);
  await database.rows(
    `insert into idempotency_key (owner, key, request_hash, response_status, response_body, created_at, expires_at)
     values ('o', 'k', 'h', 201, $1, now(), now() + interval '1 day')`,
    [new SecretBox([k1]).seal('{"secret":1}')],
  );
  expect(await rotate([k2, k1])).toEqual({ keyId: 'k_2', webhooks: 3, answers: 1, unopened: [], isStopped: false });
  const onlyNew = new SecretBox([k2]);
  for (const row of await sealed()) {
    expect(onlyNew.open(row.secret)).toBe(secret);
    expect(onlyNew.open(row.headers)).toBe('{"authorization":"Bearer x"}');
    // Nothing that its owner can see has changed.
    expect(row.version).toBe(3);
  }
  expect(onlyNew.open((await sealed())[0]?.tls ?? '')).toBe('{"ca":"pem"}');
  const [kept] = await database.rows<{ body: string }>('select response_body as body from idempotency_key');
  expect(onlyNew.open(kept?.body ?? '')).toBe('{"secret":1}');
  const sent = await outbox();
  expect(sent.map(({ key }) => key)).toEqual(['wh_k1_0000', 'wh_k1_0001', 'wh_k1_0002']);
  for (const { value } of sent) expect(onlyNew.open(value.secrets[0]?.sealed ?? '')).toBe(secret);
  const audit = await database.rows('select action, actor_id as by, after from audit_entry');
  expect(audit).toEqual([{ action: 'encryption_keys.rotated', by: 'rotate-keys', after: { webhooks: 3, answers: 1 } }]);
});

test('run again it does nothing', async () => {
  await store(2, [k1]);
  await rotate([k2, k1]);
  const before = await sealed();
  expect(await rotate([k2, k1])).toMatchObject({ webhooks: 0, answers: 0 });
  expect(await sealed()).toEqual(before);
  expect(await outbox()).toHaveLength(2);
});

test('stopped half-way it has done whole batches, and the next run does the rest', async () => {
  await store(120, [k1]);
  const stop = new AbortController();
  const seen: number[] = [];
  const first = await rotate([k2, k1], stop.signal, ({ done, total }) => {
    seen.push(done, total);
    stop.abort();
  });
  expect(first).toMatchObject({ webhooks: 100, isStopped: true });
  expect(seen).toEqual([100, 120]);
  expect(await outbox()).toHaveLength(100);
  expect(await rotate([k2, k1])).toMatchObject({ webhooks: 20, isStopped: false });
  expect(await new KeyRotation(database.em, new SecretBox([k2])).outdated()).toEqual({ webhooks: 0, answers: 0 });
});

test('what no key opens stays as it is and is named; the others are done', async () => {
  await store(1, [lost]);
  await store(1, [k1]);
  const before = (await sealed()).at(-1);
  expect(await rotate([k2, k1])).toMatchObject({ webhooks: 1, unopened: ['wh_lost_0000'] });
  expect((await sealed()).at(-1)).toEqual(before);
});

test('a hundred answers and more that no key opens keep none of those behind them from the new key', async () => {
  const store = (owner: string, count: number, keys: readonly string[]) => {
    const body = new SecretBox(keys).seal('{"secret":1}');
    return database.rows(
      `insert into idempotency_key (owner, key, request_hash, response_status, response_body, created_at, expires_at)
       select $1, 'k' || n, 'h', 201, $2, now(), now() + interval '1 day' from generate_series(1, $3) n`,
      [owner, body, count],
    );
  };
  await store('a', 230, [lost]);
  await store('b', 3, [k1]);
  expect(await rotate([k2, k1])).toMatchObject({ answers: 3 });
  const bodies = await database.rows<{ body: string }>(
    `select response_body as body from idempotency_key where owner = 'b'`,
  );
  for (const { body } of bodies) expect(new SecretBox([k2]).open(body)).toBe('{"secret":1}');
});
