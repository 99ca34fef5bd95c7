/**
 * In: events over HTTP. Out: the same on platform.events, acknowledged. Holds: a list is taken as a whole or refused
 * as a whole; what fan-out would set aside is refused here, where somebody can mend it; under a source and an id of its producer an
 * event is published once a day, and so are those of a request under an Idempotency-Key. Something else under them is refused.
 */
import { randomUUID } from 'node:crypto';
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import type { OutgoingRecord } from '../../../libs/kafka/record.ts';
import type {
  ClaimableEvent,
  EventName,
  PublishedEventStore,
} from '../../../libs/postgres/history/published-event-store.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import type { Caller } from '../access/caller.ts';
import { publicationWarning, type EventValidator, type PublicationWarning } from './event-validator.ts';
import { answeredWhenWritten, WriteInDoubtError, type KafkaWriter } from '../outbox/kafka-writer.ts';
import { pointerTo, type ReadCloudEvents } from './http-cloud-events.ts';
import { heldUntilSettled } from '../http/held-claim.ts';
import { contentHashOf, nameWithin, platformEvent, type NewEvent } from './platform-event.ts';
import { invalid, ProblemError } from '../http/problem-error.ts';
import type { RequestIdentity } from '../http/request-identity.ts';

export interface EventPublisherOptions {
  readonly writer: KafkaWriter;
  readonly store: PublishedEventStore;
  readonly judge: EventValidator;
  readonly topic: string;
  readonly eventBytesMax: number;
}

export interface PublishedEvent {
  readonly id: string;
  readonly warnings?: readonly PublicationWarning[];
}

interface NamedEvent {
  /** Place in the request. */
  readonly index: number;
  readonly event: NewEvent;
  readonly id: string;
  /** Of its source and its id. */
  readonly name: string;
  readonly time: string;
  /** The client; empty for a broadcast. */
  readonly owner: string;
  /** Published once a day under its id. */
  readonly isClaimed: boolean;
}

export interface Publication {
  readonly caller: Caller;
  readonly identity: RequestIdentity;
  readonly traceparent: string | null;
  /** Where in the request something of an event is. @param path JSON Pointer within the event */
  readonly pathOf: (index: number, path: string) => string;
  /** What was found before: refused with the rest. */
  readonly problems?: readonly FieldProblem[];
  /** What is known of the events beside what they say, in their order. */
  readonly asides?: readonly EventAside[];
}

interface EventAside {
  /** The event's own: goes before that of the request. */
  readonly traceparent: string | null;
  readonly isTimeUnread: boolean;
}

export class EventPublisher {
  private readonly options: EventPublisherOptions;

  constructor(options: EventPublisherOptions) {
    this.options = options;
  }

  /** Those that were read, when all were. @throws ProblemError that names every problem of all of them */
  publishCloudEvents(
    { form, events, problems }: ReadCloudEvents,
    publication: Pick<Publication, 'caller' | 'identity' | 'traceparent'>,
  ) {
    return this.publish(
      events.map(({ event }) => event),
      {
        ...publication,
        pathOf: (index, path) => pointerTo(form, events[index]?.index ?? 0, path),
        problems,
        asides: events,
      },
    );
  }

  /** The events, in order, once Kafka has them all. @throws ProblemError */
  async publish(
    events: readonly NewEvent[],
    publication: Publication,
  ): Promise<{ readonly accepted: PublishedEvent[] }> {
    const { topic, writer, eventBytesMax, judge } = this.options;
    const owned = events.map((event) => withOwner(event, publication.caller));
    const judged = owned.length === 0 ? [] : await judge.judge(owned, publication.caller);
    const { asides = [], pathOf } = publication;
    const refused = judged.flatMap((one, index) =>
      one.problems.map((problem) => ({ ...problem, path: pathOf(index, problem.path) })),
    );
    const problems = [...(publication.problems ?? []), ...refused];
    if (problems.length > 0) throw invalid(problems);
    const named = owned.map((event, index) => namedEvent(event, index, publication.identity));
    const accepted = named.map(({ id }, index) => {
      const ofTime = asides[index]?.isTimeUnread === true ? [publicationWarning('time_unread')] : [];
      const warnings = [...ofTime, ...(judged[index]?.warnings ?? [])];
      return warnings.length === 0 ? { id } : { id, warnings };
    });
    const write = async (toPublish: readonly NamedEvent[]) => {
      const tooLarge: FieldProblem[] = [];
      const turns = new TimeSlices();
      const records: OutgoingRecord[] = [];
      for (const { index, event, id, time } of toPublish) {
        await turns.over();
        const traceparent = asides[index]?.traceparent ?? publication.traceparent;
        const record = platformEvent(topic, event, { id, time, traceparent });
        if (record.value.length > eventBytesMax) {
          const message = `It has more than ${eventBytesMax} bytes as a CloudEvent.`;
          tooLarge.push({ path: pathOf(index, ''), rule: 'maxBytes', message });
        } else records.push(record);
      }
      const [first] = tooLarge;
      if (first !== undefined) {
        const detail = `${first.path || 'The event'} has more than ${eventBytesMax} bytes as a CloudEvent.`;
        throw new ProblemError('payload_too_large', detail, { errors: tooLarge });
      }
      await writer.write(records);
    };
    return answeredWhenWritten({ accepted }, () => this.published(named, pathOf, write));
  }

