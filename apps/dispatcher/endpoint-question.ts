/**
 * In: a ping that asks an endpoint whether it wants deliveries. Out: the request to make of it, and its settlement by what was
 * answered. Holds: what has to come back is random and of this one request; nothing follows: who asked asks again.
 */
import { randomBytes } from 'node:crypto';
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { Settlement } from '../../libs/domain/delivery/settle.ts';
import {
  isVerification,
  judgeProof,
  proofRequest,
  readProofWish,
  type ProofRequest,
  type ProofWish,
} from '../../libs/domain/webhook/endpoint-proof.ts';
import type { WebhookDefinition } from '../../libs/domain/webhook/webhook.ts';

export interface EndpointQuestion {
  readonly wish: ProofWish;
  readonly challenge: string;
  readonly request: ProofRequest;
}

const challengeBytes = 32;

/** Null: it is no question, or none that this version knows. */
export function questionOf(
  delivery: Delivery,
  { id, rateLimitPerSecond }: Pick<WebhookDefinition, 'id' | 'rateLimitPerSecond'>,
): EndpointQuestion | null {
  const wish = isVerification(delivery) ? readProofWish(delivery.body) : null;
  if (wish === null) return null;
  const challenge = randomBytes(challengeBytes).toString('base64url');
  const request = proofRequest(wish, { webhookId: id, challenge, ratePerSecond: rateLimitPerSecond });
  return { wish, challenge, request };
}

/** An OPTIONS is no delivery: it carries what says who asks, and what the client added for whoever stands before its endpoint. */
export function headersOfQuestion({ request }: EndpointQuestion, ofPost: Readonly<Record<string, string>>) {
  if (request.method === 'POST') return { ...ofPost, ...request.headers };
  const kept = Object.entries(ofPost).filter(
    ([name]) => name === 'accept' || name === 'user-agent' || name === 'traceparent',
  );
  return { ...Object.fromEntries(kept), ...request.headers };
}

export function settleQuestion(settlement: Settlement, question: EndpointQuestion, result: AttemptResult): Settlement {
  const proof = judgeProof(question.wish, question.challenge, result);
  // Whatever its answer says of deliveries beside, this was none.
  const outcome = { ...settlement.outcome, disableWebhook: null, nextAttemptAt: null, provedEndpoint: proof.isProven };
  if (proof.isProven) {
    return {
      outcome: { ...outcome, status: 'delivered', reason: null, errorMessage: null },
      followUp: { kind: 'none' },
    };
  }
  const reason = outcome.reason ?? 'rejected';
  return {
    outcome: { ...outcome, status: 'failed_permanent', reason, errorMessage: proof.problem },
    followUp: { kind: 'none' },
  };
}
