import { dataOf } from '../../libs/api-client/api-client.ts';
import { verifyDelivery } from '../../libs/domain/signature/node-delivery-key.ts';
import type { Command, CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { headersIn } from '../header-lines.ts';
import { readInput } from '../input.ts';
import { webhookSecret } from '../webhook-secret.ts';

const toleranceDefaultS = 300;

export const verify: Command = {
  name: 'verify',
  summary: 'Verifies a request that came to a webhook: genuine, or exactly why not.',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  options: {
    body: { takes: 'FILE', text: 'the body as it came, or - for standard input (the default)' },
    header: { takes: 'NAME:VALUE', isList: true, text: 'a header of the request' },
    headers: { takes: 'FILE', text: 'the headers: one a line, or a JSON object' },
    request: { takes: 'FILE', text: 'body and headers together: a line of listen --json, or - for standard input' },
    'secret-file': { takes: 'FILE', text: 'the secret of the webhook (or DEEPERHUB_WEBHOOK_SECRET)' },
    secret: { takes: 'SECRET', text: 'the same; other users of this machine may see it' },
    tolerance: { takes: 'SECONDS', text: `how old it may be, or ahead of this clock (${toleranceDefaultS})` },
    at: { takes: 'TIME', text: 'as if it were this time (RFC 3339), for requests kept from earlier' },
    'signature-header': { takes: 'NAME', text: 'of the second signature (x-deeperhub-signature)' },
    'against-history': {
      takes: null,
      text: 'asks the API for the body that was sent: tells a wrong secret from a changed body',
    },
  },
  notes: [
    'Needs webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks); content-length and x-deeperhub-signature help to say what is wrong. The secret is whsec_…, for ed25519 the public key whpk_….',
  ],
  examples: [
    'verify --headers headers.txt --body body.json --secret-file secret.txt',
    "verify --header 'webhook-id: 0199…' --header 'webhook-timestamp: 1773480413' --header 'webhook-signature: v1,…' < body.json",
  ],
  needsApi: false,
  run: async (context) => {
    const { given, terminal } = context;
    const { headers, body } = await received(context);
    const at = given.text('at');
    const nowMs = at === null ? Date.now() : Date.parse(at);
    if (Number.isNaN(nowMs))
      throw new CliFailure('usage', `--at takes a time such as 2026-03-14T09:26:53Z, not '${at ?? ''}'.`);
    const secret = webhookSecret(context);
    if (secret === null) {
      throw new CliFailure('usage', 'Give the secret: --secret-file, or DEEPERHUB_WEBHOOK_SECRET in the environment.');
    }
    const verdict = verifyDelivery({
      headers,
      body,
      secret,
      nowS: Math.floor(nowMs / 1000),
      toleranceS: given.whole('tolerance', { min: 0, max: 1e9 }) ?? toleranceDefaultS,
      sentBody: given.has('against-history') ? await sentBody(context, headers['webhook-id'] ?? '') : null,
      simpleHeader: (given.text('signature-header') ?? 'x-deeperhub-signature').toLowerCase(),
    });
    terminal.show(verdict, () =>
      verdict.kind === 'valid'
        ? [`✓ valid: delivery ${verdict.deliveryId}, signed ${verdict.ageS} s ago`]
        : [`✗ not valid: ${verdict.reason}`, `  ${verdict.detail}`],
    );
    // Told already, as a result.
    if (verdict.kind === 'invalid') throw new CliFailure('unverified', '');
  },
};

async function sentBody({ settings, signal }: CommandContext, id: string): Promise<Buffer> {
  if (id === '') throw new CliFailure('usage', '--against-history needs the header webhook-id.');
  const params = { path: { id } };
  const { payloadSent } = await dataOf(settings.api(signal).GET('/v1/deliveries/{id}', { params }));
  if (payloadSent === null) {
    throw new CliFailure('refused', 'What was sent is not known: the event is not in the history any more.');
  }
  return Buffer.from(payloadSent);
}

interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** @throws CliFailure usage */
async function received({ given, signal }: CommandContext): Promise<Received> {
  const file = given.text('request');
  if (file !== null) return requestIn((await readInput(file, 'request', signal)).toString('utf8'));
  const headersFile = given.text('headers');
  const lines = headersFile === null ? '' : (await readInput(headersFile, 'headers', signal)).toString('utf8');
  const body = await readInput(given.text('body') ?? '-', 'body', signal);
  return { headers: headersIn([lines, ...given.texts('header')]), body };
}

function requestIn(text: string): Received {
  const line = text.split('\n').find((one) => one.includes('"body')) ?? '';
  try {
    const { headers, body, bodyBase64 } = JSON.parse(line) as Record<string, unknown>;
    const bytes = typeof bodyBase64 === 'string' ? Buffer.from(bodyBase64, 'base64') : Buffer.from(body as string);
    return { headers: headersIn([JSON.stringify(headers)]), body: bytes };
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure('usage', 'The request is not a line of listen --json: {"headers":{…},"body":"…"}.');
  }
}
