/**
 * In: one delivery and its webhook. Out: the settlement of one attempt: its outcome and what follows.
 * Holds: one POST (sent on another connection only when the kept one did not take it whole), or none with the reason;
 * every live secret signs; it never rejects.
 */
import type { AttemptResult } from '../../libs/domain/delivery/attempt.ts';
import type { Delivery } from '../../libs/domain/delivery/delivery.ts';
import type { PermanentReason } from '../../libs/domain/delivery/outcome-reason.ts';
import { isRefusal, type RefusalGrace } from '../../libs/domain/access/refusal.ts';
import { acceptAll, maskHeaders } from '../../libs/domain/payload/request-headers.ts';
import { settleAttempt, settleWithoutPost, type Settlement } from '../../libs/domain/delivery/settle.ts';
import { signSimple, signStandardWebhooks } from '../../libs/domain/signature/signature.ts';
import { pausedMsBetween } from '../../libs/domain/webhook/pause.ts';
import type { Tracer } from '../../libs/runtime/tracing.ts';
import { withoutEchoes } from '../../libs/sender/echoed-headers.ts';
import type { HttpSender } from '../../libs/sender/http-attempt.ts';
import { isVerification, readProofWish, unprovenReason } from '../../libs/domain/webhook/endpoint-proof.ts';
import { endAttempt, startAttempt } from './attempt-span.ts';
import { headersOfQuestion, questionOf, settleQuestion } from './endpoint-question.ts';
import type { ReadyWebhook } from './webhook-table.ts';

export interface PostOptions {
  readonly sender: HttpSender;
  readonly userAgent: string;
  /** Name of the second signature header in lower case; empty: off. */
  readonly signatureHeader: string;
  readonly deliveryAgeMsMax: number;
  /** The same webhook as it is once all is known that was before the delivery was made: it may have been enabled. Default: it is. */
  readonly confirmed?: (webhook: ReadyWebhook) => Promise<ReadyWebhook | undefined>;
  /** Of a webhook whose endpoint refused just now. */
  readonly graceOf: (webhook: ReadyWebhook) => RefusalGrace;
  /** The longest that Retry-After is followed, for webhooks that keep an order and for others. */
  readonly retryAfterMsMax: { readonly ordered: number; readonly parallel: number };
  readonly attemptStarted: (webhook: ReadyWebhook, delivery: Delivery) => void;
  readonly attemptEnded: (webhook: ReadyWebhook, result: AttemptResult, delivery: Delivery) => void;
  readonly now: () => number;
  readonly random: () => number;
  readonly tracer?: Tracer | undefined;
}

interface AttemptStart {
  readonly now: number;
  readonly traceparent: string | null;
}

type Refusal = { readonly reason: PermanentReason; readonly message: string };

export class Post {
  private readonly options: PostOptions;

  constructor(options: PostOptions) {
    this.options = options;
  }

  async run(delivery: Delivery, known: ReadyWebhook | undefined): Promise<Settlement> {
    const { confirmed } = this.options;
    const isDoubtful = confirmed !== undefined && known?.definition.isActive === false && delivery.kind !== 'ping';
    const webhook = isDoubtful ? await confirmed(known) : known;
    const now = this.options.now();
    if (webhook === undefined)
      return this.refuse(delivery, { reason: 'deleted', message: 'the webhook was deleted' }, now);
    const refusal = this.refusalOf(delivery, webhook, now);
    return refusal === null ? this.send(delivery, webhook, now) : this.refuse(delivery, refusal, now);
  }

  private refuse(delivery: Delivery, { reason, message }: Refusal, now: number): Settlement {
    const settlement = settleWithoutPost(delivery, reason, message, now);
    const span = startAttempt(this.options.tracer, delivery, undefined);
    return span === null ? settlement : { ...settlement, outcome: endAttempt(span, settlement.outcome) };
  }

