import { expect, test } from '@jest/globals';
import type { Logger } from '../../libs/runtime/logger.ts';
import { Strangers } from './strangers.ts';

function watched(clients: ReadonlySet<string>, isAway = () => false) {
  const asked: string[][] = [];
  const counted: [string | null, number][] = [];
  const lines: object[] = [];
  const clock = { nowMs: 0 };
  const logger = { warn: (fields: object) => lines.push(fields) } as unknown as Logger;
  const strangers = new Strangers({
    knownOf: (ids) => {
      if (isAway()) return Promise.reject(new Error('away'));
      asked.push([...ids]);
      return Promise.resolve(ids.filter((id) => clients.has(id)));
    },
    count: (source, events) => counted.push([source, events]),
    logger,
    now: () => clock.nowMs,
  });
  const see = (...events: [clientId: string | null, source: string | null, eventKey: string][]) =>
    strangers.see(events.map(([clientId, source, eventKey]) => ({ clientId, source, eventKey })));
  return { see, asked, counted, lines, clock };
}

test('an event for a client that there is not is counted by its source; clients are asked for once', async () => {
  const { see, asked, counted, lines } = watched(new Set(['acme']));
  await see(['acme', '/orders', 'k1'], ['"acme"', '/orders', 'k2'], ['"acme"', '/orders', 'k2'], [null, '/news', 'k3']);
  await see(['acme', '/orders', 'k4'], ['acmee', null, 'k5']);
  expect(asked).toEqual([['acme', '"acme"'], ['acmee']]);
  expect(counted).toEqual([
    ['/orders', 1],
    [null, 1],
  ]);
  expect(lines).toEqual([{ events: 1, clientIds: ['"acme"'], sources: ['/orders'] }]);
});

test('a producer that goes on is told of once a minute, with how many there were', async () => {
  const { see, lines, clock } = watched(new Set());
  for (let index = 0; index < 5; index += 1) await see(['nobody', '/s', `k${index}`]);
  clock.nowMs = 60_000;
  await see(['nobody', '/s', 'k9']);
  expect(lines).toEqual([
    { events: 1, clientIds: ['nobody'], sources: ['/s'] },
    { events: 5, clientIds: ['nobody'], sources: ['/s'] },
  ]);
});

test('who became a client since is none any more, and a database that is away fails nobody', async () => {
  const clients = new Set<string>();
  let isAway = false;
  const { see, counted } = watched(clients, () => isAway);
  await see(['new', '/s', 'k1']);
  clients.add('new');
  await see(['new', '/s', 'k2']);
  isAway = true;
  await see(['other', '/s', 'k3']);
  expect(counted).toEqual([['/s', 1]]);
});

test('a client that left is a stranger within a minute', async () => {
  const clients = new Set(['acme']);
  const { see, counted, clock } = watched(clients);
  await see(['acme', '/s', 'k1']);
  clients.delete('acme');
  clock.nowMs = 60_000;
  await see(['acme', '/s', 'k2']);
  expect(counted).toEqual([['/s', 1]]);
});
