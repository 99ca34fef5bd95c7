/**
 * Answers that are given again. In: who asks, under which key, for what. Out: go on, or the first answer. Holds: of
 * requests under one key at the same time, one goes on; answers are kept sealed, because some hold a secret.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { SecretBoxError, type SecretBox } from '../runtime/secret-box.ts';
import { readerOf } from './read.ts';

export interface IdempotentRequest {
  /** Whose key it is. */
  readonly owner: string;
  readonly key: string;
  /** SHA-256 of method, path and body, hexadecimal. */
  readonly requestHash: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

export type Claim =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'in_progress' }
  | { readonly kind: 'reused' }
  /** It was done, and no key opens its answer any more. */
  | { readonly kind: 'sealed' };

/** How long answers are kept: 24 h. */
const keepMs = 86_400_000;
/** A request that is not answered by then has died with its process. */
const abandonedMs = 60_000;

interface Row {
  readonly requestHash: string;
  readonly status: number | null;
  readonly body: string | null;
}

export class IdempotencyStore {
  private readonly em: EntityManager;
  private readonly secretBox: SecretBox;

  constructor(em: EntityManager, secretBox: SecretBox) {
    this.em = em;
    this.secretBox = secretBox;
  }

  async claim({ owner, key, requestHash }: IdempotentRequest): Promise<Claim> {
    const read = readerOf(this.em);
    const claimed = await read(claimSql, [owner, key, requestHash, keepMs / 1000, abandonedMs / 1000]);
    if (claimed.length > 0) return { kind: 'claimed' };
    const [row] = await read<Row>(
      `select request_hash as "requestHash", response_status as status, response_body as body
      from idempotency_key where owner = $1 and key = $2`,
      [owner, key],
    );
    // Gone in the meantime: whoever had it failed, so the next try will go on.
    if (row === undefined) return { kind: 'in_progress' };
    if (row.requestHash !== requestHash) return { kind: 'reused' };
    if (row.status === null || row.body === null) return { kind: 'in_progress' };
    try {
      return { kind: 'answered', answer: { status: row.status, body: this.secretBox.open(row.body) } };
    } catch (error) {
      if (error instanceof SecretBoxError) return { kind: 'sealed' };
      throw error;
    }
  }

  async keep({ owner, key }: IdempotentRequest, { status, body }: KeptAnswer): Promise<void> {
    await readerOf(this.em)(
      'update idempotency_key set response_status = $3, response_body = $4 where owner = $1 and key = $2',
      [owner, key, status, this.secretBox.seal(body)],
    );
  }

  /** It is still being found out what came of it. */
  async renew({ owner, key }: IdempotentRequest): Promise<void> {
    await readerOf(this.em)(
      'update idempotency_key set created_at = now() where owner = $1 and key = $2 and response_status is null',
      [owner, key],
    );
  }

  /** The request failed: the same may be tried again. */
  async release({ owner, key }: IdempotentRequest): Promise<void> {
    await readerOf(this.em)('delete from idempotency_key where owner = $1 and key = $2 and response_status is null', [
      owner,
      key,
    ]);
  }
}

/** By the clock of the database alone. A claim from the future is from before that clock was set back. */
const claimSql = `
insert into idempotency_key (owner, key, request_hash, created_at, expires_at)
values ($1, $2, $3, now(), now() + make_interval(secs => $4))
on conflict (owner, key) do update set
  request_hash = excluded.request_hash, response_status = null, response_headers = null, response_body = null,
  created_at = excluded.created_at, expires_at = excluded.expires_at
where idempotency_key.expires_at <= now()
  or (idempotency_key.response_status is null and idempotency_key.request_hash = excluded.request_hash
    and abs(extract(epoch from now() - idempotency_key.created_at)) >= $5)
returning 1`;
