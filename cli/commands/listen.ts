/**
 * In: what to subscribe to. Out: each delivery as it comes, verified. What must hold: a webhook that was made here is
 * removed at the end, however it ends short of a kill; a delivery that does not verify makes the command fail.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { dataOf, type ApiClient } from '../../libs/api-client/api-client.ts';
import { ApiProblem, ApiUnreachable } from '../../libs/api-client/api-problem.ts';
import { verifyDelivery } from '../../libs/domain/signature/node-delivery-key.ts';
import type { Verdict } from '../../libs/domain/signature/verify-delivery.ts';
import { withClient } from '../client-choice.ts';
import type { Command, CommandContext, Given } from '../command.ts';
import { CliFailure, toldOf } from '../failure.ts';
import { startReceiver, type ReceivedRequest, type Receiver } from '../receiver.ts';
import { timeoutRangeS } from '../wait-for-delivery.ts';
import { textLines } from '../../libs/domain/payload/printable.ts';
import { webhookSecret } from '../webhook-secret.ts';

const formats = ['json', 'cloudevents', 'form', 'xml'] as const;
/** A webhook is in force for events a second after it was made. */
const inForceMs = 1000;
const toleranceS = 300;
/** For calls that no Ctrl-C ends early. */
const callMs = 10_000;

export const listen: Command = {
  name: 'listen',
  summary:
    'Receives deliveries here: makes a webhook, shows what comes and verifies it, and removes the webhook at the end.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    events: { takes: 'TYPES', text: 'which event types, comma separated (*)' },
    client: { takes: 'ID', text: 'webhook of this client; default: that of the key, or the only one there is' },
    format: { takes: 'FORMAT', text: `${formats.join(', ')} (json)` },
    port: { takes: 'PORT', text: 'port to listen on, on this machine only (any)' },
    url: {
      takes: 'URL',
      text: 'where the system reaches it, such as the address of a tunnel (http://127.0.0.1:PORT/)',
    },
    status: { takes: 'CODE', text: 'what it answers (200)' },
    webhook: {
      takes: 'ID',
      text: 'uses an existing webhook that points here instead of creating one; give its secret and --port',
    },
    'secret-file': { takes: 'FILE', text: 'with --webhook: its secret (or DEEPERHUB_WEBHOOK_SECRET)' },
    secret: { takes: 'SECRET', text: 'the same; other users of this machine may see it' },
    count: { takes: 'N', text: 'stops after this many deliveries' },
    timeout: { takes: 'SECONDS', text: 'stops after this long; with --count that is a failure' },
  },
  notes: [
    'Runs until Ctrl-C. The system has to be allowed to post here: npm start is, elsewhere EGRESS_ALLOW, ALLOWED_URL_SCHEMES and ALLOWED_PORTS say so, or --url names a public address.',
  ],
  examples: ["listen --events 'order.*'", 'listen --client acme --count 1 --timeout 60 --json', 'listen --status 503'],
  needsApi: true,
  isEndless: true,
  run: async (context) => {
    const { given, terminal, settings, signal } = context;
    const session = new Session(context);
    const receiver = await startReceiver(given.whole('port', { min: 1, max: 65_535 }) ?? 0, (request) =>
      session.take(request),
    );
    const api = settings.api(signal);
    let leftBehind: CliFailure | null = null;
    try {
      const target = await targetOf(context, receiver);
      session.secret = target.secret;
      try {
        if (!signal.aborted) await prove(context, api, target, session);
        session.isProving = false;
        terminal.show({ kind: 'listening', webhookId: target.id, url: target.url, port: receiver.port }, () => [
          `Listening at ${target.url} as webhook ${target.id}. Ctrl-C ends it.`,
        ]);
        await session.end();
      } finally {
        if (target.isOwn) leftBehind = await remove(context, target.id);
        // What ended it early may be told instead, so this is told at once.
        if (leftBehind !== null) terminal.remark(leftBehind.message);
      }
    } finally {
      await receiver.close();
    }
    terminal.show({ kind: 'ended', received: session.received, unverified: session.unverified }, () => [
      `${session.received} deliveries, ${session.unverified} of them not verified.`,
    ]);
    session.judge();
    if (leftBehind !== null) throw new CliFailure(leftBehind.kind, '');
  },
};

