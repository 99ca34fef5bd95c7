/** Who may ask for an operation. */
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { capabilities, isWithin, type Capability } from '../../../libs/domain/access/capabilities.ts';
import { roleOf, type Caller } from './caller.ts';
import { notFound, ProblemError } from '../http/problem-error.ts';

const words = { api_key: 'key', portal: 'portal session', oidc: 'token' } as const;

/** @throws ProblemError not_found, forbidden */
export function judgeRole(operation: Operation, caller: Caller, params: unknown): void {
  // Before the role: to a client, another one is nobody, whatever is asked of it.
  if (operation.path.startsWith('/v1/clients/{id}') && isStranger(caller, params)) throw notFound();
  if (!operation.roles.includes(roleOf(caller))) {
    throw new ProblemError(
      'forbidden',
      `A ${caller.kind === 'oidc' ? 'token' : 'key'} of role ${caller.role} may not do that.`,
    );
  }
  const { needs } = operation;
  if (needs !== null) judgeCapability(caller, needs);
  else if (!operation.isReading) judgePublishing(caller);
}

/** What a role alone allows, all of a role can do: an operator who has a part of one publishes nothing. */
function judgePublishing({ kind, role, capabilities: held }: Caller): void {
  if (kind !== 'oidc' || role !== 'admin' || isWithin(capabilities, held)) return;
  throw new ProblemError('forbidden', 'The roles of this token are for a part of what an admin may.');
}

/** Of what an operation needs only for some of its bodies. @throws ProblemError forbidden */
export function judgeCapability({ kind, capabilities }: Caller, needed: Capability): void {
  if (capabilities.includes(needed)) return;
  throw new ProblemError('forbidden', `This ${words[kind]} lacks the capability ${needed}.`);
}

function isStranger(caller: Caller, params: unknown): boolean {
  return caller.role !== 'admin' && caller.clientId !== (params as { id?: unknown }).id;
}
