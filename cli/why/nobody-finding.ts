/** In: an event about which no webhook was decided. Out: whom it was for, what they take, and what may have been meant. */
import { dataOf, type ApiClient, type ApiSchemas } from '../../libs/api-client/api-client.ts';
import { ApiProblem } from '../../libs/api-client/api-problem.ts';
import { closestWord } from '../../libs/domain/closest-word.ts';
import { closestTaken } from '../../libs/domain/event/subscribed-types.ts';
import { patternMatches } from '../../libs/domain/delivery/match.ts';
import { finding, type Finding } from './finding.ts';

type EventDetail = ApiSchemas['EventDetail'];

/** Of the API. */
const pageMax = 250;
const shownMax = 10;

export async function nobodyFinding(api: ApiClient, event: EventDetail, webhookId: string | null): Promise<Finding> {
  const { type, clientId } = event;
  const of = { verdict: 'nobody', webhookId } as const;
  if (clientId === null) return finding({ ...of, says: `It is a broadcast, and nobody subscribed to ${type}.` });
  const query = { clientId, limit: pageMax };
  const { data: webhooks } = await dataOf(api.GET('/v1/webhooks', { params: { query } }));
  const client = webhooks.length === 0 ? await unknownClient(api, clientId) : null;
  if (client !== null) return finding({ ...of, ...client });
  if (webhooks.length === 0) {
    const remedy = `deeperhub-webhooks webhooks create --client ${clientId} --url URL --events ${type}`;
    return finding({ ...of, says: `It is for client ${clientId}, who has no webhook.`, remedy });
  }
  const later = webhooks.filter(({ eventTypes }) => eventTypes.some((pattern) => patternMatches(pattern, type)));
  if (later.length > 0) {
    const names = later.slice(0, shownMax).map(({ id, updatedAt }) => `${id} (changed ${updatedAt})`);
    const says = `When it came, no webhook of client ${clientId} took ${type}; now ${names.join(', ')} would.`;
    return finding({ ...of, says });
  }
  const taken = [...new Set(webhooks.flatMap(({ eventTypes }) => eventTypes))].sort();
  const meant = closestTaken(type, taken);
  const hint = meant === null ? '' : `; did you mean ${meant}?`;
  const more = taken.length > shownMax ? ', …' : '';
  return finding({
    ...of,
    says: `No webhook of client ${clientId} takes ${type}${hint === '' ? '.' : hint}`,
    details: [`they take ${taken.slice(0, shownMax).join(', ')}${more}`],
  });
}

/** Null: there is the client, or whoever asks may not know. */
async function unknownClient(api: ApiClient, clientId: string): Promise<{ says: string; remedy: string } | null> {
  try {
    await dataOf(api.GET('/v1/clients/{id}', { params: { path: { id: clientId } } }));
    return null;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status !== 404) return null;
  }
  const { data } = await dataOf(api.GET('/v1/clients', { params: { query: { limit: pageMax } } }));
  const meant = closestWord(
    clientId,
    data.map(({ id }) => id),
  );
  return {
    says: `It is for client ${clientId}, and there is no such client${meant === null ? '.' : `; did you mean ${meant}?`}`,
    remedy: `Publish it with another clientid, or: deeperhub-webhooks clients create --id ${clientId} --name NAME`,
  };
}
