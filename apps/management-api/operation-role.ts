/** Who may ask for an operation. */
import type { Operation } from '../../libs/api-contract/operation.ts';
import type { Caller } from './caller.ts';
import { notFound, ProblemError } from './problem-error.ts';

/** @throws ProblemError not_found, forbidden */
export function judgeRole(operation: Operation, caller: Caller, params: unknown): void {
  // Before the role: to a client, another one is nobody, whatever is asked of it.
  if (operation.path.startsWith('/v1/clients/{id}') && isStranger(caller, params)) throw notFound();
  if (!operation.roles.includes(caller.role)) {
    throw new ProblemError('forbidden', `A key of role ${caller.role} may not do that.`);
  }
  if (caller.scope === 'view' && !operation.isReading) {
    throw new ProblemError('forbidden', 'This portal session may look, and change or send nothing.');
  }
}

function isStranger(caller: Caller, params: unknown): boolean {
  return caller.role !== 'admin' && caller.clientId !== (params as { id?: unknown }).id;
}
