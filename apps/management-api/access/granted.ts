/** What whoever asks may hand on: nothing that it cannot do itself, and for no longer. */
import {
  capabilitiesOfScope,
  commonCapabilities,
  isWithin,
  type Capability,
  type PortalScope,
} from '../../../libs/domain/access/capabilities.ts';
import type { Caller } from './caller.ts';
import { invalid } from '../http/problem-error.ts';

export interface WantedCapabilities {
  readonly scope?: PortalScope | undefined;
  readonly capabilities?: readonly Capability[] | undefined;
}

/**
 * @param most what can be had at all
 * @throws ProblemError validation_failed for capabilities that were named and cannot be had
 */
export function grantedCapabilities(
  { scope, capabilities }: WantedCapabilities,
  caller: Pick<Caller, 'capabilities'>,
  most: readonly Capability[],
): readonly Capability[] {
  const within = commonCapabilities(most, caller.capabilities);
  const ofScope = scope === undefined ? within : commonCapabilities(within, capabilitiesOfScope[scope]);
  if (capabilities === undefined) return ofScope;
  if (isWithin(capabilities, ofScope)) return commonCapabilities(capabilities, ofScope);
  const message = `Only ${ofScope.join(', ') || 'none'} of these can be granted here.`;
  throw invalid([{ path: '/capabilities', rule: 'capabilities', message }]);
}

/** @throws ProblemError validation_failed for a time that is past, or later than whoever asks lasts */
export function grantedEnd(
  wanted: string | undefined,
  { grantedUntil }: Pick<Caller, 'grantedUntil'>,
  now: number,
): Date | null {
  if (wanted === undefined) return grantedUntil === null ? null : new Date(grantedUntil);
  const end = Date.parse(wanted);
  if (end > now && end <= (grantedUntil ?? Infinity)) return new Date(end);
  const message =
    end > now ? 'It cannot last longer than the key or session that creates it.' : 'This time is in the past.';
  throw invalid([{ path: '/expiresAt', rule: 'expiresAt', message }]);
}
