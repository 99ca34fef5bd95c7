/**
 * The settings of a webhook as its row has them: headers and TLS material are sealed. Holds: what a change does not touch
 * stays sealed as it is, so that a webhook whose encryption key is lost can be changed everywhere else.
 */
import type { ShownTls, TlsMaterial } from '../../domain/webhook/webhook.ts';
import { isSealedChanged, unreadableValue, type WebhookSettings } from '../../domain/webhook/webhook-settings.ts';
import { SecretBoxError, type SecretBox } from '../../runtime/secret-box.ts';
import type { WebhookRow } from '../entities/webhook.ts';

export interface SealingOptions {
  readonly secretBox: SecretBox;
  /** What is shown of headers and of TLS material (libs/sender, which this library may not import). */
  readonly maskHeaders: (headers: Readonly<Record<string, string>>) => Record<string, string>;
  readonly showTls: (tls: TlsMaterial) => ShownTls;
}

export class SealedSettings {
  private readonly options: SealingOptions;

  constructor(options: SealingOptions) {
    this.options = options;
  }

  /** In clear; of what no key opens, {@link unreadableValue} for each member that is shown. */
  of(row: WebhookRow): WebhookSettings {
    return {
      url: row.url,
      eventTypes: row.eventTypes,
      description: row.description ?? null,
      labels: row.labels,
      externalId: row.externalId ?? null,
      headers: this.members(row.sealedHeaders, row.maskedHeaders) ?? {},
      filter: row.filter ?? null,
      ordering: row.ordering,
      maxInFlight: row.maxInFlight,
      rateLimitPerSecond: row.rateLimitPerSecond ?? null,
      timeoutMs: row.timeoutMs,
      retryPolicy: row.retryPolicy,
      successCodes: row.successCodes,
      retryOn: row.retryOn,
      failOn: row.failOn,
      format: row.format,
      autoHeal: row.autoHeal,
      autoHealGone: row.autoHealGone,
      tls: this.members(row.sealedTls, row.shownTls ?? {}),
    };
  }

  columns(settings: WebhookSettings) {
    return { ...plainColumns(settings), ...this.headerColumns(settings), ...this.tlsColumns(settings) };
  }

  changedColumns(current: WebhookSettings, settings: WebhookSettings) {
    return {
      ...plainColumns(settings),
      ...(isSealedChanged('headers', current, settings) ? this.headerColumns(settings) : {}),
      ...(isSealedChanged('tls', current, settings) ? this.tlsColumns(settings) : {}),
    };
  }

  opens(sealed: string): boolean {
    return this.opened(sealed) !== null;
  }

  private headerColumns({ headers }: WebhookSettings) {
    const { secretBox, maskHeaders } = this.options;
    const hasHeaders = Object.keys(headers).length > 0;
    return {
      sealedHeaders: hasHeaders ? secretBox.seal(JSON.stringify(headers)) : null,
      maskedHeaders: maskHeaders(headers),
    };
  }

  private tlsColumns({ tls }: WebhookSettings) {
    const { secretBox, showTls } = this.options;
    return {
      sealedTls: tls === null ? null : secretBox.seal(JSON.stringify(tls)),
      shownTls: tls === null ? null : showTls(tls),
    };
  }

  private members(sealed: string | null | undefined, shown: object): Record<string, string> | null {
    if (sealed == null) return null;
    const text = this.opened(sealed);
    if (text !== null) return JSON.parse(text) as Record<string, string>;
    const there = Object.entries(shown).filter(([, value]) => value !== null);
    return Object.fromEntries(there.map(([name]) => [name, unreadableValue]));
  }

  /** Null when no key opens it. */
  private opened(sealed: string): string | null {
    try {
      return this.options.secretBox.open(sealed);
    } catch (error) {
      if (error instanceof SecretBoxError) return null;
      throw error;
    }
  }
}

function plainColumns({ headers: _, tls: __, eventTypes, labels, ...same }: WebhookSettings) {
  const { successCodes, retryOn, failOn } = same;
  const lists = { successCodes: [...successCodes], retryOn: [...retryOn], failOn: [...failOn] };
  return { ...same, ...lists, eventTypes: [...eventTypes], labels: { ...labels } };
}
