/**
 * In: the Authorization header, and the address it comes from. Out: who calls, or a refusal. Holds: nothing of a request is
 * read before it is known who sends it; a key that is revoked, or a portal session that was ended, is refused at its next
 * request, because that it was good is never taken for granted; what strangers may ask of the database is bounded.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { capabilities } from '../../../libs/domain/access/capabilities.ts';
import type { ApiKey, ApiKeyStore } from '../../../libs/postgres/access/api-key-store.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { portalTokenPrefix } from '../../../libs/domain/access/portal-session.ts';
import type { Caller } from './caller.ts';
import type { PortalSessions } from './portal-sessions.ts';
import { IssuerAway, restMs } from './issuer-keys.ts';
import { isSignedJwt, type OperatorTokens } from './operator-tokens.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { UnknownKeys } from './unknown-keys.ts';

export interface AuthenticationOptions {
  readonly keys: ApiKeyStore;
  readonly portalSessions: PortalSessions;
  readonly unknownKeys: UnknownKeys;
  readonly unknownTokens: UnknownKeys;
  /** Null: operators have keys alone. */
  readonly operatorTokens: OperatorTokens | null;
  /** ADMIN_API_KEY; null: no admin but those in the database. */
  readonly adminKey: string | null;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** A key's last use is written at most this often. */
const touchMs = 60_000;
const touchedMax = 10_000;

export class Authentication {
  private readonly options: AuthenticationOptions;
  private readonly adminHash: string | null;
  private readonly touchedAt = new Map<string, number>();

  constructor(options: AuthenticationOptions) {
    this.options = options;
    this.adminHash = options.adminKey === null ? null : hashOf(options.adminKey);
  }

  /**
   * @param address null: asked again for an answer that goes on
   * @throws ProblemError unauthenticated, rate_limited; forbidden and issuer_unavailable for tokens of operators
   */
  async callerOf(authorization: string | undefined, address: string | null): Promise<Caller> {
    const [, key] = /^Bearer +([\x21-\x7e]{1,8000}) *$/i.exec(authorization ?? '') ?? [];
    if (key === undefined) throw new ProblemError('unauthenticated', 'Send `Authorization: Bearer <key>`.');
    const hash = hashOf(key);
    if (key.startsWith(portalTokenPrefix)) return this.portalCaller(key, hash, address);
    if (this.adminHash !== null && timingSafeEqual(Buffer.from(hash), Buffer.from(this.adminHash)))
      return bootstrapAdmin;
    if (this.options.operatorTokens !== null && isSignedJwt(key))
      return this.operatorOf(this.options.operatorTokens, key, hash, address);
    const { keys, unknownKeys } = this.options;
    const found = await unknownKeys.look(hash, address, () => keys.findByHash(hash));
    if (found === null) throw new ProblemError('unauthenticated', 'This key is unknown or revoked.');
    this.touch(found.id);
    return keyCaller(found);
  }

  private async portalCaller(token: string, hash: string, address: string | null): Promise<Caller> {
    const { portalSessions, unknownKeys, now } = this.options;
    const session = portalSessions.read(token, now());
    const caller =
      session === null ? null : await unknownKeys.look(hash, address, () => portalSessions.callerOf(session));
    if (caller === null) throw new ProblemError('unauthenticated', 'This portal session is unknown or has ended.');
    return caller;
  }

  private async operatorOf(
    tokens: OperatorTokens,
    token: string,
    hash: string,
    address: string | null,
  ): Promise<Caller> {
    let reason = 'it was refused a moment ago';
    try {
      const caller = await this.options.unknownTokens.look(hash, address, async () => {
        const judged = await tokens.judge(token);
        if (judged.kind === 'operator') return judged.caller;
        if (judged.kind === 'no_role')
          throw new ProblemError('forbidden', 'None of the roles of this token is one here.');
        ({ reason } = judged);
        return null;
      });
      if (caller !== null) return caller;
    } catch (error) {
      if (!(error instanceof IssuerAway)) throw error;
      const detail = `The issuer of this token cannot be asked for its keys: ${error.message}.`;
      throw new ProblemError('issuer_unavailable', detail, { retryAfterS: restMs / 1_000, cause: error });
    }
    throw new ProblemError('unauthenticated', `This token is refused: ${reason}.`);
  }

  /** Beside the request: that it is not written delays nobody. */
  private touch(id: string): void {
    const now = monotonicMs();
    if (now - (this.touchedAt.get(id) ?? -Infinity) < touchMs) return;
    if (this.touchedAt.size >= touchedMax) this.touchedAt.clear();
    this.touchedAt.set(id, now);
    this.options.keys.touch(id, new Date(this.options.now())).catch((error: unknown) => {
      this.options.logger.warn({ keyId: id, ...errorFields(error) }, 'last use of a key was not written');
    });
  }
}

const bootstrapAdmin: Caller = {
  kind: 'api_key',
  keyId: 'ADMIN_API_KEY',
  name: 'ADMIN_API_KEY',
  role: 'admin',
  clientId: null,
  capabilities,
  expiresAt: null,
  grantedUntil: null,
  session: null,
};

function keyCaller({ id: keyId, name, role, clientId, capabilities: held, expiresAt }: ApiKey): Caller {
  const until = expiresAt?.getTime() ?? null;
  return {
    kind: 'api_key',
    keyId,
    name,
    role,
    clientId,
    capabilities: held,
    expiresAt: until,
    grantedUntil: until,
    session: null,
  };
}

/** SHA-256 is enough for a key of 256 random bits: there is nothing to guess that a slow hash would protect. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