interface Target {
  readonly id: string;
  readonly url: string;
  /** Null: not known, nothing can be verified. */
  readonly secret: string | null;
  /** Made here, and to be removed. */
  readonly isOwn: boolean;
}

async function targetOf(context: CommandContext, receiver: Receiver): Promise<Target> {
  const { given, terminal, settings, leave } = context;
  // Not ended early: a webhook whose answer is not waited for could not be removed.
  const api = settings.api(null, callMs);
  const id = given.text('webhook');
  if (id !== null) {
    const webhook = await dataOf(api.GET('/v1/webhooks/{id}', { params: { path: { id } } }));
    const secret = webhookSecret(context);
    if (secret === null)
      terminal.remark('Without its secret nothing is verified: --secret-file or DEEPERHUB_WEBHOOK_SECRET.');
    return { id, url: webhook.url, secret, isOwn: false };
  }
  const format = given.word('format', formats);
  const body = {
    url: given.text('url') ?? `http://127.0.0.1:${receiver.port}/`,
    eventTypes: typesIn(given),
    description: 'deeperhub-webhooks listen: removed when it ends',
    ...(format !== null && { format }),
  };
  const inDoubt = `A webhook for ${body.url} may have been made: GET /v1/webhooks lists it, DELETE /v1/webhooks/ID removes it.`;
  leave(inDoubt);
  try {
    const webhook = await withClient(api, given.text('client'), terminal, (owner) =>
      dataOf(api.POST('/v1/webhooks', { body: { ...body, ...owner } })),
    );
    leave(`Webhook ${webhook.id} was not removed: DELETE /v1/webhooks/${webhook.id} does.`);
    return { id: webhook.id, url: webhook.url, secret: webhook.secret, isOwn: true };
  } catch (error) {
    leave(null);
    if (error instanceof ApiUnreachable && wasConnected(error)) terminal.remark(inDoubt);
    if (!(error instanceof ApiProblem && error.errors.some(({ path }) => path === '/url'))) throw error;
    const reason = error.errors.map(({ message }) => message).join(' ');
    throw new CliFailure(
      'refused',
      `The system may not post to ${body.url}: ${reason} Give the address of a tunnel with --url, or open it for development with EGRESS_ALLOW=127.0.0.0/8 ALLOWED_URL_SCHEMES=https,http ALLOWED_PORTS=*.`,
    );
  }
}

/** Whether the request may have come to the API, though no answer came back. */
function wasConnected({ cause }: ApiUnreachable): boolean {
  const reason: unknown = cause instanceof Error ? (cause.cause ?? cause) : null;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
  return !/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(code);
}

function typesIn(given: Given): string[] {
  const types = (given.text('events') ?? '*').split(',').map((type) => type.trim());
  return types.filter((type) => type !== '');
}

/** Shows that the way from the system to here is open, by a ping; then waits until the webhook is in force. */
async function prove(
  { terminal, signal }: CommandContext,
  api: ApiClient,
  target: Target,
  session: Session,
): Promise<void> {
  const inForce = pause(inForceMs, undefined, { signal }).catch(() => undefined);
  try {
    const params = { path: { id: target.id } };
    const ping = await dataOf(api.POST('/v1/webhooks/{id}/health-checks', { params, body: {} }));
    const answer = ping.error?.message ?? `HTTP ${String(ping.responseCode)}`;
    if (ping.outcome !== 'delivered' && session.pings === 0) {
      throw new CliFailure(
        'refused',
        `A ping does not reach ${target.url} (${answer}): is the address right, and may the system post there?`,
      );
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiProblem && error.code === 'health_check_timeout')) throw error;
    terminal.remark('A ping got no outcome in time: is the dispatcher running? Listening all the same.');
  }
  await inForce;
}

