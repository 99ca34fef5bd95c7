/**
 * In: a document or a subject of the registry. Out: what each event type that it has would make of the catalogue, and, unless it is a dry run, made.
 * Holds: a source says what it says: the rest of an entry stays, so a second import changes nothing; each type is judged by the rules of a
 * PUT, and one that is refused keeps none of the others back.
 */
import type { importEventTypes } from '../../../libs/api-contract/event-type-imports.ts';
import type { AnswerOf, BodyOf } from '../../../libs/api-contract/operation.ts';
import type { FieldProblem } from '../../../libs/api-contract/problem.ts';
import { eventTypeNamePattern } from '../../../libs/api-contract/fields.ts';
import type { Actor } from '../../../libs/domain/access/actor.ts';
import { textOfValue } from '../../../libs/domain/payload/equal-json.ts';
import type { EventTypeFields, EventTypeStore } from '../../../libs/postgres/webhooks/event-type-store.ts';
import type { FiltersOfTypes } from '../../../libs/postgres/webhooks/filters-looked-at.ts';
import { TimeSlices } from '../../../libs/runtime/time-slices.ts';
import { readDocument, readRegistrySchema } from '../../../libs/wire/catalogue/catalogue-reader.ts';
import {
  UnreadableDocument,
  type CatalogueReading,
  type FoundType,
  type Unreadable,
} from '../../../libs/wire/catalogue/found-type.ts';
import { UnreadableSchemaError } from '../../../libs/wire/foreign-schema.ts';
import type { Registry } from '../../../libs/wire/registry.ts';
import { RegistryAnswerError } from '../../../libs/wire/registry-answers.ts';
import { invalid } from '../http/problem-error.ts';
import { eventTypeFieldChecks, exampleProblems, incompatibilities } from './event-type-checks.ts';
import { LookedFiltersOf, removedFieldWarnings } from './removed-fields.ts';

type Body = BodyOf<typeof importEventTypes>;
type Answer = AnswerOf<typeof importEventTypes>;
type Imported = Answer['data'][number];

export interface CatalogueImportOptions {
  readonly eventTypes: Pick<EventTypeStore, 'findMany' | 'put'>;
  readonly filters: Pick<FiltersOfTypes, 'portion'>;
  readonly registry: Pick<Registry, 'schemaOfSubject'>;
}

interface Request {
  readonly body: Body;
  readonly actor: Actor;
  readonly filters: LookedFiltersOf;
}

const descriptionMax = 2_000;
const nameRule = new RegExp(eventTypeNamePattern, 'u');

export class CatalogueImport {
  private readonly options: CatalogueImportOptions;

  constructor(options: CatalogueImportOptions) {
    this.options = options;
  }

  /** @throws ProblemError validation_failed for a source of which nothing can be read */
  async run(body: Body, actor: Actor): Promise<Answer> {
    const { format, types, unreadable } = await this.read(body);
    const left: Unreadable[] = [...unreadable];
    const named = namedOnce(types, left);
    const entries = await this.options.eventTypes.findMany(named.map(({ type }) => type));
    const before = new Map(entries.map((entry) => [entry.type, entry]));
    const data: Imported[] = [];
    const turns = new TimeSlices();
    const filters = new LookedFiltersOf(this.options.filters);
    for (const found of named) {
      await turns.over();
      data.push(await this.take(found, before.get(found.type) ?? null, { body, actor, filters }));
    }
    const count = (change: Imported['change']) => data.filter((one) => one.change === change).length;
    return {
      isDryRun: body.dryRun === true,
      format,
      counts: {
        ...{ created: count('created'), updated: count('updated') },
        ...{ unchanged: count('unchanged'), refused: count('refused'), unreadable: left.length },
      },
      data,
      unreadable: left,
    };
  }

  private async read(body: Body): Promise<CatalogueReading> {
    const { document, subject } = body;
    if ((document === undefined) === (subject === undefined)) {
      const message = 'Either a document or a subject is needed, not both.';
      throw invalid([{ path: '/document', rule: 'oneOf', message }]);
    }
    try {
      if (subject === undefined) return readDocument(document);
      const schema = await this.options.registry.schemaOfSubject(subject, body.version ?? 'latest');
      if (schema === null)
        throw invalid([{ path: '/subject', rule: 'exists', message: 'The registry has no such subject or version.' }]);
      const type = body.type ?? subject.replace(/-value$/, '');
      return readRegistrySchema(schema, { subject, type, message: body.message ?? null });
    } catch (error) {
      const path = subject === undefined ? '/document' : '/subject';
      if (error instanceof UnreadableDocument || error instanceof UnreadableSchemaError) {
        throw invalid([{ path, rule: 'readable', message: `Nothing can be read of it: ${error.message}.` }]);
      }
      if (error instanceof RegistryAnswerError) {
        throw invalid([{ path, rule: 'registry', message: `The registry does not answer as one: ${error.message}.` }]);
      }
      throw error;
    }
  }

