/** A steady stream of events to many well endpoints, and how long each took from its produce call to its POST. */
import type { System } from './app-harness.ts';
import { cloudEvent, createWebhook, type TestClient } from './clients.ts';
import { startReceiver, type RecordingReceiver } from './receivers/recording-receiver.ts';
import { registered } from './registered.ts';
import { until } from './until.ts';

export class PacedLoad {
  private readonly system: System;
  private readonly client: TestClient;
  private readonly receiver: RecordingReceiver;
  private readonly endpoints: number;
  private readonly latenciesMs: number[];
  private published = 0;

  static async start(system: System, client: TestClient, endpoints: number): Promise<PacedLoad> {
    const latenciesMs: number[] = [];
    const receiver = await startReceiver({
      respond: ({ body }) => {
        const { data } = JSON.parse(body.toString('utf8')) as { data: { sentAt: number } };
        latenciesMs.push(performance.now() - data.sentAt);
        return {};
      },
    });
    await registered(system, endpoints, async () => {
      for (let index = 0; index < endpoints; index += 1) {
        await createWebhook(system, client, { url: `${receiver.url}/w${index}`, eventTypes: [`load.w${index}`] });
      }
    });
    return new PacedLoad(system, client, receiver, endpoints, latenciesMs);
  }

  private constructor(
    system: System,
    client: TestClient,
    receiver: RecordingReceiver,
    endpoints: number,
    latenciesMs: number[],
  ) {
    this.system = system;
    this.client = client;
    this.receiver = receiver;
    this.endpoints = endpoints;
    this.latenciesMs = latenciesMs;
  }

  /** Publishes `perSecond` events for `forMs`, waits until all have come, and tells the latency of each. */
  async run(perSecond: number, forMs: number): Promise<readonly number[]> {
    this.latenciesMs.length = 0;
    // The first event after a change of definitions waits until that is in force: not on our time.
    await this.system.publish([]);
    const startedAt = performance.now();
    const sends: Promise<void>[] = [];
    let sent = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const elapsedMs = Math.min(performance.now() - startedAt, forMs);
        for (const due = Math.floor((elapsedMs * perSecond) / 1000); sent < due; sent += 1)
          sends.push(this.publishOne());
        if (elapsedMs < forMs) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    await Promise.all(sends);
    const isAll = () => this.latenciesMs.length >= sent;
    await until(isAll, { timeoutMs: 60_000, what: `all ${sent} events of the steady load have come` });
    return [...this.latenciesMs];
  }

  close(): Promise<void> {
    return this.receiver.close();
  }

  private publishOne(): Promise<void> {
    const type = `load.w${(this.published += 1) % this.endpoints}`;
    return this.system.publish([cloudEvent(this.client, { sentAt: performance.now() }, { type })], { key: type });
  }
}

/** The latency that so many of a hundred stay below. */
export function percentile(latenciesMs: readonly number[], percent: number): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

export function describeLatencies(name: string, latenciesMs: readonly number[]): string {
  const figures = [50, 99, 100].map((percent) => percentile(latenciesMs, percent).toFixed(1));
  return `${name}: ${latenciesMs.length} events, p50 ${figures[0]} p99 ${figures[1]} max ${figures[2]} ms\n`;
}
