/**
 * From the address of a page to the filter of a replay. Pure. What must hold: nothing that the address asks for is left out
 * of the filter unseen, since that would send more than somebody meant.
 */
import type { paths } from '../../../libs/api-client/generated/api.d.ts';

type NewReplay = NonNullable<paths['/v1/replays']['post']['requestBody']>['content']['application/json'];
export type NewReplayFilter = NonNullable<NewReplay['filter']>;

export interface ReplayDraft {
  readonly filter: NewReplayFilter;
  /** What the address asks for and no replay can look for: it is not to be sent. */
  readonly refused: readonly string[];
}

export const statusDefault = 'failed_permanent';
/** In the address, for deliveries wherever they stand. */
export const anyStatus = 'any';
const statuses = ['pending', 'delivered', 'failed_retryable', 'failed_permanent'] as const;
type StatusName = (typeof statuses)[number];

/** Of what became of deliveries: what was missed has none of it. */
const traits = { reason: 'reason', code: 'responseCode' } as const;

/** @param get empty where the address does not say it */
export function replayDraft(get: (name: string) => string): ReplayDraft {
  const isMissed = get('missed') === 'true';
  const status = get('status');
  const kind = get('kind');
  const filter: NewReplayFilter = {
    ...said('webhookId', get('webhook')),
    ...said('eventType', get('type')),
    ...said('from', get('from')),
    ...said('to', get('to')),
    ...(isMissed ? { missedWhileDisabled: true } : { status: statusesOf(status) }),
  };
  const refused = [...(get('event') === '' ? [] : ['event'])];
  if (!isMissed && status !== '' && statusesOf(status).length === 0) refused.push('status');
  for (const [name, known] of Object.entries(traits)) {
    const value = get(name);
    if (value === '') continue;
    if (isMissed) refused.push(name);
    else Object.assign(filter, { [known]: [value] });
  }
  if (kind === 'event' || kind === 'test') {
    if (isMissed) refused.push('kind');
    else filter.kind = [kind];
  } else if (kind !== '') refused.push('kind');
  return { filter, refused };
}

function statusesOf(status: string): StatusName[] {
  if (status === anyStatus) return [...statuses];
  return statuses.filter((known) => known === (status === '' ? statusDefault : status));
}

function said<Name extends string>(name: Name, value: string): Partial<Record<Name, string>> {
  return value === '' ? {} : ({ [name]: value } as Record<Name, string>);
}
