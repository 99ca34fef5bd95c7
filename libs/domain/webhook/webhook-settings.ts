/**
 * What the owner of a webhook sets. In: what was given, at creation or as a change. Out: the settings as they are
 * then. Holds: absent leaves a setting as it is, null takes it back to its default; members of headers, of labels and
 * of the retry policy change one by one (JSON Merge Patch, RFC 7396).
 */
import { changedLabels, type Labels, type LabelsPatch } from './labels.ts';
import { noAnswerCodes, type AnswerCode, type AnswerCodes } from '../delivery/answer-codes.ts';
import { maskedValue } from '../payload/mask.ts';
import type { Ordering, PayloadFormat, RetryPolicy, SignatureAlgorithm, TlsMaterial } from './webhook.ts';

export interface WebhookSettings extends AnswerCodes {
  readonly url: string;
  readonly eventTypes: readonly string[];
  readonly description: string | null;
  /** Its owner's, by name. */
  readonly labels: Labels;
  /** Its owner's name for it. */
  readonly externalId: string | null;
  /** In clear, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly filter: string | null;
  readonly ordering: Ordering;
  readonly maxInFlight: number;
  readonly rateLimitPerSecond: number | null;
  readonly timeoutMs: number;
  readonly retryPolicy: RetryPolicy;
  readonly format: PayloadFormat;
  /** Enable it again after good pings, when failures disabled it. */
  readonly autoHeal: boolean;
  /** Also when its endpoint said that it is gone. */
  readonly autoHealGone: boolean;
  /** In clear. */
  readonly tls: TlsMaterial | null;
}

/**
 * Stands for a value whose encryption key is gone: it is there, and nobody can read it. No value of a client, which has
 * no NUL: what comes back in its place is told apart.
 */
export const unreadableValue = '\0unreadable';

/** Settings that have a default of the operator. */
export interface WebhookDefaults {
  readonly timeoutMs: number;
  readonly retryPolicy: RetryPolicy;
  readonly signatureAlgorithm: SignatureAlgorithm;
}

export type GivenTls = { readonly [Name in keyof TlsMaterial]: string | null | undefined };

/** What a request gives: undefined is absent. */
export interface GivenSettings {
  readonly url?: string | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly description?: string | null | undefined;
  readonly labels?: LabelsPatch | undefined;
  readonly externalId?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string | null>> | null | undefined;
  /** A filter as JSON (libs/domain/filter/filter.ts). */
  readonly filter?: object | null | undefined;
  readonly ordering?: Ordering | null | undefined;
  readonly maxInFlight?: number | null | undefined;
  readonly rateLimitPerSecond?: number | null | undefined;
  readonly timeoutMs?: number | null | undefined;
  readonly retryPolicy?: Partial<RetryPolicy> | null | undefined;
  readonly successCodes?: readonly AnswerCode[] | null | undefined;
  readonly retryOn?: readonly AnswerCode[] | null | undefined;
  readonly failOn?: readonly AnswerCode[] | null | undefined;
  readonly format?: PayloadFormat | null | undefined;
  readonly autoHeal?: boolean | null | undefined;
  readonly autoHealGone?: boolean | null | undefined;
  readonly tls?: GivenTls | null | undefined;
}

const maxInFlightDefault = 10;

/** The settings that a new webhook begins with, before what its owner gives. */
export function initialSettings(
  url: string,
  eventTypes: readonly string[],
  defaults: WebhookDefaults,
): WebhookSettings {
  return {
    url,
    eventTypes,
    description: null,
    labels: {},
    externalId: null,
    headers: {},
    filter: null,
    ordering: 'inOrder',
    maxInFlight: maxInFlightDefault,
    rateLimitPerSecond: null,
    timeoutMs: defaults.timeoutMs,
    retryPolicy: defaults.retryPolicy,
    ...noAnswerCodes,
    format: 'json',
    autoHeal: true,
    autoHealGone: false,
    tls: null,
  };
}

