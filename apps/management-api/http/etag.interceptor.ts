/** Sets the ETag of answers that have a version, those included that an Idempotency-Key gives again. */
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { tap, type Observable } from 'rxjs';
import { entityTag } from '../../../libs/domain/access/entity-tag.ts';
import { operationOf } from './route.ts';

@Injectable()
export class EtagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const operation = operationOf(context);
    if (operation?.isVersioned !== true) return next.handle();
    const { versionField } = operation;
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((answer: unknown) => {
        reply.header('etag', entityTag(Number((answer as Record<string, unknown>)[versionField])));
      }),
    );
  }
}
