/** Events as screens read them, and what became of each at every webhook. */
import { parseLossless } from '../../libs/domain/lossless-json.ts';
import { problemOf, request, type Schemas } from '../api/api.ts';
import { readWithout, type ListPage, type Query } from '../api/reads.ts';
import { memberText } from './member-text.ts';

export type EventDetail = Omit<Schemas['EventDetail'], 'data'>;

export interface DecisionCounts {
  readonly matched: number;
  readonly filtered: number;
  readonly disabled: number;
}

export type Event = Schemas['Event'] & { readonly decisions?: DecisionCounts };

export function readEvents(query: Query, signal?: AbortSignal): Promise<ListPage<Event>> {
  return readWithout<ListPage<Event>>('/v1/events', { include: 'decisions', ...query }, ['include', 'subject'], signal);
}

export interface ReadEvent {
  readonly event: EventDetail;
  /** As a filter sees it: numbers that a double does not hold are kept as they were written. */
  readonly data: unknown;
  /** The text of `data` as the API gave it; null: it is hidden. */
  readonly dataText: string | null;
}

/** @throws ApiProblem, ApiUnreachable */
export async function readEvent(id: string, signal?: AbortSignal): Promise<ReadEvent> {
  const response = await request(`/v1/events/${encodeURIComponent(id)}`, signal === undefined ? {} : { signal });
  const text = await response.text();
  if (!response.ok) throw problemOf(response, bodyOf(text));
  const event = JSON.parse(text) as Schemas['EventDetail'];
  const { data } = parseLossless(text) as { readonly data: unknown };
  return { event, data, dataText: event.isPayloadHidden ? null : (memberText(text, 'data') ?? 'null') };
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
