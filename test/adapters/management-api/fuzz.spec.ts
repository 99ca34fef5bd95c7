/**
 * Requests made up from the contract and broken at random: whatever comes, the server never fails, and every answer is
 * one that the OpenAPI document names. `npm run fuzz` makes 20,000 of them.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { newClient, newWebhook, startWorld, type Answer, type World } from './api-world.ts';
import { seedHistory } from './history-seed.ts';
import { requestOf, type MadeUpRequest } from './made-up-requests.ts';

const requestsMax = Number(process.env['FUZZ_REQUESTS'] ?? 1_500);
/** The one of a failure, to see it again. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() & 0x7fff_ffff);
const cursorsMax = 20;

let world: World;
let ids: string[];
let keys: string[];
const cursors: string[] = [];

/** Objects that the requests may name. */
async function makeObjects(): Promise<void> {
  const client = await newClient(world);
  const { id: webhookId } = await newWebhook(world, client.key);
  const { deliveryId, eventId } = await seedHistory(world.env.DATABASE_URL, { clientId: client.id, webhookId });
  const publisher = await world.ask('POST /v1/api-keys', { body: { name: 'p', role: 'publisher' } });
  const made = async (route: string, body: object = {}) =>
    String((await world.ask(`POST ${route}`, { body })).body['id']);
  const sessionId = await made(`/v1/clients/${client.id}/portal-sessions`);
  const replayId = await made('/v1/replays', { clientId: client.id });
  const erasureId = await made('/v1/audit/erasures', { subject: 'ann@acme.example' });
  await world.ask(`POST /v1/webhooks/${webhookId}/secret/rotate`, { body: {} });
  const secrets = await world.ask(`GET /v1/webhooks/${webhookId}/secrets`);
  const secretId = (secrets.body['data'] as { id: string }[]).at(-1)?.id ?? '';
  ids = [
    client.id,
    client.keyId,
    webhookId,
    deliveryId,
    eventId,
    'order.created',
    sessionId,
    replayId,
    erasureId,
    secretId,
  ];
  keys = [world.adminKey, client.key, String(publisher.body['key'])];
}

beforeAll(async () => {
  world = await startWorld();
  await makeObjects();
}, 120_000);

afterAll(async () => {
  await world.close();
});

/** How many answers there were, by what distinguishes them. */
class Tally {
  readonly accepted = new Set<string>();
  readonly asked = new Set<string>();
  private readonly byAnswer = new Map<string, number>();

  add({ operation: { id } }: MadeUpRequest, { status, body }: Answer): void {
    this.asked.add(id);
    if (status < 300) this.accepted.add(id);
    const kind = status < 300 ? String(status) : `${status} ${String(body['code'])}`;
    this.byAnswer.set(kind, (this.byAnswer.get(kind) ?? 0) + 1);
  }

  count(least: number): number {
    return [...this.byAnswer].filter(([kind]) => Number(kind.slice(0, 3)) >= least).reduce((sum, [, n]) => sum + n, 0);
  }

  lines(): readonly string[] {
    return [...this.byAnswer]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([kind, n]) => `  ${String(n).padStart(6)}  ${kind}`);
  }
}

function shown({ operation, url, body, headers }: MadeUpRequest): string {
  return JSON.stringify({
    id: operation.id,
    method: operation.method,
    url,
    headers,
    body: String(body).slice(0, 2000),
  });
}

/** Of a client: afterwards its keys are refused, or only look. */
const ends = ['deleteClient', 'suspendClient'];

test('no request makes the server fail', async () => {
  const tally = new Tally();
  const operations = allOperations;
  // A ping of a webhook that there is would wait for a dispatcher that is not there.
  const idsFor = ({ id }: Operation) =>
    id === 'pingWebhook' ? ids.map((one, at) => (at === 2 ? 'wh_nobody' : one)) : ids;
  const startedAt = Date.now();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(...operations.map((operation) => requestOf(operation, () => ({ ids: idsFor(operation), cursors })))),
      async (request) => {
        const { operation, url, body, headers } = request;
        const answer = await world
          .ask(`${operation.method.toUpperCase()} ${url}`, {
            key: keys[request.key] ?? '',
            headers,
            ...(body === null ? {} : { body }),
          })
          .catch((cause: unknown) => {
            throw new Error(`seed ${seed}: ${shown(request)}`, { cause });
          });
        tally.add(request, answer);
        const cursor = answer.body['nextCursor'];
        if (typeof cursor === 'string' && cursors.push(cursor) > cursorsMax) cursors.shift();
        // What was deleted or revoked would have every later request refused at the door.
        const isGone = answer.status === 204 || (answer.status < 300 && ends.includes(operation.id));
        if (isGone) await makeObjects();
        if (answer.status >= 500) throw new Error(`seed ${seed}: ${answer.status} ${answer.text} to ${shown(request)}`);
      },
    ),
    { numRuns: requestsMax, endOnFailure: true, seed },
  );
  const seconds = (Date.now() - startedAt) / 1000;
  const refused = operations.map(({ id }) => id).filter((id) => !tally.accepted.has(id));
  process.stdout.write(
    [
      `fuzz: ${requestsMax} requests in ${seconds.toFixed(0)} s (seed ${seed}), ${tally.count(500)} answered 5xx`,
      `fuzz: ${tally.accepted.size} of ${operations.length} operations accepted some; none of ${refused.join(', ')}`,
      ...tally.lines(),
      '',
    ].join('\n'),
  );
  // Requests that are all refused at the door would prove little.
  expect(tally.accepted.size).toBeGreaterThan(operations.length / 2);
  expect(tally.count(500)).toBe(0);
}, 600_000);
