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
  private readonly ofClients: RequestRate;
  private readonly ofOperators: RequestRate;
  private readonly refused: CounterMetric;
  readonly unknownKeys: UnknownKeys;

  constructor(config: ManagementApiConfig, metrics: Metrics) {
    const seconds = config.API_RATE_LIMIT_BURST_SECONDS;
    const limited = (perSecond: number) => new RequestRate({ perSecond, burst: Math.ceil(perSecond * seconds) });
    this.ofClients = limited(config.API_RATE_LIMIT_PER_SECOND);
    this.ofOperators = limited(config.API_RATE_LIMIT_OPERATOR_PER_SECOND);
    this.refused = metrics.counter('api_rate_limited_total', 'Requests that a rate limit refused', ['role']);
    this.refused.zero([...keyRoles, unknown].map((role) => ({ role })));
    const perSecond = config.API_RATE_LIMIT_UNKNOWN_PER_SECOND;
    this.unknownKeys = new UnknownKeys({
      perSecond,
      burst: Math.ceil(perSecond * seconds),
      onLimited: () => {
        this.refused.inc({ role: unknown });
      },
    });
  }

  /** @throws ProblemError rate_limited */
  take(caller: Caller, now: number): void {
    const rate = caller.clientId === null ? this.ofOperators : this.ofClients;
    // A key that opens sessions has one share with them: else each would be another.
    const waitMs = rate.take(caller.session?.openedBy ?? caller.keyId, now);
    if (waitMs === null) return;
    this.refused.inc({ role: caller.role });
    throw new ProblemError('rate_limited', undefined, { retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}
