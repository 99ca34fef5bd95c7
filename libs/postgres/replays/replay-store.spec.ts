import type { EntityManager } from '@mikro-orm/postgresql';
import { expect, test } from '@jest/globals';
import { ReplayStore } from './replay-store.ts';

test('a batch may wait for Kafka as long as it takes to learn of the last one and to write one by one', async () => {
  const asked: string[] = [];
  const client = {
    query: (statement: string | { readonly text: string }) => {
      asked.push(typeof statement === 'string' ? statement : statement.text);
      return Promise.resolve({ rows: [] });
    },
    release: () => undefined,
  };
  const pool = { connect: () => Promise.resolve(client) };
  const em = { getConnection: () => ({ getNativeClient: () => Promise.resolve(pool) }) };
  const store = new ReplayStore(em as unknown as EntityManager);
  expect(await store.advance(new Date(), () => Promise.reject(new Error('no batch is due')))).toBe(false);
  const [, idleMs] = /idle_in_transaction_session_timeout = (\d+)/.exec(asked[0] ?? '') ?? [];
  // Ten seconds each for the last batch, for this one, and for each of some of its deliveries.
  expect(Number(idleMs)).toBeGreaterThanOrEqual(100_000);
});
