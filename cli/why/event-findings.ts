/** In: the id of an event, or of a delivery. Out: what became of it at every webhook that it may concern, over the API. */
import { dataOf, type ApiClient, type ApiSchemas } from '../../libs/api-client/api-client.ts';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { deliveryFinding } from './delivery-finding.ts';
import { finding, type Finding } from './finding.ts';
import { nobodyFinding } from './nobody-finding.ts';

type EventDetail = ApiSchemas['EventDetail'];
type Decision = EventDetail['decisions'][number];

/** Of a broadcast there may be thousands: each is a question or two to the API. */
export const explainedMax = 20;

export interface ExplainedEvent {
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly clientId: string | null;
    readonly time: string;
  };
  readonly findings: readonly Finding[];
  /** Decisions that are not explained, because there are so many. */
  readonly left: number;
}

/** @param webhookId null: all webhooks. Empty: nobody has seen it. */
export async function explainedEvents(
  api: ApiClient,
  id: string,
  webhookId: string | null,
): Promise<readonly ExplainedEvent[]> {
  const { data: hits } = await dataOf(api.GET('/v1/search', { params: { query: { q: id } } }));
  const delivery = hits.find(({ kind }) => kind === 'delivery');
  const named = hits.filter(({ kind }) => kind === 'event');
  if (named.length === 0 && delivery !== undefined) return [await explainedDelivery(api, delivery.id)];
  const clients = [...new Set(named.map(({ clientId }) => clientId))];
  // By client: of several events with one id and one client the API shows the newest.
  const events = await Promise.all(clients.map((clientId) => eventOf(api, named[0]?.id ?? id, clientId)));
  const explained: ExplainedEvent[] = [];
  for (const event of events) if (event !== null) explained.push(await explain(api, event, webhookId));
  return explained;
}

async function eventOf(api: ApiClient, id: string, clientId: string | null): Promise<EventDetail | null> {
  const query = clientId === null ? {} : { clientId };
  return orNull(dataOf(api.GET('/v1/events/{id}', { params: { path: { id }, query } })));
}

async function explainedDelivery(api: ApiClient, id: string): Promise<ExplainedEvent> {
  const delivery = await dataOf(api.GET('/v1/deliveries/{id}', { params: { path: { id } } }));
  const { eventId, eventType: type, clientId, createdAt: time } = delivery;
  return { event: { id: eventId, type, clientId, time }, findings: [deliveryFinding(delivery)], left: 0 };
}

async function explain(api: ApiClient, event: EventDetail, webhookId: string | null): Promise<ExplainedEvent> {
  const { id, type, clientId, time } = event;
  const decisions = event.decisions.filter((one) => webhookId === null || one.webhookId === webhookId);
  const findings: Finding[] = [];
  for (const decision of decisions.slice(0, explainedMax)) findings.push(await decisionFinding(api, event, decision));
  if (decisions.length === 0) findings.push(await nobodyFinding(api, event, webhookId));
  return { event: { id, type, clientId, time }, findings, left: Math.max(0, decisions.length - explainedMax) };
}

async function decisionFinding(api: ApiClient, event: EventDetail, decision: Decision): Promise<Finding> {
  const { webhookId, deliveryId } = decision;
  switch (decision.decision) {
    case 'filtered':
      return filteredFinding(api, event.id, webhookId);
    case 'disabled':
      return disabledFinding(api, webhookId);
    case 'copy':
      return finding({
        verdict: 'copy',
        webhookId,
        says: `${webhookId} has a copy of this event, which came shortly before (COPY_WINDOW_MINUTES).`,
        remedy: deliveryId === null ? null : `What became of the copy: deeperhub-webhooks why ${deliveryId}`,
      });
    case 'held': {
      const says = `${webhookId} is to get it once what its rewind sends first is on its way.`;
      const remedy =
        'How far that is: GET /v1/replays/{id}, by the id in rewind of the webhook. Without one: replay what it missed.';
      return finding({ verdict: 'held', says, remedy, webhookId });
    }
    case 'matched': {
      const path = { id: deliveryId ?? '' };
      const delivery = await orNull(dataOf(api.GET('/v1/deliveries/{id}', { params: { path } })));
      if (delivery !== null) return deliveryFinding(delivery);
      const says = `${webhookId} is to get it; its delivery is not in the history yet.`;
      const remedy = 'The projector may be behind: deeperhub-webhooks topics shows how far.';
      return finding({ verdict: 'held', says, remedy, webhookId, deliveryId });
    }
  }
}

async function filteredFinding(api: ApiClient, eventId: string, webhookId: string): Promise<Finding> {
  const says = `${webhookId} takes the type, and its filter says no.`;
  const of = { verdict: 'filtered', says, webhookId } as const;
  try {
    const params = { path: { id: webhookId } };
    const { conditions, isFilterPassed } = await dataOf(
      api.POST('/v1/webhooks/{id}/filter-test', { params, body: { eventId } }),
    );
    if (isFilterPassed) {
      return finding({
        ...of,
        says: `${webhookId} had a filter that said no; with the one it has now it would match.`,
      });
    }
    const failed = conditions.filter(({ holds }) => !holds);
    const details = failed.map(
      ({ field, operator, expected, found }) =>
        `${field} ${operator} ${JSON.stringify(expected)}: found ${found.length === 0 ? 'nothing there' : found.map((value) => JSON.stringify(value)).join(', ')}`,
    );
    return finding({ ...of, details });
  } catch (error) {
    // What a filter says of an event tells what is in it: not everybody may ask.
    if (!(error instanceof ApiProblem)) throw error;
    return finding({ ...of, details: [`which condition is not known: ${error.message}`] });
  }
}

async function disabledFinding(api: ApiClient, webhookId: string): Promise<Finding> {
  const webhook = await orNull(dataOf(api.GET('/v1/webhooks/{id}', { params: { path: { id: webhookId } } })));
  if (webhook === null) {
    return finding({ verdict: 'deleted', webhookId, says: `${webhookId} was disabled, and is deleted by now.` });
  }
  const { isActive, disabledBy, disabledAt, disabledReason } = webhook;
  const replay = 'deeperhub-webhooks replays create --missed';
  if (isActive) {
    const says = `${webhookId} was disabled when it came; it is active now.`;
    return finding({ verdict: 'disabled', webhookId, says, remedy: `Get it back: ${replay} --webhook ${webhookId}` });
  }
  const why = disabledReason === null ? '' : ` (${disabledReason})`;
  const says = `${webhookId} is disabled, by ${disabledBy ?? 'somebody'}${why}${disabledAt === null ? '' : ` since ${disabledAt}`}.`;
  const first = disabledBy === 'unverified' ? 'verify' : 'enable';
  const remedy = `deeperhub-webhooks webhooks ${first} ${webhookId}, then ${replay} --webhook ${webhookId}`;
  return finding({ verdict: 'disabled', webhookId, says, remedy });
}

/** Null: the API does not have it. */
async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