  private refusalOf(delivery: Delivery, webhook: ReadyWebhook, now: number): Refusal | null {
    const { isActive, disabledBy, disabledReason } = webhook.definition;
    if (disabledBy === 'unverified' && !isVerification(delivery))
      return { reason: 'disabled', message: unprovenReason };
    if (isVerification(delivery) && readProofWish(delivery.body) === null) {
      return { reason: 'disabled', message: 'it asks in a way that this version does not know' };
    }
    // A ping finds out whether a disabled webhook could be enabled again, and a test does so for whoever sends it.
    if (!isActive && delivery.kind !== 'ping' && delivery.kind !== 'test') {
      return { reason: 'disabled', message: disabledReason ?? 'the webhook is disabled' };
    }
    const ageMs = now - delivery.createdAt - pausedMsBetween(webhook.definition, delivery.createdAt, now);
    if (ageMs > this.options.deliveryAgeMsMax) {
      return { reason: 'expired', message: 'it waited longer than DELIVERY_MAX_AGE_HOURS' };
    }
    if (webhook.problem !== null) return { reason: 'signing_failed', message: webhook.problem };
    return null;
  }

  private async send(asked: Delivery, webhook: ReadyWebhook, startedAt: number): Promise<Settlement> {
    const question = questionOf(asked, webhook.definition);
    const delivery = question === null ? asked : { ...asked, body: question.request.body };
    const span = startAttempt(this.options.tracer, delivery, webhook);
    const traceparent = span?.isSampled === true ? span.traceparent : delivery.traceparent;
    const ofPost = this.headersOf(delivery, webhook, { now: startedAt, traceparent });
    const own = question === null ? ofPost : headersOfQuestion(question, ofPost);
    const added = traceparent === null || webhook.headers === null ? webhook.headers : withoutTrace(webhook.headers);
    this.options.attemptStarted(webhook, delivery);
    const { definition } = webhook;
    const answer = await this.options.sender.send({
      url: definition.url,
      // The client's own headers come first, so none of them can stand in for one of ours.
      headers: added === null ? own : { ...added, ...own },
      body: delivery.body,
      ...(question === null ? {} : { method: question.request.method }),
      timeoutMs: definition.timeoutMs,
      tls: webhook.tls,
      codes: definition,
    });
    const result = webhook.headers === null ? answer : withoutEchoes(answer, webhook.headers);
    this.options.attemptEnded(webhook, result, delivery);
    const isRefused = result.kind === 'answer' && isRefusal(result.code);
    const { ordered, parallel } = this.options.retryAfterMsMax;
    const settled = settleAttempt({
      delivery,
      policy: definition.retryPolicy,
      grace: isRefused ? this.options.graceOf(webhook) : null,
      retryAfterMsMax: definition.ordering === 'parallel' ? parallel : ordered,
      codes: definition,
      targetVersion: definition.targetVersion,
      result,
      requestHeaders: added === null ? own : { ...maskHeaders(added), ...own },
      startedAt,
      now: this.options.now(),
      random: this.options.random(),
    });
    const settlement = question === null ? settled : settleQuestion(settled, question, answer);
    return span === null ? settlement : { ...settlement, outcome: endAttempt(span, settlement.outcome) };
  }

  private headersOf(delivery: Delivery, webhook: ReadyWebhook, { now, traceparent }: AttemptStart) {
    const secrets = webhook.keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now).map(({ key }) => key);
    const timestampS = Math.floor(now / 1000);
    const { body } = delivery;
    const id = delivery.deliveryId;
    const headers: Record<string, string> = {
      // Firewalls take a request without it for an attack (OWASP core rule set, 920300).
      accept: acceptAll,
      'content-type': delivery.contentType,
      'user-agent': this.options.userAgent,
      'webhook-id': id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signStandardWebhooks({ id, timestampS, body, secrets }),
      'x-deeperhub-event': headerText(delivery.eventType),
      'x-deeperhub-delivery': id,
      'x-deeperhub-attempt': String(delivery.attempt),
    };
    if (this.options.signatureHeader !== '') {
      headers[this.options.signatureHeader] = signSimple(secrets, timestampS, body);
    }
    if (traceparent !== null) headers['traceparent'] = traceparent;
    if (webhook.headers !== null && 'accept' in webhook.headers) delete headers['accept'];
    return headers;
  }
}

/** A delivery of a trace carries that trace and no other; `tracestate` belongs to it (W3C Trace Context, section 3.3). */
function withoutTrace(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!('traceparent' in headers || 'tracestate' in headers)) return headers;
  const { traceparent: _, tracestate: __, ...others } = headers;
  return others;
}

/** Header values are printable Latin-1 at most (RFC 9110, section 5.5); what is not is percent-encoded as UTF-8. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}
