/** A rewind hands over to fan-out, which keeps what comes in memory for a moment: killed just then it loses none of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSystem, type System } from '../support/app-harness.ts';
import { cloudEvent, createClient, createWebhook, type TestClient } from '../support/clients.ts';
import { startReceiver, type RecordingReceiver } from '../support/receivers/recording-receiver.ts';
import { until } from '../support/until.ts';

let system: System;
let receiver: RecordingReceiver;
let client: TestClient;

beforeAll(async () => {
  system = await startSystem({ apps: ['fanout', 'dispatcher', 'retry-scheduler', 'projector', 'management-api'] });
  receiver = await startReceiver({});
  client = await createClient(system);
}, 120_000);

afterAll(async () => {
  await receiver.close();
  await system.stop();
}, 60_000);

/** In the order in which they came. */
function numbersAt(path: string): number[] {
  return receiver.requests
    .filter((request) => request.path === path)
    .map(({ body }) => (JSON.parse(body.toString('utf8')) as { data: { n: number } }).data.n);
}

describe.each(['joining', 'rest', 'last'])('fan-out killed while a rewind is %s', (phase) => {
  test('all arrives, the webhook goes on by itself, and nothing of it waits any more', async () => {
    const type = `handover.${phase}`;
    let count = 0;
    const publish = async (events: number) => {
      const made = Array.from({ length: events }, (_, index) => cloudEvent(client, { n: count + index }, { type }));
      count += events;
      await system.publish(made, { key: 'platform-service' });
    };
    await publish(30);
    const path = `/${phase}`;
    const startFrom = new Date(Date.now() - 3_600_000).toISOString();
    const url = `${receiver.url}${path}`;
    const { id, rewind } = (await createWebhook(system, client, {
      ...{ url, eventTypes: [type], ordering: 'inOrder', startFrom },
    })) as { id: string; rewind?: { replayId: string } };
    const replay = async () =>
      (await system.api('GET', `/v1/replays/${rewind?.replayId ?? ''}`)).body as {
        status: string;
        phase: string | null;
      };
    const order = ['begin', 'past', 'held', 'joining', 'rest', 'last'];
    const isThere = async () => {
      await publish(2);
      const reached = await replay();
      // One that is short may have passed between two looks.
      return reached.phase === null || order.indexOf(reached.phase) >= order.indexOf(phase);
    };
    await until(isThere, { timeoutMs: 60_000, everyMs: 5 });
    await system.kill('fanout', 'SIGKILL');
    await publish(10);
    await system.start('fanout');
    const isOver = async () => {
      await publish(1);
      return (await replay()).status === 'finished';
    };
    await until(isOver, { timeoutMs: 90_000, everyMs: 100 });
    await until(() => new Set(numbersAt(path)).size === count, { timeoutMs: 60_000 });
    expect((await system.api('GET', `/v1/webhooks/${id}`)).body).toMatchObject({ isActive: true, rewind: null });
    // What fan-out had in memory comes late. The history before it, and what comes after it, is in order and once.
    const first = [...new Set(numbersAt(path))];
    expect(first.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    const from = count;
    const before = numbersAt(path).length;
    await publish(20);
    await until(() => numbersAt(path).length >= before + 20, { timeoutMs: 30_000 });
    expect(numbersAt(path).slice(before)).toEqual(Array.from({ length: 20 }, (_, n) => from + n));
  }, 240_000);
});
