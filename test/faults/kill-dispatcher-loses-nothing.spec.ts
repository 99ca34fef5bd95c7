import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, type TestClient } from '../support/clients.ts';
import { countingTo, NumberedStream, stepsBack, withoutRepetitions } from '../support/numbered-stream.ts';
import { until } from '../support/until.ts';

const webhooks = 20;
const perWebhook = 100;
const expected = webhooks * perWebhook;
const answerMs = 15;

let system: System;
let client: TestClient;
let stream: NumberedStream;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'management-api'] });
  client = await createClient(system);
}, 120_000);

afterEach(() => stream.close());
afterAll(() => system.stop(), 60_000);

/** Publishes it all and resolves in the middle of it. */
async function startStream(name: string): Promise<void> {
  stream = await NumberedStream.start(system, client, { name, webhooks, respond: () => ({ delayMs: answerMs }) });
  await stream.publish(perWebhook);
  await until(() => stream.requests.length > expected / 4, { timeoutMs: 30_000, everyMs: 5 });
}

function expectOrder(): void {
  for (let webhook = 0; webhook < webhooks; webhook += 1) {
    expect(withoutRepetitions(stream.firstAttempts(webhook))).toEqual(countingTo(perWebhook));
  }
}

test('killed in mid-stream, all arrive in order; twice only what was in flight or completed since the last commit', async () => {
  await startStream('killed');
  const killedAt = Date.now();
  await system.kill('dispatcher', 'SIGKILL');
  const goneAt = Date.now();
  const seenAtKill = stream.requests.length;
  await system.start('dispatcher');
  const readyAfterMs = Date.now() - killedAt;
  await until(() => stream.distinct === expected, { timeoutMs: 60_000, what: `all ${expected} arrive` });
  const { repetitions } = stream;
  process.stdout.write(
    `dispatcher killed -9 after ${seenAtKill} of ${expected}: ${repetitions.length} came twice, ready again after ${readyAfterMs} ms\n`,
  );
  expect(seenAtKill).toBeLessThan(expected);
  expectOrder();
  // What it had sent is heard of a little later; its successor takes longer than that to start.
  const heardOfMs = answerMs + 500;
  // A commit begins every 250 ms; the one before it may still have been under way, and an outcome has to be
  // acknowledged before its delivery counts as complete: for those two a busy machine may take the rest of a second.
  const lostCommitsMs = 250 + 750;
  for (const { first } of repetitions) {
    expect(first.at).toBeGreaterThanOrEqual(killedAt - lostCommitsMs - answerMs);
    expect(first.at).toBeLessThanOrEqual(goneAt + heardOfMs);
  }
  // In one interval each webhook, one delivery at a time, gets through so many, and one is in flight.
  const atMost = webhooks * (Math.ceil(lostCommitsMs / answerMs) + 1);
  expect(repetitions.length).toBeLessThanOrEqual(atMost);
  // What is repeated is one run at each webhook, from where the last commit was.
  for (let webhook = 0; webhook < webhooks; webhook += 1) {
    expect(stepsBack(stream.firstAttempts(webhook))).toBeLessThanOrEqual(1);
  }
}, 120_000);

test('stopped in mid-stream and started again, all arrive in order and nothing twice', async () => {
  await startStream('stopped');
  const stoppedAt = Date.now();
  await system.kill('dispatcher', 'SIGTERM');
  const stopMs = Date.now() - stoppedAt;
  const seenAtStop = stream.requests.length;
  await system.start('dispatcher');
  await until(() => stream.distinct === expected, { timeoutMs: 60_000, what: `all ${expected} arrive` });
  process.stdout.write(
    `dispatcher stopped after ${seenAtStop} of ${expected} in ${stopMs} ms: ${stream.repetitions.length} came twice\n`,
  );
  expect(seenAtStop).toBeLessThan(expected);
  expect(stream.requests).toHaveLength(expected);
  expectOrder();
}, 120_000);
