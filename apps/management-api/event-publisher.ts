/**
 * In: events over HTTP. Out: the same on platform.events, acknowledged. Holds: a list is taken as a whole or refused
 * as a whole; what fan-out would set aside for want of an audience is refused here, where somebody can mend it.
 */
import type { FieldProblem } from '../../libs/api-contract/problem.ts';
import { audienceOf } from '../../libs/domain/fan-out.ts';
import type { CataloguedType, EventTypeStore } from '../../libs/postgres/event-type-store.ts';
import type { Caller } from './caller.ts';
import type { KafkaWriter } from './kafka-writer.ts';
import { platformEvent, type NewEvent } from './platform-event.ts';
import { invalid, ProblemError } from './problem-error.ts';

export interface EventPublisherOptions {
  readonly writer: KafkaWriter;
  readonly eventTypes: EventTypeStore;
  readonly topic: string;
  readonly eventBytesMax: number;
  readonly unknownEventTypes: 'accept' | 'reject';
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
    const made = owned.map((event) => platformEvent(topic, event, publication.newId(), publication.now));
    const tooLarge = made.findIndex(({ record }) => record.value.length > eventBytesMax);
    if (tooLarge >= 0) {
      const where = publication.pathOf(tooLarge) || 'The event';
      throw new ProblemError('payload_too_large', `${where} has more than ${eventBytesMax} bytes as a CloudEvent.`);
    }
    await writer.write(made.map(({ record }) => record));
    return made.map(({ id }) => id);
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
