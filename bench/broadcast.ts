/** One large event for every webhook there is: what fan-out needs for it. Whether it is delivered is not waited for. */
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../libs/runtime/monotonic.ts';
import { StackFailure, Stopped } from '../stack/failure.ts';
import { startStep } from '../stack/terminal.ts';
import { scrape } from '../stack/scrape.ts';
import { loopDelaysOf, worstDelayMs } from './loop-delays.ts';
import { broadcastType } from './many-webhooks.ts';
import { memoryOf } from './process-usage.ts';
import type { Harness } from './harness.ts';

const sampleEveryMs = 100;
const deadlineMs = 600_000;

export interface Broadcast {
  readonly seconds: number;
  readonly peakBytes: number;
  /** No step of the event loop was longer; null when nothing tells. */
  readonly loopDelayMs: number | null;
}

/** @throws StackFailure when it is not fanned out in time, Stopped */
export async function broadcast(harness: Harness, webhooks: number, dataBytes: number): Promise<Broadcast> {
  const step = startStep(`A broadcast to ${webhooks} webhooks`);
  const { api } = harness.system;
  const url = harness.urlOf('fanout');
  const pids = harness.system.of('fanout').map(({ process }) => process.pid ?? 0);
  const published = () => scrape(url, 'webhooks_events_published_to_dispatcher_total');
  try {
    await api.call('PUT', `/v1/event-types/${broadcastType}`, { audience: 'broadcast' });
    const known = () => scrape(url, 'webhooks_known_event_types');
    while ((await known()) === 0) await pause(sampleEveryMs);
    const before = await published();
    const delaysBefore = (await loopDelaysOf(url)) ?? [];
    const startedAt = monotonicMs();
    await api.call('POST', '/v1/events', { type: broadcastType, data: { text: 'x'.repeat(dataBytes) } });
    let peakBytes = 0;
    for (let done = 0; done < webhooks; done = (await published()) - before) {
      if (harness.signal.aborted) throw new Stopped();
      if (monotonicMs() - startedAt > deadlineMs) {
        throw new StackFailure(
          `The broadcast became ${done} of ${webhooks} deliveries within ${deadlineMs / 1_000} s.`,
        );
      }
      peakBytes = Math.max(peakBytes, memoryOf(pids) ?? 0);
      step.progress(`${done} of ${webhooks} deliveries`);
      await pause(sampleEveryMs);
    }
    const seconds = (monotonicMs() - startedAt) / 1_000;
    const loopDelayMs = worstDelayMs(delaysBefore, (await loopDelaysOf(url)) ?? []);
    step.done(`fanned out in ${seconds.toFixed(1)} s`);
    return { seconds, peakBytes, loopDelayMs };
  } catch (error) {
    step.fail();
    throw error;
  }
}
