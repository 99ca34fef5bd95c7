/**
 * Answers that are given again. In: who asks, under which key, for what. Out: go on, or the first answer. Holds: of
 * requests under one key at the same time, one goes on; whoever lost its claim can neither answer for it nor give it back;
 * answers are kept sealed, because some hold a secret.
 */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { SecretBoxError, type SecretBox } from '../../runtime/secret-box.ts';
import { runIn } from '../bulk.ts';
import { readerOf } from '../read.ts';

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

export interface HeldClaim extends IdempotentRequest {
  /** Names this try, and no other. */
  readonly token: string;
  /** When the first try of this request began, in Unix milliseconds by the database's clock. */
  readonly firstAt: number;
}

export type Claim =
  | { readonly kind: 'claimed'; readonly claim: HeldClaim }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'in_progress' }
  /** It was answered as unavailable, and what it asked for may still happen. */
  | { readonly kind: 'in_doubt' }
  | { readonly kind: 'reused' }
  /** It was done, and no key opens its answer any more. */
  | { readonly kind: 'sealed' };

/** How long answers are kept: 24 h. */
const keepMs = 86_400_000;
/** A request that is not answered by then has died with its process. */
const abandonedMs = 60_000;

interface Row {
  readonly requestHash: string;
  readonly state: 'working' | 'in_doubt' | 'free';
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

  async claim(request: IdempotentRequest): Promise<Claim> {
    const { owner, key, requestHash } = request;
    const read = readerOf(this.em);
    const token = randomUUID();
    const [claimed] = await read<{ firstAtMs: number }>(claimSql, [
      owner,
      key,
      requestHash,
      keepMs / 1000,
      abandonedMs / 1000,
      token,
    ]);
    if (claimed !== undefined) {
      return { kind: 'claimed', claim: { ...request, token, firstAt: Math.floor(claimed.firstAtMs) } };
    }
    const [row] = await read<Row>(
      `select request_hash as "requestHash", state, response_status as status, response_body as body
      from idempotency_key where owner = $1 and key = $2`,
      [owner, key],
    );
    // Gone in the meantime: whoever had it failed, so the next try will go on.
    if (row === undefined) return { kind: 'in_progress' };
    if (row.requestHash !== requestHash) return { kind: 'reused' };
    if (row.status === null || row.body === null) {
      return { kind: row.state === 'in_doubt' ? 'in_doubt' : 'in_progress' };
    }
    try {
      return { kind: 'answered', answer: { status: row.status, body: this.secretBox.open(row.body) } };
    } catch (error) {
      if (error instanceof SecretBoxError) return { kind: 'sealed' };
      throw error;
    }
  }

  /**
   * False when somebody else has claimed it meanwhile: what was done under it must not stand.
   * @param em the transaction of the change; null: there is none
   */
  async keep(claim: HeldClaim, { status, body }: KeptAnswer, em: EntityManager | null = null): Promise<boolean> {
    const run = em === null ? readerOf(this.em) : runIn(em);
    const kept = await run(
      `update idempotency_key set response_status = $4, response_body = $5 where ${isHeld} returning 1 as kept`,
      [...nameOf(claim), status, this.secretBox.seal(body)],
    );
    return kept.length > 0;
  }

  /** It is still being found out what came of it. */
  async renew(claim: HeldClaim): Promise<void> {
    await readerOf(this.em)(
      `update idempotency_key set created_at = now(), state = 'in_doubt' where ${isHeld}`,
      nameOf(claim),
    );
  }

  /** The request failed: it may be tried again, and makes the same then. Another one may take its key. */
  async release(claim: HeldClaim): Promise<void> {
    await readerOf(this.em)(
      `update idempotency_key set state = 'free', claimed_by = null where ${isHeld}`,
      nameOf(claim),
    );
  }
}

const isHeld = 'owner = $1 and key = $2 and claimed_by = $3 and response_status is null';

function nameOf({ owner, key, token }: HeldClaim): string[] {
  return [owner, key, token];
}

/** By the clock of the database alone. A claim from the future is from before that clock was set back. */
const claimSql = `
insert into idempotency_key as kept (owner, key, request_hash, claimed_by, state, first_at, created_at, expires_at)
values ($1, $2, $3, $6, 'working', now(), now(), now() + make_interval(secs => $4))
on conflict (owner, key) do update set
  request_hash = excluded.request_hash, response_status = null, response_headers = null, response_body = null,
  claimed_by = excluded.claimed_by, state = excluded.state,
  first_at = case when kept.expires_at > now() and kept.request_hash = excluded.request_hash
    then coalesce(kept.first_at, kept.created_at) else excluded.first_at end,
  created_at = excluded.created_at, expires_at = excluded.expires_at
where kept.expires_at <= now()
  or (kept.response_status is null and kept.state = 'free')
  or (kept.response_status is null and kept.request_hash = excluded.request_hash
    and abs(extract(epoch from now() - kept.created_at)) >= $5)
returning (extract(epoch from first_at) * 1000)::float8 as "firstAtMs"`;
