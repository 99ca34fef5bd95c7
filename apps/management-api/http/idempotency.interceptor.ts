/**
 * In: a POST with an Idempotency-Key. Out: its answer, or the one that the first such request got. Holds: what was
 * done once is not done again under its key; what failed may be tried again, and makes the same then; a change in PostgreSQL
 * and its answer are committed together.
 */
import { createHash } from 'node:crypto';
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { idempotencyKeyHeader } from '../../../libs/api-contract/fields.ts';
import { parseLossless } from '../../../libs/domain/payload/lossless-json.ts';
import { committedWith } from '../../../libs/postgres/webhooks/held-change.ts';
import {
  IdempotencyStore,
  type HeldClaim,
  type IdempotentRequest,
  type KeptAnswer,
} from '../../../libs/postgres/access/idempotency-store.ts';
import { LOGGER } from '../../../libs/runtime/app.module.ts';
import { errorFields, type Logger } from '../../../libs/runtime/logger.ts';
import { heldUntilSettled } from './held-claim.ts';
import { WriteInDoubtError } from '../outbox/kafka-writer.ts';
import { invalid, ProblemError } from './problem-error.ts';
import { identityOf } from './request-identity.ts';
import { operationOf } from './route.ts';

const inDoubt = 'Kafka has not confirmed the first request with this Idempotency-Key yet: try again shortly.';
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
    const work = (claim: HeldClaim) => {
      request.identity = identityOf(claim);
      return firstValueFrom(next.handle(), { defaultValue: undefined });
    };
    return from(this.once(requestOf(request, key), operation.answer.status, http.getResponse<FastifyReply>(), work));
  }

  private async once(
    request: IdempotentRequest,
    status: number,
    reply: FastifyReply,
    work: (claim: HeldClaim) => Promise<unknown>,
  ): Promise<unknown> {
    const claim = await this.store.claim(request);
    switch (claim.kind) {
      case 'reused':
        throw new ProblemError('idempotency_key_reused');
      case 'in_progress':
        throw new ProblemError('idempotency_in_progress', undefined, { retryAfterS: 1 });
      case 'in_doubt':
        throw new ProblemError('idempotency_in_progress', inDoubt, { retryAfterS: 5 });
      case 'sealed':
        throw new ProblemError('idempotency_answer_lost');
      case 'answered':
        reply.header('idempotency-replayed', 'true');
        return parseLossless(claim.answer.body);
      case 'claimed':
        return this.first(claim.claim, { status, requestId: reply.request.id }, () => work(claim.claim));
    }
  }

  private async first(
    claim: HeldClaim,
    { status, requestId }: { readonly status: number; readonly requestId: string },
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const answerOf = (answer: unknown) => ({ status, body: JSON.stringify(answer ?? null) });
    try {
      return await committedWith(work, async (em, answer) => {
        if (em === null) await this.keptBeside(claim, answerOf(answer), requestId);
        else if (!(await this.store.keep(claim, answerOf(answer), em))) throw takenOver();
      });
    } catch (error) {
      if (error instanceof WriteInDoubtError) await this.hold(claim, error, answerOf);
      else {
        await this.store.release(claim).catch((lost: unknown) => {
          this.logger.warn({ requestId, ...errorFields(lost) }, 'an idempotency key stays claimed for a minute');
        });
      }
      throw error;
    }
  }

  /** Done is done: that the answer cannot be kept must not make it look undone. A repeat makes the same records. */
  private async keptBeside(claim: HeldClaim, answer: KeptAnswer, requestId: string): Promise<void> {
    await this.store.keep(claim, answer).catch((lost: unknown) => {
      this.logger.warn({ requestId, ...errorFields(lost) }, 'the answer to an idempotent request was not kept');
    });
  }

  /** Until it is known what Kafka did, nobody begins it again; then its answer is there, or it may be tried again. */
  private async hold(
    claim: HeldClaim,
    { settled, answer }: WriteInDoubtError,
    answerOf: (answer: unknown) => KeptAnswer,
  ): Promise<void> {
    const { store } = this;
    const renew = () => store.renew(claim);
    const notTaken = () => store.release(claim);
    const taken = answer === undefined ? notTaken : () => store.keep(claim, answerOf(answer));
    // At once: from the first moment whoever repeats it is told that it is in doubt.
    await renew().catch(() => undefined);
    void heldUntilSettled(settled, { renew, taken, notTaken });
  }
}

function takenOver(): ProblemError {
  const message =
    'It took so long that another request with this Idempotency-Key was accepted: this one changed nothing.';
  return new ProblemError('idempotency_in_progress', message, { retryAfterS: 1 });
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
