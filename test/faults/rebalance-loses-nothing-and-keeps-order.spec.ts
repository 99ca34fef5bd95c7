import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, type TestClient } from '../support/clients.ts';
import { countingTo, NumberedStream, stepsBack, withoutRepetitions } from '../support/numbered-stream.ts';
import { until } from '../support/until.ts';

const webhooks = 24;

let system: System;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'], instances: { dispatcher: 2 } });
  client = await createClient(system);
}, 120_000);

afterAll(() => system.stop(), 60_000);

/** Publishes two numbers for every webhook some times a second, until told to stop. */
function keepPublishing(stream: NumberedStream): () => Promise<void> {
  const over = new AbortController();
  const publishing = (async () => {
    while (!over.signal.aborted) {
      await stream.publish(2);
      await pause(100);
    }
  })();
  return async () => {
    over.abort();
    await publishing;
  };
}

test('dispatchers that join, leave and are killed during traffic lose nothing and keep the order', async () => {
  const stream = await NumberedStream.start(system, client, {
    name: 'moved',
    webhooks,
    respond: () => ({ delayMs: 10 }),
  });
  const stopPublishing = keepPublishing(stream);
  const next = async () => {
    const target = stream.requests.length + webhooks * 10;
    await until(() => stream.requests.length > target, { timeoutMs: 60_000, what: 'the traffic goes on' });
  };
  try {
    await next();
    await system.start('dispatcher', 2);
    await next();
    await system.kill('dispatcher', 'SIGTERM', 0);
    await next();
    const calmRepetitions = stream.repetitions.length;
    const killedAt = Date.now();
    await system.kill('dispatcher', 'SIGKILL', 1);
    await system.start('dispatcher', 0);
    await next();
    const stalledMs = Math.max(0, (stream.requests.find(({ at }) => at > killedAt + 1_000)?.at ?? 0) - killedAt);
    await system.start('dispatcher', 1);
    await next();
    await stopPublishing();
    const expected = stream.published;
    await until(() => stream.distinct === expected, { timeoutMs: 60_000, what: `all ${expected} arrive` });
    process.stdout.write(
      `two joins, a leave and a kill -9 among ${expected} events: ${calmRepetitions} twice before the kill, ` +
        `${stream.repetitions.length - calmRepetitions} after it; first POST ${stalledMs} ms later\n`,
    );
    // Joins and leaves drain first: only the kill may repeat.
    expect(calmRepetitions).toBe(0);
    for (let webhook = 0; webhook < webhooks; webhook += 1) {
      const numbers = stream.firstAttempts(webhook);
      expect(withoutRepetitions(numbers)).toEqual(countingTo(expected / webhooks));
      expect(stepsBack(numbers)).toBeLessThanOrEqual(1);
    }
  } finally {
    await stopPublishing();
    await stream.close();
  }
}, 240_000);