/** With a connection of its own: the command's may be aborted by now. Null: it is gone. */
async function remove({ settings, terminal, leave }: CommandContext, id: string): Promise<CliFailure | null> {
  try {
    await dataOf(settings.api(null, callMs).DELETE('/v1/webhooks/{id}', { params: { path: { id } } }));
    terminal.remark(`Webhook ${id} is removed.`);
    return null;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    const { kind, lines } = toldOf(error);
    return new CliFailure(
      kind,
      `Webhook ${id} could not be removed (${lines[0] ?? ''}): DELETE /v1/webhooks/${id} does.`,
    );
  } finally {
    leave(null);
  }
}

/** What came so far, and when it is enough. */
class Session {
  secret: string | null = null;
  received = 0;
  unverified = 0;
  pings = 0;
  isProving = true;
  private readonly context: CommandContext;
  private readonly status: number;
  private readonly count: number | null;
  private readonly timeoutS: number | null;
  private readonly enough = new AbortController();

  constructor(context: CommandContext) {
    this.context = context;
    const { given } = context;
    this.status = given.whole('status', { min: 200, max: 599 }) ?? 200;
    this.count = given.whole('count', { min: 1, max: 1_000_000 });
    this.timeoutS = given.whole('timeout', timeoutRangeS);
  }

  /** Shows the request; the status to answer with. */
  take(request: ReceivedRequest): number {
    if (request.method !== 'POST') return 405;
    const isPing = request.headers['x-deeperhub-event'] === 'webhook.ping';
    if (isPing) this.pings += 1;
    // It only shows that the way is open; whatever --status says, the system must hear so.
    if (isPing && this.isProving) return 200;
    const { secret } = this;
    const nowS = Math.floor(Date.now() / 1000);
    const verdict = secret === null ? null : verifyDelivery({ ...request, secret, nowS, toleranceS });
    this.received += 1;
    if (verdict?.kind === 'invalid') this.unverified += 1;
    this.show(request, verdict);
    if (this.received === this.count) this.enough.abort();
    return this.status;
  }

  /** Resolves when there is enough, when it took long enough, or when the person has enough. */
  async end(): Promise<void> {
    const signal = AbortSignal.any([this.enough.signal, this.context.signal]);
    const timeoutMs = this.timeoutS === null ? 2 ** 31 - 1 : 1000 * this.timeoutS;
    await pause(timeoutMs, undefined, { signal }).catch(() => undefined);
  }

  /** @throws CliFailure when not all went well */
  judge(): void {
    if (this.unverified > 0) throw new CliFailure('unverified', `${this.unverified} deliveries did not verify.`);
    if (this.count === null || this.received >= this.count) return;
    const there = `there were ${this.received} of ${this.count} deliveries.`;
    throw this.context.signal.aborted
      ? new CliFailure('interrupted', `It was stopped: ${there}`)
      : new CliFailure('refused', `After ${String(this.timeoutS)} s ${there}`);
  }

  private show({ headers, body }: ReceivedRequest, verdict: Verdict | null): void {
    const isText = Buffer.from(body.toString('utf8')).equals(body);
    const shown = {
      kind: 'delivery',
      at: new Date().toISOString(),
      deliveryId: headers['webhook-id'] ?? null,
      eventType: headers['x-deeperhub-event'] ?? null,
      attempt: Number(headers['x-deeperhub-attempt'] ?? 1),
      isVerified: verdict === null ? null : verdict.kind === 'valid',
      reason: verdict?.kind === 'invalid' ? verdict.reason : null,
      answered: this.status,
      headers,
      ...(isText ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') }),
    };
    this.context.terminal.show(shown, () => [
      `${shown.at}  ${shown.eventType ?? '(no type)'}  attempt ${shown.attempt}  ${verdictText(verdict)}, answered ${this.status}  ${shown.deliveryId ?? ''}`,
      ...textLines(isText ? body.toString('utf8') : `(${body.length} bytes)`, '  '),
    ]);
  }
}

function verdictText(verdict: Verdict | null): string {
  if (verdict === null) return 'not verified: no secret';
  return verdict.kind === 'valid' ? 'signature verified' : `SIGNATURE WRONG (${verdict.reason}: ${verdict.detail})`;
}
