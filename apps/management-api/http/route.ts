/** Binds a method of a controller to an operation: its route, its status, what it may rely on. */
import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { versionCondition } from '../../../libs/domain/access/entity-tag.ts';
import { scopeOf, type InputOf } from '../access/caller.ts';
import { newIdentity } from './request-identity.ts';
import { readBoundsOf } from '../access/request-reads.ts';

const operationKey = 'operation';

const methods = {
  get: RequestMethod.GET,
  post: RequestMethod.POST,
  put: RequestMethod.PUT,
  patch: RequestMethod.PATCH,
  delete: RequestMethod.DELETE,
} as const;

/** As the framework writes it. */
export function fastifyPath({ path }: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

export function Route(operation: Operation): MethodDecorator {
  return applyDecorators(
    RequestMapping({ path: fastifyPath(operation), method: methods[operation.method] }),
    HttpCode(operation.answer.status),
    SetMetadata(operationKey, operation),
  );
}

/** Undefined for routes that are no operations, such as health. */
export function operationOf(context: ExecutionContext): Operation | undefined {
  return Reflect.getMetadata(operationKey, context.getHandler()) as Operation | undefined;
}

/** The request as {@link InputOf} its operation: the guard has judged it. */
export const Input = createParamDecorator((_data: unknown, context: ExecutionContext): InputOf<Operation> => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { input, caller, ip, id, headers, cloudEvents = null, traceparent = null } = request;
  const { identity = newIdentity(Date.now()) } = request;
  if (input === undefined || caller === undefined) throw new Error('a route that no guard has judged');
  const { params, query, body } = input as Pick<InputOf<Operation>, 'params' | 'query' | 'body'>;
  const actor = { kind: caller.kind, id: caller.keyId, name: caller.name, address: ip, requestId: id } as const;
  const isMeant = versionCondition(headers['if-match']);
  const readBounds = readBoundsOf(request);
  const scope = scopeOf(caller);
  return { params, query, body, cloudEvents, caller, scope, actor, isMeant, traceparent, identity, readBounds };
});
