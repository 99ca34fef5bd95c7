/**
 * In: a POST with an Idempotency-Key. Out: its answer, or the one that the first such request got. Holds: what was
 * done once is not done again under its key; what failed may be tried again.
 */
import { createHash } from 'node:crypto';
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { idempotencyKeyHeader } from '../../libs/api-contract/fields.ts';
import { parseLossless } from '../../libs/domain/lossless-json.ts';
import { IdempotencyStore, type IdempotentRequest } from '../../libs/postgres/idempotency-store.ts';
import { LOGGER } from '../../libs/runtime/app.module.ts';
import { errorFields, type Logger } from '../../libs/runtime/logger.ts';
import { heldUntilSettled } from './held-claim.ts';
import { WriteInDoubtError } from './kafka-writer.ts';
import { invalid, ProblemError } from './problem-error.ts';
import { operationOf } from './route.ts';

const keyPattern = new RegExp(idempotencyKeyHeader.pattern);

@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    @Inject(IdempotencyStore) private readonly store: IdempotencyStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    const operation = operationOf(context);
    if (key === undefined || operation?.method !== 'post') return next.handle();
    const work = () => firstValueFrom(next.handle(), { defaultValue: undefined });
    return from(this.once(requestOf(request, key), operation.answer.status, http.getResponse<FastifyReply>(), work));
  }

  private async once(
    request: IdempotentRequest,
    status: number,
    reply: FastifyReply,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const claim = await this.store.claim(request);
    switch (claim.kind) {
      case 'reused':
        throw new ProblemError('idempotency_key_reused');
      case 'in_progress':
        throw new ProblemError('idempotency_in_progress', undefined, { retryAfterS: 1 });
      case 'sealed':
        throw new ProblemError('idempotency_answer_lost');
      case 'answered':
        reply.header('idempotency-replayed', 'true');
        return parseLossless(claim.answer.body);
      case 'claimed':
        return this.first(request, status, work);
    }
  }

  private async first(request: IdempotentRequest, status: number, work: () => Promise<unknown>): Promise<unknown> {
    let answer: unknown;
    try {
      answer = await work();
    } catch (error) {
      if (error instanceof WriteInDoubtError) {
        const release = () => this.store.release(request);
        const renew = () => this.store.renew(request);
        void heldUntilSettled(error.settled, { renew, taken: release, notTaken: release });
        throw error;
      }
      await this.store.release(request).catch((lost: unknown) => {
        this.logger.warn(errorFields(lost), 'an idempotency key stays claimed for a minute');
      });
      throw error;
    }
    // Done is done: that the answer cannot be kept must not make it look undone.
    await this.store.keep(request, { status, body: JSON.stringify(answer ?? null) }).catch((lost: unknown) => {
      this.logger.warn(errorFields(lost), 'the answer to an idempotent request was not kept');
    });
    return answer;
  }
}

function requestOf(request: FastifyRequest, key: string | string[]): IdempotentRequest {
  if (typeof key !== 'string' || !keyPattern.test(key)) {
    const message = 'An Idempotency-Key has 1 to 255 printable ASCII characters.';
    throw invalid([{ path: '/Idempotency-Key', rule: 'pattern', message }]);
  }
  const { caller, method, url, bodyHash = '' } = request;
  const requestHash = createHash('sha256').update(`${method} ${url}\n${bodyHash}`).digest('hex');
  return { owner: caller?.keyId ?? '', key, requestHash };
}