  /** Done once `write` has written those that are not published yet. */
  private async published(
    named: readonly NamedEvent[],
    pathOf: Publication['pathOf'],
    write: (toPublish: readonly NamedEvent[]) => Promise<void>,
  ): Promise<void> {
    const { store } = this.options;
    const claimable = await claimableOf(named, pathOf);
    const claimant = randomUUID();
    const claims = claimable.size === 0 ? [] : await store.claim([...claimable.values()], claimant);
    const claimed = claims.filter((claim) => claim.kind === 'claimed');
    const timeOf = new Map(claimed.map(({ owner, eventId, time }) => [claimKey(owner, eventId), time]));
    const toPublish = named.flatMap((one) => {
      if (!one.isClaimed) return [one];
      const key = claimKey(one.owner, one.name);
      const time = timeOf.get(key);
      // A list may name an id twice: that is one event too.
      timeOf.delete(key);
      return time === undefined ? [] : [{ ...one, time }];
    });
    try {
      const other = claims.find(({ kind }) => kind === 'other_content');
      if (other !== undefined) {
        throw reused(named.find(({ owner, name }) => owner === other.owner && name === other.eventId)?.index, pathOf);
      }
      if (claims.some(({ kind }) => kind === 'in_progress')) {
        throw new ProblemError('idempotency_in_progress', undefined, { retryAfterS: 1 });
      }
      if (toPublish.length > 0) await write(toPublish);
    } catch (error) {
      if (error instanceof WriteInDoubtError) {
        this.holdClaims(claimed, claimant, error.settled);
        throw error;
      }
      // Lost, it only means that whoever tries again at once has to wait.
      if (claimed.length > 0) await store.release(claimed, claimant).catch(() => undefined);
      throw error;
    }
    if (claimed.length > 0) await store.acknowledge(claimed, claimant);
  }

  /** Until it is known whether Kafka has them, nobody publishes them again. */
  private holdClaims(claimed: readonly EventName[], claimant: string, settled: Promise<void>): void {
    if (claimed.length === 0) return;
    const { store } = this.options;
    void heldUntilSettled(settled, {
      renew: () => store.renew(claimed, claimant),
      taken: () => store.acknowledge(claimed, claimant),
      notTaken: () => store.release(claimed, claimant),
    });
  }
}

function namedEvent(event: NewEvent, index: number, { now, isRepeatable, idOf }: RequestIdentity): NamedEvent {
  const id = event.id ?? idOf('event', index);
  return {
    index,
    event,
    id,
    name: nameWithin(event.source, id),
    time: event.time ?? new Date(now).toISOString(),
    owner: event.clientId ?? '',
    // An id that was made here, for this request alone, is nobody else's.
    isClaimed: event.id !== undefined || isRepeatable,
  };
}

/** By name; of a list that names an event twice, the first. @throws ProblemError when it is another one the second time */
async function claimableOf(named: readonly NamedEvent[], pathOf: Publication['pathOf']) {
  const turns = new TimeSlices();
  const claimable = new Map<string, ClaimableEvent>();
  for (const { index, event, owner, name, time, isClaimed } of named) {
    if (!isClaimed) continue;
    await turns.over();
    const contentHash = contentHashOf(event);
    const key = claimKey(owner, name);
    const first = claimable.get(key);
    if (first === undefined) claimable.set(key, { owner, eventId: name, time, contentHash });
    else if (first.contentHash !== contentHash) throw reused(index, pathOf);
  }
  return claimable;
}

function reused(index: number | undefined, pathOf: Publication['pathOf']): ProblemError {
  const where = index === undefined ? '' : pathOf(index, '');
  const event = where === '' ? 'The event' : `The event at ${where}`;
  return new ProblemError(
    'event_id_reused',
    `${event} has the source and the id of one that was published within 24 hours with other content.`,
  );
}

/** A key of a client publishes for that client. */
function withOwner(event: NewEvent, caller: Caller): NewEvent {
  return caller.clientId === null || event.clientId !== undefined ? event : { ...event, clientId: caller.clientId };
}

/** A client id has no line break. */
function claimKey(owner: string, name: string): string {
  return `${owner}\n${name}`;
}
