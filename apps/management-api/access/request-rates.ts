/** How often each key may ask. Keys of operators and of platform services have a limit of their own, and so have keys that nobody has. */
import { keyRoles } from '../../../libs/api-contract/operation.ts';
import { RequestRate } from '../../../libs/domain/access/request-rate.ts';
import type { CounterMetric, Metrics } from '../../../libs/runtime/metrics.ts';
import type { Caller } from './caller.ts';
import type { ManagementApiConfig } from '../config.ts';
import { ProblemError } from '../http/problem-error.ts';
import { UnknownKeys } from './unknown-keys.ts';

/** In place of a role. */
const unknown = 'unknown';

export class RequestRates {
  private readonly ofClients: Limited;
  private readonly ofOperators: Limited;
  private readonly refused: CounterMetric;
  readonly unknownKeys: UnknownKeys;
  /** Of their own: while an issuer is silent, keys are looked up as ever. */
  readonly unknownTokens: UnknownKeys;

  constructor(config: ManagementApiConfig, metrics: Metrics) {
    const seconds = config.API_RATE_LIMIT_BURST_SECONDS;
    const limited = (perSecond: number): Limited => {
      const burst = Math.ceil(perSecond * seconds);
      return { rate: new RequestRate({ perSecond, burst }), policy: policyOf(Math.max(1, burst), perSecond) };
    };
    this.ofClients = limited(config.API_RATE_LIMIT_PER_SECOND);
    this.ofOperators = limited(config.API_RATE_LIMIT_OPERATOR_PER_SECOND);
    this.refused = metrics.counter('api_rate_limited_total', 'Requests that a rate limit refused', ['role']);
    this.refused.zero([...keyRoles, unknown].map((role) => ({ role })));
    const perSecond = config.API_RATE_LIMIT_UNKNOWN_PER_SECOND;
    const ofStrangers = {
      perSecond,
      burst: Math.ceil(perSecond * seconds),
      onLimited: () => {
        this.refused.inc({ role: unknown });
      },
    };
    this.unknownKeys = new UnknownKeys(ofStrangers);
    this.unknownTokens = new UnknownKeys(ofStrangers);
  }

  /** The problem is rate_limited; the headers say how things stand, whether there is one or not. */
  take(caller: Caller, now: number): { readonly problem: ProblemError | null; readonly headers: RateHeaders } {
    const { rate, policy } = caller.clientId === null ? this.ofOperators : this.ofClients;
    // A key that opens sessions has one share with them: else each would be another.
    const owner = caller.session?.openedBy ?? caller.keyId;
    const waitMs = rate.take(owner, now);
    const left = rate.left(owner, now);
    const headers = left === null ? {} : { 'ratelimit-policy': policy, ratelimit: standingOf(left) };
    if (waitMs === null) return { problem: null, headers };
    this.refused.inc({ role: caller.role });
    const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000));
    return { problem: new ProblemError('rate_limited', undefined, { retryAfterS }), headers };
  }
}

interface Limited {
  readonly rate: RequestRate;
  readonly policy: string;
}

type RateHeaders = Readonly<Record<string, string>>;

/** draft-ietf-httpapi-ratelimit-headers-11: a burst of `q` requests, all of which come back within `w` seconds. */
function policyOf(burst: number, perSecond: number): string {
  return `"key";q=${burst};w=${Math.max(1, Math.ceil(burst / perSecond))}`;
}

/** The same draft: `r` requests are left, and all are there again after `t` seconds. */
function standingOf({ requests, fullInMs }: { readonly requests: number; readonly fullInMs: number }): string {
  return `"key";r=${requests};t=${Math.ceil(fullInMs / 1000)}`;
}
