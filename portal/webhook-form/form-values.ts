/**
 * What a form of a webhook holds while somebody types, and the bodies that are sent of it. Pure. Numbers are texts here: what
 * is typed stays as it was typed until the server has judged it.
 */
import type { components } from '../../libs/api-client/generated/api.d.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';

type Webhook = components['schemas']['Webhook'];

/** A header or a label. */
export interface PairRow {
  readonly name: string;
  readonly value: string;
}

export interface FormValues {
  readonly url: string;
  readonly description: string;
  /** Separated by commas or blanks. */
  readonly eventTypes: string;
  /** JSON, or nothing for no filter. */
  readonly filter: string;
  readonly ordering: 'inOrder' | 'parallel' | 'strict';
  readonly maxInFlight: string;
  readonly rateLimitPerSecond: string;
  readonly timeoutMs: string;
  readonly format: 'json' | 'cloudevents' | 'form' | 'xml';
  readonly headers: readonly PairRow[];
  readonly maxAttempts: string;
  readonly baseDelayMs: string;
  readonly backoffFactor: string;
  readonly maxDelayMs: string;
  readonly autoHeal: boolean;
  readonly labels: readonly PairRow[];
  readonly externalId: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Of a new webhook only. */
export interface NewValues {
  readonly signatureAlgorithm: 'hmac-sha256' | 'ed25519';
  readonly secret: string;
  /** RFC 3339; empty: it begins with what comes. */
  readonly startFrom: string;
}

export type FieldName = keyof FormValues | keyof NewValues;

/** What a form begins with; numbers that are left empty are the defaults of the installation. */
export const emptyValues: FormValues = {
  url: '',
  description: '',
  eventTypes: '',
  filter: '',
  ordering: 'inOrder',
  maxInFlight: '',
  rateLimitPerSecond: '',
  timeoutMs: '',
  format: 'json',
  headers: [],
  maxAttempts: '',
  baseDelayMs: '',
  backoffFactor: '',
  maxDelayMs: '',
  autoHeal: true,
  labels: [],
  externalId: '',
  ca: '',
  cert: '',
  key: '',
};

export function valuesOf(webhook: Webhook): FormValues {
  const { retryPolicy, rateLimitPerSecond } = webhook;
  return {
    ...emptyValues,
    url: webhook.url,
    description: webhook.description ?? '',
    eventTypes: webhook.eventTypes.join(', '),
    filter: webhook.filter === null ? '' : JSON.stringify(webhook.filter, null, 2),
    ordering: webhook.ordering,
    maxInFlight: String(webhook.maxInFlight),
    rateLimitPerSecond: rateLimitPerSecond === null ? '' : String(rateLimitPerSecond),
    timeoutMs: String(webhook.timeoutMs),
    format: webhook.format,
    headers: rowsOf(webhook.headers),
    maxAttempts: String(retryPolicy.maxAttempts),
    baseDelayMs: String(retryPolicy.baseDelayMs),
    backoffFactor: String(retryPolicy.backoffFactor),
    maxDelayMs: String(retryPolicy.maxDelayMs),
    autoHeal: webhook.autoHeal,
    labels: rowsOf(webhook.labels),
    externalId: webhook.externalId ?? '',
  };
}

function rowsOf(pairs: Readonly<Record<string, string>>): readonly PairRow[] {
  return Object.entries(pairs).map(([name, value]) => ({ name, value }));
}

/** Rows without a name say nothing. */
function pairsOf(rows: readonly PairRow[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rows.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );
}

export type Body = Readonly<Record<string, unknown>>;

/** Each member of the body that the values make; empty texts are null or left out, as the API has them. */
export function bodyOf(values: FormValues): Body {
  const retryPolicy = withoutUndefined({
    maxAttempts: numberOf(values.maxAttempts),
    baseDelayMs: numberOf(values.baseDelayMs),
    backoffFactor: numberOf(values.backoffFactor),
    maxDelayMs: numberOf(values.maxDelayMs),
  });
  const tls = withoutUndefined({
    ca: textOf(values.ca),
    cert: textOf(values.cert),
    key: textOf(values.key),
  });
  return withoutUndefined({
    url: values.url.trim(),
    eventTypes: values.eventTypes.split(/[\s,]+/).filter((type) => type !== ''),
    description: values.description.trim() === '' ? null : values.description,
    filter: filterOf(values.filter),
    ordering: values.ordering,
    maxInFlight: values.ordering === 'parallel' ? numberOf(values.maxInFlight) : undefined,
    rateLimitPerSecond: numberOf(values.rateLimitPerSecond) ?? null,
    timeoutMs: numberOf(values.timeoutMs),
    format: values.format,
    headers: pairsOf(values.headers),
    retryPolicy: Object.keys(retryPolicy).length === 0 ? undefined : retryPolicy,
    autoHeal: values.autoHeal,
    labels: pairsOf(values.labels),
    externalId: textOf(values.externalId) ?? null,
    tls: Object.keys(tls).length === 0 ? undefined : tls,
  });
}

/** Only what differs: a merge patch (RFC 7396), in which a header or a label that went is null. */
export function patchOf(before: FormValues, after: FormValues): Body {
  const was = bodyOf(before);
  const is = bodyOf(after);
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(is)) {
    if (JSON.stringify(value) === JSON.stringify(was[name])) continue;
    patch[name] = pairNames.has(name) ? pairPatch(was[name], value) : value;
  }
  return patch;
}

const pairNames = new Set(['headers', 'labels']);

function pairPatch(before: unknown, after: unknown): Body {
  const was = before as Readonly<Record<string, string>>;
  const is = after as Readonly<Record<string, string>>;
  const gone = Object.keys(was).filter((name) => !Object.hasOwn(is, name));
  return { ...is, ...Object.fromEntries(gone.map((name) => [name, null])) };
}

/** What cannot be read is sent as it was typed: the server says what is wrong with it, at its field. */
function numberOf(text: string): number | string | undefined {
  const typed = text.trim();
  if (typed === '') return undefined;
  const number = Number(typed);
  return Number.isFinite(number) ? number : typed;
}

function textOf(text: string): string | undefined {
  return text.trim() === '' ? undefined : text;
}

function filterOf(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return parseLossless(text);
  } catch {
    return text;
  }
}

function withoutUndefined(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
