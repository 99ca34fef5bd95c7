/**
 * In: events over HTTP. Out: the same on platform.events, acknowledged. Holds: a list is taken as a whole or refused
 * as a whole; what fan-out would set aside for want of an audience is refused here, where somebody can mend it; under an
 * id of its producer an event is published once a day.
 */
import { randomUUID } from 'node:crypto';
import type { FieldProblem } from '../../libs/api-contract/problem.ts';
import { audienceOf } from '../../libs/domain/fan-out.ts';
import type { CataloguedType, EventTypeStore } from '../../libs/postgres/event-type-store.ts';
import type { PublishedEventStore } from '../../libs/postgres/published-event-store.ts';
import type { Caller } from './caller.ts';
import type { KafkaWriter } from './kafka-writer.ts';
import { platformEvent, type NewEvent } from './platform-event.ts';
import { invalid, ProblemError } from './problem-error.ts';

export interface EventPublisherOptions {
  readonly writer: KafkaWriter;
  readonly store: PublishedEventStore;
  readonly eventTypes: EventTypeStore;
  readonly topic: string;
  readonly eventBytesMax: number;
  readonly unknownEventTypes: 'accept' | 'reject';
}

interface NamedEvent {
  /** In the request. */
  readonly index: number;
  readonly event: NewEvent;
  readonly id: string;
  readonly time: string;
}

export interface Publication {
  readonly caller: Caller;
  readonly now: number;
  readonly newId: () => string;
  /** JSON Pointer to an event in the body. */
  readonly pathOf: (index: number) => string;
}

export class EventPublisher {
  private readonly options: EventPublisherOptions;

  constructor(options: EventPublisherOptions) {
    this.options = options;
  }

  /** Ids of the events, in order, once Kafka has them all. @throws ProblemError */
  async publish(events: readonly NewEvent[], publication: Publication): Promise<string[]> {
    const { topic, writer, eventBytesMax } = this.options;
    const owned = events.map((event) => withOwner(event, publication.caller));
    const problems = await this.audienceProblems(owned, publication);
    if (problems.length > 0) throw invalid(problems);
    return this.published(owned, publication, async (toPublish) => {
      const records = toPublish.map(({ event, id, time }) => platformEvent(topic, event, { id, time }));
      const tooLarge = records.findIndex(({ value }) => value.length > eventBytesMax);
      if (tooLarge >= 0) {
        const where = publication.pathOf(toPublish[tooLarge]?.index ?? 0) || 'The event';
        throw new ProblemError('payload_too_large', `${where} has more than ${eventBytesMax} bytes as a CloudEvent.`);
      }
      await writer.write(records);
    });
  }

  /** Ids of all events, once `write` has written those that are not published yet. */
  private async published(
    events: readonly NewEvent[],
    { newId, now }: Publication,
    write: (toPublish: readonly NamedEvent[]) => Promise<void>,
  ): Promise<string[]> {
    const { store } = this.options;
    const nowText = new Date(now).toISOString();
    const named = events.map((event, index) => {
      return { index, event, id: event.id ?? newId(), time: event.time ?? nowText, owner: event.clientId ?? '' };
    });
    // An id that was made here is nobody else's.
    const claimable = new Map(
      named
        .filter(({ event }) => event.id !== undefined)
        .map(({ owner, id, time }) => [claimKey(owner, id), { owner, eventId: id, time }]),
    );
    const claimant = randomUUID();
    const claims = claimable.size === 0 ? [] : await store.claim([...claimable.values()], claimant, new Date(now));
    const claimed = claims.filter((claim) => claim.kind === 'claimed');
    const timeOf = new Map(claimed.map(({ owner, eventId, time }) => [claimKey(owner, eventId), time]));
    const toPublish = named.flatMap((one) => {
      if (one.event.id === undefined) return [one];
      const key = claimKey(one.owner, one.id);
      const time = timeOf.get(key);
      // A list may name an id twice: that is one event too.
      timeOf.delete(key);
      return time === undefined ? [] : [{ ...one, time }];
    });
    try {
      if (claims.some(({ kind }) => kind === 'in_progress')) {
        throw new ProblemError('idempotency_in_progress', undefined, { retryAfterS: 1 });
      }
      if (toPublish.length > 0) await write(toPublish);
    } catch (error) {
      // Lost, it only means that whoever tries again at once has to wait.
      if (claimed.length > 0) await store.release(claimed, claimant).catch(() => undefined);
      throw error;
    }
    if (claimed.length > 0) await store.acknowledge(claimed, claimant);
    return named.map(({ id }) => id);
  }

  private async audienceProblems(
    events: readonly NewEvent[],
    { caller, pathOf }: Publication,
  ): Promise<FieldProblem[]> {
    const entries = await this.options.eventTypes.findMany([...new Set(events.map(({ type }) => type))]);
    const catalogue = new Map(entries.map((entry) => [entry.type, entry]));
    return events.flatMap((event, index) => {
      const problem = this.audienceProblem(event, catalogue.get(event.type) ?? null, caller);
      return problem === null ? [] : [{ ...problem, path: `${pathOf(index)}${problem.path}` }];
    });
  }

  private audienceProblem(event: NewEvent, entry: CataloguedType | null, caller: Caller): FieldProblem | null {
    const { clientId = null, type } = event;
    if (caller.clientId !== null && clientId !== caller.clientId) {
      return { path: '/clientId', rule: 'exists', message: 'There is no such client.' };
    }
    const eventType = entry === null ? null : { ...entry, updatedAt: entry.updatedAt.getTime() };
    const audience = audienceOf({ type, clientId }, eventType, this.options.unknownEventTypes);
    if (audience.kind !== 'none') return null;
    const { reason, detail } = audience.rejection;
    return reason === 'no_audience'
      ? { path: '/clientId', rule: 'audience', message: `Nobody would get it: ${detail}.` }
      : { path: '/type', rule: 'catalogue', message: `It would be set aside: ${detail}.` };
  }
}

/** A key of a client publishes for that client. */
function withOwner(event: NewEvent, caller: Caller): NewEvent {
  return caller.clientId === null || event.clientId !== undefined ? event : { ...event, clientId: caller.clientId };
}

/** A client id has no space. */
function claimKey(owner: string, id: string): string {
  return `${owner} ${id}`;
}
