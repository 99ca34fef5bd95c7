/** Webhooks as screens read them. */
import type { Schemas } from '../api/api.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import { parsedUrl } from '../api/older-browsers.ts';
import { read, readText, type ListPage } from '../api/reads.ts';

/** With its health beside it where that was asked for. */
export type Webhook = Schemas['Webhook'];
export type WebhookStateName = NonNullable<Webhook['health']>['state'];

export interface WebhookFilters {
  readonly state: string;
  readonly q: string;
  readonly eventType: string;
}

export interface WebhookPlace {
  readonly cursor: string;
  readonly limit: number;
}

export function readWebhooks(
  { state, q, eventType }: WebhookFilters,
  { cursor, limit }: WebhookPlace,
  signal?: AbortSignal,
): Promise<ListPage<Webhook>> {
  const query = { include: 'health', state, q, eventType, cursor, limit };
  return read<ListPage<Webhook>>('/v1/webhooks', query, signal);
}

/** With its health. Its filter is read as it was written, long numbers too: what a form sends back is no other filter. */
export async function readWebhook(id: string, signal?: AbortSignal): Promise<Webhook> {
  return webhookOf(await readText(`/v1/webhooks/${encodeURIComponent(id)}`, { include: 'health' }, signal));
}

export function webhookOf(text: string): Webhook {
  return parseLossless(text) as Webhook;
}

export function webhookKey(id: string): readonly string[] {
  return ['webhook', id];
}

/** What is known of its state without its health: that it is off. */
export function stateOf({ health, isActive, disabledBy }: Webhook): WebhookStateName {
  if (health !== undefined) return health.state;
  if (disabledBy === 'unverified') return 'unverified';
  return isActive ? 'healthy' : 'disabled';
}

export interface EndpointParts {
  readonly host: string;
  /** Path and query. */
  readonly rest: string;
}

/** An address in two parts, never the address as something to open. */
export function endpointParts(url: string): EndpointParts {
  const parsed = parsedUrl(url);
  if (parsed === null) return { host: url, rest: '' };
  const start = url.indexOf(parsed.host);
  if (start === -1) return { host: parsed.host, rest: parsed.pathname + parsed.search };
  return { host: parsed.host, rest: url.slice(start + parsed.host.length) };
}
