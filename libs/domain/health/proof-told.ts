/** What the outcomes of a batch say of whether an endpoint wants what is sent to it. Pure. */
import { isVerification, type Proof } from '../webhook/endpoint-proof.ts';
import type { ObservedOutcome } from '../delivery/outcome.ts';
import type { WatchedWebhook } from './webhook-health.ts';

/**
 * The last word, and when the endpoint was asked. Null: it was not asked, or at another URL than the present one; or it proved nothing, and
 * did not have to.
 */
export function proofTold(
  outcomes: readonly ObservedOutcome[],
  { isVerificationPending, targetVersion }: WatchedWebhook,
): (Proof & { readonly askedAt: number }) | null {
  const answers = outcomes.filter(
    (outcome) => isVerification(outcome) && (outcome.targetVersion ?? targetVersion) === targetVersion,
  );
  const last = answers.find(({ provedEndpoint }) => provedEndpoint === true) ?? answers.at(-1);
  if (last === undefined || (isVerificationPending !== true && last.provedEndpoint !== true)) return null;
  const { startedAt: askedAt, provedEndpoint, errorMessage, responseHeaders } = last;
  // Who does not know the question sends the ping as it is: whatever is answered to that proves nothing.
  if (provedEndpoint == null) {
    const problem = errorMessage ?? 'a dispatcher of an older version was to ask, which cannot';
    return { isProven: false, problem, askedAt };
  }
  if (!provedEndpoint) return { isProven: false, problem: errorMessage ?? 'it proved nothing', askedAt };
  return { isProven: true, allowedPerMinute: allowedPerMinuteOf(responseHeaders), askedAt };
}

function allowedPerMinuteOf(headers: ObservedOutcome['responseHeaders']): number | null {
  const said = headers['webhook-allowed-rate']?.trim() ?? '';
  return /^[1-9]\d{0,8}$/.test(said) ? Number(said) : null;
}
