/**
 * In: events that somebody wants to publish. Out: what fan-out would set aside, as problems that name the field, where
 * somebody can mend it; and, for those that are taken, warnings. Holds: nothing is said that a key of a client could
 * learn another client from.
 */
import { publicationWarnings, type PublicationWarningCode } from '../../../libs/api-contract/events.ts';
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import { audienceOf } from '../../../libs/domain/delivery/audience.ts';
import { audienceRuleOf, isVisibleTo } from '../../../libs/domain/event/event-type.ts';
import type { ClientStore } from '../../../libs/postgres/webhooks/client-store.ts';
import type { CataloguedType, EventTypeStore } from '../../../libs/postgres/webhooks/event-type-store.ts';
import { isStatementAtFault } from '../../../libs/postgres/server/database-away.ts';
import { Gathering } from '../../../libs/runtime/gathering.ts';
import { KnownLately } from '../../../libs/runtime/known-lately.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { schemaInForce, wordsOf, type DataMisfit, type DataSchema } from '../../../libs/wire/data-schema.ts';
import { ownerOf, type Caller } from '../access/caller.ts';
import type { NewEvent } from './platform-event.ts';
import type { TakenTypes } from '../http/taken-types.ts';

export interface EventValidatorOptions {
  readonly eventTypes: Pick<EventTypeStore, 'findMany'>;
  readonly clients: Pick<ClientStore, 'knownOf'>;
  readonly unknownEventTypes: 'accept' | 'reject';
  readonly takenTypes: Pick<TakenTypes, 'meant'>;
}

export interface PublicationWarning {
  readonly code: PublicationWarningCode;
  readonly message: string;
}

export interface EventVerdict {
  /** Paths are within the event. */
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly PublicationWarning[];
}

/** Schemas that are kept compiled, and clients that are known to be there. */
const keptMax = 1_000;
/** Of one statement: a list names no more. */
const typesMax = 500;
const waitingTypesMax = 20_000;

export class EventValidator {
  private readonly options: EventValidatorOptions;
  /** Asked anew for each event, so that a change counts for the next one. */
  private readonly catalogue: Gathering<ReadonlySet<string>, ReadonlyMap<string, CataloguedType>>;
  private readonly schemas = new Map<string, DataSchema>();
  private readonly clients = new KnownLately(keptMax);

  constructor(options: EventValidatorOptions) {
    this.options = options;
    this.catalogue = new Gathering({
      weightOf: (types) => types.size,
      weightMax: typesMax,
      waitingMax: waitingTypesMax,
      isOfOne: isStatementAtFault,
      ask: (requests) => this.entriesOf(requests),
    });
  }

  /**
   * One for each event, in order.
   * @throws GatheringFullError
   */
  async judge(events: readonly NewEvent[], caller: Caller): Promise<EventVerdict[]> {
    const [catalogue, clients] = await Promise.all([
      this.catalogue.ask(ownerOf(caller), new Set(events.map(({ type }) => type))),
      this.clientsOf(events, caller),
    ]);
    const meant = await this.meantOf(events, clients);
    const turns = new TimeSlices();
    const judged: EventVerdict[] = [];
    for (const [index, event] of events.entries()) {
      await turns.over();
      const judgement = this.judgeOne(event, catalogue.get(event.type) ?? null, clients, caller);
      const hint = meant[index] ?? null;
      if (hint === null || judgement.problems.length > 0) judged.push(judgement);
      else judged.push({ ...judgement, warnings: [...judgement.warnings, misspelt(event.type, hint)] });
    }
    return judged;
  }

  /** For each event: the type that was meant, where it is for a client none of whose webhooks takes it. */
  private meantOf(events: readonly NewEvent[], clients: ReadonlySet<string>): Promise<readonly (string | null)[]> {
    const owned = events.map(({ clientId, type }) =>
      clientId === undefined || !clients.has(clientId) ? null : { clientId, type },
    );
    const known = owned.filter((one) => one !== null);
    if (known.length === 0) return Promise.resolve([]);
    return this.options.takenTypes.meant(known).then((found) => {
      const hints = found.values();
      return owned.map((one) => (one === null ? null : (hints.next().value ?? null)));
    });
  }

