import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { readOutcomes } from '../support/outcomes.ts';
import { startNameServer, type NameServer } from '../support/receivers/name-server.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { registered } from '../support/registered.ts';
import { until } from '../support/until.ts';

/** Of a block that is global unicast and given to nobody: a connection to it leads nowhere. */
const publicAddress = '3fff:ffff:ffff::1';

let system: System;
let client: TestClient;
let receiver: RecordingReceiver;
let names: NameServer;

/** What a name means when it is asked for the n-th time, before a webhook is registered and after. */
const answers: Record<string, readonly (readonly string[])[]> = {
  'turns-to-loopback.test': [['127.0.0.1']],
  'turns-to-private.test': [['10.0.0.7']],
  'turns-to-metadata.test': [['169.254.169.254']],
  'is-private-twice.test': [['127.0.0.1', '10.0.0.7']],
  'is-mapped.test': [['::ffff:7f00:1']],
};

beforeAll(async () => {
  receiver = await startReceiver({});
  names = await startNameServer((name, _index, type) => {
    const isAsked = (address: string) => address.includes(':') === (type === 'AAAA');
    const now = isRegistered ? (answers[name]?.[0] ?? null) : [publicAddress];
    return now === null ? null : now.filter(isAsked);
  });
  system = await startSystem({
    apps: ['fanout', 'dispatcher', 'management-api'],
    env: {
      DNS_SERVERS: names.address,
      EGRESS_ALLOW: '',
      ALLOWED_URL_SCHEMES: 'https,http',
      ALLOWED_PORTS: '*',
    },
  });
  client = await createClient(system);
}, 120_000);

let isRegistered = false;

afterAll(async () => {
  await system.stop();
  await names.close();
  await receiver.close();
}, 60_000);

test('a name that was public when registered and is private when dialled gets no connection', async () => {
  const hosts = Object.keys(answers);
  await registered(system, hosts.length, async () => {
    for (const host of hosts) {
      await createWebhook(system, client, { url: `http://${host}:${receiver.port}/hook`, eventTypes: [host] });
    }
  });
  isRegistered = true;
  const askedBefore = names.questions.length;
  await system.publish(hosts.map((type) => cloudEvent(client, {}, { type })));
  await until(async () => (await readOutcomes(system)).length === hosts.length, { timeoutMs: 20_000 });
  const seen = (await readOutcomes(system)).map(({ eventType, status, reason, errorKind }) => ({
    eventType,
    status,
    reason,
    errorKind,
  }));
  const refused = { status: 'failed_permanent', reason: 'refused_address', errorKind: 'refused-address' };
  // What providers answer for a zone that they do not serve just now: never dialled, and tried again.
  const passing = { ...refused, status: 'failed_retryable', reason: 'dns' };
  const isPassing = (host: string) => ['turns-to-loopback.test', 'is-mapped.test'].includes(host);
  const expected = hosts.map((eventType) => ({ eventType, ...(isPassing(eventType) ? passing : refused) }));
  expect(seen.sort(byType)).toEqual(expected.sort(byType));
  // What the network inside is like is no client's business: the log has it.
  const told = JSON.stringify((await readOutcomes(system)).map(({ errorMessage }) => errorMessage));
  expect(
    Object.values(answers)
      .flat(2)
      .filter((address) => told.includes(address)),
  ).toEqual([]);
  // One resolution for each attempt, IPv4 and IPv6: what was checked is what would have been dialled.
  expect(names.questions.slice(askedBefore).sort()).toEqual(hosts.flatMap((host) => [host, host]).sort());
  expect(receiver.connections).toBe(0);
}, 60_000);

function byType(a: { eventType: string }, b: { eventType: string }): number {
  return a.eventType < b.eventType ? -1 : 1;
}
