/**
 * In: the answer to a change of a webhook. Out: the same, once the change counts for whatever is published from then on, or with
 * `inForce: false`. Holds: the wait begins when the change is committed. Under an Idempotency-Key that is with its answer, so
 * this comes around the interceptor of those; an answer that is given again is waited for again.
 */
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { concatMap, type Observable } from 'rxjs';
import type { Operation } from '../../../libs/api-contract/operation.ts';
import { DefinitionsInForce } from './definitions-in-force.ts';
import { operationOf } from '../http/route.ts';

interface ChangedWebhook {
  readonly id: string;
  /** Of a rewind, whose webhook has changed. */
  readonly filter?: { readonly webhookId?: unknown } | null;
  readonly inForce?: boolean;
}

@Injectable()
export class InForceInterceptor implements NestInterceptor {
  constructor(@Inject(DefinitionsInForce) private readonly definitions: Pick<DefinitionsInForce, 'isInForce'>) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!saysInForce(operationOf(context))) return next.handle();
    return next.handle().pipe(concatMap((answer: ChangedWebhook) => this.settled(answer)));
  }

  private async settled(webhook: ChangedWebhook): Promise<ChangedWebhook> {
    const named = webhook.filter?.webhookId;
    return (await this.definitions.isInForce(typeof named === 'string' ? named : webhook.id))
      ? webhook
      : { ...webhook, inForce: false };
  }
}

function saysInForce(operation: Operation | undefined): boolean {
  const { properties = {} } = (operation?.answer.schema ?? {}) as { readonly properties?: object };
  return 'inForce' in properties;
}