/** A URL as it is called (WHATWG URL): what its owner reads is what the endpoint sees in the request line. */
export function calledUrl(written: string): string {
  const url = URL.parse(written);
  if (url === null) return written;
  const called = url.origin + url.pathname + url.search;
  // The one slash goes without saying.
  return called === `${written}/` ? written : called;
}

export function changedSettings(
  current: WebhookSettings,
  given: GivenSettings,
  defaults: WebhookDefaults,
): WebhookSettings {
  const initial = initialSettings(current.url, current.eventTypes, defaults);
  const pick = <Name extends keyof WebhookSettings>(name: Name, value: WebhookSettings[Name] | null | undefined) =>
    value === undefined ? current[name] : (value ?? initial[name]);
  return {
    url: given.url === undefined ? current.url : calledUrl(given.url),
    eventTypes: given.eventTypes ?? current.eventTypes,
    description: pick('description', given.description),
    labels: changedLabels(current.labels, given.labels),
    externalId: pick('externalId', given.externalId),
    headers: changedHeaders(current.headers, given.headers),
    filter: given.filter === undefined ? current.filter : given.filter === null ? null : JSON.stringify(given.filter),
    ordering: pick('ordering', given.ordering),
    maxInFlight: pick('maxInFlight', given.maxInFlight),
    rateLimitPerSecond: pick('rateLimitPerSecond', given.rateLimitPerSecond),
    timeoutMs: pick('timeoutMs', given.timeoutMs),
    retryPolicy: given.retryPolicy === null ? defaults.retryPolicy : { ...current.retryPolicy, ...given.retryPolicy },
    successCodes: pick('successCodes', given.successCodes),
    retryOn: pick('retryOn', given.retryOn),
    failOn: pick('failOn', given.failOn),
    format: pick('format', given.format),
    autoHeal: pick('autoHeal', given.autoHeal),
    autoHealGone: pick('autoHealGone', given.autoHealGone),
    tls: changedTls(current.tls, given.tls),
  };
}

/** Settings that are sealed at rest. */
export type SealedSetting = 'headers' | 'tls';

export function isSealedChanged(name: SealedSetting, current: WebhookSettings, after: WebhookSettings): boolean {
  return JSON.stringify(current[name]) !== JSON.stringify(after[name]);
}

/** What a change wants to keep beside what it replaces, and nobody can read: it cannot be sealed together with the rest. */
export function unreadableKept(current: WebhookSettings, after: WebhookSettings): [SealedSetting, member: string][] {
  const sealed: readonly SealedSetting[] = ['headers', 'tls'];
  return sealed
    .filter((name) => isSealedChanged(name, current, after))
    .flatMap((name) =>
      Object.entries(after[name] ?? {})
        .filter(([, value]) => value === unreadableValue)
        .map(([member]): [SealedSetting, string] => [name, member]),
    );
}

/** A header that comes back as it was shown, masked, keeps its value. */
function changedHeaders(
  current: WebhookSettings['headers'],
  given: GivenSettings['headers'],
): WebhookSettings['headers'] {
  if (given === undefined) return current;
  if (given === null) return {};
  const headers = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    if (value === null) headers.delete(lower);
    else if (value !== maskedValue || !headers.has(lower)) headers.set(lower, value);
  }
  return Object.fromEntries(headers);
}

/** Member by member; a key that comes back as it was shown, masked, stays. */
function changedTls(current: TlsMaterial | null, given: GivenSettings['tls']): TlsMaterial | null {
  if (given === undefined) return current;
  if (given === null) return null;
  const members = new Map(Object.entries(current ?? {}));
  for (const [name, value] of Object.entries(given)) {
    if (value === null) members.delete(name);
    else if (value !== undefined && (value !== maskedValue || !members.has(name))) members.set(name, value);
  }
  return members.size === 0 ? null : Object.fromEntries(members);
}
