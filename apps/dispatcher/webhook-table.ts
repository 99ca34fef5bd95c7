/**
 * In: webhook.definitions, live. Out: a webhook ready to be sent to, secrets opened at its first delivery.
 * Holds: what is known here is never older than a second; a hundred thousand webhooks at rest cost their definition only.
 */
import type { WebhookDefinition } from '../../libs/domain/webhook/webhook.ts';
import { prepareSigningKey, type SigningKey } from '../../libs/domain/signature/signature.ts';
import { SecretBoxError, type SecretBox } from '../../libs/runtime/secret-box.ts';

export interface ReadyWebhook {
  readonly definition: WebhookDefinition;
  readonly origin: string;
  readonly host: string;
  readonly keys: readonly { readonly key: SigningKey; readonly expiresAt: number | null }[];
  /**
   * That the client added; names in lower case, so that one of ours takes the place of another spelling. Null: none, which
   * is what almost all have.
   */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly tls: TlsMaterial | null;
  /** Why nothing can be signed for it: its secrets do not open. Null when all is well. */
  readonly problem: string | null;
}

export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

interface Row {
  definition: WebhookDefinition;
  ready: ReadyWebhook | null;
}

/** Forgetting one costs its deliveries a short wait, no more. */
const deletedMax = 10_000;

export class WebhookTable {
  private readonly rows = new Map<string, Row>();
  private readonly deleted = new Set<string>();
  private readonly secretBox: SecretBox;

  constructor(secretBox: SecretBox) {
    this.secretBox = secretBox;
  }

  get size(): number {
    return this.rows.size;
  }

  /** Answers whether its endpoint is another one now, or is no longer used: what was learnt of it is void. */
  apply(webhookId: string, definition: WebhookDefinition | null): boolean {
    const before = this.rows.get(webhookId)?.definition;
    if (definition === null) {
      this.rows.delete(webhookId);
      if (this.deleted.size >= deletedMax) this.deleted.clear();
      this.deleted.add(webhookId);
      return true;
    }
    this.deleted.delete(webhookId);
    this.rows.set(webhookId, { definition, ready: null });
    return before !== undefined && (before.url !== definition.url || !definition.isActive);
  }

  /** The version in which it got its present URL; null when there is no such webhook (any more). */
  targetVersionOf(webhookId: string): number | null {
    return this.rows.get(webhookId)?.definition.targetVersion ?? null;
  }

  /** True when its deletion was read: it is not one whose definition is still on its way. */
  isDeleted(webhookId: string): boolean {
    return this.deleted.has(webhookId);
  }

  /** Undefined when there is no such webhook (any more). */
  find(webhookId: string): ReadyWebhook | undefined {
    const row = this.rows.get(webhookId);
    if (row === undefined) return undefined;
    row.ready ??= this.prepare(row.definition);
    return row.ready;
  }

  private prepare(definition: WebhookDefinition): ReadyWebhook {
    const { origin, host } = new URL(definition.url);
    const bare = { definition, origin, host, keys: [], headers: null, tls: null };
    try {
      return { ...bare, ...this.open(definition), problem: null };
    } catch (error) {
      return { ...bare, problem: error instanceof Error ? error.message : String(error) };
    }
  }

  /** @throws SecretBoxError or SecretFormatError when a secret does not open with our keys or is none */
  private open(definition: WebhookDefinition): Pick<ReadyWebhook, 'keys' | 'headers' | 'tls'> {
    const keys = definition.secrets.map((secret) => ({
      key: prepareSigningKey(this.openSealed(secret.sealed, 'a signing secret')),
      expiresAt: secret.expiresAt,
    }));
    return {
      keys,
      headers: inLowerCase(this.openJson(definition.sealedHeaders, 'its headers') as Record<string, string> | null),
      tls: this.openJson(definition.sealedTls, 'its TLS material') as TlsMaterial | null,
    };
  }

  private openJson(sealed: string | null, what: string): unknown {
    return sealed === null ? null : JSON.parse(this.openSealed(sealed, what));
  }

  /** @throws SecretBoxError that says what has to be replaced, for whoever reads the history */
  private openSealed(sealed: string, what: string): string {
    try {
      return this.secretBox.open(sealed);
    } catch (cause) {
      if (!(cause instanceof SecretBoxError)) throw cause;
      throw new SecretBoxError(`${what} cannot be opened (${cause.message}): replace it`, { cause });
    }
  }
}

function inLowerCase(headers: Readonly<Record<string, string>> | null): Record<string, string> | null {
  if (headers === null || Object.keys(headers).length === 0) return null;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
