/** Lets a request through to its controller when it is what the operation takes; who asks was judged before it was read. */
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { allOperations } from '../../../libs/api-contract/operations.ts';
import { InputValidator, type FieldChecks } from '../../../libs/api-contract/validation.ts';
import { readCloudEvents, type CloudEventForm } from '../events/http-cloud-events.ts';
import { invalid, notFound } from '../http/problem-error.ts';
import { operationOf } from '../http/route.ts';

/** Injection token: checks of fields by operation id. */
export const FIELD_CHECKS = Symbol('field checks');
export type ChecksByOperation = Readonly<Record<string, FieldChecks>>;

@Injectable()
export class OperationGuard implements CanActivate {
  private readonly validators: ReadonlyMap<string, InputValidator>;

  constructor(@Inject(FIELD_CHECKS) checks: ChecksByOperation) {
    this.validators = new Map(
      allOperations.map((operation) => [operation.id, new InputValidator(operation, checks[operation.id])]),
    );
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const operation = operationOf(context);
    if (operation === undefined) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.operation !== operation) throw new Error('a request that was admitted to another operation');
    request.input = this.validInput(operation, request);
    return request.cloudEventForm === undefined || withCloudEvents(request, request.cloudEventForm);
  }

  private validInput(operation: Operation, request: FastifyRequest) {
    const validator = this.validators.get(operation.id);
    if (validator === undefined) throw new Error(`${operation.id} is not among the operations`);
    const validated = validator.validate({
      params: { ...(request.params as object) },
      query: { ...(request.query as object) },
      body: request.body ?? undefined,
      isOtherBody: request.cloudEventForm !== undefined,
    });
    switch (validated.kind) {
      case 'valid':
        return validated.input;
      case 'not_found':
        throw notFound();
      case 'invalid':
        throw invalid(validated.problems);
    }
  }
}

async function withCloudEvents(request: FastifyRequest, form: CloudEventForm): Promise<true> {
  const { headers, raw } = request;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const parts = { form, contentType: headers['content-type'], rawHeaders: raw.rawHeaders, body };
  request.cloudEvents = await readCloudEvents(parts);
  request.bodyHash = request.cloudEvents.hash;
  return true;
}
