/** The load: events put on Kafka as a platform service would, and raw POSTs for comparison. */
import { Pool } from 'undici';
import { openPlatform, type PlatformProducer } from '../../stack/platform-service.ts';
import { nowMs } from '../clock.ts';
import { eventIdOf } from '../event-stamp.ts';
import { EventSource } from '../event-source.ts';
import { answerQuestions } from '../worker.ts';
import type { Events, LoadQuestions, Produced } from './load-questions.ts';

/** Records of one produce request while flooding, and requests at the same time. */
const floodRecords = 500;
const floodRequests = 2;
/** How often a paced load looks whether something is due. */
const paceTickMs = 2;

let platform: PlatformProducer | null = null;

function connected(): PlatformProducer {
  if (platform === null) throw new Error('not connected');
  return platform;
}

async function flood(events: Events): Promise<Produced> {
  const source = new EventSource(events);
  const startedAtMs = nowMs();
  const sendAll = async () => {
    while (source.left > 0) await connected().send(source.take(Math.min(floodRecords, source.left)));
  };
  await Promise.all(Array.from({ length: floodRequests }, sendAll));
  return { startedAtMs, endedAtMs: nowMs() };
}

async function loop(events: Events, calls: number): Promise<Produced> {
  const source = new EventSource(events);
  const startedAtMs = nowMs();
  const sendAll = async () => {
    while (source.left > 0) await connected().send(source.take(1));
  };
  await Promise.all(Array.from({ length: calls }, sendAll));
  return { startedAtMs, endedAtMs: nowMs() };
}

async function pace(events: Events, perSecond: number): Promise<Produced> {
  const source = new EventSource(events);
  const startedAtMs = nowMs();
  const sends: Promise<void>[] = [];
  let failure: unknown = null;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.floor(((nowMs() - startedAtMs) * perSecond) / 1_000) + events.events.from;
      // Each in a call of its own: a platform service produces an event when it happens.
      while (source.left > 0 && source.next < due) {
        const sent = connected().send(source.take(1));
        sent.catch((error: unknown) => (failure = error));
        sends.push(sent);
      }
      if (source.left > 0 && failure === null) return;
      clearInterval(timer);
      resolve();
    }, paceTickMs);
  });
  await Promise.all(sends);
  return { startedAtMs, endedAtMs: nowMs() };
}

/** @throws when a request is answered by anything but 202 */
async function http(ask: LoadQuestions['http']['ask']): Promise<Produced> {
  const source = new EventSource(ask);
  const pool = new Pool(new URL(ask.url).origin, { connections: ask.requests, pipelining: 1 });
  const requestHeaders = { 'content-type': 'application/json', authorization: `Bearer ${ask.key}` };
  const sendAll = async () => {
    while (source.left > 0) {
      const body = source.takeRequest(Math.min(ask.perRequest, source.left));
      const response = await pool.request({ path: '/v1/events', method: 'POST', body, headers: requestHeaders });
      if (response.statusCode !== 202) throw new Error(`POST /v1/events: ${await response.body.text()}`);
      await response.body.dump();
    }
  };
  const startedAtMs = nowMs();
  try {
    await Promise.all(Array.from({ length: ask.requests }, sendAll));
    return { startedAtMs, endedAtMs: nowMs() };
  } finally {
    await pool.close();
  }
}

/** Unmeasured, so that both ends are warm and all connections open. */
const rawWarmUpPosts = 2_000;

/** The headers of a delivery, so that both ends read and write the same requests. */
const deliveryHeaders = {
  'content-type': 'application/json',
  'user-agent': 'DeeperHub-Webhooks/0.1.0',
  'webhook-id': '0194d6d2-1c00-8000-8000-000000000000',
  'webhook-timestamp': '1764077000',
  'webhook-signature': `v1,${'A'.repeat(43)}=`,
  'x-deeperhub-signature': `t=1764077000,v1=${'0'.repeat(64)}`,
  'x-deeperhub-event': 'bench.w0',
  'x-deeperhub-delivery': '0194d6d2-1c00-8000-8000-000000000000',
  'x-deeperhub-attempt': '1',
};

async function raw(url: string, posts: number, connections: number, bytes: number): Promise<number> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const body = Buffer.from(`{"id":"${eventIdOf({ number: 0, sentAtMs: nowMs() })}"`.padEnd(bytes, 'x'));
  const sendAll = async (count: number) => {
    let left = count;
    const one = async () => {
      while (left > 0) {
        left -= 1;
        const response = await pool.request({ path: pathname, method: 'POST', body, headers: deliveryHeaders });
        await response.body.dump();
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
  };
  try {
    await sendAll(rawWarmUpPosts);
    const startedAtMs = nowMs();
    await sendAll(posts);
    return (posts / (nowMs() - startedAtMs)) * 1_000;
  } finally {
    await pool.close();
  }
}

answerQuestions<LoadQuestions>({
  connect: async () => {
    platform = await openPlatform(process.env, 'bench-load');
    return null;
  },
  flood,
  http,
  loop: (ask) => loop(ask, ask.calls),
  pace: (ask) => pace(ask, ask.perSecond),
  raw: ({ url, posts, connections, bytes }) => raw(url, posts, connections, bytes),
});
