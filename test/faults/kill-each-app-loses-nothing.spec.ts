import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSystem, type AppName, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, listDeliveries, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

const webhookCount = 20;
const eventsPerWebhook = 50;
const expected = webhookCount * eventsPerWebhook;
/**
 * Of fan-out: 128 events that were under way, and what it had done since its last commit. That begins when 100 are done,
 * 25 ms after the one before at the soonest, so it is what gets done in 25 ms and while a commit is on its way.
 */
const fannedOutTwiceMax = 400;

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({});
  client = await createClient(system);
}, 120_000);

afterAll(() => system.stop(), 60_000);

async function registerWebhooks(receiver: RecordingReceiver, prefix: string): Promise<void> {
  for (let index = 0; index < webhookCount; index += 1) {
    await createWebhook(system, client, {
      url: `${receiver.url}/w${index}`,
      eventTypes: [`${prefix}.w${index}`],
      // Fails now and then, so that the retry-scheduler is in the stream too.
      retryPolicy: { maxAttempts: 5, baseDelayMs: 1_000, maxDelayMs: 1_000, backoffFactor: 1, jitter: 0 },
    });
  }
}

function makeEvents(prefix: string): Record<string, unknown>[] {
  return Array.from({ length: expected }, (_, n) => {
    const type = `${prefix}.w${n % webhookCount}`;
    return cloudEvent(client, { n }, { id: `${prefix}-${n}`, type });
  });
}

/**
 * Every eleventh request: webhooks take turns, and a number that divides theirs would fail the same ones each time until
 * their breakers open, which is another test's matter and takes ten seconds.
 */
const isFailed = (index: number): boolean => index % 11 === 10;

/** Ids of the events that were answered 200. */
function arrived(receiver: RecordingReceiver): string[] {
  return receiver.requests
    .filter((_, index) => !isFailed(index))
    .map(({ body }) => (JSON.parse(body.toString('utf8')) as { id: string }).id);
}

const apps: readonly AppName[] = ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'management-api', 'monitor'];

describe.each(apps)('%s killed in mid-stream of 1,000 events', (app) => {
  test('all arrive', async () => {
    const receiver = await startReceiver({
      respond: (_, index) => ({ status: isFailed(index) ? 503 : 200, delayMs: 2 }),
    });
    try {
      await registerWebhooks(receiver, app);
      const events = makeEvents(app);
      await system.publish(events.slice(0, expected / 2));
      await until(() => receiver.requests.length > expected / 10, { timeoutMs: 30_000 });
      await system.kill(app, 'SIGKILL');
      await system.publish(events.slice(expected / 2));
      await system.start(app);
      await until(() => new Set(arrived(receiver)).size === expected, { timeoutMs: 90_000 });
      const ids = arrived(receiver);
      const duplicates = ids.length - new Set(ids).size;
      process.stdout.write(`killed ${app}: ${expected} events arrived, ${duplicates} twice\n`);
      if (app === 'fanout') expect(duplicates).toBeLessThanOrEqual(fannedOutTwiceMax);
      else if (app !== 'dispatcher' && app !== 'retry-scheduler') expect(duplicates).toBe(0);
      const isHistoryWhole = async () => {
        const delivered = await listDeliveries(system, client, { status: 'delivered' });
        return delivered.filter(({ eventType }) => eventType.startsWith(`${app}.`)).length === expected;
      };
      await until(isHistoryWhole, { timeoutMs: 60_000, everyMs: 1_000 });
    } finally {
      await receiver.close();
    }
  }, 200_000);
});
