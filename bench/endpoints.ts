/** Webhooks of a scenario: registered through the API, and waited for until fan-out and dispatch know them. */
import { setTimeout as pause } from 'node:timers/promises';
import { StackFailure, Stopped } from '../stack/failure.ts';
import { startStep } from '../stack/terminal.ts';
import type { Target } from './processes/load-questions.ts';
import type { Harness } from './harness.ts';

export interface Endpoint {
  /** In the path of its URL. */
  readonly number: number;
  readonly id: string;
  /** An event for this one alone, unless its event types are others. */
  readonly target: Target;
}

/** Fields of the webhook with this number, beside its URL. */
export type FieldsOf = (number: number) => object & { readonly eventTypes?: readonly string[] };

/** The type of events for this webhook alone. */
export function ownType(number: number): string {
  return `bench.w${number}`;
}

const atATime = 8;
const knownDeadlineMs = 30_000;

/** Numbers begin at 0, each webhook gets events of {@link ownType} unless `fieldsOf` says otherwise; the URL of a webhook is /w<number> at the receiver. @throws StackFailure, Stopped */
export async function registerEndpoints(
  harness: Harness,
  count: number,
  fieldsOf: FieldsOf = () => ({}),
): Promise<readonly Endpoint[]> {
  const step = startStep('Webhooks');
  const { api } = harness.system;
  try {
    const { id: clientId } = await api.call<{ id: string }>('POST', '/v1/clients', { name: 'bench' });
    const endpoints: Endpoint[] = [];
    let next = 0;
    const registerSome = async () => {
      while (next < count && !harness.signal.aborted) {
        const number = next;
        next += 1;
        const type = ownType(number);
        const body = { clientId, url: `${harness.origin}/w${number}`, eventTypes: [type], ...fieldsOf(number) };
        const { id } = await api.call<{ id: string }>('POST', '/v1/webhooks', body);
        endpoints[number] = { number, id, target: { clientId, type } };
        step.progress(`${next} of ${count}`);
      }
    };
    await Promise.all(Array.from({ length: atATime }, registerSome));
    await untilKnown(harness, count);
    step.done(`${count} registered`);
    return endpoints;
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** Resolves when every fanout and dispatcher knows so many webhooks. @throws StackFailure at the deadline, Stopped */
export async function untilKnown(harness: Harness, count: number, deadlineMs = knownDeadlineMs): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  const urls = [...harness.system.of('fanout'), ...harness.system.of('dispatcher')].map(({ process }) => process.url);
  for (;;) {
    const known = await Promise.all(urls.map(knownWebhooks));
    if (known.every((number) => number >= count)) return;
    if (harness.signal.aborted) throw new Stopped();
    if (Date.now() > deadline) {
      throw new StackFailure(`Only ${Math.min(...known)} of ${count} webhooks are known to all apps.`);
    }
    await pause(100);
  }
}

async function knownWebhooks(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const [, value = '0'] = /^webhooks_known_webhooks(?:\{.*\})? (\S+)$/m.exec(await response.text()) ?? [];
  return Number(value);
}
