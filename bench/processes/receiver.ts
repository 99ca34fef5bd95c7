/**
 * Every endpoint of the benchmark: one plain HTTP server. In: POSTs to /w<number>, whose body begins with a stamped
 * event id. Out: answers as the endpoint behaves, and what came, when. It shares the machine with what is measured, so
 * it must cost as little as a server can: it reads the stamp from the first bytes and parses nothing.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nowMs } from '../clock.ts';
import { stampedBytesMin, stampIn } from '../event-stamp.ts';
import { latenciesOf } from '../latencies.ts';
import { answerQuestions } from '../worker.ts';
import type { Behaviour, Range, ReceiverQuestions, ReceiverReport } from './receiver-questions.ts';

const slowMs = 200;
/** Longer than any pause of a scenario: a connection that the server closes is a duplicate in the making. */
const keepAliveMs = 300_000;

const behaviours: Behaviour[] = [];
let firstEvent = 0;
let perEvent = 1;
let told: Uint8Array | null = null;
let arrived = 0;
let othersAccepted = 0;
let lastOtherAtMs = 0;
let requests = 0;
// By delivery: how long it took (-1: not come yet), when it came, at which webhook, whether answered 200, how often again.
let latencies = new Float64Array(0);
let arrivals = new Float64Array(0);
let webhooks = new Uint32Array(0);
let answered = new Float64Array(0);
let repetitions = new Uint16Array(0);

const server = createServer((request, response) => {
  const webhook = Number((request.url ?? '').slice(2));
  let slot = -1;
  let head: Buffer | null = null;
  request.on('data', (chunk: Buffer) => {
    if (head !== null && head.length >= stampedBytesMin) return;
    head = head === null ? chunk : Buffer.concat([head, chunk]);
    slot = arrive(webhook, head);
  });
  request.on('end', () => {
    requests += 1;
    answer(behaviours[webhook] ?? 'quick', slot, response);
  });
});
server.keepAliveTimeout = keepAliveMs;
server.requestTimeout = 0;

/** The place of the delivery in the tables; -1 when it is none of those expected. */
function arrive(webhook: number, head: Buffer): number {
  const stamp = stampIn(head);
  if (stamp === null) return -1;
  const slot = (stamp.number - firstEvent) * perEvent + (webhook % perEvent);
  if (slot < 0 || slot >= latencies.length) return -1;
  if ((latencies[slot] ?? 0) >= 0) {
    if ((answered[slot] ?? 0) > 0) repetitions[slot] = (repetitions[slot] ?? 0) + 1;
    return slot;
  }
  const now = nowMs();
  latencies[slot] = Math.max(0, now - stamp.sentAtMs);
  arrivals[slot] = now;
  webhooks[slot] = webhook;
  if (isTold(webhook)) arrived += 1;
  return slot;
}

function isTold(webhook: number): boolean {
  return told === null || told[webhook] === 1;
}

function answer(behaviour: Behaviour, slot: number, response: ServerResponse): void {
  switch (behaviour) {
    case 'quick':
      accept(slot, response);
      return;
    case 'slow':
      setTimeout(accept, slowMs, slot, response);
      return;
    case 'failing':
      response.sendDate = false;
      response.writeHead(500, { 'content-length': 0 }).end();
      return;
    case 'hanging':
      return;
  }
}

function accept(slot: number, response: ServerResponse): void {
  response.sendDate = false;
  response.writeHead(200, { 'content-length': 0 }).end();
  if (slot < 0) return;
  if (answered[slot] === 0 && !isTold(webhooks[slot] ?? 0)) {
    othersAccepted += 1;
    lastOtherAtMs = nowMs();
  }
  answered[slot] = performance.timeOrigin + performance.now();
}

function report(events: Range, expected: number): ReceiverReport {
  const from = (events.from - firstEvent) * perEvent;
  const to = (events.to - firstEvent) * perEvent;
  const found: number[] = [];
  let duplicates = 0;
  let firstArrivalMs = Infinity;
  let lastArrivalMs = 0;
  for (let slot = from; slot < to; slot += 1) {
    const latency = latencies[slot] ?? -1;
    if (latency < 0 || !isTold(webhooks[slot] ?? 0)) continue;
    const arrival = arrivals[slot] ?? 0;
    found.push(latency);
    duplicates += repetitions[slot] ?? 0;
    firstArrivalMs = Math.min(firstArrivalMs, arrival);
    lastArrivalMs = Math.max(lastArrivalMs, arrival);
  }
  return {
    ...latenciesOf(Float64Array.from(found)),
    duplicates,
    missing: expected - found.length,
    firstArrivalMs: found.length === 0 ? 0 : firstArrivalMs,
    lastArrivalMs,
  };
}

function flagsOf(numbers: readonly number[]): Uint8Array {
  const flags = new Uint8Array(Math.max(0, ...numbers) + 1);
  for (const number of numbers) flags[number] = 1;
  return flags;
}

answerQuestions<ReceiverQuestions>({
  listen: () =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
        resolve((server.address() as AddressInfo).port);
      });
    }),
  expect: (expectation) => {
    const slots = (expectation.events.to - expectation.events.from) * expectation.perEvent;
    firstEvent = expectation.events.from;
    perEvent = expectation.perEvent;
    told = expectation.told === null ? null : flagsOf(expectation.told);
    arrived = 0;
    othersAccepted = 0;
    requests = 0;
    latencies = new Float64Array(slots).fill(-1);
    arrivals = new Float64Array(slots);
    webhooks = new Uint32Array(slots);
    answered = new Float64Array(slots);
    repetitions = new Uint16Array(slots);
    return null;
  },
  behave: ({ webhooks: changed, behaviour }) => {
    for (const webhook of changed) behaviours[webhook] = behaviour;
    return null;
  },
  progress: () => ({ arrived, othersAccepted, lastOtherAtMs, requests }),
  report: ({ events, expected }) => report(events, expected),
  answeredAt: () => answered,
});
