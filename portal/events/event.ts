/** Events as screens read them, and what became of each at every webhook. */
import { outlineJson } from '../../libs/domain/payload/json-outline.ts';
import { parseLossless } from '../../libs/domain/payload/lossless-json.ts';
import { problemOf, request, type Schemas } from '../api/api.ts';
import { read, type ListPage, type Query } from '../api/reads.ts';

export type EventDetail = Omit<Schemas['EventDetail'], 'data'>;

export type Event = Schemas['ListedEvent'];

export function readEvents(query: Query, signal?: AbortSignal): Promise<ListPage<Event>> {
  return read<ListPage<Event>>('/v1/events', { include: 'decisions', ...query }, signal);
}

export interface ReadEvent {
  readonly event: EventDetail;
  /** As a filter sees it: numbers that a double does not hold are kept as they were written. */
  readonly data: unknown;
  /** The text of `data` as the API gave it; null: it is hidden, or erased. */
  readonly dataText: string | null;
}

/** @throws ApiProblem, ApiUnreachable */
export async function readEvent(id: string, signal?: AbortSignal): Promise<ReadEvent> {
  const response = await request(`/v1/events/${encodeURIComponent(id)}`, signal === undefined ? {} : { signal });
  const text = await response.text();
  if (!response.ok) throw problemOf(response, bodyOf(text));
  const event = JSON.parse(text) as Schemas['EventDetail'];
  const { data } = parseLossless(text) as { readonly data: unknown };
  const isThere = !event.isPayloadHidden && !event.isErased;
  return { event, data, dataText: isThere ? (outlineJson(text, 'data').span?.text ?? 'null') : null };
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
