/**
 * Events with a number of their own for each of some webhooks at one receiver, and what the endpoints saw of them:
 * whether all came, in which order, and which came twice.
 */
import type { System } from './app-harness.ts';
import { cloudEvent, createWebhook, type TestClient, type TestWebhook } from './clients.ts';
import { registered } from './registered.ts';
import type { RawRecord } from './system-topics.ts';
import { startReceiver, type Answer, type ReceivedRequest } from './receivers/recording-receiver.ts';

const atATime = 16;

export interface NumberedStreamOptions {
  /** Tells the event types of one stream from those of another. */
  readonly name: string;
  readonly webhooks: number;
  /** Fields of each webhook beside url and eventTypes. */
  readonly fields?: object;
  /** In the data of each event beside its number. */
  readonly data?: object;
  /** Default: 200 at once. */
  readonly respond?: (request: NumberedRequest, index: number) => Answer;
  /** Default: the system's own plain client, which may write a record twice when a broker fails. */
  readonly publish?: (records: readonly KeyedRecord[]) => Promise<void>;
}

export interface KeyedRecord extends RawRecord {
  readonly key: string;
  readonly value: string;
}

export interface NumberedRequest {
  /** The webhook's place in the stream, from 0. */
  readonly webhook: number;
  /** The event's number at that webhook, from 0. */
  readonly n: number;
  /** From 1. */
  readonly attempt: number;
  /** The header `webhook-id`. */
  readonly deliveryId: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export class NumberedStream {
  readonly webhooks: readonly TestWebhook[];
  /** In the order in which they came. */
  readonly requests: readonly NumberedRequest[];
  /** Events published so far. */
  published = 0;
  private readonly write: (records: readonly KeyedRecord[]) => Promise<void>;
  private readonly client: TestClient;
  private readonly name: string;
  private readonly data: object;
  private readonly closeReceiver: () => Promise<void>;

  static async start(system: System, client: TestClient, options: NumberedStreamOptions): Promise<NumberedStream> {
    const requests: NumberedRequest[] = [];
    const receiver = await startReceiver({
      respond: (received) => {
        const request = numberedRequest(received);
        requests.push(request);
        return options.respond?.(request, requests.length - 1) ?? {};
      },
    });
    const webhooks: TestWebhook[] = [];
    await registered(system, options.webhooks, async () => {
      const create = (index: number) => {
        const url = `${receiver.url}/w${index}`;
        return createWebhook(system, client, { ...options.fields, url, eventTypes: [`${options.name}.w${index}`] });
      };
      // Each is answered when it counts, which takes a moment.
      while (webhooks.length < options.webhooks) {
        const count = Math.min(atATime, options.webhooks - webhooks.length);
        webhooks.push(...(await Promise.all(Array.from({ length: count }, (_, n) => create(webhooks.length + n)))));
      }
    });
    return new NumberedStream({
      client,
      name: options.name,
      data: options.data ?? {},
      publish: options.publish ?? ((records) => system.publishRaw(records)),
      webhooks,
      requests,
      close: () => receiver.close(),
    });
  }

  private constructor(parts: {
    client: TestClient;
    name: string;
    data: object;
    publish: (records: readonly KeyedRecord[]) => Promise<void>;
    webhooks: readonly TestWebhook[];
    requests: readonly NumberedRequest[];
    close: () => Promise<void>;
  }) {
    this.client = parts.client;
    this.name = parts.name;
    this.data = parts.data;
    this.write = parts.publish;
    this.webhooks = parts.webhooks;
    this.requests = parts.requests;
    this.closeReceiver = parts.close;
  }

  /** The next `perWebhook` numbers of every webhook, as fast as Kafka takes them; in order for each webhook. */
  async publish(perWebhook: number): Promise<void> {
    const start = this.published / this.webhooks.length;
    const records: KeyedRecord[] = [];
    for (let n = start; n < start + perWebhook; n += 1) {
      for (let index = 0; index < this.webhooks.length; index += 1) {
        const type = `${this.name}.w${index}`;
        const event = cloudEvent(this.client, { n, ...this.data }, { id: `${type}-${n}`, type });
        const headers = { 'content-type': 'application/cloudevents+json' };
        // One key for a webhook's events, so that the platform topic itself has an order to keep.
        records.push({ key: type, value: JSON.stringify(event), headers });
      }
    }
    this.published += records.length;
    await this.write(records);
  }

  /** Deliveries that came at least once. */
  get distinct(): number {
    return new Set(this.requests.map(({ deliveryId }) => deliveryId)).size;
  }

  /** Requests for a delivery that had been there before with the same attempt. */
  get repetitions(): readonly { readonly first: NumberedRequest; readonly again: NumberedRequest }[] {
    const seen = new Map<string, NumberedRequest>();
    const repetitions = [];
    for (const request of this.requests) {
      const key = `${request.deliveryId} ${request.attempt}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, request);
      else repetitions.push({ first, again: request });
    }
    return repetitions;
  }

  /** Numbers that came to the webhook as first attempts, in the order in which they came. */
  firstAttempts(webhook: number): number[] {
    return this.requests
      .filter((request) => request.webhook === webhook && request.attempt === 1)
      .map((request) => request.n);
  }

  close(): Promise<void> {
    return this.closeReceiver();
  }
}

/** The same numbers without those that had been there before. */
export function withoutRepetitions(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}

/** How often the numbers go back: a repetition after a crash takes the stream up again a few numbers before its end. */
export function stepsBack(numbers: readonly number[]): number {
  return numbers.filter((n, index) => n <= (numbers[index - 1] ?? -1)).length;
}

export function countingTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function numberedRequest({ at, path, headers, body }: ReceivedRequest): NumberedRequest {
  const { data } = JSON.parse(body.toString('utf8')) as { data: { n: number } };
  return {
    webhook: Number(/\/w(\d+)/.exec(path)?.[1]),
    n: data.n,
    attempt: Number(headers['x-deeperhub-attempt']),
    deliveryId: headers['webhook-id'] ?? '',
    at,
  };
}
