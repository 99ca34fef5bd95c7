import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { createClient, type TestClient } from '../support/clients.ts';
import { readOutcomes } from '../support/outcomes.ts';
import { countingTo, NumberedStream, stepsBack, withoutRepetitions } from '../support/numbered-stream.ts';
import { until } from '../support/until.ts';

const webhooks = 20;
const perWebhook = 100;
const expected = webhooks * perWebhook;
const answerMs = 15;
/** Outcomes are gathered for 50 ms; for their acknowledgement a busy machine may take the rest. */
const unreportedMs = answerMs + 50 + 750;
/** What it had sent is heard of a little later; its successor takes longer than that to start. */
const heardOfMs = answerMs + 500;

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

/** @returns when it was killed, Unix milliseconds */
async function killAndStart(): Promise<number> {
  const killedAt = Date.now();
  await system.kill('dispatcher', 'SIGKILL');
  await system.start('dispatcher');
  return killedAt;
}

/** Attempts of this stream that have more than one outcome. */
async function reportedAgain(): Promise<string[]> {
  const own = new Set(stream.webhooks.map(({ id }) => id));
  const attempts = (await readOutcomes(system)).filter(({ webhookId }) => own.has(webhookId));
  const names = attempts.map(({ deliveryId, round, attempt }) => `${deliveryId} ${round} ${attempt}`);
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function expectOrder(): void {
  for (let webhook = 0; webhook < webhooks; webhook += 1) {
    expect(withoutRepetitions(stream.firstAttempts(webhook))).toEqual(countingTo(perWebhook));
  }
}

test.each(['once', 'twice'])(
  'killed %s in mid-stream, all arrive in order; twice only what was sent and had no outcome on Kafka',
  async (times) => {
    await startStream(`killed_${times}`);
    const seenAtKill = stream.requests.length;
    const killedAt = [await killAndStart()];
    if (times === 'twice') killedAt.push(await killAndStart());
    await until(() => stream.distinct === expected, { timeoutMs: 60_000, what: `all ${expected} arrive` });
    const { repetitions } = stream;
    process.stdout.write(
      `dispatcher killed -9 ${times}, after ${seenAtKill} of ${expected}: ${repetitions.length} came twice\n`,
    );
    expect(seenAtKill).toBeLessThan(expected);
    expectOrder();
    // What was reported is not done again, although the commit that would say so was never made.
    expect(await reportedAgain()).toEqual([]);
    // What is sent again was on its way, or its outcome was: one run at each webhook for each kill.
    for (let webhook = 0; webhook < webhooks; webhook += 1) {
      expect(stepsBack(stream.firstAttempts(webhook))).toBeLessThanOrEqual(killedAt.length);
    }
    for (const { first } of repetitions) {
      expect(killedAt.some((at) => first.at > at - unreportedMs && first.at < at + heardOfMs)).toBe(true);
    }
  },
  120_000,
);

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
