import { dataOf, type ApiClient } from '../../libs/api-client/api-client.ts';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { withClient } from '../client-choice.ts';
import type { Command, CommandContext } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { readInput } from '../input.ts';
import {
  isSettled,
  refuseUndelivered,
  timeoutDefaultS,
  timeoutRangeS,
  untilFound,
  untilSettled,
  waitOptions,
  whenKnown,
  type Patience,
} from '../wait-for-delivery.ts';
import { deliveryLines } from './deliveries-list.ts';

export const trigger: Command = {
  name: 'trigger',
  summary: 'Publishes an event, or sends a test event to one webhook.',
  operands: '<event type>',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    data: { takes: 'JSON', text: 'data of the event; default: the example in the catalogue, else {}' },
    'data-file': { takes: 'FILE', text: 'the same from a file, or - for standard input' },
    client: { takes: 'ID', text: 'for this client; default: the only one there is' },
    broadcast: { takes: null, text: 'for every client; the type has to be a broadcast' },
    webhook: { takes: 'ID', text: 'a test event to this webhook alone, whatever it subscribed to' },
    id: {
      takes: 'ID',
      text: 'id of the event; with the same source it is the same event: not published again for 24 hours, and refused with other content',
    },
    source: { takes: 'URI', text: 'where it comes from' },
    subject: { takes: 'TEXT', text: 'what it is about' },
    ...waitOptions,
  },
  notes: ['Publishing takes a key of an admin or publisher; a test event is for clients too.'],
  examples: [
    'trigger order.created --client acme --data \'{"orderId":"o-1"}\' --wait',
    'trigger order.created --webhook wh_0199c1d2e3f47a5b8c6d9e0f1a2b3c4d',
  ],
  needsApi: true,
  run: async (context) => {
    const { given } = context;
    const patience = {
      timeoutMs: 1000 * (given.whole('timeout', timeoutRangeS) ?? timeoutDefaultS),
      signal: context.signal,
    };
    const data = await dataText(context);
    const webhookId = given.text('webhook');
    if (webhookId === null) await publish(context, data, patience);
    else await sendTest(context, webhookId, data, patience);
  },
};

async function sendTest({ operands, ...context }: CommandContext, id: string, data: string | null, patience: Patience) {
  const { settings, terminal, given, signal } = context;
  const api = settings.api(signal);
  const sent = await dataOf(
    api.POST('/v1/webhooks/{id}/test-events', {
      params: { path: { id } },
      body: {},
      bodySerializer: () => jsonWith({ eventType: operands[0] }, data),
    }),
  );
  if (!given.has('wait')) {
    terminal.show(sent, () => [`Test event ${sent.eventId} is on its way as delivery ${sent.deliveryId}.`]);
    return;
  }
  const delivery = await untilSettled(api, sent.deliveryId, 0, patience);
  terminal.show(delivery, () => deliveryLines([delivery], terminal.width));
  refuseUndelivered([delivery]);
}

async function publish({ operands: [type = ''], ...context }: CommandContext, text: string | null, patience: Patience) {
  const { settings, terminal, given, signal } = context;
  const api = settings.api(signal);
  const data = text ?? (await exampleOf(api, type));
  const named = Object.fromEntries(['id', 'source', 'subject'].map((name) => [name, given.text(name) ?? undefined]));
  let clientId: string | undefined;
  const call = async (owner: { readonly clientId?: string }) => {
    const bodySerializer = () => jsonWith({ ...named, type, ...owner }, data);
    const accepted = await dataOf(api.POST('/v1/events', { body: { type }, bodySerializer }));
    ({ clientId } = owner);
    return accepted;
  };
  const { accepted } = await published(
    given.has('broadcast') ? call({}) : withClient(api, given.text('client'), terminal, call),
  );
  const id = accepted[0]?.id ?? '';
  for (const { message } of accepted[0]?.warnings ?? []) terminal.remark(`Warning: ${message}`);
  if (!given.has('wait')) {
    terminal.show({ eventId: id }, () => [`Event ${id} is published.`]);
    return;
  }
  const deliveries = await untilAllSettled(api, id, clientId, patience);
  terminal.show({ eventId: id, deliveries }, () => [`Event ${id}`, ...deliveryLines(deliveries, terminal.width)]);
  refuseUndelivered(deliveries);
}

async function published<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === 'forbidden')) throw error;
    const sentence = 'This key may not publish events: it takes one of an admin or publisher.';
    throw new CliFailure('refused', `${sentence} With --webhook ID it can send a test event to a webhook of its own.`);
  }
}

/** @throws CliFailure refused when no webhook gets it, or not all settle in time */
async function untilAllSettled(api: ApiClient, id: string, clientId: string | undefined, patience: Patience) {
  const query = clientId === undefined ? {} : { clientId };
  const what = `event ${id} is not in the history: was it set aside, or is fan-out not running?`;
  const event = await untilFound(what, patience, () =>
    whenKnown(dataOf(api.GET('/v1/events/{id}', { params: { path: { id }, query } }))),
  );
  const matched = event.decisions.flatMap(({ decision, deliveryId }) =>
    decision === 'matched' && deliveryId !== null ? [deliveryId] : [],
  );
  if (matched.length === 0) {
    const why = event.decisions.map(({ webhookId, decision }) => `${webhookId} ${decision}`).join(', ');
    const reason = why === '' ? 'none subscribed to its type' : why;
    throw new CliFailure('refused', `No webhook gets event ${id}: ${reason}.`);
  }
  return untilFound(`not all deliveries of event ${id} have settled`, patience, async () => {
    const filter = { ...query, eventId: id, limit: 250 };
    const { data } = await dataOf(api.GET('/v1/deliveries', { params: { query: filter } }));
    const settled = data.filter(({ status, id: deliveryId }) => isSettled(status) && matched.includes(deliveryId));
    return settled.length >= Math.min(matched.length, filter.limit) ? settled : null;
  });
}

/** As JSON text. An example is data that fits; without one there is none. */
async function exampleOf(api: ApiClient, type: string): Promise<string> {
  const found = await whenKnown(dataOf(api.GET('/v1/event-types/{type}', { params: { path: { type } } })));
  return JSON.stringify(found?.example ?? {});
}

/** @throws CliFailure usage */
async function dataText({ given, signal }: CommandContext): Promise<string | null> {
  const file = given.text('data-file');
  const text = file === null ? given.text('data') : (await readInput(file, 'data', signal)).toString('utf8');
  if (text === null) return null;
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new CliFailure('usage', `The data is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Data stays the text that it is, so that a number of 20 digits arrives as it was written. */
function jsonWith(fields: object, data: string | null): string {
  const text = JSON.stringify(fields);
  if (data === null) return text;
  return text === '{}' ? `{"data":${data}}` : `${text.slice(0, -1)},"data":${data}}`;
}
