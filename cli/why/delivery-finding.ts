/** In: a delivery as the API has it. Out: how it stands, and why. Pure. */
import type { ApiSchemas } from '../../libs/api-client/api-client.ts';
import { finding, type Finding } from './finding.ts';

type Delivery = ApiSchemas['DeliveryDetail'];
type Attempt = ApiSchemas['Attempt'];

export function deliveryFinding(delivery: Delivery): Finding {
  const { id: deliveryId, webhookId, status, attempts } = delivery;
  const last = attempts.at(-1);
  const of = { webhookId, deliveryId };
  const tried = last === undefined ? [] : [lastWords(last, attempts.length)];
  if (status === 'delivered') {
    const when = delivery.lastAttemptAt ?? delivery.createdAt;
    const says = `${webhookId} took it at ${when}${attempts.length > 1 ? `, at attempt ${attempts.length}` : ''}.`;
    return finding({ ...of, verdict: 'delivered', says, details: tried });
  }
  if (status === 'failed_permanent') {
    const reason = delivery.reason ?? 'unknown';
    const says = `${webhookId} did not take it, and nothing follows: ${endWords[reason] ?? reason}.`;
    const remedy = `Once the endpoint is mended: deeperhub-webhooks deliveries resend ${deliveryId}`;
    return finding({ ...of, verdict: 'failed', says, details: tried, remedy });
  }
  const { by = 'turn', until = null, deliveryId: blockingId = null } = delivery.heldBy ?? {};
  return finding({
    ...of,
    verdict: 'held',
    says: `${webhookId} has yet to get it: ${holdWords(by, until, blockingId)}.`,
    details: tried,
    remedy: remedyOf(by, delivery, blockingId),
    heldBy: by,
    until,
  });
}

function holdWords(by: string, until: string | null, blockingId: string | null): string {
  const end = until === null ? '' : ` until ${until}`;
  switch (by) {
    case 'retry':
      return `its last attempt failed, the next one follows at ${until ?? 'a time to come'}`;
    case 'order':
      return `its webhook is strict, and delivery ${blockingId ?? 'before it'} has to be settled first`;
    case 'breaker':
      return `the circuit breaker is open${end}, because attempts failed of late`;
    case 'pause':
      return `its webhook is paused${end}`;
    case 'recovery':
      return `its webhook recovers${end}, and takes more and more meanwhile`;
    case 'rate':
      return 'more waits than its rate limit lets through';
    default:
      return 'its attempt is under way, or waits for its turn: behind others of its webhook, for a place at the origin of its endpoint, or for the share of its client';
  }
}

function remedyOf(by: string, { webhookId, clientId }: Delivery, blockingId: string | null): string | null {
  if (by === 'order') return `Why that one is not settled: deeperhub-webhooks why ${blockingId ?? webhookId}`;
  if (by === 'breaker' || by === 'retry') return `How the endpoint is doing: deeperhub-webhooks health ${webhookId}`;
  if (by === 'pause') {
    const suspended = `or, where client ${clientId} is suspended: deeperhub-webhooks clients reactivate ${clientId}`;
    return `Resume it: deeperhub-webhooks webhooks resume ${webhookId}, ${suspended}`;
  }
  if (by === 'rate') return `Raise rateLimitPerSecond: deeperhub-webhooks webhooks change ${webhookId} --data '{…}'`;
  return null;
}

const endWords: Readonly<Record<string, string>> = {
  exhausted: 'all attempts of its retry policy failed',
  expired: 'it waited longer than DELIVERY_MAX_AGE_HOURS',
  gone: 'the endpoint answered 410, which asks for no more',
  disabled: 'the webhook was disabled before it could be sent',
  deleted: 'the webhook was deleted before it could be sent',
  refused_address: 'the address of the endpoint is one that may not be called',
  payload_too_large: 'the endpoint takes no payload of this size',
  rejected: 'the endpoint refused it',
};

function lastWords(attempt: Attempt, count: number): string {
  const { responseCode, error, startedAt, latencyMs } = attempt;
  const answer =
    responseCode === null ? `${error?.kind ?? 'no answer'}: ${error?.message ?? ''}` : `HTTP ${responseCode}`;
  const took = latencyMs === null ? '' : ` in ${latencyMs} ms`;
  return `attempt ${count} at ${startedAt}: ${answer}${took}`;
}