  /** One for all that are asked for together. */
  private async entriesOf(requests: readonly ReadonlySet<string>[]): Promise<ReadonlyMap<string, CataloguedType>[]> {
    const types = new Set(requests.flatMap((wanted) => [...wanted]));
    const entries = await this.options.eventTypes.findMany([...types]);
    const catalogue = new Map(entries.map((entry) => [entry.type, entry]));
    return requests.map(() => catalogue);
  }

  private judgeOne(
    event: NewEvent,
    entry: CataloguedType | null,
    clients: ReadonlySet<string>,
    caller: Caller,
  ): EventVerdict {
    // For a key of a client a type that it does not see is none.
    const seen = entry === null || isVisibleTo(entry, caller.clientId) ? entry : null;
    return this.judgeSeen(event, seen, clients, caller);
  }

  private judgeSeen(
    event: NewEvent,
    entry: CataloguedType | null,
    clients: ReadonlySet<string>,
    caller: Caller,
  ): EventVerdict {
    const refused = this.audienceProblem(event, entry, caller);
    if (refused !== null) return { problems: [refused], warnings: [] };
    const warnings: PublicationWarning[] = [];
    if (entry?.deprecated === true) warnings.push(publicationWarning('deprecated_event_type'));
    if (event.clientId !== undefined && !clients.has(event.clientId)) {
      warnings.push(publicationWarning('unknown_client'));
    }
    const misfit = entry === null ? null : this.misfitOf(event, entry);
    if (misfit === null) return { problems: [], warnings };
    if (entry?.schemaMode !== 'enforce') {
      return { problems: [], warnings: [...warnings, publicationWarning('schema_mismatch', wordsOf(misfit))] };
    }
    const message = `It does not fit the schema of ${event.type}: ${wordsOf(misfit)}.`;
    return { problems: [{ path: `/data${misfit.path}`, rule: 'jsonSchema', message }], warnings };
  }

  private audienceProblem(event: NewEvent, entry: CataloguedType | null, caller: Caller): FieldProblem | null {
    const { clientId = null, type } = event;
    if (caller.clientId !== null && clientId !== caller.clientId) {
      return { path: '/clientId', rule: 'exists', message: 'There is no such client.' };
    }
    const rule = entry === null ? null : audienceRuleOf(entry);
    const audience = audienceOf({ type, clientId }, rule, this.options.unknownEventTypes);
    if (audience.kind !== 'none') return null;
    const { reason, detail } = audience.rejection;
    return reason === 'no_audience'
      ? { path: '/clientId', rule: 'audience', message: `It has no audience: ${detail}.` }
      : { path: '/type', rule: 'catalogue', message: `It would be rejected: ${detail}.` };
  }

  private misfitOf({ data }: NewEvent, entry: CataloguedType): DataMisfit | null {
    const { type, version, updatedAt, jsonSchema, schemaMode } = entry;
    if (jsonSchema === null || schemaMode === 'off') return null;
    // An entry that is removed and made anew counts its versions from 1 again.
    const key = `${type} ${version} ${updatedAt.getTime()}`;
    let check = this.schemas.get(key);
    if (check === undefined) {
      check = schemaInForce(jsonSchema);
      if (this.schemas.size >= keptMax) this.schemas.clear();
      this.schemas.set(key, check);
    }
    // As fan-out reads it: numbers that kept their text are numbers again.
    return check(JSON.parse(JSON.stringify(data ?? null)));
  }

  /** Those of the events' clients that there are. For a key of a client nothing is looked up: it has one. */
  private async clientsOf(events: readonly NewEvent[], caller: Caller): Promise<ReadonlySet<string>> {
    if (caller.clientId !== null) return new Set([caller.clientId]);
    const named = new Set(events.flatMap(({ clientId }) => (clientId === undefined ? [] : [clientId])));
    const known = [...named].filter((id) => this.clients.has(id));
    if (known.length === named.size) return named;
    const learnt = await this.options.clients.knownOf([...named].filter((id) => !this.clients.has(id)));
    for (const id of learnt) this.clients.add(id);
    return new Set([...known, ...learnt]);
  }
}

export function publicationWarning(code: PublicationWarningCode, detail?: string): PublicationWarning {
  const meaning = publicationWarnings[code];
  return { code, message: detail === undefined ? meaning : `${meaning.slice(0, -1)}: ${detail}.` };
}

function misspelt(type: string, meant: string): PublicationWarning {
  return {
    code: 'nobody_takes_it',
    message: `No webhook of its client takes ${type}; did you mean ${meant}?`,
  };
}