  private async take(found: FoundType, before: EventTypeFields | null, request: Request): Promise<Imported> {
    const { body, actor, filters } = request;
    const { type, place } = found;
    const fields = fieldsAfter(found, before, body);
    const changed = before === null ? [] : changedNames(before, fields);
    const imported = { type, place, fields: changed, problems: [], warnings: [] };
    if (before !== null && changed.length === 0) return { ...imported, change: 'unchanged' };
    const problems = problemsOf(fields, before, body.force === true);
    if (problems.length > 0) return { ...imported, change: 'refused', problems: [...problems] };
    if (body.dryRun !== true) {
      const isStale = (now: EventTypeFields) => (before === null || changedNames(before, now).length > 0 ? true : null);
      const put = await this.options.eventTypes.put(type, fields, isStale, actor, new Date());
      if (put.kind === 'refused') return { ...imported, change: 'refused', problems: [changedMeanwhile] };
    }
    const warnings = await removedFieldWarnings(filters, type, before?.jsonSchema ?? null, fields.jsonSchema);
    return { ...imported, change: before === null ? 'created' : 'updated', warnings: [...warnings] };
  }
}

const changedMeanwhile: FieldProblem = {
  path: '',
  rule: 'changed',
  message: 'Somebody else changed it meanwhile: import it again.',
};

/** A type that is named twice counts once, the first time; said otherwise the second time it is not. */
function namedOnce(types: readonly FoundType[], unreadable: Unreadable[]): readonly FoundType[] {
  const first = new Map<string, FoundType>();
  for (const found of types) {
    const { type, place } = found;
    const known = first.get(type);
    if (type.length > 255 || !nameRule.test(type)) {
      unreadable.push({ place, reason: 'its name is none of an event type: blanks, commas and * are not' });
    } else if (known === undefined) first.set(type, found);
    else if (whatIsSaid(known) !== whatIsSaid(found)) {
      unreadable.push({ place, reason: `${type} stands at ${known.place} too, and says something else` });
    }
  }
  return [...first.values()];
}

function whatIsSaid({ type: _, place: __, ...said }: FoundType): string {
  return textOfValue(said);
}

/** What the source does not say stays as it is. */
function fieldsAfter(found: FoundType, before: EventTypeFields | null, body: Body): EventTypeFields {
  const base: EventTypeFields = before ?? {
    description: null,
    audience: body.audience ?? 'client',
    jsonSchema: null,
    schemaMode: body.schemaMode ?? 'off',
    example: null,
    sensitivePaths: [],
    deprecated: false,
    retentionDays: null,
    visibleTo: body.visibleTo ?? null,
  };
  return {
    ...{ description: found.description?.slice(0, descriptionMax) ?? base.description, audience: base.audience },
    ...{ jsonSchema: kept(base.jsonSchema, textOf(found.jsonSchema)), schemaMode: base.schemaMode },
    ...{ example: kept(base.example, textOf(found.example)), sensitivePaths: base.sensitivePaths },
    ...{ deprecated: found.deprecated ?? base.deprecated },
    ...{ retentionDays: base.retentionDays, visibleTo: base.visibleTo },
  };
}

/** The text that is there, where both say the same. */
function kept(before: string | null, after: string | undefined): string | null {
  if (after === undefined) return before;
  return before !== null && textOfValue(JSON.parse(before)) === textOfValue(JSON.parse(after)) ? before : after;
}

function changedNames(before: EventTypeFields, after: EventTypeFields): string[] {
  const names = Object.keys(after) as (keyof EventTypeFields)[];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function problemsOf(
  fields: EventTypeFields,
  before: EventTypeFields | null,
  isForced: boolean,
): readonly FieldProblem[] {
  const checked = (['jsonSchema', 'example'] as const).flatMap((name) => {
    const text = fields[name];
    if (text === null || text === before?.[name]) return [];
    const found = eventTypeFieldChecks[name]?.(JSON.parse(text)) ?? [];
    return found.map((problem) => ({ ...problem, path: `/${name}${problem.path}` }));
  });
  if (checked.length > 0) return checked;
  const misfits = exampleProblems(fields);
  if (misfits.length > 0 || isForced || before === null) return misfits;
  return incompatibilities(before.jsonSchema, fields.jsonSchema) ?? [];
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
